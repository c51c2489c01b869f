"""What is embargoed changes no byte of any answer, whatever else happens in the newsroom.

Two newsrooms live through the same weeks. One of them also has drafts and scheduled articles
that are never released; nobody who reads by HTTP may be able to tell which one.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from slugify import slugify

from feedsvc.errors import FeedsvcError
from feedsvc.intake import places
from feedsvc.model import Change, Format, Kind
from feedsvc.store import tables as t
from feedsvc.store import terms
from tests.conftest import make_newsroom
from tests.newsroom import Clock, Newsroom

START = dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC)
FAR = dt.datetime(2034, 1, 1, tzinfo=dt.UTC)

TITLES = ("Chess Club Wins", "Chess Club Wins!", "chess club wins", "A Café Opens", "A Cafe Opens")
SECTIONS = ("News", "NEWS", "News!", "Café", "Cafe", "café", "Sports")
AUTHORS = ("Ana Lee", "ANA LEE", "Ana  Lee", "Ana-Lee", "Aná Lee", "Bo Ek")
EDITIONS = (None, "The Journal 2024", "the journal 2024", "The Journal, 2024")
TAGS = ("chess", "Chess", "chess!", "école", "ecole")
HIDDEN = ("Scandal", "Scándal", "SCANDAL", "Resignation", "News", "Café", "Ana Lee", "chess")


def a_guid(number: int) -> str:
    return f"urn:uuid:00000000-0000-4000-8000-{number:012d}"


@dataclass
class Twins:
    """Two newsrooms with one clock; `secretive` also knows what `open` does not."""

    open: Newsroom
    secretive: Newsroom
    chance: random.Random
    guids: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    slugs: set[str] = field(default_factory=set)

    @property
    def both(self) -> tuple[Newsroom, Newsroom]:
        return self.open, self.secretive

    def in_both(self, step: Callable[[Newsroom], object]) -> None:
        """Do the same in both; a refusal must be the same too."""
        outcomes = []
        for room in self.both:
            try:
                step(room)
                outcomes.append("done")
            except FeedsvcError as error:
                outcomes.append(type(error).__name__)
        assert outcomes[0] == outcomes[1]
        self.name_feeds()

    def name_feeds(self) -> None:
        """Give new feeds ids that follow from their names.

        Ids are random; here they come from a counter, and rows of the two stores have other
        numbers.
        """
        for room in self.both:
            with room.services.database.write() as tx:
                fresh = sa.select(t.feed.c.id, t.feed.c.kind, t.term.c.slug)
                fresh = fresh.outerjoin(t.term, t.term.c.id == t.feed.c.term_id)
                for row in tx.execute(fresh.where(t.feed.c.built_at.is_(None))).all():
                    ids = {
                        f"{fmt}_id": str(
                            uuid.uuid5(uuid.NAMESPACE_OID, f"{row.kind} {row.slug} {fmt}").urn
                        )
                        for fmt in Format
                    }
                    tx.execute(sa.update(t.feed).where(t.feed.c.id == row.id).values(**ids))

    # What everybody knows of.

    def article(self, room: Newsroom, guid: str) -> Any:
        with room.services.database.read() as tx:
            found = tx.execute(sa.select(t.article.c.id).where(t.article.c.guid == guid)).scalar()
        assert found is not None
        return room.article(found)

    def story(self) -> dict[str, Any]:
        pick, some = self.chance.choice, self.chance.sample
        return {
            "title": pick(TITLES),
            "content_html": f"<p>{pick(TITLES)}. {self.chance.random()}</p>",
            "byline": tuple((name, None) for name in some(AUTHORS, self.chance.randint(0, 2))),
            "sections": tuple(some(SECTIONS, self.chance.randint(0, 2))),
            "edition": pick(EDITIONS),
            "tags": tuple(some(TAGS, self.chance.randint(0, 2))),
        }

    def submit(self) -> None:
        guid = a_guid(len(self.guids))
        now = self.open.clock.at
        date = self.chance.choice(
            [
                *(None, None, dt.date(2024, 11, 1), now - dt.timedelta(days=2, seconds=5)),
                now + dt.timedelta(hours=self.chance.randint(1, 30)),
            ]
        )
        draft = self.chance.random() < 0.15
        fields = {**self.story(), "guid": guid, "date": date, "draft": draft}
        self.guids.append(guid)
        self.in_both(lambda room: room.submit(**fields))

    def change(self) -> None:
        guid, fields = self.chance.choice(self.guids), self.story()
        kept = self.chance.sample(sorted(fields), self.chance.randint(1, 3))
        values = {name: fields[name] for name in kept if fields[name] is not None}
        if self.chance.random() < 0.3:
            values["slug"] = slugify(self.chance.choice(TITLES + HIDDEN))
        how = self.chance.choice(list(Change))
        note = "It was wrong." if how is Change.CORRECTION else None
        self.in_both(lambda room: room.edit(self.article(room, guid), how, note=note, **values))

    def publish(self) -> None:
        guid = self.chance.choice(self.guids)
        self.in_both(lambda room: room.publish(self.article(room, guid)))

    def withdraw(self) -> None:
        guid = self.chance.choice(self.guids)
        self.in_both(lambda room: room.withdraw(self.article(room, guid)))

    def republish(self) -> None:
        guid = self.chance.choice(self.guids)
        self.in_both(lambda room: room.republish(self.article(room, guid)))

    def public_terms(self) -> list[tuple[Kind, str, str]]:
        """Return (kind, slug, name) of every term that readers know."""
        with self.open.services.database.read() as tx:
            rows = tx.execute(sa.select(t.term).order_by(t.term.c.id)).all()
        return [(Kind(row.kind), row.slug, row.name) for row in rows if row.slug]

    def rename(self) -> None:
        """Rename to something new, or to another spelling.

        Not to a name that only an embargoed article has: that is refused, and editors know why.
        """
        if self.public_terms():
            kind, slug, name = self.chance.choice(self.public_terms())
            new = self.chance.choice([f"Renamed {self.chance.randint(1, 5)}", name.upper()])
            self.in_both(lambda room: room.rename(kind, slug, new))

    def merge(self) -> None:
        if self.public_terms():
            kind, slug, _ = self.chance.choice(self.public_terms())
            others = [other for k, other, _ in self.public_terms() if k == kind]
            other = self.chance.choice(others)
            self.in_both(lambda room: room.merge(kind, slug, other))

    def wait(self) -> None:
        self.open.clock.advance(seconds=self.chance.choice([0, 1, 59, 3_600, 86_400, 40 * 86_400]))

    def work(self) -> None:
        self.in_both(lambda room: room.release())
        self.in_both(lambda room: room.build())

    # What only one of them knows of.

    def hide(self) -> None:
        """Bring in an article that is never released, near to or far from the public ones."""
        guid, fields = a_guid(10**9 + len(self.secrets)), self.story()
        for name in ("sections", "tags"):
            fields[name] = (*fields[name], self.chance.choice(HIDDEN))
        fields["byline"] = (*fields["byline"], (self.chance.choice(HIDDEN), None))
        fields["edition"] = self.chance.choice([*EDITIONS, *HIDDEN])
        fields["title"] = self.chance.choice(TITLES + HIDDEN)
        draft = self.chance.random() < 0.5
        self.secretive.submit(guid=guid, **fields, draft=draft, date=None if draft else FAR)
        self.secrets.append(guid)
        words = [fields["title"], fields["edition"] or "", *fields["sections"], *fields["tags"]]
        words += [name for name, _ in fields["byline"]]
        self.slugs |= {slugify(word) for word in words}

    def change_hidden(self) -> None:
        secret = self.article(self.secretive, self.chance.choice(self.secrets))
        name = self.chance.choice(HIDDEN)
        steps: list[Callable[[], object]] = [
            lambda: self.secretive.edit(secret, sections=(name,), slug=slugify(name)),
            lambda: self.secretive.edit(secret, Change.UPDATE, title=name, tags=(name,)),
            lambda: self.secretive.correct(secret, "A secret mistake."),
            lambda: self.secretive.edit(secret, byline=((name, None),), edition=name),
            lambda: self.secretive.schedule(secret, FAR),
            lambda: self.secretive.withdraw(secret),
        ]
        step = self.chance.choice(steps)
        with suppress(FeedsvcError):  # it is withdrawn
            step()
        self.slugs.add(slugify(name))

    # What can be asked.

    def addresses(self) -> list[str]:
        """Everything that one of them has an answer for, and every guess at what is hidden."""
        found = {"/", "/?page=2", "/nowhere", "/feeds/all.nothing", "/static/style.css"}
        found |= {"/healthz", "/readyz", "/metrics", "/robots.txt"}
        found |= {"/feeds", "/feeds/all", "/feeds.opml"}
        found |= {"/sitemap.xml", "/sitemap-1.xml", "/sitemap-2.xml", "/news-sitemap.xml"}
        found |= {f"/feeds/all.{fmt}" for fmt in Format}
        pairs = {(kind, slug) for kind in Kind for slug in self.slugs}
        paths = set()
        for room in self.both:
            with room.services.database.read() as tx:
                pairs |= {
                    tuple(row)
                    for row in tx.execute(sa.select(t.term_slug.c.kind, t.term_slug.c.slug))
                }
                paths |= set(tx.execute(sa.select(t.permalink.c.path)).scalars())
        months = {path[:8] for path in paths} | {"2024/11/", "2034/01/"}
        paths |= {f"{month}{slug}" for month in months for slug in self.slugs}
        paths |= {f"{path}-2" for path in paths}
        pairs |= {(kind, f"{slug}-2") for kind, slug in pairs}
        found |= {f"/{kind}/{slug}" for kind, slug in pairs}
        found |= {
            f"/feeds/{kind}/{slug}.{fmt}"
            for kind, slug in pairs
            for fmt in Format
            if kind != Kind.TAG
        }
        found |= {f"/feeds/{kind}/{slug}" for kind, slug in pairs}
        return sorted(found | {f"/articles/{path}" for path in paths})

    def answers(self, room: Newsroom) -> dict[str, tuple[int, list[tuple[str, str]], bytes]]:
        client = room.client()
        found = {}
        for address in self.addresses():
            answer = client.get(address, buffered=True)
            headers = [pair for pair in answer.headers if pair[0] not in {"Date", "Expires"}]
            found[address] = (answer.status_code, headers, answer.data)
        return found

    def assert_alike(self) -> None:
        here, there = self.answers(self.open), self.answers(self.secretive)

        assert [address for address in here if here[address] != there[address]] == []


STEPS = [
    *[Twins.submit] * 6,
    *[Twins.change] * 5,
    *[Twins.publish] * 2,
    *[Twins.withdraw, Twins.republish, Twins.rename, Twins.rename, Twins.merge],
    *[Twins.wait] * 3,
    *[Twins.work] * 4,
    *[Twins.hide] * 4,
    *[Twins.change_hidden] * 3,
]


def live(twins: Twins, steps: int, checks: int) -> None:
    """Let both newsrooms live through as many random steps, with a look at them now and then."""
    twins.hide()
    twins.submit()
    twins.work()
    for number in range(1, steps + 1):
        twins.chance.choice(STEPS)(twins)
        if number % (steps // checks) == 0:
            twins.work()
            twins.assert_alike()


def make_twins(urls: tuple[str, str], seed: int) -> Twins:
    clock = Clock(START)
    rooms = [make_newsroom(url, clock) for url in urls]
    return Twins(rooms[0], rooms[1], random.Random(seed))


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Callable[[int], Twins]]:
    made: list[Twins] = []

    def make(seed: int) -> Twins:
        made.append(make_twins((f"sqlite:///{tmp_path}/a.db", f"sqlite:///{tmp_path}/b.db"), seed))
        return made[-1]

    yield make
    for twins in made:
        for room in twins.both:
            room.services.database.close()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_nobody_can_tell_what_is_embargoed(pair: Callable[[int], Twins], seed: int) -> None:
    twins = pair(seed)

    live(twins, steps=60, checks=2)

    assert len(twins.secrets) > 2


@pytest.mark.slow
@pytest.mark.postgres
def test_nobody_can_tell_on_postgresql_either(new_postgres: Callable[[], str]) -> None:
    twins = make_twins((new_postgres(), new_postgres()), 99)

    live(twins, steps=30, checks=1)

    for room in twins.both:
        room.services.database.close()


def test_everybody_can_tell_once_it_is_released(pair: Callable[[int], Twins]) -> None:
    twins = pair(7)
    twins.submit()
    twins.secretive.submit(
        title="The Scandal",
        guid=a_guid(10**9),
        date=START + dt.timedelta(hours=1),
        sections=("Scandals",),
        tags=("shame",),
        byline=(("Sam Secret", None),),
        edition="The Special",
    )
    twins.slugs |= {"the-scandal", "scandals", "shame", "sam-secret", "the-special"}
    twins.work()
    twins.assert_alike()
    twins.open.clock.advance(hours=1)

    twins.work()

    here, there = twins.answers(twins.open), twins.answers(twins.secretive)
    different = {address for address in here if here[address] != there[address]}
    assert different >= {
        *("/", "/feeds/all.rss", "/feeds/all.atom", "/feeds/all.json"),
        *("/section/scandals", "/feeds/section/scandals.json", "/tag/shame"),
        *("/author/sam-secret", "/feeds/author/sam-secret.rss", "/edition/the-special"),
        *("/feeds", "/feeds/all", "/feeds/author/sam-secret", "/feeds.opml"),
        *("/sitemap.xml", "/news-sitemap.xml"),
        "/articles/2024/11/the-scandal",
    }
    assert b"The Scandal" not in b"".join(body for _, _, body in here.values())
    with twins.secretive.services.database.read() as tx:
        assert places.find(tx, Kind.SECTION, "scandals").slug == "scandals"


def test_a_spelling_and_a_slug_belong_to_the_first_public_article(newsroom: Newsroom) -> None:
    newsroom.submit(title="Hidden", sections=("CAFE", "Café"), draft=True)

    newsroom.submit(title="Shown", sections=("cafe",))
    newsroom.build()

    assert newsroom.get("/section/cafe").status_code == 200
    assert "<bdi>cafe</bdi>" in newsroom.get("/section/cafe").text
    with newsroom.services.database.read() as tx:
        found = terms.by_slug(tx, Kind.SECTION, "cafe")
    assert found is not None
    assert found.name == "cafe"


def test_an_embargoed_slug_is_not_taken(newsroom: Newsroom) -> None:
    hidden = newsroom.submit(title="Chess", draft=True)
    newsroom.edit(hidden, slug="chess-wins")

    shown = newsroom.submit(title="Chess Wins", date=None)
    hidden = newsroom.publish(hidden)

    assert shown.permalink == "2024/11/chess-wins"
    assert hidden.permalink == "2024/11/chess-wins-2"
