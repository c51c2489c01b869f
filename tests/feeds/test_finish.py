"""What follows a swap: the same bytes compressed better, all or nothing, and nothing withdrawn."""

from __future__ import annotations

import gzip
import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace

import brotli
import pytest
import sqlalchemy as sa

from feedsvc.errors import StoreAwayError
from feedsvc.feeds import pack
from feedsvc.feeds.finish import finish_next
from feedsvc.feeds.memory import Memory
from feedsvc.model import Article, Coding, Format, Variant
from feedsvc.store import builds, serving, variants
from feedsvc.store import tables as t
from feedsvc.store.database import Transaction
from tests.feeds.finished import NONE, deltas, follow_up, packed, publish, titles, waiting
from tests.feeds.test_proof import bodies, the_site
from tests.newsroom import Newsroom


@pytest.fixture
def paper(sqlite_newsroom: Newsroom) -> Newsroom:
    """Return a newsroom with stories, built and finished."""
    sqlite_newsroom.with_stories(6).finish()
    return sqlite_newsroom


# Compression.


def test_a_swap_brings_gzip_and_finishing_brings_better(newsroom: Newsroom) -> None:
    newsroom.with_stories(6)
    fast = packed(newsroom)
    assert waiting(newsroom) == len(newsroom.paths())
    newsroom.finish()
    better = packed(newsroom)

    for fmt, body in bodies(newsroom).items():
        assert set(fast[fmt]) == {"g"}
        assert set(better[fmt]) == {"z", "b"}
        assert gzip.decompress(fast[fmt]["g"].body) == body
        assert gzip.decompress(better[fmt]["z"].body) == body
        assert brotli.decompress(better[fmt]["b"].body) == body
        sizes = [len(one.body) for one in (better[fmt]["b"], better[fmt]["z"], fast[fmt]["g"])]
        assert sizes == sorted(sizes)
    assert waiting(newsroom) == 0


def test_each_variant_has_an_entity_tag_of_its_own(paper: Newsroom) -> None:
    marks = [pack.fast(bodies(paper)), pack.better(bodies(paper))]
    for fmt, document in paper.documents().items():
        tags = [one.etag(document.etag) for found in marks for one in found[fmt]]
        assert len({document.etag, *tags}) == 4
        assert all(tag.startswith(document.etag[:-1]) and tag.endswith('"') for tag in tags)


def test_equal_bytes_are_compressed_to_equal_bytes(paper: Newsroom) -> None:
    before = packed(paper)
    paper.clock.advance(days=1)

    assert pack.better(bodies(paper)) == {
        fmt: [found["z"], found["b"]] for fmt, found in before.items()
    }


def test_finishing_changes_no_document_and_no_validator(newsroom: Newsroom) -> None:
    newsroom.with_stories(3)
    before = newsroom.all_documents()
    newsroom.clock.advance(minutes=1)
    newsroom.finish()

    assert newsroom.all_documents() == before


def test_web_processes_are_told(newsroom: Newsroom) -> None:
    newsroom.with_stories(3)
    with newsroom.services.database.read() as tx:
        seen = serving.versions(tx).documents
    assert finish_next(newsroom.services.press)

    with newsroom.services.database.read() as tx:
        assert len(serving.changed_since(tx, seen)) == 1


def test_what_was_damaged_is_not_taken_for_the_document() -> None:
    body = b"The council met again on Monday. " * 20
    for whole in pack.better({Format.RSS: body})[Format.RSS]:
        assert pack.unpacked(whole) == body
        for damaged in (whole.body[:-9], b"", whole.body[:20] + b"\0\0" + whole.body[22:]):
            assert pack.unpacked(replace(whole, body=damaged)) != body


# What may happen in between.


def test_what_the_store_says_newer_makes_no_delta_and_no_trouble(paper: Newsroom) -> None:
    paper.submit(title="One more", date=None)
    paper.build()
    paper.edit(paper.article(2), title="Edited behind the swap")
    paper.finish()

    assert deltas(paper) == NONE
    assert set(packed(paper)[Format.RSS]) == {"z", "b"}
    follow_up(paper)
    assert all(deltas(paper).values())


def test_a_swap_in_between_is_not_overwritten(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.with_stories(3)
    real = pack.better

    def slow(found: dict[Format, bytes]) -> object:
        monkeypatch.setattr(pack, "better", real)
        newsroom.edit(newsroom.article(1), title="Meanwhile")
        newsroom.build()
        return real(found)

    monkeypatch.setattr(pack, "better", slow)
    assert finish_next(newsroom.services.press)

    for path, fmt in itertools.product(newsroom.paths(), Format):
        found = packed(newsroom, path)[fmt].values()
        assert [pack.unpacked(one) for one in found] == [bodies(newsroom, path)[fmt]]
    newsroom.finish()
    assert set(packed(newsroom)[Format.RSS]) == {"z", "b"}


def test_a_feed_that_cannot_be_finished_waits_and_holds_up_no_other(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.with_stories(3)
    real, whose = pack.better, bodies(newsroom, "section/news")

    def picky(found: dict[Format, bytes]) -> object:
        if found == whose:
            raise RuntimeError("out of luck")
        return real(found)

    with monkeypatch.context() as broken:
        broken.setattr(pack, "better", picky)
        newsroom.tick()
        newsroom.finish()
    assert waiting(newsroom) == 1
    assert set(packed(newsroom, "section/news")[Format.RSS]) == {"g"}  # served all the same
    assert set(packed(newsroom)[Format.RSS]) == {"z", "b"}

    newsroom.clock.at += builds.POSTPONED
    newsroom.finish()
    assert waiting(newsroom) == 0


def test_a_store_that_is_away_is_no_fault_of_the_feed(
    paper: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper.submit(title="One more", date=None)
    paper.build()

    def away(*_: object) -> None:
        raise StoreAwayError("gone for a moment")

    with monkeypatch.context() as broken:
        broken.setattr(variants, "put_deltas", away)
        with pytest.raises(StoreAwayError):
            paper.finish()
    assert set(packed(paper)[Format.RSS]) == {"g"}  # all or nothing
    Newsroom(replace(paper.services, memory=Memory()), paper.clock).finish()  # another process
    assert waiting(paper) == 0
    assert all(deltas(paper).values())


def test_a_worker_finishes_behind_the_read_back(newsroom: Newsroom) -> None:
    newsroom.with_stories(3)
    newsroom.submit(title="One more", date=None)
    newsroom.tick()

    assert waiting(newsroom) == 0
    assert all(deltas(newsroom).values())


def test_two_at_once_do_no_harm(newsroom: Newsroom) -> None:
    newsroom.with_stories(6)
    before = newsroom.documents()
    newsroom.submit(title="One more", date=None)
    newsroom.build()
    threads = [threading.Thread(target=newsroom.finish) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert waiting(newsroom) == 0
    for fmt, document in before.items():
        assert titles(fmt, deltas(newsroom)[fmt][document.etag]) == ["One more"]
        assert {one.coding for one in packed(newsroom)[fmt].values()} == set(Coding)


# What was withdrawn.


def texts(tx: Transaction) -> Iterator[bytes]:
    """Yield everything that feeds serve, may serve again or have beside it."""
    for table in (t.document, t.fallback):
        yield from (bytes(body) for body in tx.execute(sa.select(table.c.body)).scalars())
    for row in tx.execute(sa.select(t.variant.c.coding, t.variant.c.body)):
        yield pack.unpacked(Variant(Coding(row.coding), "", bytes(row.body))) or b""
    for body in tx.execute(sa.select(t.delta.c.body)).scalars():
        yield gzip.decompress(bytes(body))
    for table in (t.past, t.document):
        yield from (repr(one).encode() for one in tx.execute(sa.select(table.c.manifest)).scalars())


def holding(room: Newsroom, word: bytes) -> int:
    with room.services.database.read() as tx:
        return sum(word in text for text in texts(tx))


def an_unhappy_story(room: Newsroom) -> Article:
    return room.submit(title="Unhappy", content_html="<p>Xylophone.</p>", date=None)


def test_no_table_holds_what_was_withdrawn(newsroom: Newsroom) -> None:
    newsroom.with_stories(6)
    gone = an_unhappy_story(newsroom)
    follow_up(newsroom)
    publish(newsroom)
    assert holding(newsroom, b"Xylophone") > len(newsroom.all_documents()) * 3  # also in deltas

    newsroom.withdraw(gone)
    newsroom.build()

    assert holding(newsroom, b"Xylophone") == 0
    newsroom.finish()
    newsroom.read_back()
    assert holding(newsroom, b"Xylophone") == 0


def test_nor_what_was_withdrawn_before_its_swap_was_read_back(newsroom: Newsroom) -> None:
    newsroom.with_stories(6)
    gone = an_unhappy_story(newsroom)
    follow_up(newsroom)
    newsroom.submit(title="One more", date=None)
    newsroom.build()  # keeps what was served before, to go back to
    newsroom.withdraw(gone)
    newsroom.build()

    assert holding(newsroom, b"Xylophone") == 0


def test_what_may_not_be_served_is_not_finished(paper: Newsroom) -> None:
    paper.submit(title="One more", date=None)
    paper.build()
    with paper.services.database.write() as tx:
        builds.update(tx, the_site(paper).id, unavailable=True)
    paper.finish()

    assert set(packed(paper)[Format.RSS]) == {"g"}
