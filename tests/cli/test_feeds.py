"""`feedsvc feeds`, `build` and `check`."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest
from lxml import etree

from feedsvc.model import Document
from tests.cli.program import Program
from tests.cli.server import serving

PATHS = ("all", "section/news", "author/ana-lee", "edition/the-journal-2024")
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def feed_file(story: Program) -> Path:
    """Return a file with a feed in it."""
    file = story.folder / "feed.rss"
    file.write_bytes(story.served()["all.rss"].body)
    return file


def change_store(program: Program, statement: str) -> None:
    """Change a store behind the program's back."""
    store = sqlite3.connect(program.folder / "var" / "feedsvc.db")
    with store:
        assert store.execute(statement).rowcount
    store.close()


def test_feeds_are_listed_with_each_of_their_documents(story: Program) -> None:
    rows = story.run("feeds", "--json").json

    assert [row["feed"] for row in rows] == [path for path in PATHS for _ in range(3)]
    assert {row["format"] for row in rows} == {"rss", "atom", "json"}
    for row in rows:
        document = story.served()[f"{row['feed']}.{row['format']}"]
        assert row["url"] == f"http://127.0.0.1:8000/feeds/{row['feed']}.{row['format']}"
        assert (row["entries"], row["bytes"]) == (1, len(document.body))
        assert (row["etag"], row["served"]) == (document.etag, True)
        assert row["checks"] > 50


def test_a_build_of_what_is_not_due_does_nothing(story: Program) -> None:
    before = story.served()

    assert story.run("build").err == "feeds: nothing was due\n"
    assert story.run("build", "--settings").err == "feeds: 4 unchanged\n"
    assert story.served() == before


def test_a_build_after_a_change_of_settings_makes_a_first_feed(program: Program) -> None:
    """A newsroom without stories has a feed that readers can subscribe to."""
    assert program.run("build", "--settings").err == "feeds: 1 swapped\n"
    assert {row[0] for row in program.run("feeds").rows} == {"all"}
    program.run("check")


def test_changed_settings_are_noticed_and_taken_in(story: Program) -> None:
    before = story.served()
    changed = story.with_env(
        FEEDSVC_SITE__TITLE="The Harbor Light", FEEDSVC_SITE__BASE_URL="https://paper.example"
    )

    stale = changed.run("check", status=1)
    assert stale.out.count("[stale]") == 12
    assert "`feedsvc build` brings it up to date; --settings" in stale.out
    assert changed.run("build").err == "feeds: nothing was due\n"
    assert changed.run("build", "--settings").err == "feeds: 4 swapped\n"

    changed.run("check")
    after = story.served()
    assert set(after) == set(before)
    for name, document in after.items():
        text = document.body.decode()
        assert "The Harbor Light" in text
        assert "The School Paper" not in text
        assert "127.0.0.1" not in text
        assert "https://paper.example/articles/2024/11/" in text
        assert document.etag != before[name].etag
        assert identities(document) == identities(before[name])


def identities(document: Document) -> list[str]:
    """Return all that must never change: a feed's id and those of its entries."""
    if document.format == "json":
        return [item["id"] for item in json.loads(document.body)["items"]]
    root = etree.fromstring(document.body)
    return [node.text or "" for node in root.iter("guid", f"{ATOM}id")]


def test_a_build_shows_how_far_it_is_on_a_terminal(story: Program) -> None:
    done = story.on_terminal("build", "--settings")

    assert "building" in done.out
    assert "feeds: 4 unchanged" in done.out


def test_a_check_shows_how_far_it_is_on_a_terminal_and_not_in_a_pipe(story: Program) -> None:
    done = story.on_terminal("check")

    assert "checking" in done.out
    assert "4/4" in done.out
    assert re.search(r"^12 checked, ", done.out.replace("\r", "\n"), re.MULTILINE)
    assert "checking" not in story.run("check").err


def test_a_check_of_one_feed_needs_no_bar(story: Program) -> None:
    assert "checking" not in story.on_terminal("check", "all").out


def test_a_broken_article_is_held_out_and_named_and_the_feed_goes_on(stories: Program) -> None:
    """A build once ended with status 0 and said nothing of what it held out."""
    change_store(
        stories, "UPDATE article SET content_html = '<script>x</script>' WHERE title = 'A'"
    )

    built = stories.run("build", "--settings", status=1)
    assert "“A” is held out of feeds; see `feedsvc check`" in built.err
    checked = stories.run("check", status=1)
    assert re.search(r"^article \d+: .*“A”.* \[", checked.out, re.MULTILINE)
    items = json.loads(stories.served()["all.json"].body)["items"]
    assert [item["title"] for item in items] == ["B"]

    stories.run("article", "edit", 1, "--body", _body(stories))
    stories.run("check")
    assert len(json.loads(stories.served()["all.json"].body)["items"]) == 2


def _body(program: Program) -> Path:
    file = program.folder / "body.txt"
    file.write_text("A text that is right.\n")
    return file


def test_stored_feeds_are_proven_from_nothing(story: Program) -> None:
    whole = story.run("check")

    assert re.fullmatch(r"12 checked, [\d,]{3,} checks, 0 findings\n", whole.err)
    assert whole.out == ""
    assert story.run("check", "--json").json == []


@pytest.mark.parametrize(
    ("target", "count"),
    [("section/news", 3), ("all.atom", 1), ("/feeds/author/ana-lee.json", 1), ("/feeds/all", 3)],
)
def test_a_stored_feed_goes_by_its_path(story: Program, target: str, count: int) -> None:
    assert story.run("check", target).err.startswith(f"{count} checked, ")


def test_a_tampered_document_is_found(story: Program) -> None:
    change_store(
        story,
        "UPDATE document SET body = CAST(replace(CAST(body AS TEXT), 'Ana', 'Bob') AS BLOB)"
        " WHERE format = 'rss'",
    )

    lines = story.run("check", status=1).out.splitlines()
    named = {line.partition(": ")[0] for line in lines if "is read back as" in line}
    assert named == {f"{path}.rss" for path in PATHS}


def test_a_finding_is_a_line_with_rule_and_place_and_one_with_the_remedy(
    story: Program, feed_file: Path
) -> None:
    feed_file.write_bytes(feed_file.read_bytes().replace(b"<language>en-US", b"<language>english!"))

    done = story.run("check", "feed.rss", status=1)
    first, remedy, *rest = done.out.splitlines()
    assert re.fullmatch(r"feed\.rss: channel.*: .*english!.* \[[a-z-]+\]", first)
    assert remedy.startswith("    ")
    assert rest == []
    assert done.err.endswith(" 1 findings\n")

    (row,) = story.run("check", "feed.rss", "--json", status=1).json
    assert set(row) == {"where", "rule", "place", "message", "remedy"}
    assert f"{row['where']}: {row['place']}: {row['message']} [{row['rule']}]" == first


def test_a_good_file_has_no_findings_whoever_made_it(story: Program, feed_file: Path) -> None:
    assert story.run("check", feed_file).err.startswith("1 checked, ")


@pytest.mark.parametrize(
    "content", [b"", b"<html><body>A page</body></html>", b"\x00\xff\x00", b"just text"]
)
def test_a_file_that_is_no_feed_is_a_finding(story: Program, content: bytes) -> None:
    (story.folder / "x").write_bytes(content)

    assert "[format]" in story.run("check", "x", status=1).out


def test_several_targets_are_checked_together(story: Program, feed_file: Path) -> None:
    (story.folder / "page.html").write_text("<html>")

    done = story.run("check", feed_file, "page.html", "all", status=1)

    assert re.fullmatch(r"5 checked, [\d,]+ checks, 1 findings\n", done.err)


def test_a_url_of_our_own_is_checked_where_it_leads(story: Program) -> None:
    with serving() as site:
        ours = story.with_env(FEEDSVC_SITE__BASE_URL=site.url)
        good = site.put("/feeds/all.atom", story.served()["all.atom"].body)
        page = site.put("/", b"<!doctype html><html><body>Hello</body></html>")
        moved = site.put("/moved", b"", 302, Location="http://10.0.0.1/feeds/all.rss")

        assert ours.run("check", good).err.startswith("1 checked, ")
        assert "[format]" in ours.run("check", page, status=1).out
        missing = ours.run("check", f"{site.url}/none", status=2)
        assert missing.err == f"feedsvc: {site.url}/none: answered with status 404\n"
        assert "10.0.0.1 is not on the open internet" in ours.run("check", moved, status=2).err


def test_a_url_inside_a_private_network_is_refused(story: Program) -> None:
    with serving() as site:
        private = site.put("/feed", story.served()["all.rss"].body)

        done = story.run("check", private, status=2)

        assert "127.0.0.1 is not on the open internet" in done.err
        assert len(done.err.splitlines()) == 1
        assert site.asked == []


def test_our_own_address_need_not_be_set_to_be_trusted(program: Program) -> None:
    with serving() as site:
        port = site.url.rpartition(":")[2]
        page = site.put("/feed", b"<html>")

        done = program.with_env(PORT=port).run("check", page, status=1)

    assert "[format]" in done.out
