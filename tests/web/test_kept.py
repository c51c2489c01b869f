"""What a process keeps of long answers, and when it makes them anew."""

from __future__ import annotations

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask, Response

from feedsvc.web.kept import KeptAnswers
from tests.newsroom import Newsroom

LONG = ("/feeds", "/feeds.opml", "/sitemap.xml", "/news-sitemap.xml")


class Maker:
    """Makes answers of a size, and counts them."""

    def __init__(self, kept: KeptAnswers, size: int = 1) -> None:
        self.kept, self.size, self.made = kept, size, 0
        self.app = Flask(__name__)

    def ask(self, name: str = "x", accept: str = "identity") -> Response:
        with self.app.test_request_context(headers=[("Accept-Encoding", accept)]):
            return self.kept.answer(name, self.make)

    def make(self) -> Response:
        self.made += 1
        return Response(b"%d" % self.made * self.size, mimetype="text/plain")


def test_an_answer_is_made_once_while_nothing_changes(sqlite_newsroom: Newsroom) -> None:
    maker = Maker(KeptAnswers(sqlite_newsroom.services))

    answers = [maker.ask() for _ in range(3)]

    assert maker.made == 1
    assert [answer.data for answer in answers] == [b"1"] * 3
    assert len({answer.headers["ETag"] for answer in answers}) == 1


def test_an_answer_stays_while_feeds_change(sqlite_newsroom: Newsroom) -> None:
    maker = Maker(KeptAnswers(sqlite_newsroom.services))
    maker.ask()

    sqlite_newsroom.submit()
    sqlite_newsroom.build()

    assert maker.ask().data == b"1"


def test_caches_are_told_how_long_is_left(sqlite_newsroom: Newsroom) -> None:
    maker = Maker(KeptAnswers(sqlite_newsroom.services))
    assert maker.ask().headers["Cache-Control"] == "public, max-age=300"

    sqlite_newsroom.clock.advance(minutes=4, seconds=50)

    assert maker.ask().headers["Cache-Control"] == "public, max-age=10"


def test_who_asks_while_an_answer_is_made_gets_that_one(sqlite_newsroom: Newsroom) -> None:
    maker = Maker(KeptAnswers(sqlite_newsroom.services))
    all_have_begun = threading.Barrier(8)

    def ask(_number: int) -> bytes:
        all_have_begun.wait()
        data: bytes = maker.ask().data
        return data

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {b"1"}
    assert maker.made == 1


def test_an_answer_is_sent_as_it_is_kept_to_who_takes_gzip(sqlite_newsroom: Newsroom) -> None:
    maker = Maker(KeptAnswers(sqlite_newsroom.services, max_bytes=1_000), size=100_000)
    plain, packed = maker.ask(), maker.ask(accept="br, gzip")

    assert maker.made == 1  # it has room
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data == b"1" * 100_000
    assert packed.headers["Content-Length"] == str(len(packed.data))
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert plain.headers["ETag"] != packed.headers["ETag"]


def test_an_answer_is_made_anew_after_five_minutes(sqlite_newsroom: Newsroom) -> None:
    maker = Maker(KeptAnswers(sqlite_newsroom.services))
    maker.ask()
    sqlite_newsroom.clock.advance(minutes=4, seconds=59)
    assert maker.ask().data == b"1"

    sqlite_newsroom.clock.advance(seconds=1)

    assert maker.ask().data == b"2"


def test_a_clock_that_was_set_back_keeps_nothing_for_ever(sqlite_newsroom: Newsroom) -> None:
    maker = Maker(KeptAnswers(sqlite_newsroom.services))
    maker.ask()

    sqlite_newsroom.clock.advance(hours=-1)

    assert maker.ask().data == b"2"


def test_the_oldest_makes_room(sqlite_newsroom: Newsroom) -> None:
    maker = Maker(KeptAnswers(sqlite_newsroom.services, max_bytes=70), size=1_000)
    for name in ("a", "b", "c"):
        maker.ask(name)

    assert maker.ask("c").data[:1] == b"3"
    assert maker.ask("b").data[:1] == b"2"
    assert maker.ask("a").data[:1] == b"4"


def test_what_is_too_long_is_answered_and_not_kept(sqlite_newsroom: Newsroom) -> None:
    maker = Maker(KeptAnswers(sqlite_newsroom.services, max_bytes=10), size=11)

    assert maker.ask().data == b"1" * 11
    assert maker.ask().data == b"2" * 11


@pytest.mark.parametrize("path", LONG)
def test_a_withdrawn_article_is_gone_from_a_list_when_its_time_is_up(
    newsroom: Newsroom, path: str
) -> None:
    newsroom.submit()
    article = newsroom.submit(title="Wrong", date=None, sections=("Wrong",))
    newsroom.build()
    client = newsroom.client()
    newsroom.clock.advance(seconds=20)
    client.get(path)
    newsroom.clock.advance(seconds=20)
    listing = client.get(path)
    assert b"wrong" in listing.data

    newsroom.withdraw(article)
    newsroom.build()
    newsroom.clock.advance(seconds=listing.cache_control.max_age or 0)

    assert b"wrong" not in client.get(path).data
