"""`feedsvc article …`: what editors do with stories, by id, guid and address."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from tests.cli.pages import import_story
from tests.cli.program import Program


def shown(program: Program, which: str | int) -> dict[str, Any]:
    """Return all that is known about an article."""
    found: dict[str, Any] = program.run("article", "show", which, "--json").json
    return found


def items(program: Program, feed: str = "all") -> list[dict[str, Any]]:
    """Return what a feed serves."""
    found: list[dict[str, Any]] = json.loads(program.served()[f"{feed}.json"].body)["items"]
    return found


def test_an_article_goes_by_its_id_its_guid_and_its_address(story: Program) -> None:
    article = shown(story, 1)
    path = "2024/11/chess-club-wins-the-state-title"
    assert article["url"] == f"http://127.0.0.1:8000/articles/{path}"

    for name in (
        *(article["guid"], article["url"], f"/articles/{path}", path),
        *(article["url"] + "/", article["url"] + "?utm_source=x#top"),
    ):
        assert shown(story, name) == article


def test_an_article_goes_by_its_address_on_another_site(program: Program) -> None:
    elsewhere = program.with_env(
        FEEDSVC_ARTICLES__PERMALINK_TEMPLATE="https://paper.example/{yyyy}/{mm}/{slug}.html"
    )
    import_story(elsewhere)
    url = shown(elsewhere, 1)["url"]

    assert url == "https://paper.example/2024/11/chess-club-wins-the-state-title.html"
    assert shown(elsewhere, url)["id"] == 1


def test_lists_can_be_narrowed(stories: Program) -> None:
    def titles(*options: str) -> str:
        rows = stories.run("article", "list", "--json", *options).json
        return "".join(row["title"] for row in rows)

    assert titles() == "CBA"
    assert titles("--limit", "2") == "CB"
    assert titles("--status", "scheduled") == "C"
    assert titles("--author", "bo-chen") == titles("--author", "BO CHEN") == "B"
    assert titles("--section", "Sports") == titles("--edition", "Spring 2025") == "B"
    assert titles("--section", "news") == "CA"


EDITS: dict[str, tuple[tuple[str, ...], str, object]] = {
    "title": (("--title", "Another"), "title", "Another"),
    "summary": (("--summary", "In short."), "summary", "In short."),
    "byline": (("--byline", "Bo Chen, Editor"), "byline", ["Bo Chen (Editor)"]),
    "unsigned": (("--byline", ""), "byline", []),
    "section": (("--section", "Sports"), "sections", ["Sports"]),
    "two sections": (("--section", "News", "--section", "sports"), "sections", ["News", "Sports"]),
    "no section": (("--section", ""), "sections", []),
    "new section": (("--section", "Puzzles", "--new-section"), "sections", ["Puzzles"]),
    "edition": (("--edition", "Spring 2025"), "edition", "Spring 2025"),
    "no edition": (("--edition", ""), "edition", None),
    "tags": (("--tag", "chess", "--tag", "state"), "tags", ["chess", "state"]),
    "media": (
        ("--media", "https://a.example/x.jpg image/jpeg 1200 640x480"),
        *("media", ["https://a.example/x.jpg"]),
    ),
    "media of a known type": (
        ("--media", "https://a.example/x.mp3"),
        *("media", ["https://a.example/x.mp3"]),
    ),
}


@pytest.mark.parametrize(("options", "field", "value"), EDITS.values(), ids=EDITS)
def test_an_edit_changes_one_thing_and_is_silent(
    story: Program, options: tuple[str, ...], field: str, value: object
) -> None:
    before = shown(story, 1)

    story.run("article", "edit", 1, *options)

    assert shown(story, 1) == before | {field: value}


def test_an_edit_that_readers_should_notice_moves_the_date_of_change(story: Program) -> None:
    before = shown(story, 1)

    done = story.run("article", "edit", 1, "--title", "Another", "--update")

    after = shown(story, 1)
    assert after["updated"] > before["updated"]
    assert after["date"] == before["date"]
    assert done.out == f"article 1 is published: {after['url']}\n"
    assert "4 feeds rebuilt" in done.err


def test_a_body_is_read_from_a_file_of_text_or_html(story: Program) -> None:
    (story.folder / "body.txt").write_text("One & two.\n\nThree.\n")
    (story.folder / "body.html").write_text("<p>One <b>two</b>.</p><script>x</script>")

    story.run("article", "edit", 1, "--body", "body.txt")
    assert shown(story, 1)["content_html"] == "<p>One &amp; two.</p>\n<p>Three.</p>"

    story.run("article", "edit", 1, "--body", "body.html")
    assert shown(story, 1)["content_html"] == "<p>One <b>two</b>.</p>"


def test_a_new_slug_leaves_the_old_address_leading_there(story: Program) -> None:
    old = shown(story, 1)["url"]

    story.run("article", "edit", 1, "--slug", "checkmate")

    assert shown(story, 1)["url"].endswith("/articles/2024/11/checkmate")
    assert shown(story, old)["id"] == 1


def test_a_correction_stands_dated_with_its_change(story: Program) -> None:
    before = shown(story, 1)

    story.run("article", "correct", 1, "It was Bo.", "--byline", "Bo Chen")

    after = shown(story, 1)
    today = dt.datetime.now(dt.UTC).date()
    (note,) = after["corrections"]
    assert note.endswith(": It was Bo.")
    assert str(today.year) in note
    assert after["byline"] == ["Bo Chen"]
    assert after["updated"] > before["updated"]


def test_a_scheduled_article_is_moved_and_published(program: Program) -> None:
    number = import_story(program, date="November 15, 2099")

    moved = program.run("article", "schedule", number, "2098-09-01 08:00", "--json").json
    assert (moved["status"], moved["date"]) == ("scheduled", "2098-09-01T08:00:00-04:00")
    moved = program.run("article", "schedule", number, "2098-09-02", "--json").json
    assert moved["date"] == "2098-09-02T08:00:00-04:00"
    done = program.run("article", "schedule", number, "2001-01-01", status=2)
    assert "has passed" in done.err

    published = program.run("article", "publish", number, "--json").json
    assert published["status"] == "published"
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(published["date"])
    assert age < dt.timedelta(minutes=5)
    assert {row[0] for row in program.run("feeds").rows} >= {"all", "section/news"}


def test_withdrawal_is_final_and_a_copy_takes_its_place(story: Program) -> None:
    before = shown(story, 1)

    withdrawn = story.run("article", "withdraw", before["guid"])
    assert withdrawn.out.startswith("article 1 is withdrawn: ")
    assert [row[2] for row in story.run("feeds").rows] == ["0"] * 12
    for step in (["publish"], ["edit", "--title", "X"], ["correct", "--title", "X"], ["withdraw"]):
        extra = ["a note"] if step[0] == "correct" else []
        done = story.run("article", step[0], 1, *extra, *step[1:], status=2)
        assert "`feedsvc article republish 1`" in done.err

    copy = story.run("article", "republish", 1, "--json").json
    after = shown(story, copy["id"])
    assert after["guid"] != before["guid"]
    assert (after["title"], after["content_html"]) == (before["title"], before["content_html"])
    assert shown(story, 1)["replaced_by"] == copy["id"]
    again = story.run("article", "republish", 1, status=2)
    assert f"republished as article {copy['id']}" in again.err


@pytest.mark.parametrize(
    ("command", "rest"),
    [
        (("edit",), ("--title", "Another")),
        (("correct",), ("A note.",)),
        (("withdraw",), ()),
    ],
)
def test_a_step_prints_the_article_as_json(
    story: Program, command: tuple[str, ...], rest: tuple[str, ...]
) -> None:
    done = story.run("article", *command, 1, *rest, "--json")

    assert done.json["id"] == 1
    assert json.loads(done.out) == done.json


def test_a_command_ends_when_its_feeds_are_built(story: Program) -> None:
    guid = shown(story, 1)["guid"]

    story.run("article", "edit", 1, "--title", "Another", "--section", "Sports")
    assert [(item["id"], item["title"]) for item in items(story)] == [(guid, "Another")]
    assert items(story, "section/news") == []
    assert len(items(story, "section/sports")) == 1
    story.run("check")

    story.run("article", "withdraw", 1)
    assert items(story) == items(story, "section/sports") == []
    assert guid.encode() in story.served()["all.atom"].body  # as deleted
    story.run("check")
