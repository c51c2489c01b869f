"""The documents of archive pages, as they are served; only `feeds.archive` writes them."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from feedsvc.model import Document, Format
from feedsvc.store import serving
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
    c = t.archive_document.c
    query = sa.select(c.format, c.etag, c.modified_at).where(c.archive_id == page.id)
    return {Format(row.format): (row.etag, row.modified_at) for row in tx.execute(query)}


def manifest(tx: Transaction, page: Page) -> list[str]:
    """Return the Atom ids of the entries that a page serves, in order."""
    c = t.archive_document.c
    found = tx.execute(sa.select(c.manifest).where(c.archive_id == page.id).limit(1)).scalar()
    return [atom_id for atom_id, _ in found or ()]


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
    rows = tx.execute(
        sa.select(t.archive_document).where(t.archive_document.c.archive_id == page.id)
    )
    return {
        Format(row.format): Document(
            path=path,
            format=Format(row.format),
            body=gzip.decompress(row.packed),
            etag=row.etag,
            modified_at=row.modified_at,
            manifest=tuple((atom_id, digest) for atom_id, digest in row.manifest),
            checks=row.checks,
        )
        for row in rows
    }


def swap(tx: Transaction, page: Page, documents: Sequence[Document]) -> None:
    """Replace everything that a page serves; without documents it serves nothing."""
    c = t.archive_document.c
    tx.execute(sa.delete(t.archive_document).where(c.archive_id == page.id))
    rows = [
        {
            "archive_id": page.id,
            "format": document.format.value,
            "etag": document.etag,
            "modified_at": document.modified_at,
            "size_bytes": len(document.body),
            "checks": document.checks,
            "manifest": [list(pair) for pair in document.manifest],
            "packed": gzip.compress(document.body, 6, mtime=0),
        }
        for document in documents
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
