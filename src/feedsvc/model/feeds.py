"""What readers are given."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from feedsvc.model.articles import Attribution, Media


class Format(StrEnum):
    """The formats that every feed is written in; the value is the file name's ending."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"

    @property
    def media_type(self) -> str:
        """Media type without parameters."""
        return _MEDIA_TYPES[self]

    @property
    def label(self) -> str:
        """What people call it."""
        return _LABELS[self]

    @property
    def content_type(self) -> str:
        """Value of the Content-Type header; JSON has no charset parameter (RFC 8259 §11)."""
        return self.media_type if self is Format.JSON else f"{self.media_type}; charset=utf-8"


_LABELS = {Format.RSS: "RSS", Format.ATOM: "Atom", Format.JSON: "JSON"}
_MEDIA_TYPES = {
    Format.RSS: "application/rss+xml",
    Format.ATOM: "application/atom+xml",
    Format.JSON: "application/feed+json",
}


class Coding(StrEnum):
    """How a document may be compressed; the value is the name in `Content-Encoding`."""

    GZIP = "gzip"
    BROTLI = "br"


@dataclass(frozen=True, slots=True, order=True)
class FeedKey:
    """Which feed: the whole site's, or one term's. Survives renames.

    Attributes:
        kind: `site`, or the kind of the term.
        term_id: The term's row id; 0 for the site.
    """

    kind: str
    term_id: int = 0


SITE = FeedKey("site")


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's definition and what the store knows of its state.

    Attributes:
        path: Below `/feeds/`, without the ending: `all`, `section/news`.
        name: The term's name; the empty string for the site.
        ids: The permanent urn:uuid for each format.
        event_at: Instant of the last event that may have changed its content.
        content_changed_at: Instant of the event that made what is served now; None before.
        event_seq: Counts events; a swap clears `build_due_at` only if it saw the last one.
        built_seq: The last event that a finished build has seen.
        build_seconds: How long the last build took.
        inputs: Hash of everything that the last build was made from.
        digest: Of the content of what is served now.
        unavailable: True when nothing may be served: the last good version shows a withdrawn
            article and no better one could be built.
        read_back_due_at: None when what is served was read back whole.
        admitted_seq: The last event whose additions a feed with a timetable shows.
        admitted_at: When its timetable let them in.
        admit_due_at: When it lets in the next; None without a timetable.
    """

    id: int
    key: FeedKey
    path: str
    name: str
    ids: dict[Format, str]
    event_at: dt.datetime
    event_seq: int
    content_changed_at: dt.datetime | None = None
    build_due_at: dt.datetime | None = None
    built_seq: int = 0
    built_at: dt.datetime | None = None
    build_seconds: float | None = None
    inputs: str | None = None
    digest: str | None = None
    unavailable: bool = False
    read_back_due_at: dt.datetime | None = None
    admitted_seq: int = 0
    admitted_at: dt.datetime | None = None
    admit_due_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """A section, edition or tag as an entry names it; `url` is its scheme."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Person:
    """An author as an entry names it."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An article as a feed shows it (RFC 4287 §4.1.2).

    Attributes:
        media: Its first picture stands for the article.
        thumbnail: That picture, smaller; None when it is not kept here or is small itself.
    """

    guid: str
    atom_id: str
    url: str
    title: str
    summary_text: str
    content_html: str | None
    published_at: dt.datetime
    updated_at: dt.datetime
    authors: tuple[Person, ...] = ()
    categories: tuple[Category, ...] = ()
    media: tuple[Media, ...] = ()
    language: str | None = None
    attribution: Attribution | None = None
    thumbnail: Media | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A withdrawn article, as Atom (RFC 6721) and, by its guid, JSON Feed announce it."""

    guid: str
    atom_id: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class History:
    """Where a document stands among all that a feed has shown (RFC 5005).

    Attributes:
        is_complete: True when there is nothing older (§2).
        is_archive: True for a page of the archive, False for the feed's own document (§4).
        links: Addresses of neighbours in each format, by relation: `prev-archive`,
            `next-archive`, `current`.
    """

    is_complete: bool = False
    is_archive: bool = False
    links: tuple[tuple[str, dict[Format, str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """A feed's whole content at one moment, format-neutral.

    Attributes:
        path: The feed's path below `/feeds/`.
        ids: The feed's permanent id in each format.
        self_urls: Where each format is served.
        home_url: The HTML page that shows the same articles.
        updated_at: Instant of the event that made this content; never before the newest entry.
        ttl_minutes: How long a reader may wait before it asks again.
        entries: Newest first.
    """

    path: str
    ids: dict[Format, str]
    title: str
    description: str
    self_urls: dict[Format, str]
    home_url: str
    author: str
    site_url: str
    language: str
    rights: str
    icon_url: str
    favicon_url: str
    image_url: str
    ttl_minutes: int
    updated_at: dt.datetime
    entries: tuple[Entry, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    history: History = History()


@dataclass(frozen=True, slots=True)
class Document:
    """A channel's bytes in one format, as they are served.

    Attributes:
        etag: Strong entity tag, with its quotes.
        modified_at: Instant of the swap, whole seconds; never moves back.
        manifest: (atom id, hash of its bytes) of every entry, in order.
        checks: How many checks the bytes passed.
    """

    path: str
    format: Format
    body: bytes
    etag: str
    modified_at: dt.datetime
    manifest: tuple[tuple[str, str], ...] = ()
    checks: int = 0


@dataclass(frozen=True, slots=True)
class Variant:
    """A document's bytes, compressed.

    Attributes:
        mark: Tells apart what different compressors made of the same bytes.
    """

    coding: Coding
    mark: str
    body: bytes

    def etag(self, of_document: str) -> str:
        """Return its strong entity tag (RFC 9110 §8.8.3.3), from that of the plain bytes."""
        return f'{of_document[:-1]}.{self.mark}"'


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule in one document.

    Attributes:
        rule: The rule's name.
        place: Where: an element, `entry 3`, a line.
        atom_id: The entry at fault; None when the whole document is.
    """

    rule: str
    place: str
    message: str
    remedy: str
    format: Format | None = None
    atom_id: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding that kept something from being served, as the store remembers it."""

    id: int
    rule: str
    message: str
    remedy: str
    found_at: dt.datetime
    feed_path: str | None = None
    article_id: int | None = None
    article_title: str | None = None
    format: Format | None = None
