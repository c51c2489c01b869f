"""`feedsvc schedule`: what runs next, when it last ran, and how long it took."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.cli.house import House
from tests.watched import did, set_feed

TIMETABLES = "section/news = 0 6 * * *; all = every 2 hours; section/none = every day"
BEHIND = ("release", "build", "read-back", "finish", "archive", "media")
HOUR = dt.timedelta(hours=1)


def told(house: House, **environ: str) -> dict[str, dict[str, Any]]:
    """Return the rows by what they are about."""
    rows = house.program.with_env(**environ).run("schedule", "--json").json
    return {row["what"]: row for row in rows}


def instant(text: str) -> dt.datetime:
    """Return an instant, and make sure that it says how far from UTC it is."""
    found = dt.datetime.fromisoformat(text)
    assert found.utcoffset() is not None
    return found


def test_an_empty_newsroom_waits_for_its_audit(house: House) -> None:
    rows = told(house)

    assert list(rows) == [*BEHIND, "audit"]
    audit = rows.pop("audit")
    assert audit["timetable"] == "0 3 * * *"
    assert instant(audit["next"]).hour == 3
    assert house.room.clock.at < instant(audit["next"]) <= house.room.clock.at + 25 * HOUR
    for row in rows.values():
        assert (row["next"], row["last"], row["seconds"]) == (None, None, None)


def test_what_comes_next_is_told_of_every_job(house: House) -> None:
    room = house.room
    room.submit(title="Later", date=dt.date(2099, 1, 2))
    room.submit(title="Last", date=dt.date(2099, 1, 3))
    room.submit()
    due_at = room.clock.at.replace(microsecond=0)
    set_feed(room, "all", build_due_at=due_at - HOUR, read_back_due_at=due_at, finish_due_at=due_at)

    rows = told(house)
    assert rows["release"]["next"] == "2099-01-02T08:00:00-05:00"
    assert instant(rows["build"]["next"]) == due_at - HOUR
    assert instant(rows["read-back"]["next"]) == due_at
    assert instant(rows["finish"]["next"]) == due_at


def test_the_last_run_of_a_job_is_told_with_what_it_came_to(house: House) -> None:
    house.ago(hours=1)
    did(house.room, "build", "3 swapped", seconds=0.25)
    did(house.room, "read-back", "lost its store", failed=True)

    rows = told(house)
    began = house.room.clock.at.replace(microsecond=0)
    assert instant(rows["build"]["last"]) == began
    assert (rows["build"]["seconds"], rows["build"]["note"]) == (0.25, "3 swapped")
    assert (rows["build"]["failed"], rows["read-back"]["failed"]) == (False, True)
    assert rows["release"]["last"] is None


def test_the_audit_is_due_after_its_last_start(house: House) -> None:
    house.ago(hours=3)
    did(house.room, "audit", "9 documents, 0 findings")

    row = told(house, FEEDSVC_WORKER__AUDIT="every hour")["audit"]
    assert instant(row["next"]) == house.room.clock.at.replace(microsecond=0) + HOUR


def test_a_feed_with_a_timetable_has_a_row(house: House) -> None:
    room = house.room
    room.submit()
    admitted = room.clock.at.replace(microsecond=0) - HOUR
    set_feed(room, "all", admitted_at=admitted, build_seconds=0.5)
    set_feed(room, "section/news", admit_due_at=admitted + 3 * HOUR)

    rows = told(house, FEEDSVC_FEEDS__TIMETABLES=TIMETABLES)
    assert list(rows)[7:] == ["all", "section/news", "section/none"]
    assert (rows["all"]["timetable"], rows["all"]["note"]) == ("every 2 hours", "")
    assert instant(rows["all"]["last"]) == admitted
    assert (rows["all"]["seconds"], rows["section/news"]["seconds"]) == (0.5, None)
    assert instant(rows["all"]["next"]) == admitted + 2 * HOUR
    assert instant(rows["section/news"]["next"]) == admitted + 3 * HOUR
    assert rows["section/news"]["note"] == "1 article to let in"
    assert rows["section/none"]["note"] == "there is no such feed yet"
    assert rows["section/none"]["next"] is None


def test_a_feed_whose_timetable_never_let_anything_in_counts_from_now(house: House) -> None:
    house.room.submit()

    row = told(house, FEEDSVC_FEEDS__TIMETABLES="all = every 2 hours")["all"]
    assert row["last"] is None
    later = instant(row["next"]) - house.room.clock.at
    assert 2 * HOUR - dt.timedelta(seconds=1) <= later < 3 * HOUR


def test_in_a_pipe_it_is_a_line_for_each_with_tabs_between(house: House) -> None:
    did(house.room, "build", "3 swapped", seconds=0.25)

    rows = house.program.run("schedule").rows
    assert [row[0] for row in rows] == [
        "release",
        "build",
        "read-back",
        "finish",
        "archive",
        "media",
        "audit",
    ]
    assert {len(row) for row in rows} == {6}
    assert rows[1][4:] == ["0.25", "3 swapped"]
    assert instant(rows[1][3]) == house.room.clock.at.replace(microsecond=0)


def test_on_a_terminal_it_is_a_table_in_words(house: House) -> None:
    house.room.submit()
    did(house.room, "build", "3 swapped", seconds=0.25)
    did(house.room, "read-back", "lost its store", failed=True)

    lines = house.program.on_terminal("schedule", columns=120).out.splitlines()
    head, release, build, read_back, *_, audit = (line.split() for line in lines if line.strip())
    assert head == ["what", "timetable", "next", "last", "came", "to"]
    assert release == ["release", "–", "never"]
    assert build[:3] == ["build", "now,", "for"]
    assert build[-4:] == ["0.2", "s:", "3", "swapped"]
    assert read_back[-6:] == ["failed:", "0.5", "s:", "lost", "its", "store"]
    assert audit[:6] == ["audit", *["0", "3", "*", "*", "*"]]
    assert audit[-3] in {"today", "tomorrow"}
    assert audit[-2:] == ["03:00", "never"]
