from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.intake.dates import looks_like_date, parse_date_line

NEW_YORK = ZoneInfo("America/New_York")
MONTHS = "January February March April May June July August September October November December"


def utc(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2024, 11, day, hour, minute, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "line",
    [
        "November 15, 2024",
        "  november\u00a015,   2024 ",
        "NOVEMBER 15 2024",
        "November 15,2024",
        "Nov. 15, 2024",
        "Nov 15, 2024",
        "November 15th, 2024",
        "Friday, November 15, 2024",
        "Fri. Nov. 15, 2024",
        "15 November 2024",
        "15th of November, 2024",
        "2024-11-15",
        "11/15/2024",
        "Published November 15, 2024",
        "Published on: Friday, November 15, 2024",
        "Posted Nov. 15, 2024",
        "Posted on 11/15/2024",
        "Date: 2024-11-15",
        "\u200fNovember 15, 2024\ufeff",
        "November 15, 2024.",
    ],
)
def test_a_day_is_read_in_every_usual_form(line: str) -> None:
    found = parse_date_line(line, NEW_YORK)

    assert type(found) is dt.date
    assert found == dt.date(2024, 11, 15)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2024-11-15T09:30:00-05:00", utc(15, 14, 30)),
        ("2024-11-15T09:30:00.250Z", utc(15, 9, 30)),
        ("2024-11-15T09:30+0530", utc(15, 4, 0)),
        ("2024-11-15 09:30", utc(15, 14, 30)),
        ("November 15, 2024 at 3:30 PM", utc(15, 20, 30)),
        ("November 15, 2024 at 3:30\u202fPM", utc(15, 20, 30)),
        ("November 15, 2024, 3:30 p.m.", utc(15, 20, 30)),
        ("November 15, 2024, at 3 pm", utc(15, 20)),
        ("Nov. 15, 2024 | 12:05 a.m.", utc(15, 5, 5)),
        ("Nov. 15, 2024 12:05 PM", utc(15, 17, 5)),
        ("Nov. 15, 2024 1:30 PM", utc(15, 18, 30)),
        ("Published: November 15, 2024 – 11:59 PM", utc(16, 4, 59)),
    ],
)
def test_a_time_makes_it_an_instant_in_utc(line: str, expected: dt.datetime) -> None:
    found = parse_date_line(line, NEW_YORK)

    assert isinstance(found, dt.datetime)
    assert found == expected
    assert found.utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        *(("Z", 9), ("UTC", 9), ("GMT", 9), ("EDT", 13), ("est", 14), ("CDT", 14)),
        *(("CST", 15), ("MDT", 15), ("MST", 16), ("PDT", 16), ("PST", 17), ("-07", 16)),
    ],
)
def test_a_zone_of_its_own_wins_over_the_newsrooms(zone: str, hour: int) -> None:
    assert parse_date_line(f"November 15, 2024 at 9:00 AM {zone}", NEW_YORK) == utc(15, hour)


def test_a_local_time_follows_the_summer_time_of_its_day() -> None:
    assert parse_date_line("2024-07-04 09:30", NEW_YORK) == dt.datetime(
        2024, 7, 4, 13, 30, tzinfo=dt.UTC
    )


@pytest.mark.parametrize(
    "line",
    [
        "November 31, 2024",
        "February 30, 2024",
        "2023-02-29",
        "13/01/2024",
        "November 0, 2024",
        "November 15, 2024 at 25:00",
        "November 15, 2024 at 13:30 PM",
        "2024-11-15T09:30:00+05:75",
    ],
)
def test_a_moment_that_does_not_exist_looks_like_a_date_but_is_none(line: str) -> None:
    assert parse_date_line(line, NEW_YORK) is None
    assert looks_like_date(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "The Journal 2024",
        "November 2024",
        "Remember November 15, 2024",
        "November 15, 2024, changed everything",
        "November 15, 1799",
        "November 15, 2201",
        "November 15, 24",
        "Novembre 15, 2024",
        "2024-11-15-1",
        "November 15, 2024 9",
        "November 15, 2024 at 3:30 PM QT",
        "15",
        "By: May 5, 2024",
    ],
)
def test_a_line_that_is_not_all_date_is_no_date(line: str) -> None:
    assert parse_date_line(line, NEW_YORK) is None
    assert not looks_like_date(line)


@pytest.mark.parametrize("day", [dt.date(1800, 1, 1), dt.date(2200, 12, 31)])
def test_the_first_and_the_last_year_are_dates(day: dt.date) -> None:
    assert parse_date_line(day.isoformat(), NEW_YORK) == day


@given(
    st.dates(dt.date(1800, 1, 1), dt.date(2200, 12, 31)),
    st.sampled_from(
        [
            "{month} {day}, {year}",
            "{short}. {day}, {year}",
            "{weekday}, {month} {day}, {year}",
            "{day} {month} {year}",
            "{number}/{day}/{year}",
            "{year}-{number:02}-{day:02}",
        ]
    ),
)
def test_every_day_reads_back_from_every_form(day: dt.date, form: str) -> None:
    name = MONTHS.split()[day.month - 1]
    weekday = ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun")[day.weekday()] + "day"
    line = form.format(
        month=name, short=name[:3], weekday=weekday, number=day.month, day=day.day, year=day.year
    )

    assert parse_date_line(line, NEW_YORK) == day


@given(
    st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_every_instant_reads_back_from_its_iso_form(local: dt.datetime, minutes: int) -> None:
    instant = local.replace(microsecond=0, tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))

    assert parse_date_line(instant.isoformat(), NEW_YORK) == instant


@given(st.text())
def test_any_line_can_be_asked_about(line: str) -> None:
    if parse_date_line(line, NEW_YORK) is not None:
        assert looks_like_date(line)
