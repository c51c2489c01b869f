"""Documents: the finished bytes that are served. Only `feeds.build` writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from feedsvc.model import Document, Format
from feedsvc.store import serving, variants
from feedsvc.store import tables as t
from feedsvc.store.database import Transaction
from feedsvc.store.feeds import PATH


def _select(table: sa.Table) -> sa.Select[Any]:
    """Select the documents of a table, with the paths of their feeds."""
    return (
        sa.select(table, PATH)
        .join(t.feed, t.feed.c.id == table.c.feed_id)
        .outerjoin(t.term, t.term.c.id == t.feed.c.term_id)
    )


_QUERY = _select(t.document)
_ONE = _QUERY.where(
    t.document.c.feed_id == sa.bindparam("feed_id"),
    t.document.c.format == sa.bindparam("fmt"),
    t.feed.c.unavailable.is_(False),
)
_FALLBACK = _select(t.fallback)


def _document(row: Any) -> Document:
    return from_row(row, row.path, bytes(row.body))


def from_row(row: Any, path: str, body: bytes) -> Document:
    """Return a document from a row of any table that holds some."""
    return Document(
        path=path,
        format=Format(row.format),
        body=body,
        etag=row.etag,
        modified_at=row.modified_at,
        manifest=tuple((atom_id, seal) for atom_id, seal in row.manifest),
        checks=row.checks,
    )


def as_row(document: Document) -> dict[str, Any]:
    """Return what every table that holds documents says of one; not whose it is, nor its bytes."""
    return {
        "format": document.format.value,
        "etag": document.etag,
        "modified_at": document.modified_at,
        "size_bytes": len(document.body),
        "checks": document.checks,
        "manifest": [list(pair) for pair in document.manifest],
    }


def of_feed(tx: Transaction, feed_id: int) -> dict[Format, Document]:
    """Return what a feed serves, by format; empty before its first build."""
    query = _QUERY.where(t.document.c.feed_id == feed_id)
    return {Format(row.format): _document(row) for row in tx.execute(query)}


def get(tx: Transaction, feed_id: int, fmt: Format) -> Document | None:
    """Return what a feed may serve in one format.

    None before its first build, and while it must not be served (`Feed.unavailable`).
    """
    row = tx.execute(_ONE, {"feed_id": feed_id, "fmt": fmt.value}).first()
    return _document(row) if row else None


def swap(tx: Transaction, feed_id: int, documents: Sequence[Document], *, now: dt.datetime) -> None:
    """Replace everything that a feed serves; variants and deltas are due to be made."""
    version = serving.note_served(tx, [feed_id])
    variants.drop(tx, feed_id)
    variants.remember(tx, feed_id, documents, version)
    tx.execute(sa.update(t.feed).where(t.feed.c.id == feed_id).values(finish_due_at=now))
    tx.execute(sa.delete(t.document).where(t.document.c.feed_id == feed_id))
    rows = [{**as_row(one), "feed_id": feed_id, "body": one.body} for one in documents]
    tx.execute(sa.insert(t.document), rows)


def validators(tx: Transaction, feed_id: int) -> dict[Format, tuple[str, dt.datetime]]:
    """Return the ETag and the Last-Modified of what a feed serves, by format."""
    return validators_of(tx, t.document, t.document.c.feed_id == feed_id)


def validators_of(
    tx: Transaction, table: sa.Table, which: sa.ColumnElement[bool]
) -> dict[Format, tuple[str, dt.datetime]]:
    """Return the ETags and Last-Modifieds of documents in a table, by format."""
    query = sa.select(table.c.format, table.c.etag, table.c.modified_at).where(which)
    return {Format(row.format): (row.etag, row.modified_at) for row in tx.execute(query)}


def manifest(tx: Transaction, feed_id: int) -> list[str]:
    """Return the Atom ids of the entries that a feed serves, in order."""
    return manifest_of(tx, t.document, t.document.c.feed_id == feed_id)


def fallback_manifest(tx: Transaction, feed_id: int) -> list[str]:
    """Return the Atom ids of the entries that a feed may go back to."""
    return manifest_of(tx, t.fallback, t.fallback.c.feed_id == feed_id)


def manifest_of(tx: Transaction, table: sa.Table, which: sa.ColumnElement[bool]) -> list[str]:
    """Return the Atom ids of the entries in documents of a table, which are all alike."""
    found = tx.execute(sa.select(table.c.manifest).where(which).limit(1)).scalar()
    return [atom_id for atom_id, _ in found or ()]


def count(tx: Transaction, feed_id: int) -> int:
    """Return in how many formats a feed is served."""
    query = sa.select(sa.func.count()).where(t.document.c.feed_id == feed_id)
    return tx.execute(query).scalar_one()


def keep_fallback(tx: Transaction, feed_id: int) -> None:
    """Keep what a feed serves now to go back to, until `drop_fallback`; the first one stays."""
    kept = sa.select(t.fallback.c.format).where(t.fallback.c.feed_id == feed_id)
    if tx.execute(kept.limit(1)).first() is None:
        served = sa.select(t.document).where(t.document.c.feed_id == feed_id)
        tx.execute(sa.insert(t.fallback).from_select(list(t.document.c.keys()), served))


def drop_fallback(tx: Transaction, feed_id: int) -> None:
    """Forget what a feed served before: what it serves now is right."""
    tx.execute(sa.delete(t.fallback).where(t.fallback.c.feed_id == feed_id))


def fallback(tx: Transaction, feed_id: int) -> list[Document]:
    """Return what a feed served before, if it was kept."""
    query = _FALLBACK.where(t.fallback.c.feed_id == feed_id)
    return [_document(row) for row in tx.execute(query)]


def totals(tx: Transaction) -> tuple[int, int]:
    """Return how many documents there are, and their bytes."""
    row = tx.execute(
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(t.document.c.size_bytes), 0))
    ).one()
    return row[0], row[1]
