"""Documents are taken apart into the parts that rules look at."""

from __future__ import annotations

import datetime as dt

import pytest

from feedsvc.feeds.rules_parse import parse
from feedsvc.feeds.rules_parts import rfc822, rfc3339
from feedsvc.model import Format
from tests.feeds.samples import CHANNEL, NOW, SAMPLES

ONE = dt.datetime(2024, 11, 15, 13, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 15 Nov 2024 13:00:00 +0000",
        "Fri, 15 Nov 2024 08:00:00 -0500",
        "15 Nov 2024 13:00 +0000",
        "Fri, 15 Nov 2024 13:00:00 -0000",
    ],
)
def test_dates_of_rss(text: str) -> None:
    assert rfc822(text) == (ONE, None)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", "is not a date"),
        ("Fri, 15 Nov 24 13:00:00 +0000", "is not a date"),
        ("Fri, 15 November 2024 13:00:00 +0000", "is not a date"),
        ("vendredi, 15 nov 2024 13:00:00 +0000", "is not a date"),
        ("Sat, 31 Nov 2024 13:00:00 +0000", "is not a date"),
        ("Fri, 15 Nov 2024 25:00:00 +0000", "is not a date"),
        ("Fri, 15 Nov 2024 13:00:00 +9999", "is not a date"),
        ("2024-11-15T13:00:00Z", "is not a date"),
        ("Mon, 15 Nov 2024 13:00:00 +0000", "falls on another day of the week"),
        ("Fri, 15 Nov 2024 08:00:00 EST", "names its time zone (EST)"),
        ("Fri, 15 Nov 2024 13:00:00 GMT", "names its time zone (GMT)"),
    ],
)
def test_dates_that_are_wrong_in_rss(text: str, flaw: str) -> None:
    assert flaw in str(rfc822(text)[1])


@pytest.mark.parametrize(
    "text",
    ["2024-11-15T13:00:00Z", "2024-11-15T08:00:00-05:00", "2024-11-15T13:00:00.000000000Z"],
)
def test_dates_of_atom_and_json(text: str) -> None:
    assert rfc3339(text) == (ONE, None)


@pytest.mark.parametrize(
    "text",
    ["", "2024-11-15", "2024-11-15 13:00:00Z", "2024-11-15T13:00:00", "2024-02-30T13:00:00Z"],
)
def test_dates_that_are_wrong_in_atom_and_json(text: str) -> None:
    at, flaw = rfc3339(text)

    assert at is None
    assert flaw


@pytest.mark.parametrize("fmt", list(Format))
def test_ids_come_from_the_channel_where_there_is_one(fmt: Format) -> None:
    ours = parse(fmt, SAMPLES[fmt], now=NOW, channel=CHANNEL)
    elsewhere = parse(fmt, SAMPLES[fmt], now=NOW)

    assert ours.atom_ids == tuple(entry.atom_id for entry in CHANNEL.entries)
    last = CHANNEL.entries[-1]
    assert elsewhere.atom_ids[-1] == (last.atom_id if fmt is Format.ATOM else last.guid)


@pytest.mark.parametrize("fmt", list(Format))
def test_entries_are_called_by_number_and_title(fmt: Format) -> None:
    subject = parse(fmt, SAMPLES[fmt], now=NOW, channel=CHANNEL)

    assert [part.label for part in subject.entries][1:] == [
        "entry 2 (“A podcast”)",
        "entry 3 (“Du vieux site”)",
    ]
