"""Instants, spans and sizes read as a person would say them."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest

from feedsvc.cli import words

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
NOW = dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 seconds"),
        (0.9, "0 seconds"),
        (1, "1 second"),
        (99, "99 seconds"),
        (100, "1 minute"),
        (5_999, "99 minutes"),
        (6_000, "1 hour"),
        (172_799, "47 hours"),
        (172_800, "2 days"),
        (86_400 * 4_000, "4,000 days"),
    ],
)
def test_a_span_is_told_in_the_unit_that_says_enough(seconds: float, said: str) -> None:
    assert words.span(dt.timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0, "today 10:00"),
        (-11, "yesterday 23:00"),
        (14, "tomorrow 00:00"),
        (48, "Wed 10:00"),
        (24 * 7, "25 Nov 10:00"),
        (-24 * 7, "11 Nov 10:00"),
        (24 * 60, "17 Jan 2025 10:00"),
    ],
)
def test_a_moment_stands_on_the_newsrooms_wall_clock(hours: int, said: str) -> None:
    assert words.moment(NOW + dt.timedelta(hours=hours), NOW, NEW_YORK) == said


def test_a_distance_is_ahead_or_behind() -> None:
    minutes = dt.timedelta(minutes=3)

    assert words.distance(NOW + minutes, NOW) == "in 3 minutes"
    assert words.distance(NOW - minutes, NOW) == "3 minutes ago"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1_234, "1.2 kB"),
        (4_500_000, "4.5 MB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_a_size_is_told_with_one_digit(count: int, said: str) -> None:
    assert words.size(count) == said
