"""Removing a place: it is gone at every address it ever had, and comes back by intent only."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from feedsvc.errors import NotFoundError, RefusedError
from feedsvc.feeds.build import Built, Outcome, build_feed
from feedsvc.intake import places
from feedsvc.model import Article, Change, Coding, Format, Kind, Status, Variant
from feedsvc.store import serving, terms, variants
from feedsvc.store import tables as t
from tests.intake.papers import write_page
from tests.newsroom import Newsroom
from tests.store.reading import all_rows

SOON = dt.datetime(2024, 11, 20, 12, tzinfo=dt.UTC)
NAMES = {Kind.SECTION: "News", Kind.AUTHOR: "Ana Lee", Kind.EDITION: "The Journal 2024"}
each_kind = pytest.mark.parametrize("kind", NAMES)


def routes(room: Newsroom) -> dict[str, int | None]:
    with room.services.database.read() as tx:
        return serving.routes(tx)


def names(room: Newsroom, kind: Kind) -> tuple[str, ...]:
    with room.services.database.read() as tx:
        return terms.names(tx, kind)


def moved_away(room: Newsroom) -> Article:
    """Return an article that was in a section, renamed from Arts to Culture, and is no more."""
    article = room.submit(sections=("Arts",))
    room.rename(Kind.SECTION, "Arts", "Culture")
    article = room.edit(article, sections=("News",))
    room.build()
    return article


@each_kind
def test_a_place_with_articles_is_not_removed(newsroom: Newsroom, kind: Kind) -> None:
    newsroom.submit()
    newsroom.submit(title="A Draft", draft=True)
    newsroom.withdraw(newsroom.submit(title="Gone"))
    before = all_rows(newsroom.services.database)

    with pytest.raises(RefusedError) as refused:
        newsroom.remove(kind, NAMES[kind])

    assert f"3 articles are filed under the {kind} “{NAMES[kind]}”" in str(refused.value)
    assert f"`feedsvc {kind} merge " in str(refused.value)
    assert "--unfile" in str(refused.value)
    assert all_rows(newsroom.services.database) == before


def test_a_removed_place_is_gone_at_every_address_it_ever_had(newsroom: Newsroom) -> None:
    moved_away(newsroom)
    known = routes(newsroom)
    assert known["section/arts"] == known["section/culture"] is not None

    assert newsroom.remove(Kind.SECTION, "culture") == 0

    assert routes(newsroom) == {**known, "section/arts": None, "section/culture": None}
    assert "section/culture" not in newsroom.paths()
    assert names(newsroom, Kind.SECTION) == ("News",)
    with newsroom.services.database.read() as tx:
        assert [c.term.name for c in terms.counts(tx, Kind.SECTION)] == ["News"]
    for slug in ("arts", "culture"):
        assert newsroom.get(f"/section/{slug}").status_code == 410
        with pytest.raises(NotFoundError, match="the section “Culture” was removed"):
            newsroom.remove(Kind.SECTION, slug)
    assert newsroom.get("/section/none").status_code == 404


def test_a_living_place_comes_before_a_removed_one_of_that_slug(sqlite_newsroom: Newsroom) -> None:
    sqlite_newsroom.submit(sections=("News!",))
    sqlite_newsroom.remove(Kind.SECTION, "News!", unfile=True)
    living = sqlite_newsroom.submit(title="Other", sections=("news",))

    with sqlite_newsroom.services.database.read() as tx:
        assert places.find(tx, Kind.SECTION, "news") == living.sections[0]


def test_web_processes_are_told_of_a_removal(newsroom: Newsroom) -> None:
    moved_away(newsroom)
    with newsroom.services.database.read() as tx:
        before = serving.versions(tx)

    newsroom.remove(Kind.SECTION, "Culture")

    with newsroom.services.database.read() as tx:
        assert serving.versions(tx).routes > before.routes


def test_a_new_feed_is_never_taken_for_one_that_had_its_number(newsroom: Newsroom) -> None:
    """SQLite gives the number of the last row again when that row is gone."""
    article = newsroom.submit(sections=("News",))
    newsroom.edit(article, sections=("News", "Last"))
    newsroom.edit(article, sections=("News",))
    newsroom.remove(Kind.SECTION, "Last")
    with newsroom.services.database.read() as tx:
        seen = serving.versions(tx).documents

    newsroom.edit(article, sections=("News", "Next"))

    with newsroom.services.database.read() as tx:
        assert serving.routes(tx)["section/next"] in serving.changed_since(tx, seen)


def test_its_addresses_are_never_given_to_another(newsroom: Newsroom) -> None:
    moved_away(newsroom)
    newsroom.remove(Kind.SECTION, "Culture")

    other = newsroom.submit(title="Other", sections=("Culture!",))
    newsroom.rename(Kind.SECTION, "News", "Culture")

    assert other.sections[0].slug == "culture-2"
    assert routes(newsroom)["section/culture"] is None
    assert routes(newsroom)["section/culture-3"] == routes(newsroom)["section/news"]


def fill_what_stands_beside(room: Newsroom, feed_id: int) -> None:
    """Give a feed compressed variants, deltas and an archive page."""
    now = room.clock.at
    page = {"name": "2024-11", "from_at": now, "until_at": now, "shown_from_at": now}
    stored = {"etag": '"x"', "modified_at": now, "size_bytes": 1, "checks": 1, "manifest": []}
    with room.services.database.write() as tx:
        variants.put(tx, feed_id, {Format.RSS: [Variant(Coding.GZIP, "x", b"x")]})
        variants.put_deltas(tx, feed_id, {Format.RSS: {'"x"': b"x"}})
        row = {"feed_id": feed_id, "seq": 1, "is_urgent": False, "lacks": False, **page}
        new = tx.execute(sa.insert(t.archive).returning(t.archive.c.id), row).scalar_one()
        row = {"archive_id": new, "format": "rss", "packed": b"x", **stored}
        tx.execute(sa.insert(t.archive_document), row)


@pytest.mark.parametrize("step", ["remove", "merge"])
def test_nothing_of_its_feed_is_left_in_any_table(newsroom: Newsroom, step: str) -> None:
    newsroom.withdraw(newsroom.submit(title="Gone", sections=("Arts",)))
    newsroom.submit(sections=("Arts", "News"))
    newsroom.submit(title="Other")
    newsroom.build()
    newsroom.submit(title="A Third", sections=("Arts", "News"))
    newsroom.build()  # with one new entry among others, it is read back whole behind the swap
    feed_id = routes(newsroom)["section/arts"]
    assert feed_id is not None
    fill_what_stands_beside(newsroom, feed_id)
    of_feeds = [table for table in t.metadata.sorted_tables if "feed_id" in table.c]

    def rows() -> dict[str, int]:
        with newsroom.services.database.read() as tx:
            return {
                table.name: tx.execute(
                    sa.select(sa.func.count()).where(table.c.feed_id == feed_id)
                ).scalar_one()
                for table in of_feeds
            }

    assert {name for name, count in rows().items() if not count} <= {"problem", "fallback"}
    if step == "remove":
        newsroom.remove(Kind.SECTION, "Arts", unfile=True)
    else:
        newsroom.merge(Kind.SECTION, "Arts", "News")

    assert set(rows().values()) == {0}
    assert all_rows(newsroom.services.database)["archive_document"] == []


@each_kind
def test_taking_it_off_articles_changes_nothing_else_about_them(
    newsroom: Newsroom, kind: Kind
) -> None:
    found = [
        newsroom.submit(),
        newsroom.submit(title="A Draft", draft=True),
        newsroom.submit(title="Waiting", date=SOON),
        newsroom.withdraw(newsroom.submit(title="Gone")),
    ]
    newsroom.build()
    gone = newsroom.channel().tombstones
    newsroom.clock.advance(hours=1)

    assert newsroom.remove(kind, NAMES[kind], unfile=True) == 4

    for before in found:
        after = newsroom.article(before.id)
        assert NAMES[kind] not in [term.name for term in after.terms]
        assert len(after.terms) == 2
        for name in ("guid", "status", "permalink", "published_at", "updated_at", "release_at"):
            assert getattr(after, name) == getattr(before, name)
    assert {built.path for built in newsroom.build()} == set(newsroom.paths())
    assert len(newsroom.paths()) == 3
    for path in newsroom.paths():
        (entry,) = newsroom.channel(path).entries
        assert entry.guid == found[0].guid
        named = [one.name for one in entry.authors] + [one.name for one in entry.categories]
        assert NAMES[kind] not in named
        assert newsroom.shown(path) == [found[0].atom_id]
        assert newsroom.channel(path).tombstones == gone


def test_an_article_that_is_left_without_any_place_stays_in_the_sites_feed(
    newsroom: Newsroom,
) -> None:
    article = newsroom.submit(byline=(("Ana Lee", None),))
    for kind, name in NAMES.items():
        newsroom.remove(kind, name, unfile=True)

    newsroom.build()

    assert newsroom.article(article.id).terms == ()
    assert newsroom.paths() == ["all"]
    assert newsroom.shown() == [article.atom_id]
    assert newsroom.get(f"/articles/{article.permalink}").status_code == 200


@each_kind
def test_a_removed_place_comes_back_with_the_next_public_article(
    newsroom: Newsroom, kind: Kind
) -> None:
    newsroom.submit()
    path = f"{kind}/{find_slug(newsroom, kind)}"
    newsroom.remove(kind, NAMES[kind], unfile=True)
    hidden = routes(newsroom)

    draft = newsroom.submit(title="A Draft", draft=True)
    assert routes(newsroom) == hidden
    assert newsroom.get(f"/{path}").status_code == 410
    assert NAMES[kind] in names(newsroom, kind)

    newsroom.publish(draft)
    newsroom.build()
    assert routes(newsroom)[path] is not None
    assert newsroom.shown(path) == [draft.atom_id]
    assert newsroom.get(f"/{path}").status_code == 200


def find_slug(room: Newsroom, kind: Kind) -> str | None:
    with room.services.database.read() as tx:
        return places.find(tx, kind, NAMES[kind]).slug


def test_an_old_name_brings_it_back_too_with_all_its_addresses(sqlite_newsroom: Newsroom) -> None:
    moved_away(sqlite_newsroom)
    sqlite_newsroom.remove(Kind.SECTION, "Culture")

    back = sqlite_newsroom.submit(title="Back", sections=("arts",))

    found = routes(sqlite_newsroom)
    assert found["section/arts"] == found["section/culture"] is not None
    assert back.sections[0].slug == "arts"
    assert sqlite_newsroom.get("/section/culture").location == "/section/arts"


def test_no_import_brings_a_section_or_an_edition_back_unasked(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    newsroom.submit(sections=("Chess Notes",))
    newsroom.remove(Kind.SECTION, "Chess Notes", unfile=True)
    newsroom.remove(Kind.EDITION, "The Journal 2024", unfile=True)
    section = write_page(tmp_path / "a" / "1.txt", "One", filed="Chess Notes")
    edition = write_page(tmp_path / "a" / "2.txt", "Two", filed="The Journal 2024")

    refused = newsroom.import_paths(section, edition)

    assert [result.outcome for result in refused] == [None, None]
    assert "“Chess Notes” is not a known section" in refused[0].reason
    assert "the edition “The Journal 2024” was removed" in refused[1].reason
    assert {path: feed for path, feed in routes(newsroom).items() if feed is None} == {
        "section/chess-notes": None,
        "edition/the-journal-2024": None,
    }


@pytest.mark.parametrize("how", ["--auto-create", "--edition", "settings"])
def test_an_import_that_is_meant_to_brings_them_back(
    sqlite_newsroom: Newsroom, tmp_path: Path, how: str
) -> None:
    room = sqlite_newsroom
    room.submit(sections=("Chess Notes",))
    room.remove(Kind.SECTION, "Chess Notes", unfile=True)
    room.remove(Kind.EDITION, "The Journal 2024", unfile=True)
    page = write_page(tmp_path / "a" / "1.txt", "One", filed="Chess Notes | The Journal 2024")
    given: dict[str, object] = {"auto_create": True}
    if how == "--edition":
        given = {"section": "Chess Notes", "edition": "The Journal 2024"}
    elif how == "settings":
        imports = {"sections": ("Chess Notes",), "editions": ("The Journal 2024",)}
        changed = room.services.settings.imports.model_copy(update=imports)
        settings = room.services.settings.model_copy(update={"imports": changed})
        room = Newsroom(replace(room.services, settings=settings), room.clock)
        given = {}

    (result,) = room.import_paths(page, **given)

    assert result.outcome == "created", result.reason
    assert None not in routes(room).values()


def test_a_byline_brings_an_author_back(sqlite_newsroom: Newsroom, tmp_path: Path) -> None:
    sqlite_newsroom.submit()
    sqlite_newsroom.remove(Kind.AUTHOR, "Ana Lee", unfile=True)

    sqlite_newsroom.import_paths(write_page(tmp_path / "a" / "1.txt", "One", filed="News"))

    assert routes(sqlite_newsroom)["author/ana-lee"] is not None


def test_a_build_that_is_under_way_serves_nothing_of_it(newsroom: Newsroom) -> None:
    article = newsroom.submit(sections=("Arts", "News"))
    feed_id = routes(newsroom)["section/arts"]
    assert feed_id is not None
    asked = []

    def now() -> dt.datetime:
        """Tell the time; a build first asks when it claims its feed, and then when it has read."""
        asked.append(newsroom.clock.now())
        if len(asked) == 2:
            newsroom.remove(Kind.SECTION, "Arts", unfile=True)
        return asked[-1]

    press = replace(newsroom.services.press, now=now)

    assert build_feed(press, feed_id).outcome is Outcome.TAKEN
    assert build_feed(press, feed_id) == Built("", Outcome.TAKEN)
    with newsroom.services.database.read() as tx:
        assert tx.execute(sa.select(t.document.c.feed_id)).all() == []
    newsroom.build()
    assert newsroom.shown("section/news") == [article.atom_id]
    newsroom.read_back()


def test_a_removal_is_no_event_for_readers_of_other_feeds(sqlite_newsroom: Newsroom) -> None:
    moved_away(sqlite_newsroom)
    sqlite_newsroom.edit(sqlite_newsroom.article(1), Change.UPDATE, title="Other")
    sqlite_newsroom.build()
    before = sqlite_newsroom.all_documents()

    sqlite_newsroom.remove(Kind.SECTION, "Culture")

    assert sqlite_newsroom.build() == []
    after = sqlite_newsroom.all_documents()
    assert after == {name: one for name, one in before.items() if "culture" not in name}
    assert sqlite_newsroom.article(1).status is Status.PUBLISHED
