"""`feedsvc media …`: what editors do with pictures and files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.pages import import_story
from tests.cli.program import Program, make_program
from tests.cli.server import Site, serving
from tests.intake.images import PHOTO, a_picture, as_bytes


@pytest.fixture
def site() -> Iterator[Site]:
    """Return a web server that the program takes for its own site."""
    with serving() as site:
        yield site


@pytest.fixture
def program(tmp_path: Path, site: Site) -> Program:
    """Return a program with one article, and a folder for pictures."""
    program = make_program(tmp_path).with_env(
        FEEDSVC_SITE__BASE_URL=site.url, FEEDSVC_MEDIA__FOLDER=str(tmp_path / "media")
    )
    import_story(program)
    return program


def item(program: Program) -> dict[str, Any]:
    """Return the entry that the site's feed serves."""
    (found,) = json.loads(program.served()["all.json"].body)["items"]
    return dict(found)


def test_a_picture_can_be_added_to_an_article(program: Program, tmp_path: Path) -> None:
    picture, paper = tmp_path / "team.jpg", tmp_path / "rules.pdf"
    picture.write_bytes(as_bytes(a_picture(800, 600)))
    paper.write_bytes(b"%PDF-1.7")
    program.run("media", "add", 1, paper)
    words = ("--alt", "A team", "--caption", "They won.", "--credit", "Bo")

    said = program.run("media", "add", 1, picture, *words, "--lead", "--json").json

    assert said["url"].startswith(program.environ["FEEDSVC_SITE__BASE_URL"] + "/media/")
    assert item(program)["image"] == said["url"]
    assert "<figcaption>They won. (Bo)</figcaption>" in item(program)["content_html"]
    kinds = [one["mime_type"] for one in item(program)["attachments"]]
    assert kinds == ["image/jpeg", "application/pdf"]
    assert item(program)["date_modified"] == item(program)["date_published"]


def test_what_is_no_picture_is_refused_in_one_line(program: Program, tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"<svg/>")

    done = program.run("media", "add", 1, tmp_path / "x.jpg", status=2)

    assert done.err.startswith(f"feedsvc: {tmp_path}/x.jpg: the picture is SVG")
    assert done.err.count("\n") == 1


def test_pictures_are_fetched_by_hand_and_what_fails_is_listed(
    program: Program, site: Site
) -> None:
    good, bad = site.put("/good.jpg", PHOTO), site.url + "/bad.jpg"
    program.run("article", "edit", 1, "--media", good, "--media", bad)

    done = program.run("media", "fetch", status=1)

    assert f"{bad}: the answer is 404 Not Found\n" in done.err
    assert "2 fetched: 1 had, 1 not" in done.err
    assert "/media/" in item(program)["image"]
    listed = program.run("media", "--json").json
    assert (listed["kept"], listed["failed"], listed["waiting"]) == (1, 1, 0)
    (problem,) = listed["problems"]
    assert (problem["article"], problem["url"]) == (1, bad)
    assert program.run("media").rows[0][2:4] == [bad, "the answer is 404 Not Found"]
    assert program.run("status", "--json", status=None).json["media_problems"] == 1

    site.put("/bad.jpg", PHOTO)
    program.run("media", "fetch")

    assert program.run("media", "--json").json["problems"] == []


def test_after_a_change_of_widths_an_articles_pictures_are_made_anew(
    program: Program, site: Site
) -> None:
    program.run("article", "edit", 1, "--media", site.put("/a.jpg", as_bytes(a_picture(900, 600))))
    program.run("media", "fetch")
    before = item(program)

    program.with_env(FEEDSVC_MEDIA__WIDTHS="300, 700").run("media", "fetch", 1)

    assert item(program)["image"] != before["image"]
    assert 'width="700"' in item(program)["content_html"]
    assert 'width="900"' in before["content_html"]


def test_sweeping_says_how_much_it_took(program: Program, tmp_path: Path) -> None:
    left_over = tmp_path / "media" / "ab" / "cd" / "left-over"
    left_over.parent.mkdir(parents=True)
    left_over.touch()
    os.utime(left_over, (1, 1))

    assert program.run("media", "sweep").err == "1 file removed\n"
