"""The disk is full while feeds are built: what was good stays, and all is made up for later."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from feedsvc.services import Services
from tests.cli.service import Running, until
from tests.crash import checks, phase
from tests.crash.house import House, a_house
from tests.newsroom import Clock, Newsroom

pytestmark = pytest.mark.slow

LONG = "<p>" + "A sentence that takes its place. " * 200 + "</p>"
_MEGABYTES = 40


class Disk(Protocol):
    """A disk that can be full."""

    folder: Path

    def fill(self, worker: int, left: int) -> None:
        """Leave this many bytes to what a worker writes."""

    def make_room(self, worker: int) -> None:
        """Take away what fills it."""


@dataclass
class Limited:
    """A process that may not let a file grow, which the kernel tells it as an error of the disk."""

    folder: Path

    def fill(self, worker: int, left: int) -> None:
        log = self.folder / "feedsvc.db-wal"
        size = log.stat().st_size + left
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def make_room(self, worker: int) -> None:
        free = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(worker, resource.RLIMIT_FSIZE, free)


@dataclass
class Small:
    """A small filesystem, filled by a file beside the store."""

    folder: Path

    def fill(self, worker: int, left: int) -> None:
        free = os.statvfs(self.folder).f_bavail * os.statvfs(self.folder).f_bsize
        (self.folder / "filler").write_bytes(b"x" * (free - left))

    def make_room(self, worker: int) -> None:
        (self.folder / "filler").unlink()


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """Mount a small filesystem, which only root may."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_MEGABYTES}m", "tmpfs", str(folder)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no filesystem can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(params=["limited", "limited, some room", "small, some room"])
def kind(request: pytest.FixtureRequest) -> str:
    """Return a kind of disk."""
    return str(request.param)


@pytest.fixture
def left(kind: str) -> int:
    """Return how many bytes fit: some for the beginning of a build, too few for what it makes."""
    return 40_000 if "some room" in kind else 0


@pytest.fixture
def disk(kind: str, tmp_path: Path) -> Iterator[Disk]:
    """Return a disk for a store."""
    folder = tmp_path / "disk"
    if kind.startswith("limited"):
        folder.mkdir()
        yield Limited(folder)
    else:
        with mounted(folder):
            yield Small(folder)


def newsroom_of(services: Services) -> Newsroom:
    """Return a newsroom that goes by the real time."""
    return Newsroom(services, Clock(services.now()))


def served(house: House) -> dict[str, bytes]:
    """Return what readers get."""
    found = {}
    for path in ("all", "section/news", "author/ana-lee"):
        for ending in ("rss", "atom", "json"):
            answer = house.get(f"/feeds/{path}.{ending}")
            assert answer
            assert answer.status == 200, answer
            found[f"{path}.{ending}"] = answer.body
    return found


def errors(worker: Running) -> list[dict[str, str]]:
    """Return the errors that a worker has told."""
    lines = [json.loads(line) for line in worker.log.splitlines() if line.startswith("{")]
    return [line for line in lines if line["level"] == "error"]


def stop_between_writes(worker: int, services: Services) -> None:
    """Stop a worker when it has not the lock that the rest of the test needs."""
    while True:
        phase.stop(worker)
        found = phase.look(services.database, phase.members(worker), "", only_builder=False)
        if phase.Phase.WRITING not in found:
            return
        os.killpg(worker, signal.SIGCONT)


@contextmanager
def filled(disk: Disk, tmp_path: Path, left: int) -> Iterator[tuple[House, Services]]:
    """Run a newsroom whose disk is full since 30 stories came in, one of them to be released."""
    with a_house(tmp_path, f"sqlite:///{disk.folder}/feedsvc.db") as (house, services):
        newsroom = newsroom_of(services)
        newsroom.submit(title="Before", date=None)
        house.open(supervised=False)
        until(lambda: checks.has_nothing_due(services.database))
        worker = house.running["worker"].process.pid
        stop_between_writes(worker, services)
        for number in range(30):
            newsroom.submit(title=f"During {number}", date=None, content_html=LONG)
        newsroom.submit(title="Scheduled", date=services.now() + dt.timedelta(seconds=2))
        disk.fill(worker, left)
        os.killpg(worker, signal.SIGCONT)
        yield house, services


def test_when_the_disk_is_full_the_last_documents_stay_and_all_is_made_up_for(
    disk: Disk, tmp_path: Path, left: int
) -> None:
    with filled(disk, tmp_path, left) as (house, services):
        worker = house.running["worker"]
        until(lambda: len(errors(worker)) >= 3)
        first = served(house)
        assert all(b"Before" in body and b"During" not in body for body in first.values())
        until(lambda: not checks.is_in_time(services.database))
        until(lambda: len(errors(worker)) >= 6)
        assert served(house) == first
        assert worker.process.poll() is None

        disk.make_room(worker.process.pid)

        until(partial(checks.has_nothing_due, services.database))
        for body in served(house).values():
            assert b"During 29" in body
            assert b"Scheduled" in body
        assert checks.wrong_documents(services) == []
        assert worker.process.poll() is None
        assert worker.log.count("article_released") == 1


def test_a_full_disk_is_told_in_words_and_not_as_a_traceback_alone(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    with filled(Limited(folder), tmp_path, 0) as (house, services):
        worker = house.running["worker"]
        until(lambda: not checks.is_in_time(services.database))
        until(lambda: len(errors(worker)) >= 6)

        in_words = re.compile("disk (I/O error|is full)")
        told = [line for line in errors(worker) if in_words.search(str({**line, "exception": ""}))]
        assert told
        assert [line for line in errors(worker) if "exception" in line and line not in told] == []
        assert all(line.startswith("{") for line in worker.log.splitlines())
