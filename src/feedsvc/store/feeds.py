"""Feeds: their definitions, what they list, and which of them are due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from feedsvc.model import Article, Feed, FeedKey, Format, Tombstone
from feedsvc.store import tables as t
from feedsvc.store.database import Transaction

_OF_TERMS = sa.select(t.feed.c.id, t.feed.c.kind, t.feed.c.term_id).where(
    t.feed.c.term_id.in_(sa.bindparam("term_ids", expanding=True))
)
_LIST = sa.insert(t.feed_entry)
_QUERY = sa.select(t.feed, t.term.c.name, t.term.c.slug).outerjoin(
    t.term, t.term.c.id == t.feed.c.term_id
)


def _feed(row: Any) -> Feed:
    return Feed(
        id=row.id,
        key=FeedKey(row.kind, row.term_id),
        path=f"{row.kind}/{row.slug}" if row.term_id else "all",
        name=row.name or "",
        ids={Format.RSS: row.rss_id, Format.ATOM: row.atom_id, Format.JSON: row.json_id},
        event_at=row.event_at,
        event_seq=row.event_seq,
        content_changed_at=row.content_changed_at,
        build_due_at=row.build_due_at,
        built_at=row.built_at,
        digest=row.digest,
        unavailable=row.unavailable,
    )


def get(tx: Transaction, feed_id: int) -> Feed:
    """Return one feed."""
    return _feed(tx.execute(_QUERY.where(t.feed.c.id == feed_id)).one())


def all_feeds(tx: Transaction) -> list[Feed]:
    """Return every feed: the site's first, then sections, authors, editions, each by name."""
    order = sa.case({"site": 0, "section": 1, "author": 2, "edition": 3}, value=t.feed.c.kind)
    return [_feed(row) for row in tx.execute(_QUERY.order_by(order, t.term.c.name, t.feed.c.id))]


def by_key(tx: Transaction, key: FeedKey) -> Feed | None:
    """Return the feed of the site or a term."""
    row = tx.execute(
        _QUERY.where(t.feed.c.kind == key.kind, t.feed.c.term_id == key.term_id)
    ).first()
    return _feed(row) if row else None


def ensure(
    tx: Transaction, keys: Iterable[FeedKey], *, now: dt.datetime, new_urn: Callable[[], str]
) -> dict[FeedKey, int]:
    """Return the row ids of these feeds, making those that are missing."""
    wanted = sorted(set(keys))
    rows = tx.execute(_OF_TERMS, {"term_ids": [key.term_id for key in wanted]})
    found = {FeedKey(row.kind, row.term_id): row.id for row in rows}
    for key in wanted:
        if key not in found:
            row = {
                "kind": key.kind,
                "term_id": key.term_id,
                "rss_id": new_urn(),
                "atom_id": new_urn(),
                "json_id": new_urn(),
                "event_at": now,
                "event_seq": 0,
                "built_seq": 0,
                "build_due_at": now,
                "unavailable": False,
            }
            found[key] = tx.execute(sa.insert(t.feed).returning(t.feed.c.id), row).scalar_one()
    return {key: found[key] for key in wanted}


def absorb(tx: Transaction, feed_id: int, *, into: int) -> None:
    """Take away a feed whose term was merged into another; its tombstones go to that one's."""
    stone = t.tombstone.c
    known = sa.select(stone.atom_id).where(stone.feed_id == into)
    moved = sa.update(t.tombstone).where(stone.feed_id == feed_id, stone.atom_id.not_in(known))
    tx.execute(moved.values(feed_id=into))
    for table in (t.feed_entry, t.tombstone, t.document, t.problem):
        tx.execute(sa.delete(table).where(table.c.feed_id == feed_id))
    tx.execute(sa.delete(t.feed).where(t.feed.c.id == feed_id))


def mark_due(
    tx: Transaction, feed_ids: Iterable[int], *, event_at: dt.datetime, due_at: dt.datetime
) -> None:
    """Note an event that may change these feeds, and when they are to be built for it."""
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


def due(tx: Transaction, now: dt.datetime) -> list[int]:
    """Return the ids of feeds to build, longest due first, without those being built."""
    feed = t.feed.c
    query = (
        sa.select(feed.id)
        .where(
            feed.build_due_at <= now, sa.or_(feed.lease_until.is_(None), feed.lease_until <= now)
        )
        .order_by(feed.build_due_at, feed.id)
    )
    return list(tx.execute(query).scalars())


def claim(
    tx: Transaction, feed_id: int, *, now: dt.datetime, until: dt.datetime, token: str
) -> bool:
    """Take a feed to build it; False when another builder was faster.

    A builder that dies leaves its feed to the next one after `until`.
    """
    feed = t.feed.c
    taken = tx.execute(
        sa.update(t.feed)
        .where(feed.id == feed_id, sa.or_(feed.lease_until.is_(None), feed.lease_until <= now))
        .values(lease_until=until, lease_token=token)
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
    due = sa.case((feed.event_seq == seen_seq, again), else_=feed.build_due_at)
    done = tx.execute(
        sa.update(t.feed)
        .where(feed.id == feed_id, feed.lease_token == token)
        .values(
            **{**values, "build_due_at": due},
            lease_until=None,
            lease_token=None,
            built_seq=seen_seq,
        )
    )
    return bool(done.rowcount)


def postpone(tx: Transaction, feed_id: int, token: str, due_at: dt.datetime) -> None:
    """Push a failed feed's due time on, so that it never blocks the others."""
    tx.execute(
        sa.update(t.feed)
        .where(t.feed.c.id == feed_id, t.feed.c.lease_token == token)
        .values(lease_until=None, lease_token=None, build_due_at=due_at)
    )


def listed_in(tx: Transaction, article_id: int) -> set[int]:
    """Return the ids of the feeds that list an article."""
    query = sa.select(t.feed_entry.c.feed_id).where(t.feed_entry.c.article_id == article_id)
    return set(tx.execute(query).scalars())


def list_article(
    tx: Transaction, article: Article, feed_ids: Iterable[int], *, was_listed: bool = True
) -> None:
    """Make these feeds, and no others, list an article.

    Args:
        was_listed: False for a new article, which spares looking.
    """
    if was_listed:
        tx.execute(sa.delete(t.feed_entry).where(t.feed_entry.c.article_id == article.id))
    rows = [
        {"feed_id": i, "article_id": article.id, "published_at": article.published_at}
        for i in sorted(feed_ids)
    ]
    if rows:
        tx.execute(_LIST, rows)


def feeds_showing_term(tx: Transaction, term_id: int) -> set[int]:
    """Return the ids of the feeds that list any article which names a term."""
    query = (
        sa.select(t.feed_entry.c.feed_id)
        .join(t.article_term, t.article_term.c.article_id == t.feed_entry.c.article_id)
        .where(t.article_term.c.term_id == term_id)
        .distinct()
    )
    return set(tx.execute(query).scalars())


def newest(tx: Transaction, feed_id: int, limit: int) -> list[int]:
    """Return the ids of the newest articles that a feed lists, newest first."""
    entry = t.feed_entry.c
    query = (
        sa.select(entry.article_id)
        .where(entry.feed_id == feed_id)
        .order_by(entry.published_at.desc(), entry.article_id.desc())
        .limit(limit)
    )
    return list(tx.execute(query).scalars())


def count_since(tx: Transaction, feed_id: int, hours: int) -> int:
    """Return how many articles a feed lists within `hours` before its newest one."""
    entry = t.feed_entry.c
    newest_at = tx.execute(
        sa.select(sa.func.max(entry.published_at)).where(entry.feed_id == feed_id)
    ).scalar()
    if newest_at is None:
        return 0
    since = newest_at - dt.timedelta(hours=hours)
    return tx.execute(
        sa.select(sa.func.count()).where(entry.feed_id == feed_id, entry.published_at >= since)
    ).scalar_one()


def add_tombstones(tx: Transaction, feed_ids: Iterable[int], atom_id: str, at: dt.datetime) -> None:
    """Let feeds announce that an article was withdrawn."""
    rows = [{"feed_id": i, "atom_id": atom_id, "at": at} for i in sorted(feed_ids)]
    if rows:
        tx.execute(sa.insert(t.tombstone), rows)


def tombstones(
    tx: Transaction, feed_id: int, *, since: dt.datetime, limit: int
) -> tuple[Tombstone, ...]:
    """Return a feed's tombstones from `since` on, newest first."""
    stone = t.tombstone.c
    query = (
        sa.select(stone.atom_id, stone.at)
        .where(stone.feed_id == feed_id, stone.at >= since)
        .order_by(stone.at.desc(), stone.atom_id)
        .limit(limit)
    )
    return tuple(Tombstone(row.atom_id, row.at) for row in tx.execute(query))
