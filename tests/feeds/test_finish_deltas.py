"""Deltas as they are stored: what readers have and a delta are together what is served."""

from __future__ import annotations

import calendar
import datetime as dt
import gzip
import io
import itertools
import json
import random
from pathlib import Path

import feedparser
import pytest

from feedsvc.feeds import finish
from feedsvc.feeds.validate import Verdict
from feedsvc.model import Change, Finding, Format, Status
from feedsvc.store import articles
from tests.conftest import make_newsroom
from tests.feeds.finished import NONE, deltas, follow_up, packed, publish, titles
from tests.feeds.test_proof import FORGERY, bodies, forge, problems
from tests.newsroom import Clock, Newsroom

STARTS = {Format.RSS: b"<item>", Format.ATOM: b"<entry>", Format.JSON: b'{"id"'}
ENDS = {Format.RSS: b"</channel></rss>", Format.ATOM: b"</feed>", Format.JSON: b"]}"}


@pytest.fixture
def paper(sqlite_newsroom: Newsroom) -> Newsroom:
    """Return a newsroom with stories, built and finished."""
    sqlite_newsroom.with_stories(6).finish()
    return sqlite_newsroom


def test_a_delta_holds_exactly_what_is_new(newsroom: Newsroom) -> None:
    newsroom.with_stories(6)
    before = publish(newsroom)

    found = deltas(newsroom)
    for fmt, document in before.items():
        assert titles(fmt, found[fmt][document.etag]) == ["One more"]
        assert document.etag != newsroom.documents()[fmt].etag
        assert newsroom.documents()[fmt].etag not in found[fmt]


def test_an_entry_in_a_delta_has_the_bytes_that_it_has_in_the_document(paper: Newsroom) -> None:
    before = publish(paper)

    for fmt, body in bodies(paper).items():
        delta = deltas(paper)[fmt][before[fmt].etag]
        entry = delta[delta.index(STARTS[fmt]) :].removesuffix(ENDS[fmt])
        assert len(entry) > 200
        assert entry in body


def test_a_delta_of_a_complete_feed_does_not_say_that_it_is_complete(paper: Newsroom) -> None:
    before = publish(paper)

    for fmt in (Format.RSS, Format.ATOM):
        assert b"<fh:complete/>" in bodies(paper)[fmt]
        assert b"complete" not in deltas(paper)[fmt][before[fmt].etag]


def test_an_edited_entry_is_new_again(paper: Newsroom) -> None:
    first = paper.documents()
    gone = paper.article(2)
    paper.edit(gone, title="Another title")
    follow_up(paper)

    for fmt, document in first.items():
        assert titles(fmt, deltas(paper)[fmt][document.etag]) == ["Another title"]


def test_five_documents_back_there_is_a_delta_and_six_back_there_is_none(
    sqlite_newsroom: Newsroom,
) -> None:
    paper = sqlite_newsroom.with_stories(6)
    bases = [publish(paper, f"Of day {number}") for number in range(6)]

    for fmt, found in deltas(paper).items():
        assert set(found) == {base[fmt].etag for base in bases[1:]}
        newest = [f"Of day {number}" for number in (5, 4, 3, 2, 1)]
        for count, base in enumerate(reversed(bases[1:]), 1):
            assert titles(fmt, found[base[fmt].etag]) == newest[:count]


def test_a_delta_tells_of_a_withdrawal_where_the_format_can(paper: Newsroom) -> None:
    before = paper.documents()
    gone = paper.withdraw(paper.article(3))
    follow_up(paper)

    found = deltas(paper)
    assert found[Format.RSS] == {}
    told = found[Format.ATOM][before[Format.ATOM].etag]
    assert titles(Format.ATOM, told) == []
    assert gone.atom_id.encode() in told  # its tombstone


def test_a_move_to_another_section_makes_no_delta_of_the_section_that_it_left(
    paper: Newsroom,
) -> None:
    paper.edit(paper.article(3), sections=("Sports",))
    follow_up(paper)

    assert deltas(paper, "section/news") == NONE
    assert all(deltas(paper).values())  # the whole site's shows it still


def test_what_was_served_wrong_is_put_right_by_a_delta(paper: Newsroom) -> None:
    """Hashes in manifests are of bytes: this failed while they were of what was to be written."""
    paper.submit(title="One more", date=None)
    forge(paper, *FORGERY).build()
    wrong = paper.documents()
    paper.read_back()
    follow_up(paper)

    assert bodies(paper) != {fmt: document.body for fmt, document in wrong.items()}
    for fmt, document in wrong.items():
        assert titles(fmt, deltas(paper)[fmt][document.etag]) == ["Story 3"]


def test_after_going_back_the_old_documents_are_compressed_and_have_no_deltas(
    paper: Newsroom,
) -> None:
    before = bodies(paper)
    paper.submit(title="One more", date=None)
    forge(paper, *FORGERY).build()
    paper.read_back()

    assert bodies(paper) == before
    found = packed(paper)
    assert {fmt: gzip.decompress(found[fmt]["g"].body) for fmt in Format} == before
    paper.finish()
    assert deltas(paper) == NONE


def test_a_delta_that_is_not_right_is_not_stored_and_the_feed_goes_on(
    paper: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Finding("wrong", "the whole document", "is wrong", "Mend it.")
    monkeypatch.setattr(finish, "validate", lambda *_: Verdict((wrong,), {}))
    publish(paper)

    assert deltas(paper) == NONE
    assert set(packed(paper)[Format.RSS]) == {"z", "b"}
    assert problems(paper) == []


Read = dict[str, tuple[str, ...]]


def read(fmt: Format, body: bytes) -> Read:
    """Return the entries of a document as a reader has them, by id; their dates come first."""
    if fmt is Format.JSON:
        names = ("date_published", "title", "content_html", "date_modified")
        return {item["id"]: tuple(item[n] for n in names) for item in json.loads(body)["items"]}
    entries = feedparser.parse(io.BytesIO(body)).entries
    return {
        one.id: (f"{calendar.timegm(one.published_parsed)}", one.title, one.content[0].value)
        for one in entries
    }


def something(room: Newsroom, chance: random.Random) -> None:
    """Let something happen to the newsroom, as on any day."""
    room.clock.advance(minutes=5)
    with room.services.database.read() as tx:
        public = articles.listing(tx, status=Status.PUBLISHED, limit=100)
    one = room.article(chance.choice(public).id)
    what = chance.choice(["publish", "publish", "edit", "withdraw", "move", "late"])
    if what == "edit":
        room.edit(one, Change.UPDATE, title=f"Edited {chance.random()}")
    elif what == "withdraw":
        room.withdraw(one)
    elif what == "move":
        room.edit(one, sections=(chance.choice(["News", "Sports"]),))
    else:
        date = dt.date(2024, 11, chance.randint(1, 17)) if what == "late" else None
        room.submit(title=f"Story {chance.random()}", date=date, edition=None)


def test_whatever_happens_base_and_delta_are_what_is_served(tmp_path: Path, clock: Clock) -> None:
    """feed-rules d.8-6, on bytes as readers read them; test_delta.py has the long histories."""
    few = {"FEEDSVC_FEEDS__WINDOW_ENTRIES": "8", "FEEDSVC_FEEDS__WINDOW_MIN_ENTRIES": "1"}
    environ = {**few, "FEEDSVC_FEEDS__WINDOW_HOURS": "1"}
    room = make_newsroom(f"sqlite:///{tmp_path}/feedsvc.db", clock, environ)
    for number in range(10):
        room.submit(title=f"Story {number}", edition=None)
    chance, known, tried = random.Random(7), dict[str, Read](), 0
    for _ in range(9):
        follow_up(room)
        for path, fmt in itertools.product(("all", "section/news"), Format):
            document = room.documents(path)[fmt]
            now = known[document.etag] = read(fmt, document.body)
            stones = () if fmt is Format.RSS else room.channel(path).tombstones
            for base, delta in deltas(room, path)[fmt].items():
                has = known[base] | read(fmt, delta)
                has = {key: has[key] for key in has.keys() - {stone.atom_id for stone in stones}}
                newest = sorted(has, key=lambda key: has[key][0], reverse=True)
                assert {key: has[key] for key in newest[: len(now)]} == now
                tried += 1
        something(room, chance)
    assert tried > 30
    room.services.database.close()
