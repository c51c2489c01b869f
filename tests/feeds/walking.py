"""Walk back through a feed as a reader does (RFC 5005 §4), by what its documents say."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

from feedsvc.model import Format
from feedsvc.store import archive_documents, documents, serving
from tests.newsroom import Newsroom

ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"

Fetch = Callable[[str], bytes]


@dataclass(frozen=True)
class Step:
    """A document that a walker came by.

    Attributes:
        entries: (id, title) of each, newest first.
        older: Where it leads to.
        marks: `complete`, `archive`, as far as the format can say it.
    """

    url: str
    entries: list[tuple[str, str]]
    older: str | None
    newer: str | None
    current: str | None
    self_url: str
    marks: set[str]


def walk(fetch: Fetch, url: str) -> Iterator[Step]:
    """Read documents from the newest on, until none leads further."""
    seen: set[str] = set()
    following: str | None = url
    while following is not None:
        assert following not in seen, f"round in circles at {following}"
        seen.add(following)
        step = look(following, fetch(following))
        yield step
        following = step.older


def look(url: str, body: bytes) -> Step:
    """Read what a document says of itself and of others."""
    if url.endswith(".json"):
        feed = json.loads(body)
        items = [(item["id"], item["title"]) for item in feed["items"]]
        return Step(url, items, feed.get("next_url"), None, None, feed["feed_url"], set())
    root = etree.fromstring(body)
    rss = url.endswith(".rss")
    head = root[0] if rss else root
    names = ("item", "guid", "title") if rss else (f"{ATOM}entry", f"{ATOM}id", f"{ATOM}title")
    entries = [
        (node.findtext(names[1]) or "", node.findtext(names[2]) or "")
        for node in head.iter(names[0])
    ]
    links: dict[str, str] = {}
    for link in head.findall(f"{ATOM}link"):
        relation = link.get("rel", "alternate")
        assert relation not in links, f"{relation} stands twice in {url}"
        links[relation] = link.get("href", "")
    marks = {mark for mark in ("complete", "archive") if head.find(HISTORY + mark) is not None}
    beside = (links.get("prev-archive"), links.get("next-archive"), links.get("current"))
    return Step(url, entries, *beside, links["self"], marks)


def from_store(room: Newsroom) -> Fetch:
    """Return a function that reads what is served at an address, straight from the store."""
    base = room.services.settings.base_url + "/feeds/"

    def fetch(url: str) -> bytes:
        path, _, ending = url.removeprefix(base).rpartition(".")
        fmt = Format(ending)
        with room.services.database.read() as tx:
            routes = serving.routes(tx)
            feed_id = routes.get(path)
            if feed_id is not None:
                document = documents.get(tx, feed_id, fmt)
                assert document is not None, url
                return document.body
            path, _, name = path.rpartition("/")
            found = archive_documents.served(tx, routes[path] or 0, name, fmt)
            assert found is not None, url
            return gzip.decompress(found.packed)

    return fetch


def all_titles(steps: list[Step]) -> list[str]:
    """Return the titles of everything met, each once, in the order of the walk."""
    return list(dict.fromkeys(title for step in steps for _, title in step.entries))
