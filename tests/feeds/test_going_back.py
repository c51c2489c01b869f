"""Going back, giving up and taking over never serve what is known to be wrong or withdrawn.

Every test here failed once: they came of a review on November 23, 2026.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from feedsvc.errors import StoreAwayError
from feedsvc.feeds import build, confirm
from feedsvc.feeds import validate as validation
from feedsvc.feeds.backlog import mark_all_due
from feedsvc.feeds.build import Built, Outcome, void_leases
from feedsvc.feeds.press import inputs
from feedsvc.feeds.proof import Proof
from feedsvc.model import Channel, Finding, Format
from feedsvc.store import builds, feeds
from tests.feeds.test_proof import FORGERY, bodies, forge, the_site
from tests.newsroom import Newsroom

WRONG = Proof({}, (Finding("wrong", "the whole document", "is wrong", "Mend it."),), {})


@pytest.fixture
def paper(sqlite_newsroom: Newsroom) -> Newsroom:
    """Return a newsroom with stories, built."""
    return sqlite_newsroom.with_stories(10)


def with_a_forgery(room: Newsroom) -> None:
    """Have wrong documents served, which the next read-back finds."""
    room.submit(title="One more", date=None)
    forge(room, *FORGERY).build()
    assert b"Somebody" in bodies(room)[Format.RSS]


def test_a_store_that_is_away_at_the_verdict_leaves_it_to_the_next_time(
    paper: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_a_forgery(paper)

    def away(*_: object) -> None:
        raise StoreAwayError("gone for a moment")

    with monkeypatch.context() as broken:
        broken.setattr(confirm, "forget", away)
        with pytest.raises(StoreAwayError):
            paper.read_back()
    paper.read_back()
    paper.build()

    assert not [path for path in paper.paths() if b"Somebody" in bodies(paper, path)[Format.RSS]]


def test_what_was_taken_back_is_not_served_again_because_a_build_failed(
    paper: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = paper.submit(title="To be withdrawn", date=None)
    paper.build()
    paper.read_back()
    paper.withdraw(gone)
    forge(paper, *FORGERY).build()
    paper.read_back()
    assert paper.get("/feeds/all.rss").status_code == 503

    monkeypatch.setattr(build, "prove_reading", lambda *_: WRONG)
    paper.build()

    assert paper.get("/feeds/all.rss").status_code == 503


def test_an_empty_feed_goes_on_being_served_when_a_build_fails(
    sqlite_newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = sqlite_newsroom
    room.build_all()
    room.submit()
    monkeypatch.setattr(build, "prove_reading", lambda *_: WRONG)

    room.build()

    assert room.get("/feeds/all.rss").status_code == 200


def test_going_back_is_an_event_that_no_earlier_build_has_seen(paper: Newsroom) -> None:
    with_a_forgery(paper)
    press = paper.services.press
    mark_all_due(press, paper.services.new_urn)
    site, claim = the_site(paper), build._Claim("command:1:x", 0.0)
    with press.database.write() as tx:
        builds.claim(tx, site.id, now=press.now(), lease=press.lease, token=claim.token)
        found = inputs(tx, press, site.id)

    assert confirm._confirm(press, site.id)  # while the command is about to say: unchanged
    unchanged = Built("all", Outcome.UNCHANGED)
    build._give_back(press, found.feed, claim, unchanged, found.digest)
    paper.build()

    assert b"One more" in bodies(paper)[Format.RSS]


def test_a_feed_that_ends_its_builders_does_not_serve_what_was_withdrawn(paper: Newsroom) -> None:
    story = paper.submit(title="Secret", date=None)
    paper.build()
    paper.withdraw(story)
    site, now = the_site(paper).id, paper.clock.at
    for _ in range(3):
        with paper.services.database.write() as tx:
            assert builds.claim(tx, site, now=now, lease=dt.timedelta(minutes=1), token="clock:x")
        void_leases(paper.services.press, "clock:")

    assert paper.get("/feeds/all.rss").status_code == 503


def test_a_feed_whose_read_back_stops_with_an_error_holds_up_no_other(
    paper: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper.submit(title="One more", date=None)
    paper.build()
    validate = validation.validate

    def stumbling(found: Any, channel: Channel, now: dt.datetime, **more: Any) -> Any:
        if channel.path == "author/ana-lee":
            raise RecursionError("in the reader")
        return validate(found, channel, now, **more)

    monkeypatch.setattr(confirm, "validate", stumbling)
    with pytest.raises(RecursionError):
        paper.read_back()

    with paper.services.database.read() as tx:
        left = [feeds.get(tx, feed_id).path for feed_id in builds.read_backs_due(tx)]
    assert left == ["author/ana-lee"]
