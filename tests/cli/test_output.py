"""Lists: a table on a terminal, tab-separated lines in a pipe, JSON where asked."""

from __future__ import annotations

import datetime as dt
import sqlite3
from typing import Any

import pytest

from tests.cli.pages import import_story
from tests.cli.program import Program

LISTS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("article", "list"): ("id", "status", "date", "title", "byline", "sections"),
    ("section", "list"): ("name", "slug", "public", "articles"),
    ("author", "list"): ("name", "slug", "public", "articles"),
    ("edition", "list"): ("name", "slug", "public", "articles"),
    ("feeds",): ("feed", "format", "entries", "bytes", "checks", "url"),
    ("rejections",): ("id", "file", "line", "field", "reason", "rejected"),
    ("config",): ("setting", "value", "from"),
}
each_list = pytest.mark.parametrize("command", LISTS, ids=" ".join)
each_that_can_be_empty = pytest.mark.parametrize(
    "command", [command for command in LISTS if command != ("config",)], ids=" ".join
)


@each_list
def test_on_a_terminal_it_is_a_table_with_its_columns_named(
    story: Program, command: tuple[str, ...]
) -> None:
    lines = story.on_terminal(*command, columns=160).out.splitlines()

    header = next(line for line in lines if line.strip())
    assert tuple(header.split()) == LISTS[command]
    assert set(lines[lines.index(header) + 1].strip()) == {"─"}


@each_list
def test_in_a_pipe_it_is_a_line_for_each_with_tabs_between(
    story: Program, command: tuple[str, ...]
) -> None:
    done = story.run(*command)

    assert done.rows
    assert {len(row) for row in done.rows} == {len(LISTS[command])}
    assert "─" not in done.out
    assert done.err == ""


@each_list
def test_as_json_it_is_a_list_of_objects_on_a_terminal_too(
    story: Program, command: tuple[str, ...]
) -> None:
    piped = story.run(*command, "--json")
    shown = story.on_terminal(*command, "--json", columns=20)

    assert [set(LISTS[command]) - set(row) for row in piped.json] == [set()] * len(piped.json)
    assert len(piped.json) == len(story.run(*command).rows)
    assert shown.json == piped.json


@each_that_can_be_empty
def test_of_nothing_a_terminal_says_so(program: Program, command: tuple[str, ...]) -> None:
    text = program.on_terminal(*command).out

    assert text.strip().endswith((".", "`."))
    assert "─" not in text


@each_that_can_be_empty
def test_of_nothing_a_pipe_gets_no_line_and_json_an_empty_list(
    program: Program, command: tuple[str, ...]
) -> None:
    assert program.run(*command).out == ""
    assert program.run(*command, "--json").json == []


def test_an_article_is_shown_with_a_line_for_each_field(story: Program) -> None:
    rows = story.run("article", "show", 1).rows

    fields = {name: value for name, value in rows}  # noqa: C416 -- makes sure of two each
    assert fields["title"] == "Chess Club Wins the State Title"
    assert fields["content_html"].count("<p>") == 2
    as_json = story.run("article", "show", 1, "--json").json
    assert fields == {name: _one_line(value) for name, value in as_json.items()}


def _one_line(value: Any) -> str:
    if value is None:
        return ""
    return " ".join((", ".join(value) if isinstance(value, list) else str(value)).split())


def test_an_article_is_shown_on_a_terminal_with_its_paragraphs_apart(story: Program) -> None:
    lines = story.on_terminal("article", "show", 1, columns=200).out.splitlines()

    assert "title         Chess Club Wins the State Title" in lines
    assert len([line for line in lines if line.endswith("</p>")]) == 2


def test_json_has_letters_as_they_are_and_dates_that_can_be_read(program: Program) -> None:
    import_story(program, title="Café „Ümlaut“ 日本語", date="2024-11-15 09:30")

    (row,) = program.run("article", "list", "--json").json
    assert row["title"] == "Café „Ümlaut“ 日本語"
    assert "日本語" in program.run("article", "list", "--json").out
    assert dt.datetime.fromisoformat(row["date"]) == dt.datetime(
        2024, 11, 15, 14, 30, tzinfo=dt.UTC
    )


def test_a_title_in_brackets_is_no_markup_of_a_table(program: Program) -> None:
    import_story(program, title="[red]Alert[/red] for [b]All")

    assert "[red]Alert[/red] for [b]All" in program.on_terminal("article", "list", columns=160).out


def test_an_id_can_be_copied_from_a_table(story: Program) -> None:
    """Numbers of a thousand and more once had commas, and nothing went by such an id."""
    store = sqlite3.connect(story.folder / "var" / "feedsvc.db")
    with store:
        store.execute("UPDATE rejection SET id = 1234567")
    store.close()

    shown = story.on_terminal("rejections", columns=200).out.splitlines()[3].split()[0]
    assert shown == "1234567"
    assert story.run("rejections", "--raw", shown).out.startswith("Chess Club")


def test_a_narrow_terminal_loses_no_letter(program: Program) -> None:
    title = "Down a Queen by Choice, Chess Team Wins Its First State Championship"
    import_story(program, title=title)

    lines = program.on_terminal("article", "list", columns=70).out.splitlines()
    header = next(line for line in lines if line.strip())
    column = slice(header.index("title"), header.index("byline"))
    letters = "".join("".join(line[column].split()) for line in lines)
    assert title.replace(" ", "") in letters
