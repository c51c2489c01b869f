"""Takes a parsed document apart into the parts that the rules look at.

Nothing here judges: what is missing or of the wrong kind is left out, and some rule says so.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import email.utils
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from lxml import etree

from feedsvc.feeds.rules import (
    ATOM,
    CONTENT,
    DC,
    MEDIA,
    TOMBSTONES,
    XML_NAMESPACE,
    Part,
    Stamp,
    by_name,
    children,
    local_name,
    shorten,
    text_of,
    whole_text,
)
from feedsvc.feeds.rules_markup import Markup, scan

Pairs = Iterator[tuple[str, str]]
Inside = Mapping[str, Sequence[etree._Element]]

_RFC822 = re.compile(
    r"(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d{1,2}) "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) "
    r"(\d\d):(\d\d)(?::(\d\d))? ([+-]\d{4}|[A-Z]{1,4})",
    re.ASCII,
)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def rss_parts(root: etree._Element) -> tuple[Part, list[Part]]:
    """Return the channel and its items, still without Atom ids."""
    channel = root.find("channel")
    node = root if channel is None else channel
    inside = by_name(node)
    head = Part(
        node,
        "channel",
        language=_text(inside, "language") or None,
        texts=(
            *_texts(inside, "title", "description", "copyright"),
            *_inner_texts(inside, "image", "title"),
            *_texts(inside, "category"),
        ),
        urls=(
            *_texts(inside, "link", "docs"),
            *_inner_texts(inside, "image", "url"),
            *_inner_texts(inside, "image", "link"),
            *_rss_addresses(inside),
        ),
        dates=tuple(_stamps(inside, rfc822, "pubDate", "lastBuildDate")),
        inside=inside,
    )
    return head, [_item(item) for item in inside.get("item", ())]


def _item(node: etree._Element) -> Part:
    inside = by_name(node)
    return Part(
        node,
        _text(inside, "title"),
        id=_text(inside, "guid") or None,
        texts=(
            *_texts(inside, "title", "category", f"{DC}creator", f"{MEDIA}title"),
            *_inner_texts(inside, f"{MEDIA}content", f"{MEDIA}title"),
        ),
        markup=tuple(_html(inside, "description", f"{CONTENT}encoded")),
        urls=(*_texts(inside, "link", "comments"), *_rss_addresses(inside)),
        dates=tuple(_stamps(inside, rfc822, "pubDate")),
        inside=inside,
    )


def _rss_addresses(inside: Inside) -> Pairs:
    yield from _attributes(
        inside, "url", "enclosure", "source", f"{MEDIA}content", f"{MEDIA}thumbnail"
    )
    yield from _attributes(inside, "href", f"{ATOM}link")


def atom_parts(root: etree._Element) -> tuple[Part, list[Part]]:
    """Return the feed's head and its entries, still without Atom ids."""
    head = _atom_part(root, "feed", f"{ATOM}subtitle", f"{ATOM}generator")
    stones = head.children(f"{TOMBSTONES}deleted-entry")
    gone = [(node.get("ref", ""), node.get("when", "")) for node in stones]
    head = _with_deletions(head, "at:deleted-entry when", gone)
    return head, [
        _atom_part(node, None, f"{ATOM}summary") for node in head.children(f"{ATOM}entry")
    ]


def _with_deletions(head: Part, name: str, gone: Sequence[tuple[str, str]]) -> Part:
    """Return a head with (id, when) of what it announces as deleted."""
    deleted = tuple((identity, _stamp(name, when, rfc3339)) for identity, when in gone)
    stamps = (stamp for _, stamp in deleted)
    return dataclasses.replace(head, dates=(*head.dates, *stamps), deleted=deleted)


def _atom_part(node: etree._Element, label: str | None, *wording: str) -> Part:
    inside = by_name(node)
    texts = [f"{ATOM}title", f"{ATOM}rights", *wording]
    plain = [name for name in texts if _is_plain(inside.get(name))]
    rich = [name for name in (*texts, f"{ATOM}content") if name not in plain]
    return Part(
        node,
        _text(inside, f"{ATOM}title") if label is None else label,
        id=_text(inside, f"{ATOM}id") or None,
        language=node.get(f"{XML_NAMESPACE}lang"),
        texts=(
            *_texts(inside, *plain),
            *_inner_texts(inside, f"{ATOM}author", f"{ATOM}name"),
            *_inner_texts(inside, f"{ATOM}contributor", f"{ATOM}name"),
            *_attributes(inside, "term", f"{ATOM}category"),
            *_attributes(inside, "label", f"{ATOM}category"),
        ),
        markup=tuple(_html(inside, *rich)),
        urls=(
            *_texts(inside, f"{ATOM}icon", f"{ATOM}logo"),
            *_inner_texts(inside, f"{ATOM}author", f"{ATOM}uri"),
            *_inner_texts(inside, f"{ATOM}contributor", f"{ATOM}uri"),
            *_attributes(inside, "href", f"{ATOM}link"),
            *_attributes(inside, "src", f"{ATOM}content"),
            *_attributes(inside, "uri", f"{ATOM}generator"),
        ),
        dates=tuple(_stamps(inside, rfc3339, f"{ATOM}published", f"{ATOM}updated")),
        inside=inside,
    )


def _is_plain(found: Sequence[etree._Element] | None) -> bool:
    return not found or found[0].get("type", "text") == "text"


def json_parts(data: dict[str, Any]) -> tuple[Part, list[Part]]:
    """Return the feed's head and its items, still without Atom ids."""
    urls = ("home_page_url", "feed_url", "next_url", "icon", "favicon")
    head = _json_part(data, "feed", ("title", "description"), urls)
    for ours in objects(data.get("_feedsvc")):
        gone = [(_string(one, "id"), _string(one, "when")) for one in objects(ours.get("deleted"))]
        about = (("_feedsvc, about", url) for _, url in _strings(ours, "about"))
        head = dataclasses.replace(head, urls=(*head.urls, *about))
        head = _with_deletions(head, "_feedsvc, deleted, when", gone)
    items = data.get("items")
    return head, [
        _json_part(
            item,
            _string(item, "title"),
            ("title", "summary"),
            ("url", "external_url", "image", "banner_image"),
        )
        for item in (items if isinstance(items, list) else [])
    ]


def _json_part(data: Any, label: str, texts: tuple[str, ...], urls: tuple[str, ...]) -> Part:
    node: dict[str, Any] = data if isinstance(data, dict) else {}
    identity, tags = node.get("id"), node.get("tags")
    names = [tag for tag in (tags if isinstance(tags, list) else []) if isinstance(tag, str)]
    return Part(
        node,
        label,
        id=identity if isinstance(identity, str) else None,
        language=_string(node, "language") or None,
        texts=(*_strings(node, *texts), *_nested(node, "name"), *(("tags", n) for n in names)),
        markup=tuple((name, scan(html)) for name, html in _strings(node, "content_html")),
        urls=(*_strings(node, *urls), *_nested(node, "url"), *_nested(node, "avatar")),
        dates=tuple(
            _stamp(name, text, rfc3339)
            for name, text in _strings(node, "date_published", "date_modified")
        ),
    )


def _nested(node: dict[str, Any], name: str) -> Pairs:
    """Yield the strings called `name` in its authors, attachments and hubs."""
    for group in ("author", "authors", "attachments", "hubs"):
        for member in objects(node[group]) if group in node else ():
            yield from ((f"{group}, {name}", text) for _, text in _strings(member, name))


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects in a list, or the object itself; nothing for anything else."""
    members = value if isinstance(value, list) else [value]
    return [member for member in members if isinstance(member, dict)]


def _string(node: Any, name: str) -> str:
    value = node.get(name) if isinstance(node, dict) else None
    return value if isinstance(value, str) else ""


def _strings(node: dict[str, Any], *names: str) -> Pairs:
    return ((name, node[name]) for name in names if isinstance(node.get(name), str))


def _text(inside: Inside, name: str) -> str:
    found = inside.get(name)
    return text_of(found[0]) if found else ""


def _texts(inside: Inside, *names: str) -> Pairs:
    for name in names:
        for found in inside.get(name, ()):
            yield name_of(found), text_of(found)


def _inner_texts(inside: Inside, outer: str, name: str) -> Pairs:
    for parent in inside.get(outer, ()):
        for found in children(parent, name):
            yield f"{name_of(parent)}, {name_of(found)}", text_of(found)


def _attributes(inside: Inside, attribute: str, *names: str) -> Pairs:
    for name in names:
        for found in inside.get(name, ()):
            value = found.get(attribute)
            if value is not None:
                yield f"{name_of(found)} {attribute}", value


def _html(inside: Inside, *names: str) -> Iterator[tuple[str, Markup]]:
    for name in names:
        for found in inside.get(name, ()):
            kind = found.get("type")
            if kind == "xhtml":
                inner = (etree.tostring(child, encoding="unicode") for child in found)
                yield name_of(found), scan("".join(inner))
            elif kind in {None, "html", "text/html"}:
                yield name_of(found), scan(whole_text(found))


def name_of(element: etree._Element) -> str:
    """Return how an element's name is written: `content:encoded`."""
    prefix, local = element.prefix, local_name(element)
    return f"{prefix}:{local}" if prefix else local


Reader = Callable[[str], tuple[dt.datetime | None, str | None]]


def _stamps(inside: Inside, reader: Reader, *names: str) -> Iterator[Stamp]:
    for name in names:
        for found in inside.get(name, ()):
            yield _stamp(name.rpartition("}")[2], text_of(found), reader)


def _stamp(name: str, text: str, reader: Reader) -> Stamp:
    at, flaw = reader(text)
    return Stamp(name, text, at, flaw)


def rfc822(text: str) -> tuple[dt.datetime | None, str | None]:
    """Read a date of RSS; return the instant, if it is one, and what is wrong with it."""
    match = _RFC822.fullmatch(text)
    at = _instant(text) if match else None
    if match is None or at is None:
        return None, "is not a date like “Fri, 15 Nov 2024 13:00:00 +0000”"
    if match[1] and match[1] != _DAYS[at.weekday()]:
        return at, f"falls on another day of the week than {match[1]}"
    if match[8][0] not in "+-":
        return at, f"names its time zone ({match[8]}) instead of giving the offset"
    return at, None


@lru_cache(maxsize=4096)  # slow to read; most entries come back, and what matches is short
def _instant(text: str) -> dt.datetime | None:
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)


def rfc3339(text: str) -> tuple[dt.datetime | None, str | None]:
    """Read a date of Atom or JSON Feed; see `rfc822`."""
    try:
        at = dt.datetime.fromisoformat(text) if _RFC3339.fullmatch(text) else None
    except ValueError:
        at = None
    return at, None if at else "is not a date like “2024-11-15T13:00:00Z”"


def label_entries(parts: Iterable[Part], atom_ids: tuple[str | None, ...]) -> tuple[Part, ...]:
    """Give each entry the name and the Atom id under which findings report it.

    Args:
        parts: Entries in order; their `label` is the title, as the functions above leave it.
        atom_ids: Ids known from elsewhere, by position; may be shorter.
    """
    return tuple(
        dataclasses.replace(
            part,
            label=f"entry {i + 1} ({shorten(part.label, 40)})" if part.label else f"entry {i + 1}",
            atom_id=atom_ids[i] if i < len(atom_ids) else part.id,
        )
        for i, part in enumerate(parts)
    )
