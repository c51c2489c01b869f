"""`/readyz` says whether what comes in goes out, and why not; `/healthz` whether it lives."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from feedsvc.store.builds import POSTPONED
from tests.conftest import make_newsroom
from tests.newsroom import Clock, Newsroom
from tests.watched import beat, set_feed

READY = {"status": "ready", "checks": {"database": "ok", "clock": "ok", "builds": "ok"}}
GONE = {"database": "the database does not answer", "clock": "not known", "builds": "not known"}


def checks(room: Newsroom, status: int) -> dict[str, Any]:
    """Return what was checked, and make sure of the status."""
    answer = room.get("/readyz")
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["status"] == ("ready" if status == 200 else "not ready")
    found: dict[str, Any] = answer.json["checks"]
    return found


def test_a_newsroom_whose_clock_goes_is_ready(newsroom: Newsroom) -> None:
    beat(newsroom)
    newsroom.submit()
    newsroom.build()

    answer = newsroom.get("/readyz")

    assert (answer.status_code, answer.json) == (200, READY)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_a_worker_it_is_never_ready(newsroom: Newsroom) -> None:
    assert checks(newsroom, 503)["clock"] == "no worker has ever run"


def test_a_clock_may_be_silent_for_fifteen_seconds(newsroom: Newsroom) -> None:
    beat(newsroom)

    newsroom.clock.advance(seconds=15)
    assert checks(newsroom, 200)["clock"] == "ok"
    newsroom.clock.advance(seconds=1)
    assert checks(newsroom, 503)["clock"] == "silent for 16 seconds: is a worker running?"


def test_a_beat_from_before_the_clock_was_set_back_is_as_good_as_one_of_now(
    newsroom: Newsroom,
) -> None:
    beat(newsroom, newsroom.clock.at + dt.timedelta(hours=3))

    assert checks(newsroom, 200)["clock"] == "ok"


def test_a_feed_may_be_due_for_a_minute(newsroom: Newsroom) -> None:
    newsroom.submit()

    newsroom.clock.advance(seconds=60)
    beat(newsroom)
    assert checks(newsroom, 200)["builds"] == "ok"
    newsroom.clock.advance(seconds=1)
    assert checks(newsroom, 503)["builds"] == "a feed has been due for 61 seconds"


def test_a_build_that_takes_long_is_late_too(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    due_at = newsroom.clock.at
    newsroom.clock.advance(seconds=90)
    beat(newsroom)
    later = newsroom.clock.at + dt.timedelta(seconds=30)
    set_feed(newsroom, "all", build_due_at=due_at, lease_until=later, lease_token="x")

    assert checks(newsroom, 503)["builds"] == "a feed has been due for 90 seconds"


def test_a_feed_that_was_put_off_is_not_late(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    beat(newsroom)

    set_feed(newsroom, "all", build_due_at=newsroom.clock.at + POSTPONED)
    assert checks(newsroom, 200)["builds"] == "ok"
    set_feed(newsroom, "all", build_due_at=newsroom.clock.at + 3 * POSTPONED)
    assert checks(newsroom, 200)["builds"] == "ok"


def test_a_store_without_tables_says_what_to_run(newsroom: Newsroom) -> None:
    with newsroom.services.database.engine.begin() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))

    assert "Run `feedsvc migrate`" in checks(newsroom, 503)["database"]
    health = newsroom.get("/healthz").json
    assert health is not None
    assert "Run `feedsvc migrate`" in health["reason"]


@pytest.mark.parametrize("table", ["feed", "clock"])
def test_a_broken_store_is_a_reason_and_no_traceback(newsroom: Newsroom, table: str) -> None:
    with newsroom.services.database.engine.begin() as tx:
        tx.execute(sa.text(f"ALTER TABLE {table} RENAME TO lost"))

    assert checks(newsroom, 503) == GONE


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def gone(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Newsroom]:
    """Return a newsroom whose database has gone away."""
    folder = tmp_path / "var"
    folder.mkdir()
    url = f"sqlite:///{folder}/feedsvc.db"
    if request.param == "postgres":
        url = request.getfixturevalue("new_postgres")()
    room = make_newsroom(url, clock)
    room.services.database.close()
    shutil.rmtree(folder)
    if request.param == "postgres":
        admin = sa.create_engine(request.getfixturevalue("postgres_url"))
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            name = room.services.database.engine.url.database
            connection.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        admin.dispose()
    yield room
    room.services.database.close()


def test_a_database_that_is_gone_is_a_reason_that_names_no_address(gone: Newsroom) -> None:
    assert checks(gone, 503) == GONE


def test_a_service_without_its_database_lives(gone: Newsroom) -> None:
    """A platform that restarts it would bring no database back."""
    answer = gone.get("/healthz")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "status": "degraded",
        "problems": [],
        "unavailable": [],
        "reason": "the database does not answer",
    }


def test_readiness_is_only_asked_never_told(newsroom: Newsroom) -> None:
    assert newsroom.client().post("/readyz").status_code == 405
