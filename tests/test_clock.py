"""The clock: ticks that are late are run once, and what fails in one holds up nothing else."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import sqlalchemy as sa
from apscheduler.schedulers.background import BackgroundScheduler

from feedsvc import fetch
from feedsvc.clock import Clock as WorkersClock
from feedsvc.clock import make_scheduler, release, wake
from feedsvc.errors import StoreAwayError
from feedsvc.model import Article, Source, Status
from feedsvc.services import Services
from feedsvc.store import builds, feeds, jobs, sources
from tests.cli.server import serving
from tests.cli.service import until
from tests.conftest import make_newsroom
from tests.intake.darkroom import a_darkroom
from tests.intake.feeds import rss
from tests.intake.images import PHOTO
from tests.newsroom import Clock, Newsroom


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Newsroom]:
    """Return a newsroom whose clock is hours behind APScheduler's: all its ticks are late.

    Not years, for APScheduler counts the ticks that were missed, one by one.
    """
    clock = Clock(dt.datetime.now(dt.UTC) - dt.timedelta(hours=4))
    newsroom = make_newsroom(f"sqlite:///{tmp_path}/feedsvc.db", clock)
    yield newsroom
    newsroom.services.database.close()


@contextmanager
def started(newsroom: Newsroom, *, paused: bool = False) -> Iterator[BackgroundScheduler]:
    """Run a worker's scheduler until the block ends."""
    clock = WorkersClock(newsroom.services)
    scheduler = make_scheduler(clock)
    scheduler.start(paused=paused)
    try:
        yield scheduler
    finally:
        if scheduler.running:
            scheduler.shutdown(wait=True)
        clock.end()


def scheduled(newsroom: Newsroom, title: str = "Later", **ahead: float) -> Article:
    """Submit an article that is released so far ahead."""
    at = newsroom.clock.at + dt.timedelta(**ahead)
    return newsroom.submit(title=title, date=at)


def break_store(newsroom: Newsroom, event: str, condition: str) -> None:
    """Make the database refuse an event, as a full disk would."""
    with newsroom.services.database.write() as tx:
        tx.execute(
            sa.text(
                f"CREATE TRIGGER broken BEFORE {event} WHEN {condition}"
                " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
            )
        )


def mend_store(newsroom: Newsroom) -> None:
    """Undo `break_store`."""
    with newsroom.services.database.write() as tx:
        tx.execute(sa.text("DROP TRIGGER broken"))


# Ticks.


def test_a_tick_releases_what_is_due_and_builds_its_feeds(newsroom: Newsroom) -> None:
    article = scheduled(newsroom, hours=1)
    newsroom.tick()
    assert newsroom.article(article.id).status is Status.SCHEDULED

    newsroom.clock.advance(hours=1)
    newsroom.tick()

    assert newsroom.article(article.id).status is Status.PUBLISHED
    for path in ("all", "section/news", "author/ana-lee", "edition/the-journal-2024"):
        assert newsroom.shown(path) == [article.atom_id]


def test_a_late_article_carries_the_real_instant_of_its_release(newsroom: Newsroom) -> None:
    article = scheduled(newsroom, hours=1)
    late = newsroom.clock.advance(days=3)

    newsroom.tick()

    assert newsroom.article(article.id).published_at == late
    assert newsroom.article(article.id).release_at is None


def test_all_that_is_late_comes_out_in_one_tick(newsroom: Newsroom) -> None:
    late = {scheduled(newsroom, f"Story {hours}", hours=hours).atom_id for hours in (3, 1, 2)}
    newsroom.clock.advance(days=1)

    assert release(newsroom.services) == 3

    newsroom.build()
    assert set(newsroom.shown()) == late


def test_a_tick_with_nothing_to_do_changes_nothing(newsroom: Newsroom) -> None:
    newsroom.submit()
    scheduled(newsroom, hours=1)
    newsroom.build()
    before = newsroom.all_documents()

    assert release(newsroom.services) == 0
    newsroom.tick()

    assert newsroom.all_documents() == before


def test_a_second_tick_releases_nothing_again(newsroom: Newsroom) -> None:
    scheduled(newsroom, hours=1)
    newsroom.clock.advance(hours=2)

    assert [release(newsroom.services), release(newsroom.services)] == [1, 0]


# What fails.


def test_a_feed_that_cannot_be_stored_holds_up_no_other(sqlite_newsroom: Newsroom) -> None:
    newsroom = sqlite_newsroom
    newsroom.submit()
    newsroom.build()
    with newsroom.services.database.read() as tx:
        query = "SELECT feed.id FROM feed JOIN term ON term.id = term_id WHERE name = 'News'"
        news = tx.execute(sa.text(query)).scalar_one()
    for event in ("INSERT ON document", "UPDATE ON document"):
        break_store(newsroom, event, f"NEW.feed_id = {news}")
        newsroom.clock.advance(minutes=1)
        article = newsroom.submit(title=f"While {event} fails")

        newsroom.tick()

        assert article.atom_id in newsroom.shown("all")
        assert article.atom_id in newsroom.shown("author/ana-lee")
        mend_store(newsroom)
        newsroom.clock.advance(minutes=10)
        newsroom.tick()
        assert article.atom_id in newsroom.shown("section/news")


def test_a_release_that_fails_holds_up_no_build(sqlite_newsroom: Newsroom) -> None:
    newsroom = sqlite_newsroom
    late = scheduled(newsroom, hours=1)
    newsroom.clock.advance(hours=2)
    other = newsroom.submit(title="Other")
    break_store(newsroom, "UPDATE ON article", "NEW.status = 'published'")

    with pytest.raises(sa.exc.IntegrityError):
        newsroom.tick()
    assert newsroom.shown() == [other.atom_id]

    mend_store(newsroom)
    newsroom.tick()
    assert newsroom.shown() == [late.atom_id, other.atom_id]


def test_the_clock_goes_on_after_a_tick_that_failed(behind: Newsroom) -> None:
    late = scheduled(behind, hours=1)
    behind.clock.advance(hours=2)
    break_store(behind, "UPDATE ON article", "NEW.status = 'published'")

    with started(behind) as scheduler:
        first = scheduler.get_job("tick").next_run_time
        until(lambda: scheduler.get_job("tick").next_run_time > first + dt.timedelta(seconds=1))
        assert behind.article(late.id).status is Status.SCHEDULED
        mend_store(behind)
        until(partial(_is_public, behind, late))


# The scheduler.


def test_ticks_that_were_missed_are_run_once_however_late(behind: Newsroom) -> None:
    """APScheduler's own default drops a tick that is one second late."""
    with started(behind, paused=True) as scheduler:
        job = scheduler.get_job("tick")

        assert job.misfire_grace_time is None
        assert job.coalesce is True
        assert job.max_instances == 1
        assert job.trigger.interval == dt.timedelta(seconds=0.2)


@pytest.mark.parametrize("seconds", [7, 60])
def test_the_interval_is_a_setting_and_the_first_tick_comes_at_once_however_late(
    tmp_path: Path, seconds: int
) -> None:
    """The clock is an hour behind APScheduler's; the next tick is longer off than this waits."""
    environ = {"FEEDSVC_WORKER__TICK_SECONDS": str(seconds)}
    clock = Clock(dt.datetime.now(dt.UTC) - dt.timedelta(hours=1))
    newsroom = make_newsroom(f"sqlite:///{tmp_path}/feedsvc.db", clock, environ)
    article = scheduled(newsroom, minutes=10)
    clock.advance(minutes=20)

    with started(newsroom) as scheduler:
        trigger = scheduler.get_job("tick").trigger
        until(partial(_is_public, newsroom, article), seconds=6)
        until(lambda: len(newsroom.paths()) == 4)

    assert trigger.interval == dt.timedelta(seconds=seconds)
    newsroom.services.database.close()


def test_ticks_follow_each_other(behind: Newsroom) -> None:
    with started(behind):
        for title in ("First", "Second"):
            article = scheduled(behind, title, hours=1)
            behind.clock.advance(hours=1)
            until(partial(_is_public, behind, article))


def test_it_shuts_down_when_its_tick_has_ended_and_leaves_no_thread(
    behind: Newsroom,
) -> None:
    before = set(threading.enumerate())
    for number in range(20):
        behind.submit(title=f"Story {number}", sections=(f"Section {number}",))

    with started(behind) as scheduler:
        until(lambda: _documents(behind))
        scheduler.shutdown(wait=True)
        ended = _documents(behind)

    assert set(threading.enumerate()) - before == set()
    assert ended == len(behind.paths())
    assert _documents(behind) == ended


def _is_public(newsroom: Newsroom, article: Article) -> bool:
    return newsroom.article(article.id).status is Status.PUBLISHED


def _documents(newsroom: Newsroom) -> int:
    """Count the feeds that have been built."""
    with newsroom.services.database.read() as tx:
        query = "SELECT count(*) FROM document WHERE format = 'rss'"
        return int(tx.execute(sa.text(query)).scalar_one())


# Of several workers one is the clock.


def test_of_two_workers_one_is_the_clock_until_it_ends(newsroom: Newsroom) -> None:
    one = WorkersClock(newsroom.services, holder="one:1")
    two = WorkersClock(newsroom.services, holder="two:2")
    first = newsroom.submit(title="First")

    one.tick()
    newsroom.clock.advance(minutes=1)
    second = newsroom.submit(title="Second", date=None)
    two.tick()
    assert newsroom.shown() == [first.atom_id]
    assert holder(newsroom) == "one:1"

    one.end()
    two.tick()
    assert newsroom.shown() == [second.atom_id, first.atom_id]
    assert holder(newsroom) == "two:2"
    two.end()


def holder(newsroom: Newsroom) -> str:
    """Return who the clock is."""
    with newsroom.services.database.read() as tx:
        state = jobs.clock(tx)
    assert state
    return state.holder


def test_a_new_clock_takes_over_what_the_last_one_was_building(newsroom: Newsroom) -> None:
    article = newsroom.submit()
    now, lease = newsroom.clock.at, dt.timedelta(minutes=1)
    with newsroom.services.database.write() as tx:
        for feed_id in range(1, 5):
            builds.claim(tx, feed_id, now=now, lease=lease, token="clock:dead:1:x")

    newsroom.tick()

    assert newsroom.shown() == [article.atom_id]


def test_a_new_clock_leaves_alone_what_a_command_is_building(newsroom: Newsroom) -> None:
    newsroom.submit()
    now, lease = newsroom.clock.at, dt.timedelta(minutes=1)
    with newsroom.services.database.write() as tx:
        builds.claim(tx, 1, now=now, lease=lease, token="command:7:x")

    newsroom.tick()

    with newsroom.services.database.read() as tx:
        built = {feed.id for feed in feeds.all_feeds(tx) if feed.digest}
    assert 1 not in built
    assert len(built) == 3


# What it leaves on record.


def test_jobs_say_when_they_were_done_and_what_came_of_them(newsroom: Newsroom) -> None:
    scheduled(newsroom, hours=1)
    newsroom.submit(title="Now")
    newsroom.tick()
    newsroom.clock.advance(hours=1)
    newsroom.tick()

    with newsroom.services.database.read() as tx:
        found = jobs.all_jobs(tx)
        state = jobs.clock(tx)
    assert found["release"].note == "1 released"
    assert (found["build"].note, found["build"].runs) == ("4 built, 0 failed", 2)
    assert found["read-back"].failures == 0
    assert found["build"].total_seconds >= found["build"].seconds  # type: ignore[operator]
    assert state
    assert state.beat_at == newsroom.clock.at


def test_a_tick_with_nothing_to_do_leaves_no_job(newsroom: Newsroom) -> None:
    newsroom.tick()

    with newsroom.services.database.read() as tx:
        assert jobs.all_jobs(tx) == {}


# Pictures.


def test_the_clock_fetches_pictures_beside_its_ticks(tmp_path: Path) -> None:
    clock = Clock(dt.datetime.now(dt.UTC))
    with serving() as site:
        url = f"sqlite:///{tmp_path}/feedsvc.db"
        darkroom = a_darkroom(url, clock, site, tmp_path / "media")
        article = darkroom.story(site.put("/a.jpg", PHOTO))
        with started(darkroom.room):
            until(partial(asked, darkroom.room, "media"))
        (known,) = darkroom.room.article(article.id).files
        assert known.asset
        darkroom.room.services.database.close()


def asked(newsroom: Newsroom, job: str) -> bool:
    """Tell whether a job was done."""
    with newsroom.services.database.read() as tx:
        return job in jobs.all_jobs(tx)


def test_nothing_is_fetched_where_that_is_not_wanted(tmp_path: Path, clock: Clock) -> None:
    with serving() as site:
        url, off = f"sqlite:///{tmp_path}/feedsvc.db", {"FEEDSVC_MEDIA__FETCH": "false"}
        darkroom = a_darkroom(url, clock, site, tmp_path / "media", **off)
        darkroom.story(site.put("/a.jpg", PHOTO))
        worker = WorkersClock(darkroom.room.services)
        worker.tick()
        worker.fetch_media()
        worker.end()

        assert site.asked == []
        darkroom.room.services.database.close()


# The audit.


def audits(newsroom: Newsroom) -> int:
    """Let the clock look whether the audit is due; return how often it was done by now."""
    clock = WorkersClock(newsroom.services)
    clock.tick()
    clock.audit_if_due()
    clock.end()
    with newsroom.services.database.read() as tx:
        return jobs.all_jobs(tx)["audit"].runs


def test_the_audit_is_done_once_a_night_and_made_up_for_when_it_was_missed(
    sqlite_newsroom: Newsroom,
) -> None:
    newsroom = sqlite_newsroom  # at ten in the morning; the audit is at three
    newsroom.submit()
    assert audits(newsroom) == 0
    newsroom.clock.advance(hours=16)
    assert audits(newsroom) == 0
    newsroom.clock.advance(hours=1, minutes=1)
    assert audits(newsroom) == 1
    assert audits(newsroom) == 1
    newsroom.clock.advance(days=5)
    assert audits(newsroom) == 2
    assert audits(newsroom) == 2

    with newsroom.services.database.read() as tx:
        assert jobs.all_jobs(tx)["audit"].note == "12 documents, 0 findings"


# Sources.


def add_source(services: Services, url: str) -> None:
    """Add a source that is due."""
    now = services.now()
    with services.database.write() as tx:
        sources.add(tx, [Source(url, url, added_at=now, next_poll_at=now)])


def test_sources_that_are_due_are_polled_by_the_clock_alone(sqlite_newsroom: Newsroom) -> None:
    with serving() as site:
        url = site.put("/feed", rss("<title>One</title><description>x</description>"))
        get = partial(fetch.get, trusted_url=site.url)
        services = replace(sqlite_newsroom.services, get=get)
        with services.database.write() as tx:
            sources.add(
                tx, [Source(url, url, added_at=services.now(), next_poll_at=services.now())]
            )
        clock = WorkersClock(services)

        clock.poll_if_due()
        assert site.asked == []
        clock.tick()
        clock.poll_if_due()
        clock.poll_if_due()
        clock.end()

        assert site.asked == ["GET /feed"]
    with services.database.read() as tx:
        assert jobs.all_jobs(tx)["poll"].note == "1 polled, 1 new, 0 failed"
    assert sqlite_newsroom.article(1).status is Status.DRAFT


def test_a_source_that_does_not_answer_holds_up_no_release(behind: Newsroom) -> None:
    released = threading.Event()

    def wait(handler: BaseHTTPRequestHandler) -> None:
        released.wait(30)
        handler.send_response(304)
        handler.end_headers()

    with serving() as site:
        site.pages["/slow"] = wait
        url = f"{site.url}/slow"
        services = replace(behind.services, get=partial(fetch.get, trusted_url=site.url))
        room = replace(behind, services=services)
        with services.database.write() as tx:
            sources.add(
                tx, [Source(url, url, added_at=services.now(), next_poll_at=services.now())]
            )
        article = scheduled(room, hours=1)
        with started(room):
            until(lambda: site.asked != [])
            room.clock.advance(hours=2)
            until(lambda: room.article(article.id).status is Status.PUBLISHED)
            released.set()


# Clocks that are set.


def test_a_job_that_waits_for_a_time_before_the_clock_was_set_back_runs_now(
    behind: Newsroom,
) -> None:
    with started(behind, paused=True) as scheduler:
        now = dt.datetime.now(dt.UTC)
        tick, audit = scheduler.get_job("tick"), scheduler.get_job("audit")
        tick.modify(next_run_time=now + dt.timedelta(seconds=1))
        audit.modify(next_run_time=now + dt.timedelta(hours=3))

        wake(scheduler)

        assert scheduler.get_job("tick").next_run_time == now + dt.timedelta(seconds=1)
        assert abs(scheduler.get_job("audit").next_run_time - now) < dt.timedelta(seconds=5)


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_clock_that_is_set_releases_nothing_early_or_twice(
    newsroom: Newsroom, hours: int
) -> None:
    article = scheduled(newsroom, hours=4)
    due = newsroom.clock.at + dt.timedelta(hours=4)
    newsroom.tick()
    newsroom.clock.advance(hours=hours)
    newsroom.tick()
    assert newsroom.article(article.id).status is Status.SCHEDULED

    newsroom.clock.at = due
    newsroom.tick()
    released = newsroom.article(article.id)
    newsroom.clock.advance(hours=-3)
    newsroom.tick()
    newsroom.clock.advance(hours=6)
    newsroom.tick()

    assert newsroom.article(article.id) == released
    assert released.published_at == due
    assert newsroom.shown() == [article.atom_id]


def test_what_happens_after_the_clock_was_set_back_is_served_at_once(newsroom: Newsroom) -> None:
    newsroom.submit(title="Before", date=None)
    newsroom.tick()
    newsroom.clock.advance(hours=-3)
    newsroom.submit(title="After", date=None)

    newsroom.tick()

    assert {entry.title for entry in newsroom.channel().entries} == {"Before", "After"}
    assert len(newsroom.shown()) == 2


def test_an_audit_that_was_cut_short_is_done_at_the_next_start(sqlite_newsroom: Newsroom) -> None:
    newsroom = sqlite_newsroom
    newsroom.submit()
    assert audits(newsroom) == 0
    newsroom.clock.advance(days=1)
    clock = WorkersClock(newsroom.services)
    clock.tick()
    clock.stopping.set()
    clock.audit_if_due()
    clock.end()

    assert audits(newsroom) == 1


def test_the_audit_goes_on_when_the_clock_was_a_year_ahead(sqlite_newsroom: Newsroom) -> None:
    newsroom = sqlite_newsroom
    newsroom.submit()
    assert audits(newsroom) == 0
    newsroom.clock.advance(days=365)
    assert audits(newsroom) == 1

    newsroom.clock.advance(days=-364)

    assert audits(newsroom) == 2
    assert audits(newsroom) == 2


def test_a_release_that_fails_once_is_tried_again_in_the_same_backlog(
    sqlite_newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom = sqlite_newsroom
    newsroom.submit()
    late = scheduled(newsroom, hours=1)
    newsroom.clock.advance(hours=1)
    failures = [StoreAwayError("once")]

    def stumbling(services: Services) -> int:
        if failures:
            raise failures.pop()
        return release(services)

    monkeypatch.setattr("feedsvc.clock.release", stumbling)
    with pytest.raises(StoreAwayError, match="once"):
        newsroom.tick()

    assert newsroom.article(late.id).status is Status.PUBLISHED
