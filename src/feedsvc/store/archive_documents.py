"""The documents of archive pages, as they are served; only `feeds.archive` writes them."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from feedsvc.model import Document, Format
from feedsvc.store import documents, serving
from feedsvc.store import tables as t
from feedsvc.store.archives import HAS_DOCUMENTS, Page
from feedsvc.store.database import Transaction
from feedsvc.store.feeds import PATH

_page = t.archive.c


@dataclass(frozen=True, slots=True)
class Packed:
    """A page's document as it is stored.

    Attributes:
        path: Where it is served now, below `/feeds/`.
        packed: Its bytes, gzipped.
        is_sealed: True when there is a newer page: then little changes here any more.
    """

    path: str
    etag: str
    modified_at: dt.datetime
    packed: bytes
    is_sealed: bool


def validators(tx: Transaction, page: Page) -> dict[Format, tuple[str, dt.datetime]]:
    """Return the ETag and the Last-Modified of what a page serves, by format."""
    return documents.validators_of(tx, t.archive_document, _mine(page))


def manifest(tx: Transaction, page: Page) -> list[str]:
    """Return the Atom ids of the entries that a page serves, in order."""
    return documents.manifest_of(tx, t.archive_document, _mine(page))


def _mine(page: Page) -> sa.ColumnElement[bool]:
    return t.archive_document.c.archive_id == page.id


def missing(tx: Transaction, feed_id: int, leaving: Mapping[str, dt.datetime]) -> set[str]:
    """Return which articles no page of a feed shows, of some that it lists.

    Args:
        leaving: When they were published, by their Atom ids.
    """
    c, found = t.archive_document.c, set(leaving)
    for atom_id, at in leaving.items():
        query = (
            sa.select(c.manifest)
            .join(t.archive, _page.id == c.archive_id)
            .where(_page.feed_id == feed_id, _page.shown_from_at <= at, _page.shown_until_at > at)
        )
        if any(atom_id in dict(manifest) for manifest in tx.execute(query).scalars()):
            found.discard(atom_id)
    return found


def of_page(tx: Transaction, page: Page, path: str) -> dict[Format, Document]:
    """Return what a page serves, by format, unpacked; empty before its first build.

    Raises:
        zlib.error, OSError, EOFError: What is stored is no gzip.
    """
    rows = tx.execute(sa.select(t.archive_document).where(_mine(page)))
    found = (documents.from_row(row, path, gzip.decompress(row.packed)) for row in rows)
    return {one.format: one for one in found}


def swap(tx: Transaction, page: Page, made: Sequence[Document]) -> None:
    """Replace everything that a page serves; without documents it serves nothing."""
    tx.execute(sa.delete(t.archive_document).where(_mine(page)))
    rows = [
        {
            **documents.as_row(one),
            "archive_id": page.id,
            "packed": gzip.compress(one.body, 6, mtime=0),
        }
        for one in made
    ]
    if rows:
        tx.execute(sa.insert(t.archive_document), rows)
    serving.note_served(tx, [page.feed_id])


def served(tx: Transaction, feed_id: int, name: str, fmt: Format) -> Packed | None:
    """Return what a page serves in one format; None when there is no such page."""
    c = t.archive_document.c
    query = (
        sa.select(c.etag, c.modified_at, c.packed, _page.from_at, PATH)
        .join(t.archive, _page.id == c.archive_id)
        .join(t.feed, t.feed.c.id == _page.feed_id)
        .outerjoin(t.term, t.term.c.id == t.feed.c.term_id)
        .where(_page.feed_id == feed_id, _page.name == name, c.format == fmt.value)
    )
    row = tx.execute(query).first()
    if row is None:
        return None
    later = sa.select(_page.id).where(
        _page.feed_id == feed_id, _page.from_at > row.from_at, HAS_DOCUMENTS
    )
    is_sealed = tx.execute(later.limit(1)).first() is not None
    path = f"{row.path}/{name}"
    return Packed(path, row.etag, row.modified_at, bytes(row.packed), is_sealed)
