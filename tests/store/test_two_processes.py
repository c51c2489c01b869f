"""Two real processes that write to one store at the same time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from feedsvc.model import FeedKey, Kind
from feedsvc.store import feeds, terms
from tests.intake.papers import write_page
from tests.newsroom import Newsroom
from tests.store.process import EDITS
from tests.store.reading import column, count
from tests.store.running import finish_together, start

PAGES = 150
SECTIONS = ("News", "Sports", "Opinion")
AUTHORS = [f"Author {word}" for word in ("One", "Two", "Three", "Four", "Five", "Six", "Seven")]


def write_pages(folder: Path, *, editor_first: bool) -> None:
    """Write pages whose titles, authors and sections are those of the other folder too.

    No two have the same title, day and byline, which would make them one article.
    """
    for number in range(PAGES):
        names = [AUTHORS[number % 7], "Ed Itor"]
        write_page(
            folder / f"{number:03}.txt",
            f"Story {number % 50}",
            byline=" and ".join(reversed(names) if editor_first else names),
            filed=f"{SECTIONS[number % 3]} | The Journal 2024",
        )


@pytest.mark.slow
def test_two_processes_lose_nothing_and_never_meet(newsroom: Newsroom, tmp_path: Path) -> None:
    newsroom.submit(title="The Corrected One", byline=(("Ana Lee", None),), sections=("News",))
    url = newsroom.services.database.engine.url.render_as_string(hide_password=False)
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        write_pages(folder, editor_first=folder.name == "two")

    said = finish_together([start("import", url, str(folder), folder.name) for folder in folders])

    database, total = newsroom.services.database, 2 * PAGES + 1
    assert said == ["created", "created"]
    assert count(database, "article") == total
    for name in ("guid", "permalink", "published_at", "updated_at"):
        assert len(set(column(database, f"article.{name}"))) == total, name
    assert sorted(column(database, "permalink.path")) == sorted(
        column(database, "article.permalink")
    )
    assert Counter(column(database, "origin.source")) == dict.fromkeys(map(str, folders), PAGES)
    notes = [f"{who} {number}" for who in ("one", "two") for number in range(EDITS)]
    assert Counter(column(database, "correction.note")) == Counter(notes)
    names = ["Ana Lee", "Ed Itor", "The Journal 2024", *SECTIONS, *AUTHORS]
    assert Counter(column(database, "term.name")) == Counter(names)
    assert len(set(column(database, "term.slug"))) == len(names)
    assert_feeds_are_whole(newsroom)


def assert_feeds_are_whole(newsroom: Newsroom) -> None:
    with newsroom.services.database.read() as tx:
        for feed in feeds.all_feeds(tx):
            listed = set(feeds.newest(tx, feed.id, 10_000))
            filed = set(terms.articles_with(tx, feed.key.term_id))
            assert listed == (filed or set(range(1, 2 * PAGES + 2)))
            assert feed.build_due_at is None or feed.event_seq > 0
        editor = terms.by_name(tx, Kind.AUTHOR, "Ed Itor")
        assert editor is not None
        assert feeds.by_key(tx, FeedKey(Kind.AUTHOR, editor.id)) is not None
    newsroom.services.database.close()
