"""Processes are killed at any moment, and nothing is lost, torn or done twice."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest

from feedsvc.model import Status
from feedsvc.store import builds, feeds
from tests.crash import phase
from tests.crash.campaign import Campaign
from tests.crash.house import a_house
from tests.crash.ledger import Journal, TornError, Try, settle
from tests.crash.phase import Phase
from tests.newsroom import Newsroom

pytestmark = pytest.mark.slow

KILLS = 5
SEED = 5


def test_whatever_is_killed_nothing_is_lost_or_torn_or_done_twice(
    database_url: str, tmp_path: Path
) -> None:
    """`make soak` does the same for an hour."""
    with a_house(tmp_path, database_url) as (house, services):
        campaign = Campaign(house, services, SEED, print)
        reader = campaign.run(KILLS)

    assert len(campaign.kills) == KILLS
    assert any(kill.is_inside for kill in campaign.kills)  # the soak asks for more
    assert {"worker", "web", "stream"} <= {kill.victim for kill in campaign.kills}
    assert reader.answers > KILLS
    assert campaign.journal.read().acknowledged > KILLS


# The means by which that is known.


def looked_at(newsroom: Newsroom) -> set[Phase]:
    """Return what this process is in the middle of, seen through its own newsroom's store."""
    database = newsroom.services.database
    return phase.look(database, [os.getpid()], "pytest-itself", only_builder=True)


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have PostgreSQL know this process by a name."""
    monkeypatch.setenv("PGAPPNAME", "pytest-itself")


@pytest.mark.usefixtures("named")
def test_a_writer_is_seen_to_write_and_a_builder_to_build(newsroom: Newsroom) -> None:
    newsroom.submit()
    database, now = newsroom.services.database, dt.datetime.now(dt.UTC)
    assert looked_at(newsroom).isdisjoint({Phase.WRITING, Phase.BUILDING})

    with database.write():
        assert Phase.WRITING in looked_at(newsroom)
    with database.write() as tx:
        (feed, *_) = feeds.all_feeds(tx)
        builds.claim(tx, feed.id, now=now, lease=dt.timedelta(seconds=60), token="ours")

    found = looked_at(newsroom)
    assert Phase.WRITING not in found
    assert Phase.BUILDING in found


def test_a_process_is_stopped_with_all_that_it_has_started() -> None:
    command = [sys.executable, "-c", "import os; os.fork(); print(flush=True); input()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, start_new_session=True) as process:
        assert process.stdout
        process.stdout.readline()
        process.stdout.readline()

        phase.stop(process.pid)

        assert len(phase.members(process.pid)) == 2
        os.killpg(process.pid, 9)


def test_a_change_that_was_cut_off_is_settled_as_the_store_has_it(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    journal, database = Journal(tmp_path / "journal"), newsroom.services.database
    article = newsroom.submit(title="Old")
    journal.begin(Try("1", "me", title="Old", status=Status.PUBLISHED))
    journal.begin(Try("2", "me", title="Never Came", status=Status.PUBLISHED))
    assert settle(database, journal, "me") == 2
    assert [piece.id for piece in journal.read().pieces.values()] == [article.id]

    journal.begin(Try("3", "me", id=article.id, title="New"))
    assert settle(database, journal, "me") == 1
    assert journal.read().pieces[article.id].title == "Old"
    newsroom.edit(article, title="Neither")
    journal.begin(Try("4", "me", id=article.id, title="New"))
    with pytest.raises(TornError, match="Neither"):
        settle(database, journal, "me")
