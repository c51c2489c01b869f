"""One damaged article leaves every feed at once, and nothing else does."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from feedsvc.model import Article, Change, Format, Kind, Problem
from feedsvc.store import records
from feedsvc.store import tables as t
from tests.conftest import make_newsroom
from tests.newsroom import Clock, Newsroom

EVERYWHERE = ("all", "section/news", "author/ana-lee", "edition/the-journal-2024")
LONG_AGO = dt.datetime(1999, 1, 1, tzinfo=dt.UTC)
FAR_AHEAD = dt.datetime(2999, 1, 1, tzinfo=dt.UTC)


def poison(room: Newsroom, article: Article, **values: Any) -> None:
    """Damage an article behind the door's back, and have its feeds built again."""
    with room.services.database.write() as tx:
        tx.execute(sa.update(t.article).where(t.article.c.id == article.id).values(**values))
        tx.execute(
            sa.update(t.feed).values(build_due_at=room.clock.at, event_seq=t.feed.c.event_seq + 1)
        )


def problems(room: Newsroom) -> list[Problem]:
    with room.services.database.read() as tx:
        return records.open_problems(tx)


def everything(room: Newsroom) -> bytes:
    return b"".join(document.body for document in room.all_documents().values())


# (rule, what is damaged): every kind of mistake that only one entry can make.
POISONS: dict[str, tuple[str, dict[str, Any]]] = {
    "a control character in the title": ("render", {"title": "Bad\x03"}),
    "a control character in the text": ("render", {"content_html": "<p>Bad\x0b</p>"}),
    "a non-character in the summary": ("render", {"summary_text": "Bad\ufffe"}),
    "a C1 control character": ("characters", {"title": "It\x92s"}),
    "a lost character": ("characters", {"content_html": "<p>Caf\ufffd</p>"}),
    "updated before it was published": ("date-order", {"updated_at": LONG_AGO}),
    "updated in the future": ("date-future", {"updated_at": FAR_AHEAD}),
    "published in the future": ("date-future", {"published_at": FAR_AHEAD}),
    "a relative link": ("relative-references", {"content_html": '<a href="/about">x</a>'}),
    "a relative picture": ("relative-references", {"content_html": '<img src="a.png" alt="">'}),
    "a script": ("unsafe-elements", {"content_html": "<p>x</p><script>x()</script>"}),
    "a style": ("unsafe-attributes", {"content_html": '<p style="position:fixed">x</p>'}),
    "an address that runs code": (
        "unsafe-references",
        {"content_html": '<a href="javascript:x()">x</a>'},
    ),
    "a picture without address": ("image-sources", {"content_html": "<p>x</p><img>"}),
    "open tags": ("html-balanced", {"content_html": "<p><em>x</p>"}),
    "tags escaped twice": ("html-escaped-once", {"content_html": "&lt;p&gt;x&lt;/p&gt;"}),
    "no title": ("render", {"title": ""}),
    "a language in words": ("language", {"language": "british english"}),
    "an address with a blank": ("absolute-urls", {"permalink": "2024/11/a b"}),
    "an id that is no IRI": ("atom-id", {"atom_id": "4711"}),
    "a blank guid": ("rss-guid", {"guid": " "}),
}


@pytest.fixture
def full_room(tmp_path: Path, clock: Clock) -> Any:
    """A newsroom with fifty articles in every feed."""
    environ = {"FEEDSVC_FEEDS__SUMMARY_ONLY": "section/news"}
    room = make_newsroom(f"sqlite:///{tmp_path}/feedsvc.db", clock, environ)
    room.articles = [  # type: ignore[attr-defined]
        room.submit(title=f"Story {number}") for number in range(50)
    ]
    yield room
    room.services.database.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "a control character in the title",
        "updated before it was published",
        "published in the future",
        "a relative link",
        "a script",
    ],
)
def test_one_damaged_article_of_fifty_removes_only_itself(full_room: Any, name: str) -> None:
    values = POISONS[name][1]
    room: Newsroom = full_room
    articles: list[Article] = full_room.articles
    bad = articles[23]
    poison(room, bad, **values)

    built = room.build()

    good = [article.atom_id for article in reversed(articles) if article.id != bad.id]
    assert {tuple(room.shown(path)) for path in EVERYWHERE} == {tuple(good)}
    for gone in (bad.guid, bad.title + "<", f"/{bad.permalink}", "deleted-entry", "Bad"):
        assert gone.encode() not in everything(room)
    assert sorted(title for done in built for title in done.quarantined) == [
        values.get("title", bad.title)
    ]
    assert room.article(bad.id).quarantined_at == room.clock.at
    assert [a.quarantined_at for a in map(room.article, range(1, 51)) if a.id != bad.id] == (
        [None] * 49
    )


@pytest.mark.parametrize(("rule", "values"), POISONS.values(), ids=POISONS.keys())
def test_a_damaged_article_leaves_every_feed_with_rule_article_and_remedy(
    sqlite_newsroom: Newsroom, rule: str, values: dict[str, Any]
) -> None:
    room = sqlite_newsroom
    bad, good = room.submit(), room.submit(title="Good")
    poison(room, bad, **values)

    room.build()

    assert {tuple(room.shown(path)) for path in EVERYWHERE} == {(good.atom_id,)}
    found = problems(room)
    assert rule in {problem.rule for problem in found}
    assert {problem.article_id for problem in found} == {bad.id}
    assert {problem.article_title for problem in found} == {room.article(bad.id).title}
    assert len({problem.rule for problem in found}) == len(found)
    for problem in found:
        assert problem.feed_path in EVERYWHERE
        assert problem.found_at == room.clock.at
        assert len(problem.message) > 10
        assert len(problem.remedy) > 10
    health = room.get("/healthz")
    assert health.json == {
        "status": "degraded",
        "problems": sorted(problem.rule for problem in found),
        "unavailable": [],
    }
    assert bad.title.encode() not in health.data


def test_a_mended_article_comes_back_everywhere(newsroom: Newsroom) -> None:
    bad, good = newsroom.submit(), newsroom.submit(title="Good")
    newsroom.build()
    poison(newsroom, bad, title="Bad\x03")
    newsroom.build()
    assert newsroom.shown() == [good.atom_id]
    newsroom.clock.advance(minutes=5)

    newsroom.edit(newsroom.article(bad.id), title="Mended")
    newsroom.build()

    for path in EVERYWHERE:
        assert newsroom.shown(path) == [good.atom_id, bad.atom_id]
        assert all(b"Mended" in d.body for d in newsroom.documents(path).values())
    assert newsroom.article(bad.id).quarantined_at is None
    assert problems(newsroom) == []
    assert newsroom.get("/healthz").json["status"] == "ok"  # type: ignore[index]


@pytest.mark.parametrize(
    "values",
    [{"content_html": '<a href="/about">x</a><script>x()</script>'}, {"title": "Bad\x03"}],
)
def test_saving_it_again_is_enough_where_the_door_mends_it(
    newsroom: Newsroom, values: dict[str, Any]
) -> None:
    bad = newsroom.submit()
    poison(newsroom, bad, **values)
    newsroom.build()
    assert newsroom.shown() == []

    newsroom.edit(newsroom.article(bad.id))
    newsroom.build()

    assert newsroom.shown() == [bad.atom_id]
    assert problems(newsroom) == []


def test_an_article_that_is_still_broken_goes_back_into_quarantine(newsroom: Newsroom) -> None:
    bad = newsroom.submit()
    poison(newsroom, bad, published_at=FAR_AHEAD)
    newsroom.build()
    newsroom.clock.advance(minutes=5)

    newsroom.edit(newsroom.article(bad.id), title="Another Title")
    newsroom.build()

    assert newsroom.shown() == []
    assert newsroom.article(bad.id).quarantined_at == newsroom.clock.at
    assert {problem.rule for problem in problems(newsroom)} >= {"date-future"}


def test_quarantine_is_no_withdrawal(newsroom: Newsroom) -> None:
    bad = newsroom.submit()
    newsroom.build()
    poison(newsroom, bad, title="Bad\x03")
    newsroom.build()

    assert b"deleted-entry" not in newsroom.documents()[Format.ATOM].body
    assert newsroom.get(f"/articles/{bad.permalink}").status_code == 200


def test_other_articles_go_on_while_one_is_held(newsroom: Newsroom) -> None:
    bad, good = newsroom.submit(), newsroom.submit(title="Good")
    poison(newsroom, bad, title="Bad\x03")
    newsroom.build()

    newsroom.edit(good, title="Better")
    third = newsroom.submit(title="Third", date=None)
    newsroom.rename(Kind.SECTION, "News", "Latest")
    newsroom.build()

    assert newsroom.shown("section/latest") == [third.atom_id, good.atom_id]
    assert len(problems(newsroom)) == 1


def test_several_damaged_articles_leave_together(newsroom: Newsroom) -> None:
    articles = [newsroom.submit(title=f"Story {number}") for number in range(6)]
    poison(newsroom, articles[1], title="Bad\x03")
    poison(newsroom, articles[2], content_html="<p>Bad\x0b</p>")
    poison(newsroom, articles[4], content_html="<script>Bad</script>", language="british english")
    poison(newsroom, articles[5], updated_at=LONG_AGO)

    newsroom.build()

    good = [articles[3].atom_id, articles[0].atom_id]
    assert {tuple(newsroom.shown(path)) for path in EVERYWHERE} == {tuple(good)}
    assert {problem.article_id for problem in problems(newsroom)} == {
        articles[number].id for number in (1, 2, 4, 5)
    }


def test_when_all_are_damaged_the_feed_is_empty_and_valid(newsroom: Newsroom) -> None:
    for number in range(3):
        poison(newsroom, newsroom.submit(title=f"Story {number}"), title=f"Bad\x03{number}")

    newsroom.build()

    assert newsroom.shown() == []
    assert newsroom.get("/feeds/all.rss").status_code == 200
    assert len(problems(newsroom)) == 3


def test_what_only_one_feed_notices_leaves_all_in_the_same_pass(
    tmp_path: Path, clock: Clock
) -> None:
    environ = {"FEEDSVC_FEEDS__SUMMARY_ONLY": "section/news,author/ana-lee"}
    room = make_newsroom(f"sqlite:///{tmp_path}/feedsvc.db", clock, environ)
    bad, good = room.submit(), room.submit(title="Good")
    poison(room, bad, content_html='<p>Words.</p><a href="/about">x</a>')
    with room.services.database.write() as tx:  # the feeds that notice nothing are built first
        quiet = t.feed.c.kind.in_(["section", "author"])
        earlier = clock.at - dt.timedelta(seconds=1)
        tx.execute(sa.update(t.feed).where(~quiet).values(event_at=earlier))

    built = room.build()

    assert {done.path for done in built[:2]} == {"author/ana-lee", "section/news"}
    assert {tuple(room.shown(path)) for path in EVERYWHERE} == {(good.atom_id,)}
    room.services.database.close()


def test_two_articles_with_one_instant_cost_only_one_of_them(newsroom: Newsroom) -> None:
    one, two, three = (newsroom.submit(title=f"Story {number}") for number in range(3))
    poison(newsroom, one, updated_at=three.updated_at)

    newsroom.build()

    assert two.atom_id in newsroom.shown()
    assert len(newsroom.shown()) == 2
    assert {problem.rule for problem in problems(newsroom)} >= {"atom-updated-distinct"}


def test_a_withdrawal_is_announced_also_from_quarantine(newsroom: Newsroom) -> None:
    bad, good = newsroom.submit(), newsroom.submit(title="Good")
    newsroom.build()  # readers have it
    poison(newsroom, bad, title="Bad\x03")
    newsroom.build()
    newsroom.clock.advance(minutes=1)

    newsroom.withdraw(newsroom.article(bad.id))
    newsroom.build()

    for path in EVERYWHERE:
        assert newsroom.shown(path) == [good.atom_id]
        body = newsroom.documents(path)[Format.ATOM].body
        assert f'deleted-entry ref="{bad.atom_id}"'.encode() in body
    assert problems(newsroom) == []
    assert newsroom.get("/healthz").json["status"] == "ok"  # type: ignore[index]


def test_a_feed_that_had_to_be_built_without_an_article_serves_no_withdrawn_one(
    newsroom: Newsroom,
) -> None:
    bad, gone = newsroom.submit(), newsroom.submit(title="Gone")
    newsroom.build()
    poison(newsroom, bad, title="Bad\x03")
    newsroom.withdraw(gone)

    newsroom.build()

    assert newsroom.shown() == []
    assert newsroom.get("/feeds/all.json").status_code == 200


def test_a_silent_edit_mends_and_an_update_moves_its_date(newsroom: Newsroom) -> None:
    bad = newsroom.submit()
    poison(newsroom, bad, title="Bad\x03")
    newsroom.build()
    newsroom.clock.advance(hours=1)

    newsroom.edit(newsroom.article(bad.id), title="Mended", change=Change.UPDATE)
    newsroom.build()

    (entry,) = newsroom.channel().entries
    assert entry.updated_at == newsroom.clock.at
    assert entry.published_at == bad.published_at


def test_problems_are_told_once_and_in_order(newsroom: Newsroom) -> None:
    bad = newsroom.submit()
    poison(newsroom, bad, title="Bad\x03", content_html="<script>x</script>")
    newsroom.build()
    before = problems(newsroom)
    newsroom.clock.advance(hours=1)

    newsroom.build_all()

    assert problems(newsroom) == before
    assert [problem.rule for problem in before] == ["render"]
