"""What holds whatever editors do, in whatever order they do it."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.errors import RefusedError
from feedsvc.feeds.plan import shown_in
from feedsvc.model import Article, Change, Kind, Status
from feedsvc.store import articles, feeds
from tests.conftest import make_newsroom
from tests.newsroom import Clock, Newsroom, a_submission
from tests.store.reading import column

TITLES = ("Menu", "menu", "!!!", "A Longer Title")
NAMES = ("Ana Lee", "ANA LEE", "Bo Chen", "Bo-Chen")
SECTIONS = ("News", "Sports", "NEWS")

Step = Callable[[Newsroom, Article, int], object]


def later(room: Newsroom, minutes: int) -> dt.datetime:
    return room.clock.at + dt.timedelta(minutes=minutes)


def renamed(room: Newsroom, article: Article, number: int) -> None:
    if article.sections:
        room.rename(Kind.SECTION, article.sections[0].name, f"Section {number}")


def merged(room: Newsroom, article: Article, number: int) -> None:
    """Merge an author into another one, who may not be public yet."""
    other = room.submit(title="For a merge", draft=True, byline=((NAMES[number % 4], None),))
    people = {credit.author.id: credit.author.name for credit in (*article.byline, *other.byline)}
    if len(people) > 1:
        room.merge(Kind.AUTHOR, *list(people.values())[:2])


def removed(room: Newsroom, article: Article, number: int) -> None:
    term = article.terms[number % len(article.terms)] if article.terms else None
    if term is not None:
        room.remove(term.kind, term.slug or term.name, unfile=number % 2 == 0)


def imported(room: Newsroom, article: Article, number: int) -> None:
    fields = {"title": TITLES[number % 4], "content_html": f"<p>{number}</p>"}
    room.accept(a_submission(path=f"{number % 2}", digest=str(number), **fields))


STEPS: dict[str, Step] = {
    "submit": lambda room, _, n: room.submit(
        title=TITLES[n % 4],
        draft=n % 5 == 0,
        date=[None, later(room, n), dt.date(2024, 11, 15)][n % 3],
        byline=((NAMES[n % 4], None), (NAMES[n % 3], "Editor")),
        sections=SECTIONS[n % 3 :],
    ),
    "import": imported,
    "retitle": lambda room, a, n: room.edit(a, title=TITLES[n % 4]),
    "move": lambda room, a, n: room.edit(a, slug=["menu", "lunch", "menu-2"][n % 3]),
    "refile": lambda room, a, n: room.edit(a, sections=SECTIONS[: n % 3]),
    "update": lambda room, a, n: room.edit(a, change=Change.UPDATE, content_html=f"<p>{n}</p>"),
    "correct": lambda room, a, n: room.correct(a, f"Note {n}"),
    "publish": lambda room, a, _: room.publish(a),
    "schedule": lambda room, a, n: room.schedule(a, later(room, n)),
    "release": lambda room, _, __: room.release(),
    "withdraw": lambda room, a, _: room.withdraw(a),
    "republish": lambda room, a, _: room.republish(a),
    "rename": renamed,
    "merge": merged,
    "remove": removed,
    "wait": lambda room, _, n: room.clock.advance(minutes=n),
    "step back": lambda room, _, n: room.clock.advance(minutes=-n),
}


def everything(room: Newsroom) -> dict[int, Article]:
    with room.services.database.read() as tx:
        return {found.id: found for found in articles.listing(tx, limit=1_000)}


def assert_history(before: dict[int, Article], after: dict[int, Article]) -> None:
    """Hold a store against what it was one step earlier."""
    for number, old in before.items():
        new = after[number]
        assert (new.guid, new.atom_id) == (old.guid, old.atom_id)
        assert old.published_at in (None, new.published_at)
        assert old.updated_at is None or (new.updated_at and new.updated_at >= old.updated_at)
        assert set(new.corrections) >= set(old.corrections)
        assert old.status is not Status.WITHDRAWN or new.status is Status.WITHDRAWN
        assert old.status is not Status.PUBLISHED or new.status is not Status.DRAFT


def assert_whole(room: Newsroom, found: dict[int, Article], addresses: dict[str, int]) -> None:
    """Hold a store against what is always true of one."""
    released = [article for article in found.values() if article.published_at]
    for name in ("permalink", "updated_at", "guid"):
        assert len({getattr(article, name) for article in released}) == len(released)
    for article in found.values():
        if article.permalink:
            assert addresses.setdefault(article.permalink, article.id) == article.id
        is_public = article.status in {Status.PUBLISHED, Status.WITHDRAWN}
        assert is_public or not article.permalink
    with room.services.database.read() as tx:
        for path, number in addresses.items():
            assert articles.by_permalink(tx, path) == found[number]
        for feed in feeds.all_feeds(tx):
            wanted = {number for number, one in found.items() if feed.key in shown_in(one)}
            assert set(feeds.newest(tx, feed.id, 1_000)) == wanted
            assert "None" not in feed.path
    slugs = column(room.services.database, "term_slug.slug")
    assert all(slugs)


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """Return a migrated store to copy."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/feedsvc.db"
        make_newsroom(url, Clock(dt.datetime.now(dt.UTC))).services.database.close()
        yield Path(folder) / "feedsvc.db"


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 60)), max_size=14))
@settings(max_examples=30)
def test_no_order_of_steps_breaks_what_was_promised(
    template: Path, steps: list[tuple[str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = shutil.copy(template, folder)
        clock = Clock(dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC))
        room = make_newsroom(f"sqlite:///{file}", clock)
        room.submit(path="0", digest="0")
        addresses: dict[str, int] = {}
        before = everything(room)
        for name, number in steps:
            target = before[sorted(before)[number % len(before)]]
            try:
                STEPS[name](room, target, number)
            except RefusedError:
                assert everything(room) == before
            after = everything(room)
            assert_history(before, after)
            assert_whole(room, after, addresses)
            before = after
        room.services.database.close()
