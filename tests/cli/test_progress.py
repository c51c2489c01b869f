"""The bar of long commands: how far, how fast, how long it will take."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from feedsvc.cli.progress import Bar, columns


@pytest.mark.parametrize(
    ("each", "speed", "left"), [(0.25, "4.0/s", "0:00:02"), (0.001, "1,000/s", "0:00:01")]
)
def test_a_bar_keeps_its_speed_when_more_becomes_known(each: float, speed: str, left: str) -> None:
    """Builds learn of further feeds while they go on; each such time the speed was forgotten."""
    times = iter(number * each for number in range(10_000))
    now = next(times)
    console = Console(file=io.StringIO(), width=100)
    progress = Progress(*columns("building"), console=console, get_time=lambda: now)
    bar = Bar(progress, progress.add_task("", total=None))

    for done in range(13):
        bar.update(done, max(10, done + 8))
        now = next(times)
    console.print(progress.get_renderable())

    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "12/20" in shown
    assert speed in shown
    assert left in shown
