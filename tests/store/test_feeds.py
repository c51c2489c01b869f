"""What feeds list, what is due, and who builds it."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from feedsvc.intake.accept import accept
from feedsvc.intake.desk import release_due
from feedsvc.model import SITE, Feed
from feedsvc.store import articles, feeds
from feedsvc.store.database import Transaction
from feedsvc.store.tables import metadata
from tests.newsroom import Newsroom, a_submission
from tests.store.reading import column, plans

MINUTE = dt.timedelta(minutes=1)


def the_site(newsroom: Newsroom) -> Feed:
    with newsroom.services.database.read() as tx:
        found = feeds.by_key(tx, SITE)
    assert found is not None
    return found


def fill(newsroom: Newsroom, count: int) -> None:
    """Let the site's feed list many articles, a minute apart."""
    article, entry = metadata.tables["article"], metadata.tables["feed_entry"]
    with newsroom.services.database.write() as tx:
        for number in range(count):
            at = newsroom.clock.at - number * MINUTE
            row = dict.fromkeys(("guid", "atom_id", "permalink"), f"urn:x:{number}") | {
                "guid_source": "x",
                "status": "published",
                "title": "x",
                "content_html": "x",
                "published_at": at,
                "updated_at": at,
            }
            new = tx.execute(sa.insert(article).returning(article.c.id), row).scalar_one()
            tx.execute(sa.insert(entry), {"feed_id": 1, "article_id": new, "published_at": at})


# Listing


def test_a_feed_lists_its_newest_articles_first(newsroom: Newsroom) -> None:
    for day in (3, 9, 5, 7):
        newsroom.submit(title=f"Of the {day}th", date=dt.date(2024, 11, day))

    with newsroom.services.database.read() as tx:
        site = the_site(newsroom)
        assert feeds.newest(tx, site.id, 3) == [2, 4, 3]
        assert feeds.newest(tx, site.id, 50) == [2, 4, 3, 1]


def test_of_equal_times_the_later_article_stands_first(newsroom: Newsroom) -> None:
    for number in range(3):
        newsroom.submit(title=f"Story {number}", date=newsroom.clock.at)

    with newsroom.services.database.read() as tx:
        assert feeds.newest(tx, the_site(newsroom).id, 50) == [3, 2, 1]


@pytest.mark.parametrize("size", [0, 1, 400])
def test_the_newest_are_a_range_of_the_key_at_any_size(newsroom: Newsroom, size: int) -> None:
    newsroom.submit()
    fill(newsroom, size)

    def step(tx: Transaction) -> None:
        feeds.newest(tx, 1, 50)
        feeds.count_since(tx, 1, 48)

    found = plans(newsroom.services.database, step)

    assert len(found) == 3
    for plan in found.values():
        assert "pk_feed_entry" in plan or "sqlite_autoindex_feed_entry_1" in plan
        for word in ("SCAN feed_entry", "Seq Scan", "Sort", "TEMP B-TREE"):
            assert word not in plan


def test_no_step_of_an_import_reads_a_whole_table(newsroom: Newsroom) -> None:
    newsroom.submit(path="a", digest="1")
    fill(newsroom, 300)
    door = newsroom.services.door

    def step(tx: Transaction) -> None:
        accept(tx, door, a_submission(title="New", path="b", digest="1", sections=("Sports",)))
        accept(tx, door, a_submission(title="Changed", path="a", digest="2"))
        release_due(tx, door)
        articles.permalinks_like(tx, "2024/11/new")

    asked = plans(newsroom.services.database, step).items()
    # An INSERT looks nothing up, but SQLite names what its foreign keys would need.
    for sql, plan in [(sql, plan) for sql, plan in asked if not sql.startswith("INSERT")]:
        for table in ("article", "permalink", "origin", "feed_entry", "article_term", "term_name"):
            assert f"SCAN {table}" not in plan, sql
            assert f"Seq Scan on {table} " not in plan, sql


def test_the_hours_of_a_window_count_back_from_the_newest(newsroom: Newsroom) -> None:
    for hours in (100, 101, 148, 149):
        at = newsroom.clock.at - dt.timedelta(hours=hours)
        newsroom.submit(title=f"{hours} hours ago", date=at)

    with newsroom.services.database.read() as tx:
        site = the_site(newsroom).id
        assert [feeds.count_since(tx, site, hours) for hours in (0, 1, 48, 49)] == [1, 2, 3, 4]
        assert feeds.count_since(tx, 77, 48) == 0


# What is due


def test_an_event_makes_a_feed_due_until_it_is_built(newsroom: Newsroom) -> None:
    newsroom.submit()
    site = the_site(newsroom)
    assert (site.event_at, site.build_due_at, site.event_seq) == (
        newsroom.clock.at,
        newsroom.clock.at,
        1,
    )

    newsroom.build()

    assert the_site(newsroom).build_due_at is None


# Tombstones


def test_tombstones_are_the_newest_of_thirty_days_before_the_event(newsroom: Newsroom) -> None:
    newsroom.submit(title="Stays")
    old = newsroom.submit(title="Old", byline=())
    newsroom.withdraw(old)
    newsroom.clock.advance(days=1)
    gone = newsroom.submit(title="Gone", byline=())
    newsroom.withdraw(gone)
    assert [stone.atom_id for stone in newsroom.channel().tombstones] == [gone.guid, old.guid]

    # Time alone changes no byte; the next event does.
    newsroom.clock.advance(days=29, hours=1)
    assert len(newsroom.channel().tombstones) == 2
    newsroom.submit(title="An Event", date=None)
    assert [stone.atom_id for stone in newsroom.channel().tombstones] == [gone.guid]


def test_a_feed_shows_its_newest_hundred_tombstones(newsroom: Newsroom) -> None:
    newsroom.submit(title="Stays")
    site, now = the_site(newsroom), newsroom.clock.at
    with newsroom.services.database.write() as tx:
        for number in range(103):
            at = now - number * MINUTE
            feeds.add_tombstones(tx, [site.id], f"urn:x:{number:03}", at)
        feeds.add_tombstones(tx, [], "urn:x:none", now)

    found = newsroom.channel().tombstones

    assert [stone.atom_id for stone in found] == [f"urn:x:{number:03}" for number in range(100)]
    assert len(column(newsroom.services.database, "tombstone.at")) == 103


def test_tombstones_of_one_moment_have_one_order(newsroom: Newsroom) -> None:
    newsroom.submit(title="Stays")
    with newsroom.services.database.write() as tx:
        for name in ("b", "c", "a"):
            feeds.add_tombstones(tx, [the_site(newsroom).id], f"urn:x:{name}", newsroom.clock.at)

    assert [stone.atom_id[-1] for stone in newsroom.channel().tombstones] == ["a", "b", "c"]
