"""`feedsvc status`: how it goes on one screen, and status 1 when it needs a person."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

import pytest

from feedsvc.feeds.backlog import build_now
from feedsvc.model import Finding
from feedsvc.store import feeds, records
from tests.cli.house import House
from tests.cli.program import Program
from tests.watched import beat, break_stories, did, set_feed

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")


def told(house: House, status: int = 0) -> dict[str, Any]:
    """Return what the program tells, and make sure of its exit status."""
    row: dict[str, Any] = house.program.run("status", "--json", status=status).json
    assert bool(row["needs"]) == bool(status)
    assert row["status"] == ("needs a person" if status else "well")
    return row


def test_an_empty_newsroom_is_well(house: House) -> None:
    row = told(house)

    assert row["clock"] == "never ran"
    assert (row["feeds"], row["documents"], row["quarantined"], row["audit"]) == (0, 0, 0, None)
    assert row["store_bytes"] > 0


def test_a_newsroom_at_work_tells_what_there_is(house: House) -> None:
    room = house.room
    room.submit()
    room.submit(title="A Draft", draft=True)
    room.submit(title="Later", date=dt.date(2099, 1, 2))
    room.build()
    beat(room)
    did(room, "audit", "12 documents, 0 findings", seconds=2.5)

    row = told(house)
    served = room.all_documents().values()
    assert (row["clock"], row["clock_holder"]) == ("going", "laptop 42")
    assert (row["feeds"], row["feeds_due"], row["feeds_building"]) == (4, 0, 0)
    assert row["documents"] == len(served)
    assert row["document_bytes"] == sum(len(document.body) for document in served)
    assert [row[f"articles_{status}"] for status in ("published", "scheduled", "draft")] == [1] * 3
    assert row["next_release_at"] == "2099-01-02T08:00:00-05:00"
    assert (row["audit"], row["audit_seconds"]) == ("12 documents, 0 findings", 2.5)
    beaten = dt.datetime.fromisoformat(row["clock_beat_at"])
    assert beaten == room.clock.at.replace(microsecond=0)
    assert beaten.utcoffset() == room.clock.at.astimezone(NEW_YORK).utcoffset()


def test_what_is_due_is_counted_apart_from_what_is_being_built(house: House) -> None:
    room = house.room
    room.submit()
    set_feed(room, "all", lease_until=room.clock.at + dt.timedelta(seconds=50), lease_token="x")
    set_feed(room, "section/news", read_back_due_at=room.clock.at, finish_due_at=room.clock.at)

    row = told(house)
    assert (row["feeds_due"], row["feeds_building"], row["read_backs"]) == (3, 1, 1)
    assert row["finishes"] == 1
    assert row["feeds_due_since"] is not None


def test_an_article_in_quarantine_needs_a_person(house: House) -> None:
    for number in range(5):
        house.room.submit(title=f"Story, {number}")
    break_stories(house.room)
    build_now(house.room.services.press)

    row = told(house, 1)
    assert row["needs"] == ["5 articles are held out of feeds: `feedsvc check` says why"]
    assert row["quarantined"] == 5
    assert len(row["quarantined_articles"]) == 3
    for article in row["quarantined_articles"]:
        assert article["title"].startswith("Story, ")
        assert article["rule"] == "unsafe-elements"


def test_a_feed_that_is_not_served_needs_a_person(house: House) -> None:
    house.room.submit()
    house.room.build()
    set_feed(house.room, "section/news", unavailable=True)

    row = told(house, 1)
    assert row["needs"] == ["the feed section/news is not served: `feedsvc check` says why"]
    assert row["feeds_unavailable"] == ["section/news"]


def test_a_feed_that_could_not_be_built_needs_a_person(house: House) -> None:
    house.room.submit()
    house.room.build()
    _fail(house, "all")

    row = told(house, 1)
    assert row["needs"] == ["the feed all could not be rebuilt: `feedsvc check` says why"]
    assert (row["feeds_failed"], row["feeds_unavailable"]) == (["all"], [])


def _fail(house: House, path: str) -> None:
    with house.room.services.database.write() as tx:
        feed = next(one for one in feeds.all_feeds(tx) if one.path == path)
        finding = Finding("render", "the whole document", "cannot be written", "Report it.")
        records.add_problems(
            tx, [finding], feed_id=feed.id, article_id=None, now=house.room.clock.at
        )


def test_work_that_nobody_does_needs_a_person_after_a_minute(house: House) -> None:
    house.ago(seconds=30)
    house.room.submit()
    assert told(house)["clock"] == "never ran"

    house.ago(minutes=5)
    set_feed(house.room, "all", build_due_at=house.room.clock.at)
    beat(house.room)
    row = told(house, 1)
    assert row["clock"] == "silent"
    assert row["needs"] == [
        "work has waited for 5 minutes and nobody does it: is `feedsvc worker` running?"
    ]


def test_a_release_that_nobody_does_needs_a_person(house: House) -> None:
    house.ago(minutes=10)
    article = house.room.submit(draft=True)
    house.room.schedule(article, house.room.clock.at + dt.timedelta(minutes=2))

    assert "nobody does it" in told(house, 1)["needs"][0]


def test_a_silent_clock_without_work_needs_nobody(house: House) -> None:
    house.ago(hours=2)
    house.room.submit()
    house.room.build()
    beat(house.room)

    assert told(house)["clock"] == "silent"


def test_late_work_that_a_clock_is_at_needs_nobody(house: House) -> None:
    beat(house.room)
    house.ago(minutes=3)
    house.room.submit()

    assert told(house)["clock"] == "going"


@pytest.mark.parametrize(
    ("note", "failed", "status"),
    [
        ("12 documents, 0 findings", False, 0),
        ("12 documents, 1 finding", False, 1),
        ("12,000 documents, 1,000 findings", False, 1),
        ("stopped", True, 1),
    ],
)
def test_findings_of_the_audit_need_a_person(
    house: House, note: str, failed: bool, status: int
) -> None:
    did(house.room, "audit", note, failed=failed)

    needs = told(house, status)["needs"]
    assert needs == [f"the last audit came to {note}: `feedsvc check` says why"][:status]


def test_in_a_pipe_it_is_a_line_for_each_field(house: House) -> None:
    house.room.submit(title="One, Two")
    house.room.submit(title="Three")
    break_stories(house.room)
    build_now(house.room.services.press)

    fields = dict(house.program.run("status", status=1).rows)

    row = told(house, 1)
    assert list(fields) == list(row)
    assert fields["status"] == "needs a person"
    assert fields["quarantined"] == "2"
    assert len(fields["quarantined_articles"].split("; ")) == 2
    assert "“One, Two” [unsafe-elements]" in fields["quarantined_articles"]


def on_screen(program: Program, status: int = 0, columns: int = 100) -> list[str]:
    return [
        line.strip()
        for line in program.on_terminal("status", status=status, columns=columns).out.splitlines()
        if line.strip()
    ]


def test_on_a_terminal_a_newsroom_that_is_well_says_so(house: House) -> None:
    house.ago(hours=3)
    house.room.submit()
    house.room.build()
    beat(house.room)

    lines = on_screen(house.program)
    assert lines[0].startswith("The School Paper  today ")
    assert lines[1] == "● All is well."
    assert "clock       silent for 3 hours: is `feedsvc worker` running?" in lines
    assert any(line.split() == ["builds", "nothing", "is", "due"] for line in lines)
    assert len(lines) <= 15


def test_on_a_terminal_what_needs_a_person_stands_at_the_top(house: House) -> None:
    for number in range(5):
        house.room.submit(title=f"[red]Story[/red] {number}")
    break_stories(house.room)
    build_now(house.room.services.press)

    lines = on_screen(house.program, 1)
    assert lines[1] == "● 5 articles are held out of feeds: `feedsvc check` says why"
    assert all(line.startswith("[red]Story[/red] ") for line in lines[2:5])
    assert lines[5] == "and 2 more"


def test_on_a_terminal_every_part_has_its_words(house: House) -> None:
    room = house.room
    room.submit(title="Later", date=dt.date(2099, 1, 2))
    room.submit()
    did(room, "audit", "3 documents, 0 findings", seconds=2)
    beat(room)
    set_feed(room, "all", lease_until=room.clock.at + dt.timedelta(seconds=50), lease_token="x")
    set_feed(room, "section/news", read_back_due_at=room.clock.at)

    text = "\n".join(on_screen(house.program))
    assert "laptop 42, for " in text
    assert "last heard of " in text
    assert "3 feeds due, the oldest for " in text
    assert "; 1 being built" in text
    assert "1 feed to read back whole" in text
    assert "2 Jan 2099 08:00, in " in text
    assert "2.0 s: 3 documents, 0 findings" in text
    assert "1 published, 1 scheduled" in text
    assert "none open" in text
