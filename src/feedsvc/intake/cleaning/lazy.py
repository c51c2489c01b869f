"""Finds the picture that a lazy-loading script would have shown, and who only counts readers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from feedsvc.intake.cleaning.addresses import absolute, candidates, clean_srcset, largest

# Where lazy-loading scripts hide the address; WordPress plugins, themes and lazysizes.
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-orig", "data-full-src", "data-url")
_LAZY_SETS = ("data-srcset", "data-lazy-srcset", "data-original-set")
# Whole names, since `empty-stadium.jpg` and `grey-wolf.jpg` are what a newsroom shows.
_PLACEHOLDER = re.compile(
    r"/(?:[\w-]{0,80}?(?:placeholder|spacer|lazy-?load)[\w-]{0,80}"
    r"|(?:blank|transparent|pixel|clear|empty|trans|loading|lazy|grey|gray|1x1)"
    r"(?:[-_.]?(?:[0-9]{1,4}(?:x[0-9]{1,4})?|bg|box|gif|image|img|min|pixel|px|square|trans)){0,3})"
    r"\.(?:gif|png|svg|jpe?g|webp)(?:[?#]|$)",
    re.IGNORECASE,
)
_COUNTERS = re.compile(
    r"https?://(?:[\w-]+\.)*(?:"
    r"pixel\.wp\.com|stats\.wp\.com|feeds\.wordpress\.com/1\.0/|scorecardresearch\.com"
    r"|quantserve\.com|google-analytics\.com|googletagmanager\.com|doubleclick\.net"
    r"|facebook\.com/tr\b|bat\.bing\.com|counter\.theconversation\.com|pixel\.propublica\.org"
    r"|analytics\.twitter\.com|feedburner\.com/~|feedsportal\.com|chartbeat\.(?:com|net)"
    r"|statcounter\.com|hubspot\.com/__ptq|parsely\.com|imrworldwide\.com|adnxs\.com"
    r"|medium\.com/_/stat|px\.ads\.linkedin\.com|krxd\.net|matomo\.php|piwik\.php"
    r")|https?://[^?#]*/(?:matomo|piwik)\.php(?:\?|$)",
    re.IGNORECASE,
)
_TINY = re.compile(r"\s*0*[01](?:px)?\s*")
_TINY_STYLE = re.compile(r"(?:^|[;\s])(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|!|$)")
_EMOJI = re.compile(r"^(?:https?:)?//s\.w\.org/images/core/emoji/|/wp-includes/images/smilies/")


def lazy_sources(attributes: Mapping[str, str], base_url: str) -> list[tuple[str, str]]:
    """Return the candidates of every `srcset` of an element, the script's before its own."""
    for name in (*_LAZY_SETS, "srcset"):
        if found := _real(candidates(attributes.get(name, ""), base_url)):
            return found
    return []


def _real(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [pair for pair in pairs if not _PLACEHOLDER.search(pair[0])]


def picture(
    attributes: Mapping[str, str], base_url: str, sources: list[tuple[str, str]]
) -> dict[str, str] | None:
    """Return an image's attributes with the address that it is meant to show.

    Args:
        sources: What the `source` elements of its `picture` offer.

    Returns:
        None when it shows nothing: a placeholder without a picture, or a counter of readers.
    """
    pairs = lazy_sources(attributes, base_url)
    shown = _first_good(attributes, base_url) or largest(pairs) or largest(sources)
    if shown is None or _counts_readers(attributes, shown):
        return None
    kept = {**attributes, "src": shown}
    kept.pop("srcset", None)
    if srcset := clean_srcset(", ".join(f"{url} {size}" for url, size in pairs), base_url):
        kept["srcset"] = srcset
    return kept


def _first_good(attributes: Mapping[str, str], base_url: str) -> str | None:
    for name in (*_LAZY, "src"):
        url = absolute(attributes[name], base_url) if attributes.get(name) else None
        if url and not _PLACEHOLDER.search(url):
            return url
    return None


def _counts_readers(attributes: Mapping[str, str], url: str) -> bool:
    sizes = (attributes.get("width", ""), attributes.get("height", ""))
    return (
        any(_TINY.fullmatch(size) for size in sizes)
        or bool(_TINY_STYLE.search(attributes.get("style", "").lower()))
        or bool(_COUNTERS.match(url))
    )


def emoji(attributes: Mapping[str, str]) -> str | None:
    """Return the character that WordPress made a picture of, None for any other picture."""
    if _EMOJI.search(attributes.get("src", "")):
        return attributes.get("alt") or None
    return None
