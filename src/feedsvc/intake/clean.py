"""Clean what comes in: characters that XML cannot hold, markup that could do harm."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote

import nh3

# XML 1.0 §2.2 Char, turned round: one of these in a title and no reader can parse the feed.
# C1 controls and the replacement character are allowed there, but always a sign of damage.
_NOT_XML = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffc\U00010000-\U0010ffff]")

_TAGS = {
    *("a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "col"),
    *("colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure"),
    *("h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p"),
    *("pre", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "summary"),
    *("sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "var"),
}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href", "hreflang"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "reversed"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_DROPPED_WHOLE = {"script", "style", "template", "object", "iframe", "noscript", "svg", "math"}
_SCHEMES = {"http", "https", "mailto", "tel"}


_NO_HOST = re.compile(r"https?:(?!//[^/])", re.IGNORECASE)
_BARE_IMAGE = re.compile(r'<img(?: (?!src=)[a-z]+="[^"]*")*>')

# HTML's parser drops the first line end of a <pre>, and its writer does not put it back.
_PRE = re.compile("(<pre[^>]*>)\n+")
_PASSES = 10


def clean_text(text: str) -> str:
    """Return plain text on one line: NFC, no control characters, white space folded."""
    return " ".join(unicodedata.normalize("NFC", _legal(text)).split())


def clean_html(content_html: str, base_url: str) -> str:
    """Return HTML that any reader may show: a fixed set of elements, all addresses absolute.

    Cleaning what is clean changes nothing, so that an edit leaves alone what it is not about.

    Args:
        base_url: What relative addresses are relative to.
    """
    cleaner, text = _cleaner(base_url + "/"), _plain(content_html).strip()
    for _ in range(_PASSES):
        before, text = text, _BARE_IMAGE.sub("", cleaner.clean(text)).strip()
        if text == before:
            break
        # A pass may bring out what the next one takes away: `&#1;` is a character only now.
        text = _plain(text)
    return text


def _legal(text: str) -> str:
    """Return text without characters that do not belong in it; NEL ends a line, as it means to."""
    return _NOT_XML.sub("", text.replace("\x85", "\n"))


def _plain(content_html: str) -> str:
    """Return HTML in NFC, without characters that XML cannot hold, lines ended by line feeds."""
    text = _legal(content_html).replace("\r\n", "\n").replace("\r", "\n")
    # Piece by piece, because a combining stroke would make one character with a tag's `>`.
    pieces = (unicodedata.normalize("NFC", piece) for piece in text.split(">"))
    return _PRE.sub(r"\1", ">".join(pieces))


def clean_url(url: str) -> str:
    """Return an address in ASCII, which is all that RSS and old readers take (RFC 3987 §3.1)."""
    return quote(url.strip(), safe="%:/?#[]@!$&'()*+,;=-._~")


def _attribute(_tag: str, name: str, value: str) -> str | None:
    if name not in {"href", "src"}:
        return value
    return None if _NO_HOST.match(value.strip()) else clean_url(value)


@lru_cache(maxsize=8)
def _cleaner(base_url: str) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags=_DROPPED_WHOLE,
        url_schemes=_SCHEMES,
        attribute_filter=_attribute,
        url_relative=("rewrite_with_base", base_url),
        link_rel=None,
    )
