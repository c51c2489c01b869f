"""`/healthz` says whether something is wrong, and nothing that is not for everybody."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from feedsvc.feeds.backlog import build_now
from feedsvc.store import tables as t
from tests.newsroom import Newsroom

OK = {"status": "ok", "problems": [], "unavailable": []}


def test_an_empty_newsroom_is_well(newsroom: Newsroom) -> None:
    answer = newsroom.get("/healthz")

    assert (answer.status_code, answer.json) == (200, OK)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_newsroom_at_work_is_well(newsroom: Newsroom) -> None:
    newsroom.submit()
    assert newsroom.get("/healthz").json == OK
    newsroom.build()
    assert newsroom.get("/healthz").json == OK


def test_a_broken_article_degrades_without_being_named(newsroom: Newsroom) -> None:
    article = newsroom.submit(title="The Principal’s Secret", sections=("Scandals",))
    with newsroom.services.database.write() as tx:
        tx.execute(sa.update(t.article).values(content_html="<script>x</script>"))
    build_now(newsroom.services.press)

    answer = newsroom.get("/healthz")

    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["status"] == "degraded"
    assert "unsafe-elements" in answer.json["problems"]
    for private in ("Principal", "Secret", "scandals", article.guid, "Ana", article.slug or ""):
        assert private.casefold() not in answer.text.casefold()


def test_a_rule_is_named_once_however_many_articles_broke_it(newsroom: Newsroom) -> None:
    for number in range(3):
        newsroom.submit(title=f"Story {number}")
    with newsroom.services.database.write() as tx:
        tx.execute(sa.update(t.article).values(content_html="<p>x</p><script>x</script>"))
    build_now(newsroom.services.press)

    assert newsroom.get("/healthz").json == {
        **OK,
        "status": "degraded",
        "problems": ["unsafe-elements"],
    }


def test_a_feed_that_is_not_served_degrades(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    with newsroom.services.database.write() as tx:
        tx.execute(sa.update(t.feed).where(t.feed.c.kind == "section").values(unavailable=True))

    assert newsroom.get("/healthz").json == {
        "status": "degraded",
        "problems": [],
        "unavailable": ["section/news"],
    }


def test_a_refused_submission_is_the_editors_business(newsroom: Newsroom, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    newsroom.import_paths(tmp_path / "empty.txt")

    assert newsroom.get("/healthz").json == OK


def test_health_is_only_asked_never_told(newsroom: Newsroom) -> None:
    assert newsroom.client().post("/healthz").status_code == 405
