"""Polled sources: what an answer means for the next poll, and what a poll brings in."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import fetch
from feedsvc.fetch import Fetched
from feedsvc.intake.accept import Outcome
from feedsvc.intake.sources import Polled, answered, failed, headers_for, poll_due, retry_after
from feedsvc.model import Source, Status
from feedsvc.settings.groups import Sources
from feedsvc.store import records, sources
from tests.cli.server import Site, serving
from tests.intake.feeds import rss
from tests.newsroom import Newsroom

NOW = dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC)
LIMITS = Sources()
SOURCE = Source("https://a.example/feed", "https://a.example/feed", added_at=NOW, id=7)
STORY = "<title>{0}</title><guid>{0}</guid><link>https://a.example/{0}</link><description>x</description>"


def an_answer(status: int = 200, **headers: str) -> Fetched:
    """Return an answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fetched(SOURCE.url, status, named, b"body")


def minutes(source: Source) -> float:
    """Return how long a source is left alone."""
    assert source.next_poll_at
    return (source.next_poll_at - NOW).total_seconds() / 60


def after(status: int = 200, source: Source = SOURCE, **headers: Any) -> Source:
    """Return a source after an answer."""
    return answered(source, an_answer(status, **headers), NOW, LIMITS)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 30),
        ({"cache_control": "max-age=60"}, 30),
        ({"cache_control": "public, max-age=7200"}, 120),
        ({"cache_control": "max-age=999999999"}, 1_440),
        ({"cache_control": "max-age=soon"}, 30),
    ],
)
@pytest.mark.parametrize("status", [200, 304])
def test_a_source_is_left_alone_as_long_as_it_asks_within_limits(
    status: int, headers: dict[str, Any], expected: int
) -> None:
    assert expected <= minutes(after(status, **headers)) <= expected * 1.1


def test_what_a_feed_asked_for_holds_until_it_is_read_again() -> None:
    assert minutes(after(304, replace(SOURCE, minutes=180))) >= 180


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502, 503])
def test_a_source_that_fails_is_asked_ever_more_seldom_up_to_a_day(status: int) -> None:
    source, waits = SOURCE, list[float]()
    for _ in range(9):
        source = after(status, source)
        waits.append(minutes(source))

    assert source.failures == 9
    assert source.problem == f"answered with status {status}"
    for number, wait in enumerate(waits):
        assert min(30 * 2**number, 1_440) <= wait <= min(30 * 2**number, 1_440) * 1.1


def test_one_success_forgives_all_failures() -> None:
    source = after(200, after(503, after(500)))

    assert (source.failures, source.problem, source.status) == (0, None, 200)
    assert minutes(source) < 34


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7200", 120),
        ("0", 30),
        ("-5", 30),
        ("99999999999999999999", 1_440),
        ("Mon, 18 Nov 2024 18:00:00 GMT", 180),
        ("Mon, 18 Nov 2019 18:00:00 GMT", 30),
        ("Mon, 18 Nov 2099 18:00:00 GMT", 1_440),
        ("Mon, 18 Nov 2024 18:00:00 +99999999999999999999", 30),
        ("soon", 30),
        ("", 30),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_heeded_within_limits(status: int, text: str, expected: int) -> None:
    wait = minutes(after(status, retry_after=text))

    assert expected <= wait <= expected * 1.1 + 2


@given(st.text())
def test_no_retry_after_is_more_than_a_number(text: str) -> None:
    found = retry_after(text, NOW)

    assert found is None or found >= 0


def test_what_is_gone_is_never_asked_again() -> None:
    source = after(410)

    assert (source.next_poll_at, source.problem) == (None, "is gone for good (410)")


def test_sources_do_not_all_come_back_in_one_moment() -> None:
    waits = {minutes(after(200, replace(SOURCE, id=number))) for number in range(50)}

    assert len(waits) > 20


def test_only_success_makes_a_move_count() -> None:
    moved = "https://b.example/feed"

    def at(status: int, moved_to: str = moved) -> Source:
        return answered(SOURCE, replace(an_answer(status), moved_to=moved_to), NOW, LIMITS)

    assert (at(200).url, at(304).url, at(404).url) == (moved, moved, SOURCE.url)
    assert at(200, moved + "x" * 900).url == SOURCE.url
    assert {at(200).first_url, at(200).name} == {SOURCE.url, f"source:{SOURCE.url}"}


def test_a_poll_asks_for_what_is_new_only() -> None:
    known = replace(SOURCE, etag='W/"x"', last_modified="Mon, 18 Nov 2024 14:00:00 GMT")

    asked = headers_for(known, "https://paper.example")

    assert asked["If-None-Match"] == 'W/"x"'
    assert asked["If-Modified-Since"] == "Mon, 18 Nov 2024 14:00:00 GMT"
    assert "+https://paper.example/" in asked["User-Agent"]
    assert "If-None-Match" not in headers_for(SOURCE, "")


def test_a_failure_keeps_what_is_known() -> None:
    known = replace(SOURCE, etag='"x"', title="Paper", minutes=90)

    source = failed(known, "did not answer", NOW, LIMITS)

    assert (source.etag, source.title, source.minutes, source.failures) == ('"x"', "Paper", 90, 1)


@pytest.fixture
def site() -> Iterator[Site]:
    """Return a web server on this machine."""
    with serving() as site:
        yield site


class House:
    """A newsroom with sources on a server of the test."""

    def __init__(self, room: Newsroom, site: Site) -> None:
        self.room = room
        self.site = site
        self.get = partial(fetch.get, trusted_url=site.url)

    def add(self, path: str = "/feed", **fields: Any) -> Source:
        """Add a source that is due."""
        url, now = self.site.url + path, self.room.clock.now()
        source = Source(url, url, added_at=now, next_poll_at=now, **fields)
        with self.room.services.database.write() as tx:
            sources.add(tx, [source])
        return self.source(path)

    def source(self, path: str = "/feed") -> Source:
        """Return a source as it is stored."""
        with self.room.services.database.read() as tx:
            found = sources.by_url(tx, self.site.url + path)
        assert found
        return found

    def poll(self, **wishes: Any) -> list[Polled]:
        """Poll what is due."""
        services = self.room.services
        return list(poll_due(services.database, services.door, self.get, **wishes))

    def outcomes(self) -> list[Outcome | None]:
        """Poll a day later, and return what became of the entries."""
        self.room.clock.advance(days=2)
        return [result.outcome for polled in self.poll() for result in polled.results]


@pytest.fixture
def house(sqlite_newsroom: Newsroom, site: Site) -> House:
    """Return a newsroom with a server for its sources."""
    return House(sqlite_newsroom, site)


def test_entries_come_in_as_drafts_that_say_where_they_are_from(
    newsroom: Newsroom, site: Site
) -> None:
    house = House(newsroom, site)
    site.put("/feed", rss(STORY.format("one"), STORY.format("two")), ETag='"1"')
    house.add(section="Sports")

    (polled,) = house.poll()
    source, first = house.source(), newsroom.article(1)

    assert [result.outcome for result in polled.results] == [Outcome.CREATED] * 2
    assert (source.title, source.etag, source.status, source.failures) == ("Paper", '"1"', 200, 0)
    assert (first.status, [term.name for term in first.sections]) == (Status.DRAFT, ["Sports"])
    assert first.attribution
    assert (first.attribution.url, first.attribution.feed_url) == (
        "https://a.example/one",
        source.url,
    )
    with newsroom.services.database.read() as tx:
        assert sources.articles(tx) == {source.name: 2}


def test_what_is_published_at_once_is_when_asked(house: House) -> None:
    house.site.put(
        "/feed", rss(STORY.format("one") + "<pubDate>Fri, 15 Nov 2024 13:00:00 GMT</pubDate>")
    )
    house.add(auto_publish=True)

    house.poll()
    article = house.room.article(1)

    assert article.status is Status.PUBLISHED
    assert article.published_at == dt.datetime(2024, 11, 15, 13, tzinfo=dt.UTC)


def test_nothing_is_asked_before_it_is_due(house: House) -> None:
    house.site.put("/feed", rss(STORY.format("one")))
    house.add()
    house.poll()

    assert house.poll() == []
    assert house.site.asked == ["GET /feed"]
    house.room.clock.advance(minutes=34)
    assert len(house.poll()) == 1


def test_an_unchanged_feed_brings_nothing_whatever_its_server_says(house: House) -> None:
    house.site.put("/feed", rss(STORY.format("one")), ETag='"1"')
    house.add()
    house.poll()
    changed_at = house.source().changed_at
    house.site.put("/feed", rss(STORY.format("one")), ETag='"2"')

    assert house.outcomes() == []
    assert (house.source().etag, house.source().changed_at) == ('"2"', changed_at)
    house.site.put("/feed", b"", 304)
    assert house.outcomes() == []
    assert (house.source().status, house.source().etag) == (304, '"2"')


def test_what_changed_is_taken_and_what_was_withdrawn_stays_so(house: House) -> None:
    house.site.put("/feed", rss(STORY.format("one"), STORY.format("two")))
    house.add(auto_publish=True)
    house.poll()
    house.room.withdraw(house.room.article(1))
    house.site.put(
        "/feed",
        rss(
            *(STORY.format(name).replace(">x<", ">other<") for name in ("one", "two")),
            STORY.format("three"),
        ),
    )

    assert house.outcomes() == [Outcome.WITHDRAWN, Outcome.UPDATED, Outcome.CREATED]


def test_a_feed_that_changes_its_ids_brings_no_story_twice(house: House) -> None:
    date = "<pubDate>Fri, 15 Nov 2024 13:00:00 GMT</pubDate>"
    story = STORY.format("one") + date
    house.site.put("/feed", rss(story))
    house.add(auto_publish=True)
    house.poll()

    house.site.put("/feed", rss(story.replace("<guid>one", "<guid>a1")))
    assert house.outcomes() == [Outcome.UNCHANGED]
    house.room.withdraw(house.room.article(1))
    house.site.put("/feed", rss(story.replace("<guid>one", "<guid>b1")))
    assert house.outcomes() == [Outcome.WITHDRAWN]

    elsewhere = story.replace("<guid>one", "<guid>c1").replace("example/one", "example/two")
    house.site.put("/feed", rss(elsewhere))
    assert house.outcomes() == [Outcome.CREATED]


def test_a_clock_that_was_set_back_makes_no_source_wait_for_it(house: House) -> None:
    house.site.put("/feed", rss(STORY.format("one")))
    house.add()
    house.room.clock.advance(days=365)
    house.poll()
    house.room.clock.advance(days=-365)

    with house.room.services.database.read() as tx:
        assert sources.any_due(tx, house.room.clock.now())
    assert len(house.poll()) == 1
    with house.room.services.database.read() as tx:
        assert not sources.any_due(tx, house.room.clock.now())


def test_one_broken_entry_costs_no_other(house: House) -> None:
    house.site.put("/feed", rss(STORY.format("one"), "<guid>empty</guid>", STORY.format("two")))
    house.add()

    (polled,) = house.poll()

    assert [result.outcome for result in polled.results] == [Outcome.CREATED, None, Outcome.CREATED]
    assert house.source().problem is None
    with house.room.services.database.read() as tx:
        (kept,) = records.rejections(tx)
    assert (kept.source, kept.path) == (house.source().name, "empty")


def test_a_fault_of_ours_is_a_failure_of_one_source_alone(house: House) -> None:
    house.site.put("/feed", rss(STORY.format("one")))
    house.add()
    elsewhere = "https://elsewhere.example/feed"
    with house.room.services.database.write() as tx:
        sources.add(tx, [Source(elsewhere, elsewhere, added_at=NOW, next_poll_at=NOW)])

    def get(url: str, **more: Any) -> Fetched:
        broken = Fetched(url, 200, {}, None)  # type: ignore[arg-type]
        return broken if url == elsewhere else house.get(url, **more)

    services = house.room.services
    polled = {one.source.url: one for one in poll_due(services.database, services.door, get)}

    assert polled[house.site.url + "/feed"].new == 1
    broken = polled[elsewhere].source
    assert (broken.problem or "").startswith("could not be taken in (TypeError)")
    assert minutes(broken) >= 30


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<!DOCTYPE html><html><p>Gone fishing", "it is a web page, no feed"),
        (b"", "it is empty"),
        (b'<!DOCTYPE r [<!ENTITY e "x">]><rss/>', "it declares entities"),
    ],
)
def test_an_answer_that_is_no_feed_is_a_failure(house: House, body: bytes, problem: str) -> None:
    house.site.put("/feed", body)
    house.add()

    house.poll()
    source = house.source()

    assert source.problem
    assert source.problem.startswith(problem)
    assert (source.failures, source.digest) == (1, None)


def test_a_source_that_moved_is_found_at_both_addresses(house: House) -> None:
    house.site.put("/new", rss(STORY.format("one")))
    house.site.put("/feed", b"", 301, Location="/new")
    house.add()
    house.poll()

    assert house.source().url == house.site.url + "/new"
    assert house.source("/new").id == house.source("/feed").id
    house.site.put("/new", rss(STORY.format("one"), STORY.format("two")))
    assert house.outcomes() == [Outcome.UNCHANGED, Outcome.CREATED]


def test_a_move_to_another_source_makes_no_two_of_one(house: House) -> None:
    house.site.put("/new", rss(STORY.format("one")))
    house.site.put("/feed", b"", 301, Location="/new")
    house.add()
    house.add("/new")

    house.poll()

    assert house.source("/feed").id != house.source("/new").id


def test_a_private_address_is_a_problem_of_its_source_alone(house: House) -> None:
    house.site.put("/good", rss(STORY.format("one")))
    house.site.put("/feed", b"", 302, Location="http://10.0.0.1/")
    house.add()
    house.add("/good")

    house.poll()

    assert "is not on the open internet" in (house.source().problem or "")
    assert house.source("/good").problem is None


def test_no_more_entries_are_taken_than_set(sqlite_newsroom: Newsroom, site: Site) -> None:
    settings = sqlite_newsroom.services.settings
    few = settings.model_copy(update={"sources": Sources(max_entries=3)})
    services = replace(sqlite_newsroom.services, settings=few)
    house = House(replace(sqlite_newsroom, services=services), site)
    site.put("/feed", rss(*(STORY.format(number) for number in range(50))))
    house.add()

    (polled,) = house.poll()

    assert len(polled.results) == 3


def test_one_request_at_a_time_goes_to_a_host(house: House) -> None:
    now, most, lock = 0, 0, threading.Lock()

    def count(handler: BaseHTTPRequestHandler) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1
        handler.send_response(304)
        handler.end_headers()

    for number in range(6):
        house.site.pages[f"/{number}"] = count
        house.add(f"/{number}")

    assert len(house.poll()) == 6
    assert most == 1


def test_polling_ends_when_it_is_told_to(house: House) -> None:
    house.add()

    assert house.poll(is_stopped=lambda: True) == []
    assert house.site.asked == []


def test_a_source_that_is_asked_for_is_polled_though_it_is_not_due(house: House) -> None:
    house.site.put("/feed", rss(STORY.format("one")))
    source = house.add()
    house.poll()

    assert len(house.poll(ids=[source.id])) == 1
    assert len(house.site.asked) == 2
