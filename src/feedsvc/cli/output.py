"""Show rows: a table on a terminal, tab-separated lines in a pipe, JSON where asked."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

Row = Mapping[str, Any]

# Numbers that are names, which somebody may copy: no separators between their digits.
_NAMES = frozenset({"id", "line"})

# Where the option of the whole program is kept for its commands.
VERBOSE = "feedsvc.verbose"

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def is_verbose() -> bool:
    """Tell whether log lines are to be shown: `feedsvc --verbose …`."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(VERBOSE))


def show(rows: Iterable[Row], columns: Sequence[str], *, as_json: bool, empty: str = "") -> None:
    """Print rows.

    Args:
        columns: Keys to show, in order; JSON has all of them.
        empty: Said on a terminal when there are no rows.
    """
    found = list(rows)
    if as_json:
        click.echo(_json(found))
    elif sys.stdout.isatty():
        if found:
            _table(found, columns)
        elif empty:
            click.echo(empty)
    else:
        for row in found:
            click.echo("\t".join(plain(row[name]) for name in columns))


def _json(value: object) -> str:
    return json.dumps(value, default=plain, ensure_ascii=False, indent=2)


def _table(rows: Sequence[Row], columns: Sequence[str]) -> None:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for name in columns:
        number = isinstance(rows[0][name], int)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(name, row[name]) for name in columns))
    Console().print(table, markup=False)


def _cell(name: str, value: object) -> str:
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return f"{value:,}" if isinstance(value, int) and name not in _NAMES else plain(value)


def show_one(row: Row, *, as_json: bool) -> None:
    """Print one thing, a line for each field."""
    if as_json:
        click.echo(_json(row))
        return
    width = max(len(name) for name in row)
    for name, value in row.items():
        if sys.stdout.isatty():
            click.echo(f"{name:{width}}  {plain(value, newlines=True)}")
        else:
            click.echo(f"{name}\t{plain(value)}")


def plain(value: object, *, newlines: bool = False) -> str:
    """A value as text; on one line unless `newlines` may stay."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.isoformat(timespec="seconds")
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text if newlines else one_line(text)


def one_line(text: str) -> str:
    """Return text on one line, without what a terminal would obey, as a file's name may have."""
    line = " ".join(text.split())
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)
