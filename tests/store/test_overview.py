"""How it goes, read in one moment: what is due, what is taken, and how large the store is."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from feedsvc.errors import StoreError
from feedsvc.store import overview
from feedsvc.store.builds import POSTPONED
from feedsvc.store.database import Transaction
from feedsvc.store.feeds import all_feeds
from feedsvc.store.overview import Overview, Pulse
from tests.newsroom import Newsroom
from tests.watched import set_feed

LEASE = dt.timedelta(minutes=1)
Read = TypeVar("Read")


def read(room: Newsroom, look: Callable[[Transaction], Read]) -> Read:
    with room.services.database.read() as tx:
        return look(tx)


def pulse(room: Newsroom) -> Pulse:
    return read(room, lambda tx: overview.pulse(tx, room.clock.at, LEASE))


def whole(room: Newsroom) -> Overview:
    return read(room, lambda tx: overview.overview(tx, room.clock.at, LEASE))


def test_a_feed_that_was_put_off_is_due_when_its_time_comes(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    due_at = newsroom.clock.at + POSTPONED
    set_feed(newsroom, "all", build_due_at=due_at)

    assert (pulse(newsroom).due, pulse(newsroom).due_since) == (0, None)
    assert whole(newsroom).next_build_at == due_at
    newsroom.clock.at = due_at
    assert (pulse(newsroom).due, pulse(newsroom).due_since) == (1, due_at)


def test_a_due_time_from_before_the_clock_was_set_back_is_now(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    set_feed(newsroom, "all", build_due_at=newsroom.clock.at + 2 * POSTPONED)

    assert (pulse(newsroom).due, pulse(newsroom).due_since) == (1, newsroom.clock.at)


@pytest.mark.parametrize(("ends_in", "building"), [(-1, 0), (0, 0), (60, 1), (120, 1), (121, 0)])
def test_a_lease_counts_while_a_builder_may_hold_it(
    newsroom: Newsroom, ends_in: int, building: int
) -> None:
    newsroom.submit()
    until = newsroom.clock.at + dt.timedelta(seconds=ends_in)
    set_feed(newsroom, "all", lease_until=until, lease_token="x")

    found = pulse(newsroom)
    assert (found.building, found.due) == (building, len(newsroom.paths()) - building)


def test_what_a_timetable_has_let_in_does_not_wait(newsroom: Newsroom) -> None:
    newsroom.submit(title="One")
    (site, *_) = read(newsroom, all_feeds)
    set_feed(newsroom, "all", admitted_seq=site.event_seq)
    newsroom.submit(title="Two")
    newsroom.submit(title="Three")

    assert read(newsroom, lambda tx: overview.waiting(tx, site.id)) == 2


def test_a_store_grows_with_what_it_keeps(newsroom: Newsroom) -> None:
    before = whole(newsroom).store_bytes
    letters = random.Random(1).randbytes(150_000).hex()  # nothing that could be packed together
    newsroom.submit(content_html=f"<p>{letters}</p>")

    assert whole(newsroom).store_bytes > before + 150_000


def test_a_store_counts_what_is_not_in_its_main_file_yet(
    sqlite_newsroom: Newsroom, tmp_path: Path
) -> None:
    sqlite_newsroom.submit()

    files = [tmp_path / f"feedsvc.db{ending}" for ending in ("", "-wal")]
    sizes = [file.stat().st_size for file in files]
    assert min(sizes) > 0
    assert whole(sqlite_newsroom).store_bytes == sum(sizes)


def test_a_file_that_is_no_database_any_more_is_a_store_error(
    sqlite_newsroom: Newsroom, tmp_path: Path
) -> None:
    sqlite_newsroom.services.database.close()
    for file in tmp_path.glob("feedsvc.db*"):
        file.write_bytes(b"This was a database once." * 1_000)

    with (
        pytest.raises(StoreError, match="does not answer as a store does"),
        overview.reading(sqlite_newsroom.services.database),
    ):
        pass
