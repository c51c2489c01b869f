"""Working off what is due: in order, over several processes, and with builders that die."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import signal
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from feedsvc.feeds import backlog
from feedsvc.feeds.backlog import Failed, build_due, build_now
from feedsvc.feeds.build import Built, Outcome
from feedsvc.feeds.pool import Pool
from feedsvc.feeds.press import Press
from feedsvc.model import Feed
from feedsvc.store import builds, feeds
from feedsvc.store import tables as t
from tests.newsroom import Newsroom

SECTIONS = 30  # enough for processes of their own


def with_stories(room: Newsroom) -> Newsroom:
    """Submit a story to each of many sections, and build nothing."""
    for number in range(SECTIONS):
        room.submit(title=f"Story {number}", sections=(f"Section {number}",), date=None)
    return room


@pytest.fixture
def crowd(sqlite_newsroom: Newsroom) -> Newsroom:
    """Return a newsroom with much to build."""
    return with_stories(sqlite_newsroom)


def all_feeds(room: Newsroom) -> list[Feed]:
    with room.services.database.read() as tx:
        return feeds.all_feeds(tx)


def is_built(room: Newsroom) -> bool:
    return all(feed.build_due_at is None and feed.digest for feed in all_feeds(room))


def test_several_processes_build_every_feed_once(newsroom: Newsroom) -> None:
    crowd = with_stories(newsroom)
    built, errors = build_now(crowd.services.press, processes=2)

    assert errors == []
    assert sorted(one.path for one in built) == sorted(crowd.paths())
    assert {one.outcome for one in built} == {Outcome.SWAPPED}
    assert is_built(crowd)


def test_what_several_processes_build_is_what_one_builds(crowd: Newsroom) -> None:
    build_now(crowd.services.press, processes=2)
    before = crowd.all_documents()
    with crowd.services.database.write() as tx:
        tx.execute(sa.update(t.feed).values(digest=None, build_due_at=crowd.clock.at))
        tx.execute(sa.delete(t.document))

    build_now(crowd.services.press)

    after = crowd.all_documents()
    assert {name: one.etag for name, one in after.items()} == {
        name: one.etag for name, one in before.items()
    }


def test_progress_is_told_with_several_processes_too(crowd: Newsroom) -> None:
    told: list[tuple[int, int]] = []

    build_now(crowd.services.press, lambda done, known: told.append((done, known)), processes=2)

    assert {known for _, known in told} == {len(crowd.paths())}
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_change_of_one_article_does_not_wait_for_a_backlog(crowd: Newsroom) -> None:
    results = build_due(crowd.services.press)
    next(results)
    crowd.clock.advance(seconds=1)
    crowd.submit(title="Breaking", sections=("Latest",), byline=(), edition=None, date=None)

    following = {next(results).path, next(results).path}  # type: ignore[union-attr]

    assert following == {"all", "section/latest"}
    list(results)
    assert is_built(crowd)


def test_a_feed_that_changes_again_in_the_same_pass_is_built_again(newsroom: Newsroom) -> None:
    article = newsroom.submit()
    seen = []
    for result in build_due(newsroom.services.press):
        assert isinstance(result, Built)
        seen.append(result.path)
        if len(seen) == 4:
            newsroom.edit(article, title="Changed")

    assert sorted(seen) == sorted(2 * newsroom.paths())
    assert newsroom.channel().entries[0].title == "Changed"


def test_a_backlog_that_is_left_stays_due(crowd: Newsroom) -> None:
    results = build_due(crowd.services.press, processes=2)
    next(results)
    assert isinstance(results, Iterator)
    results.close()  # type: ignore[attr-defined]

    assert not is_built(crowd)
    crowd.clock.advance(minutes=2)  # whatever was in the middle of it
    build_now(crowd.services.press)
    assert is_built(crowd)


# Builders that die.


def _die_once(press: Press, feed_id: int) -> Built | Failed:
    """Build, but end the process without a word at the first feed of all."""
    marker = os.environ["FEEDSVC_TEST_MARKER"]
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return backlog._attempt(press, feed_id)
    lease = {"lease_until": press.now() + press.lease, "lease_token": f"{press.builder}x"}
    with press.database.write() as tx:
        tx.execute(sa.update(t.feed).where(t.feed.c.id == feed_id).values(**lease, attempts=1))
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def _wait_for(pool: Pool[Built | Failed]) -> None:
    while pool.busy:
        list(pool.finished())


def test_a_builder_that_is_killed_costs_nothing_but_its_time(
    crowd: Newsroom, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDSVC_TEST_MARKER", f"{tmp_path}/died")
    press = dataclasses.replace(crowd.services.press, builder="clock:here:1:")
    with Pool(press, 2, _die_once) as pool:
        for feed in all_feeds(crowd)[:4]:
            pool.submit(feed.id)
        with pytest.raises(BrokenExecutor):
            _wait_for(pool)

    work = backlog._Backlog(press, dt.timedelta())
    list(backlog._build_with(2, work, None))

    left = [feed.path for feed in all_feeds(crowd) if feed.build_due_at is not None]
    # Its lease goes on, and that of the other if it ended in a build too, until a clock frees them.
    assert len(left) in {1, 2}
    with crowd.services.database.write() as tx:
        assert builds.void_leases(tx, "clock:", crowd.clock.at) == []
    build_now(press)
    assert is_built(crowd)


# What has not changed.


def test_feeds_that_are_due_and_have_not_changed_are_settled_together(newsroom: Newsroom) -> None:
    crowd = with_stories(newsroom)
    crowd.build()
    before = crowd.all_documents()
    crowd.clock.advance(minutes=1)
    backlog.mark_all_due(crowd.services.press, crowd.services.new_urn)
    crowd.submit(title="New", sections=("Section 3",), byline=(), edition=None, date=None)

    built, errors = build_now(crowd.services.press, processes=2)

    assert errors == []
    swapped = {one.path for one in built if one.outcome is Outcome.SWAPPED}
    assert swapped == {"all", "section/section-3"}
    assert len(built) == len(crowd.paths())
    assert is_built(crowd)
    same = {name for name, one in crowd.all_documents().items() if one == before[name]}
    assert {name.rpartition(".")[0] for name in set(before) - same} == swapped


def test_a_row_that_cannot_be_read_holds_up_no_feed_but_its_own(crowd: Newsroom) -> None:
    crowd.build()
    crowd.clock.advance(minutes=1)
    backlog.mark_all_due(crowd.services.press, crowd.services.new_urn)
    with crowd.services.database.write() as tx:  # half of a UTF-16 character
        tx.execute(sa.text("UPDATE article SET title = CAST(x'EDA080' AS TEXT) WHERE id = 7"))

    built, errors = build_now(crowd.services.press)

    assert len(errors) == 4  # the feeds that list it
    assert len(built) == len(crowd.paths()) - 4


@dataclass
class Exploding:
    """A clock that no other process can be given."""

    at: dt.datetime
    pid: int = field(default_factory=os.getpid)

    def __call__(self) -> dt.datetime:
        return self.at

    def __setstate__(self, state: dict[str, Any]) -> None:
        if os.getpid() != state["pid"]:
            raise MemoryError("no memory at the start")
        self.__dict__.update(state)


def test_processes_that_cannot_even_begin_leave_the_work_to_this_one(crowd: Newsroom) -> None:
    press = dataclasses.replace(crowd.services.press, now=Exploding(crowd.clock.at))

    built, errors = build_now(press, processes=2)

    assert errors == []
    assert len(built) == len(crowd.paths())


def test_each_of_many_builds_is_one_line_in_the_log(crowd: Newsroom) -> None:
    crowd.build()
    crowd.clock.advance(minutes=1)
    backlog.mark_all_due(crowd.services.press, crowd.services.new_urn)
    crowd.submit(title="New", sections=("Section 3",), byline=(), edition=None, date=None)

    with capture_logs() as lines:
        build_now(crowd.services.press)

    told = [line["feed"] for line in lines if line["event"] == "feed_built"]
    assert sorted(told) == sorted(crowd.paths())
