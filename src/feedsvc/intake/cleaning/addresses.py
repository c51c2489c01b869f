"""Addresses as every reader understands them: absolute, in ASCII, without a wrapper."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import SplitResult, parse_qs, quote, unquote, urljoin, urlsplit

import idna

from feedsvc.intake.cleaning.allowed import LINK_SCHEMES

_SAFE = "%:/?#[]@!$&'()*+,;=-._~"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_AUTHORITY = re.compile(r"(?P<start>[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#]*@)?)(?P<host>[^/?#]*)")
_WITH_HOST = re.compile(r"https?://[^/?#@\s]", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_STRAY = re.compile(r"[\t\n\r]")
_MAX_CHARS = 16_000  # longer ones are refused by servers and cut by readers
_MAX_CANDIDATES = 64
_AROUND = "".join(map(chr, range(33)))
_CANDIDATE = re.compile(r"[\s,]*+(\S+)")
_WIDTH = re.compile(r"[1-9][0-9]{0,5}w|[0-9]{1,3}(\.[0-9]{1,3})?x")
# What mail programs and office suites put in front of a link that is copied out of them.
_WRAPPERS = (
    (re.compile(r"https?://www\.google\.[a-z.]{2,6}/url\?"), ("q", "url")),
    (re.compile(r"https?://lm?\.facebook\.com/l\.php\?"), ("u",)),
    (re.compile(r"https?://[a-z0-9]+\.safelinks\.protection\.outlook\.com/\?"), ("url",)),
)
_WRAPPING_HOSTS = tuple(f".{name}" for name in ("facebook.com", "outlook.com"))


def clean_url(url: str) -> str:
    """Return an address in ASCII, which is all that RSS and old readers take (RFC 3987 §3.1).

    The host goes to Punycode, because percent signs in a host are understood by browsers only.
    """
    text = _LONE_PERCENT.sub("%25", quote(url.strip(), safe=_SAFE, errors="replace"))
    match = _AUTHORITY.match(text)
    if match is None or "%" not in match["host"]:
        return text
    return f"{match['start']}{_ascii_host(match['host'])}{text[match.end() :]}"


def _ascii_host(host: str) -> str:
    if host.startswith("["):
        return host
    name, colon, port = host.partition(":")
    name = unquote(name)
    try:
        text = idna.encode(name, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        text = ".".join(map(_ascii_label, name.split(".")))
    return f"{text}{colon}{port}"


def _ascii_label(label: str) -> str:
    """Return a label that IDNA 2008 has no place for, such as an emoji, as browsers do."""
    folded = unicodedata.normalize("NFKC", label).casefold()
    if not folded.isascii():
        folded = "xn--" + folded.encode("punycode", "replace").decode("ascii")
    return quote(folded, safe="")


@lru_cache(maxsize=4096)
def absolute(url: str, base_url: str, *, link: bool = False) -> str | None:
    """Return where an address leads, None when it leads nowhere that readers may go.

    Args:
        base_url: What it is relative to (RFC 3986 §5).
        link: True for what people click on: mail and telephone are places then.
    """
    # Browsers skip these, so others could hide a scheme behind them.
    text = _STRAY.sub("", url.strip(_AROUND))
    if not text or len(text) > _MAX_CHARS or _CONTROL.search(text):
        return None
    scheme = _SCHEME.match(text)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        fits = link and scheme[1].lower() in LINK_SCHEMES and len(text) > scheme.end()
        return clean_url(scheme[1].lower() + text[scheme.end(1) :]) if fits else None
    found = _resolved(text, base_url)
    while found and (inner := _wrapped(found)):
        found = _resolved(inner, "") or found._replace(query="")
    return found.geturl() if found else None


def _resolved(text: str, base_url: str) -> SplitResult | None:
    """Return a web address, split; None when it is none."""
    start = re.split(r"[?#]", text, maxsplit=1)[0]
    text = start.replace("\\", "/") + text[len(start) :]
    has_scheme = _SCHEME.match(text) is not None
    if has_scheme and not _WITH_HOST.match(text):
        return None
    try:
        parts = urlsplit(clean_url(text if has_scheme else urljoin(base_url, text)))
    except ValueError:
        return None
    if not _leads_somewhere(parts):
        return None
    if parts.scheme == "http" and base_url.startswith(f"https://{parts.netloc}/"):
        return parts._replace(scheme="https")  # the site has moved there since
    return parts


def _leads_somewhere(parts: SplitResult) -> bool:
    try:
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    bracketed = f"[{host}]" if host and ":" in host else host
    return parts.scheme in {"http", "https"} and bool(bracketed and _HOST.fullmatch(bracketed))


def _wrapped(parts: SplitResult) -> str | None:
    """Return the address within one that only counts who follows it."""
    if not parts.netloc.startswith("www.google.") and not parts.netloc.endswith(_WRAPPING_HOSTS):
        return None
    for pattern, names in _WRAPPERS:
        if pattern.match(parts.geturl()):
            asked = parse_qs(parts.query)
            inner = next((value for name in names for value in asked.get(name, ())), "")
            return inner.strip() if _WITH_HOST.match(inner.strip()) else None
    return None


def candidates(srcset: str, base_url: str) -> list[tuple[str, str]]:
    """Return the (address, descriptor) pairs of a `srcset`; commas may be part of an address."""
    found: list[tuple[str, str]] = []
    at = 0
    while len(found) < _MAX_CANDIDATES and (match := _CANDIDATE.match(srcset, at)):
        raw, at = match[1], match.end()
        descriptor = ""
        if not raw.endswith(","):
            end = srcset.find(",", at)
            end = len(srcset) if end < 0 else end
            descriptor, at = srcset[at:end].strip(), end + 1
        url = absolute(raw.rstrip(","), base_url)
        if url and (not descriptor or _WIDTH.fullmatch(descriptor)):
            found.append((url, descriptor))
    return found


def clean_srcset(srcset: str, base_url: str) -> str | None:
    """Return a `srcset` with absolute addresses, None when none is left."""
    # A comma at either end of an address would be taken for the list's own.
    pairs = [(url.rstrip(","), size) for url, size in candidates(srcset, base_url)]
    return ", ".join(f"{url} {size}".strip() for url, size in pairs) or None


def largest(pairs: list[tuple[str, str]]) -> str | None:
    """Return the address with the greatest width or density."""
    return max(pairs, key=lambda pair: float(pair[1][:-1] or 1))[0] if pairs else None
