"""Which feeds are due, and who builds them.

A lease or a due time that lies further ahead than any could be set is from before the clock was
set back, and counts for nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from feedsvc.store import serving
from feedsvc.store import tables as t
from feedsvc.store.database import Transaction

# The longest that a due time is ever put off: see `release` and `void_leases`.
POSTPONED = dt.timedelta(minutes=5)
# Who waits for the writer comes with an earlier instant than the writer before it had, and two
# machines' clocks differ: neither is a clock that was set back.
_SLACK = dt.timedelta(minutes=1)
# A feed whose builds ended this often without a word is tried again only after POSTPONED.
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Due:
    """A feed to build, and the event that it is to be built for."""

    feed_id: int
    event_seq: int


def mark_due(
    tx: Transaction, feed_ids: Iterable[int], *, event_at: dt.datetime, due_at: dt.datetime
) -> None:
    """Note an event that may change these feeds, and when they are to be built for it."""
    _mark(tx, feed_ids, event_at, sa.literal(due_at, t.Instant))


def mark_due_in_bulk(
    tx: Transaction,
    feed_ids: Iterable[int],
    *,
    event_at: dt.datetime,
    now: dt.datetime,
    debounce: dt.timedelta,
) -> None:
    """Note one event of many; a feed that was just built is built again after `debounce`."""
    built_lately = t.feed.c.built_at.between(now - debounce, now)
    later = sa.literal(now + debounce, t.Instant)
    _mark(tx, feed_ids, event_at, sa.case((built_lately, later), else_=sa.literal(now, t.Instant)))


def _mark(
    tx: Transaction,
    feed_ids: Iterable[int],
    event_at: dt.datetime,
    due_at: sa.ColumnElement[dt.datetime],
) -> None:
    ids = sorted(set(feed_ids))
    if not ids:
        return
    feed = t.feed.c
    tx.execute(
        sa.update(t.feed)
        .where(feed.id.in_(ids))
        .values(
            event_at=sa.case((feed.event_at > event_at, feed.event_at), else_=event_at),
            event_seq=feed.event_seq + 1,
            build_due_at=sa.case((feed.build_due_at < due_at, feed.build_due_at), else_=due_at),
        )
    )


def due(tx: Transaction, now: dt.datetime, longest_lease: dt.timedelta) -> list[Due]:
    """Return the feeds to build, without those being built.

    Those that failed least come first, then those of the latest event: a change of one article
    does not wait for a thousand feeds that are built because of new settings.
    """
    feed = t.feed.c
    query = (
        sa.select(feed.id, feed.event_seq)
        .where(is_due(now), sa.not_(is_taken(now, longest_lease)))
        .order_by(feed.attempts, feed.event_at.desc(), feed.id)
    )
    return [Due(row.id, row.event_seq) for row in tx.execute(query)]


def has_come(due_at: sa.ColumnElement[Any], now: dt.datetime) -> sa.ColumnElement[bool]:
    """True for a due time that is past, or further ahead than any is put off."""
    return sa.or_(due_at <= now, due_at > now + POSTPONED + _SLACK)


def is_due(now: dt.datetime) -> sa.ColumnElement[bool]:
    """The condition for a feed that is to be built."""
    due_at = t.feed.c.build_due_at
    return has_come(due_at, now)


def is_taken(now: dt.datetime, longest_lease: dt.timedelta) -> sa.ColumnElement[bool]:
    """The condition for a feed that somebody is building; never NULL."""
    until = t.feed.c.lease_until
    return sa.and_(until.is_not(None), until > now, until <= now + longest_lease + _SLACK)


def claim(
    tx: Transaction, feed_id: int, *, now: dt.datetime, lease: dt.timedelta, token: str
) -> bool:
    """Take a feed to build it; False when another builder was faster.

    A builder that dies leaves its feed to the next one when the lease ends.
    """
    taken = tx.execute(
        sa.update(t.feed)
        .where(t.feed.c.id == feed_id, sa.not_(is_taken(now, lease)))
        .values(lease_until=now + lease, lease_token=token, attempts=t.feed.c.attempts + 1)
    )
    return bool(taken.rowcount)


def release(
    tx: Transaction, feed_id: int, token: str, *, seen_seq: int, values: Mapping[str, Any]
) -> bool:
    """Give a claimed feed back with what the build came to.

    Args:
        seen_seq: The last event that the build took in; a later one keeps the feed due.
        values: Further columns of the feed; a `build_due_at` among them is when to try again,
            unless a later event wants it sooner.

    Returns:
        False when the lease was lost meanwhile: then nothing is written.
    """
    feed = t.feed.c
    again = sa.literal(values.get("build_due_at"), t.Instant)
    due_at = sa.case((feed.event_seq == seen_seq, again), else_=feed.build_due_at)
    done = tx.execute(
        sa.update(t.feed)
        .where(feed.id == feed_id, feed.lease_token == token)
        .values(
            **{**values, "build_due_at": due_at},
            lease_until=None,
            lease_token=None,
            attempts=0,
            built_seq=seen_seq,
        )
    )
    if "unavailable" in values:
        serving.note_served(tx, [feed_id])
    return bool(done.rowcount)


def settle(tx: Transaction, due: Due, *, values: Mapping[str, Any]) -> bool:
    """Note that a feed needs no build for an event, unless somebody builds it or there was more."""
    feed = t.feed.c
    done = tx.execute(
        sa.update(t.feed)
        .where(
            feed.id == due.feed_id,
            feed.event_seq == due.event_seq,
            feed.lease_until.is_(None),
        )
        .values(**values, build_due_at=None, built_seq=due.event_seq, attempts=0)
    )
    return bool(done.rowcount)


def void_leases(tx: Transaction, builder: str, now: dt.datetime) -> list[int]:
    """Take back the feeds of builders that are gone; return those that they left again and again.

    Args:
        builder: How the tokens of those builders begin.
    """
    feed = t.feed.c
    theirs = feed.lease_token.startswith(builder, autoescape=True)
    poisoned = list(
        tx.execute(sa.select(feed.id).where(theirs, feed.attempts >= _ATTEMPTS)).scalars()
    )
    tx.execute(
        sa.update(t.feed)
        .where(feed.id.in_(poisoned))
        .values(build_due_at=now + POSTPONED, attempts=0)
    )
    tx.execute(sa.update(t.feed).where(theirs).values(lease_until=None, lease_token=None))
    return poisoned


def read_backs_due(tx: Transaction) -> list[int]:
    """Return the feeds whose documents were swapped in and not read back whole yet."""
    query = sa.select(t.feed.c.id).where(t.feed.c.read_back_due_at.is_not(None))
    return list(tx.execute(query.order_by(t.feed.c.read_back_due_at, t.feed.c.id)).scalars())


def finish_due(tx: Transaction, now: dt.datetime) -> int | None:
    """Return the feed that has waited longest for its variants and deltas; None for none.

    What is not served gets none: it may show what was withdrawn.
    """
    feed = t.feed.c
    is_now = has_come(feed.finish_due_at, now)
    query = sa.select(feed.id).where(is_now, sa.not_(feed.unavailable))
    return tx.execute(query.order_by(feed.finish_due_at, feed.id).limit(1)).scalar()


def admissions_due(tx: Transaction, now: dt.datetime) -> list[int]:
    """Return the feeds whose timetables let in new articles now."""
    query = sa.select(t.feed.c.id).where(t.feed.c.admit_due_at <= now).order_by(t.feed.c.id)
    return list(tx.execute(query).scalars())


def update(tx: Transaction, feed_id: int, **values: Any) -> None:
    """Write columns of a feed that nobody else is building."""
    tx.execute(sa.update(t.feed).where(t.feed.c.id == feed_id).values(**values))
    if "unavailable" in values:
        serving.note_served(tx, [feed_id])
