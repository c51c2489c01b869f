"""A story in the layout of the newsroom's site goes in; its three feeds come out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from werkzeug.test import Client

from feedsvc.services import make_services
from feedsvc.settings import load
from tests.cli.pages import a_page
from tests.cli.program import Program
from tests.newsroom import SAMPLES, client_of

TITLE = "U.S. and Japan Strengthen Military Alliance Amid Rising Tensions"
BODY = (
    "Japan and the United States said on Sunday, July 28, 2024, that they would bring their armed"
    " forces closer together than they have been in decades.",
    "The two governments’ top officials agreed on a joint headquarters, which they called “a new"
    " chapter,” and on building more air-defense missiles in Japan.",
    "Neighbors have noticed. Ships of three coast guards met twice this summer within sight of the"
    " same reef, and fishermen say that they are asked for papers that nobody has issued.",
    "The ministers meet every year. This time, the coming election was on everybody’s mind: whoever"
    " wins in November decides how much of the plan is paid for.",
    "Students in the Model United Nations club debated the agreement in October. The motion to"
    " welcome it passed, 14 to 11, after a recount.",
)
ATOM = "{http://www.w3.org/2005/Atom}"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"


@pytest.fixture(params=["ours", "sample"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a folder with the story: written for this test, or as the newsroom gave it to us."""
    if request.param == "sample":
        if not SAMPLES.is_dir():
            pytest.skip(f"the newsroom's sample is not at {SAMPLES}")
        return SAMPLES
    page = a_page(title=TITLE, byline="By: Jerry Zhang", body=BODY)
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "us-japan-alliance.txt").write_text(page, encoding="utf-8")
    return tmp_path / "samples"


@pytest.fixture
def imported(program: Program, folder: Path) -> Program:
    """Return a program that the story went into."""
    done = program.run("import", folder)
    assert done.err.splitlines() == ["1 article: 1 created", "4 feeds rebuilt"]
    return program


@pytest.fixture
def client(imported: Program) -> Iterator[Client]:
    """Return an HTTP client of the newsroom."""
    url = f"sqlite:///{imported.folder}/var/feedsvc.db"
    services = make_services(load({"DATABASE_URL": url}, Path(os.devnull)).settings)
    yield client_of(services)
    services.database.close()


def test_every_part_of_the_page_is_read(imported: Program) -> None:
    story = imported.run("article", "show", 1, "--json").json

    assert story["title"] == TITLE
    assert story["sections"] == ["News"]
    assert story["edition"] == "The Journal 2024"
    assert story["byline"] == ["Jerry Zhang"]
    assert story["date"] == "2024-11-15T08:00:00-05:00"
    assert story["status"] == "published"
    assert story["content_html"].count("<p>") == 5
    assert "Back To Top" not in story["content_html"]
    assert TITLE not in story["content_html"]
    assert story["guid"].startswith("urn:uuid:")


def test_every_feed_passes_every_check(imported: Program) -> None:
    done = imported.run("check")

    assert done.err.startswith("12 checked, ")
    assert done.err.endswith(" 0 findings\n")


def test_the_sections_rss_holds_it(imported: Program, client: Client) -> None:
    answer = client.get("/feeds/section/news.rss")

    assert answer.content_type == "application/rss+xml; charset=utf-8"
    (item,) = etree.fromstring(answer.data).iter("item")
    story = imported.run("article", "show", 1, "--json").json
    assert item.findtext("title") == TITLE
    assert item.findtext("guid") == story["guid"]
    assert item.findtext("link") == story["url"]
    assert item.findtext("pubDate") == "Fri, 15 Nov 2024 13:00:00 +0000"
    assert item.findtext(CREATOR) == "Jerry Zhang"
    assert {"News", "The Journal 2024"} == {each.text for each in item.iter("category")}


def test_the_authors_atom_holds_it(imported: Program, client: Client) -> None:
    answer = client.get("/feeds/author/jerry-zhang.atom")

    assert answer.content_type == "application/atom+xml; charset=utf-8"
    (entry,) = etree.fromstring(answer.data).iter(f"{ATOM}entry")
    story = imported.run("article", "show", 1, "--json").json
    assert entry.findtext(f"{ATOM}title") == TITLE
    assert entry.findtext(f"{ATOM}id") == story["guid"]
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Jerry Zhang"
    assert (entry.findtext(f"{ATOM}content") or "").count("<p>") == 5


def test_the_editions_json_holds_it(imported: Program, client: Client) -> None:
    answer = client.get("/feeds/edition/the-journal-2024.json")

    assert answer.content_type == "application/feed+json"
    (item,) = json.loads(answer.data)["items"]
    story = imported.run("article", "show", 1, "--json").json
    assert (item["title"], item["id"], item["url"]) == (TITLE, story["guid"], story["url"])
    assert [author["name"] for author in item["authors"]] == ["Jerry Zhang"]
    assert item["content_html"].count("<p>") == 5


def test_its_page_is_where_the_feeds_say(imported: Program, client: Client) -> None:
    story = imported.run("article", "show", 1, "--json").json

    answer = client.get(story["url"].removeprefix("http://127.0.0.1:8000"))

    assert answer.status_code == 200
    assert f"<h1>{TITLE}</h1>" in " ".join(answer.text.replace("\n", " ").split())


def test_importing_it_again_changes_nothing(imported: Program, folder: Path) -> None:
    before = imported.served()

    again = imported.run("import", folder)

    assert again.rows[0][0] == "unchanged"
    assert imported.served() == before
