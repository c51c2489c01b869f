"""Read a document the way a feed reader does, and hold it against the Channel it was made from.

`read` takes bytes to a Seen; `expected` says what a Channel should look like when it is read in
a format; `compare` names every difference. Parity between the formats compares one Seen with
another. feedparser understands no JSON Feed, so that format is read here.
"""

from __future__ import annotations

import calendar
import datetime as dt
import html
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import feedparser

from feedsvc.feeds import as_read, attribution, render_xml
from feedsvc.feeds.attribution import Seen as SeenAttribution
from feedsvc.model import Channel, Entry, Finding, Format

_VERSIONS = {Format.RSS: "rss20", Format.ATOM: "atom10"}
_REMEDY_ENTRY = "Open the article, look at this field for unusual characters, and save it again."
_REMEDY_FEED = "This is a mistake of feedsvc or of a library: please report it with this line."

_SHORT = 60
Files = frozenset[tuple[str, str, int]]
# What a format says of the picture that stands for an entry, in an order of its own.
Picture = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """An entry as it was read. None: the format has no such field."""

    id: str
    url: str
    title: str
    summary: str
    content: str
    published_at: dt.datetime | None
    updated_at: dt.datetime | None
    authors: tuple[str, ...]
    author_urls: tuple[str, ...] | None
    categories: tuple[str, ...]
    category_urls: tuple[str, ...] | None
    files: Files
    attribution: SeenAttribution
    picture: Picture | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A document as it was read. None: the format has no such field."""

    id: str | None
    title: str
    description: str
    home_url: str
    self_url: str
    language: str
    rights: str | None
    updated_at: dt.datetime | None
    pictures: tuple[str, ...]
    entries: tuple[SeenEntry, ...]


def read(fmt: Format, body: bytes) -> Seen:
    """Read a document.

    Raises:
        ValueError: It cannot be read as what it says it is; the message says why.
    """
    if fmt is Format.JSON:
        return _read_json(body)
    parsed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    if parsed.bozo:
        raise ValueError(f"feedparser finds it broken: {parsed.get('bozo_exception')}")
    if (version := parsed.get("version")) != _VERSIONS[fmt]:  # of nothing there is none
        raise ValueError(f"feedparser takes it for {version or 'no feed at all'}")
    return _read_xml(fmt, parsed)


def _read_xml(fmt: Format, parsed: Any) -> Seen:
    feed = parsed.feed
    atom = fmt is Format.ATOM
    image = feed.get("image", {}).get("href", "")
    return Seen(
        id=feed.get("id") if atom else None,
        title=feed.get("title", ""),
        description=feed.get("subtitle", ""),
        home_url=feed.get("link", ""),
        self_url=next((link.href for link in feed.get("links", ()) if link.rel == "self"), ""),
        language=feed.get("language", ""),
        rights=feed.get("rights", ""),
        updated_at=_instant(feed, "updated_parsed"),
        pictures=(feed.get("icon", ""), feed.get("logo", "")) if atom else (image,),
        entries=tuple(_read_entry(entry, atom=atom) for entry in parsed.entries),
    )


def _read_entry(entry: Any, *, atom: bool) -> SeenEntry:
    contents = entry.get("content", ())
    authors = entry.get("authors", ())
    summary = entry.get("summary", "")
    tags = entry.get("tags", ())
    links = [
        (link.get("href", ""), link.get("type", ""), _length(link.get("length")))
        for link in entry.get("enclosures", ())
    ]
    pictures = [
        (item.get("url", ""), item.get("type", ""), _length(item.get("filesize")))
        for item in entry.get("media_content", ())
    ]
    return SeenEntry(
        id=entry.get("id", ""),
        url=entry.get("link", ""),
        title=entry.get("title", ""),
        summary=summary if atom else html.unescape(summary),
        content=contents[0].get("value", "") if contents else "",
        published_at=_instant(entry, "published_parsed"),
        updated_at=_instant(entry, "updated_parsed") if atom else None,
        authors=tuple(_person(person, atom=atom) for person in authors),
        author_urls=tuple(person.get("href", "") for person in authors) if atom else None,
        categories=tuple(tag.get("term") or "" for tag in tags),
        category_urls=tuple(tag.get("scheme") or "" for tag in tags),
        files=frozenset(links + pictures),
        attribution=attribution.read_xml(entry, atom=atom),
        picture=None if atom else _read_picture(entry),
    )


def _read_picture(entry: Any) -> Picture:
    """Read the first picture of an RSS item: where it is, small too, their sizes, who made it.

    Its description is read by nobody, as it should be: summary and content show that.
    """
    nothing: dict[str, str] = {}
    content, small, made_by = (
        next(iter(entry.get(f"media_{name}", ())), nothing)
        for name in ("content", "thumbnail", "credit")
    )
    if not content:
        return ()
    sizes = [node.get(name, "") for node in (content, small) for name in ("width", "height")]
    return content.get("url", ""), small.get("url", ""), *sizes, made_by.get("content", "")


def _person(person: Any, *, atom: bool) -> str:
    # In Atom, feedparser gives the second author the address it found in the first one's name.
    email = "" if atom else person.get("email", "")
    return f"{person.get('name', '')} {email}".strip()


def _read_json(body: bytes) -> Seen:
    """Read JSON Feed; what a feed may leave out, and ours do not, is read as empty."""
    try:
        feed = json.loads(body)
        return Seen(
            id=None,
            title=_text(feed, "title"),
            description=_text(feed, "description"),
            home_url=_text(feed, "home_page_url"),
            self_url=_text(feed, "feed_url"),
            language=_text(feed, "language"),
            rights=None,
            updated_at=None,
            pictures=(_text(feed, "icon"), _text(feed, "favicon")),
            entries=tuple(_read_item(item) for item in feed["items"]),
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"something is missing, too deep or of the wrong kind ({error})"
        ) from error


def _read_item(item: Mapping[str, Any]) -> SeenEntry:
    authors = item.get("authors", ())
    return SeenEntry(
        id=_text(item, "id"),
        url=_text(item, "url"),
        title=_text(item, "title"),
        summary=_text(item, "summary"),
        content=_text(item, "content_html") or _text(item, "content_text"),
        published_at=_json_instant(_text(item, "date_published")),
        updated_at=_json_instant(_text(item, "date_modified")),
        authors=tuple(_text(person, "name") for person in authors),
        author_urls=tuple(_text(person, "url") for person in authors),
        categories=tuple(_string(tag) for tag in item.get("tags", ())),
        category_urls=None,
        files=frozenset(
            (_text(file, "url"), _text(file, "mime_type"), file.get("size_in_bytes", 0))
            for file in item.get("attachments", ())
        ),
        attribution=attribution.read_json(item),
        picture=tuple(filter(None, [_text(item, "image")])),
    )


def _text(node: Mapping[str, Any], name: str) -> str:
    return _string(node.get(name, ""))


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{_short(value)} is no text")
    return value


def _json_instant(text: str) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text).replace(microsecond=0) if text else None


def _instant(node: Any, name: str) -> dt.datetime | None:
    # Asked in its own way, feedparser would give `published` for an `updated` that is missing.
    parsed = dict.get(node, name)
    return dt.datetime.fromtimestamp(calendar.timegm(parsed), dt.UTC) if parsed else None


def _length(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


def expected(channel: Channel, fmt: Format) -> Seen:
    """What a reader should see of a channel in a format."""
    pictures = {
        Format.RSS: (channel.image_url,),
        Format.ATOM: (channel.icon_url, channel.icon_url),
        Format.JSON: (channel.icon_url, channel.favicon_url),
    }
    return Seen(
        id=channel.ids[fmt] if fmt is Format.ATOM else None,
        title=as_read.text(channel.title, fmt),
        description=as_read.text(channel.description, fmt),
        home_url=channel.home_url,
        self_url=channel.self_urls[fmt],
        language=channel.language,
        rights=None if fmt is Format.JSON else as_read.text(channel.rights, fmt),
        updated_at=None if fmt is Format.JSON else channel.updated_at.replace(microsecond=0),
        pictures=pictures[fmt],
        entries=tuple(_expected_entry(entry, fmt) for entry in channel.entries),
    )


def _expected_entry(entry: Entry, fmt: Format) -> SeenEntry:
    rss = fmt is Format.RSS
    people, categories = entry.authors, entry.categories
    return SeenEntry(
        id=as_read.guid(entry, fmt),
        url=entry.url,
        title=as_read.text(entry.title, fmt),
        summary=as_read.text(entry.summary_text, fmt),
        content=as_read.text(_content(entry, fmt), fmt),
        published_at=entry.published_at.replace(microsecond=0),
        updated_at=None if rss else entry.updated_at.replace(microsecond=0),
        authors=tuple(as_read.name(person.name, fmt) for person in people),
        author_urls=None if rss else tuple(person.url for person in people),
        categories=tuple(
            as_read.text(category.name, fmt) if rss else category.name for category in categories
        ),
        category_urls=None if fmt is Format.JSON else tuple(c.url for c in categories),
        attribution=attribution.expected(entry, fmt, lambda text: as_read.text(text, fmt)),
        files=_expected_files(entry, fmt),
        picture=_expected_picture(entry, fmt),
    )


def _expected_files(entry: Entry, fmt: Format) -> Files:
    """RSS has room for one picture and one other file."""
    in_rss = filter(None, (render_xml.lead(entry), render_xml.enclosed(entry)))
    files = in_rss if fmt is Format.RSS else entry.media
    return frozenset((item.url, item.media_type, item.size_bytes) for item in files)


def _expected_picture(entry: Entry, fmt: Format) -> Picture | None:
    image = render_xml.lead(entry)
    if fmt is Format.ATOM:
        return None
    if image is None:
        return ()
    if fmt is Format.JSON:
        return (image.url,)
    small = entry.thumbnail
    pairs = [(one.width, one.height) if one else ("", "") for one in (image, small)]
    sizes = [str(side or "") for pair in pairs for side in pair]
    credit = as_read.text(image.credit or "", fmt)
    return image.url, small.url if small else "", *sizes, credit


def _content(entry: Entry, fmt: Format) -> str:
    """Without content of its own a JSON item repeats the summary: it must have either."""
    instead = entry.summary_text if fmt is Format.JSON else ""
    return entry.content_html or instead


def compare(seen: Seen, wanted: Seen, channel: Channel, fmt: Format) -> Iterator[Finding]:
    """Name every difference between what was read and what should have been."""
    for name in _FEED_FIELDS:
        if getattr(seen, name) != getattr(wanted, name):
            values = (getattr(seen, name), getattr(wanted, name))
            yield _difference(name, "the feed's head", values, fmt)
    if len(seen.entries) != len(wanted.entries):
        yield Finding(
            rule="readback-count",
            place="the whole document",
            message=f"holds {len(seen.entries)} entries, not {len(wanted.entries)}",
            remedy=_REMEDY_FEED,
            format=fmt,
        )
        return
    triples = zip(seen.entries, wanted.entries, channel.entries, strict=True)
    for number, (was, should, entry) in enumerate(triples, 1):
        for name in _ENTRY_FIELDS:
            if getattr(was, name) != getattr(should, name):
                place = f"entry {number} (“{_short(entry.title)}”)"
                values = (getattr(was, name), getattr(should, name))
                yield _difference(name, place, values, fmt, atom_id=entry.atom_id)


def _difference(
    name: str, place: str, values: tuple[object, object], fmt: Format, atom_id: str | None = None
) -> Finding:
    was, should = values
    part = "entry-" if atom_id else ""
    return Finding(
        rule=f"readback-{part}{name}".replace("_", "-"),
        place=f"{place}, {name.replace('_', ' ')}",
        message=f"is read back as {_short(was)!r} instead of {_short(should)!r}",
        remedy=_REMEDY_ENTRY if atom_id else _REMEDY_FEED,
        format=fmt,
        atom_id=atom_id,
    )


def _short(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"


_FEED_FIELDS = tuple(field.name for field in fields(Seen) if field.name != "entries")
_ENTRY_FIELDS = tuple(field.name for field in fields(SeenEntry))
FIELDS_PER_FEED = len(_FEED_FIELDS) + 1
FIELDS_PER_ENTRY = len(_ENTRY_FIELDS)


def parity(seen: Mapping[Format, Seen], channel: Channel) -> Iterator[Finding]:
    """Compare what readers of different formats see: the same entries, in the same order."""
    for fmt in (Format.ATOM, Format.JSON):
        if Format.RSS not in seen or fmt not in seen:
            continue
        one, other = seen[Format.RSS].entries, seen[fmt].entries
        if len(one) != len(other):
            message = f"has {len(other)} entries where RSS has {len(one)}"
            yield Finding("parity-count", "the whole document", message, _REMEDY_FEED, fmt)
            continue
        for number, (a, b, entry) in enumerate(zip(one, other, channel.entries, strict=False), 1):
            for name in _unlike(a, b, entry, fmt):
                yield Finding(
                    rule=f"parity-{name}",
                    place=f"entry {number} (“{_short(entry.title)}”), {name}",
                    message=f"differs between RSS and {fmt.upper()}",
                    remedy=_REMEDY_ENTRY,
                    format=fmt,
                    atom_id=entry.atom_id,
                )


def _unlike(a: SeenEntry, b: SeenEntry, entry: Entry, fmt: Format) -> Iterator[str]:
    """Name what differs between RSS and another format, once both are read as RSS is."""
    rss, atom = Format.RSS, fmt is Format.ATOM

    def text(value: str) -> str:
        return value if atom else as_read.text(value, rss)

    pairs: dict[str, tuple[object, object]] = {
        "url": (a.url, b.url),
        "title": (a.title, text(b.title)),
        "summary": (a.summary, text(b.summary)),
        "date": (a.published_at, b.published_at),
        "authors": (a.authors, tuple(as_read.name(name, rss) for name in b.authors)),
        "categories": (a.categories, tuple(as_read.text(name, rss) for name in b.categories)),
        "files": (a.files, a.files & b.files),  # RSS has room for fewer
    }
    if not attribution.like(a.attribution, b.attribution, text):
        pairs["attribution"] = (a.attribution, b.attribution)
    if a.picture is not None and b.picture is not None:
        pairs["picture"] = (a.picture[:1], b.picture)
    if atom or entry.content_html:  # else the JSON item repeats its summary
        pairs["content"] = (a.content, text(b.content))
    if not atom:
        pairs["id"] = (a.id, text(b.id))
    elif entry.guid == entry.atom_id:  # else Atom alone has a urn of its own
        pairs["id"] = (as_read.SLASHES.sub(r"\1", a.id), b.id)
    yield from (name for name, (one, other) in pairs.items() if one != other)
