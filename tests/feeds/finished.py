"""What tests of finished feeds share: what stands beside a feed's documents, and what it says."""

from __future__ import annotations

import gzip
import io
import json

import feedparser
import sqlalchemy as sa

from feedsvc.model import Document, Format, Variant
from feedsvc.store import serving, variants
from feedsvc.store import tables as t
from tests.newsroom import Newsroom

Deltas = dict[Format, dict[str, bytes]]
NONE: Deltas = {fmt: {} for fmt in Format}


def packed(room: Newsroom, path: str = "all") -> dict[Format, dict[str, Variant]]:
    """Return a feed's compressed variants by format and mark."""
    feed_id = feed_of(room, path)
    with room.services.database.read() as tx:
        return {
            fmt: {one.mark: one for one in variants.of_document(tx, feed_id, fmt)} for fmt in Format
        }


def feed_of(room: Newsroom, path: str = "all") -> int:
    with room.services.database.read() as tx:
        found = serving.routes(tx)[path]
    assert found is not None
    return found


def deltas(room: Newsroom, path: str = "all") -> Deltas:
    """Return what is new since earlier documents of a feed, unpacked."""
    feed_id = feed_of(room, path)
    with room.services.database.read() as tx:
        found = {fmt: variants.deltas(tx, feed_id, fmt) for fmt in Format}
    return {
        fmt: {base: gzip.decompress(body) for base, body in by_base.items()}
        for fmt, by_base in found.items()
    }


def waiting(room: Newsroom) -> int:
    """Return how many feeds wait to be finished."""
    with room.services.database.read() as tx:
        due = sa.select(sa.func.count(t.feed.c.finish_due_at))
        return tx.execute(due).scalar_one()


def titles(fmt: Format, body: bytes) -> list[str]:
    """Return the titles in a document, as a reader sees them."""
    if fmt is Format.JSON:
        return [item["title"] for item in json.loads(body)["items"]]
    parsed = feedparser.parse(io.BytesIO(body))
    assert not parsed.bozo
    return [entry.title for entry in parsed.entries]


def publish(room: Newsroom, title: str = "One more") -> dict[Format, Document]:
    """Publish a story, build and finish; return what was served before."""
    before = room.documents()
    room.clock.advance(minutes=1)
    room.submit(title=title, date=None)
    follow_up(room)
    return before


def follow_up(room: Newsroom) -> None:
    room.build()
    room.read_back()
    room.finish()
