"""RSS of any version and Atom, read with feedparser.

It is only ever given bytes: text it would take for the name of a file or an address to fetch.
"""

from __future__ import annotations

import calendar
import datetime as dt
import html
import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

import feedparser

from feedsvc.errors import RejectedError
from feedsvc.intake.clean import text_of_html
from feedsvc.intake.feed.parts import (
    Broken,
    Origin,
    ReadEntry,
    ReadFeed,
    html_of_text,
    sensible,
    web_url,
)
from feedsvc.intake.feed.tree import (
    Facts,
    Tree,
    entities_declared,
    grow,
    make_media,
    mended,
    name_of,
    without,
)

# feedparser takes five seconds for a megabyte that is no XML.
_MALFORMED_BYTES = 1_000_000
_MOST_UNREADABLE = 20  # entries
_MOST_MINUTES = 525_600
_PERIOD_MINUTES = {
    "hourly": 60,
    "daily": 1_440,
    "weekly": 10_080,
    "monthly": 43_200,
    "yearly": 525_600,
}


def read_xml(body: bytes, url: str, limit: int | None = None) -> ReadFeed:
    """Read a feed.

    Args:
        url: Where it was fetched; what relative addresses in it are relative to. May be empty.
        limit: The most entries to read; None for all.

    Raises:
        RejectedError: It is no feed, or one that would do harm.
    """
    tree = grow(body, limit)
    if tree is None:
        body = mended(body)
        tree = grow(body, limit)
    if tree is None and b"<!ENTITY" in body:
        raise entities_declared()
    if tree is None and len(body) > _MALFORMED_BYTES:
        raise RejectedError(
            f"it is not well-formed XML, and with {len(body):,} bytes too large to guess at",
            field="file",
        )
    broken: tuple[Broken, ...] = ()
    try:
        parsed = _parsed(tree.body if tree else body, url)
    except RejectedError:
        if tree is None or len(body) > _MALFORMED_BYTES:
            raise
        tree, broken = _readable(tree, url)
        parsed = _parsed(tree.body, url)
    if not parsed.get("version"):
        raise RejectedError(_no_feed(parsed, body), field="file")
    entries = parsed.entries[:limit]
    facts: tuple[Facts | None, ...] = tree.facts if tree else ()
    if len(facts) != len(entries):  # what feedparser takes for an entry
        facts = (None,) * len(entries)
    feed = parsed.feed
    left_out = tree.left_out if tree else len(parsed.entries) - len(entries)
    return ReadFeed(
        title=_text(feed, "title"),
        home_url=_alternate(feed),
        self_url=_link(feed, "current") or _link(feed, "self"),
        older_url=_link(feed, "prev-archive") or _link(feed, "next"),
        rights=_rights(feed),
        minutes=_minutes(feed),
        entries=(*_entries(parsed, entries, facts, url), *broken),
        left_out=left_out,
    )


def _parsed(body: bytes, url: str) -> Any:
    if not body.strip():
        raise RejectedError("it is empty", field="file")
    headers = {"content-location": url, "content-type": "application/xml"}
    try:
        return feedparser.parse(
            io.BytesIO(body),
            response_headers=headers,
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # it raises anything: of odd dates, places, chapters
        raise RejectedError(
            f"it has something that cannot be read ({type(error).__name__}: {error!s:.80})",
            field="file",
        ) from error


def _readable(tree: Tree, url: str) -> tuple[Tree, tuple[Broken, ...]]:
    """Return a feed without the entries at which feedparser fails, and those.

    Raises:
        RejectedError: It does not fail at entries, or at too many.
    """
    everything = range(len(tree.facts))
    found: dict[int, RejectedError] = {}
    _parsed(without(tree.body, everything), url)
    waiting = [everything]
    while waiting:
        part = waiting.pop()
        try:
            _parsed(without(tree.body, {*everything}.difference(part)), url)
        except RejectedError as error:
            half = len(part) // 2
            waiting += [part[half:], part[:half]] if half else []
            found |= {} if half else {part[0]: error}
            if len(found) > _MOST_UNREADABLE:
                raise
    facts = tuple(fact for number, fact in enumerate(tree.facts) if number not in found)
    broken = (
        Broken(tree.facts[number].guid or f"entry {number + 1}", error, tree.facts[number].raw)
        for number, error in found.items()
    )
    return replace(tree, facts=facts, body=without(tree.body, found)), tuple(broken)


def _no_feed(parsed: Any, body: bytes) -> str:
    """Say what something is that is no feed, and where there may be one."""
    head = body[:2_000].lower()
    if b"<html" not in head and b"<!doctype html" not in head:
        return "it is no feed: no RSS, no Atom and no JSON Feed"
    feeds = (
        link.get("href")
        for link in parsed.feed.get("links", ())
        if link.get("rel") == "alternate" and link.get("type") in _FEED_TYPES
    )
    found = next((web_url(href) for href in feeds if web_url(href)), None)
    return "it is a web page, no feed" + (f"; its feed is {found}" if found else "")


_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})


def _entries(
    parsed: Any, entries: list[Any], facts: tuple[Facts | None, ...], url: str
) -> Iterator[ReadEntry | Broken]:
    for number, (entry, own) in enumerate(zip(entries, facts, strict=True), 1):
        raw = own.raw if own else repr(dict(entry)).encode("utf-8", "replace")
        guid = own.guid if own else entry.get("id")
        try:
            yield replace(_entry(parsed, entry, own, url), guid=guid or None, raw=raw)
        except RejectedError as error:
            yield Broken(guid or f"entry {number}", error, raw)


def _entry(parsed: Any, entry: Any, own: Facts | None, url: str) -> ReadEntry:
    feed = parsed.feed
    is_atom = parsed.version.startswith("atom")
    link = web_url(entry.get("feedburner_origlink")) or _alternate(entry)
    if link is None and not is_atom and entry.get("guidislink"):
        link = web_url(own.guid if own else entry.get("id"))
    content, base, summary = _content(entry)
    published = _instant(entry, "published_parsed")
    updated = _instant(entry, "updated_parsed")
    names = own.names if own else _names(entry)
    feed_names = _names(feed) if is_atom else ()
    return ReadEntry(
        guid=None,
        url=link,
        title=_text(entry, "title"),
        content_html=content,
        base_url=base if base and base != url else (link or _alternate(feed) or url),
        summary=summary,
        names=names or feed_names,
        categories=tuple(_categories(entry)),
        published=published or updated,
        updated=updated if published else None,
        media=own.media if own else tuple(_media(entry)),
        language=_language(entry) or feed.get("language"),
        rights=_rights(entry),
        origin=_origin(entry.get("source")),
    )


def _content(entry: Any) -> tuple[str, str, str]:
    """Return an entry's content as HTML, its base and a summary; without content that is it."""
    contents = [one for one in entry.get("content", ()) if one.get("value")]
    about = entry.get("summary_detail") or {}
    if not contents:
        return _as_html(about), about.get("base") or "", ""
    best = max(contents, key=lambda one: "html" in (one.get("type") or ""))
    summary = _text(entry, "summary") if entry.get("summary") != best.get("value") else ""
    return _as_html(best), best.get("base") or "", summary


def _as_html(detail: Any) -> str:
    value, kind = detail.get("value") or "", detail.get("type") or "text/html"
    if kind == "text/plain":
        return html_of_text(value)
    if "<" not in value:  # HTML by its type, but nobody has marked its paragraphs
        return html_of_text(html.unescape(value))
    # feedparser ends every element of XHTML by a tag; HTML takes this one for another line end.
    return value.replace("</br>", "") if "xhtml" in kind else str(value)


def _text(node: Any, name: str) -> str:
    """Return a text that may be HTML, which its type says; of RSS feedparser's guess is it."""
    detail = node.get(f"{name}_detail") or {}
    value = detail.get("value") if name != "summary" else node.get(name)
    value = value or node.get(name) or ""
    is_plain = detail.get("type", "text/plain") == "text/plain"
    return " ".join(value.split()) if is_plain else text_of_html(value)


def _alternate(node: Any) -> str | None:
    return _link(node, "alternate")


def _link(node: Any, relation: str) -> str | None:
    links = (one for one in node.get("links", ()) if one.get("rel") == relation)
    return next((found for one in links if (found := web_url(one.get("href")))), None)


def _instant(entry: Any, name: str) -> dt.datetime | None:
    # Asked in its own way, feedparser would give `published` for an `updated` that is missing.
    parsed = dict.get(entry, name)
    if parsed is None:
        return None
    with suppress(ValueError, OverflowError, OSError):
        return sensible(dt.datetime.fromtimestamp(calendar.timegm(parsed), dt.UTC))
    return None


def _names(node: Any) -> tuple[str, ...]:
    return tuple(filter(None, (name_of(one.get("name") or "") for one in node.get("authors", ()))))


def _categories(entry: Any) -> Iterator[str]:
    for tag in entry.get("tags", ()):
        name = " ".join((tag.get("label") or tag.get("term") or "").split())
        if name:
            yield name


def _media(entry: Any) -> Iterator[Any]:
    """Yield the files of an entry in a feed that is not well-formed."""
    for one in entry.get("enclosures", ()):
        media = make_media(one.get("href"), one.get("type"), length=one.get("length"))
        if media:
            yield media
    for one in entry.get("media_content", ()):
        medium = one.get("medium") or ""
        media = make_media(one.get("url"), one.get("type"), medium=medium)
        if media:
            yield media


def _language(entry: Any) -> str | None:
    details = (*entry.get("content", ()), entry.get("title_detail") or {})
    return next((one.get("language") for one in details if one.get("language")), None)


def _origin(source: Any) -> Origin | None:
    """Return where an entry says that it was first (RSS `source`, RFC 4287 §4.2.11)."""
    if not source:
        return None
    feed_url = web_url(source.get("href")) or _link(source, "self")
    title = _text(source, "title")
    return Origin(title, feed_url, _rights(source)) if title or feed_url else None


def _rights(node: Any) -> str | None:
    """Return what is said of rights; nobody means the name of a character in `&copy; 2024`."""
    return text_of_html(_text(node, "rights")) or None


def _minutes(feed: Any) -> int | None:
    """Return how long a feed asks readers to wait: RSS `ttl`, or the syndication module."""
    with suppress(ValueError):
        if feed.get("ttl"):
            return max(0, min(int(feed.ttl), _MOST_MINUTES)) or None
        period = _PERIOD_MINUTES.get((feed.get("sy_updateperiod") or "").strip().lower())
        if period:
            return period // max(1, int(feed.get("sy_updatefrequency") or 1))
    return None


def resolved(url: str, base: str) -> str | None:
    """Return an address, absolute; None when it is none of the web."""
    try:
        return web_url(urljoin(base, url))
    except ValueError:
        return None
