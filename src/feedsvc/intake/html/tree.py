"""Turns the bytes of a web page into a tree: the encoding found out, nothing left out.

What a page declares is tried, never trusted: a wrong declaration would be published as mojibake.
"""

from __future__ import annotations

import codecs
import re

import lxml.html
from lxml import etree

from feedsvc.errors import RejectedError
from feedsvc.intake.decode import decode

_HEAD_BYTES = 4096
_DECLARED = (
    re.compile(rb"<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE),
    re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})", re.IGNORECASE),
)
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MARKUP = re.compile(rb"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.IGNORECASE | re.DOTALL)
# What these say is read as Windows-1252 by everyone (WHATWG Encoding §4.2).
_WESTERN = frozenset({"ascii", "iso8859-1", "cp1252"})


def parse_page(raw: bytes, charset: str = "") -> lxml.html.HtmlElement:
    """Return the tree of a page.

    Args:
        charset: What the server said; empty for a file.

    Raises:
        RejectedError: It is no text, its encoding cannot be told, or it is nested too deep.
    """
    text = page_text(raw, charset)
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = lxml.html.document_fromstring(text.encode(), parser=parser)
    except (etree.ParserError, ValueError) as error:
        raise RejectedError(f"the page cannot be read: {error}", field="file") from error
    for entry in parser.error_log:
        # The parser goes on without what lies beyond its limits; nobody would notice.
        if entry.type_name == "ERR_RESOURCE_LIMIT":
            raise RejectedError(
                f"the page cannot be read whole: {entry.message.strip()}",
                field="file",
                line=entry.line or None,
            )
    return tree


def page_text(raw: bytes, charset: str = "") -> str:
    """Return the text of a page's bytes.

    Raises:
        RejectedError: It is no text, or not in the encoding that it says.
    """
    if raw.startswith(_BOMS) or _is_utf8(raw):
        return decode(raw)
    declared = _codec(charset.encode()) or _declared(raw)
    if declared is None or declared in _WESTERN:
        # Judged by what is to be read: among much markup, foreign letters would seem to be few.
        decode(_MARKUP.sub(b" ", raw))
        return decode(raw)
    try:
        text = raw.decode(declared)
    except UnicodeDecodeError as error:
        raise RejectedError(
            f"The page says that it is {declared}, and is not at byte {error.start + 1};"
            " save it again as UTF-8.",
            field="file",
            line=raw.count(b"\n", 0, error.start) + 1,
        ) from error
    return decode(text.encode("utf-8", "surrogatepass"))


def _is_utf8(raw: bytes) -> bool:
    """True for bytes that no other encoding would make by chance, and for plain ASCII."""
    if b"\0" in raw:
        return False
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _declared(raw: bytes) -> str | None:
    found = (form.search(raw[:_HEAD_BYTES]) for form in _DECLARED)
    return next((codec for hit in found if hit and (codec := _codec(hit[1]))), None)


def _codec(label: bytes) -> str | None:
    """Return Python's name for an encoding; None for one that is none, or that is of no text."""
    try:
        codec = codecs.lookup(label.decode("ascii").strip().strip("\"'"))
    except (LookupError, ValueError):
        return None
    is_text = getattr(codec, "_is_text_encoding", True)
    # A page whose `<meta>` can be read as ASCII is not UTF-16, whatever that says.
    return codec.name if is_text and not codec.name.startswith(("utf-16", "utf-32")) else None
