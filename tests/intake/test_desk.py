"""What editors may do with an article, and what they are told when they may not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from feedsvc.errors import NotFoundError, RefusedError, RejectedError
from feedsvc.intake import desk
from feedsvc.model import Article, Change, Correction, FeedKey, Kind, Media, Status
from feedsvc.store import feeds
from tests.newsroom import Newsroom
from tests.store.reading import all_rows, column, count

SOON = dt.datetime(2024, 11, 20, 12, tzinfo=dt.UTC)
MILLISECOND = dt.timedelta(milliseconds=1)


# Silent edits, updates and corrections


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "Another"},
        {"content_html": "<p>Another.</p>"},
        {"summary": "Another."},
        {"slug": "another"},
        {"byline": (("Bo Chen", None),)},
        {"sections": ("Sports",)},
        {"edition": ""},
        {"tags": ("chess",)},
        {"media": (Media("https://paper.example/a.jpg", "image/jpeg", 10),)},
    ],
)
def test_a_silent_edit_moves_no_date(sqlite_newsroom: Newsroom, fields: dict[str, Any]) -> None:
    before = sqlite_newsroom.submit()
    sqlite_newsroom.clock.advance(days=1)

    after = sqlite_newsroom.edit(before, **fields)

    assert after == sqlite_newsroom.article(before.id)
    assert after != before
    assert (after.published_at, after.updated_at) == (before.published_at, before.updated_at)


def test_an_update_moves_the_date_of_change_alone(sqlite_newsroom: Newsroom) -> None:
    before = sqlite_newsroom.submit()
    now = sqlite_newsroom.clock.advance(days=1)

    after = sqlite_newsroom.edit(before, change=Change.UPDATE, title="Better")

    assert (after.published_at, after.updated_at) == (before.published_at, now)
    assert after.corrections == ()


def test_a_correction_is_stored_with_its_date(newsroom: Newsroom) -> None:
    before = newsroom.submit()
    first = newsroom.clock.advance(days=1)
    newsroom.correct(before, "  The club\x07 came second. ", content_html="<p>Second.</p>")
    second = newsroom.clock.advance(days=1)

    after = newsroom.correct(before, "The <day> was wrong.")

    assert after == newsroom.article(before.id)
    assert after.content_html == "<p>Second.</p>"
    assert after.updated_at == second
    assert after.corrections == (
        Correction(first, "The club came second."),
        Correction(second, "The <day> was wrong."),
    )


@pytest.mark.parametrize("note", [None, "", " \n"])
def test_a_correction_without_a_note_is_refused(
    sqlite_newsroom: Newsroom, note: str | None
) -> None:
    article = sqlite_newsroom.submit()

    with pytest.raises(RefusedError, match="needs a note that says what was wrong"):
        sqlite_newsroom.edit(article, change=Change.CORRECTION, note=note, title="Other")

    assert sqlite_newsroom.article(article.id) == article


@pytest.mark.parametrize("change", [Change.UPDATE, Change.CORRECTION])
def test_a_clock_that_steps_back_takes_no_change_back(newsroom: Newsroom, change: Change) -> None:
    article = newsroom.submit()
    now = newsroom.clock.advance(days=1)
    before = newsroom.edit(article, change=Change.UPDATE, title="One")
    newsroom.clock.advance(hours=-7)

    after = newsroom.edit(article, change=change, note="Wrong.", title="Two")

    assert before.updated_at == now
    assert after.updated_at == now + MILLISECOND
    with newsroom.services.database.read() as tx:
        assert {feed.event_at for feed in feeds.all_feeds(tx)} == {now}


def test_changes_within_a_second_are_told_apart(newsroom: Newsroom) -> None:
    found = [newsroom.submit(title=f"Story {number}") for number in range(3)]
    now = newsroom.clock.advance(days=1, milliseconds=300)

    changed = [newsroom.edit(a, change=Change.UPDATE, summary="New.") for a in found]
    again = newsroom.edit(found[0], change=Change.UPDATE, summary="Newer.")

    second = now.replace(microsecond=0)
    assert [article.updated_at for article in (*changed, again)] == [
        second + number * MILLISECOND for number in range(4)
    ]


def test_an_edit_that_changes_nothing_writes_nothing(newsroom: Newsroom) -> None:
    article = newsroom.submit(
        summary="A summary.",
        tags=("chess", "school"),
        byline=(("Ana Lee", "Editor"), ("Bo Chen", None)),
        media=(Media("https://paper.example/a.jpg", "image/jpeg", 10, 2, 3, "The club."),),
    )
    newsroom.build()
    before = all_rows(newsroom.services.database)
    newsroom.clock.advance(days=1)

    assert newsroom.edit(article) == article
    assert newsroom.edit(article, title=article.title, tags=("chess", "school")) == article
    assert all_rows(newsroom.services.database) == before


def test_what_is_edited_is_stored_whole(newsroom: Newsroom) -> None:
    article = newsroom.submit(summary="Old.", tags=("old",))

    after = newsroom.edit(
        article,
        title="New Title",
        content_html="<p>New.</p>",
        summary="",
        byline=(("Bo Chen", "Photographer"), ("Ana Lee", None)),
        sections=("Sports", "News"),
        edition="The Journal 2025",
        tags=(),
        media=(
            Media("https://paper.example/b.jpg", "image/jpeg"),
            Media("https://paper.example/a.mp3", "audio/mpeg", 7, description="The anthem."),
        ),
    )

    assert after == newsroom.article(article.id)
    assert (after.title, after.summary_text, after.tags) == ("New Title", None, ())
    assert [(c.author.name, c.role) for c in after.byline] == [
        ("Bo Chen", "Photographer"),
        ("Ana Lee", None),
    ]
    assert [section.name for section in after.sections] == ["Sports", "News"]
    assert after.edition is not None
    assert after.edition.name == "The Journal 2025"
    assert [media.url[-5:] for media in after.media] == ["b.jpg", "a.mp3"]


def test_an_edit_is_checked_like_any_submission(sqlite_newsroom: Newsroom) -> None:
    article = sqlite_newsroom.submit()
    before = all_rows(sqlite_newsroom.services.database)

    wrong: list[dict[str, Any]] = [
        {"title": " "},
        {"content_html": "<script>x</script>"},
        {"slug": "No Slug"},
    ]
    for fields in wrong:
        with pytest.raises(RejectedError):
            sqlite_newsroom.edit(article, **fields)

    assert all_rows(sqlite_newsroom.services.database) == before


def test_a_draft_is_edited_without_a_date(sqlite_newsroom: Newsroom) -> None:
    draft = sqlite_newsroom.submit(draft=True)

    sqlite_newsroom.edit(draft, change=Change.UPDATE, title="Better", slug="chosen")
    after = sqlite_newsroom.correct(draft, "It was wrong.")

    assert after.status is Status.DRAFT
    assert (after.published_at, after.updated_at, after.permalink) == (None, None, None)
    assert sqlite_newsroom.publish(draft).permalink == "2024/11/chosen"


# Bylines


def test_a_byline_keeps_its_order_and_roles(sqlite_newsroom: Newsroom) -> None:
    byline = (("Zoe Ray", "Photographer"), ("Ana Lee", None), ("Bo Chen", "Editor"))

    article = sqlite_newsroom.submit(byline=byline)

    assert tuple((c.author.name, c.role) for c in article.byline) == byline
    assert [author.name for author in sqlite_newsroom.channel().entries[0].authors] == [
        "Zoe Ray",
        "Ana Lee",
        "Bo Chen",
    ]


def test_an_authors_feed_has_every_article_that_names_them(newsroom: Newsroom) -> None:
    alone = newsroom.submit(title="Alone")
    shared = newsroom.submit(title="Shared", byline=(("Bo Chen", None), ("ana  lee", "Photos")))
    newsroom.submit(title="Without", byline=(("Bo Chen", None),))

    found = newsroom.channel("author/ana-lee").entries

    assert [entry.guid for entry in found] == [shared.guid, alone.guid]
    assert len(newsroom.channel("author/bo-chen").entries) == 2


def test_who_is_named_twice_stands_in_a_byline_once(sqlite_newsroom: Newsroom) -> None:
    article = sqlite_newsroom.submit(
        byline=(("Ana Lee", "Editor"), ("Bo Chen", None), ("ANA LEE", None))
    )

    assert [(c.author.name, c.role) for c in article.byline] == [
        ("Ana Lee", "Editor"),
        ("Bo Chen", None),
    ]


def test_one_name_is_one_author_however_it_is_written(newsroom: Newsroom) -> None:
    for number, name in enumerate(("Zoë Ray", "ZOE\u0308 RAY", "zoë\u00a0 ray")):
        newsroom.submit(title=f"Story {number}", byline=((name, None),))

    kinds = column(newsroom.services.database, "term.kind")
    assert kinds.count("author") == 1
    assert len(newsroom.channel("author/zoe-ray").entries) == 3


# Publish, schedule, withdraw, republish


def test_publishing_releases_now(sqlite_newsroom: Newsroom) -> None:
    draft, waiting = (
        sqlite_newsroom.submit(draft=True),
        sqlite_newsroom.submit(title="Waiting", date=SOON),
    )
    now = sqlite_newsroom.clock.advance(hours=1)

    found = [sqlite_newsroom.publish(draft), sqlite_newsroom.publish(waiting)]

    assert [article.published_at for article in found] == [now, now]
    assert [article.updated_at for article in found] == [now, now + MILLISECOND]
    assert found[1].release_at is None
    sqlite_newsroom.clock.at = SOON
    assert sqlite_newsroom.release() == []


def test_what_is_due_is_released_in_its_order(newsroom: Newsroom) -> None:
    later = newsroom.submit(title="Later", draft=True)
    newsroom.schedule(later, SOON + dt.timedelta(hours=2))
    first = newsroom.submit(title="First", date=SOON)
    second = newsroom.submit(title="Second", date=SOON, path="b")
    never = newsroom.withdraw(newsroom.submit(title="Never", date=SOON, path="c"))
    newsroom.clock.at = SOON + dt.timedelta(hours=1)

    assert [article.id for article in newsroom.release()] == [first.id, second.id]
    newsroom.clock.at = SOON + dt.timedelta(days=1)
    assert [article.id for article in newsroom.release()] == [later.id]
    assert newsroom.article(never.id).status is Status.WITHDRAWN


def refusals() -> dict[str, tuple[Callable[[Newsroom, Article], object], str]]:
    past = SOON - dt.timedelta(days=10)
    return {
        "publish what is public": (
            lambda room, a: room.publish(a),
            "article 1 is public already; `feedsvc article edit 1` changes it",
        ),
        "schedule what is public": (
            lambda room, a: room.schedule(a, SOON),
            "`feedsvc article withdraw 1` takes it back, for good",
        ),
        "schedule into the past": (
            lambda room, a: room.schedule(room.submit(draft=True, title="Draft"), past),
            "2024-11-10T12:00:00+00:00 has passed; `feedsvc article publish 2` releases it now",
        ),
        "schedule for this very moment": (
            lambda room, a: room.schedule(room.submit(draft=True, title="D"), room.clock.at),
            "has passed; `feedsvc article publish 2`",
        ),
        "withdraw twice": (
            lambda room, a: room.withdraw(room.withdraw(a)),
            "article 1 is withdrawn, and that is final; `feedsvc article republish 1`",
        ),
        "edit what is withdrawn": (
            lambda room, a: room.edit(room.withdraw(a), title="Back"),
            "`feedsvc article republish 1` makes a copy of it under a new identity",
        ),
        "republish what is public": (
            lambda room, a: room.republish(a),
            "article 1 is not withdrawn; there is nothing to republish",
        ),
        "republish twice": (
            lambda room, a: [room.withdraw(a), room.republish(a), room.republish(a)],
            "article 1 was republished as article 2",
        ),
    }


@pytest.mark.parametrize("name", refusals())
def test_a_refusal_says_what_can_be_done(sqlite_newsroom: Newsroom, name: str) -> None:
    step, words = refusals()[name]
    article = sqlite_newsroom.submit()

    with pytest.raises(RefusedError) as refused:
        step(sqlite_newsroom, article)

    assert words in str(refused.value)


def test_an_unknown_article_is_not_found(newsroom: Newsroom) -> None:
    with (
        newsroom.services.database.write() as tx,
        pytest.raises(NotFoundError, match="there is no article 7; `feedsvc article list`"),
    ):
        desk.publish(tx, newsroom.services.door, 7)


def test_a_refused_step_leaves_the_store_as_it_was(newsroom: Newsroom) -> None:
    gone = newsroom.withdraw(newsroom.submit())
    newsroom.republish(gone)
    before = all_rows(newsroom.services.database)

    for step in (newsroom.republish, newsroom.publish, newsroom.withdraw):
        with pytest.raises(RefusedError):
            step(gone)

    assert all_rows(newsroom.services.database) == before


def test_republishing_makes_a_copy_under_a_new_identity(newsroom: Newsroom) -> None:
    old = newsroom.correct(
        newsroom.submit(
            tags=("chess",),
            byline=(("Ana Lee", "Editor"), ("Bo Chen", None)),
            media=(Media("https://paper.example/a.jpg", "image/jpeg"),),
        ),
        "A name was wrong.",
    )
    gone = newsroom.withdraw(old)
    now = newsroom.clock.advance(days=1)

    new = newsroom.republish(gone)

    assert new == newsroom.article(new.id)
    assert new.guid not in (old.guid, None)
    assert new.guid == new.atom_id
    assert (new.status, new.published_at, new.updated_at) == (Status.PUBLISHED, now, now)
    assert new.permalink == f"{old.permalink}-2"
    for part in ("title", "content_html", "terms", "byline", "media", "corrections"):
        assert getattr(new, part) == getattr(old, part)
    after = newsroom.article(old.id)
    assert (after.status, after.replaced_by) == (Status.WITHDRAWN, new.id)
    assert count(newsroom.services.database, "correction") == 2


def test_the_old_address_leads_to_the_republished_article(sqlite_newsroom: Newsroom) -> None:
    old = sqlite_newsroom.submit()
    sqlite_newsroom.edit(old, slug="moved")
    sqlite_newsroom.withdraw(old)
    addresses = [f"/articles/{old.permalink}", "/articles/2024/11/moved"]
    assert [sqlite_newsroom.get(url).status_code for url in addresses] == [410, 410]

    new = sqlite_newsroom.republish(old)

    for url in addresses:
        answer = sqlite_newsroom.get(url)
        assert (answer.status_code, answer.location) == (301, f"/articles/{new.permalink}")
    assert sqlite_newsroom.get(f"/articles/{new.permalink}").status_code == 200


def test_feeds_show_the_copy_and_the_tombstone_of_the_original(sqlite_newsroom: Newsroom) -> None:
    old = sqlite_newsroom.submit()
    sqlite_newsroom.withdraw(old)
    new = sqlite_newsroom.republish(old)

    sqlite_newsroom.build()

    channel = sqlite_newsroom.channel("section/news")
    assert [entry.guid for entry in channel.entries] == [new.guid]
    assert [stone.atom_id for stone in channel.tombstones] == [old.atom_id]
    assert sqlite_newsroom.shown("section/news") == [new.atom_id]


def test_a_withdrawn_draft_can_be_republished_too(sqlite_newsroom: Newsroom) -> None:
    gone = sqlite_newsroom.withdraw(sqlite_newsroom.submit(draft=True, tags=("chess",)))

    new = sqlite_newsroom.republish(gone)

    assert new.permalink == "2024/11/chess-club-wins-the-state-title"
    with sqlite_newsroom.services.database.read() as tx:
        assert feeds.by_key(tx, FeedKey(Kind.SECTION, new.sections[0].id)) is not None
