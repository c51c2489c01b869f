"""Builds swap whole feeds, survive each other, and never serve what was withdrawn."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import sqlalchemy as sa

from feedsvc.feeds.backlog import build_now
from feedsvc.feeds.build import Built, Outcome, build_feed
from feedsvc.feeds.press import Press
from feedsvc.feeds.stamp import make_document
from feedsvc.model import SITE, Change, Document, Feed, FeedKey, Format, Problem, Status
from feedsvc.services import Services
from feedsvc.store import builds, documents, feeds, records
from feedsvc.store import tables as t
from tests.newsroom import Newsroom

FIVE_MINUTES = dt.timedelta(minutes=5)


def a_feed(room: Newsroom, path: str = "all") -> Feed:
    with room.services.database.read() as tx:
        return next(feed for feed in feeds.all_feeds(tx) if feed.path == path)


def problems(room: Newsroom) -> list[Problem]:
    with room.services.database.read() as tx:
        return records.open_problems(tx)


def change_feed(room: Newsroom, path: str, **values: Any) -> None:
    feed_id = a_feed(room, path).id
    with room.services.database.write() as tx:
        tx.execute(sa.update(t.feed).where(t.feed.c.id == feed_id).values(**values))


def due(room: Newsroom) -> list[str]:
    with room.services.database.read() as tx:
        waiting = builds.due(tx, room.clock.at, dt.timedelta(minutes=1))
        return [feeds.get(tx, one.feed_id).path for one in waiting]


def with_site(room: Newsroom, **values: str) -> Newsroom:
    """The same store under settings that no check has seen."""
    settings = room.services.settings
    site = settings.site.model_copy(update=values)
    services = dataclasses.replace(
        room.services, settings=settings.model_copy(update={"site": site})
    )
    return Newsroom(services, room.clock)


@dataclass
class Meddler:
    """A clock that does something when it is asked for the nth time."""

    room: Newsroom
    on_call: int
    action: Callable[[], object]
    calls: int = field(default=0)

    def now(self) -> dt.datetime:
        self.calls += 1
        if self.calls == self.on_call:
            self.action()
        return self.room.clock.at

    def build(self, path: str = "all") -> Built:
        services: Services = self.room.services
        press = Press(services.database, services.settings, self.now)
        return build_feed(press, a_feed(self.room, path).id)


AFTER_READING = 2  # when a build asks for the time: at its claim, then once it has read


def steal(room: Newsroom, path: str = "all") -> Callable[[], None]:
    until = room.clock.at + dt.timedelta(hours=1)
    return lambda: change_feed(room, path, lease_token="thief", lease_until=until)


# What a build comes to.


def test_a_new_article_swaps_every_feed_it_is_in(newsroom: Newsroom) -> None:
    newsroom.submit()

    built = newsroom.build()

    assert {(b.path, b.outcome, b.entries) for b in built} == {
        (path, Outcome.SWAPPED, 1)
        for path in ("all", "section/news", "author/ana-lee", "edition/the-journal-2024")
    }
    assert due(newsroom) == []
    assert newsroom.build() == []


def test_all_formats_of_a_feed_have_the_same_manifest_and_instant(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.submit(title="Another")
    newsroom.build()

    found = newsroom.documents()

    assert set(found) == set(Format)
    assert len({document.manifest for document in found.values()}) == 1
    assert {document.modified_at for document in found.values()} == {newsroom.clock.at}
    assert all(document.checks > 50 for document in found.values())


def test_a_manifest_tells_which_entries_changed(newsroom: Newsroom) -> None:
    story, other = newsroom.submit(), newsroom.submit(title="Other")
    newsroom.build()
    before = dict(newsroom.documents()[Format.RSS].manifest)
    newsroom.clock.advance(hours=1)

    newsroom.edit(story, title="Changed", change=Change.UPDATE)
    newsroom.build()

    after = dict(newsroom.documents()[Format.RSS].manifest)
    assert before.keys() == after.keys()
    assert before[other.atom_id] == after[other.atom_id]
    assert before[story.atom_id] != after[story.atom_id]


def test_an_empty_newsroom_has_a_valid_feed(newsroom: Newsroom) -> None:
    (built,) = newsroom.build_all()

    assert (built.path, built.outcome, built.entries) == ("all", Outcome.SWAPPED, 0)
    assert newsroom.get("/feeds/all.json").json["items"] == []  # type: ignore[index]


def test_a_section_whose_last_story_is_withdrawn_has_an_empty_feed(newsroom: Newsroom) -> None:
    article = newsroom.submit()
    newsroom.build()
    newsroom.clock.advance(minutes=1)

    newsroom.withdraw(article)
    newsroom.build()

    assert newsroom.shown("section/news") == []
    assert newsroom.get("/feeds/section/news.rss").status_code == 200


def test_articles_of_one_second_do_not_lie_in_each_others_future(newsroom: Newsroom) -> None:
    for number in range(5):
        newsroom.submit(title=f"Story {number}", date=None)

    built = newsroom.build()

    assert [done.quarantined for done in built if done.quarantined] == []
    assert len(newsroom.shown()) == 5


def test_lost_documents_are_made_again(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    before = newsroom.documents()
    with newsroom.services.database.write() as tx:
        tx.execute(sa.delete(t.document).where(t.document.c.format == "atom"))

    newsroom.build_all()

    assert newsroom.documents() == before


def test_progress_is_told_before_each_build(sqlite_newsroom: Newsroom) -> None:
    sqlite_newsroom.submit()
    told: list[tuple[int, int]] = []

    build_now(sqlite_newsroom.services.press, lambda done, known: told.append((done, known)))

    assert [done for done, _ in told] == [0, 1, 2, 3]
    assert told[0] == (0, 4)


def test_what_is_not_due_yet_is_not_built(newsroom: Newsroom) -> None:
    newsroom.submit()
    later = newsroom.clock.at + dt.timedelta(minutes=1)
    change_feed(newsroom, "all", build_due_at=later)

    assert "all" not in {built.path for built in newsroom.build()}

    newsroom.clock.at = later
    assert [built.path for built in newsroom.build()] == ["all"]


# Instants and validators.


def validators(document: Document) -> tuple[str, dt.datetime]:
    return document.etag, document.modified_at


def document(body: bytes, **values: Any) -> Document:
    now = dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC)
    return dataclasses.replace(
        make_document("all", Format.RSS, body, now=now, before=None), **values
    )


def test_last_modified_is_the_swap_in_whole_seconds() -> None:
    now = dt.datetime(2024, 11, 18, 15, 0, 1, 999_999, tzinfo=dt.UTC)

    made = make_document("all", Format.RSS, b"x", now=now, before=None)

    assert made.modified_at == now.replace(microsecond=0)


@pytest.mark.parametrize("hours", [-5, 0, 5])
def test_last_modified_moves_on_with_the_bytes_whatever_the_clock_does(hours: int) -> None:
    before = document(b"old")
    now = before.modified_at + dt.timedelta(hours=hours)

    made = make_document("all", Format.RSS, b"new", now=now, before=validators(before))

    assert made.modified_at == max(now, before.modified_at + dt.timedelta(seconds=1))
    assert made.etag != before.etag


def test_the_same_bytes_keep_their_validators() -> None:
    before = document(b"same")
    now = before.modified_at + dt.timedelta(hours=5)

    assert make_document("all", Format.RSS, b"same", now=now, before=validators(before)) == before


def test_an_etag_is_strong_and_quoted_and_says_nothing_but_the_bytes() -> None:
    assert document(b"x").etag == document(b"x", path="other", format=Format.JSON).etag
    assert document(b"x").etag[0] == document(b"x").etag[-1] == '"'
    assert document(b"x").etag != document(b"y").etag


def test_a_clock_that_is_set_back_changes_no_feed_for_the_worse(newsroom: Newsroom) -> None:
    newsroom.submit(date=None)
    newsroom.build()
    first = newsroom.documents()[Format.RSS]
    newsroom.clock.advance(days=-2)

    newsroom.submit(title="Written Yesterday", date=dt.date(2024, 11, 15))
    built = newsroom.build()

    assert {done.outcome for done in built} == {Outcome.SWAPPED}
    assert len(newsroom.shown()) == 2
    second = newsroom.documents()[Format.RSS]
    assert second.body != first.body
    assert second.modified_at == first.modified_at + dt.timedelta(seconds=1)
    assert newsroom.channel().updated_at == first.modified_at


# Leases.


def test_a_feed_that_somebody_else_builds_is_left_alone(newsroom: Newsroom) -> None:
    newsroom.submit()
    until = newsroom.clock.at + dt.timedelta(seconds=30)
    change_feed(newsroom, "all", lease_token="other", lease_until=until)

    built = build_feed(newsroom.services.press, a_feed(newsroom).id)

    assert built == Built("all", Outcome.TAKEN)
    assert "all" not in {done.path for done in newsroom.build()}
    assert newsroom.documents() == {}


def test_a_builder_that_died_leaves_its_feed_to_the_next(newsroom: Newsroom) -> None:
    newsroom.submit()
    until = newsroom.clock.at + dt.timedelta(seconds=30)
    change_feed(newsroom, "all", lease_token="dead", lease_until=until)
    newsroom.clock.at = until

    assert "all" in {done.path for done in newsroom.build()}
    assert len(newsroom.shown()) == 1


def test_a_builder_that_lost_its_lease_changes_nothing(newsroom: Newsroom) -> None:
    story = newsroom.submit()
    newsroom.build()
    before, served = a_feed(newsroom), newsroom.documents()
    newsroom.clock.advance(minutes=1)
    newsroom.edit(story, title="New")

    built = Meddler(newsroom, AFTER_READING, steal(newsroom)).build()

    assert built.outcome is Outcome.TAKEN
    assert newsroom.documents() == served
    after = a_feed(newsroom)
    assert (after.digest, after.built_at) == (before.digest, before.built_at)
    assert after.build_due_at == newsroom.clock.at


def test_a_builder_that_lost_its_lease_and_fails_changes_nothing(newsroom: Newsroom) -> None:
    newsroom.submit()
    room = with_site(newsroom, title="Bad\x03")

    Meddler(room, AFTER_READING, steal(room)).build()

    feed = a_feed(newsroom)
    assert not feed.unavailable
    assert feed.build_due_at == newsroom.clock.at
    assert feed.built_at is None


def test_an_event_during_a_build_keeps_the_feed_due(newsroom: Newsroom) -> None:
    story = newsroom.submit()

    built = Meddler(newsroom, AFTER_READING, lambda: newsroom.edit(story, title="Newer")).build()

    assert built.outcome is Outcome.SWAPPED
    assert b"Newer" not in newsroom.documents()[Format.RSS].body
    assert "all" in due(newsroom)
    newsroom.build()
    assert b"Newer" in newsroom.documents()[Format.RSS].body


def test_an_article_mended_during_the_build_is_not_quarantined(newsroom: Newsroom) -> None:
    story = newsroom.submit()
    with newsroom.services.database.write() as tx:
        tx.execute(sa.update(t.article).values(title="Bad\x03"))

    built = Meddler(newsroom, AFTER_READING, lambda: newsroom.edit(story, title="Mended")).build()

    assert built.outcome is Outcome.SWAPPED
    assert newsroom.shown() == [story.atom_id]
    assert newsroom.article(story.id).quarantined_at is None
    assert problems(newsroom) == []


def test_an_article_withdrawn_during_the_build_is_gone_with_the_next(newsroom: Newsroom) -> None:
    story = newsroom.submit()

    Meddler(newsroom, AFTER_READING, lambda: newsroom.withdraw(story)).build()
    newsroom.build()

    assert newsroom.shown() == []


def test_builders_at_the_same_time_build_every_feed_once(newsroom: Newsroom) -> None:
    for number in range(12):
        newsroom.submit(title=f"Story {number}", sections=(f"Section {number}",))
    results: list[Built] = []
    failures: list[str] = []
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        built, errors = build_now(newsroom.services.press)
        results.extend(built)
        failures.extend(errors)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failures == []
    swapped = [built.path for built in results if built.outcome is Outcome.SWAPPED]
    assert sorted(swapped) == sorted(newsroom.paths())
    assert due(newsroom) == []
    assert all(len(newsroom.documents(path)) == 3 for path in newsroom.paths())


# When no article is at fault.


def test_a_broken_head_leaves_the_last_good_documents(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    served = newsroom.all_documents()
    newsroom.clock.advance(minutes=1)
    room = with_site(newsroom, title="Bad\x03")

    built = room.build_all()

    assert {done.outcome for done in built} == {Outcome.FAILED}
    assert newsroom.all_documents() == served
    assert newsroom.get("/feeds/all.rss").status_code == 200
    found = problems(newsroom)
    assert {(p.rule, p.article_id) for p in found} == {("render", None)}
    assert {p.feed_path for p in found} == set(newsroom.paths())
    assert all(p.remedy for p in found)
    health = newsroom.get("/healthz").json
    assert health == {"status": "degraded", "problems": ["render"], "unavailable": []}
    assert a_feed(newsroom).build_due_at == newsroom.clock.at + FIVE_MINUTES


def test_a_finding_in_the_head_quarantines_nobody(newsroom: Newsroom) -> None:
    story = newsroom.submit()
    newsroom.build()
    room = with_site(newsroom, language="english please")

    built = room.build_all()

    assert {done.outcome for done in built} == {Outcome.FAILED}
    assert newsroom.article(story.id).quarantined_at is None
    assert {problem.rule for problem in problems(newsroom)} == {"atom-schema", "language"}


def test_a_failed_feed_is_tried_again_and_its_problems_are_closed(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    with_site(newsroom, title="Bad\x03").build_all()
    assert newsroom.build() == []  # not due yet
    newsroom.clock.at += FIVE_MINUTES

    built = newsroom.build()

    assert {done.outcome for done in built} == {Outcome.UNCHANGED}
    assert len(built) == 4
    assert problems(newsroom) == []
    assert newsroom.get("/healthz").json["status"] == "ok"  # type: ignore[index]


def test_an_event_brings_a_failed_feed_forward(newsroom: Newsroom) -> None:
    story = newsroom.submit()
    with_site(newsroom, title="Bad\x03").build()
    newsroom.clock.advance(seconds=1)

    newsroom.edit(story, title="New")
    newsroom.build()

    assert newsroom.get("/feeds/all.rss").status_code == 200
    assert b"New" in newsroom.documents()[Format.RSS].body


def test_a_feed_that_was_never_good_is_not_available(newsroom: Newsroom) -> None:
    newsroom.submit()

    with_site(newsroom, title="Bad\x03").build()

    assert newsroom.get("/feeds/all.rss").status_code == 503


def test_the_last_good_documents_never_show_what_was_withdrawn(newsroom: Newsroom) -> None:
    gone = newsroom.submit(sections=("News",))
    newsroom.submit(title="Stays", sections=("Sports",), byline=(), edition=None)
    newsroom.build()
    newsroom.clock.advance(minutes=1)
    newsroom.withdraw(gone)

    with_site(newsroom, title="Bad\x03").build_all()

    for path in ("all", "section/news", "author/ana-lee", "edition/the-journal-2024"):
        for fmt in Format:
            answer = newsroom.get(f"/feeds/{path}.{fmt}")
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "60"
            assert answer.headers["Cache-Control"] == "no-store"
            assert b"Chess" not in answer.data
    assert newsroom.get("/feeds/section/sports.rss").status_code == 200
    health = newsroom.get("/healthz").json
    assert health["status"] == "degraded"  # type: ignore[index]
    assert health["unavailable"] == [  # type: ignore[index]
        "all",
        "section/news",
        "author/ana-lee",
        "edition/the-journal-2024",
    ]


def test_a_feed_comes_back_once_it_can_be_built_without_what_was_withdrawn(
    newsroom: Newsroom,
) -> None:
    gone = newsroom.submit()
    newsroom.build()
    newsroom.withdraw(gone)
    with_site(newsroom, title="Bad\x03").build_all()

    newsroom.build_all()

    assert newsroom.get("/feeds/all.rss").status_code == 200
    assert newsroom.shown() == []
    assert newsroom.get("/healthz").json["status"] == "ok"  # type: ignore[index]


# When a build crashes.


def damage(room: Newsroom, path: str) -> None:
    """List a draft in a feed, which no step of ours does and no build can take."""
    draft = room.submit(title="A Draft", draft=True)
    assert draft.status is Status.DRAFT
    row = {
        "feed_id": a_feed(room, path).id,
        "article_id": draft.id,
        "published_at": room.clock.at,
    }
    with room.services.database.write() as tx:
        tx.execute(sa.insert(t.feed_entry), row)


def test_a_crash_postpones_its_feed_and_blocks_no_other(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    served = newsroom.documents("section/news")
    damage(newsroom, "section/news")
    newsroom.clock.advance(minutes=1)
    newsroom.submit(title="Next", date=None)

    built, errors = build_now(newsroom.services.press)

    assert len(errors) == 1
    assert {done.path for done in built} == {"all", "author/ana-lee", "edition/the-journal-2024"}
    assert newsroom.documents("section/news") == served
    assert newsroom.get("/feeds/section/news.rss").status_code == 200
    feed = a_feed(newsroom, "section/news")
    assert feed.build_due_at == newsroom.clock.at + FIVE_MINUTES
    assert build_now(newsroom.services.press) == ([], [])


def test_a_crash_is_a_problem_until_a_build_succeeds(newsroom: Newsroom) -> None:
    newsroom.submit()
    damage(newsroom, "section/news")
    build_now(newsroom.services.press)

    (problem,) = problems(newsroom)
    assert (problem.rule, problem.feed_path, problem.article_id) == ("build", "section/news", None)
    assert "ValueError" in problem.message

    with newsroom.services.database.write() as tx:
        drafts = sa.select(t.article.c.id).where(t.article.c.status == "draft")
        tx.execute(sa.delete(t.feed_entry).where(t.feed_entry.c.article_id.in_(drafts)))
    newsroom.clock.at += FIVE_MINUTES
    newsroom.build()

    assert problems(newsroom) == []
    assert newsroom.get("/feeds/section/news.rss").status_code == 200


def test_a_crash_never_keeps_up_what_was_withdrawn(newsroom: Newsroom) -> None:
    gone = newsroom.submit()
    newsroom.build()
    damage(newsroom, "section/news")
    newsroom.withdraw(gone)

    build_now(newsroom.services.press)

    assert newsroom.get("/feeds/section/news.rss").status_code == 503
    assert newsroom.get("/feeds/all.rss").status_code == 200


def test_text_that_the_database_cannot_read_is_a_crash_and_not_the_end(
    sqlite_newsroom: Newsroom,
) -> None:
    room = sqlite_newsroom
    bad = room.submit(sections=("News",), byline=())
    room.submit(title="Good", sections=("Sports",), byline=())
    with room.services.database.write() as tx:  # half of a UTF-16 character
        tx.execute(
            sa.text("UPDATE article SET title = CAST(x'EDA080' AS TEXT) WHERE id = :id"),
            {"id": bad.id},
        )

    built, errors = build_now(room.services.press)

    assert {"decode" in error for error in errors} == {True}
    assert [done.path for done in built] == ["section/sports"]
    assert room.get("/feeds/section/sports.rss").status_code == 200


def test_only_builds_write_documents_and_all_at_once(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    newsroom.clock.advance(minutes=1)
    newsroom.submit(title="Next", date=None)
    with newsroom.services.database.read() as tx:
        feed = feeds.by_key(tx, SITE)
        assert feed is not None
        assert feed.key == FeedKey("site")
        seen = {fmt: len(d.manifest) for fmt, d in documents.of_feed(tx, feed.id).items()}

    assert set(seen.values()) == {1}
    newsroom.build()
    assert {len(d.manifest) for d in newsroom.documents().values()} == {2}
