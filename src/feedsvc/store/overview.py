"""How it goes: everything that `status`, `/readyz` and `/metrics` tell, read in one moment.

Nothing here changes anything, and nothing names more of an article than its editors may see.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from feedsvc.model import Problem, Status
from feedsvc.store import builds, documents, feeds, jobs, records, serving
from feedsvc.store import tables as t
from feedsvc.store.database import Database, Transaction
from feedsvc.store.jobs import ClockState, Job
from feedsvc.store.sources import Health, health

# What has been due for longer is late.
LATE_AFTER = dt.timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Pulse:
    """Whether the clock goes, and what waits for it.

    Attributes:
        at: The instant that all of it is said of.
        clock: None when there never was one.
        due: How many feeds are due, without those that are being built.
        due_since: Since when the one that waits the longest is, built or not; None when none is.
    """

    at: dt.datetime
    clock: ClockState | None
    due: int
    building: int
    due_since: dt.datetime | None

    @property
    def silent_for(self) -> dt.timedelta | None:
        """How long the clock was not heard of; None when it never was."""
        return self.clock.silent_for(self.at) if self.clock else None

    @property
    def is_silent(self) -> bool:
        """True when nobody is the clock."""
        return self.clock is None or self.clock.is_silent(self.at)

    @property
    def late_by(self) -> dt.timedelta:
        """How long the feed that is due the longest has been."""
        return self.at - self.due_since if self.due_since else dt.timedelta()

    @property
    def is_late(self) -> bool:
        """True when a feed waits for longer than readers should."""
        return self.late_by > LATE_AFTER


@dataclass(frozen=True, slots=True)
class Overview:
    """How a newsroom is doing.

    Attributes:
        next_build_at: When the next feed is to be built, which may be past; None for none.
        read_backs: How many feeds wait to be read back whole; `read_back_since` since when.
        finishes: How many wait for their variants and deltas; `finish_since` since when.
        pages: How many archive pages are to be built; `pages_since` since when.
        next_media_at: When the next picture is to be fetched, which may be past; None for none.
        media_problems: How many pictures and files could not be had.
        unavailable: Paths of the feeds that are not served.
        articles: How many there are in each status.
        quarantined: How many of them are held out of feeds.
        problems: Those that are open, oldest first.
        next_release_at: When the next scheduled article is due, which may be past.
        sources: Feeds of others that are polled.
        store_bytes: The size of the database.
    """

    pulse: Pulse
    jobs: dict[str, Job]
    feeds: int
    next_build_at: dt.datetime | None
    read_backs: int
    read_back_since: dt.datetime | None
    finishes: int
    finish_since: dt.datetime | None
    pages: int
    pages_since: dt.datetime | None
    next_media_at: dt.datetime | None
    media_problems: int
    unavailable: tuple[str, ...]
    articles: dict[Status, int]
    quarantined: int
    problems: tuple[Problem, ...]
    rejections: int
    documents: int
    document_bytes: int
    next_release_at: dt.datetime | None
    sources: Health
    store_bytes: int

    @property
    def failed(self) -> tuple[str, ...]:
        """Paths of the feeds that could not be built as they are, served or not."""
        broken = {p.feed_path for p in self.problems if p.article_id is None and p.feed_path}
        return tuple(sorted(broken))


@contextmanager
def reading(database: Database) -> Iterator[Transaction]:
    """Begin a reading transaction on a store that is as it should be.

    Raises:
        SchemaError: Its tables are not those of this version.
        StoreError: It does not answer, or not as a store does.
    """
    with serving.reading(database) as tx:
        database.check_schema()
        yield tx


def pulse(tx: Transaction, now: dt.datetime, longest_lease: dt.timedelta) -> Pulse:
    """Return whether the clock goes, and what waits for it."""
    feed = t.feed.c
    is_due, is_taken = builds.is_due(now), builds.is_taken(now, longest_lease)
    row = tx.execute(
        sa.select(
            sa.func.count(sa.case((sa.and_(is_due, sa.not_(is_taken)), 1))).label("due"),
            sa.func.count(sa.case((is_taken, 1))).label("building"),
            # A due time that lies too far ahead is none: that feed is due as of now.
            sa.func.min(sa.case((feed.build_due_at <= now, feed.build_due_at))).label("since"),
        )
    ).one()
    since = row.since or (now if row.due else None)
    return Pulse(now, jobs.clock(tx), row.due, row.building, since)


def overview(tx: Transaction, now: dt.datetime, longest_lease: dt.timedelta) -> Overview:
    """Return how a newsroom is doing."""
    feed, article = t.feed.c, t.article.c
    of_feeds = tx.execute(
        sa.select(
            sa.func.count().label("total"),
            sa.func.min(feed.build_due_at).label("build_at"),
            sa.func.count(feed.read_back_due_at).label("read_backs"),
            sa.func.min(feed.read_back_due_at).label("read_back_since"),
            sa.func.count(feed.finish_due_at).label("finishes"),
            sa.func.min(feed.finish_due_at).label("finish_since"),
        )
    ).one()
    page = t.archive.c.due_at
    of_pages = tx.execute(
        sa.select(sa.func.count(page).label("pages"), sa.func.min(page).label("since"))
    ).one()
    counted = sa.select(article.status, sa.func.count()).group_by(article.status)
    found = {Status(name): number for name, number in tx.execute(counted)}
    count, size = documents.totals(tx)
    return Overview(
        pulse=pulse(tx, now, longest_lease),
        jobs=jobs.all_jobs(tx),
        feeds=of_feeds.total,
        next_build_at=of_feeds.build_at,
        read_backs=of_feeds.read_backs,
        read_back_since=of_feeds.read_back_since,
        finishes=of_feeds.finishes,
        finish_since=of_feeds.finish_since,
        pages=of_pages.pages,
        pages_since=of_pages.since,
        next_media_at=tx.execute(sa.select(sa.func.min(t.resource.c.due_at))).scalar(),
        media_problems=_count(tx, t.resource.c.problem.is_not(None)),
        unavailable=tuple(one.path for one in feeds.all_feeds(tx) if one.unavailable),
        articles={status: found.get(status, 0) for status in Status},
        quarantined=_count(tx, article.quarantined_at.is_not(None)),
        problems=tuple(records.open_problems(tx)),
        rejections=_count(tx, t.rejection.c.resolved_at.is_(None)),
        documents=count,
        document_bytes=size,
        next_release_at=_next_release(tx),
        sources=health(tx),
        store_bytes=_store_bytes(tx),
    )


def _count(tx: Transaction, condition: sa.ColumnElement[bool]) -> int:
    return tx.execute(sa.select(sa.func.count()).where(condition)).scalar_one()


def _next_release(tx: Transaction) -> dt.datetime | None:
    scheduled = t.article.c.status == Status.SCHEDULED
    return tx.execute(sa.select(sa.func.min(t.article.c.release_at)).where(scheduled)).scalar()


def _store_bytes(tx: Transaction) -> int:
    """Return the size of the database; of SQLite's, with what is not yet in its main file."""
    if tx.dialect.name != "sqlite":
        size = sa.func.pg_database_size(sa.func.current_database())
        return int(tx.execute(sa.select(size)).scalar_one())
    files = (Path(f"{tx.engine.url.database}{ending}") for ending in ("", "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def waiting(tx: Transaction, feed_id: int) -> int:
    """Return how many articles a feed's timetable has not let in yet."""
    entry, feed = t.feed_entry.c, t.feed.c
    query = (
        sa.select(sa.func.count())
        .select_from(t.feed_entry.join(t.feed, feed.id == entry.feed_id))
        .where(feed.id == feed_id, entry.added_seq > feed.admitted_seq)
    )
    return tx.execute(query).scalar_one()
