"""Timetables: what they mean across the two nights on which clocks jump, and which are refused."""

from __future__ import annotations

import datetime as dt
import itertools
import zoneinfo
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.timetable import Timetable, parse

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")
SPRING = dt.date(2026, 3, 8)  # 02:00 becomes 03:00 in New York
AUTUMN = dt.date(2026, 11, 1)  # 02:00 becomes 01:00


def times(text: str, first: dt.date, days: int = 3) -> list[str]:
    """Return when a timetable strikes from a day on, as the wall clock in New York says."""
    start = dt.datetime.combine(first, dt.time(), NEW_YORK) - dt.timedelta(seconds=1)
    end = start + dt.timedelta(days=days)
    found = itertools.takewhile(lambda at: at < end, strikes(parse(text), start, NEW_YORK))
    return [f"{at.astimezone(NEW_YORK):%d %H:%M%z}" for at in found]


def strikes(table: Timetable, after: dt.datetime, zone: dt.tzinfo) -> Iterator[dt.datetime]:
    while True:
        after = table.next_after(after, zone)
        yield after


def test_what_falls_into_the_hour_left_out_comes_when_the_clocks_have_jumped() -> None:
    assert times("30 2 * * *", SPRING - dt.timedelta(days=1)) == [
        "07 02:30-0500",
        "08 03:30-0400",
        "09 02:30-0400",
    ]


def test_what_falls_into_the_hour_that_comes_twice_comes_once() -> None:
    assert times("30 1 * * *", AUTUMN - dt.timedelta(days=1)) == [
        "31 01:30-0400",
        "01 01:30-0400",
        "02 01:30-0500",
    ]


def test_what_comes_every_hour_comes_every_hour() -> None:
    autumn, spring = times("0 * * * *", AUTUMN, 1), times("0 * * * *", SPRING, 1)

    assert (len(autumn), len(spring)) == (25, 23)  # as many as the days have hours
    assert autumn[:4] == ["01 00:00-0400", "01 01:00-0400", "01 01:00-0500", "01 02:00-0500"]
    assert spring[:3] == ["08 00:00-0500", "08 01:00-0500", "08 03:00-0400"]


instants = st.integers(0, 4 * 366 * 24 * 60).map(
    lambda minutes: dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes)
)


@given(
    instants,
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(ZONES),
)
def test_a_daily_timetable_strikes_once_on_every_day(
    start: dt.datetime, hour: int, minute: int, name: str
) -> None:
    zone, table = zoneinfo.ZoneInfo(name), parse(f"{minute} {hour} * * *")
    found = list(itertools.islice(strikes(table, start, zone), 3))

    days = [at.astimezone(zone).date() for at in found]
    assert found == sorted(set(found))
    assert days == [days[0] + dt.timedelta(days=number) for number in range(3)]


@given(instants, st.sampled_from(ZONES))
def test_the_next_does_not_depend_on_when_it_is_asked_for(asked: dt.datetime, name: str) -> None:
    zone, table = zoneinfo.ZoneInfo(name), parse("15 */6 * * *")
    following = table.next_after(asked, zone)

    between = asked + (following - asked) / 2

    assert table.next_after(between, zone) == following


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("every 30 minutes", dt.timedelta(minutes=30)),
        ("every hour", dt.timedelta(hours=1)),
        ("Every 2 days", dt.timedelta(days=2)),
    ],
)
def test_intervals(text: str, every: dt.timedelta) -> None:
    now = dt.datetime(2026, 3, 8, 6, 59, tzinfo=dt.UTC)

    assert parse(text).next_after(now, NEW_YORK) == now + every


def test_weekdays_are_counted_from_sunday_as_in_crontab() -> None:
    week = dt.date(2026, 11, 15)  # a Sunday

    assert times("0 6 * * 0", week, 7)[0].startswith("15 ")
    assert [at[:2] for at in times("0 6 * * 1-5", week, 7)] == ["16", "17", "18", "19", "20"]
    assert [at[:2] for at in times("0 6 * * 5-7", week, 7)] == ["15", "20", "21"]
    assert [at[:2] for at in times("0 6 * * */2", week, 7)] == ["15", "17", "19", "21"]
    assert [at[:2] for at in times("0 6 * * mon,wed", week, 7)] == ["16", "18"]


@pytest.mark.parametrize(
    "text",
    ["", "6", "0 6 * *", "0 6 * * * *", "0 25 * * *", "61 * * * *", "every", "every 0 hours",
     "every 9999 days", "x * * * *", "0 6 * * 8", "0 6 31 2 *", "@daily"],
)  # fmt: skip
def test_what_is_no_timetable_is_refused_with_a_way_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"write five fields|never comes"):
        parse(text)
