"""Addresses that articles had before the newsroom came here: a path, and its query if any."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from feedsvc.store import tables as t
from feedsvc.store.database import Transaction


def give(tx: Transaction, paths: Iterable[str], article_id: int) -> None:
    """Let paths lead to an article; one that leads to another already goes on doing so."""
    rows = [{"given": path, "owner": article_id} for path in dict.fromkeys(paths)]
    if rows:
        tx.execute(_GIVE, rows)


def find(tx: Transaction, paths: Iterable[str]) -> int | None:
    """Return the id of the article that the first known one of these paths leads to."""
    wanted = list(paths)
    rows = tx.execute(_FOUND, {"paths": wanted})
    found = {row.path: row.article_id for row in rows}
    return next((found[path] for path in wanted if path in found), None)


def of_article(tx: Transaction, article_id: int) -> list[str]:
    """Return the paths that lead to an article, in order."""
    query = sa.select(t.alias.c.path).where(t.alias.c.article_id == article_id)
    return sorted(tx.execute(query).scalars())


_PATHS: sa.BindParameter[list[str]] = sa.bindparam("paths", expanding=True)
_GIVEN = sa.bindparam("given", type_=sa.Text)
_IS_TAKEN = sa.exists().where(t.alias.c.path == _GIVEN)
_GIVE = sa.insert(t.alias).from_select(
    ["path", "article_id"],
    sa.select(_GIVEN, sa.bindparam("owner", type_=sa.BigInteger)).where(~_IS_TAKEN),
)
_FOUND = sa.select(t.alias).where(t.alias.c.path.in_(_PATHS))
