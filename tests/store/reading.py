"""Look into a store from outside: every row of every table, and how a statement is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from feedsvc.store.database import Database, Transaction
from feedsvc.store.tables import metadata

Rows = dict[str, list[tuple[Any, ...]]]


def all_rows(database: Database, *leave_out: str) -> Rows:
    """Return every row of every table but those to leave out, in the order of their keys."""
    with database.read() as tx:
        return {
            table.name: [tuple(row) for row in tx.execute(_in_order(table))]
            for table in metadata.sorted_tables
            if table.name not in leave_out
        }


def _in_order(table: sa.Table) -> sa.Select[Any]:
    return sa.select(table).order_by(*table.primary_key.columns)


def column(database: Database, dotted: str) -> list[Any]:
    """Return all values of a column, such as `article.guid`, in the order of its table's key."""
    name, _, wanted = dotted.partition(".")
    table = metadata.tables[name]
    with database.read() as tx:
        order = table.primary_key.columns
        return list(tx.execute(sa.select(table.c[wanted]).order_by(*order)).scalars())


def count(database: Database, name: str) -> int:
    """Return how many rows a table has."""
    with database.read() as tx:
        query = sa.select(sa.func.count()).select_from(metadata.tables[name])
        return int(tx.execute(query).scalar_one())


def plans(database: Database, step: Callable[[Transaction], object]) -> dict[str, str]:
    """Carry out a step in a writing transaction and return how each statement was answered.

    PostgreSQL is asked to prefer an index: on a small table it would rightly read it all.
    """
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, *more: Any) -> None:
        is_many = more[-1]
        seen.append((sql, values[0] if is_many else values))

    with database.write() as tx:
        if not database.is_sqlite:
            tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
            tx.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        sa.event.listen(tx, "before_cursor_execute", note)
        step(tx)
        sa.event.remove(tx, "before_cursor_execute", note)
        explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
        return {
            sql: "\n".join(str(row[-1]) for row in tx.exec_driver_sql(f"{explain} {sql}", values))
            for sql, values in seen
        }
