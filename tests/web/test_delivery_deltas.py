"""Only what is new, for who asks for it (RFC 3229 with `feed`), on a live socket."""

from __future__ import annotations

import gzip

import pytest
from werkzeug.test import EnvironBuilder

from feedsvc.model import Document, Format
from feedsvc.web.answer import DELTAS, Envelope, Stored
from feedsvc.web.replies import Replies
from tests.newsroom import Newsroom
from tests.web.live import Live

pytestmark = pytest.mark.slow
SITE = "/feeds/all.atom"


def test_a_known_base_gets_only_what_is_new(live: Live) -> None:
    present = live.ask(SITE)

    answer = live.ask(SITE, A_IM="feed", If_None_Match='"b1"')

    assert (answer.status, answer.body) == (226, b"new since b1 " * 99)
    assert (answer["im"], answer["delta-base"]) == ("feed", '"b1"')
    assert answer["cache-control"] == "no-store"
    for name in (
        "etag",
        "last-modified",
        "vary",
        "link",
        "content-type",
        "access-control-allow-origin",
    ):
        assert answer[name] == present[name]
    assert answer["content-length"] == str(len(answer.body))
    assert "date" in answer.headers


@pytest.mark.parametrize("value", ['W/"b1"', '"b1.gz"', '"b1-gzip"', '"x", W/"b1.gz-gzip"'])
def test_the_base_is_known_in_any_disguise(live: Live, value: str) -> None:
    answer = live.ask(SITE, A_IM="feed", If_None_Match=value)

    assert answer.status == 226
    assert answer["delta-base"] in value


def test_of_several_bases_the_smallest_delta_is_sent(live: Live) -> None:
    answer = live.ask(SITE, A_IM="feed", If_None_Match='"b1", "b2"')

    assert (answer["delta-base"], answer.body) == ('"b2"', b"new since b2")


def test_what_is_new_is_compressed_for_whoever_takes_it(live: Live) -> None:
    answer = live.ask(SITE, A_IM="feed", If_None_Match='"b1"', Accept_Encoding="gzip")

    assert (answer.status, answer["content-encoding"]) == (226, "gzip")
    assert gzip.decompress(answer.body) == b"new since b1 " * 99
    assert answer["etag"] == live.ask(SITE, Accept_Encoding="gzip")["etag"]


def test_head_carries_what_get_carries(live: Live) -> None:
    asked = {"A_IM": "feed", "If_None_Match": '"b1"'}
    head = live.ask(SITE, "HEAD", **asked)

    assert (head.status, head.body) == (226, b"")
    assert head.lasting == live.ask(SITE, **asked).lasting


def test_an_unknown_base_gets_the_whole_feed(live: Live) -> None:
    answer = live.ask(SITE, A_IM="feed", If_None_Match='"b3"')

    assert (answer.status, answer.body) == (200, live.document("all.atom").body)
    assert {"im", "delta-base"}.isdisjoint(answer.headers)


def test_the_present_document_is_not_modified(live: Live) -> None:
    etag = live.document("all.atom").etag

    for value in (etag, f'"b1", W/{etag}'):
        assert live.ask(SITE, A_IM="feed", If_None_Match=value).status == 304


@pytest.mark.parametrize(
    ("manipulations", "status"),
    [
        *(("FEED", 226), ("vcdiff, feed", 226), ("feed;q=0.5", 226), ("gzip;q=0, Feed ", 226)),
        *(("feed;q=0", 200), ("feeds", 200), ("", 200), ("vcdiff", 200), ("é", 200)),
        ("feed," * 100, 200),
    ],
)
def test_only_who_asks_for_it_gets_it(live: Live, manipulations: str, status: int) -> None:
    answer = live.ask(SITE, A_IM=manipulations, If_None_Match='"b1"')

    assert answer.status == status


def test_without_a_base_that_the_client_has_there_is_no_delta(live: Live) -> None:
    modified = live.ask(SITE)["last-modified"]
    old = "Sun, 06 Nov 1994 08:49:37 GMT"

    assert live.ask(SITE, A_IM="feed").status == 200
    assert live.ask(SITE, A_IM="feed", If_Modified_Since=old).status == 200
    assert live.ask(SITE, A_IM="feed", If_Modified_Since=modified).status == 304
    newer = live.ask(SITE, A_IM="feed", If_None_Match='"b1"', If_Modified_Since=modified)
    assert newer.status == 226


def test_the_smallest_delta_is_the_shortest(sqlite_newsroom: Newsroom) -> None:
    settings = sqlite_newsroom.services.settings
    document = Document("all", Format.RSS, b"all", '"now"', sqlite_newsroom.clock.now())
    deltas = {'"long"': b"a" * 9, '"short"': b"b"}
    envelope = Envelope(settings, Replies(settings).refused)
    answer = envelope.answer(Stored(1, 1, document, (), deltas), frozenset({DELTAS}))

    asked = {"If-None-Match": '"long", "short"', "A-IM": "feed", "Accept-Encoding": "gzip"}
    status, _, body = answer.respond(EnvironBuilder(headers=list(asked.items())).get_environ())

    assert (status, body) == ("226 IM Used", [b"b"])
