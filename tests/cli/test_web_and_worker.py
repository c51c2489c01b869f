"""`feedsvc web` and `feedsvc worker`, each alone, as a platform runs them."""

from __future__ import annotations

import datetime as dt
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.pages import import_story, write_page
from tests.cli.program import Program
from tests.cli.service import PATIENCE_SECONDS, running, until

pytestmark = pytest.mark.slow
_AS_TEXT = "%Y-%m-%d %H:%M:%S UTC"


def schedule_soon(program: Program, number: int, seconds: float = 3) -> dt.datetime:
    """Schedule an article a few seconds ahead and return the instant."""
    at = soon(seconds)
    program.run("article", "schedule", number, f"{at:{_AS_TEXT}}")
    return at


def soon(seconds: float) -> dt.datetime:
    """Return an instant so many seconds ahead, or a little less."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)).replace(microsecond=0)


def items(program: Program, feed: str = "all") -> list[dict[str, Any]]:
    """Return what a feed serves; nothing as long as there is no such feed."""
    document = program.served().get(f"{feed}.json")
    found: list[dict[str, Any]] = json.loads(document.body)["items"] if document else []
    return found


def test_web_alone_serves_and_stops_when_told(story: Program) -> None:
    with running(story, "web") as web:
        web.when_up()

        answer = web.get("/feeds/all.rss")
        assert answer
        assert answer.body == story.served()["all.rss"].body
        assert web.end() == 0
        assert web.family() == {}
        assert "Traceback" not in web.log


def test_a_worker_releases_an_article_when_its_time_comes(program: Program) -> None:
    number = import_story(program, date="November 15, 2099")

    with running(program, "worker") as worker:
        until(lambda: "worker_started" in worker.log)
        assert items(program) == []
        at = schedule_soon(program, number)
        (item,) = until(lambda: items(program, "section/news"))
        published = dt.datetime.fromisoformat(item["date_published"])
        assert dt.timedelta(0) <= published - at < dt.timedelta(seconds=PATIENCE_SECONDS)
        until(lambda: len(program.served()) == 12)
        status = worker.end()

    assert status == 0, worker.log
    assert worker.log.splitlines()[-1].rstrip().endswith("worker_stopped")
    worker.program.run("check")


def test_what_became_due_while_no_worker_ran_is_done_at_its_start(program: Program) -> None:
    number = import_story(program, date="November 15, 2099")
    at = schedule_soon(program, number)
    until(lambda: dt.datetime.now(dt.UTC) > at + dt.timedelta(seconds=0.1))
    assert items(program) == []

    with running(program.with_env(FEEDSVC_WORKER__TICK_SECONDS="60"), "worker"):
        until(lambda: len(items(program)) == 1)


def test_two_workers_release_each_article_once(program: Program) -> None:
    pages = program.folder / "pages"
    for number in range(5):
        write_page(pages, f"{number}.txt", title=f"Story {number}")

    alike = program.with_env(FEEDSVC_SITE__BASE_URL="https://paper.example")
    with running(alike, "worker") as one, running(alike, "worker") as other:
        until(lambda: "worker_started" in one.log and "worker_started" in other.log)
        program.run("import", pages, "--date", f"{soon(5):{_AS_TEXT}}")
        assert items(program) == []
        until(lambda: len(items(program)) == 5)
        until(lambda: len(items(program, "section/news")) == 5)
        assert (one.end(), other.end()) == (0, 0)

    lines = [line for line in (one.log + other.log).splitlines() if "article_released" in line]
    released = [line.partition("article=")[2].split()[0] for line in lines]
    assert sorted(released) == ["1", "2", "3", "4", "5"]
    assert len({item["id"] for item in items(program)}) == 5
    alike.run("check")


def test_a_worker_that_is_killed_leaves_its_work_to_the_next(program: Program) -> None:
    number = import_story(program, date="November 15, 2099")
    quick = program.with_env(FEEDSVC_WORKER__LEASE_SECONDS="5")
    with running(quick, "worker") as worker:
        until(lambda: "worker_started" in worker.log)
        worker.end(signal.SIGKILL)
    schedule_soon(program, number)

    with running(quick, "worker"):
        until(lambda: len(items(program, "author/ana-lee")) == 1)


def test_logs_can_be_lines_of_json(program: Program, tmp_path: Path) -> None:
    lines = program.with_env(FEEDSVC_LOG__JSON_LINES="true")
    with running(lines, "worker") as worker:
        until(lambda: "clock_taken" in worker.log)
        worker.end()

    events = [json.loads(line)["event"] for line in worker.log.splitlines()]
    assert sorted(events) == ["clock_taken", "worker_started", "worker_stopped"]
