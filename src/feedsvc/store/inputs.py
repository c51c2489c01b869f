"""Everything that a feed is made from, as one hash.

The rows are hashed as the database gives them: making articles of them takes several times as
long, and most builds of a feed that was only looked at end here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from feedsvc.store import tables as t
from feedsvc.store.database import Transaction


def _rows_of(table: sa.Table, order: str) -> sa.Select[Any]:
    """Select an article's rows of a table, without making Python's values of the columns."""
    plain: list[Any] = [sa.type_coerce(column, sa.types.NullType()) for column in table.c]
    ids: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
    owner = table.c.id if table is t.article else table.c.article_id
    return sa.select(*plain).where(owner.in_(ids)).order_by(owner, table.c[order])


_NAMES = (
    sa.select(t.term.c.id, t.term.c.kind, t.term.c.name, t.term.c.slug)
    .where(
        t.term.c.id.in_(
            sa.select(t.article_term.c.term_id).where(
                t.article_term.c.article_id.in_(sa.bindparam("ids", expanding=True))
            )
        )
    )
    .order_by(t.term.c.id)
)
# Whether a fetch is due, not when: that moves with every try.
_FILES = (
    sa.select(
        t.article_resource.c.article_id,
        t.resource.c.url,
        t.resource.c.asset,
        t.resource.c.media_type,
        t.resource.c.size_bytes,
        t.resource.c.due_at.is_(None),
        t.resource.c.problem.is_(None),
        sa.type_coerce(t.asset.c.renditions, sa.types.NullType()),
    )
    .join(t.resource, t.resource.c.url == t.article_resource.c.url)
    .outerjoin(t.asset, t.asset.c.hash == t.resource.c.asset)
    .where(t.article_resource.c.article_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(t.article_resource.c.article_id, t.resource.c.url)
)
_QUERIES = (
    _rows_of(t.article, "id"),
    _rows_of(t.article_term, "position"),
    _rows_of(t.media, "position"),
    _rows_of(t.correction, "id"),
    _rows_of(t.attribution, "url"),
    _NAMES,
    _FILES,
)


def digest(tx: Transaction, ids: Sequence[int], *others: object) -> str:
    """Hash the rows of articles with all that belongs to them, and whatever else is given.

    Args:
        ids: Of the articles, in order.
        others: Further inputs; what they say is taken from their `repr`.
    """
    whole = hashlib.sha256(repr((list(ids), others)).encode("utf-8", "surrogatepass"))
    for query in _QUERIES:
        rows = tx.execute(query, {"ids": list(ids)})
        # As tuples: a row's own `repr` leaves out the middle of long texts.
        whole.update(repr([tuple(row) for row in rows]).encode("utf-8", "surrogatepass"))
    return whole.hexdigest()
