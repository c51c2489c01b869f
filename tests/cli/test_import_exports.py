"""Whole sites come in by one command, from WordPress and from Ghost."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import sqlite3
import subprocess
import sys

import feedparser
import pytest

from tests.cli.program import Done, Program
from tests.intake.exports import a_post, a_wxr
from tests.newsroom import REPOSITORY

EXAMPLES = REPOSITORY / "examples"
WORDPRESS = ("import", EXAMPLES / "wordpress", "--section-map", "Athletics=Sports")
GHOST = ("import", EXAMPLES / "ghost", "--site-url", "https://harbor.example.org")


def titles(program: Program, status: str) -> set[str]:
    listed = program.run("article", "list", "--status", status, "--json").json
    return {row["title"] for row in listed}


def left_out(done: Done) -> list[str]:
    lines = [line.strip() for line in done.err.splitlines()]
    return [line.removeprefix("not imported: ") for line in lines if line.startswith("not imp")]


def test_a_wordpress_site_comes_in_and_its_feeds_are_right(program: Program) -> None:
    done = program.run(*WORDPRESS)

    assert [row[0] for row in done.rows] == ["created"] * 4
    assert left_out(done) == [
        "1 × comments",
        "1 × attachments (their files are taken from where posts name them)",
        "1 × guest authors (their names stand on their articles)",
        "1 × pages",
    ]
    assert titles(program, "published") == {
        "Rowers “Borrow” a Tide & Win",
        "The Mural on Pier Three Gets Its Whale Back",
    }
    assert titles(program, "draft") == {"What the Budget Leaves Out", "Staff Meeting Minutes"}
    assert {row[0] for row in program.run("section", "list").rows} == {"Sports", "Arts & Culture"}
    assert " 0 findings" in program.run("check").err
    assert {row[0] for row in program.run(*WORDPRESS).rows} == {"unchanged"}


def test_a_ghost_site_comes_in_and_its_feeds_are_right(program: Program) -> None:
    done = program.run(*GHOST)

    assert left_out(done) == ["1 × pages"]
    assert titles(program, "published") == {"Night Bus 14 Runs Again", "The Timetable of the Ferry"}
    assert titles(program, "draft") == {"What Members Asked the Captain", "Ideas for spring"}
    assert " 0 findings" in program.run("check").err
    served = b"".join(document.body for document in program.served().values())
    for secret in (b"And the answers", b"Thank you for being a member", b"Captain", b"Kites"):
        assert secret not in served
    assert {row[0] for row in program.run(*GHOST).rows} == {"unchanged"}


def test_a_dry_run_tells_the_same_and_stores_nothing(program: Program) -> None:
    rehearsed = program.run(*WORDPRESS, "--dry-run")

    assert "a dry run" in rehearsed.err
    assert program.run("article", "list").out == ""
    real = program.run(*WORDPRESS)
    assert [row[0] for row in rehearsed.rows] == [row[0] for row in real.rows]
    assert left_out(rehearsed) == left_out(real)


@pytest.mark.parametrize("url", ["harbor", "ftp://x.org", "https://", "https://x.org/?a"])
def test_a_site_address_that_is_none_is_a_mistake(url: str, program: Program) -> None:
    done = program.run(*GHOST[:2], "--site-url", url, status=2)

    assert "is no address; write it like https://paper.example.org" in done.err


def test_a_reader_of_the_old_feed_sees_nothing_new(program: Program) -> None:
    """What a reader knows an entry by is the same before the move and after it."""
    guids = [
        "https://old.example.org/?p=1",
        "https://old.example.org/?post_type=story&#038;p=2",
        "tag:old.example.org,2009:3",
        "4 at http://old.example.org",
    ]
    items = "".join(
        f'<item><title>Post {n}</title><guid isPermaLink="false">{guid}</guid></item>'
        for n, guid in enumerate(guids, 1)
    )
    old = f'<rss version="2.0"><channel><title>Old</title>{items}</channel></rss>'
    export = a_wxr(
        *(
            a_post(n).replace(
                f"<![CDATA[https://old.example.org/?p={n}]]></guid>", f"{guid}</guid>"
            )
            for n, guid in enumerate(guids, 1)
        )
    )
    file = program.folder / "export.xml"
    file.write_text(export)

    program.run("import", file)

    known = {entry.id for entry in feedparser.parse(old).entries}
    served = program.served()
    assert len(known) == 4
    assert {entry.id for entry in feedparser.parse(served["all.rss"].body).entries} == known
    assert {item["id"] for item in json.loads(served["all.json"].body)["items"]} == known


@pytest.mark.slow
def test_an_import_that_was_killed_goes_on_where_it_was(program: Program) -> None:
    number, batch = 900, 500
    file = program.folder / "export.xml"
    days = [dt.date(2015, 1, 1) + dt.timedelta(days=n) for n in range(number + 1)]
    dated = (a_post(n, wp_post_date_gmt=f"{days[n]} 12:00:00") for n in range(1, number + 1))
    file.write_text(a_wxr(*dated))
    command = [sys.executable, "-m", "feedsvc", "import", str(file)]
    environ = {**program.environment, "PYTHONPATH": os.pathsep.join(sys.path)}

    with subprocess.Popen(
        command, cwd=program.folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(batch)]
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert {line.split(b"\t")[0] for line in told} == {b"created"}
    again = program.run("import", file)

    outcomes = [row[0] for row in again.rows]
    before = outcomes.count("unchanged")
    assert before % batch == 0
    assert 0 < before < number
    assert outcomes.count("created") == number - before
    with sqlite3.connect(program.folder / "var" / "feedsvc.db") as store:
        guids = [guid for (guid,) in store.execute("SELECT guid FROM article")]
    assert sorted(guids) == sorted(f"https://old.example.org/?p={n}" for n in range(1, number + 1))
