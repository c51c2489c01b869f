"""Feeds of others that are polled: when each is due, and who polls it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from feedsvc.model import Source
from feedsvc.store import tables as t
from feedsvc.store.database import Transaction

# As long as a poll may take: an answer, all that its feed holds, and waiting for the writer.
LEASE = dt.timedelta(minutes=5)
# No source is left alone for longer (`sources.max_minutes` and what is added to it).
_FARTHEST = dt.timedelta(days=8)
_CHUNK = 500


def add(tx: Transaction, sources: Iterable[Source]) -> list[Source]:
    """Store new sources, and return those that were not there, neither now nor before a move."""
    added: list[Source] = []
    for chunk in _chunks({source.url: source for source in sources}):
        known = set(tx.execute(_KNOWN, {"urls": list(chunk)}).scalars())
        new = [source for url, source in chunk.items() if url not in known]
        if new:
            tx.execute(sa.insert(t.source), [_row(source) for source in new])
        added += new
    return added


def _chunks(by_url: dict[str, Source]) -> Iterable[dict[str, Source]]:
    urls = list(by_url)
    for start in range(0, len(urls), _CHUNK):
        yield {url: by_url[url] for url in urls[start : start + _CHUNK]}


def _row(source: Source) -> dict[str, Any]:
    row = {name: getattr(source, name) for name in _FIELDS if name != "id"}
    return {**row, "host": host_of(source.url), "lease_until": None}


def host_of(url: str) -> str:
    """Return the host of an address: one request at a time goes to each."""
    return urlsplit(url).hostname or ""


def remove(tx: Transaction, source_id: int) -> None:
    """Forget a source; its articles stay."""
    tx.execute(sa.delete(t.source).where(t.source.c.id == source_id))


def all_sources(tx: Transaction) -> list[Source]:
    """Return all sources, in the order in which they were added."""
    return [_source(row) for row in tx.execute(sa.select(t.source).order_by(t.source.c.id))]


def get(tx: Transaction, source_id: int) -> Source | None:
    """Return a source; None when it was removed."""
    row = tx.execute(sa.select(t.source).where(t.source.c.id == source_id)).first()
    return _source(row) if row else None


def by_url(tx: Transaction, url: str) -> Source | None:
    """Return the source that is or was at an address."""
    c = t.source.c
    row = tx.execute(sa.select(t.source).where(sa.or_(c.url == url, c.first_url == url))).first()
    return _source(row) if row else None


def articles(tx: Transaction) -> dict[str, int]:
    """Return how many articles came from each source, by its name."""
    c = t.origin.c
    query = (
        sa.select(c.source, sa.func.count())
        .where(c.source >= "source:", c.source < "source;")
        .group_by(c.source)
    )
    return {row[0]: row[1] for row in tx.execute(query)}


@dataclass(frozen=True, slots=True)
class Health:
    """How sources are doing: how many there are, and how many could not be read the last time."""

    total: int
    troubled: int
    next_poll_at: dt.datetime | None


def health(tx: Transaction) -> Health:
    """Return how sources are doing."""
    c = t.source.c
    query = sa.select(sa.func.count(), sa.func.count(c.problem), sa.func.min(c.next_poll_at))
    total, troubled, at = tx.execute(query).one()
    return Health(total, troubled, at)


def any_due(tx: Transaction, now: dt.datetime) -> bool:
    """True when a source is to be polled."""
    return tx.execute(sa.select(t.source.c.id).where(_has_come(now)).limit(1)).first() is not None


def claim(
    tx: Transaction, now: dt.datetime, limit: int, *, ids: Iterable[int] | None = None
) -> list[Source]:
    """Take sources for this worker until their lease ends: those longest due, one of each host.

    Args:
        ids: Only these, whether they are due or not.
    """
    c = t.source.c
    is_wanted = c.id.in_(list(ids)) if ids is not None else _has_come(now)
    busy = sa.select(c.host).where(_is_taken(now))
    place = sa.func.row_number().over(partition_by=c.host, order_by=[c.next_poll_at, c.id])
    ranked = (
        sa.select(c.id, place.label("place"), c.next_poll_at)
        .where(is_wanted, c.host.not_in(busy))
        .subquery()
    )
    first = (
        sa.select(ranked.c.id)
        .where(ranked.c.place == 1)
        .order_by(ranked.c.next_poll_at, ranked.c.id)
        .limit(limit)
    )
    chosen = list(tx.execute(first).scalars())
    tx.execute(sa.update(t.source).where(c.id.in_(chosen)).values(lease_until=now + LEASE))
    query = sa.select(t.source).where(c.id.in_(chosen)).order_by(c.next_poll_at, c.id)
    return [_source(row) for row in tx.execute(query)]


def _has_come(now: dt.datetime) -> sa.ColumnElement[bool]:
    """The condition for a source that is due; one too far ahead is from another time."""
    at = t.source.c.next_poll_at
    return sa.or_(at <= now, at > now + _FARTHEST)


def _is_taken(now: dt.datetime) -> sa.ColumnElement[bool]:
    """The condition for a source that is being polled; a lease too long is from another time."""
    until = t.source.c.lease_until
    return sa.and_(until.is_not(None), until > now, until <= now + LEASE + LEASE)


def save(tx: Transaction, source: Source) -> None:
    """Store what a poll came to, and give the source back.

    An address that another source has already is not taken over: they would be two of one.
    """
    c = t.source.c
    other = sa.select(c.id).where(
        sa.or_(c.url == source.url, c.first_url == source.url), c.id != source.id
    )
    if tx.execute(other).first():
        now_at = tx.execute(sa.select(c.url).where(c.id == source.id)).scalar()
        source = replace(source, url=now_at or source.url)
    row = _row(source)
    for fixed in ("first_url", "section", "auto_publish", "added_at"):
        del row[fixed]
    tx.execute(sa.update(t.source).where(c.id == source.id).values(**row))


_FIELDS = tuple(field.name for field in fields(Source))


def _source(row: Any) -> Source:
    return Source(**{name: getattr(row, name) for name in _FIELDS})


_URLS: sa.BindParameter[list[str]] = sa.bindparam("urls", expanding=True)
_KNOWN = sa.union(
    sa.select(t.source.c.url).where(t.source.c.url.in_(_URLS)),
    sa.select(t.source.c.first_url).where(t.source.c.first_url.in_(_URLS)),
)
