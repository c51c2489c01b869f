"""The computer's clock is set back or forward by hours: nothing is released early or twice."""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from feedsvc.model import Article, Format, Status
from feedsvc.services import utc_now
from feedsvc.store import builds, feeds
from feedsvc.store import tables as t
from tests.cli.service import Running, until
from tests.crash import checks
from tests.crash.house import a_house
from tests.newsroom import Clock, Newsroom

STEP = dt.timedelta(hours=3)


def scheduled(newsroom: Newsroom, **ahead: float) -> Article:
    """Submit an article that is released so far ahead of the newsroom's clock."""
    return newsroom.submit(title="Later", date=newsroom.clock.at + dt.timedelta(**ahead))


def has_passed(instant: dt.datetime | None) -> bool:
    """True when an instant has passed by the real clock."""
    assert instant
    return utc_now() > instant


def whole(newsroom: Newsroom) -> bool:
    """True when every document is as the store has it, and valid."""
    return checks.wrong_documents(newsroom.services) == []


# A clock that the test sets.


def test_a_clock_set_back_releases_nothing_before_its_time_comes_again(newsroom: Newsroom) -> None:
    newsroom.submit(title="Before")
    article = scheduled(newsroom, seconds=10)
    newsroom.clock.advance(seconds=5)
    newsroom.tick()

    newsroom.clock.at -= STEP
    for _ in range(4):
        newsroom.tick()
        assert newsroom.article(article.id).status is Status.SCHEDULED
        newsroom.clock.advance(minutes=45)
    newsroom.clock.advance(seconds=5)
    newsroom.tick()

    released = newsroom.article(article.id)
    assert released.published_at == article.release_at
    assert newsroom.shown().count(article.atom_id) == 1
    assert whole(newsroom)


def test_a_clock_set_forward_releases_what_is_due_by_it_once(newsroom: Newsroom) -> None:
    newsroom.submit(title="Before")
    article = scheduled(newsroom, hours=2)
    later = scheduled(newsroom, hours=4)

    newsroom.clock.at += STEP
    newsroom.tick()
    newsroom.tick()

    assert newsroom.article(article.id).published_at == newsroom.clock.at
    assert newsroom.article(later.id).status is Status.SCHEDULED
    assert newsroom.shown().count(article.atom_id) == 1
    assert whole(newsroom)


def test_what_a_wrong_clock_released_is_neither_taken_back_nor_released_again(
    newsroom: Newsroom,
) -> None:
    article = scheduled(newsroom, hours=2)
    newsroom.clock.at += STEP
    newsroom.tick()
    released = newsroom.article(article.id)
    before = newsroom.documents()

    newsroom.clock.at -= STEP
    for _ in range(5):
        newsroom.tick()
        newsroom.edit(released, title=f"At {newsroom.clock.at}")
        newsroom.tick()
        assert newsroom.article(article.id).published_at == released.published_at
        assert newsroom.shown() == [article.atom_id]
        assert whole(newsroom)
        after = newsroom.documents()
        assert all(after[fmt].modified_at >= before[fmt].modified_at for fmt in Format)
        newsroom.clock.advance(hours=1)


@pytest.mark.parametrize("step", [-STEP, STEP], ids=["back", "forward"])
def test_a_build_that_was_under_way_at_a_step_is_taken_up_within_its_lease(
    newsroom: Newsroom, step: dt.timedelta
) -> None:
    newsroom.submit()
    press = newsroom.services.press
    with newsroom.services.database.write() as tx:
        for feed in feeds.all_feeds(tx):
            builds.claim(tx, feed.id, now=press.now(), lease=press.lease, token="of the dead")
    newsroom.clock.at += step

    newsroom.clock.at += press.lease
    newsroom.tick()

    assert len(newsroom.shown()) == 1
    assert whole(newsroom)


# A worker on a computer whose clock is set.

_LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
program = pytest.mark.program
slow = pytest.mark.slow
needs_faketime = pytest.mark.skipif(
    not _LIBRARIES and os.environ.get("CI") != "true", reason="faketime is not installed"
)
# A worker ticks within two seconds of a step; machines are busy at times.
_TICK_SECONDS = 10


@dataclass
class Computer:
    """A computer with a clock, a worker and a store.

    Attributes:
        newsroom: Goes by the same clock.
    """

    file: Path
    newsroom: Newsroom
    worker: Running
    ahead: dt.timedelta = dt.timedelta()

    def set_clock(self, ahead: dt.timedelta) -> None:
        """Have the clock show a time that is so far ahead of the real one."""
        self.ahead = ahead
        new = self.file.with_suffix(".new")
        new.write_text(f"{ahead.total_seconds():+.0f}\n")
        new.replace(self.file)

    def now(self) -> dt.datetime:
        """Return what the clock shows."""
        return utc_now() + self.ahead

    def is_at_work(self) -> bool:
        """True when what comes in now is taken up within seconds, and built."""
        until(self._is_at_rest)
        self.newsroom.clock.at = self.now()
        self.newsroom.submit(title=f"News {time.monotonic()}", date=None)
        until(lambda: self._feeds_with("lease_token") or self._is_at_rest(), _TICK_SECONDS)
        until(self._is_at_rest)
        return True

    def _is_at_rest(self) -> bool:
        return not self._feeds_with("build_due_at") and not self._feeds_with("lease_token")

    def _feeds_with(self, column: str) -> list[int]:
        query = sa.select(t.feed.c.id).where(t.feed.c[column].is_not(None))
        with self.newsroom.services.database.read() as tx:
            return list(tx.execute(query).scalars())

    def is_released(self, article: Article) -> bool:
        """True when an article is public."""
        return self.newsroom.article(article.id).status is Status.PUBLISHED


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Computer]:
    """Return a computer whose worker works, with a clock that is right."""
    assert _LIBRARIES, "CI installs faketime"
    file = tmp_path / "clock"
    file.write_text("+0\n")
    environ = {
        "LD_PRELOAD": str(_LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    with a_house(tmp_path, f"sqlite:///{tmp_path}/feedsvc.db") as (house, services):
        house.program = house.program.with_env(**environ)
        worker = house.spawn("worker", [sys.executable, "-m", "feedsvc", "worker"])
        house.running["worker"] = worker
        clock = Clock(services.now())
        newsroom = Newsroom(replace(services, now=clock.now), clock)
        until(lambda: "worker_started" in worker.log)
        yield Computer(file, newsroom, worker)


@slow
@program
@needs_faketime
def test_a_worker_goes_on_when_the_clock_is_set_back_and_releases_nothing_early(
    computer: Computer,
) -> None:
    assert computer.is_at_work()
    article = scheduled(computer.newsroom, seconds=4)
    computer.set_clock(-STEP)
    assert computer.is_at_work()

    until(partial(has_passed, article.release_at))
    assert computer.is_at_work()
    assert not computer.is_released(article)

    computer.set_clock(dt.timedelta())
    until(partial(computer.is_released, article), _TICK_SECONDS)
    assert computer.is_at_work()
    assert computer.worker.log.count("article_released") == 1
    assert checks.wrong_documents(computer.newsroom.services) == []


@slow
@program
@needs_faketime
def test_a_worker_goes_on_when_the_clock_is_set_forward_and_releases_nothing_twice(
    computer: Computer,
) -> None:
    assert computer.is_at_work()
    article = scheduled(computer.newsroom, hours=2)
    later = scheduled(computer.newsroom, hours=5)

    computer.set_clock(STEP)
    until(partial(computer.is_released, article), _TICK_SECONDS)
    assert computer.is_at_work()
    computer.set_clock(dt.timedelta())
    assert computer.is_at_work()
    computer.set_clock(STEP)
    assert computer.is_at_work()

    assert not computer.is_released(later)
    assert computer.worker.log.count("article_released") == 1
