"""A feed's bytes follow from the store and nothing else: no clock, locale, zone or hash seed."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from feedsvc.feeds.build import Outcome
from feedsvc.model import Change, Document
from tests.feeds.varied import fill
from tests.newsroom import REPOSITORY, Newsroom

REBUILD = """
import datetime as dt, hashlib, json, sys
from pathlib import Path
from feedsvc.feeds.backlog import build_now
from feedsvc.feeds.press import Press
from feedsvc.model import Format
from feedsvc.settings import load
from feedsvc.store import documents, feeds
from feedsvc.store.database import Database

url, now = sys.argv[1:]
settings = load({"DATABASE_URL": url}, Path("/dev/null")).settings
database = Database(url)
built, errors = build_now(Press(database, settings, lambda: dt.datetime.fromisoformat(now)))
assert built and not errors
found = {}
with database.read() as tx:
    for feed in feeds.all_feeds(tx):
        for fmt, document in documents.of_feed(tx, feed.id).items():
            found[f"{feed.path}.{fmt}"] = [document.etag, hashlib.sha256(document.body).hexdigest()]
print(json.dumps(found))
"""
SURROUNDINGS = {
    "Kolkata": {"TZ": "Asia/Kolkata", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
    "New York": {"TZ": "America/New_York", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"},
    "Apia": {"TZ": "Pacific/Apia", "LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "3"},
    "no UTF-8": {"TZ": "UTC", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


def facts(room: Newsroom) -> dict[str, Document]:
    return room.all_documents()


def copy_without_documents(room: Newsroom, target: Path, *, forget: bool) -> str:
    """Copy the store as it is, without what was built from it, and have everything built."""
    source = room.services.database.engine.url.database
    with sqlite3.connect(str(source)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(str(source), target)
    with sqlite3.connect(target) as copy:
        copy.execute("DELETE FROM document")
        copy.execute("UPDATE feed SET build_due_at = event_at")
        if forget:
            copy.execute("UPDATE feed SET digest = NULL, content_changed_at = NULL")
    return f"sqlite:///{target}"


@pytest.mark.slow
@pytest.mark.parametrize("forget", [True, False], ids=["all forgotten", "digests kept"])
def test_other_processes_build_the_same_bytes(
    sqlite_newsroom: Newsroom, tmp_path: Path, *, forget: bool
) -> None:
    fill(sqlite_newsroom)
    if not forget:  # then an event that changed nothing has left no trace either
        sqlite_newsroom.clock.advance(hours=1)
        sqlite_newsroom.build_all()
    expected = {name: document.etag for name, document in facts(sqlite_newsroom).items()}
    later = (sqlite_newsroom.clock.at + dt.timedelta(days=400)).isoformat()

    started = []
    for name, surroundings in SURROUNDINGS.items():
        if forget == (name == "Apia"):
            continue
        url = copy_without_documents(sqlite_newsroom, tmp_path / f"{name}.db", forget=forget)
        environ = {"PATH": os.environ["PATH"], **surroundings}
        command = [sys.executable, "-c", REBUILD, url, later]
        started.append(
            subprocess.Popen(
                command, env=environ, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        )
    answers = [process.communicate() for process in started]

    assert answers
    for output, complaint in answers:
        assert output, complaint.decode()
        found = json.loads(output.splitlines()[-1])
        assert {name: etag for name, (etag, _) in found.items()} == expected
        assert all(etag == f'"{digest[:32]}"' for etag, digest in found.values())
    assert len(expected) == 33


def test_building_again_changes_nothing(newsroom: Newsroom) -> None:
    fill(newsroom)
    before = facts(newsroom)
    newsroom.clock.advance(days=3)

    outcomes = {built.outcome for built in newsroom.build_all()}

    assert outcomes == {Outcome.UNCHANGED}
    assert facts(newsroom) == before  # bytes, ETag, Last-Modified and manifest


def test_an_edit_that_is_taken_back_changes_nothing(newsroom: Newsroom) -> None:
    story = fill(newsroom)["plain"]
    before = facts(newsroom)
    newsroom.clock.advance(hours=1)
    edited = newsroom.edit(story, title="Another Title")
    newsroom.clock.advance(hours=1)
    newsroom.edit(edited, title=story.title)

    newsroom.build()

    assert facts(newsroom) == before


def test_after_events_without_effect_the_bytes_still_carry_the_old_date(
    newsroom: Newsroom,
) -> None:
    story = fill(newsroom)["plain"]
    before = facts(newsroom)
    newsroom.clock.advance(hours=1)
    newsroom.edit(newsroom.edit(story, title="Other"), title=story.title)
    newsroom.build()
    newsroom.clock.advance(hours=1)
    with newsroom.services.database.write() as tx:
        tx.exec_driver_sql("DELETE FROM document")

    newsroom.build_all()

    assert {name: d.body for name, d in facts(newsroom).items()} == {
        name: d.body for name, d in before.items()
    }


def test_a_silent_edit_changes_bytes_and_tags_but_no_date_of_an_entry(newsroom: Newsroom) -> None:
    story = fill(newsroom)["plain"]
    before = newsroom.channel()
    etags = {document.etag for document in newsroom.documents().values()}
    newsroom.clock.advance(hours=1)

    newsroom.edit(story, title="Another Title", change=Change.SILENT)
    newsroom.build()

    after = newsroom.channel()
    assert [e.updated_at for e in after.entries] == [e.updated_at for e in before.entries]
    assert after.updated_at == newsroom.clock.at > before.updated_at
    assert etags.isdisjoint(document.etag for document in newsroom.documents().values())
    modified = {document.modified_at for document in newsroom.documents().values()}
    assert modified == {newsroom.clock.at}


def test_only_feeds_that_show_the_article_get_new_bytes(newsroom: Newsroom) -> None:
    story = fill(newsroom)["chinese"]
    before = facts(newsroom)
    newsroom.clock.advance(hours=1)

    newsroom.edit(story, title="象棋")
    newsroom.build()

    after = facts(newsroom)
    changed = {name.rpartition(".")[0] for name in after if after[name] != before[name]}
    shown = {"all", "section/sports", "author/li-xiao-long", "author/ana-sanchez"}
    assert changed == {*shown, "edition/the-journal-2024"}
