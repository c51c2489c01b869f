"""Start processes that work on one store at the same time."""

from __future__ import annotations

import subprocess
import sys

from tests.newsroom import REPOSITORY


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start a process that says `ready` and then waits for a line."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.store.process", *arguments],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def finish_together(running: list[subprocess.Popen[str]]) -> list[str]:
    """Let processes go on at once, and return the last line that each says."""
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=120)[0].splitlines()[-1] for process in running]
    assert [process.returncode for process in running] == [0] * len(running)
    return said
