"""Which feeds are due, and who has them: leases, postponements, and clocks that jump."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from feedsvc.model import SITE, Feed
from feedsvc.store import builds, feeds
from feedsvc.store import tables as t
from tests.newsroom import Newsroom

MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)


def the_site(room: Newsroom) -> Feed:
    with room.services.database.read() as tx:
        site = feeds.by_key(tx, SITE)
    assert site
    return site


def due_at(room: Newsroom, now: dt.datetime) -> list[int]:
    with room.services.database.read() as tx:
        return [one.feed_id for one in builds.due(tx, now, MINUTE)]


def claim(room: Newsroom, token: str, *, now: dt.datetime | None = None) -> bool:
    """Claim the site's feed for a minute."""
    now = now or room.clock.at
    with room.services.database.write() as tx:
        return builds.claim(tx, the_site(room).id, now=now, lease=MINUTE, token=token)


def release(room: Newsroom, token: str, seen_seq: int, **values: object) -> bool:
    with room.services.database.write() as tx:
        site = the_site(room).id
        return builds.release(tx, site, token, seen_seq=seen_seq, values=values)


def test_an_earlier_due_time_and_a_later_event_win(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    now, site = newsroom.clock.at, the_site(newsroom)
    with newsroom.services.database.write() as tx:
        builds.mark_due(tx, [site.id], event_at=now + MINUTE, due_at=now + 5 * MINUTE)
        builds.mark_due(tx, [site.id, site.id], event_at=now, due_at=now + 9 * MINUTE)
        builds.mark_due(tx, [], event_at=now, due_at=now)

    after = the_site(newsroom)
    assert (after.event_at, after.build_due_at) == (now + MINUTE, now + 5 * MINUTE)
    assert after.event_seq == site.event_seq + 2
    assert due_at(newsroom, now + 4 * MINUTE) == []
    assert due_at(newsroom, now + 5 * MINUTE) == [site.id]


def test_feeds_of_the_latest_event_come_first(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    newsroom.build_all()
    now = newsroom.clock.at
    site, *others = (feed_id for feed_id in range(1, 5))
    with newsroom.services.database.write() as tx:
        builds.mark_due(tx, [site, *others], event_at=now, due_at=now)
        builds.mark_due(tx, [others[1]], event_at=now + MINUTE, due_at=now)

    assert due_at(newsroom, now) == [others[1], site, others[0], others[2]]


def test_one_builder_at_a_time_has_a_feed(newsroom: Newsroom) -> None:
    newsroom.submit()
    now, site = newsroom.clock.at, the_site(newsroom).id

    assert claim(newsroom, "one")
    assert not claim(newsroom, "two")
    assert site not in due_at(newsroom, now)
    assert site in due_at(newsroom, now + MINUTE)
    assert claim(newsroom, "two", now=now + MINUTE)
    assert not release(newsroom, "one", 1, digest="stale")
    assert release(newsroom, "two", 1, digest="fresh")

    after = the_site(newsroom)
    assert (after.digest, after.build_due_at) == ("fresh", None)


def test_a_build_that_missed_an_event_leaves_its_feed_due(newsroom: Newsroom) -> None:
    article = newsroom.submit()
    now, site = newsroom.clock.at, the_site(newsroom)
    claim(newsroom, "one")
    newsroom.edit(article, title="Changed meanwhile")

    assert release(newsroom, "one", site.event_seq)

    assert the_site(newsroom).build_due_at == now
    assert "all" in [built.path for built in newsroom.build()]


@pytest.mark.parametrize("is_late", [False, True])
def test_a_failed_build_is_tried_again_later_unless_something_happened(
    newsroom: Newsroom, is_late: bool
) -> None:
    article = newsroom.submit()
    now, site = newsroom.clock.at, the_site(newsroom)
    claim(newsroom, "one")
    if is_late:
        newsroom.withdraw(article)

    values = {"build_due_at": now + 5 * MINUTE, "unavailable": True}
    assert release(newsroom, "one", site.event_seq, **values)

    after = the_site(newsroom)
    assert after.build_due_at == (now if is_late else now + 5 * MINUTE)
    assert after.unavailable is True


# Builders that are gone.


def test_the_leases_of_a_builder_that_is_gone_are_void_and_no_others(newsroom: Newsroom) -> None:
    newsroom.submit()
    now, site = newsroom.clock.at, the_site(newsroom).id
    claim(newsroom, "clock:one")
    with newsroom.services.database.write() as tx:
        assert builds.void_leases(tx, "command:", now) == []
    assert site not in due_at(newsroom, now)

    with newsroom.services.database.write() as tx:
        assert builds.void_leases(tx, "clock:", now) == []

    assert site in due_at(newsroom, now)
    assert not release(newsroom, "clock:one", 1)


def test_a_feed_that_ends_its_builders_is_put_off_at_the_third_time(newsroom: Newsroom) -> None:
    newsroom.submit()
    now, site = newsroom.clock.at, the_site(newsroom).id
    for _ in range(3):
        assert due_at(newsroom, now)[-1] == site  # it blocks no other
        claim(newsroom, "clock:one")
        with newsroom.services.database.write() as tx:
            poisoned = builds.void_leases(tx, "clock:", now)

    assert poisoned == [site]
    assert site not in due_at(newsroom, now)
    assert site in due_at(newsroom, now + 5 * MINUTE)


def test_a_build_that_ends_well_is_no_attempt(newsroom: Newsroom) -> None:
    newsroom.submit()
    for number in range(5):
        claim(newsroom, f"clock:{number}")
        release(newsroom, f"clock:{number}", 0)
    claim(newsroom, "clock:last")

    with newsroom.services.database.write() as tx:
        assert builds.void_leases(tx, "clock:", newsroom.clock.at) == []


# Clocks that jump.


def test_a_lease_from_before_the_clock_was_set_back_is_void(newsroom: Newsroom) -> None:
    newsroom.submit()
    now, site = newsroom.clock.at, the_site(newsroom).id
    claim(newsroom, "dead")

    assert site in due_at(newsroom, now - 3 * HOUR)
    assert claim(newsroom, "alive", now=now - 3 * HOUR)


def test_what_became_due_before_the_clock_was_set_back_is_due(newsroom: Newsroom) -> None:
    newsroom.submit()

    assert the_site(newsroom).id in due_at(newsroom, newsroom.clock.at - 3 * HOUR)


# Many events at once.


def test_events_of_an_import_wait_behind_a_build_of_a_moment_ago(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    site, now, wait = the_site(newsroom).id, newsroom.clock.at, dt.timedelta(seconds=5)

    def mark(at: dt.datetime) -> None:
        with newsroom.services.database.write() as tx:
            builds.mark_due_in_bulk(tx, [site], event_at=at, now=at, debounce=wait)

    mark(now + wait / 5)
    mark(now + wait / 2)

    assert due_at(newsroom, now + wait) == []
    assert due_at(newsroom, now + wait + wait / 5) == [site]
    with newsroom.services.database.write() as tx:
        tx.execute(sa.update(t.feed).values(build_due_at=None))
    mark(now + 2 * wait)
    assert due_at(newsroom, now + 2 * wait) == [site]
