"""Renaming and merging: names and addresses go on leading to where the articles are."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import pytest

from feedsvc.errors import NotFoundError, RefusedError
from feedsvc.intake import places
from feedsvc.model import FeedKey, Kind, Term
from feedsvc.store import feeds, serving, terms
from tests.intake.papers import write_page
from tests.newsroom import Newsroom
from tests.store.reading import all_rows, column, count

SOON = dt.datetime(2024, 11, 20, 12, tzinfo=dt.UTC)


def find(newsroom: Newsroom, kind: Kind, name: str) -> Term:
    with newsroom.services.database.read() as tx:
        return places.find(tx, kind, name)


def total(newsroom: Newsroom, kind: Kind) -> dict[str, tuple[int, int]]:
    """Return how many articles the terms of a kind have: public ones and all."""
    with newsroom.services.database.read() as tx:
        return {c.term.name: (c.public, c.total) for c in terms.counts(tx, kind)}


# Rename


def test_a_renamed_section_is_found_by_every_name_and_slug(newsroom: Newsroom) -> None:
    newsroom.submit(sections=("Arts & Culture",))
    newsroom.rename(Kind.SECTION, "Arts & Culture", "Culture")
    newsroom.rename(Kind.SECTION, "culture", "Life & Culture")

    found = find(newsroom, Kind.SECTION, "Life & Culture")
    for name in ("Arts & Culture", "arts-culture", "CULTURE", "culture", "life-culture"):
        assert find(newsroom, Kind.SECTION, name) == found
    assert (found.name, found.slug) == ("Life & Culture", "life-culture")
    for old in ("arts-culture", "culture"):
        answer = newsroom.get(f"/section/{old}")
        assert (answer.status_code, answer.location) == (301, "/section/life-culture")


def test_a_rename_shows_in_every_feed_that_names_it(newsroom: Newsroom) -> None:
    newsroom.submit(title="A", sections=("News",), byline=(("Ana Lee", None), ("Bo Chen", None)))
    newsroom.submit(title="B", sections=("Sports",), byline=(("Cy Day", None),), edition=None)
    newsroom.build()

    newsroom.rename(Kind.AUTHOR, "Ana Lee", "Anna Leigh")

    assert sorted(built.path for built in newsroom.build()) == [
        "all",
        "author/anna-leigh",
        "author/bo-chen",
        "edition/the-journal-2024",
        "section/news",
    ]
    for path in ("all", "author/bo-chen"):
        (entry,) = [e for e in newsroom.channel(path).entries if e.title == "A"]
        assert [author.name for author in entry.authors] == ["Anna Leigh", "Bo Chen"]


def test_an_import_under_the_old_name_files_under_the_new_one(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    pages = tmp_path / "pages"
    newsroom.import_paths(write_page(pages / "a.txt", "First", filed="News | The Journal 2024"))
    newsroom.rename(Kind.SECTION, "News", "Local News")
    newsroom.rename(Kind.EDITION, "The Journal 2024", "The Journal, Fall 2024")
    newsroom.rename(Kind.AUTHOR, "Ana Lee", "Anna Leigh")

    newsroom.import_paths(write_page(pages / "b.txt", "Second", filed="News | The Journal 2024"))

    second = newsroom.article(2)
    assert [term.name for term in second.terms] == [
        "Local News",
        "The Journal, Fall 2024",
        "Anna Leigh",
    ]
    assert len(newsroom.channel("section/local-news").entries) == 2


def test_a_name_may_change_its_spelling_and_keep_its_address(sqlite_newsroom: Newsroom) -> None:
    sqlite_newsroom.submit(sections=("NEWS",))

    sqlite_newsroom.rename(Kind.SECTION, "NEWS", "News")

    found = find(sqlite_newsroom, Kind.SECTION, "news")
    assert (found.name, found.slug) == ("News", "news")


@pytest.mark.parametrize(
    ("names", "slug"),
    [
        (["Science/Tech", "Science Tech"], "science-tech"),
        (["News", "Local News", "News"], "news"),
        (["News", "!!!", "???", "News"], "news"),
    ],
)
def test_a_term_can_have_its_own_old_address_again(
    sqlite_newsroom: Newsroom, names: list[str], slug: str
) -> None:
    sqlite_newsroom.submit(sections=(names[0],))

    for old, new in itertools.pairwise(names):
        sqlite_newsroom.rename(Kind.SECTION, old, new)

    assert find(sqlite_newsroom, Kind.SECTION, names[-1]).slug == slug


def test_a_slug_that_a_term_once_had_is_not_given_to_another(sqlite_newsroom: Newsroom) -> None:
    sqlite_newsroom.submit(title="A", sections=("A, B",))
    sqlite_newsroom.rename(Kind.SECTION, "A, B", "Something")

    other = sqlite_newsroom.submit(title="B", sections=("A/B",))

    assert other.sections[0].slug == "a-b-2"


def test_an_embargoed_term_is_renamed_without_a_slug(newsroom: Newsroom) -> None:
    waiting = newsroom.submit(date=SOON, byline=(("Jerry Zhang", None),))

    newsroom.rename(Kind.AUTHOR, "Jerry Zhang", "Gerald Zhang")

    author = newsroom.article(waiting.id).byline[0].author
    assert (author.name, author.slug) == ("Gerald Zhang", None)
    assert count(newsroom.services.database, "term_slug") == 0
    newsroom.clock.at = SOON
    newsroom.release()
    assert newsroom.article(waiting.id).byline[0].author.slug == "gerald-zhang"


def test_a_batch_that_uses_both_names_of_an_embargoed_author_makes_one_public(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    newsroom.submit(title="Waiting", date=SOON, byline=(("Jerry Zhang", None),))
    newsroom.rename(Kind.AUTHOR, "Jerry Zhang", "Gerald Zhang")
    pages = tmp_path / "pages"
    for number, name in enumerate(["Jerry Zhang", "Gerald Zhang", "Jerry Zhang"]):
        write_page(pages / f"{number}.txt", f"Story {number}", byline=name)

    newsroom.import_paths(pages)

    slugs = [slug for slug in column(newsroom.services.database, "term_slug.slug") if "z" in slug]
    assert len(slugs) == 1
    assert len(newsroom.channel(f"author/{slugs[0]}").entries) == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Sports", '`feedsvc section merge "News" "Sports"` makes them one'),
        ("SPORTS", "there is a section “Sports” already"),
        (" \x00 ", "a section needs a name of at most 120 characters"),
        ("n" * 121, "a section needs a name of at most 120 characters"),
    ],
)
def test_a_rename_that_cannot_be_is_refused(newsroom: Newsroom, name: str, words: str) -> None:
    newsroom.submit(sections=("News", "Sports"))
    before = all_rows(newsroom.services.database)

    with pytest.raises(RefusedError) as refused:
        newsroom.rename(Kind.SECTION, "News", name)

    assert words in str(refused.value)
    assert all_rows(newsroom.services.database) == before


def test_an_unknown_name_is_not_found(newsroom: Newsroom) -> None:
    newsroom.submit(sections=("News",))

    with pytest.raises(NotFoundError, match="there is no author “News”; `feedsvc author list`"):
        newsroom.rename(Kind.AUTHOR, "News", "Other")


# Merge


def test_a_merge_moves_articles_names_and_addresses(newsroom: Newsroom) -> None:
    one = newsroom.submit(title="One", sections=("Local",))
    two = newsroom.submit(title="Two", sections=("News",))
    draft = newsroom.submit(title="Three", sections=("Local",), draft=True)
    newsroom.build()

    assert newsroom.merge(Kind.SECTION, "Local", "News") == 2

    assert total(newsroom, Kind.SECTION) == {"News": (2, 3)}
    entries = newsroom.channel("section/news").entries
    assert {entry.guid for entry in entries} == {one.guid, two.guid}
    assert newsroom.article(draft.id).sections == (find(newsroom, Kind.SECTION, "local"),)
    assert newsroom.get("/section/local").location == "/section/news"
    later = newsroom.submit(title="Four", sections=("LOCAL",))
    assert later.sections[0].name == "News"


def test_the_feed_of_a_merged_term_is_gone_with_all_that_was_its(newsroom: Newsroom) -> None:
    newsroom.submit(title="One", sections=("Local",))
    newsroom.submit(title="Two", sections=("News",))
    newsroom.withdraw(newsroom.submit(title="Gone", sections=("Local",)))
    newsroom.build()
    source = find(newsroom, Kind.SECTION, "Local")
    ids = newsroom.channel("section/news").ids

    newsroom.merge(Kind.SECTION, "Local", "News")

    assert "section/local" not in newsroom.paths()
    assert newsroom.channel("section/news").ids == ids
    with newsroom.services.database.read() as tx:
        assert feeds.by_key(tx, FeedKey(Kind.SECTION, source.id)) is None
    known = set(column(newsroom.services.database, "feed.id"))
    for name in ("feed_entry.feed_id", "tombstone.feed_id", "document.feed_id"):
        assert set(column(newsroom.services.database, name)) <= known
    assert {built.path for built in newsroom.build()} == {
        "all",
        "author/ana-lee",
        "edition/the-journal-2024",
        "section/news",
    }


def test_two_people_who_become_one_stand_in_a_byline_once(newsroom: Newsroom) -> None:
    article = newsroom.submit(
        byline=(("Bo Chen", None), ("A. Lee", "Photographer"), ("Ana Lee", "Editor")),
        sections=("Local", "News"),
    )

    newsroom.merge(Kind.AUTHOR, "A. Lee", "Ana Lee")
    newsroom.merge(Kind.SECTION, "News", "Local")

    after = newsroom.article(article.id)
    assert [(c.author.name, c.role) for c in after.byline] == [
        ("Bo Chen", None),
        ("Ana Lee", "Photographer"),
    ]
    assert [section.name for section in after.sections] == ["Local"]
    assert (after.updated_at, after.guid) == (article.updated_at, article.guid)


def test_editions_and_tags_merge_too(newsroom: Newsroom) -> None:
    article = newsroom.submit(edition="Journal 24", tags=("chess", "Chess Club"))
    newsroom.submit(title="Another", edition="The Journal 2024")

    newsroom.merge(Kind.EDITION, "Journal 24", "The Journal 2024")
    newsroom.merge(Kind.TAG, "Chess Club", "chess")

    after = newsroom.article(article.id)
    assert after.edition == find(newsroom, Kind.EDITION, "The Journal 2024")
    assert [tag.name for tag in after.tags] == ["chess"]


def test_a_merge_into_a_term_that_was_never_public_gives_it_one_address(
    newsroom: Newsroom,
) -> None:
    for number in range(3):
        newsroom.submit(title=f"Story {number}", sections=("Local",))
    newsroom.submit(title="Draft", sections=("City",), draft=True)

    newsroom.merge(Kind.SECTION, "Local", "City")

    assert find(newsroom, Kind.SECTION, "local").slug == "city"
    assert column(newsroom.services.database, "term_slug.slug").count("city-2") == 0
    assert len(newsroom.channel("section/city").entries) == 3


def test_old_addresses_lead_somewhere_when_nothing_public_is_left(
    sqlite_newsroom: Newsroom,
) -> None:
    sqlite_newsroom.withdraw(sqlite_newsroom.submit(sections=("Local",)))
    sqlite_newsroom.submit(title="Draft", sections=("City",), draft=True)

    sqlite_newsroom.merge(Kind.SECTION, "Local", "City")
    sqlite_newsroom.build()

    assert sqlite_newsroom.get("/section/local").location == "/section/city"
    assert sqlite_newsroom.get("/section/city").status_code == 200
    assert sqlite_newsroom.shown("section/city") == []


def test_tombstones_of_a_merged_feed_go_on_in_the_other(newsroom: Newsroom) -> None:
    local = newsroom.submit(title="Local", sections=("Local",))
    both = newsroom.submit(title="Both", sections=("Local", "News"))
    for article in (local, both):
        newsroom.withdraw(article)
    newsroom.build()

    newsroom.merge(Kind.SECTION, "Local", "News")

    stones = newsroom.channel("section/news").tombstones
    assert {stone.atom_id for stone in stones} == {local.atom_id, both.atom_id}
    assert [built.path for built in newsroom.build()] == ["section/news"]


def test_every_path_of_a_long_history_leads_to_one_feed(newsroom: Newsroom) -> None:
    article = newsroom.submit(sections=("Arts",))
    newsroom.rename(Kind.SECTION, "Arts", "Culture")
    newsroom.rename(Kind.SECTION, "Culture", "Life")
    newsroom.submit(title="Other", sections=("News",))
    newsroom.merge(Kind.SECTION, "Life", "News")
    newsroom.rename(Kind.SECTION, "News", "Local News")
    newsroom.submit(title="A Third", sections=("Arts!",))
    newsroom.merge(Kind.SECTION, "Arts!", "Culture")

    with newsroom.services.database.read() as tx:
        routes = serving.routes(tx)
        feed_id = routes["section/local-news"]
        assert feed_id is not None
        assert article.id in feeds.newest(tx, feed_id, 9)
        assert len(feeds.newest(tx, feed_id, 9)) == 3
    for slug in ("arts", "culture", "life", "news", "arts-2"):
        assert routes[f"section/{slug}"] == feed_id
        assert newsroom.get(f"/section/{slug}").location == "/section/local-news"


def test_nothing_merges_with_itself(sqlite_newsroom: Newsroom) -> None:
    sqlite_newsroom.submit(sections=("News",))
    sqlite_newsroom.rename(Kind.SECTION, "News", "Local News")
    before = all_rows(sqlite_newsroom.services.database)

    with pytest.raises(RefusedError, match="“Local News” and “Local News” are the same section"):
        sqlite_newsroom.merge(Kind.SECTION, "News", "Local News")

    assert all_rows(sqlite_newsroom.services.database) == before


def test_withdrawn_articles_move_and_stay_withdrawn(newsroom: Newsroom) -> None:
    gone = newsroom.withdraw(newsroom.submit(sections=("Local",)))
    newsroom.submit(title="Other", sections=("News",))

    newsroom.merge(Kind.SECTION, "Local", "News")

    assert newsroom.article(gone.id).sections == (find(newsroom, Kind.SECTION, "News"),)
    assert total(newsroom, Kind.SECTION) == {"News": (1, 2)}
    assert [e.title for e in newsroom.channel("section/news").entries] == ["Other"]
