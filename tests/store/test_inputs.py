"""The hash of a feed's inputs changes with everything that can change its documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from feedsvc.feeds.press import inputs
from feedsvc.intake.desk import Edit
from feedsvc.model import SITE, Article, Change, Kind, Media
from feedsvc.store import feeds
from tests.conftest import make_newsroom
from tests.newsroom import Newsroom

LONG = "<p>" + "word " * 1_000 + "{} " + "word " * 1_000 + "</p>"
PICTURE = Media("https://paper.example/a.png", "image/png", 1_000, 10, 10, None)


def digest(room: Newsroom) -> str:
    with room.services.database.read() as tx:
        site = feeds.by_key(tx, SITE)
        assert site
        return inputs(tx, room.services.press, site.id).digest


CHANGES: dict[str, Callable[[Newsroom, Article], object]] = {
    "a title": lambda room, article: room.edit(article, title="Another"),
    "a word in the middle": lambda room, article: room.edit(
        article, content_html=LONG.format("other")
    ),
    "a summary": lambda room, article: room.edit(article, summary="In short."),
    "a slug": lambda room, article: room.edit(article, slug="another"),
    "a date": lambda room, article: room.edit(article, Change.UPDATE, title="New"),
    "a correction": lambda room, article: room.correct(article, "A name was wrong."),
    "a picture": lambda room, article: room.edit(article, media=(PICTURE,)),
    "a section": lambda room, article: room.edit(article, sections=("Sports",)),
    "an order of sections": lambda room, article: room.edit(article, sections=("Two", "One")),
    "a byline": lambda room, article: room.edit(article, byline=(("Ben Ito", None),)),
    "a role": lambda room, article: room.edit(article, byline=(("Ana Lee", "Photos"),)),
    "a tag": lambda room, article: room.edit(article, tags=("chess",)),
    "a name": lambda room, _: room.rename(Kind.AUTHOR, "Ana Lee", "Anna Lee"),
    "a withdrawal": lambda room, article: room.withdraw(article),
    "another article": lambda room, _: room.submit(title="Other", date=None),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_changes_with(newsroom: Newsroom, change: Callable[[Newsroom, Article], object]) -> None:
    article = newsroom.submit(content_html=LONG.format("one"), sections=("One", "Two"))
    newsroom.build()
    before = digest(newsroom)
    newsroom.clock.advance(minutes=1)

    change(newsroom, article)

    assert digest(newsroom) != before


def test_it_stays_when_nothing_happens_but_time(newsroom: Newsroom) -> None:
    article = newsroom.submit()
    newsroom.build()
    before = digest(newsroom)

    newsroom.clock.advance(hours=50)
    newsroom.submit(title="A draft", draft=True)
    newsroom.edit(article, title="For a moment")
    newsroom.edit(article, title=article.title)
    newsroom.build_all()

    assert digest(newsroom) == before


@pytest.mark.parametrize(
    "variable", ["SITE__TITLE", "SITE__BASE_URL", "FEEDS__SUMMARY_CHARS", "SITE__TIMEZONE"]
)
def test_it_changes_with_settings_that_feeds_show(newsroom: Newsroom, variable: str) -> None:
    newsroom.submit()
    newsroom.build()
    values = {"SITE__BASE_URL": "https://new.example", "FEEDS__SUMMARY_CHARS": "200"}
    value = values.get(variable, "UTC")
    environ = {f"FEEDSVC_{variable}": value}

    after = make_newsroom(newsroom.services.database.url, newsroom.clock, environ, seed=2)

    assert digest(after) != digest(newsroom)
    after.services.database.close()


def test_it_does_not_change_with_settings_that_they_do_not_show(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    url, environ = newsroom.services.database.url, {"FEEDSVC_WORKER__TICK_SECONDS": "1"}

    after = make_newsroom(url, newsroom.clock, environ, seed=2)

    assert digest(after) == digest(newsroom)
    after.services.database.close()


def test_a_feed_that_was_only_looked_at_is_not_composed(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    newsroom.clock.advance(minutes=1)
    press = newsroom.services.press
    press.memory._entries.clear()

    newsroom.build_all()

    kept = [press.memory._entries._kept, press.memory._fragments._kept]
    assert kept[0] == {}
    assert newsroom.clock.at > dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC)


def test_edits_are_one_edit() -> None:
    """The table above uses every field that an editor can change."""
    fields = set(Edit.__slots__) - {"change", "note"}
    assert fields == {
        "title", "content_html", "summary", "slug", "byline", "sections", "edition", "tags",
        "media",
    }  # fmt: skip
