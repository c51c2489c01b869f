"""Every path that ever led to a feed leads to where its articles went, or is known to be gone."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from feedsvc.errors import RefusedError
from feedsvc.intake import places
from feedsvc.model import Article, Kind, Term
from feedsvc.store import feeds, serving, terms
from feedsvc.store.database import Transaction
from tests.conftest import make_newsroom
from tests.newsroom import Clock, Newsroom

NAMES = ("News", "NEWS", "News!", "Sports", "Sport", "!!!", "Arts & Culture")
START = dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC)
kinds = st.sampled_from([Kind.SECTION, Kind.AUTHOR])
names = st.sampled_from(NAMES)


@cache
def empty_store() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/feedsvc.db"
        make_newsroom(url, Clock(START)).services.database.close()
        return Path(folder, "feedsvc.db").read_bytes()


@dataclass(eq=False)
class Place:
    """What is to be true of a section or an author.

    Attributes:
        paths: All that ever led to it, or to what was merged into it.
        filed: The articles that name it; `shown` those of them that are public.
    """

    kind: Kind
    names: set[str]
    paths: set[str] = field(default_factory=set)
    filed: set[int] = field(default_factory=set)
    shown: set[int] = field(default_factory=set)
    is_public: bool = False
    is_removed: bool = False


class Histories(RuleBasedStateMachine):
    """Sections and authors that come, are renamed, merged and removed, and come back."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name, "feedsvc.db")
        file.write_bytes(empty_store())
        self.room: Newsroom = make_newsroom(f"sqlite:///{file}", Clock(START))
        self.places: list[Place] = []

    def teardown(self) -> None:
        self.room.services.database.close()
        self.folder.cleanup()

    def named(self, kind: Kind, name: str) -> Place | None:
        folded = name.casefold()
        same = (p for p in self.places if p.kind is kind and folded in p.names)
        return next(same, None)

    def living(self, number: int) -> Place:
        found = [place for place in self.places if not place.is_removed]
        return found[number % len(found)]

    def has_living(self) -> bool:
        return any(not place.is_removed for place in self.places)

    def term(self, tx: Transaction, place: Place) -> Term:
        found = terms.by_name(tx, place.kind, min(place.names))
        assert found is not None
        return found

    def note_path(self, place: Place) -> None:
        """Note where a public place is now; no other place may ever have been there."""
        with self.room.services.database.read() as tx:
            path = f"{place.kind}/{self.term(tx, place).slug}"
        assert all(path not in other.paths for other in self.places if other is not place)
        place.is_public = True
        place.paths.add(path)

    @rule(kind=kinds, name=names, is_draft=st.booleans())
    def submit(self, kind: Kind, name: str, is_draft: bool) -> None:
        filed = {"sections": (name,)} if kind is Kind.SECTION else {"byline": ((name, None),)}
        other = {"sections": (), "byline": (), "edition": None}
        article: Article = self.room.submit(draft=is_draft, date=None, **{**other, **filed})
        place = self.named(kind, name)
        if place is None:
            self.places.append(place := Place(kind, {name.casefold()}))
        place.is_removed = False
        place.filed.add(article.id)
        if not is_draft:
            place.shown.add(article.id)
            self.note_path(place)

    @precondition(has_living)
    @rule(number=st.integers(0, 9), name=names)
    def rename(self, number: int, name: str) -> None:
        place = self.living(number)
        other = self.named(place.kind, name)
        with self.room.services.database.write() as tx:
            term, door = self.term(tx, place), self.room.services.door
            if other is not None and other is not place and not other.is_removed:
                with pytest.raises(RefusedError):
                    places.rename(tx, door, term, name)
                return
            places.rename(tx, door, term, name)
        if other is not None:
            other.names.discard(name.casefold())
        place.names.add(name.casefold())
        if place.is_public:
            self.note_path(place)

    @precondition(has_living)
    @rule(one=st.integers(0, 9), two=st.integers(0, 9))
    def merge(self, one: int, two: int) -> None:
        source, target = self.living(one), self.living(two)
        if source is target or source.kind is not target.kind:
            return
        with self.room.services.database.write() as tx:
            door = self.room.services.door
            places.merge(tx, door, self.term(tx, source), self.term(tx, target))
        self.places.remove(source)
        for part in ("names", "paths", "filed", "shown"):
            getattr(target, part).update(getattr(source, part))
        if source.is_public or target.is_public:
            self.note_path(target)

    @precondition(has_living)
    @rule(number=st.integers(0, 9), unfile=st.booleans())
    def remove(self, number: int, unfile: bool) -> None:
        place = self.living(number)
        with self.room.services.database.write() as tx:
            term, door = self.term(tx, place), self.room.services.door
            if place.filed and not unfile:
                with pytest.raises(RefusedError):
                    places.remove(tx, door, term)
                return
            places.remove(tx, door, term, unfile=unfile)
        place.filed, place.shown = set(), set()
        place.is_public, place.is_removed = False, True

    @invariant()
    def every_path_leads_where_it_should(self) -> None:
        with self.room.services.database.read() as tx:
            routes = serving.routes(tx)
            listed = {feed.id: set(feeds.newest(tx, feed.id, 999)) for feed in feeds.all_feeds(tx)}
        assert {path for path in routes if path != "all"} == {
            path for place in self.places for path in place.paths
        }
        found: dict[int, Place] = {}
        for place in self.places:
            for path in place.paths:
                feed_id = routes[path]
                assert (feed_id is not None) == place.is_public
                if feed_id is not None:
                    assert found.setdefault(feed_id, place) is place
                    assert listed[feed_id] == place.shown
        assert set(listed) == {routes[path] for path in routes if routes[path] is not None}


TestHistories = pytest.mark.slow(Histories.TestCase)
TestHistories.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
