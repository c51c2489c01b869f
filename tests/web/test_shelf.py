"""What a web process holds in memory: bounded, up to date, whole, and never in the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http import HTTPStatus

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from feedsvc.errors import StoreError
from feedsvc.feeds.stamp import etag_of
from feedsvc.model import Document, Format, Kind
from feedsvc.store import documents, serving
from feedsvc.store import tables as t
from feedsvc.web.answer import Absent, Answer
from feedsvc.web.app import create_app
from feedsvc.web.replies import Replies
from feedsvc.web.shelf import Place, Shelf
from feedsvc.web.watch import Watch
from tests.cli.service import until
from tests.newsroom import Newsroom
from tests.web.live import compress

ALL = "/feeds/all.rss"
NEWS = "/feeds/section/news.rss"


def a_shelf(room: Newsroom, cache_bytes: int = 10_000_000) -> Shelf:
    settings = room.services.settings
    web = settings.web.model_copy(update={"cache_bytes": cache_bytes})
    settings = settings.model_copy(update={"web": web})
    return Shelf(room.services.database, settings, Replies(settings))


def fetch(shelf: Shelf, path: str = ALL, need: str = "identity") -> Answer:
    place = shelf.place(path)
    assert isinstance(place, Place)
    held = shelf.fetch(path, place, need)
    assert isinstance(held, Answer)
    return held


def found(shelf: Shelf, path: str = ALL) -> Answer:
    held = shelf.find(path)
    assert isinstance(held, Answer)
    return held


def body(answer: Answer) -> bytes:
    plain = answer.faces["identity"].body
    assert plain
    return plain[0]


def damage(room: Newsroom, kind: str) -> None:
    """Break what the store holds of the documents of one kind's feeds."""
    of_kind = "feed_id IN (SELECT id FROM feed WHERE kind = :kind)"
    with room.services.database.write() as tx:
        query = sa.text(f"UPDATE document SET manifest = '{{' WHERE {of_kind}")
        tx.execute(query, {"kind": kind})


def many_feeds(room: Newsroom, count: int) -> list[str]:
    """Give the store so many feeds with documents of 10 kB; return their addresses."""
    room.submit()
    room.build()
    for number in range(count):
        room.submit(title=f"Story {number}", sections=(f"Section {number}",))
    with room.services.database.write() as tx:
        made = tx.execute(sa.select(t.feed.c.id).where(t.feed.c.kind == "section")).scalars()
        for feed_id in made:
            at = room.clock.now()
            one = Document("", Format.RSS, bytes([feed_id % 256]) * 10_000, f'"{feed_id}"', at)
            documents.swap(tx, feed_id, [one], now=one.modified_at)
    return [f"/feeds/section/section-{number}.rss" for number in range(count)]


def test_the_shelf_keeps_within_its_bytes(sqlite_newsroom: Newsroom) -> None:
    addresses = many_feeds(sqlite_newsroom, 300)
    shelf = a_shelf(sqlite_newsroom, cache_bytes=200_000)

    for address in addresses:
        assert len(body(fetch(shelf, address))) == 10_000
        assert shelf.held_bytes <= 200_000

    assert 10 <= len(shelf) <= 20
    assert shelf.find(addresses[-1])
    assert shelf.find(addresses[0]) is None


def test_what_is_asked_for_often_stays(sqlite_newsroom: Newsroom) -> None:
    addresses = many_feeds(sqlite_newsroom, 60)
    shelf = a_shelf(sqlite_newsroom, cache_bytes=200_000)
    fetch(shelf, ALL)

    for address in addresses:
        fetch(shelf, address)
        assert shelf.find(ALL), address


def test_a_shelf_without_room_still_answers(sqlite_newsroom: Newsroom) -> None:
    room = sqlite_newsroom.with_stories(1)
    shelf = a_shelf(room, cache_bytes=0)

    assert body(fetch(shelf)) == room.documents()[Format.RSS].body
    assert (len(shelf), shelf.held_bytes) == (0, 0)


def test_unknown_paths_and_queries_take_no_room(sqlite_newsroom: Newsroom) -> None:
    app = create_app(sqlite_newsroom.with_stories(1).services)
    shelf, client = app.extensions["shelf"], app.test_client()
    client.get(ALL)
    before = (len(shelf), shelf.held_bytes)
    assert before[0] == 1

    for number in range(50):
        assert client.get(f"{ALL}?v={number}").status_code == 200
        for path in (f"section/x{number}.rss", f"all.rs{number}", f"all.rss/{number}"):
            assert client.get(f"/feeds/{path}").status_code == 404
        client.post(f"/feeds/section/{number}.rss")

    assert (len(shelf), shelf.held_bytes) == before


def test_only_what_somebody_asked_for_is_held(sqlite_newsroom: Newsroom) -> None:
    room = sqlite_newsroom.with_stories(1)
    compress(room.services.database)
    shelf = a_shelf(room)
    lean = fetch(shelf, need="gzip")
    assert [coding for coding, face in lean.faces.items() if face.body] == ["gzip"]

    whole = fetch(shelf, need="identity")

    assert body(found(shelf)) == body(whole) == room.documents()[Format.RSS].body
    assert found(shelf).faces["gzip"].body
    assert found(shelf).faces["br"].body is None
    assert shelf.held_bytes == whole.size_bytes > lean.size_bytes


def test_before_a_coding_is_made_another_is_held_in_its_place(sqlite_newsroom: Newsroom) -> None:
    room = sqlite_newsroom.with_stories(1)
    compress(room.services.database)
    shelf = a_shelf(room)
    fetch(shelf, need="br")
    with room.services.database.write() as tx:
        tx.execute(sa.delete(t.variant).where(t.variant.c.coding == "br"))
        serving.note_served(tx, tx.execute(sa.select(t.feed.c.id)).scalars())

    shelf.look()

    assert found(shelf).faces["gzip"].body
    assert found(shelf).faces["identity"].body is None


def test_a_look_replaces_what_has_changed_and_nothing_else(newsroom: Newsroom) -> None:
    newsroom.submit()
    story = newsroom.submit(title="Other", sections=("Sports",), byline=(), edition=None)
    newsroom.build()
    shelf = a_shelf(newsroom)
    old = fetch(shelf)
    news = fetch(shelf, "/feeds/section/news.rss")
    newsroom.withdraw(story)
    newsroom.build()
    assert found(shelf) is old

    shelf.look()

    assert body(found(shelf)) == newsroom.documents()[Format.RSS].body
    assert b"Other" in body(old)
    assert b"Other" not in body(found(shelf))
    assert found(shelf, "/feeds/section/news.rss") is news
    assert shelf.held_bytes == news.size_bytes + found(shelf).size_bytes


def test_what_was_read_before_a_change_is_not_kept_after_it(sqlite_newsroom: Newsroom) -> None:
    """A request reads, the document changes, somebody looks, and only then the request is done."""
    room = sqlite_newsroom.with_stories(1)
    shelf = a_shelf(room)
    place = shelf.place(ALL)
    assert isinstance(place, Place)

    @sa.event.listens_for(room.services.database.engine, "commit", once=True)
    def change(_connection: object) -> None:
        room.submit(title="Later")
        room.build()
        shelf.look()

    late = shelf.fetch(ALL, place, "identity")

    assert isinstance(late, Answer)
    assert shelf.find(ALL) is None
    assert fetch(shelf).tag == room.documents()[Format.RSS].etag != late.tag


def test_a_feed_that_must_not_be_served_leaves_the_shelf(newsroom: Newsroom) -> None:
    room = newsroom.with_stories(1)
    shelf = a_shelf(room)
    fetch(shelf)
    for unavailable in (True, False):
        with room.services.database.write() as tx:
            tx.execute(sa.update(t.feed).values(unavailable=unavailable))
            ids = tx.execute(sa.select(t.feed.c.id)).scalars()
            serving.note_served(tx, ids)

        shelf.look()

        assert isinstance(shelf.find(ALL), Absent if unavailable else Answer)


def test_paths_lead_where_they_ever_led(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.submit(title="Other", sections=("Sports",))
    newsroom.build()
    shelf = a_shelf(newsroom)
    assert shelf.place("/feeds/section/world.rss") is HTTPStatus.NOT_FOUND
    sports = fetch(shelf, "/feeds/section/sports.rss")
    news = shelf.place("/feeds/section/news.rss")

    newsroom.rename(Kind.SECTION, "News", "World")
    newsroom.merge(Kind.SECTION, "Sports", "World")
    shelf.look()

    assert isinstance(news, Place)
    for slug in ("news", "world", "sports"):
        assert shelf.place(f"/feeds/section/{slug}.rss") == news
    assert shelf.path_of(news.feed_id) == "section/world"
    assert shelf.find("/feeds/section/sports.rss") is None
    assert shelf.held_bytes == 0 < sports.size_bytes


def test_a_store_that_was_put_back_is_taken_as_it_is(sqlite_newsroom: Newsroom) -> None:
    room = sqlite_newsroom.with_stories(1)
    shelf = a_shelf(room)
    fetch(shelf)
    with room.services.database.write() as tx:
        tx.execute(sa.update(t.serving).values(version=0))

    shelf.look()

    assert (len(shelf), shelf.held_bytes) == (0, 0)
    fetch(shelf)
    assert len(shelf) == 1


@pytest.fixture
def watched(sqlite_newsroom: Newsroom) -> Iterator[tuple[Newsroom, Shelf]]:
    """A newsroom with a story, and a shelf that holds its feed and is watched."""
    room = sqlite_newsroom.with_stories(1)
    shelf = a_shelf(room)
    fetch(shelf)
    watch = Watch(shelf)
    watch.start()
    yield room, shelf
    watch.end()


def test_readers_see_whole_documents_that_never_go_back(watched: tuple[Newsroom, Shelf]) -> None:
    room, shelf = watched
    done, faults = threading.Event(), []

    def read() -> None:
        last = 0
        while not done.is_set():
            answer = found(shelf)
            if etag_of(body(answer)) != answer.tag or answer.version < last:
                faults.append(answer)
            last = answer.version

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(5):
        room.clock.advance(seconds=1)
        room.submit(title=f"New {number}", date=None)
        room.build()
        fetch(shelf)
    until(lambda: found(shelf).tag == room.documents()[Format.RSS].etag)
    done.set()
    for reader in readers:
        reader.join()

    assert faults == []


def test_while_the_store_is_away_what_is_held_is_served(watched: tuple[Newsroom, Shelf]) -> None:
    room, shelf = watched
    held, engine = found(shelf), room.services.database.engine
    failures: list[object] = []
    sa.event.listen(engine, "handle_error", failures.append)

    with capture_logs() as events:
        with engine.begin() as tx:
            tx.execute(sa.text("ALTER TABLE serving RENAME TO lost"))
        until(lambda: len(failures) > 2)
        assert found(shelf) is held
        with pytest.raises(StoreError):
            fetch(shelf, "/feeds/all.atom")
        with engine.begin() as tx:
            tx.execute(sa.text("ALTER TABLE lost RENAME TO serving"))
        room.submit(title="Later")
        room.build()
        until(lambda: found(shelf).tag == room.documents()[Format.RSS].etag)

    failed = [event for event in events if event["event"] == "store_failed"]
    assert len(failed) == 1
    assert failed[0]["job"] == "watch"


def test_a_damaged_document_keeps_no_other_from_being_replaced(sqlite_newsroom: Newsroom) -> None:
    room = sqlite_newsroom
    room.submit()
    wrong = room.submit(title="Wrong", date=None)
    room.build()
    shelf = a_shelf(room)
    fetch(shelf, ALL)
    fetch(shelf, NEWS)
    room.withdraw(wrong)
    room.build()
    damage(room, "section")

    with capture_logs() as events:
        shelf.look()

    assert b"Wrong" not in body(found(shelf, ALL))
    assert shelf.find(NEWS) is None
    assert [(e["event"], e["path"]) for e in events] == [("document_unreadable", NEWS)]
    with capture_logs() as events:
        shelf.look()  # it has seen that change
    assert events == []


def test_a_damaged_document_is_answered_503_and_logged(sqlite_newsroom: Newsroom) -> None:
    room = sqlite_newsroom.with_stories(1)
    damage(room, "section")
    client = create_app(room.services).test_client()

    with capture_logs() as events:
        answers = [client.get(NEWS), client.head(NEWS), client.get(ALL)]

    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"]
    assert [e["event"] for e in events] == ["document_unreadable"] * 2
