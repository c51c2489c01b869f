"""Sources in the store: who is due, and that no two workers poll one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from feedsvc.model import Source
from feedsvc.store import sources
from tests.newsroom import Newsroom

NOW = dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC)


def a_source(url: str, minutes: int | None = 0) -> Source:
    """Return a source that is due so many minutes from now; never with None."""
    at = None if minutes is None else NOW + dt.timedelta(minutes=minutes)
    return Source(url, url, added_at=NOW, next_poll_at=at)


def add(room: Newsroom, *added: Source) -> list[Source]:
    """Add sources, and return which were new."""
    with room.services.database.write() as tx:
        return sources.add(tx, added)


def claim(
    room: Newsroom, limit: int = 10, *, minutes: int = 0, ids: Iterable[int] | None = None
) -> list[str]:
    """Claim sources, and return their addresses."""
    with room.services.database.write() as tx:
        at = NOW + dt.timedelta(minutes=minutes)
        return [source.url for source in sources.claim(tx, at, limit, ids=ids)]


def test_what_is_longest_due_comes_first_and_what_is_not_due_never(newsroom: Newsroom) -> None:
    add(
        newsroom,
        a_source("https://a.example/", -1),
        a_source("https://b.example/", -5),
        a_source("https://c.example/", 1),
        a_source("https://d.example/", None),
    )

    assert claim(newsroom) == ["https://b.example/", "https://a.example/"]
    assert claim(newsroom) == []


def test_no_two_claim_one_until_its_lease_has_ended(newsroom: Newsroom) -> None:
    add(newsroom, a_source("https://a.example/"))

    assert claim(newsroom) == ["https://a.example/"]
    assert claim(newsroom, minutes=4) == []
    assert claim(newsroom, minutes=6) == ["https://a.example/"]


def test_one_of_each_host_is_claimed(newsroom: Newsroom) -> None:
    add(newsroom, *(a_source(f"https://{host}.example/{n}") for n in range(3) for host in "ab"))

    assert claim(newsroom) == ["https://a.example/0", "https://b.example/0"]
    assert claim(newsroom) == []


def test_a_lease_from_before_the_clock_was_set_back_counts_for_nothing(newsroom: Newsroom) -> None:
    add(newsroom, a_source("https://a.example/", -60 * 24 * 400))
    assert claim(newsroom, minutes=60 * 24 * 300)

    assert claim(newsroom) == ["https://a.example/"]


def test_a_source_is_added_once_also_by_the_address_it_had(newsroom: Newsroom) -> None:
    (first,) = add(newsroom, a_source("https://a.example/"))
    with newsroom.services.database.write() as tx:
        known = sources.by_url(tx, first.url)
        assert known
        sources.save(tx, replace(known, url="https://b.example/"))

    new = [a_source(f"https://{host}.example/") for host in "abc"]
    assert [source.url for source in add(newsroom, *new)] == ["https://c.example/"]
    with newsroom.services.database.read() as tx:
        found = sources.all_sources(tx)
    assert [source.url for source in found] == ["https://b.example/", "https://c.example/"]


def test_what_is_saved_is_read_back_and_the_lease_is_given_back(newsroom: Newsroom) -> None:
    add(newsroom, a_source("https://a.example/"))
    claim(newsroom)
    with newsroom.services.database.write() as tx:
        source = sources.get(tx, 1)
        assert source
        polled = replace(
            source,
            title="A",
            next_poll_at=NOW,
            polled_at=NOW,
            changed_at=NOW,
            status=503,
            etag='"x"',
            last_modified="then",
            digest="d",
            minutes=60,
            failures=3,
            problem="p",
        )
        sources.save(tx, polled)
        assert sources.get(tx, 1) == polled
        assert sources.health(tx) == sources.Health(1, 1, NOW)

    assert claim(newsroom) == ["https://a.example/"]


def test_a_source_that_was_removed_is_gone_and_may_come_back(newsroom: Newsroom) -> None:
    add(newsroom, a_source("https://a.example/"))
    with newsroom.services.database.write() as tx:
        sources.remove(tx, 1)
        assert sources.get(tx, 1) is None

    assert len(add(newsroom, a_source("https://a.example/"))) == 1
    with newsroom.services.database.read() as tx:
        assert sources.get(tx, 2)  # a number is never given twice
