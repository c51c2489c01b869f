"""Somebody's feed and its entries as they were read, whatever format they are in."""

from __future__ import annotations

import datetime as dt
import html
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from feedsvc.errors import RejectedError
from feedsvc.model import Media

# What programs write for a date that they do not have: year 1, and the beginning of Unix time.
_NO_DATES = frozenset({dt.date(1, 1, 1), dt.date(1970, 1, 1)})
_WEB = re.compile(r"https?://[^\s/<>\"]+(/[^\s<>\"]*)?")
_BLANK = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an entry says that it was first: the feed's name and address, and its rights."""

    title: str
    feed_url: str | None = None
    rights: str | None = None


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """An entry as a feed has it.

    Attributes:
        guid: Verbatim; None when it has none.
        url: Its permalink, absolute; None when it has none.
        title: Plain text; may be empty.
        content_html: As it stands there, not cleaned; may be empty.
        base_url: What relative addresses in it are relative to.
        names: Its authors, or else the feed's.
        published: Aware; None when it has none that makes sense.
        media: With addresses that may be relative.
        origin: The innermost `source` that it names; None when it is this feed's own.
        raw: The bytes that it was read from, or as near as can be.
    """

    guid: str | None
    url: str | None
    title: str
    content_html: str
    base_url: str
    summary: str = ""
    names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    published: dt.datetime | None = None
    updated: dt.datetime | None = None
    media: tuple[Media, ...] = ()
    language: str | None = None
    rights: str | None = None
    origin: Origin | None = None
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Broken:
    """An entry that cannot be read; `name` is its id or its number."""

    name: str
    error: RejectedError
    raw: bytes


@dataclass(frozen=True, slots=True)
class ReadFeed:
    """A feed as it was read.

    Attributes:
        self_url: Where it says that it is; for a page of an archive, where its feed is.
        older_url: The next page of what is older (RFC 5005, `next_url`); None at the end.
        minutes: How long it asks readers to wait between polls; None when it says nothing.
        entries: In its own order.
        left_out: How many more there were than were asked for.
    """

    title: str
    home_url: str | None
    self_url: str | None
    older_url: str | None
    rights: str | None
    minutes: int | None
    entries: tuple[ReadEntry | Broken, ...]
    left_out: int = 0


def web_url(text: str | None) -> str | None:
    """Return an address if it is one of the web."""
    text = (text or "").strip()
    try:
        return text if _WEB.fullmatch(text) and urlsplit(text).hostname else None
    except ValueError:
        return None


def sensible(instant: dt.datetime | None) -> dt.datetime | None:
    """Return a date in UTC unless it is what stands for none."""
    if instant is None or instant.date() in _NO_DATES:
        return None
    try:
        return instant.astimezone(dt.UTC) if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
    except OverflowError:  # the last hours of year 9999
        return None


def html_of_text(text: str) -> str:
    """Return plain text as HTML: a blank line parts paragraphs, a line end stays one."""
    paragraphs = (part.strip() for part in _BLANK.split(text.replace("\r\n", "\n")))
    lines = (html.escape(part, quote=False).replace("\n", "<br>") for part in paragraphs if part)
    return "".join(f"<p>{line}</p>" for line in lines)
