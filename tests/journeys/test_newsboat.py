"""newsboat, a real feed reader, reads our feeds from a running server."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program, make_program
from tests.cli.service import Running, running
from tests.journeys.gate import Gate
from tests.newsroom import REPOSITORY

pytestmark = [pytest.mark.program, pytest.mark.slow]

NEWSBOAT = shutil.which("newsboat")
if NEWSBOAT is None and os.environ.get("CI") != "true":
    pytest.skip("newsboat is not installed", allow_module_level=True)

FEEDS = ("all.rss", "section/news.atom", "edition/the-journal-2024.rss")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a web server with all example stories."""
    program = make_program(tmp_path_factory.mktemp("newsboat"))
    program.run("import", REPOSITORY / "examples" / "stories")
    with running(program, "web") as web:
        web.program.run("build", "--settings")  # the port is part of every address
        yield web.when_up()


def reload(home: Path, *urls: str) -> Path:
    """Let newsboat read feeds and return its cache."""
    (home / "urls").write_text("".join(f"{url}\n" for url in urls))
    newsboat(home, "-x", "reload")
    return home / "cache.db"


def newsboat(home: Path, *arguments: str) -> None:
    """Run newsboat, which may have nothing to complain of."""
    assert NEWSBOAT, "CI installs newsboat"
    (home / "config").write_text("error-log error.log\n")
    subprocess.run(
        [NEWSBOAT, "-u", "urls", "-c", "cache.db", "-C", "config", *arguments],
        cwd=home,
        env={"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        check=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    errors = home / "error.log"
    assert not errors.exists() or errors.read_text() == ""


def rows(cache: Path, query: str) -> list[tuple[str, ...]]:
    """Return what newsboat has stored."""
    store = sqlite3.connect(cache)
    found = store.execute(query).fetchall()
    store.close()
    return found


def items(program: Program, feed: str) -> list[tuple[str, ...]]:
    """Return guid, title, authors, address and text of what a feed lists, by our JSON of it."""
    path = feed.rpartition(".")[0]
    return sorted(
        (
            item["id"],
            item["title"],
            ", ".join(author["name"] for author in item.get("authors", [])),
            item["url"],
            item["content_html"],
        )
        for item in json.loads(program.served()[f"{path}.json"].body)["items"]
    )


@pytest.mark.parametrize("feed", FEEDS)
def test_it_has_every_story_with_its_title_authors_address_and_text(
    service: Running, tmp_path: Path, feed: str
) -> None:
    url = f"http://127.0.0.1:{service.port}/feeds/{feed}"

    cache = reload(tmp_path, url)

    expected = items(service.program, feed)
    assert len(expected) >= 3
    found = sorted(rows(cache, "SELECT guid, title, author, url, content FROM rss_item"))
    if feed.endswith(".rss"):  # of several dc:creator it shows one
        assert all(old[2].endswith(new[2]) for new, old in zip(found, expected, strict=True))
        found = [(*new[:2], old[2], *new[3:]) for new, old in zip(found, expected, strict=True)]
    assert found == expected
    ((title, home),) = rows(cache, "SELECT title, url FROM rss_feed")
    assert title.endswith("The School Paper")
    assert home.startswith(f"http://127.0.0.1:{service.port}/")


def test_reading_again_doubles_nothing(service: Running, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{service.port}/feeds/all.rss"
    before = rows(reload(tmp_path, url), "SELECT guid, title, pubDate, unread FROM rss_item")

    after = rows(reload(tmp_path, url), "SELECT guid, title, pubDate, unread FROM rss_item")

    assert sorted(after) == sorted(before)


def test_polling_again_is_answered_not_modified(service: Running, tmp_path: Path) -> None:
    """newsboat asks conditionally, with its deltas (`A-IM: feed`), and takes gzip."""
    with Gate(service.port) as gate:
        url = f"http://127.0.0.1:{gate.port}/feeds/all.rss"

        for _ in range(3):  # it keeps validators only of feeds that it already had
            reload(tmp_path, url)

    assert gate.statuses == [200, 200, 304], gate.requests
    first, _, again = gate.requests
    assert "if-none-match" not in first
    assert again["if-none-match"].startswith('"')
    assert again["a-im"] == "feed"


def test_feeds_that_share_stories_have_each_once(service: Running, tmp_path: Path) -> None:
    """Newsboat keeps one item to a guid, in whichever of its feeds it read last."""
    urls = [f"http://127.0.0.1:{service.port}/feeds/{feed}" for feed in FEEDS]

    cache = reload(tmp_path, *urls)

    assert len(rows(cache, "SELECT 1 FROM rss_feed")) == len(FEEDS)
    guids = rows(cache, "SELECT guid FROM rss_item")
    assert sorted(guids) == [item[:1] for item in items(service.program, "all.rss")]


def test_a_corrected_story_is_renewed_where_it_stands(service: Running, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{service.port}/feeds/section/news.atom"
    count = len(rows(reload(tmp_path, url), "SELECT 1 FROM rss_item"))
    guid = items(service.program, "section/news.atom")[0][0]

    service.program.run("article", "correct", guid, "A name was wrong.", "--title", "Put Right")

    cache = reload(tmp_path, url)
    assert rows(cache, f"SELECT title FROM rss_item WHERE guid = '{guid}'") == [("Put Right",)]
    assert len(rows(cache, "SELECT 1 FROM rss_item")) == count


def test_it_imports_all_feeds_at_once_from_opml(service: Running, tmp_path: Path) -> None:
    answer = service.get("/feeds.opml")
    assert answer is not None
    (tmp_path / "feeds.opml").write_bytes(answer.body)

    newsboat(tmp_path, "--import-from-opml=feeds.opml")

    base = f"http://127.0.0.1:{service.port}/feeds"
    groups = {"all": "Everything", "section": "Sections", "author": "Authors"}
    feeds = {name.rpartition(".")[0] for name in service.program.served()}
    assert len(feeds) > 10
    imported = (tmp_path / "urls").read_text().splitlines()
    assert {tuple(line.split(" ")[:2]) for line in imported} == {
        (f"{base}/{path}.rss", f'"{groups.get(path.partition("/")[0], "Editions")}"')
        for path in feeds
    }
