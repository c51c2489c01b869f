"""`/metrics` tells Prometheus what can be counted, where somebody wants it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from feedsvc.feeds.backlog import build_now
from feedsvc.model import Status
from tests.conftest import make_newsroom
from tests.newsroom import Clock, Newsroom
from tests.watched import beat, break_stories, did, set_feed

Samples = dict[tuple[str, str], float]
NAMES = {
    *("documents", "documents_bytes", "articles", "feeds_due", "feed_due_oldest_seconds"),
    *(
        "feeds_unavailable",
        "read_backs_due",
        "finishes_due",
        "archive_pages_due",
        "articles_quarantined",
    ),
    *("problems_open", "rejections_open", "clock_beat_age_seconds", "store_bytes"),
    *("job_runs", "job_failures", "job_seconds", "job_last_start_timestamp_seconds"),
}


@pytest.fixture
def watched(database_url: str, clock: Clock) -> Iterator[Newsroom]:
    """Return a newsroom that tells Prometheus how it is doing."""
    room = make_newsroom(database_url, clock, {"FEEDSVC_WEB__METRICS": "true"})
    yield room
    room.services.database.close()


def samples(room: Newsroom) -> Samples:
    """Return every sample by its name without `feedsvc_`, and its label's value."""
    answer = room.get("/metrics")
    assert answer.status_code == 200
    return {
        (one.name.removeprefix("feedsvc_"), ",".join(one.labels.values())): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


def test_nobody_is_told_anything_unless_it_is_wanted(newsroom: Newsroom) -> None:
    answer = newsroom.get("/metrics")

    assert answer.status_code == 404
    assert "feedsvc_" not in answer.text


def test_every_metric_is_explained(watched: Newsroom) -> None:
    answer = watched.get("/metrics")
    families = {one.name: one for one in text_string_to_metric_families(answer.text)}

    assert set(families) == {f"feedsvc_{name}" for name in NAMES}
    for family in families.values():
        assert family.documentation.endswith(".")
        assert family.type in {"gauge", "counter"}
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_empty_newsroom_counts_nothing(watched: Newsroom) -> None:
    found = samples(watched)

    assert found.pop(("store_bytes", "")) > 0
    assert set(found.values()) == {0}
    assert {label for name, label in found if name == "articles"} == set(Status)
    assert ("clock_beat_age_seconds", "") not in found


def test_documents_and_articles_are_counted(watched: Newsroom) -> None:
    watched.submit()
    watched.submit(title="Later", date=dt.date(2034, 1, 1))
    watched.submit(title="A Draft", draft=True)
    watched.withdraw(watched.submit(title="Gone", sections=("Sports",)))
    watched.build()

    found = samples(watched)
    served = watched.all_documents().values()
    assert found["documents", ""] == len(served)
    assert found["documents_bytes", ""] == sum(len(document.body) for document in served)
    for status in Status:
        assert found["articles", status] == 1


def test_what_waits_is_counted_and_for_how_long(watched: Newsroom) -> None:
    watched.submit()
    number = len(watched.paths())
    assert samples(watched)["feeds_due", ""] == number
    watched.clock.advance(seconds=7.5)
    now = watched.clock.at
    later = now + dt.timedelta(seconds=10)
    set_feed(watched, "section/news", lease_until=later, lease_token="x")
    set_feed(watched, "all", read_back_due_at=now, finish_due_at=now)

    found = samples(watched)
    assert found["feeds_due", ""] == number - 1
    assert found["feed_due_oldest_seconds", ""] == 7.5
    assert found["read_backs_due", ""] == 1
    assert found["finishes_due", ""] == 1


def test_what_is_wrong_is_counted(watched: Newsroom, tmp_path: Path) -> None:
    for number in range(2):
        watched.submit(title=f"Story {number}")
    break_stories(watched)
    build_now(watched.services.press)
    (tmp_path / "empty.txt").write_text("")
    watched.import_paths(tmp_path / "empty.txt")
    set_feed(watched, "section/news", unavailable=True)

    found = samples(watched)
    assert found["articles_quarantined", ""] == 2
    assert found["problems_open", ""] == 2
    assert found["rejections_open", ""] == 1
    assert found["feeds_unavailable", ""] == 1


def test_jobs_are_counted_by_name(watched: Newsroom) -> None:
    beat(watched)
    did(watched, "build", seconds=0.25)
    watched.clock.advance(seconds=3)
    did(watched, "build", seconds=0.5, failed=True)
    did(watched, "audit", seconds=9)

    found = samples(watched)
    assert found["clock_beat_age_seconds", ""] == 3
    assert found["job_runs_total", "build"] == 2
    assert found["job_failures_total", "build"] == 1
    assert found["job_seconds_total", "build"] == 0.75
    assert found["job_last_start_timestamp_seconds", "build"] == watched.clock.at.timestamp()
    assert found["job_runs_total", "audit"] == 1


def test_more_feeds_and_articles_make_no_more_samples(watched: Newsroom) -> None:
    before = set(samples(watched))
    for number in range(5):
        watched.submit(title=f"Story {number}", sections=(f"Section {number}",))
    watched.build()

    assert set(samples(watched)) == before


def test_a_broken_store_is_no_traceback(watched: Newsroom) -> None:
    with watched.services.database.engine.begin() as tx:
        tx.execute(sa.text("ALTER TABLE feed RENAME TO lost"))

    answer = watched.get("/metrics")

    assert answer.status_code == 503
    assert answer.text == "# the database does not answer\n"
