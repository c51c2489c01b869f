"""Feeds: their definitions, what they list, and which of them are due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from feedsvc.errors import NotFoundError
from feedsvc.model import Article, Feed, FeedKey, Format, Tombstone
from feedsvc.store import archives, serving
from feedsvc.store import tables as t
from feedsvc.store.database import Transaction

# Where a feed is served, below `/feeds/`; `_feed` says the same of a row.
PATH = sa.case((t.feed.c.term_id == 0, "all"), else_=t.feed.c.kind + "/" + t.term.c.slug).label(
    "path"
)
_OF_TERMS = sa.select(t.feed.c.id, t.feed.c.kind, t.feed.c.term_id).where(
    t.feed.c.term_id.in_(sa.bindparam("term_ids", expanding=True))
)
# The event that brings an article is the one that is being written: the feed's next.
_LIST = sa.insert(t.feed_entry).values(
    feed_id=sa.bindparam("of_feed"),
    added_seq=sa.func.coalesce(
        sa.bindparam("since", type_=sa.BigInteger),
        sa.select(t.feed.c.event_seq + 1)
        .where(t.feed.c.id == sa.bindparam("of_feed"))
        .scalar_subquery(),
    ),
)
_QUERY = sa.select(t.feed, t.term.c.name, t.term.c.slug).outerjoin(
    t.term, t.term.c.id == t.feed.c.term_id
)
_OF = t.feed.c.id == sa.bindparam("feed_id")
_ONE = _QUERY.where(_OF)
_EVENT_SEQ = sa.select(t.feed.c.event_seq).where(_OF)

_NO_EVENT = 2**62  # no feed ever has so many
_entry = t.feed_entry.c
_LISTED = (
    _entry.feed_id == sa.bindparam("feed_id"),
    _entry.added_seq <= sa.bindparam("admitted"),
)
_NEWEST = (
    sa.select(_entry.article_id)
    .where(*_LISTED)
    .order_by(_entry.published_at.desc(), _entry.article_id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_NEWEST_AT = sa.select(sa.func.max(_entry.published_at)).where(*_LISTED)
_COUNT_SINCE = sa.select(sa.func.count()).where(
    *_LISTED, _entry.published_at >= sa.bindparam("since", type_=t.Instant)
)
_TOMBSTONES = (
    sa.select(
        # An id that no article has stands for itself.
        sa.func.coalesce(t.article.c.guid, t.tombstone.c.atom_id).label("guid"),
        t.tombstone.c.atom_id,
        t.tombstone.c.at,
    )
    .outerjoin(t.article, t.article.c.atom_id == t.tombstone.c.atom_id)
    .where(
        t.tombstone.c.feed_id == sa.bindparam("feed_id"),
        t.tombstone.c.at >= sa.bindparam("since", type_=t.Instant),
    )
    .order_by(t.tombstone.c.at.desc(), t.tombstone.c.atom_id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
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
        built_seq=row.built_seq,
        content_changed_at=row.content_changed_at,
        build_due_at=row.build_due_at,
        built_at=row.built_at,
        build_seconds=row.build_seconds,
        inputs=row.inputs,
        digest=row.digest,
        unavailable=row.unavailable,
        read_back_due_at=row.read_back_due_at,
        admitted_seq=row.admitted_seq,
        admitted_at=row.admitted_at,
        admit_due_at=row.admit_due_at,
    )


def get(tx: Transaction, feed_id: int) -> Feed:
    """Return one feed.

    Raises:
        NotFoundError: Its term was merged or removed.
    """
    row = tx.execute(_ONE, {"feed_id": feed_id}).first()
    if row is None:
        raise NotFoundError(f"there is no feed {feed_id} any more")
    return _feed(row)


def event_seq(tx: Transaction, feed_id: int) -> int | None:
    """Return the number of a feed's last event; None when the feed is gone."""
    found: int | None = tx.execute(_EVENT_SEQ, {"feed_id": feed_id}).scalar()
    return found


# What people are told of: the site's feed, and every other that lists an article.
_IS_PUBLIC = sa.or_(
    t.feed.c.term_id == 0,
    sa.select(_entry.article_id).where(_entry.feed_id == t.feed.c.id).exists(),
)


_BY_NAME = (
    sa.case({"site": 0, "section": 1, "author": 2, "edition": 3}, value=t.feed.c.kind),
    t.term.c.name,
    t.feed.c.id,
)


def all_feeds(tx: Transaction) -> list[Feed]:
    """Return every feed: the site's first, then sections, authors, editions, each by name."""
    return [_feed(row) for row in tx.execute(_QUERY.order_by(*_BY_NAME))]


def public(tx: Transaction, kinds: Iterable[str] = ()) -> list[Feed]:
    """Return the feeds to tell people of, in the order of `all_feeds`.

    Those that list nothing are left out, as when all their stories are withdrawn.

    Args:
        kinds: Only feeds of these kinds; all when there are none.
    """
    query = _QUERY.where(_IS_PUBLIC).order_by(*_BY_NAME)
    wanted = list(kinds)
    if wanted:
        query = query.where(t.feed.c.kind.in_(wanted))
    return [_feed(row) for row in tx.execute(query)]


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
                "attempts": 0,
                "unavailable": False,
                "admitted_seq": 0,
                "served_version": 0,
            }
            found[key] = tx.execute(sa.insert(t.feed).returning(t.feed.c.id), row).scalar_one()
            serving.note_routes(tx)
            serving.note_served(tx, [found[key]])  # SQLite may have given a gone feed's id again
    return {key: found[key] for key in wanted}


def absorb(tx: Transaction, feed_id: int, *, into: int) -> None:
    """Take away a feed whose term was merged into another; its tombstones go to that one's."""
    stone = t.tombstone.c
    known = sa.select(stone.atom_id).where(stone.feed_id == into)
    moved = sa.update(t.tombstone).where(stone.feed_id == feed_id, stone.atom_id.not_in(known))
    tx.execute(moved.values(feed_id=into))
    remove(tx, feed_id)


def remove(tx: Transaction, feed_id: int) -> None:
    """Take away a feed with everything that is its: no byte of it can be served any more."""
    archives.drop(tx, feed_id)
    served = (t.document, t.fallback, t.variant, t.past, t.delta)
    for table in (*served, t.feed_entry, t.tombstone, t.problem):
        tx.execute(sa.delete(table).where(table.c.feed_id == feed_id))
    tx.execute(sa.delete(t.feed).where(t.feed.c.id == feed_id))
    serving.note_routes(tx)


def listed_in(tx: Transaction, article_id: int) -> set[int]:
    """Return the ids of the feeds that list an article."""
    query = sa.select(t.feed_entry.c.feed_id).where(t.feed_entry.c.article_id == article_id)
    return set(tx.execute(query).scalars())


def list_article(
    tx: Transaction, article: Article, feed_ids: Iterable[int], *, was_listed: bool = True
) -> None:
    """Make these feeds, and no others, list an article; whoever calls this marks them due.

    A feed that lists it already goes on doing so from the same event.

    Args:
        was_listed: False for a new article, which spares looking.
    """
    since: dict[int, int] = {}
    if was_listed:
        mine = t.feed_entry.c.article_id == article.id
        listing = sa.select(t.feed_entry.c.feed_id, t.feed_entry.c.added_seq).where(mine)
        since = {row.feed_id: row.added_seq for row in tx.execute(listing)}
        tx.execute(sa.delete(t.feed_entry).where(mine))
    rows = [
        {
            "of_feed": i,
            "article_id": article.id,
            "published_at": article.published_at,
            "since": since.get(i),
        }
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


def newest(
    tx: Transaction, feed_id: int, limit: int, *, admitted_seq: int | None = None
) -> list[int]:
    """Return the ids of the newest articles that a feed lists, newest first.

    Args:
        admitted_seq: Leave out what came with a later event.
    """
    limits = {"feed_id": feed_id, "admitted": _or_all(admitted_seq), "limit": limit}
    return list(tx.execute(_NEWEST, limits).scalars())


def count_since(
    tx: Transaction, feed_id: int, hours: int, *, admitted_seq: int | None = None
) -> int:
    """Return how many articles a feed lists within `hours` before its newest one."""
    listed = {"feed_id": feed_id, "admitted": _or_all(admitted_seq)}
    newest_at = tx.execute(_NEWEST_AT, listed).scalar()
    if newest_at is None:
        return 0
    since = newest_at - dt.timedelta(hours=hours)
    return int(tx.execute(_COUNT_SINCE, {**listed, "since": since}).scalar_one())


def listed_at(tx: Transaction, feed_id: int, atom_ids: Iterable[str]) -> dict[str, dt.datetime]:
    """Return when those of some articles were published that a feed lists, by their Atom ids."""
    query = (
        sa.select(t.article.c.atom_id, _entry.published_at)
        .join(t.feed_entry, _entry.article_id == t.article.c.id)
        .where(_entry.feed_id == feed_id, t.article.c.atom_id.in_(list(atom_ids)))
    )
    return {row.atom_id: row.published_at for row in tx.execute(query)}


def admitted_between(tx: Transaction, feed_id: int, after: int, until: int) -> list[dt.datetime]:
    """Return when the articles were published that a feed's events brought after one of them.

    Args:
        after: The number of the last event that does not count.
        until: The number of the last one that does.
    """
    query = sa.select(_entry.published_at).where(
        _entry.feed_id == feed_id, _entry.added_seq > after, _entry.added_seq <= until
    )
    return list(tx.execute(query).scalars())


def _or_all(admitted_seq: int | None) -> int:
    return _NO_EVENT if admitted_seq is None else admitted_seq


def add_tombstones(tx: Transaction, feed_ids: Iterable[int], atom_id: str, at: dt.datetime) -> None:
    """Let feeds announce that an article was withdrawn."""
    rows = [{"feed_id": i, "atom_id": atom_id, "at": at} for i in sorted(feed_ids)]
    if rows:
        tx.execute(sa.insert(t.tombstone), rows)


def tombstones(
    tx: Transaction, feed_id: int, *, since: dt.datetime, limit: int
) -> tuple[Tombstone, ...]:
    """Return a feed's tombstones from `since` on, newest first."""
    limits = {"feed_id": feed_id, "since": since, "limit": limit}
    rows = tx.execute(_TOMBSTONES, limits)
    return tuple(Tombstone(row.guid, row.atom_id, row.at) for row in rows)
