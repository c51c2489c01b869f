"""What comes in from another place keeps what it had there: address, date of change, identity."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from feedsvc.errors import RejectedError
from feedsvc.intake.accept import Outcome
from feedsvc.model import Attribution, Media, Status
from feedsvc.store import aliases
from tests.newsroom import Newsroom, a_submission

CHANGED = dt.datetime(2024, 11, 17, 9, 30, tzinfo=dt.UTC)
THEIRS = Attribution(
    "https://other.example.org/a", "The Other Paper", "https://other.example.org/feed", "CC BY 4.0"
)


def paths_of(newsroom: Newsroom, article_id: int) -> list[str]:
    with newsroom.services.database.read() as tx:
        return aliases.of_article(tx, article_id)


def test_the_date_of_its_last_change_is_kept(newsroom: Newsroom) -> None:
    article = newsroom.submit(updated=CHANGED)

    assert article.updated_at == CHANGED
    assert article.published_at
    assert article.published_at < CHANGED


@pytest.mark.parametrize(
    "at",
    [dt.datetime(2024, 11, 1, tzinfo=dt.UTC), dt.datetime(2199, 1, 1, tzinfo=dt.UTC)],
    ids=["before it was published", "in the future"],
)
def test_a_change_that_cannot_have_been_is_not_believed(
    sqlite_newsroom: Newsroom, at: dt.datetime
) -> None:
    article = sqlite_newsroom.submit(updated=at)

    assert article.updated_at == article.published_at


def test_two_changes_in_one_second_stay_apart(sqlite_newsroom: Newsroom) -> None:
    one = sqlite_newsroom.submit(updated=CHANGED)
    other = sqlite_newsroom.submit(title="Another", updated=CHANGED)

    assert one.updated_at != other.updated_at


@pytest.mark.parametrize(
    ("chosen", "slug"),
    [
        ("the-big-game", "the-big-game"),
        ("Big%20Game!", "big-game"),
        ("%e6%97%a5%e6%9c%ac", "ri-ben"),
        ("…", "chess-club-wins-the-state-title"),
    ],
)
def test_a_slug_chosen_elsewhere_ends_its_address(
    sqlite_newsroom: Newsroom, chosen: str, slug: str
) -> None:
    assert sqlite_newsroom.submit(slug=chosen).permalink == f"2024/11/{slug}"


def test_what_is_held_back_is_a_draft_until_somebody_publishes_it(newsroom: Newsroom) -> None:
    held = newsroom.submit(hold="password-protected in WordPress", path="1", digest="1")
    assert (held.status, held.hold) == (Status.DRAFT, "password-protected in WordPress")

    newsroom.accept(a_submission(path="1", digest="2", hold="for members only"))
    assert newsroom.article(held.id).hold == "for members only"

    published = newsroom.publish(newsroom.article(held.id))
    assert (published.status, published.hold) == (Status.PUBLISHED, None)


@pytest.mark.parametrize("kept_back", [{"hold": "private in WordPress"}, {"draft": True}])
def test_what_is_public_here_and_kept_back_there_takes_nothing_more(
    newsroom: Newsroom, kept_back: dict[str, Any]
) -> None:
    public = newsroom.submit(path="1", digest="1")

    with pytest.raises(RejectedError, match=f"article {public.id} was left as it was") as refused:
        newsroom.accept(
            a_submission(path="1", digest="2", content_html="<p>Secret.</p>", **kept_back)
        )

    assert refused.value.field == "status"
    assert newsroom.article(public.id) == public  # withdrawing is for people


@pytest.mark.parametrize("kept_back", [{"hold": "private in WordPress"}, {"draft": True}])
@pytest.mark.parametrize(
    "date", [dt.date(2024, 12, 24), dt.datetime(2024, 12, 24, 17, 30, 5, 999, dt.UTC)]
)
def test_what_an_import_scheduled_is_a_draft_again_when_it_is_kept_back(
    newsroom: Newsroom, date: dt.date, kept_back: dict[str, Any]
) -> None:
    planned = newsroom.submit(path="1", digest="1", date=date)
    assert planned.status is Status.SCHEDULED

    newsroom.accept(a_submission(path="1", digest="2", date=date, **kept_back))
    newsroom.clock.advance(days=60)

    assert newsroom.release() == []
    stored = newsroom.article(planned.id)
    assert (stored.status, stored.hold, stored.release_at) == (
        Status.DRAFT,
        kept_back.get("hold"),
        None,
    )


def test_what_an_editor_scheduled_no_import_takes_back(newsroom: Newsroom) -> None:
    draft = newsroom.submit(path="1", digest="1", draft=True)
    planned = newsroom.schedule(draft, dt.datetime(2024, 12, 24, tzinfo=dt.UTC))

    with pytest.raises(RejectedError, match="and scheduled here"):
        newsroom.accept(a_submission(path="1", digest="2", draft=True, title="New"))

    assert newsroom.article(draft.id) == planned


@pytest.mark.parametrize("kept_back", [{"hold": "private in WordPress"}, {"draft": True}])
def test_a_draft_that_was_published_there_is_published_here(
    newsroom: Newsroom, kept_back: dict[str, Any]
) -> None:
    draft = newsroom.submit(path="1", digest="1", **kept_back)

    accepted = newsroom.accept(a_submission(path="1", digest="2", updated=CHANGED))

    stored = newsroom.article(draft.id)
    assert accepted.outcome is Outcome.UPDATED
    assert (stored.status, stored.hold, stored.updated_at) == (Status.PUBLISHED, None, CHANGED)
    assert stored.published_at == dt.datetime(2024, 11, 15, 13, tzinfo=dt.UTC)
    assert [entry.atom_id for entry in newsroom.channel().entries] == [stored.atom_id]


def test_a_draft_of_somebody_elses_stays_what_an_editor_made_it(newsroom: Newsroom) -> None:
    one = newsroom.submit(path="1", digest="1", draft=True, yields=True)
    newsroom.publish(one)

    newsroom.accept(a_submission(path="1", digest="2", draft=True, yields=True, title="New"))

    stored = newsroom.article(one.id)
    assert (stored.status, stored.title) == (Status.PUBLISHED, "New")


def test_where_it_was_first_published_is_kept(newsroom: Newsroom) -> None:
    article = newsroom.submit(attribution=THEIRS, path="1", digest="1")
    assert article.attribution == THEIRS
    assert newsroom.channel().entries[0].attribution == THEIRS

    newsroom.accept(a_submission(path="1", digest="2"))
    assert newsroom.article(article.id).attribution is None


def test_another_attribution_makes_feeds_due(sqlite_newsroom: Newsroom) -> None:
    sqlite_newsroom.submit(attribution=THEIRS, path="1", digest="1")
    sqlite_newsroom.build()

    sqlite_newsroom.accept(a_submission(path="1", digest="2"))

    assert sqlite_newsroom.build()


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/a", "", "https://"])
def test_an_attribution_needs_an_address(sqlite_newsroom: Newsroom, url: str) -> None:
    with pytest.raises(RejectedError, match="attribution"):
        sqlite_newsroom.accept(a_submission(attribution=Attribution(url, "Them")))


def test_words_about_a_picture_are_plain_text(newsroom: Newsroom) -> None:
    picture = Media("https://e.org/a.jpg", "image/*", caption=" The\x00 team\n", credit="Ana Lee ")

    (stored,) = newsroom.submit(media=(picture,)).media

    assert (stored.caption, stored.credit) == ("The team", "Ana Lee")


# A guid that is here already


def test_a_guid_from_elsewhere_is_left_alone_when_asked(newsroom: Newsroom) -> None:
    ours = newsroom.submit(guid="https://e.org/?p=1", source="wordpress", path="1")

    came = newsroom.accept(
        a_submission(guid="https://e.org/?p=1", source="feed", path="x", title="Other", yields=True)
    )

    assert (came.outcome, came.article_id) == (Outcome.KNOWN, ours.id)
    assert newsroom.article(ours.id) == ours


def test_what_yields_is_still_renewed_by_its_own_source(sqlite_newsroom: Newsroom) -> None:
    first = sqlite_newsroom.submit(guid="urn:a", source="feed", path="x", digest="1", yields=True)

    came = sqlite_newsroom.accept(
        a_submission(guid="urn:a", source="feed", path="x", digest="2", title="Other", yields=True)
    )

    assert (came.outcome, came.article_id) == (Outcome.UPDATED, first.id)


# Earlier addresses


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("https://old.example.org/2019/05/the-game/", "/2019/05/the-game"),
        ("/2019/05/the-game", "/2019/05/the-game"),
        ("https://old.example.org/?p=12", "/?p=12"),
        ("https://old.example.org/é?a=ü#top", "/%C3%A9?a=%C3%BC"),
        ("  /a  ", "/a"),
    ],
)
def test_an_old_address_is_kept_as_its_path(
    sqlite_newsroom: Newsroom, address: str, path: str
) -> None:
    article = sqlite_newsroom.submit(aliases=(address,))

    assert paths_of(sqlite_newsroom, article.id) == [path]


@pytest.mark.parametrize(
    "address",
    ["https://old.example.org/", "https://old.example.org", "mailto:a@e.org", "http://[", ""],
)
def test_what_is_no_old_address_is_left_out(sqlite_newsroom: Newsroom, address: str) -> None:
    article = sqlite_newsroom.submit(aliases=(address,))

    assert paths_of(sqlite_newsroom, article.id) == []


def test_an_old_address_leads_to_one_article_for_good(newsroom: Newsroom) -> None:
    one = newsroom.submit(aliases=("/a", "/b"))
    other = newsroom.submit(title="Other", aliases=("/b", "/c", "/c/"))

    assert paths_of(newsroom, one.id) == ["/a", "/b"]
    assert paths_of(newsroom, other.id) == ["/c"]
