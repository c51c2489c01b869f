"""How far a feed's archive reaches, and what is missing from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa

from feedsvc.store import tables as t
from feedsvc.store.archives import HAS_DOCUMENTS, REACHED, listed
from feedsvc.store.database import Transaction

_page = t.archive.c
_entry = t.feed_entry.c
_OF_FEED = _page.feed_id == sa.bindparam("feed_id")
# A page that its last build does not bring to its end; `Page.is_short` says the same of a row.
_ENDS_EARLY = sa.or_(_page.shown_until_at.is_(None), _page.shown_until_at < _page.until_at)

_REACH = sa.select(
    sa.select(_page.name)
    .where(_OF_FEED, HAS_DOCUMENTS)
    .order_by(_page.until_at.desc())
    .limit(1)
    .scalar_subquery()
    .label("newest"),
    sa.select(sa.func.max(_page.shown_until_at)).where(_OF_FEED).scalar_subquery().label("until"),
    sa.select(_page.id).where(_OF_FEED, _page.lacks).exists().label("lacks"),
)


class Reach(NamedTuple):
    """How far a feed's archive reaches.

    Attributes:
        newest: The name of the newest page that can be read.
        until: The instant up to which pages show what is listed; None without pages.
        lacks: True while a page does not show yet what has come to its span.
    """

    newest: str | None
    until: dt.datetime | None
    lacks: bool


def reach(tx: Transaction, feed_id: int) -> Reach:
    """Return how far a feed's archive reaches."""
    row = tx.execute(_REACH, {"feed_id": feed_id}).one()
    return Reach(row.newest, row.until, bool(row.lacks))


def count_uncovered(
    tx: Transaction, feed_id: int, until: dt.datetime, *, admitted_seq: int | None
) -> int:
    """Count what a feed lists up to an instant, that too, and no page reaches.

    Pages reach as far as their last build; what came to their span since, `lacks` tells of.
    """
    ends = sa.func.coalesce(_page.shown_until_at, _page.from_at)
    short = sa.select(ends, _page.until_at).where(_page.feed_id == feed_id, _ENDS_EARLY)
    gaps: list[tuple[Any, Any]] = [(row[0], row[1]) for row in tx.execute(short)]
    gaps.append((tx.execute(REACHED, {"feed_id": feed_id}).scalar(), None))
    found = 0
    for start, end in gaps:
        query = sa.select(sa.func.count()).where(
            *listed(feed_id, admitted_seq), _entry.published_at <= until
        )
        query = query if start is None else query.where(_entry.published_at >= start)
        query = query if end is None else query.where(_entry.published_at < end)
        found += int(tx.execute(query).scalar_one())
    return found


def wanting(tx: Transaction, feed_id: int, instants: Iterable[dt.datetime]) -> list[int]:
    """Return the pages, the oldest first, without which a feed's archive has a gap.

    Those that show less than they should, and those that should show what was published then.
    """
    at = (sa.and_(_page.from_at <= one, _page.until_at > one) for one in instants)
    short = sa.or_(_ENDS_EARLY, _page.lacks, *at)
    query = sa.select(_page.id).where(_page.feed_id == feed_id, _page.due_at.is_not(None), short)
    return list(tx.execute(query.order_by(_page.from_at)).scalars())
