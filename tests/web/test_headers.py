"""What every answer carries, whatever was asked and by whatever name."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from feedsvc.model import Kind
from feedsvc.web.app import create_app
from tests.conftest import make_newsroom
from tests.newsroom import Clock, Newsroom

# (method, path, status): one for every kind of answer.
ANSWERS = (
    ("GET", "/", 200),
    ("HEAD", "/", 200),
    ("GET", "/section/news", 200),
    ("GET", "/tag/chess", 200),
    ("GET", "/articles/2024/11/chess-club-wins-the-state-title", 200),
    ("GET", "/static/style.css", 200),
    ("GET", "/feeds", 200),
    ("GET", "/feeds.opml", 200),
    ("GET", "/sitemap.xml", 200),
    ("GET", "/news-sitemap.xml", 200),
    ("GET", "/robots.txt", 200),
    ("GET", "/favicon.ico", 200),
    ("GET", "/healthz", 200),
    ("GET", "/feeds/all.rss", 200),
    ("GET", "/feeds/section/news.json", 200),
    ("OPTIONS", "/feeds/all.rss", 200),
    ("GET", "/section/old", 301),
    ("GET", "/feeds/section/old.atom", 200),
    ("GET", "/section/old/feed/atom", 301),
    ("HEAD", "/rss.xml", 301),
    ("GET", "/nowhere", 404),
    ("GET", "/feeds/nowhere", 404),
    ("GET", "/feeds/section/old", 301),
    ("GET", "/feeds/section/nowhere", 404),
    ("GET", "/feeds/section/nowhere.rss", 404),
    ("GET", "/static/../app.py", 404),
    ("GET", "/articles/2024/11/gone", 410),
    ("POST", "/", 405),
    ("POST", "/feeds/all.rss", 405),
)
each_answer = pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
HOSTS = ("evil.example", "evil.example:99999", "", "a b", "<script>", "127.0.0.1:8000", "[::1", "é")


def furnish(room: Newsroom) -> Newsroom:
    """Make every kind of answer possible."""
    room.submit(sections=("Old",), title="Gone")
    room.submit(sections=("Old", "News"), tags=("chess",))
    room.rename(Kind.SECTION, "Old", "New")
    room.withdraw(room.article(1))
    room.build()
    return room


def a_room(folder: Path, base_url: str) -> Newsroom:
    clock = Clock(dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC))
    environ = {"FEEDSVC_SITE__BASE_URL": base_url}
    return furnish(make_newsroom(f"sqlite:///{folder}/feedsvc.db", clock, environ))


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    room = a_room(tmp_path_factory.mktemp("plain"), "")
    yield room
    room.services.database.close()


@pytest.fixture(scope="module")
def secure_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    room = a_room(tmp_path_factory.mktemp("secure"), "https://paper.example/news")
    yield room
    room.services.database.close()


def ask(room: Newsroom, method: str, path: str, **options: Any) -> TestResponse:
    return room.client().open(path, method=method, buffered=True, **options)


def without_date(answer: TestResponse) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name != "Date"}


@each_answer
def test_every_answer_is_guarded(room: Newsroom, method: str, path: str, status: int) -> None:
    answer = ask(room, method, path)

    assert answer.status_code == status
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "Set-Cookie" not in answer.headers
    assert "Strict-Transport-Security" not in answer.headers  # the base URL is http


def test_not_modified_is_guarded_too(room: Newsroom) -> None:
    for path in ("/", "/feeds/all.rss", "/static/style.css"):
        etag = ask(room, "GET", path).headers["ETag"]
        answer = ask(room, "GET", path, headers={"If-None-Match": etag})

        assert answer.status_code == 304
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@each_answer
def test_with_https_every_answer_asks_for_https(
    secure_room: Newsroom, method: str, path: str, status: int
) -> None:
    answer = ask(secure_room, method, path)

    assert answer.status_code == status
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@each_answer
def test_the_host_header_changes_no_byte(
    room: Newsroom, method: str, path: str, status: int
) -> None:
    plain, client = ask(room, method, path), room.client()

    for host in HOSTS:
        headers = {"Host": host, "X-Forwarded-Host": host}
        answer = client.open(path, method=method, headers=headers, buffered=True)
        assert answer.status_code == status
        assert (answer.data, without_date(answer)) == (plain.data, without_date(plain))


@each_answer
def test_no_host_header_changes_no_byte_either(
    room: Newsroom, method: str, path: str, status: int
) -> None:
    plain = ask(room, method, path)
    application = create_app(room.services)
    environ = EnvironBuilder(path, "https://other.example:8080", method=method).get_environ()
    del environ["HTTP_HOST"]

    body, line, headers = run_wsgi_app(application, environ, buffered=True)

    assert (b"".join(body), int(line[:3])) == (plain.data, status)
    assert {name: value for name, value in headers if name != "Date"} == without_date(plain)


@pytest.mark.parametrize("path", ["/feeds//all.rss", "/section//news", "/feeds/all.rss/"])
def test_untidy_addresses_are_not_redirected_to_whoever_asks(room: Newsroom, path: str) -> None:
    answer = room.client().open(
        "/", environ_overrides={"PATH_INFO": path}, headers={"Host": "evil.example"}
    )

    assert answer.status_code == 404
    assert "Location" not in answer.headers


def test_every_address_in_an_answer_is_the_configured_one(secure_room: Newsroom) -> None:
    evil = {"Host": "evil.example"}

    answer = ask(secure_room, "GET", "/section/old/feed", headers=evil)
    assert answer.headers["Location"] == "https://paper.example/news/feeds/section/new.rss"
    lists = ("/feeds.opml", "/sitemap.xml", "/robots.txt")
    for path in ("/feeds/all.rss", "/feeds/all.json", "/", "/section/news", "/feeds/all", *lists):
        body = ask(secure_room, "GET", path, headers=evil).text
        assert "https://paper.example/news/" in body
        assert "evil.example" not in body
        assert "127.0.0.1" not in body


@pytest.mark.parametrize("path", ["/nowhere", "/section/nowhere", "/articles/2024/11/nothing"])
def test_a_missing_page_says_so_on_a_page_of_ours(room: Newsroom, path: str) -> None:
    answer = ask(room, "GET", path)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "There is nothing at this address." in answer.text
    assert '<meta name="robots" content="noindex">' in answer.text
    assert path not in answer.text


def test_a_missing_page_repeats_nothing_of_what_was_asked(room: Newsroom) -> None:
    answer = ask(room, "GET", "/<script>alert(1)</script>?q=<b>")

    assert answer.status_code == 404
    assert "alert(1)" not in answer.text


@pytest.mark.parametrize("path", ["/", "/section/news", "/nowhere"])
def test_a_mistake_of_ours_is_told_in_plain_text_without_details(
    sqlite_newsroom: Newsroom, path: str
) -> None:
    client = sqlite_newsroom.client()
    with sqlite_newsroom.services.database.engine.begin() as tx:
        tx.execute(sa.text("ALTER TABLE feed RENAME TO lost"))

    answer = client.get(path)

    assert answer.status_code == 500
    assert answer.text == "500 Internal Server Error: Something went wrong on our side.\n"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_request_that_is_too_big_is_refused(room: Newsroom) -> None:
    answer = room.client().post("/feeds/all.rss", data=b"x" * 100_000)

    assert answer.status_code in {405, 413}


@pytest.mark.parametrize(
    "path", ["/section/%00", "/articles/2024/11/%00", "/feeds/section/a%00b", "/feeds/a%00.rss"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_there_is_nothing_at_an_address_with_a_nul(room: Newsroom, path: str, method: str) -> None:
    assert room.client().open(path, method=method).status_code == 404


def test_an_unknown_address_is_answered_without_going_through_the_articles(room: Newsroom) -> None:
    client, engine = room.client(), room.services.database.engine
    client.get("/")
    asked: list[str] = []

    def note(*event: Any) -> None:
        asked.append(event[2])

    sa.event.listen(engine, "before_cursor_execute", note)
    answer = client.get("/nowhere")
    sa.event.remove(engine, "before_cursor_execute", note)

    assert (answer.status_code, b'href="/section/news"' in answer.data) == (404, True)
    assert asked
    assert [statement for statement in asked if re.search(r"(FROM|JOIN) article", statement)] == []


def test_head_is_answered_without_a_body_when_a_precondition_fails(room: Newsroom) -> None:
    app = create_app(room.services)
    for method in ("GET", "HEAD", "HEAD"):  # held from the second on
        asked = EnvironBuilder("/feeds/all.rss", method=method, headers=[("If-Match", '"other"')])
        body, status, _ = run_wsgi_app(app.wsgi_app, asked.get_environ())
        assert (status[:3], b"".join(body) == b"") == ("412", method == "HEAD")
