"""`feedsvc sources` and `import --feed`: feeds of others in a list, our own moving in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.intake.feeds import EXAMPLES

OPML = EXAMPLES / "neighbors.opml"


def test_sources_are_added_listed_and_removed(program: Program) -> None:
    added = program.run("sources", "add", "feed:https://a.example/feed", "--section", "News")
    again = program.run("sources", "add", "https://a.example/feed", status=2)
    (row,) = json.loads(program.run("sources", "--json").out)

    assert added.out.startswith("source 1: https://a.example/feed")
    assert "is polled already: it is source 1" in again.err
    assert (row["id"], row["url"], row["section"]) == (1, "https://a.example/feed", "News")
    assert (row["articles"], row["failures"], row["auto_publish"]) == (0, 0, False)
    assert program.run("sources").rows[0][2] == "https://a.example/feed"

    program.run("sources", "remove", "https://a.example/feed")
    gone = program.run("sources", "remove", "1", status=2)
    assert "“1” is no source" in gone.err
    assert json.loads(program.run("sources", "--json").out) == []


@pytest.mark.parametrize("which", ["9" * 30, "²", "/"])
def test_what_is_no_source_cannot_be_removed(program: Program, which: str) -> None:
    assert "is no source" in program.run("sources", "remove", which, status=2).err


def test_a_section_that_no_article_could_have_is_refused(program: Program) -> None:
    done = program.run("sources", "add", "https://a.example/", "--section", "s" * 121, status=2)

    assert "is too long for a section" in done.err


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nonsense", "is no http or https address"),
        ("http://127.0.0.1:8000/feeds/all.rss", "is not on the open internet"),
        ("http://169.254.169.254/", "is not on the open internet"),
        ("https://me:secret@a.example/", "has a name or a password"),
    ],
)
def test_what_cannot_be_polled_is_refused(program: Program, url: str, reason: str) -> None:
    done = program.run("sources", "add", url, status=2)

    assert reason in done.err
    assert program.run("sources").out == ""


def test_a_list_of_feeds_comes_in_once(program: Program) -> None:
    first = program.run("sources", "import", str(OPML), "--sections")
    second = program.run("sources", "import", str(OPML))
    rows = json.loads(program.run("sources", "--json").out)

    assert f"{OPML}:12: A page, no feed: is no feed" in first.err
    assert first.err.endswith("4 rows: 3 added, 1 no feeds\n")
    assert second.err.endswith("4 rows: 3 known already, 1 no feeds\n")
    assert [(row["title"], row["section"]) for row in rows] == [
        ("The Harbor Gazette", "News"),
        ("Hill School News", "News"),
        ("Valley Radio", "Features"),
    ]
    assert len({row["next"] for row in rows}) == 3


def test_polling_now_tells_what_came_and_what_did_not(program: Program) -> None:
    """Nothing on the command line or in the settings makes a private address trusted."""
    program.run("sources", "add", "https://feeds.invalid/feed")

    done = program.run("sources", "poll", status=1)
    unknown = program.run("sources", "poll", "7", status=2)
    (row,) = json.loads(program.run("sources", "--json").out)

    assert "https://feeds.invalid/feed: " in done.err
    assert (row["failures"], row["status"]) == (1, None)
    assert row["problem"]
    assert "there is no source 7" in unknown.err


def test_our_own_feeds_move_in_and_all_that_comes_out_is_right(program: Program) -> None:
    files = [str(EXAMPLES / f"{name}") for name in ("harbor-gazette.rss", "hill-school.atom")]

    done = program.run("import", *files, str(EXAMPLES / "valley-radio.json"))
    again = program.run("import", "--feed", *files)

    assert "6 articles: 6 created" in done.err
    assert "4 articles: 4 unchanged" in again.err
    assert program.run("check").err.endswith(" 0 findings\n")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/feed", "http://localhost:8000/feeds/all.rss"])
def test_no_feed_is_imported_from_a_private_address(program: Program, url: str) -> None:
    done = program.run("import", "--feed", url, status=1)

    assert f"{url}: " in done.err
    assert "1 article: 1 refused" in done.err


def test_a_file_that_is_no_list_is_refused(program: Program, tmp_path: Path) -> None:
    file = tmp_path / "x.opml"
    file.write_text("Hello.")

    done = program.run("sources", "import", str(file), status=2)

    assert f"{file}: is no OPML" in done.err
