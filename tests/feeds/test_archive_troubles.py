"""Archives when things go wrong or come in an awkward order."""

from __future__ import annotations

import datetime as dt

import pytest

from feedsvc.errors import StoreError
from feedsvc.feeds import archive
from feedsvc.feeds.archive import build_next
from feedsvc.feeds.press import Press
from feedsvc.model import Document, Format
from feedsvc.store import archives, builds, serving
from feedsvc.store.archives import Page
from tests.feeds.test_archive import START, all_bytes, build, everything, small, stories, walked
from tests.feeds.walking import all_titles
from tests.newsroom import Newsroom


@pytest.fixture
def paper(sqlite_newsroom: Newsroom) -> Newsroom:
    sqlite_newsroom.clock.at = START
    return small(sqlite_newsroom)


def page_of(room: Newsroom, path: str, number: int) -> Page:
    with room.services.database.read() as tx:
        return archives.of_feed(tx, serving.routes(tx)[path] or 0)[number]


def postpone_all(room: Newsroom, by: dt.timedelta) -> None:
    with room.services.database.write() as tx:
        for feed_id in filter(None, serving.routes(tx).values()):
            for page in archives.of_feed(tx, feed_id):
                archives.postpone(tx, page, room.clock.at + by)


def build_urgent(room: Newsroom) -> None:
    while build_next(room.services.press, urgent=True):
        pass


@pytest.mark.parametrize("by", [builds.POSTPONED, dt.timedelta(days=1)])
def test_what_is_withdrawn_from_a_page_that_was_put_off_is_gone(
    paper: Newsroom, by: dt.timedelta
) -> None:
    old = stories(paper, 15)[2]
    postpone_all(paper, by)
    paper.withdraw(old)
    build_urgent(paper)

    assert old.title not in all_titles(walked(paper))


def test_pages_that_wait_for_a_time_before_the_clock_was_set_back_are_due(paper: Newsroom) -> None:
    old = stories(paper, 15)[2]
    postpone_all(paper, dt.timedelta(days=1))
    paper.edit(old, title="Mended")
    build(paper)

    assert "Mended" in all_titles(walked(paper))


def test_what_was_moved_and_then_withdrawn_leaves_the_page_it_was_moved_from(
    paper: Newsroom,
) -> None:
    old = stories(paper, 15)[2]
    paper.edit(old, sections=("Sports",))
    paper.withdraw(old)
    paper.build()
    build_urgent(paper)

    assert f"<id>{old.guid}".encode() not in all_bytes(paper)
    assert f"{old.guid}</guid>".encode() not in all_bytes(paper)


def test_a_new_month_takes_no_link_away(paper: Newsroom) -> None:
    stories(paper, 3)
    for _ in range(12):
        paper.submit(title=f"Story {len(everything(paper))}", date=None, tags=())
        paper.build()
        paper.clock.advance(days=3)

        assert all_titles(walked(paper)) == everything(paper)


def test_the_link_comes_with_the_last_page(paper: Newsroom) -> None:
    stories(paper, 12)
    for month in range(1, 9):
        paper.submit(title=f"Old {month}", date=dt.date(2023, month, 5))
    for number in range(6):
        paper.submit(title=f"New {number}", date=None)
        paper.clock.advance(hours=1)
    paper.build()
    (only,) = walked(paper)
    assert only.older is None
    assert only.marks == set()

    while build_next(paper.services.press):
        pass
    paper.build()
    assert all_titles(walked(paper)) == everything(paper)


def test_a_story_with_an_old_date_is_on_its_page_before_the_feed_is_swapped(
    paper: Newsroom,
) -> None:
    stories(paper, 15)
    paper.submit(title="Of long ago", date=dt.date(2024, 9, 21))
    paper.build()

    assert all_titles(walked(paper)) == everything(paper)


def test_a_page_that_cannot_be_built_without_what_was_withdrawn_is_not_linked(
    paper: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = stories(paper, 15)[7]
    paper.withdraw(old)

    def broken(press: Press, page: Page, _reading: object) -> None:
        raise RuntimeError(page.name)

    with monkeypatch.context() as away:
        away.setattr(archive, "_settle", broken)
        build_urgent(paper)
    build(paper)
    assert old.guid.encode() not in all_bytes(paper).replace(
        f'ref="{old.guid}"'.encode(), b""
    ).replace(f'{{"id":"{old.guid}","when"'.encode(), b"")
    assert set(all_titles(walked(paper))) <= set(everything(paper))
    paper.clock.at += builds.POSTPONED
    build(paper)
    assert all_titles(walked(paper)) == everything(paper)


def test_a_page_is_split_once(paper: Newsroom) -> None:
    small(paper, soft_cap_bytes=10_000)
    for number in range(30):
        paper.submit(title=f"Story {number}", date=None, tags=())
        paper.clock.advance(minutes=3)
    paper.build()
    with paper.services.database.write() as tx:
        archives.extend(tx, 1, now=paper.clock.at)
    page = page_of(paper, "all", -1)
    boundary = page.from_at + (page.until_at - page.from_at) / 2
    with paper.services.database.write() as tx:
        assert archives.split(tx, page, boundary, now=paper.clock.at) is not None
        assert archives.split(tx, page, boundary, now=paper.clock.at) is None


def test_a_page_number_is_not_given_twice(paper: Newsroom) -> None:
    stories(paper, 15)
    before = page_of(paper, "all", -1)
    with paper.services.database.write() as tx:
        archives.drop(tx, before.feed_id)
        archives.extend(tx, before.feed_id, now=paper.clock.at)
    assert page_of(paper, "all", 0).id > before.id


def test_what_is_hardly_too_large_is_split_in_the_middle(paper: Newsroom) -> None:
    small(paper, soft_cap_bytes=10_000)
    stories(paper, 20, days=0.1)
    for number in range(8):
        paper.submit(title=f"Past {number}", date=dt.date(2024, 9, 19))
        build(paper)
    sizes = [len(step.entries) for step in walked(paper)[2:]]

    assert all_titles(walked(paper)) == everything(paper)
    assert sum(sizes) / len(sizes) > 2


def test_a_store_that_is_away_ends_a_build_and_puts_nothing_off(
    paper: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = stories(paper, 15)[2]
    paper.edit(old, title="Mended")
    paper.build()

    def away(*_: object) -> None:
        raise StoreError("away")

    with monkeypatch.context() as broken:
        broken.setattr(archive, "_settle", away)
        with pytest.raises(StoreError):
            build_next(paper.services.press)
    build(paper)
    assert "Mended" in all_titles(walked(paper))


def test_a_retraction_moves_last_modified_also_within_a_second(paper: Newsroom) -> None:
    """A retraction within the second of the swap before it moves Last-Modified too."""
    story = paper.submit(date=None)
    paper.build()
    first: Document = paper.documents()[Format.RSS]
    paper.withdraw(story)
    paper.build()

    assert paper.documents()[Format.RSS].modified_at > first.modified_at
