"""What stands beside a document: its bytes compressed, and what is new since earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from feedsvc.model import Coding, Document, Format, Variant
from feedsvc.store import tables as t
from feedsvc.store.database import Transaction

# What is served now, and the five before it that a delta may begin from.
_REMEMBERED = 6

_one, _since = t.variant.c, t.delta.c
_OF_DOCUMENT = sa.select(_one.coding, _one.mark, _one.body).where(
    _one.feed_id == sa.bindparam("feed_id"), _one.format == sa.bindparam("fmt")
)
_DELTAS = sa.select(_since.base, _since.body).where(
    _since.feed_id == sa.bindparam("feed_id"), _since.format == sa.bindparam("fmt")
)


@dataclass(frozen=True, slots=True)
class Past:
    """A document that was served: its entity tag and its manifest, newest first."""

    etag: str
    manifest: tuple[tuple[str, str], ...]


def of_document(tx: Transaction, feed_id: int, fmt: Format) -> tuple[Variant, ...]:
    """Return a document's compressed variants."""
    rows = tx.execute(_OF_DOCUMENT, {"feed_id": feed_id, "fmt": fmt.value})
    return tuple(Variant(Coding(row.coding), row.mark, bytes(row.body)) for row in rows)


def put(tx: Transaction, feed_id: int, variants: Mapping[Format, Iterable[Variant]]) -> None:
    """Store a feed's compressed variants in place of those that it had."""
    tx.execute(sa.delete(t.variant).where(t.variant.c.feed_id == feed_id))
    rows = [
        {
            "feed_id": feed_id,
            "format": fmt.value,
            "coding": one.coding.value,
            "mark": one.mark,
            "body": one.body,
        }
        for fmt, found in variants.items()
        for one in found
    ]
    if rows:
        tx.execute(sa.insert(t.variant), rows)


def remember(tx: Transaction, feed_id: int, documents: Iterable[Document], version: int) -> None:
    """Remember documents that are served from now on, and forget those of long ago."""
    c = t.past.c
    for one in documents:
        mine = (c.feed_id == feed_id, c.format == one.format.value)
        tx.execute(sa.delete(t.past).where(*mine, c.etag == one.etag))
        row = {"feed_id": feed_id, "format": one.format.value, "etag": one.etag}
        manifest = [list(pair) for pair in one.manifest]
        tx.execute(sa.insert(t.past), {**row, "version": version, "manifest": manifest})
        kept = sa.select(c.version).where(*mine).order_by(c.version.desc()).limit(_REMEMBERED)
        tx.execute(sa.delete(t.past).where(*mine, c.version.not_in(kept)))


def pasts(tx: Transaction, feed_id: int, fmt: Format) -> list[Past]:
    """Return the documents that were served lately, the newest first; that is the present one."""
    c = t.past.c
    mine = (c.feed_id == feed_id, c.format == fmt.value)
    rows = tx.execute(sa.select(c.etag, c.manifest).where(*mine).order_by(c.version.desc()))
    return [Past(row.etag, tuple((one, seal) for one, seal in row.manifest)) for row in rows]


def put_deltas(tx: Transaction, feed_id: int, deltas: Mapping[Format, Mapping[str, bytes]]) -> None:
    """Store what is new since earlier documents, gzipped, by their entity tags."""
    tx.execute(sa.delete(t.delta).where(t.delta.c.feed_id == feed_id))
    rows = [
        {"feed_id": feed_id, "format": fmt.value, "base": base, "body": body}
        for fmt, found in deltas.items()
        for base, body in found.items()
    ]
    if rows:
        tx.execute(sa.insert(t.delta), rows)


def deltas(tx: Transaction, feed_id: int, fmt: Format) -> dict[str, bytes]:
    """Return what is new since earlier documents, gzipped, by their entity tags."""
    rows = tx.execute(_DELTAS, {"feed_id": feed_id, "fmt": fmt.value})
    return {row.base: bytes(row.body) for row in rows}


def drop(tx: Transaction, feed_id: int) -> None:
    """Forget the variants and deltas of documents that are not served any more."""
    for table in (t.variant, t.delta):
        tx.execute(sa.delete(table).where(table.c.feed_id == feed_id))
