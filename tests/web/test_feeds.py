"""Feeds over HTTP: finished bytes, validators, and the right answer to every question."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from email.utils import format_datetime, parsedate_to_datetime

import pytest
import sqlalchemy as sa

from feedsvc.model import Format, Kind
from feedsvc.store import feeds, serving
from feedsvc.store import tables as t
from tests.conftest import make_newsroom
from tests.newsroom import Clock, Newsroom

each_format = pytest.mark.parametrize("fmt", list(Format))
PATHS = ("all", "section/news", "author/ana-lee", "edition/the-journal-2024")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """A newsroom that is only read."""
    clock = Clock(dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC))
    url = f"sqlite:///{tmp_path_factory.mktemp('feeds')}/feedsvc.db"
    room = make_newsroom(url, clock)
    room.submit(tags=("chess",))
    room.build()
    yield room
    room.services.database.close()


def test_every_feed_is_served_in_every_format(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    documents = newsroom.all_documents()
    assert set(documents) == {f"{path}.{fmt}" for path in PATHS for fmt in Format}

    for name, document in documents.items():
        answer = newsroom.get(f"/feeds/{name}")

        assert answer.status_code == 200
        assert answer.data == document.body
        assert answer.headers["ETag"] == document.etag
        assert answer.headers["Content-Length"] == str(len(document.body))
        assert parsedate_to_datetime(answer.headers["Last-Modified"]) == document.modified_at


@pytest.mark.parametrize(
    ("fmt", "content_type"),
    [
        ("rss", "application/rss+xml; charset=utf-8"),
        ("atom", "application/atom+xml; charset=utf-8"),
        ("json", "application/feed+json"),
    ],
)
def test_each_format_has_its_content_type(room: Newsroom, fmt: str, content_type: str) -> None:
    assert room.get(f"/feeds/all.{fmt}").headers["Content-Type"] == content_type


def test_a_feed_may_be_kept_as_long_as_its_ttl_says(room: Newsroom) -> None:
    assert room.get("/feeds/all.rss").headers["Cache-Control"] == (
        "public, max-age=300, stale-while-revalidate=30, stale-if-error=3600"
    )


@each_format
def test_head_answers_as_get_does_without_a_body(room: Newsroom, fmt: Format) -> None:
    got = room.get(f"/feeds/all.{fmt}")
    head = room.client().head(f"/feeds/all.{fmt}")

    assert head.data == b""
    assert head.status_code == got.status_code == 200
    for answer in (got, head):
        answer.headers.pop("Date", None)
    assert dict(head.headers) == dict(got.headers)


@pytest.mark.parametrize(
    "value", ["{}", "W/{}", '"other", {}', '"other",W/{}', "*", '  {}  , "x"', '"a,b", {}']
)
def test_a_known_etag_is_answered_without_a_body(room: Newsroom, value: str) -> None:
    etag = room.documents()[Format.RSS].etag
    headers = {"If-None-Match": value.format(etag)}

    for method in ("GET", "HEAD"):
        answer = room.client().open("/feeds/all.rss", method=method, headers=headers)

        assert answer.status_code == 304
        assert answer.data == b""
        assert answer.headers["ETag"] == etag
        assert "max-age=300" in answer.headers["Cache-Control"]
        assert "Content-Length" not in answer.headers
        assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("value", ['"other"', 'W/"other"', '"a", "b"', "", '"{}x"', '"', ","])
def test_an_unknown_etag_gets_the_whole_feed(room: Newsroom, value: str) -> None:
    value = value.format(room.documents()[Format.RSS].etag.strip('"'))

    answer = room.get("/feeds/all.rss", headers={"If-None-Match": value})

    assert answer.status_code == 200
    assert answer.data == room.documents()[Format.RSS].body


def test_the_etag_of_another_format_is_unknown(room: Newsroom) -> None:
    etag = room.documents()[Format.ATOM].etag

    assert room.get("/feeds/all.rss", headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(0, 304), (1, 304), (-1, 200)])
def test_unchanged_since_an_instant_is_answered_without_a_body(
    room: Newsroom, seconds: int, status: int
) -> None:
    since = room.documents()[Format.RSS].modified_at + dt.timedelta(seconds=seconds)
    headers = {"If-Modified-Since": format_datetime(since, usegmt=True)}

    assert room.get("/feeds/all.rss", headers=headers).status_code == status


def test_an_instant_that_cannot_be_read_is_ignored(room: Newsroom) -> None:
    headers = {"If-Modified-Since": "yesterday"}

    assert room.get("/feeds/all.rss", headers=headers).status_code == 200


def test_an_etag_counts_more_than_an_instant(room: Newsroom) -> None:
    document = room.documents()[Format.RSS]
    instant = format_datetime(document.modified_at, usegmt=True)
    old = format_datetime(document.modified_at - dt.timedelta(days=1), usegmt=True)

    def status(etag: str, since: str) -> int:
        headers = {"If-None-Match": etag, "If-Modified-Since": since}
        return room.get("/feeds/all.rss", headers=headers).status_code

    assert status('"other"', instant) == 200
    assert status(document.etag, old) == 304


def test_a_change_is_seen_by_etag_and_by_instant(newsroom: Newsroom) -> None:
    story = newsroom.submit()
    newsroom.build()
    first = newsroom.get("/feeds/all.rss")
    newsroom.clock.advance(seconds=1)
    newsroom.withdraw(story)
    newsroom.build()

    for headers in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        answer = newsroom.get("/feeds/all.rss", headers=headers)
        assert answer.status_code == 200
        assert b"Chess Club" not in answer.data


def test_a_part_of_a_feed_is_not_to_be_had(room: Newsroom) -> None:
    answer = room.get("/feeds/all.rss", headers={"Range": "bytes=0-9"})

    assert (answer.status_code, len(answer.data) > 10) == (200, True)


@pytest.mark.parametrize(
    "path",
    [
        *("/feeds/", "/feeds/all.xml", "/feeds/all.RSS", "/feeds/all.", "/feeds/section"),
        *("/feeds/section/sports.rss", "/feeds/section/News.rss", "/feeds/section/news.xml"),
        *("/feeds/tag/chess.rss", "/feeds/section/.rss", "/feeds/section/a.b.rss"),
        *("/feeds/all.rss/", "/feeds//all.rss", "/feeds/section//news.rss", "/feeds/all.rss%00"),
        *("/feeds/author/news.rss", "/feeds/section/news.rss.rss", "/feeds/section/..%2fall.rss"),
    ],
)
def test_what_is_not_there_is_told_in_plain_text(room: Newsroom, path: str) -> None:
    answer = room.get(path)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == "404 Not Found: There is nothing at this address.\n"


def test_before_the_first_build_a_feed_says_when_to_try_again(newsroom: Newsroom) -> None:
    assert newsroom.get("/feeds/all.rss").status_code == 404
    newsroom.submit()

    answer = newsroom.get("/feeds/section/news.rss")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "60"


@pytest.mark.parametrize("path", ["/feeds/none.rss", "/rss.xml", "/comments/feed/"])
def test_head_gets_no_body_whatever_the_answer(room: Newsroom, path: str) -> None:
    assert room.client().head(path).data == b""


def test_unknown_questions_change_no_answer(room: Newsroom) -> None:
    assert room.get("/feeds/all.rss?utm_source=x&null").data == room.get("/feeds/all.rss").data


def test_an_old_slug_serves_the_feed_under_its_new_name(newsroom: Newsroom) -> None:
    """Some readers never follow a redirect, and some follow it for ever without remembering."""
    newsroom.submit()
    newsroom.build()
    newsroom.rename(Kind.SECTION, "News", "World & Local")
    newsroom.build()

    for fmt in Format:
        old = newsroom.get(f"/feeds/section/news.{fmt}")
        new = newsroom.get(f"/feeds/section/world-local.{fmt}")

        assert old.status_code == new.status_code == 200
        assert (old.data, dict(old.headers)) == (new.data, dict(new.headers))
        self_url = f"http://127.0.0.1:8000/feeds/section/world-local.{fmt}"
        assert old.headers["Link"] == f'<{self_url}>; rel="self"'
        assert self_url in old.text


def test_a_merged_section_serves_the_other(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.submit(title="Other", sections=("Sports",))
    newsroom.build()
    client = newsroom.client()
    assert b"Chess" not in client.get("/feeds/section/sports.atom").data
    newsroom.merge(Kind.SECTION, "Sports", "News")
    newsroom.build()

    answer = client.get("/feeds/section/sports.atom")

    assert answer.status_code == 200
    assert answer.data == client.get("/feeds/section/news.atom").data
    assert b"Chess" in answer.data


def test_a_removed_feed_is_gone(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    client = newsroom.client()
    assert client.get("/feeds/section/news.rss").status_code == 200
    newsroom.remove(Kind.SECTION, "News", unfile=True)

    for address in ("/feeds/section/news.rss", "/section/news/feed"):
        answer = client.get(address)
        assert answer.status_code == 410
        assert answer.text == "410 Gone: This feed was removed by the newsroom.\n"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_feeds_can_only_be_read(room: Newsroom, method: str) -> None:
    answer = room.client().open("/feeds/all.rss", method=method)

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_unavailable_feed_says_when_to_try_again(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    client = newsroom.client()
    assert client.get("/feeds/section/news.rss").status_code == 200
    with newsroom.services.database.write() as tx:
        tx.execute(sa.update(t.feed).values(unavailable=True))
        serving.note_served(tx, [feed.id for feed in feeds.all_feeds(tx)])

    for fmt, document in newsroom.documents("section/news").items():
        for headers in ({}, {"If-None-Match": document.etag}):
            answer = client.get(f"/feeds/section/news.{fmt}", headers=headers)

            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "60"
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.text.startswith("503 Service Unavailable: ")
