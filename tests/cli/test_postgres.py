"""The command line over PostgreSQL, whose URL is spelt as hosting platforms spell it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.pages import import_story, write_page
from tests.cli.program import Program
from tests.cli.service import running, until
from tests.cli.test_web_and_worker import schedule_soon

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture
def empty(tmp_path: Path, new_postgres: Callable[[], str]) -> Program:
    """Return a program whose database has no tables yet."""
    url = new_postgres().replace("postgresql+psycopg://", "postgres://", 1)
    base = "https://paper.example"
    return Program(tmp_path, {"DATABASE_URL": url, "FEEDSVC_SITE__BASE_URL": base})


def test_the_first_commands_of_a_new_newsroom_work(empty: Program) -> None:
    assert "Run `feedsvc migrate`" in empty.run("article", "list", status=2).err
    assert "is at schema" in empty.run("migrate").out
    assert "is up to date" in empty.run("migrate").out

    write_page(empty.folder / "stories", "good.txt")
    write_page(empty.folder / "stories", "bad.txt", date="")
    assert "1 created, 1 refused" in empty.run("import", "stories", status=1).err
    assert "1 refused, 1 unchanged" in empty.run("import", "stories", status=1).err

    assert empty.run("build", "--settings").err == "feeds: 4 unchanged\n"
    assert empty.run("check").err.startswith("12 checked, ")
    assert len(empty.run("feeds").rows) == 12
    (row,) = empty.run("rejections", "--json").json
    raw = empty.run("rejections", "--raw", row["id"]).out
    assert raw == (empty.folder / "stories" / "bad.txt").read_text(encoding="utf-8")
    assert empty.run("config").out.count("DATABASE_URL") == 1


def test_what_editors_do_works(empty: Program) -> None:
    empty.run("migrate")
    number = import_story(empty)

    empty.run("article", "edit", number, "--title", "Another", "--update")
    empty.run("article", "correct", number, "It was Bo.", "--byline", "Bo Chen")
    empty.run("section", "rename", "News", "Campus")
    empty.run("article", "withdraw", number)
    copy = empty.run("article", "republish", number, "--json").json

    shown = empty.run("article", "show", copy["id"], "--json").json
    assert (shown["title"], shown["sections"]) == ("Another", ["Campus"])
    for endless in (2**31, 2**63, 10**30):
        assert "there is no article" in empty.run("article", "show", endless, status=2).err
    empty.run("check")


def test_the_service_serves_and_releases(empty: Program) -> None:
    empty.run("migrate")
    first = import_story(empty)
    later = import_story(empty, "later.txt", title="Later", date="November 15, 2099")

    with running(empty, "serve") as service, running(empty, "worker") as second:
        until(lambda: "worker_started" in second.log)
        answer = service.when_up().get("/feeds/all.json")
        assert answer
        assert len(json.loads(answer.body)["items"]) == first == 1
        schedule_soon(empty, later)
        until(lambda: b"Later" in (service.get("/feeds/section/news.rss") or answer).body)
        assert (service.end(), second.end()) == (0, 0)

    assert (service.log + second.log).count("article_released") == 1
    empty.run("check")
