"""Make a store look like one that a clock works on, for what watches it."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from feedsvc.store import builds, feeds, jobs
from feedsvc.store import tables as t
from tests.newsroom import Newsroom


def beat(room: Newsroom, at: dt.datetime | None = None) -> None:
    """Let a clock be heard of."""
    with room.services.database.write() as tx:
        jobs.beat(tx, "laptop 42", at or room.clock.at)


def did(
    room: Newsroom, name: str, note: str = "", *, seconds: float = 0.5, failed: bool = False
) -> None:
    """Let a job have been done now."""
    with room.services.database.write() as tx:
        jobs.begin(tx, name, room.clock.at)
        jobs.end(tx, name, seconds=seconds, note=note, failed=failed)


def set_feed(room: Newsroom, path: str, **columns: object) -> None:
    """Write columns of a feed behind everybody's back."""
    with room.services.database.write() as tx:
        found = next(feed for feed in feeds.all_feeds(tx) if feed.path == path)
        builds.update(tx, found.id, **columns)


def break_stories(room: Newsroom) -> None:
    """Give every article content that no feed may have."""
    with room.services.database.write() as tx:
        tx.execute(sa.update(t.article).values(content_html="<p>x</p><script>x</script>"))
