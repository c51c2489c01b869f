"""One bar for everything that takes long: how far it is, how fast, and how long it will take."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from feedsvc.cli.output import is_verbose

Item = TypeVar("Item")
_SLOW = 10


class Bar:
    """A bar that may be hidden; what is told to it is the same."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar = bar
        self._task = task

    def update(self, done: int, known: int) -> None:
        """Show that so many are done, of so many that are known."""
        for task in self._bar.tasks:
            task.total = known  # `update` would forget the speed whenever more becomes known
        self._bar.update(self._task, completed=done)

    def track(self, items: Iterable[Item], total: int | None) -> Iterator[Item]:
        """Pass on items, and show how many there were."""
        yield from self._bar.track(items, total=total, task_id=self._task)

    def say(self, line: str) -> None:
        """Write a line on standard error, above the bar."""
        if self._bar.disable:
            click.echo(line, err=True)
        else:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)


class _Speed(ProgressColumn):
    """How many a second; nothing before the first one."""

    def render(self, task: Task) -> Text:
        """Return the cell of a task."""
        if not task.speed:
            return Text("")
        return Text(f"{task.speed:.1f}/s" if task.speed < _SLOW else f"{task.speed:,.0f}/s")


def columns(word: str) -> tuple[ProgressColumn, ...]:
    """Return the parts of a bar."""
    return (
        TextColumn(word),
        BarColumn(),
        MofNCompleteColumn(),
        _Speed(),
        TimeRemainingColumn(),
    )


@contextmanager
def progress(word: str, total: int | None = None) -> Iterator[Bar]:
    """Show a bar on a terminal, and nothing in a pipe or where log lines are shown instead.

    Args:
        word: What is being done, such as `importing`.
        total: How many there are, if that is known already.
    """
    hidden = is_verbose() or not sys.stderr.isatty()
    console = Console(stderr=True)
    with Progress(*columns(word), console=console, transient=True, disable=hidden) as bar:
        yield Bar(bar, bar.add_task("", total=total))
