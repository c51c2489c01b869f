"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), as others write it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from feedsvc.errors import RejectedError
from feedsvc.intake.feed.parts import (
    Broken,
    ReadEntry,
    ReadFeed,
    html_of_text,
    sensible,
    web_url,
)
from feedsvc.intake.feed.tree import make_media
from feedsvc.model import Media

_VERSIONS = ("https://jsonfeed.org/version/1", "http://jsonfeed.org/version/1")
_FILES = 20

Node = Mapping[str, Any]


def read_json(body: bytes, url: str, limit: int | None = None) -> ReadFeed:
    """Read a feed.

    Args:
        url: Where it was fetched; may be empty.
        limit: The most entries to read; None for all.

    Raises:
        RejectedError: It is no JSON Feed.
    """
    feed = _loaded(body)
    if not _text(feed, "version").startswith(_VERSIONS):
        raise RejectedError("it is JSON, but no JSON Feed: it names no version of it", field="file")
    items = feed.get("items")
    if not isinstance(items, list):
        raise RejectedError("it has no list of items", field="items")
    kept = items[:limit]
    return ReadFeed(
        title=_text(feed, "title"),
        home_url=web_url(_text(feed, "home_page_url")),
        self_url=web_url(_text(feed, "feed_url")),
        older_url=web_url(_text(feed, "next_url")),
        rights=None,
        minutes=None,
        entries=tuple(_entries(feed, kept, url)),
        left_out=len(items) - len(kept),
    )


def _loaded(body: bytes) -> Node:
    try:
        feed = json.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError as error:
        raise RejectedError("it is nested too deeply, as no feed is", field="file") from error
    except json.JSONDecodeError as error:
        raise RejectedError(
            f"it is no JSON: {error.msg}", field="file", line=error.lineno
        ) from error
    except ValueError as error:  # no UTF-8, or a number of thousands of digits
        raise RejectedError(f"it is no JSON: {error!s:.80}", field="file") from error
    if not isinstance(feed, dict):
        raise RejectedError("it is JSON, but no JSON Feed: it is no object", field="file")
    return feed


def _entries(feed: Node, items: list[Any], url: str) -> Iterator[ReadEntry | Broken]:
    for number, item in enumerate(items, 1):
        raw = json.dumps(item, ensure_ascii=True).encode()
        name = f"item {number}"
        try:
            name = _id(item) or name
            yield replace(_entry(feed, item, url), raw=raw)
        except RejectedError as error:
            yield Broken(name, error, raw)


def _entry(feed: Node, item: Node, url: str) -> ReadEntry:
    link = web_url(_text(item, "url"))
    published = _instant(item, "date_published")
    updated = _instant(item, "date_modified")
    return ReadEntry(
        guid=_id(item) or None,
        url=link,
        title=_text(item, "title"),
        content_html=_text(item, "content_html") or html_of_text(_text(item, "content_text")),
        base_url=link or web_url(_text(feed, "home_page_url")) or url,
        summary=_text(item, "summary"),
        names=tuple(_names(item)) or tuple(_names(feed)),
        categories=tuple(str(tag) for tag in _list(item, "tags") if isinstance(tag, str)),
        published=published or updated,
        updated=updated if published else None,
        media=tuple(_media(item))[:_FILES],
        language=_text(item, "language") or _text(feed, "language") or None,
    )


def _id(item: Any) -> str:
    """Return an item's id; a number is one too, as the specification asks of readers."""
    if not isinstance(item, dict):
        raise RejectedError("it is no object", field="items")
    value = item.get("id")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return _text(item, "id")


def _text(node: Node, name: str) -> str:
    value = node.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RejectedError(f"its {name} is no text", field=name)
    return value


def _list(node: Node, name: str) -> list[Any]:
    value = node.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise RejectedError(f"its {name} are no list", field=name)
    return value


def _names(node: Node) -> Iterator[str]:
    """Yield the names of authors; version 1.0 had one, `author`."""
    people = _list(node, "authors") or [node.get("author")]
    for person in people:
        if isinstance(person, dict) and _text(person, "name").strip():
            yield " ".join(_text(person, "name").split())


def _instant(item: Node, name: str) -> dt.datetime | None:
    """Return a date; one that cannot be read is none."""
    try:
        return sensible(dt.datetime.fromisoformat(_text(item, name).strip()))
    except ValueError:
        return None


def _media(item: Node) -> Iterator[Media]:
    seen: set[str] = set()
    image = _text(item, "image") or _text(item, "banner_image")
    lead = make_media(image, "", medium="image")
    if lead:
        seen.add(lead.url)
        yield lead
    for file in _list(item, "attachments"):
        if not isinstance(file, dict):
            continue
        size = file.get("size_in_bytes")
        length = str(int(size)) if isinstance(size, int | float) and 0 < size < 1e15 else None  # noqa: PLR2004
        media = make_media(_text(file, "url"), _text(file, "mime_type"), length=length)
        if media and media.url not in seen:
            seen.add(media.url)
            yield media
