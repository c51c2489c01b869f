"""What a feed's documents show of the articles that there are."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedsvc.feeds.compose import compose, compose_entry, weight, window
from feedsvc.model import SITE, Article, Entry, Feed, Format, Status
from feedsvc.settings import Settings
from feedsvc.settings.groups import Feeds
from tests.feeds.strategies import (
    START,
    a_channel,
    an_entry,
    at,
    categories,
    media_of,
    people,
    render_as,
    texts,
    tombstones,
)
from tests.newsroom import Newsroom

HOUR = 3600
CHANNEL_BYTES = 4_000  # what the head of a document may take


def limits(**values: int) -> Settings:
    defaults = {
        "window_entries": 10,
        "window_min_entries": 5,
        "window_hours": 24,
        "soft_cap_bytes": 50_000,
        "hard_cap_bytes": 100_000,
    }
    return Settings(feeds=Feeds(**{**defaults, **values}))


def entries(*ages: float, size: int = 100) -> list[Entry]:
    """Entries of these ages in seconds, newest first, each with about `size` bytes."""
    return [
        an_entry(i, published_at=at(age), content_html="x" * size)
        for i, age in enumerate(sorted(ages))
    ]


def total(shown: list[Entry]) -> int:
    return CHANNEL_BYTES + sum(map(weight, shown))


ages = st.lists(st.integers(0, 60 * HOUR), max_size=40)
sizes = st.lists(st.integers(1, 30_000), min_size=40, max_size=40)
configurations = st.builds(
    limits,
    window_entries=st.integers(1, 30),
    window_min_entries=st.integers(1, 30),
    window_hours=st.integers(0, 50),
    soft_cap_bytes=st.integers(10_000, 200_000),
    hard_cap_bytes=st.integers(10_000, 400_000),
)


@given(ages, sizes, configurations)
def test_a_window_keeps_its_promises(
    found: list[int], lengths: list[int], config: Settings
) -> None:
    given_entries = [
        replace(entry, content_html="x" * lengths[i]) for i, entry in enumerate(entries(*found))
    ]
    feeds = config.feeds

    shown = window(given_entries, config)

    assert shown == given_entries[: len(shown)]
    assert bool(shown) == bool(given_entries)
    if not shown:
        return
    oldest = given_entries[0].published_at - dt.timedelta(hours=feeds.window_hours)
    recent = sum(entry.published_at >= oldest for entry in given_entries)
    most = min(len(given_entries), max(feeds.window_entries, recent))
    promised = min(most, max(feeds.window_min_entries, recent))
    assert len(shown) <= most
    assert total(shown) <= max(feeds.hard_cap_bytes, total(shown[:1]))
    if len(shown) < promised:
        assert total(given_entries[: len(shown) + 1]) > feeds.hard_cap_bytes
    elif len(shown) < most:
        cap = min(feeds.soft_cap_bytes, feeds.hard_cap_bytes)
        assert total(given_entries[: len(shown) + 1]) > cap
    if len(shown) > max(promised, 1):
        assert total(shown) <= feeds.soft_cap_bytes


def test_a_quiet_feed_shows_its_newest_n() -> None:
    weekly = entries(*(7 * 24 * HOUR * week for week in range(30)))

    assert len(window(weekly, limits(window_entries=10))) == 10


def test_a_busy_day_shows_more_than_n() -> None:
    today = entries(*range(0, 20 * HOUR, HOUR))

    assert len(window(today, limits(window_entries=10, window_hours=24))) == 20


def test_an_hour_counts_to_its_last_second() -> None:
    exact = entries(0, HOUR, HOUR + 1)

    assert len(window(exact, limits(window_entries=1, window_hours=1))) == 2


def test_hours_count_back_from_the_newest_entry() -> None:
    old = [replace(e, published_at=e.published_at - dt.timedelta(days=900)) for e in entries(0, 60)]

    assert window(old, limits(window_entries=1, window_hours=1)) == old


def test_zero_hours_still_show_what_shares_an_instant_with_the_newest() -> None:
    assert len(window(entries(0, 0, 1), limits(window_entries=1, window_hours=0))) == 2


@pytest.mark.parametrize(
    ("hours", "minimum", "expected"), [(0, 5, 5), (6, 5, 7), (0, 1, 2), (24, 1, 10)]
)
def test_the_soft_cap_trims_only_beyond_both_promises(
    hours: int, minimum: int, expected: int
) -> None:
    big = entries(*range(0, 10 * HOUR, HOUR), size=5_000)
    config = limits(window_hours=hours, window_min_entries=minimum, soft_cap_bytes=16_500)

    assert len(window(big, config)) == expected


@pytest.mark.parametrize("hours", [0, 48])
def test_the_hard_cap_beats_both_promises(hours: int) -> None:
    big = entries(*range(0, 10 * HOUR, HOUR), size=5_000)
    config = limits(
        window_hours=hours, window_min_entries=10, soft_cap_bytes=10_000, hard_cap_bytes=23_000
    )

    assert len(window(big, config)) == 3


def test_one_entry_is_shown_whatever_it_weighs() -> None:
    huge = entries(0, 1, size=500_000)

    assert window(huge, limits(hard_cap_bytes=10_000, soft_cap_bytes=10_000)) == huge[:1]


def test_nothing_is_shown_of_nothing() -> None:
    assert window([], limits()) == []


def test_tombstones_take_room_too() -> None:
    some = entries(*range(0, 10 * HOUR, HOUR), size=5_000)
    config = limits(window_hours=0, window_min_entries=1, soft_cap_bytes=30_000)

    assert len(window(some, config, tombstones=100)) < len(window(some, config))


files = st.lists(
    st.tuples(
        st.sampled_from(["https://m.example/é?a=1&b=2", "https://m.example/" + "&'" * 90]),
        st.sampled_from(["image/png", "audio/mpeg"]),
    ),
    max_size=4,
)


@settings(max_examples=150)
@given(texts, texts, texts, st.lists(texts, max_size=3), files)
@example("&" * 300, "&" * 2000, "<b></b>" * 900, ["&" * 120, '"' * 120], [])
@example("<" * 300, "<" * 2000, "\\" * 9000, ["<" * 120], [])
@example("🏆" * 300, "\\" * 2000, "\n" * 9000, ["'" * 120], [])
def test_a_document_is_never_bigger_than_its_weight(
    title: str, summary: str, content: str, names: list[str], media: list[tuple[str, str]]
) -> None:
    names = [" ".join(name.split()) or "x" for name in names]
    entry = an_entry(
        title=" ".join(title.split()) or "x",
        summary_text=summary.replace("\x0b", ""),
        content_html=content.replace("\x0b", "") or "x",
        authors=people(names),
        categories=categories(names),
        media=media_of([url for url, _ in media], [kind for _, kind in media]),
    )
    stones = len(title)
    channel = a_channel(entry, tombstones=tombstones(stones))

    for fmt in Format:
        assert len(render_as(fmt, channel)) <= total([entry]) + 150 * stones


def an_article(number: int, published_at: dt.datetime) -> Article:
    return Article(
        guid=f"urn:x:{number}",
        atom_id=f"urn:x:{number}",
        title=f"Story {number}",
        content_html="<p>x</p>",
        status=Status.PUBLISHED,
        permalink=f"2024/11/{number}",
        published_at=published_at,
        updated_at=published_at,
    )


def test_a_damaged_date_moves_its_own_entry_only() -> None:
    feed = Feed(1, SITE, "all", "", {fmt: f"urn:f:{fmt}" for fmt in Format}, START, 0)
    found = [an_article(0, at(0)), an_article(1, at(999)), an_article(2, at(2))]
    entries = [compose_entry(article, limits()) for article in found]

    channel = compose(feed, entries, (), limits())

    assert [entry.title for entry in channel.entries] == ["Story 0", "Story 2", "Story 1"]


@pytest.mark.parametrize("extra", [0, 1])
def test_a_served_feed_shows_a_busy_day_whole_and_otherwise_fifty(
    sqlite_newsroom: Newsroom, extra: int
) -> None:
    hours = 48 if extra else 40
    for number in range(60):
        sqlite_newsroom.submit(title=f"Story {number}", date=None)
        sqlite_newsroom.clock.advance(hours=hours / 59 if extra else 3)

    sqlite_newsroom.build()

    shown: list[Any] = sqlite_newsroom.shown()
    assert len(shown) == (60 if extra else 50)
