"""The XML of a feed, strictly parsed: for what feedparser changes or gets wrong.

It makes ids absolute and "mends" their characters, finds email addresses in names, and takes a
picture's description for the summary of its entry. Such parts are read here.
"""

from __future__ import annotations

import html
import html.entities
import mimetypes
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from lxml import etree

from feedsvc.errors import RejectedError
from feedsvc.intake.clean import text_of_html
from feedsvc.model import Media

_ATOM = ("http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#")
_DC = "http://purl.org/dc/elements/1.1/"
_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_MEDIA = re.compile(r"\{https?://(?:video\.)?search\.yahoo\.com/m?rss/?\}(.*)")
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*?encoding=[\"']([A-Za-z0-9._-]+)[\"'][^>]*\?>")
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
# Python knows codecs that are no character sets, and some that take very long.
_CHARSETS = re.compile(
    r"utf-?8|us-ascii|iso-8859-\d+|windows-125\d|cp125\d|koi8-[ru]|shift_jis|euc-(jp|kr)"
    r"|iso-2022-jp|gb(2312|k|18030)|big5",
    re.IGNORECASE,
)
_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH = re.compile(rb"[\x80-\xff]")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HTML_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30};)")
_XML_ENTITIES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_MAILBOX = re.compile(r"\S+@\S+\s*\((.+)\)")
_ANGLED = re.compile(r"(.+?)\s*<\S+@\S+>")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_FILES = 20
_MOST_PIXELS = 100_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What an entry says by itself, verbatim."""

    guid: str | None
    names: tuple[str, ...]
    media: tuple[Media, ...]
    raw: bytes


@dataclass(frozen=True, slots=True)
class Tree:
    """A well-formed feed.

    Attributes:
        body: The same feed without what feedparser gets wrong, and without entries too many.
        left_out: How many entries those were.
    """

    facts: tuple[Facts, ...]
    body: bytes
    left_out: int


def grow(body: bytes, limit: int | None) -> Tree | None:
    """Parse a feed; None when it is not well-formed.

    Args:
        limit: The most entries to read; None for all.

    Raises:
        RejectedError: It declares entities, or is nested too deeply: no feed does that.
    """
    try:
        root = etree.fromstring(body, _parser())
    except etree.XMLSyntaxError as error:
        if "depth" in str(error):
            raise RejectedError(
                "it is nested more than 256 deep, which no feed is", field="file"
            ) from error
        return None
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise entities_declared()
    entries = _entries(root)
    for surplus in entries[limit:] if limit is not None else ():
        _remove(surplus)
    kept = entries[:limit]
    facts = tuple(_facts(entry) for entry in kept)
    for element in [one for one in root.iter("*") if _media_name(one)]:
        _remove(element)
    return Tree(facts, etree.tostring(root, encoding="utf-8"), len(entries) - len(kept))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )


def _entries(root: etree._Element) -> list[etree._Element]:
    places = ("{*}item", "{*}channel/{*}item", "{*}entry")
    return [entry for place in places for entry in root.iterfind(place)]


def without(body: bytes, numbers: Container[int]) -> bytes:
    """Return a well-formed feed without these of its entries, which are counted from 0."""
    root = etree.fromstring(body, _parser())
    for number, entry in enumerate(_entries(root)):
        if number in numbers:
            _remove(entry)
    return etree.tostring(root, encoding="utf-8")


def entities_declared() -> RejectedError:
    """The error for a document that could grow beyond all bounds, or name files of ours."""
    return RejectedError(
        "it declares entities of its own, which no feed needs and feedsvc does not expand",
        field="file",
    )


def mended(body: bytes) -> bytes:
    """Return a document in UTF-8, with all characters that XML allows and no others.

    For one that is in another character set than it says, has control characters, or names
    HTML's entities, which XML does not know.
    """
    text = _NOT_XML.sub("", _XML_DECLARATION.sub("", _decoded(body)))
    return _HTML_ENTITY.sub(_character, text.lstrip("\ufeff \t\r\n")).encode()


def _decoded(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    declared = _DECLARATION.match(body.removeprefix(b"\xef\xbb\xbf"))
    charset = declared[1].decode() if declared else ""
    for name in (charset, "utf-8"):
        if _CHARSETS.fullmatch(name):
            try:
                return body.decode(name)
            except (UnicodeDecodeError, LookupError):
                continue
    stray = len(_HIGH.findall(_UTF8_SEQUENCE.sub(b"", body)))
    is_utf8 = len(_UTF8_SEQUENCE.findall(body)) > stray
    return body.decode("utf-8" if is_utf8 else "cp1252", "replace")


def _character(match: re.Match[str]) -> str:
    name = match[1]
    return match[0] if name in _XML_ENTITIES else html.entities.html5.get(name, match[0])


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _facts(entry: etree._Element) -> Facts:
    guid = entry.get(_RDF_ABOUT) or _first(entry, "{*}guid", *(f"{{{ns}}}id" for ns in _ATOM))
    return Facts(
        guid=guid or None,
        names=tuple(_names(entry)),
        media=tuple(_media(entry))[:_FILES],
        raw=etree.tostring(entry, encoding="utf-8", with_tail=False),
    )


def _first(element: etree._Element, *names: str) -> str:
    return next((text for name in names for text in _texts(element, name)), "")


def _texts(element: etree._Element, name: str) -> Iterator[str]:
    for child in element.iterfind(name):
        text = "".join(child.itertext("*")).strip()
        if text:
            yield text


def _names(entry: etree._Element) -> Iterator[str]:
    """Yield the names of who wrote an entry; an address alone is no name, and nobody's business."""
    atom = [
        name
        for ns in _ATOM
        for person in entry.iterfind(f"{{{ns}}}author")
        for name in _texts(person, "{*}name")
    ]
    places = (f"{{{_DC}}}creator", "author", f"{{{_ITUNES}}}author")
    written = (found for place in places if (found := list(_texts(entry, place))))
    yield from filter(None, map(name_of, atom or next(written, [])))


def name_of(text: str) -> str:
    """Return the name in `a@b.example (Ana Lee)` or `Ana Lee <a@b.example>`; empty if none is."""
    text = " ".join(text.split())
    found = _MAILBOX.fullmatch(text) or _ANGLED.fullmatch(text)
    name = found[1].strip(" \"'") if found else text
    return "" if "@" in name and " " not in name else name


def _media(entry: etree._Element) -> Iterator[Media]:
    """Yield the files of an entry, each once: what it encloses, then what Media RSS names."""
    seen: set[str] = set()
    for media in (*_enclosures(entry), *_media_rss(entry)):
        if media.url not in seen:
            seen.add(media.url)
            yield media


def _enclosures(entry: etree._Element) -> Iterator[Media]:
    for link in entry.iterfind("{*}enclosure"):
        media = make_media(link.get("url"), link.get("type"), length=link.get("length"))
        if media:
            yield media
    for link in (one for ns in _ATOM for one in entry.iterfind(f"{{{ns}}}link")):
        if link.get("rel") == "enclosure":
            media = make_media(link.get("href"), link.get("type"), length=link.get("length"))
            if media:
                yield media


def _media_rss(entry: etree._Element) -> Iterator[Media]:
    """Yield pictures and files: of a group's alternatives the first, thumbnails only if alone."""
    groups: set[etree._Element] = set()
    found: list[Media] = []
    for element in entry.iter("*"):
        parent = element.getparent()
        if _media_name(element) != "content" or parent is None or parent in groups:
            continue
        if _media_name(parent) == "group":
            groups.add(parent)
        media = _media_content(element)
        if media:
            found.append(media)
    if not any(media.is_image for media in found):
        thumbnails = (one for one in entry.iter("*") if _media_name(one) == "thumbnail")
        first = next((make_media(one.get("url"), "", medium="image") for one in thumbnails), None)
        found += [first] if first else []
    yield from found


def _media_content(element: etree._Element) -> Media | None:
    media = make_media(
        element.get("url"),
        element.get("type"),
        medium=element.get("medium") or "",
        length=element.get("fileSize"),
    )
    if media is None:
        return None
    is_image = media.is_image
    return Media(
        media.url,
        media.media_type,
        media.size_bytes,
        width=_pixels(element.get("width")) if is_image else None,
        height=_pixels(element.get("height")) if is_image else None,
        description=_said(element, "description"),
        credit=_said(element, "credit"),
    )


def _said(element: etree._Element, name: str) -> str | None:
    """Return a description or credit of a file, or of the group that it stands in."""
    around = element.getparent()
    places = [element, around] if around is not None else [element]
    for place in places:
        for child in place:
            if _media_name(child) == name and child.text:
                is_html = child.get("type") == "html"
                return text_of_html(child.text) if is_html else child.text.strip()
    return None


def _media_name(element: etree._Element) -> str | None:
    match = _MEDIA.fullmatch(element.tag) if isinstance(element.tag, str) else None
    return match[1] if match else None


def make_media(
    url: str | None, media_type: str | None, *, medium: str = "", length: str | None = None
) -> Media | None:
    """Return a file that an entry names; None when it has no address or nobody knows its kind."""
    url = (url or "").strip()
    kind = (media_type or "").partition(";")[0].strip().lower()
    if not _MEDIA_TYPE.fullmatch(kind):
        guessed = mimetypes.guess_type(url.partition("?")[0])[0] or ""
        kind = guessed or ("image/*" if medium == "image" else "")
    return Media(url, kind, _number(length)) if url and kind else None


def _pixels(text: str | None) -> int | None:
    """Return a width or height; None for one that no picture has."""
    number = _number(text)
    return number if 0 < number <= _MOST_PIXELS else None


def _number(text: str | None) -> int:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0  # noqa: PLR2004
