"""`feedsvc import`: every page comes in or is named with the reason, and `rejections` keeps it."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.pages import a_page, import_story, write_page
from tests.cli.program import Done, Program

GOOD = ("bom", "folder/below", "good", "utf16", "windows")
REFUSED = {
    "binary.pdf": ("", "The file is a PDF"),
    "body-only.txt": (":1", "No publishing date: line 1 is “Just a line of text"),
    "empty.txt": ("", "The file is empty"),
    "huge.txt": ("", "52,428,800 bytes, more than the 5,000,000 allowed"),
    "undated.txt": (":1", "No publishing date: line 1 is “Undated"),
    "unknown-section.txt": (":5", "“Nwes” in “Nwes The Journal 2024” is not a known section"),
    "untitled.txt": (":3", "No title: line 3 is “News The Journal 2024”"),
}


@pytest.fixture
def stories(program: Program) -> Path:
    """Return a folder with pages of every kind."""
    folder = program.folder / "stories"
    for name in GOOD:
        write_page(folder, f"{name}.txt", title=f"A {name} Page", byline="By: Ana Müller")
    _encode(folder / "bom.txt", codecs.BOM_UTF8, "utf-8")
    _encode(folder / "utf16.txt", codecs.BOM_UTF16_LE, "utf-16-le")
    _encode(folder / "windows.txt", b"", "cp1252")
    write_page(folder, "undated.txt", title="Undated", date="")
    (folder / "untitled.txt").write_text("November 15, 2024\n\nNews The Journal 2024\n\nText.\n")
    (folder / "body-only.txt").write_text("Just a line of text that says something.\n")
    write_page(folder, "unknown-section.txt", filed="Nwes The Journal 2024")
    (folder / "empty.txt").touch()
    (folder / "binary.pdf").write_bytes(b"%PDF-1.7\n\x00\x01")
    with (folder / "huge.txt").open("wb") as stream:
        stream.write(b"November 15, 2024\n")
        stream.truncate(50 * 1024 * 1024)
    (folder / ".hidden.txt").write_text("Not a page.")
    return folder


def _encode(file: Path, mark: bytes, encoding: str) -> None:
    file.write_bytes(mark + file.read_text(encoding="utf-8").encode(encoding))


def outcomes(done: Done) -> dict[str, str]:
    """Return what became of each file, by its name without the ending."""
    return {Path(file).stem: outcome for outcome, _, file in done.rows}


def test_the_good_pages_of_a_folder_come_in_and_the_rest_is_refused(
    program: Program, stories: Path
) -> None:
    done = program.run("import", stories, status=1)

    assert outcomes(done) == dict.fromkeys([Path(name).name for name in GOOD], "created")
    assert "12 articles: 5 created, 7 refused" in done.err
    bylines = {tuple(row["byline"]) for row in program.run("article", "list", "--json").json}
    assert bylines == {("Ana Müller",)}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_page_is_named_with_its_line_and_the_reason(
    program: Program, stories: Path, name: str
) -> None:
    line, reason = REFUSED[name]

    done = program.run("import", "stories", status=1)

    (told,) = (text for text in done.err.splitlines() if name in text)
    assert told.startswith(f"stories/{name}{line}: ")
    assert reason in told


def test_a_refused_page_is_kept_with_its_raw_text(program: Program, stories: Path) -> None:
    program.run("import", stories, status=1)

    listed = {Path(row["file"]).name: row for row in program.run("rejections", "--json").json}
    assert set(listed) == set(REFUSED)
    for name, (line, reason) in REFUSED.items():
        assert listed[name]["line"] == (int(line[1:]) if line else None)
        assert reason in listed[name]["reason"]
        raw = program.run("rejections", "--raw", listed[name]["id"]).out
        assert raw == (stories / name).read_bytes()[: 64 * 1024].decode()


def test_pages_that_did_not_change_are_left_alone(program: Program, stories: Path) -> None:
    program.run("import", stories, status=1)
    before = program.run("feeds", "--json").out

    again = program.run("import", stories, status=1)

    assert set(outcomes(again).values()) == {"unchanged"}
    assert "feeds rebuilt" not in again.err
    assert program.run("feeds", "--json").out == before
    assert len(program.run("rejections").rows) == len(REFUSED)


def test_a_page_that_was_mended_comes_in_and_its_rejection_is_settled(program: Program) -> None:
    program.run("import", write_page(program.folder, date=""), status=1)

    program.run("import", write_page(program.folder))

    assert program.run("rejections").out == ""
    assert len(program.run("rejections", "--resolved").rows) == 1


def test_a_missing_date_can_be_given(program: Program) -> None:
    page = write_page(program.folder, date="")

    program.run("import", page, "--date", "November 12, 2024")

    (row,) = program.run("article", "list", "--json").json
    assert row["date"].startswith("2024-11-12T08:00:00-05:00")
    assert program.run("rejections").out == ""


def test_a_missing_title_can_be_given(program: Program) -> None:
    page = program.folder / "page.txt"
    page.write_text("November 15, 2024\n\nBy: Ana Lee\n\nThe text of a story without a title.\n")
    program.run("import", page, status=1)

    program.run("import", page, "--title", "A Title")

    (row,) = program.run("article", "list", "--json").json
    assert (row["title"], row["byline"]) == ("A Title", ["Ana Lee"])


def test_section_and_edition_can_be_given(program: Program) -> None:
    page = write_page(program.folder, filed="")

    program.run("import", page, "--section", "Sports", "--edition", "Spring 2025")

    shown = program.run("article", "show", 1, "--json").json
    assert (shown["sections"], shown["edition"]) == (["Sports"], "Spring 2025")


def test_an_unknown_section_is_made_when_asked_for(program: Program) -> None:
    page = write_page(program.folder, filed="Puzzles The Journal 2024")
    refused = program.run("import", page, status=1)

    program.run("import", page, "--auto-create")

    assert "--auto-create" in refused.err
    assert program.run("section", "list").rows == [["Puzzles", "puzzles", "1", "1"]]


def test_the_setting_makes_unknown_sections_too(program: Program) -> None:
    page = write_page(program.folder, filed="Puzzles The Journal 2024")

    program.with_env(FEEDSVC_IMPORTS__AUTO_CREATE="true").run("import", page)

    assert program.run("section", "list").rows[0][0] == "Puzzles"


def test_a_changed_page_is_an_update_and_with_a_note_a_correction(program: Program) -> None:
    number = import_story(program)
    first = program.run("article", "show", number, "--json").json

    page = write_page(program.folder / "stories", body=("The club won on Sunday.",))
    updated = program.run("import", page)
    page = write_page(program.folder / "stories", body=("The club won on Monday.",))
    corrected = program.run("import", page, "--correction", "It was a Monday.")

    assert [row[:2] for row in updated.rows + corrected.rows] == [
        ["updated", str(number)],
        ["corrected", str(number)],
    ]
    shown = program.run("article", "show", number, "--json").json
    assert shown["guid"] == first["guid"]
    assert shown["date"] == first["date"]
    assert shown["updated"] > first["updated"]
    assert [note.partition(": ")[2] for note in shown["corrections"]] == ["It was a Monday."]
    assert "Monday" in shown["content_html"]


def test_a_file_that_is_given_twice_is_read_once(program: Program) -> None:
    page = write_page(program.folder / "stories")
    (program.folder / "stories" / "link.txt").symlink_to(page)

    done = program.run("import", page, page, "stories", "stories/*.txt")

    assert done.rows == [["created", "1", str(page)]]
    assert "1 article: 1 created" in done.err


def test_a_pattern_finds_what_a_shell_would(program: Program) -> None:
    for name in ("a.txt", "b.txt", "c.md", "below/d.txt"):
        write_page(program.folder / "stories", name, title=f"Page {name}")

    flat = program.run("import", "stories/*.txt")
    deep = program.run("import", "stories/**/*.txt")

    assert [Path(row[2]).name for row in flat.rows] == ["a.txt", "b.txt"]
    assert outcomes(deep) == {"a": "unchanged", "b": "unchanged", "d": "created"}


def test_a_path_that_does_not_exist_is_refused_and_the_rest_comes_in(program: Program) -> None:
    write_page(program.folder / "stories")

    done = program.run("import", "nowhere", "none/*.txt", "stories", status=1)

    lines = done.err.splitlines()
    assert "nowhere: there is no such file or folder" in lines
    assert "none/*.txt: there is no such file or folder" in lines
    assert "3 articles: 1 created, 2 refused" in lines
    assert "  2 × there is no such file or folder" in lines
    assert program.run("rejections").out == ""


def test_a_dry_run_says_what_would_happen_and_stores_nothing(
    program: Program, stories: Path
) -> None:
    done = program.run("import", "--dry-run", stories, status=1)

    assert outcomes(done) == dict.fromkeys([Path(name).name for name in GOOD], "created")
    assert "12 articles: 5 created, 7 refused (a dry run: nothing was stored)" in done.err
    for what in ("article list", "rejections", "feeds"):
        assert program.run(*what.split(), "--json").json == []


@pytest.mark.parametrize("pair", ["Athletics", "=Sports", " = Sports"])
def test_a_section_map_needs_both_names(program: Program, pair: str) -> None:
    done = program.run("import", "--section-map", pair, ".", status=2)

    assert "write it like Athletics=Sports" in done.err


def test_a_withdrawn_article_is_not_brought_back(program: Program) -> None:
    number = import_story(program)
    program.run("article", "withdraw", number)

    page = write_page(program.folder / "stories", body=("Another text.",))
    done = program.run("import", page)

    assert f"stays withdrawn (article {number})" in done.err
    assert f"`feedsvc article republish {number}`" in done.err
    assert program.run("article", "list", "--status", "published").out == ""


def test_a_future_date_schedules_and_is_in_no_feed(program: Program) -> None:
    import_story(program, date="November 15, 2099")

    (row,) = program.run("article", "list", "--json").json
    assert (row["status"], row["url"]) == ("scheduled", None)
    assert row["date"] == "2099-11-15T08:00:00-05:00"
    assert program.run("feeds").out == ""


def test_a_terminal_shows_how_far_it_is_and_then_only_what_matters(
    program: Program, stories: Path
) -> None:
    """A speed that is not known yet once ended every import on a terminal."""
    done = program.on_terminal("import", stories, status=1)

    assert "importing " in done.out
    assert "12/12" in done.out
    assert "building " in done.out.partition("12/12")[2]
    assert "0/?" not in done.out.partition("building")[0]  # one bar, not two
    lines = [line.rpartition("\r")[2].strip() for line in done.out.splitlines()]
    assert "12 articles: 5 created, 7 refused" in lines
    assert [line for line in lines if line.startswith(f"{stories}/undated.txt:1: ")]
    assert "created\t" not in done.out


def test_a_verbose_import_logs_one_line_with_what_it_came_to(
    program: Program, stories: Path
) -> None:
    lines = program.with_env(FEEDSVC_LOG__JSON_LINES="true").run(
        "--verbose", "import", stories, status=1
    )

    (done,) = (e for e in _events(lines) if e["event"] == "import_done")
    assert (done["items"], done["created"], done["refused"]) == (12, 5, 7)
    assert done["seconds"] > 0
    assert done["per_second"] == pytest.approx(12 / done["seconds"], rel=0.2)


def _events(done: Done) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]


def test_log_lines_stand_in_the_place_of_a_bar(program: Program, stories: Path) -> None:
    done = program.on_terminal("-v", "import", stories, columns=200, status=1)

    assert done.out.count("import_done") == 1
    assert "feed_built" in done.out
    assert "importing " not in done.out


def test_without_verbose_no_log_line_is_shown(program: Program, stories: Path) -> None:
    assert "import_done" not in program.run("import", stories, status=1).err


def test_the_level_of_the_log_holds_for_verbose_too(program: Program, stories: Path) -> None:
    warned = program.with_env(FEEDSVC_LOG__LEVEL="warning")

    assert "import_done" not in warned.run("-v", "import", stories, status=1).err


def test_a_pipe_gets_no_bar_and_a_line_for_each_file(program: Program, stories: Path) -> None:
    done = program.run("import", stories, status=1)

    assert "importing" not in done.out + done.err
    assert "\r" not in done.out + done.err
    assert len(done.rows) == len(GOOD)


def test_a_name_with_odd_characters_stays_on_its_line(program: Program) -> None:
    for name in ("two\nlines.txt", "tab\tand\x1b[31mred.txt"):
        (program.folder / name).write_text(a_page(title=f"Page {len(name)}"))

    done = program.run("import", ".", status=None)

    assert {len(row) for row in done.rows} == {3}
    assert "\x1b" not in done.out + done.err
