"""Two workers on one store: one is the clock, the other is there for when it dies."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from feedsvc.model import Article, Status
from feedsvc.services import Services
from feedsvc.store import articles, builds, feeds, jobs
from tests.cli.service import Running, until
from tests.crash import checks, phase
from tests.crash.house import House, a_house
from tests.crash.ledger import Journal
from tests.crash.phase import Phase
from tests.crash.stream import Newsroom as Stream
from tests.newsroom import Clock, Newsroom

pytestmark = pytest.mark.slow

TAKE_OVER_SECONDS = 5


@contextmanager
def two_workers(tmp_path: Path, url: str) -> Iterator[tuple[House, Services, list[Running]]]:
    """Run two workers over one store until the block ends."""
    with a_house(tmp_path, url) as (house, services):
        command = [sys.executable, "-m", "feedsvc", "worker"]
        workers = [house.spawn(name, command) for name in ("one", "other")]
        house.running.update(one=workers[0], other=workers[1])
        until(lambda: all("worker_started" in worker.log for worker in workers))
        yield house, services, workers


def clock_of(services: Services, workers: list[Running]) -> Running | None:
    """Return the worker that is the clock; None while none of them is."""
    with services.database.read() as tx:
        state = jobs.clock(tx)
    pid = state.holder.rpartition(":")[2] if state else ""
    return next((worker for worker in workers if str(worker.process.pid) == pid), None)


def is_stopped_in_a_build(services: Services, worker: Running) -> bool:
    """Stop a worker; let it go on when it is not in the middle of a build."""
    phase.stop(worker.process.pid)
    pids, name = phase.members(worker.process.pid), worker.program.environ["PGAPPNAME"]
    if Phase.BUILDING in phase.look(services.database, pids, name, only_builder=True):
        return True
    os.killpg(worker.process.pid, signal.SIGCONT)
    return False


def scheduled(services: Services, seconds: float) -> Article:
    """Submit an article that is released so far ahead."""
    newsroom = Newsroom(services, Clock(services.now()))
    return newsroom.submit(title="Later", date=services.now() + dt.timedelta(seconds=seconds))


def stored(services: Services, article: Article) -> Article:
    """Return an article as it is now."""
    with services.database.read() as tx:
        return articles.get(tx, article.id)


def lines(workers: list[Running], event: str) -> list[dict[str, str]]:
    """Return what workers told of an event."""
    return [
        line
        for worker in workers
        for line in map(json.loads, worker.log.splitlines())
        if line["event"] == event
    ]


def test_when_the_clock_is_killed_the_other_worker_releases_in_time(
    database_url: str, tmp_path: Path
) -> None:
    with two_workers(tmp_path, database_url) as (_, services, workers):
        clock = until(lambda: clock_of(services, workers))
        article = scheduled(services, 3)
        assert article.release_at

        os.kill(clock.process.pid, signal.SIGKILL)
        killed = time.monotonic()

        (other,) = [worker for worker in workers if worker is not clock]
        until(lambda: clock_of(services, workers) is other, TAKE_OVER_SECONDS)
        until(lambda: stored(services, article).status is Status.PUBLISHED)
        until(lambda: checks.has_nothing_due(services.database))
        now = services.now()
        assert time.monotonic() - killed < 3 + TAKE_OVER_SECONDS
        assert now - article.release_at < dt.timedelta(seconds=TAKE_OVER_SECONDS)
        assert (stored(services, article).published_at or now) >= article.release_at
        assert len(lines(workers, "article_released")) == 1
        assert checks.wrong_documents(services) == []


def test_a_clock_that_was_killed_in_a_build_leaves_it_to_the_other(
    database_url: str, tmp_path: Path
) -> None:
    with two_workers(tmp_path, database_url) as (_, services, workers):
        clock = until(lambda: clock_of(services, workers))
        newsroom = Newsroom(services, Clock(services.now()))
        for number in range(5):
            newsroom.submit(title=f"Story {number}", date=None)

        until(lambda: is_stopped_in_a_build(services, clock))
        os.kill(clock.process.pid, signal.SIGKILL)

        until(lambda: checks.has_nothing_due(services.database))
        assert checks.wrong_documents(services) == []


def test_over_a_stream_of_changes_no_feed_is_built_by_both_at_once(
    database_url: str, tmp_path: Path
) -> None:
    """Of two at once the slower would find its lease taken, and say so in its line."""
    journal = Journal(tmp_path / "journal")
    with two_workers(tmp_path, database_url) as (house, services, workers):
        stream = Stream(services, journal, "1")
        for _ in range(15):
            stream.change_something()
            stream.pause()
        until(lambda: not checks.is_anything_scheduled(services.database))
        until(lambda: checks.has_nothing_due(services.database))

        built = lines(workers, "feed_built")
        assert built
        assert {line["outcome"] for line in built} <= {"swapped", "unchanged"}
        assert checks.wrong_articles(services.database, journal.read()) == []
        assert checks.wrong_documents(services) == []
        assert checks.wrong_releases(house.logs) == []


def test_a_lease_holds_against_who_looked_at_the_clock_before_it_was_set(
    newsroom: Newsroom,
) -> None:
    """Who waits for the writer before it comes with an earlier instant, which is no clock set back.

    Found on November 23, 2026 by two workers that built one feed at once.
    """
    newsroom.submit()
    lease, before = dt.timedelta(seconds=5), newsroom.clock.at - dt.timedelta(milliseconds=20)
    with newsroom.services.database.write() as tx:
        (feed, *_) = feeds.all_feeds(tx)
        now = newsroom.clock.at
        assert builds.claim(tx, feed.id, now=now, lease=lease, token="one")
        assert not builds.claim(tx, feed.id, now=before, lease=lease, token="other")
