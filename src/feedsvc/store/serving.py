"""What web processes watch: which feeds changed what they serve, and which paths lead where.

A counter goes up in the same transaction as each change, so that whoever reads it later and sees
the same number knows that nothing has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from feedsvc.errors import StoreError, UnreadableError
from feedsvc.store import tables as t
from feedsvc.store.database import Database, Transaction

_DOCUMENTS = "documents"
_ROUTES = "routes"


@dataclass(frozen=True, slots=True)
class Versions:
    """How often something has changed: what feeds serve, and where feeds are served."""

    documents: int
    routes: int


@contextmanager
def reading(database: Database) -> Iterator[Transaction]:
    """Begin a reading transaction for a process that must go on, whatever is wrong with the store.

    Raises:
        StoreError: It does not answer, or not as a store does.
    """
    try:
        with database.read() as tx:
            yield tx
    except sa.exc.SQLAlchemyError as error:
        raise StoreError("the database does not answer as a store does") from error


@contextmanager
def intact(name: str) -> Iterator[None]:
    """Tell what is damaged in one place from a store that does not answer.

    Raises:
        UnreadableError: What was read cannot be made sense of.
    """
    try:
        yield
    except (StoreError, sa.exc.SQLAlchemyError):
        raise
    except Exception as error:  # whatever a decompressor or a parser says of broken bytes
        raise UnreadableError(f"{name} cannot be read from the store") from error


def note_served(tx: Transaction, feed_ids: Iterable[int]) -> int:
    """Tell web processes that these feeds serve something else now; return the version."""
    version = _count_up(tx, _DOCUMENTS)
    ids = sorted(set(feed_ids))
    tx.execute(sa.update(t.feed).where(t.feed.c.id.in_(ids)).values(served_version=version))
    return version


def version_of(tx: Transaction, feed_id: int) -> int | None:
    """Return the version of a feed's last change; None when there is no such feed any more."""
    query = sa.select(t.feed.c.served_version).where(t.feed.c.id == feed_id)
    return tx.execute(query).scalar()


def note_routes(tx: Transaction) -> None:
    """Tell web processes that paths lead elsewhere: a feed is new, renamed, merged or gone."""
    _count_up(tx, _ROUTES)


def _count_up(tx: Transaction, name: str) -> int:
    tx.execute(_COUNT_UP, {"of_name": name})
    return int(tx.execute(_VERSION, {"of_name": name}).scalar_one())


_NAMED = t.serving.c.name == sa.bindparam("of_name")
_COUNT_UP = sa.update(t.serving).where(_NAMED).values(version=t.serving.c.version + 1)
_VERSION = sa.select(t.serving.c.version).where(_NAMED)
_VERSIONS = sa.select(t.serving.c.name, t.serving.c.version)


def versions(tx: Transaction) -> Versions:
    """Return both counters."""
    found = {row.name: row.version for row in tx.execute(_VERSIONS)}
    return Versions(found[_DOCUMENTS], found[_ROUTES])


def changed_since(tx: Transaction, version: int) -> set[int]:
    """Return the feeds that serve something else since `versions` said so many documents."""
    query = sa.select(t.feed.c.id).where(t.feed.c.served_version > version)
    return set(tx.execute(query).scalars())


_ROUTES_QUERY = sa.select(
    t.term_slug.c.kind, t.term_slug.c.slug, t.feed.c.id, t.term.c.slug.label("present")
).select_from(
    t.term_slug.join(t.term, t.term.c.id == t.term_slug.c.term_id).outerjoin(
        t.feed,
        sa.and_(t.feed.c.kind == t.term_slug.c.kind, t.feed.c.term_id == t.term_slug.c.term_id),
    )
)


def routes(tx: Transaction) -> dict[str, int | None]:
    """Return where every path below `/feeds/` leads that ever led to a feed.

    Returns:
        Feeds' ids by path (`all`, `section/news`), also by the paths that they had before; None
        for a feed that was removed.
    """
    site = tx.execute(sa.select(t.feed.c.id).where(t.feed.c.term_id == 0)).scalar()
    found: dict[str, int | None] = {} if site is None else {"all": site}
    for kind, slug, feed_id, present in tx.execute(_ROUTES_QUERY):
        if present is None:  # its term has no address any more, or none again before it is public
            found[f"{kind}/{slug}"] = None
        elif feed_id is not None:
            found[f"{kind}/{slug}"] = feed_id
    return found


_PATHS_QUERY = sa.select(t.feed.c.id, t.feed.c.term_id, t.feed.c.kind, t.term.c.slug).outerjoin(
    t.term, t.term.c.id == t.feed.c.term_id
)


def paths(tx: Transaction) -> dict[int, str]:
    """Return where each feed is served now, below `/feeds/`."""
    rows = tx.execute(_PATHS_QUERY)
    return {row.id: f"{row.kind}/{row.slug}" if row.term_id else "all" for row in rows}
