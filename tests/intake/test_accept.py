"""Who an article is: its guid, and which article a submission is another version of."""

from __future__ import annotations

import datetime as dt
import json
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from feedsvc.errors import RefusedError, RejectedError
from feedsvc.intake.accept import Outcome
from feedsvc.model import Change, Correction, Format, Kind, Status
from feedsvc.services import make_services
from feedsvc.settings import load
from tests.conftest import make_newsroom
from tests.intake.papers import write_page
from tests.newsroom import Clock, Newsroom, a_submission
from tests.store.reading import all_rows, column, count

ATOM = "{http://www.w3.org/2005/Atom}"


@contextmanager
def another(newsroom: Newsroom, **environ: str) -> Iterator[Newsroom]:
    """Open the same store with other settings."""
    url = newsroom.services.settings.store.database_url
    room = make_newsroom(url, newsroom.clock, environ, seed=2)
    yield room
    room.services.database.close()


def is_urn_uuid(text: str) -> bool:
    return text.startswith("urn:uuid:") and uuid.UUID(text.removeprefix("urn:uuid:")).int > 0


def ids_in(newsroom: Newsroom, path: str = "all") -> dict[Format, list[str]]:
    """Return the ids of the entries that a feed serves, as its bytes say them."""
    served = newsroom.documents(path)
    rss = ET.fromstring(served[Format.RSS].body)
    atom = ET.fromstring(served[Format.ATOM].body)
    return {
        Format.RSS: [guid.text or "" for guid in rss.iter("guid")],
        Format.ATOM: [entry.findtext(f"{ATOM}id", "") for entry in atom.iter(f"{ATOM}entry")],
        Format.JSON: [item["id"] for item in json.loads(served[Format.JSON].body)["items"]],
    }


def test_every_accepted_article_gets_a_urn_uuid_of_its_own(tmp_path: Path) -> None:
    services = make_services(load({"DATABASE_URL": f"sqlite:///{tmp_path}/a.db"}).settings)
    newsroom = make_newsroom(services.settings.store.database_url, Clock(services.now()))
    newsroom.services = services

    found = [newsroom.submit(title=f"Story {number}") for number in range(3)]

    assert all(is_urn_uuid(article.guid) for article in found)
    assert len({article.guid for article in found}) == 3
    assert [article.atom_id for article in found] == [article.guid for article in found]
    services.database.close()
    newsroom.services.database.close()


def test_no_change_of_an_article_changes_its_guid(newsroom: Newsroom) -> None:
    article = newsroom.submit(sections=("News",))
    steps: list[Callable[[], object]] = [
        lambda: newsroom.edit(article, title="Another Title"),
        lambda: newsroom.edit(article, slug="another-slug"),
        lambda: newsroom.edit(article, sections=("Sports",), edition="The Journal 2025"),
        lambda: newsroom.edit(article, byline=(("Bo Chen", None),)),
        lambda: newsroom.edit(article, change=Change.UPDATE, content_html="<p>New.</p>"),
        lambda: newsroom.correct(article, "A name was wrong."),
        lambda: newsroom.rename(Kind.SECTION, "Sports", "Athletics"),
        lambda: newsroom.rename(Kind.AUTHOR, "Bo Chen", "Bob Chen"),
        lambda: newsroom.merge(Kind.SECTION, "Athletics", "News"),
        lambda: newsroom.withdraw(article),
    ]

    for step in steps:
        step()
        after = newsroom.article(article.id)
        assert (after.guid, after.atom_id) == (article.guid, article.atom_id)


def test_guids_and_feed_ids_survive_a_new_domain(newsroom: Newsroom) -> None:
    article = newsroom.submit()
    newsroom.build()
    before = newsroom.channel("section/news")

    with another(newsroom, FEEDSVC_SITE__BASE_URL="https://new.example") as moved:
        moved.build_all()

        after = moved.channel("section/news")
        assert after.ids == before.ids
        assert set(map(tuple, ids_in(moved, "section/news").values())) == {(article.guid,)}
        assert after.entries[0].url == "https://new.example/articles/" + str(article.permalink)
        assert b"127.0.0.1" not in moved.documents("section/news")[Format.ATOM].body


def test_every_feed_has_a_permanent_id_of_its_own_in_each_format(newsroom: Newsroom) -> None:
    newsroom.submit(sections=("News", "Sports"), byline=(("Ana Lee", None), ("Bo Chen", None)))
    before = {path: newsroom.channel(path).ids for path in newsroom.paths()}

    newsroom.rename(Kind.SECTION, "News", "Local News")
    newsroom.submit(title="Another")

    every = [feed_id for ids in before.values() for feed_id in ids.values()]
    assert len(before) == 6
    assert len(set(every)) == len(every) == 18
    assert all(is_urn_uuid(feed_id) for feed_id in every)
    assert newsroom.channel("section/local-news").ids == before["section/news"]


@pytest.mark.parametrize(
    ("guid", "is_iri"),
    [
        ("https://old.example/?p=12", True),
        ("tag:old.example,2020:1", True),
        ("URN:UUID:6A5B1C1E-0000-4000-8000-00000000ABCD", True),
        ("urn:uuid:6A5B1C1E", False),
        ("post-12345", False),
        ("post 7, the <second>", False),
        ("old.example/news/12", False),
    ],
)
def test_a_taken_over_guid_goes_out_verbatim(
    sqlite_newsroom: Newsroom, guid: str, is_iri: bool
) -> None:
    article = sqlite_newsroom.submit(guid=guid, source="https://old.example/feed")

    sqlite_newsroom.build()

    assert article.guid == guid
    assert article.atom_id == guid if is_iri else is_urn_uuid(article.atom_id)
    assert ids_in(sqlite_newsroom) == {
        Format.RSS: [guid],
        Format.ATOM: [article.atom_id],
        Format.JSON: [guid],
    }


@pytest.mark.parametrize(
    "guid",
    [
        "a:b",
        "http:",
        "http://old.example/%zz",
        "http://old.example/ä",
        "http://[",
        "urn:x",
        "tag:x",
    ],
)
def test_an_odd_foreign_guid_keeps_no_article_out(sqlite_newsroom: Newsroom, guid: str) -> None:
    article = sqlite_newsroom.submit(guid=guid, source="https://old.example/feed")

    sqlite_newsroom.build()

    assert sqlite_newsroom.shown() == [article.atom_id]


def test_a_guid_of_another_source_is_refused(newsroom: Newsroom) -> None:
    newsroom.submit(guid="12345", source="one")
    before = all_rows(newsroom.services.database)

    with pytest.raises(RejectedError, match="which came from one") as refused:
        newsroom.submit(guid="12345", source="two", path="b", title="Something Else")

    assert refused.value.field == "guid"
    assert all_rows(newsroom.services.database) == before


def test_an_atom_id_that_was_minted_here_is_nobody_elses_guid(sqlite_newsroom: Newsroom) -> None:
    article = sqlite_newsroom.submit(guid="12345", source="one")

    with pytest.raises(RejectedError):
        sqlite_newsroom.submit(guid=article.atom_id, source="two")


def test_a_guid_from_its_own_source_is_a_new_version(newsroom: Newsroom) -> None:
    article = newsroom.submit(guid="12345", source="one", path="a")

    accepted = newsroom.accept(a_submission(guid="12345", source="one", path="b", title="Better"))

    assert (accepted.outcome, accepted.article_id) == (Outcome.UPDATED, article.id)
    assert newsroom.article(article.id).title == "Better"


def test_a_withdrawn_guid_never_comes_back(newsroom: Newsroom, tmp_path: Path) -> None:
    file = write_page(tmp_path / "a.txt", "Gone for Good", filed="News | The Journal 2024")
    newsroom.import_paths(file)
    other = newsroom.submit(title="Still Here", sections=("Sports",))
    gone = newsroom.withdraw(newsroom.article(1))
    attempts: list[Callable[[], object]] = [
        lambda: newsroom.edit(gone, title="Back"),
        lambda: newsroom.edit(gone, change=Change.CORRECTION, note="It was not wrong."),
        lambda: newsroom.publish(gone),
        lambda: newsroom.schedule(gone, newsroom.clock.at + dt.timedelta(days=1)),
        lambda: newsroom.withdraw(gone),
    ]
    for attempt in attempts:
        with pytest.raises(RefusedError, match=f"feedsvc article republish {gone.id}"):
            attempt()

    newsroom.import_paths(write_page(file, "Gone for Good", body="Changed text."))
    newsroom.rename(Kind.SECTION, "News", "Local News")
    newsroom.merge(Kind.SECTION, "Local News", "Sports")
    newsroom.clock.advance(days=2)
    assert newsroom.release() == []
    newsroom.republish(gone)
    newsroom.build_all()

    assert newsroom.article(gone.id).status is Status.WITHDRAWN
    for path in newsroom.paths():
        for ids in ids_in(newsroom, path).values():
            assert gone.guid not in ids
    assert other.guid in newsroom.shown()


@pytest.mark.parametrize("name", ["a.txt", "b.txt", "deeper/a.txt"])
@pytest.mark.parametrize("body", ["The club won on Saturday. Nobody expected it.", "New text."])
def test_no_import_revives_a_withdrawn_article(
    sqlite_newsroom: Newsroom, tmp_path: Path, name: str, body: str
) -> None:
    sqlite_newsroom.import_paths(write_page(tmp_path / "a.txt"))
    sqlite_newsroom.edit(sqlite_newsroom.article(1), title="Retitled", byline=(("Bo Chen", None),))
    sqlite_newsroom.withdraw(sqlite_newsroom.article(1))

    (result,) = sqlite_newsroom.import_paths(write_page(tmp_path / name, body=body))

    assert result.outcome in {Outcome.WITHDRAWN, Outcome.UNCHANGED}
    assert result.article_id == 1
    assert column(sqlite_newsroom.services.database, "article.status") == ["withdrawn"]


def test_a_scheduled_article_that_came_out_on_another_day_is_still_the_same(
    newsroom: Newsroom, tmp_path: Path
) -> None:
    newsroom.import_paths(write_page(tmp_path / "a.txt", date="November 25, 2024"))
    article = newsroom.publish(newsroom.article(1))
    newsroom.withdraw(article)

    (result,) = newsroom.import_paths(write_page(tmp_path / "b.txt", date="November 25, 2024"))

    assert (result.outcome, result.article_id) == (Outcome.WITHDRAWN, article.id)


@pytest.mark.parametrize("byline", ["Ana Lee", "ANA  LEE", "Anna Leigh"])
@pytest.mark.parametrize("is_edited", [True, False])
def test_a_renamed_author_is_still_the_same_in_an_import(
    sqlite_newsroom: Newsroom, tmp_path: Path, byline: str, is_edited: bool
) -> None:
    sqlite_newsroom.import_paths(write_page(tmp_path / "a.txt", byline="Ana Lee"))
    sqlite_newsroom.rename(Kind.AUTHOR, "Ana Lee", "Anna Leigh")
    if is_edited:
        sqlite_newsroom.edit(sqlite_newsroom.article(1), summary="Something new.")

    (result,) = sqlite_newsroom.import_paths(write_page(tmp_path / "b.txt", byline=byline))

    assert result.article_id == 1
    assert count(sqlite_newsroom.services.database, "article") == 1


def test_title_date_and_byline_find_an_article_that_moved(newsroom: Newsroom) -> None:
    article = newsroom.submit(source="one", path="a", digest="1")

    moved = newsroom.accept(
        a_submission(title="CHESS club wins the state title", source="two", path="b", digest="2")
    )

    assert (moved.outcome, moved.article_id) == (Outcome.UPDATED, article.id)
    assert newsroom.accept(a_submission(source="two", path="b", digest="2")) == replace(
        moved, outcome=Outcome.UNCHANGED
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "Chess Club Wins the State Title Again"},
        {"date": dt.date(2024, 11, 14)},
        {"byline": (("Bo Chen", None),)},
        {"byline": (("Ana Lee", None), ("Bo Chen", None))},
        {"date": None},
        {"path": None},
    ],
)
def test_without_equal_title_date_and_byline_it_is_another_article(
    sqlite_newsroom: Newsroom, fields: dict[str, object]
) -> None:
    sqlite_newsroom.submit(path="a")

    accepted = sqlite_newsroom.accept(a_submission(**{"path": "b", **fields}))

    assert accepted.outcome is Outcome.CREATED


def test_an_unchanged_file_touches_no_row(newsroom: Newsroom, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    for number in range(3):
        write_page(pages / f"{number}.txt", f"Story {number}")
    write_page(pages / "later.txt", "Later", date="November 25, 2024")
    newsroom.import_paths(pages)
    newsroom.edit(newsroom.article(1), title="Retitled at the desk")
    newsroom.withdraw(newsroom.article(2))
    newsroom.build()
    before = all_rows(newsroom.services.database)

    newsroom.clock.advance(days=1)
    results = newsroom.import_paths(pages)

    assert {result.outcome for result in results} == {Outcome.UNCHANGED}
    assert all_rows(newsroom.services.database) == before


def test_changed_text_is_an_update(newsroom: Newsroom) -> None:
    before = newsroom.submit(path="a", digest="1")
    now = newsroom.clock.advance(days=1)

    accepted = newsroom.accept(a_submission(path="a", digest="2", content_html="<p>New.</p>"))

    after = newsroom.article(before.id)
    assert accepted.outcome is Outcome.UPDATED
    assert after.updated_at == now
    assert after.published_at == before.published_at
    assert after.permalink == before.permalink


@pytest.mark.parametrize(
    "fields",
    [
        {"sections": ("Sports",)},
        {"edition": None},
        {"byline": (("Ana Lee", "Editor"),)},
        {"tags": ("chess",)},
        {"date": dt.date(2020, 1, 1)},
        {},
    ],
)
def test_any_other_change_is_silent(sqlite_newsroom: Newsroom, fields: dict[str, object]) -> None:
    before = sqlite_newsroom.submit(path="a", digest="1")
    sqlite_newsroom.clock.advance(days=1)

    sqlite_newsroom.accept(a_submission(path="a", digest="2", **fields))

    after = sqlite_newsroom.article(before.id)
    assert (after.updated_at, after.published_at) == (before.updated_at, before.published_at)


def test_a_note_makes_a_changed_article_a_corrected_one(newsroom: Newsroom) -> None:
    newsroom.submit(path="a", digest="1")
    now = newsroom.clock.advance(days=1)

    accepted = newsroom.accept(
        a_submission(path="a", digest="2", content_html="<p>Right.</p>"), note="It was\x01 wrong."
    )

    after = newsroom.article(1)
    assert accepted.outcome is Outcome.CORRECTED
    assert after.corrections == (Correction(now, "It was wrong."),)
    assert after.updated_at == now


def test_a_note_corrects_neither_a_new_nor_an_unchanged_article(sqlite_newsroom: Newsroom) -> None:
    created = sqlite_newsroom.accept(a_submission(path="a", digest="1"), note="It was wrong.")
    unchanged = sqlite_newsroom.accept(a_submission(path="a", digest="2"), note="It was wrong.")

    assert (created.outcome, unchanged.outcome) == (Outcome.CREATED, Outcome.UNCHANGED)
    assert sqlite_newsroom.article(1).corrections == ()


def test_a_printed_correction_comes_in_once(sqlite_newsroom: Newsroom) -> None:
    at = sqlite_newsroom.clock.at
    printed = "A name was\x00 wrong."
    sqlite_newsroom.accept(a_submission(path="a", digest="1", correction=printed))
    sqlite_newsroom.clock.advance(days=1)

    again = sqlite_newsroom.accept(a_submission(path="a", digest="2", correction=printed))

    assert again.outcome is Outcome.UNCHANGED
    assert sqlite_newsroom.article(1).corrections == (Correction(at, "A name was wrong."),)
    assert sqlite_newsroom.article(1).updated_at == at


def test_a_draft_stays_one_until_somebody_publishes_it(newsroom: Newsroom) -> None:
    draft = newsroom.submit(path="a", digest="1", draft=True)
    newsroom.accept(a_submission(path="a", digest="2", content_html="<p>Mended.</p>", draft=True))

    after = newsroom.article(draft.id)

    assert after.status is Status.DRAFT
    assert after.content_html == "<p>Mended.</p>"
    assert count(newsroom.services.database, "feed") == 0


def test_two_names_of_one_author_in_a_byline_are_one_credit(newsroom: Newsroom) -> None:
    newsroom.submit(byline=(("Ana Lee", None),), sections=("News",))
    newsroom.rename(Kind.AUTHOR, "Ana Lee", "Anna Leigh")
    newsroom.rename(Kind.SECTION, "News", "Local News")

    article = newsroom.submit(
        title="Another",
        byline=(("Anna Leigh", "Editor"), ("Bo Chen", None), ("Ana Lee", "Photographer")),
        sections=("Local News", "News"),
    )

    assert [(c.author.name, c.role) for c in article.byline] == [
        ("Anna Leigh", "Editor"),
        ("Bo Chen", None),
    ]
    assert [term.name for term in article.sections] == ["Local News"]
