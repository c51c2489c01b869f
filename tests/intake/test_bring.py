"""The runner lets items in by batches, keeps what is refused, and can rehearse."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from feedsvc.intake.accept import Outcome
from feedsvc.intake.bring import BATCH, BATCH_CHARS, Item, Result, bring_in
from feedsvc.model import Rejection
from feedsvc.store import records
from tests.newsroom import Newsroom, a_submission
from tests.store.reading import count


def bring(newsroom: Newsroom, *items: Item, rehearse: bool = False) -> list[Result]:
    services = newsroom.services
    named = ((f"file#{number}", item) for number, item in enumerate(items))
    return list(bring_in(services.database, services.door, named, is_rehearsal=rehearse))


def rejected(newsroom: Newsroom) -> list[Rejection]:
    with newsroom.services.database.read() as tx:
        return records.rejections(tx)


GOOD = a_submission(path="1", digest="1", source="s")
BAD = dataclasses.replace(GOOD, path="2", title="", raw=b"as it came")
BROKEN = Rejection("s", "3", "file", "It ends in the middle.", 7, b"<item>")


def test_each_item_comes_in_or_is_kept(newsroom: Newsroom) -> None:
    results = bring(newsroom, BAD, GOOD, BROKEN)

    assert [(r.name, r.outcome, r.line) for r in results] == [
        ("file#0", None, None),
        ("file#1", Outcome.CREATED, None),
        ("file#2", None, 7),
    ]
    kept = rejected(newsroom)
    assert [(one.path, one.field, one.raw) for one in kept] == [
        ("2", "title", b"as it came"),
        ("3", "file", b"<item>"),
    ]
    assert {one.rejected_at for one in kept} == {newsroom.clock.at}


def test_a_submission_without_bytes_is_kept_as_its_html(sqlite_newsroom: Newsroom) -> None:
    bring(sqlite_newsroom, dataclasses.replace(BAD, raw=b"", content_html="<p>\ud800x</p>"))

    assert rejected(sqlite_newsroom)[0].raw == b"<p>?x</p>"


def test_a_guid_that_two_have_replaces_neither(newsroom: Newsroom) -> None:
    first = dataclasses.replace(GOOD, guid="g")
    second = dataclasses.replace(first, path="2", digest="2", title="Another Story")

    for outcome in (Outcome.CREATED, Outcome.UNCHANGED):
        results = bring(newsroom, first, second)
        assert [result.outcome for result in results] == [outcome, None]
        assert results[1].reason.startswith("the guid 'g' is that of 1 too")
    assert newsroom.article(results[0].article_id or 0).title == GOOD.title
    assert [one.path for one in rejected(newsroom)] == ["2"]


@pytest.mark.parametrize("title", ["", "Right"])
def test_no_name_is_too_odd_to_be_kept_and_found_again(newsroom: Newsroom, title: str) -> None:
    odd = "\udcff\0" + "".join(chr(0x4E00 + number * 7_919 % 20_000) for number in range(3_000))
    item = dataclasses.replace(GOOD, path=odd, source=f"x{odd}", title=title)

    results = [bring(newsroom, item, Rejection(odd, odd, "f", odd, 1, b"")) for _ in range(2)]

    wanted = [Outcome.CREATED, Outcome.UNCHANGED] if title else [None, None]
    assert [found[0].outcome for found in results] == wanted
    assert all(one.path.startswith("\\udcff") for one in rejected(newsroom))


def test_long_articles_come_in_by_small_batches(sqlite_newsroom: Newsroom) -> None:
    def items() -> Iterator[Item]:
        for number in range(3):
            text = f"<p>{number} {'word ' * (BATCH_CHARS // 10)}</p>"
            yield dataclasses.replace(GOOD, path=str(number), content_html=text)
        raise KeyboardInterrupt

    services = sqlite_newsroom.services
    with pytest.raises(KeyboardInterrupt):
        list(bring_in(services.database, services.door, (("x", item) for item in items())))
    assert len(rejected(sqlite_newsroom)) == 2


def test_a_rehearsal_tells_the_same_and_stores_nothing(newsroom: Newsroom) -> None:
    rehearsed = bring(newsroom, BAD, GOOD, BROKEN, rehearse=True)
    assert rejected(newsroom) == []
    assert [count(newsroom.services.database, name) for name in ("article", "feed", "term")] == [
        0,
        0,
        0,
    ]

    outcomes = [(result.name, result.outcome, result.reason) for result in rehearsed]
    assert outcomes == [(r.name, r.outcome, r.reason) for r in bring(newsroom, BAD, GOOD, BROKEN)]


def test_a_crash_loses_the_batch_it_was_in_and_no_other(sqlite_newsroom: Newsroom) -> None:
    def items() -> Iterator[Item]:
        for number in range(BATCH + 5):
            yield dataclasses.replace(GOOD, path=str(number), title=f"Story {number}")
        raise KeyboardInterrupt

    services = sqlite_newsroom.services
    running = bring_in(services.database, services.door, (("x", item) for item in items()))
    done = [next(running) for _ in range(BATCH)]
    assert {result.outcome for result in done} == {Outcome.CREATED}
    with pytest.raises(KeyboardInterrupt):
        next(running)
    assert count(services.database, "article") == BATCH
