"""Run `feedsvc` as a person does: a process of its own over a real store, in a pipe or a terminal.

The processes are forked from one that has imported feedsvc already, which saves each the second
that Python needs for it. Nothing else about them is special; `test_processes.py` starts others.
"""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import pty
import re
import select
import sqlite3
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from feedsvc.cli import main
from feedsvc.model import Document
from feedsvc.settings import load
from feedsvc.store import documents, feeds
from feedsvc.store.database import Database
from feedsvc.store.migrate import migrate

_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload(["feedsvc.cli", "tests.cli.program"])
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SECONDS = 60


@dataclass(frozen=True)
class Done:
    """What a command came to.

    Attributes:
        out: Standard output; on a terminal all that appeared there, without colours.
        err: Standard error; empty on a terminal, where both are one.
    """

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        """Tab-separated lines, taken apart."""
        return [line.split("\t") for line in self.out.splitlines()]

    @property
    def json(self) -> Any:
        """Standard output, read as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Program:
    """`feedsvc` in a folder of its own, with the default settings: its store is in `var/`."""

    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """All variables of its processes; those of the tests themselves stay outside."""
        basics = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8"}
        return {**basics, "TERM": "xterm", **self.environ}

    def with_env(self, **environ: str) -> Program:
        """Return it with further variables."""
        return Program(self.folder, {**self.environ, **environ})

    def run(self, *arguments: str | Path | int, status: int | None = 0) -> Done:
        """Run a command in pipes, and make sure of its exit status.

        Args:
            status: None takes any.
        """
        with tempfile.TemporaryDirectory() as folder:
            files = [str(Path(folder, name)) for name in ("out", "err")]
            process = self._start(arguments, files)
            process.join(_SECONDS)
            out, err = (Path(name).read_text(encoding="utf-8") for name in files)
        return _checked(process, out, err, status)

    def on_terminal(
        self, *arguments: str | Path | int, columns: int = 100, status: int | None = 0
    ) -> Done:
        """Run a command on a terminal of this width."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        process = self._start(arguments, [os.ttyname(slave)] * 2)
        shown = b""
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            ended = not process.is_alive()
            if select.select([master], [], [], 0.02)[0]:
                shown += os.read(master, 65_536)
            elif ended:
                break
        process.join(0)
        os.close(slave)
        os.close(master)
        text = shown.decode().replace("\r\n", "\n")
        return _checked(process, _CONTROL.sub("", text), "", status)

    def served(self) -> dict[str, Document]:
        """Return every document that is served, by its name such as `section/news.rss`."""
        url = self.environ.get("DATABASE_URL", f"sqlite:///{self.folder}/var/feedsvc.db")
        settings = load({"DATABASE_URL": url}, Path(os.devnull)).settings
        database = Database(settings.store.database_url)
        with database.read() as tx:
            found = {
                f"{feed.path}.{fmt}": document
                for feed in feeds.all_feeds(tx)
                for fmt, document in documents.of_feed(tx, feed.id).items()
            }
        database.close()
        return found

    def _start(self, arguments: tuple[str | Path | int, ...], files: list[str]) -> BaseProcess:
        given = [str(each) for each in arguments]
        process = _FORKED.Process(
            target=_run, args=(given, str(self.folder), self.environment, files), daemon=False
        )
        process.start()
        return process


def _checked(process: BaseProcess, out: str, err: str, status: int | None) -> Done:
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"no end after {_SECONDS} seconds\n{out}\n{err}")
    found = Done(process.exitcode, out, err)
    process.close()
    assert status in {None, found.status}, f"status {found.status}\n{out}\n{err}"
    return found


def _run(arguments: list[str], folder: str, environ: dict[str, str], files: list[str]) -> None:
    """Become `feedsvc`, in the forked process."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    for descriptor, name in enumerate(files, start=1):
        opened = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", closefd=False, errors="backslashreplace")
    sys.argv = ["feedsvc", *arguments]
    main()


@cache
def _empty_store() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "feedsvc.db")
        database = Database(f"sqlite:///{file}")
        migrate(database)
        database.close()
        return file.read_bytes()


def make_program(folder: Path, store: bytes | None = None, **environ: str) -> Program:
    """Return a program with a copy of this store, or an empty one that is ready."""
    folder.joinpath("var").mkdir()
    folder.joinpath("var", "feedsvc.db").write_bytes(store or _empty_store())
    return Program(folder, environ)


def copy_of_store(program: Program) -> bytes:
    """Return a program's store, for others to begin with."""
    file = program.folder / "var" / "feedsvc.db"
    store = sqlite3.connect(file)
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return file.read_bytes()
