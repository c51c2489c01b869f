"""Feeds with timetables: new articles wait for the hour, nothing else does."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from feedsvc.feeds.admit import admit_due, prepare
from feedsvc.feeds.press import Press
from feedsvc.model import Change, Feed, Format, Kind
from feedsvc.store import feeds
from feedsvc.store import tables as t
from tests.conftest import make_newsroom
from tests.newsroom import Clock, Newsroom

NEWS = "section/news"
# The clock of the tests stands at 10:00 in New York; 06:00 there is 11:00 UTC in winter.
NEXT_SIX = dt.datetime(2024, 11, 19, 11, tzinfo=dt.UTC)


@pytest.fixture
def room(database_url: str, clock: Clock) -> Iterator[Newsroom]:
    """Return a newsroom whose news appear at six in the morning."""
    environ = {"FEEDSVC_FEEDS__TIMETABLES": f"{NEWS} = 0 6 * * *"}
    room = make_newsroom(database_url, clock, environ)
    yield room
    room.services.database.close()


def the_news(room: Newsroom) -> Feed:
    with room.services.database.read() as tx:
        return next(feed for feed in feeds.all_feeds(tx) if feed.path == NEWS)


def tick(room: Newsroom) -> list[str]:
    """Do what a worker does about timetables, then build; return what was admitted to."""
    prepare(room.services.press)
    admitted = admit_due(room.services.press)
    room.build()
    return admitted


def at_six(room: Newsroom) -> list[str]:
    """Let the clock go on to six in the morning."""
    prepare(room.services.press)
    room.clock.at = NEXT_SIX
    return tick(room)


def test_a_new_article_waits_for_the_hour_there_and_nowhere_else(room: Newsroom) -> None:
    article = room.submit()
    tick(room)

    assert room.shown(NEWS) == []
    assert room.shown("all") == room.shown("author/ana-lee") == [article.atom_id]
    assert the_news(room).admit_due_at == NEXT_SIX

    assert at_six(room) == [NEWS]

    assert room.shown(NEWS) == [article.atom_id]
    assert the_news(room).admitted_at == NEXT_SIX
    assert the_news(room).admit_due_at == NEXT_SIX + dt.timedelta(days=1)
    assert room.channel(NEWS).updated_at == NEXT_SIX  # the admission is the event


def test_a_second_before_the_hour_is_too_early(room: Newsroom) -> None:
    room.submit()
    tick(room)
    room.clock.at = NEXT_SIX - dt.timedelta(seconds=1)

    assert tick(room) == []
    assert room.shown(NEWS) == []


def test_edits_corrections_and_withdrawals_do_not_wait(room: Newsroom) -> None:
    one, two = room.submit(title="One"), room.submit(title="Two")
    tick(room)
    at_six(room)
    waiting = room.submit(title="Waiting", date=None)

    room.edit(one, Change.UPDATE, title="One, updated")
    room.withdraw(two)
    tick(room)

    assert room.shown(NEWS) == [one.atom_id]
    body = room.documents(NEWS)[Format.ATOM].body
    assert b"One, updated" in body
    assert two.atom_id.encode() in body  # its tombstone
    assert waiting.atom_id.encode() not in body


def test_an_article_that_is_edited_while_it_waits_still_waits(room: Newsroom) -> None:
    tick(room)
    at_six(room)
    article = room.submit(date=None)
    room.edit(article, Change.UPDATE, title="Edited")
    tick(room)

    assert room.shown(NEWS) == []


def test_what_waits_changes_no_byte(room: Newsroom) -> None:
    room.submit()
    tick(room)
    at_six(room)
    before = room.documents(NEWS)

    room.clock.advance(minutes=1)
    room.submit(title="Waiting", date=None)
    tick(room)

    assert room.documents(NEWS) == before


def test_hours_that_were_missed_are_made_up_for_once(room: Newsroom) -> None:
    article = room.submit()
    tick(room)
    room.clock.advance(days=3)  # no worker ran

    assert tick(room) == [NEWS]
    assert tick(room) == []
    assert room.shown(NEWS) == [article.atom_id]


def test_a_clock_that_was_set_forward_and_back_puts_nothing_off(room: Newsroom) -> None:
    room.submit()
    true = room.clock.at
    room.clock.at = true + dt.timedelta(days=30)
    tick(room)
    room.clock.at = true

    prepare(room.services.press)

    assert the_news(room).admit_due_at == NEXT_SIX


def test_a_feed_that_gets_a_timetable_keeps_what_it_shows(database_url: str, clock: Clock) -> None:
    before = make_newsroom(database_url, clock)
    article = before.submit()
    before.build()
    environ = {"FEEDSVC_FEEDS__TIMETABLES": f"{NEWS} = every 2 hours"}
    room = make_newsroom(database_url, clock, environ, seed=2)

    room.submit(title="Waiting", date=None)
    tick(room)
    assert room.shown(NEWS) == [article.atom_id]

    clock.advance(hours=2)
    tick(room)
    assert len(room.shown(NEWS)) == 2
    before.services.database.close()
    room.services.database.close()


def test_a_feed_that_loses_its_timetable_shows_everything(room: Newsroom) -> None:
    room.submit()
    tick(room)
    url = room.services.database.url
    after = make_newsroom(url, room.clock, seed=2)

    tick(after)

    assert len(after.shown(NEWS)) == 1
    assert the_news(after).admit_due_at is None
    after.services.database.close()


def test_a_year_of_admissions_skips_and_doubles_none(tmp_path: Path, clock: Clock) -> None:
    environ = {"FEEDSVC_FEEDS__TIMETABLES": f"{NEWS} = 0 6 * * *"}
    room = make_newsroom(f"sqlite:///{tmp_path}/feedsvc.db", clock, environ)
    room.submit()
    prepare(room.services.press)
    seen: list[dt.datetime] = []
    while len(seen) < 370:
        due = the_news(room).admit_due_at
        assert due
        room.clock.at = due
        assert admit_due(room.services.press) == [NEWS]
        seen.append(due)
        with room.services.database.write() as tx:
            tx.execute(sa.update(t.feed).values(build_due_at=None))

    local = [at.astimezone(room.services.settings.tz) for at in seen]
    assert {at.time() for at in local} == {dt.time(6)}
    days = [at.date() for at in local]
    assert days == [days[0] + dt.timedelta(days=number) for number in range(370)]
    room.services.database.close()


def with_tables(room: Newsroom, **tables: str) -> Press:
    """Return a press for the same store with other timetables."""
    settings = room.services.settings
    limits = settings.feeds.model_copy(update={"timetables": tables})
    return dataclasses.replace(
        room.services.press, settings=settings.model_copy(update={"feeds": limits})
    )


def test_another_timetable_holds_from_the_moment_it_is_set(room: Newsroom) -> None:
    room.submit()
    room.clock.advance(hours=12)  # ten in the evening
    tick(room)
    evening = with_tables(room, **{NEWS: "0 18 * * *"})

    prepare(evening)
    room.clock.at = NEXT_SIX
    prepare(evening)

    assert admit_due(evening) == []
    room.clock.at = NEXT_SIX + dt.timedelta(hours=12)
    assert admit_due(evening) == [NEWS]


def test_a_section_that_is_renamed_holds_up_no_other(room: Newsroom) -> None:
    room.submit(sections=("News", "Sports"))
    room.build()
    hourly = {NEWS: "every hour", "section/sports": "every hour"}
    press = with_tables(room, **hourly)
    prepare(press)
    room.rename(Kind.SECTION, "News", "Headlines")
    room.clock.advance(hours=1)

    assert admit_due(press) == ["section/sports"]
