"""What moves when an article, its byline or a place changes: the entry, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from feedsvc.feeds import readback
from feedsvc.model import Article, Change, Coding, Format, Kind, Variant
from feedsvc.store import feeds, variants
from tests.newsroom import Newsroom
from tests.store.reading import column

GUID = "old site/4711"  # taken over and no IRI: Atom has an id of its own
NEWS, SPORTS = "section/news", "section/sports"
ANA, BO = "author/ana-lee", "author/bo-chen"
FALL, SPRING = "edition/fall-2024", "edition/spring-2025"
ALL = {"all", NEWS, SPORTS, ANA, BO, FALL, SPRING}
HERS = {"all", NEWS, ANA, FALL}

Step = Callable[[Newsroom, Article], object]


@dataclass(frozen=True)
class Move:
    """A change: which feeds show the article after it, and whose documents it replaces."""

    name: str
    step: Step
    shown: set[str]
    replaced: set[str]
    gone: frozenset[str] = frozenset()


MOVES = (
    Move("a title, silently", lambda room, a: room.edit(a, title="Other"), HERS, HERS),
    Move(
        "an update",
        lambda room, a: room.edit(a, Change.UPDATE, content_html="<p>x</p>"),
        HERS,
        HERS,
    ),
    Move("a correction", lambda room, a: room.correct(a, "It was three."), HERS, HERS),
    Move("a slug", lambda room, a: room.edit(a, slug="other"), HERS, HERS),
    Move(
        "another section",
        lambda room, a: room.edit(a, sections=("Sports",)),
        {"all", SPORTS, ANA, FALL},
        HERS | {SPORTS},
    ),
    Move(
        "a second section",
        lambda room, a: room.edit(a, sections=("News", "Sports")),
        HERS | {SPORTS},
        HERS | {SPORTS},
    ),
    Move(
        "a new section",
        lambda room, a: room.edit(a, sections=("Chess",)),
        {"all", "section/chess", ANA, FALL},
        HERS,
    ),
    Move(
        "another byline",
        lambda room, a: room.edit(a, byline=(("Bo Chen", None),)),
        {"all", NEWS, BO, FALL},
        HERS | {BO},
    ),
    Move(
        "another edition",
        lambda room, a: room.edit(a, edition="Spring 2025"),
        {"all", NEWS, ANA, SPRING},
        HERS | {SPRING},
    ),
    Move(
        "no place at all",
        lambda room, a: room.edit(a, sections=(), byline=(), edition=""),
        {"all"},
        HERS,
    ),
    Move(
        "an author renamed",
        lambda room, _: room.rename(Kind.AUTHOR, "Ana Lee", "Anna Leigh"),
        {"all", NEWS, "author/anna-leigh", FALL},
        {"all", NEWS, FALL},
        frozenset({ANA}),
    ),
    Move(
        "its section merged",
        lambda room, _: room.merge(Kind.SECTION, "News", "Sports"),
        {"all", SPORTS, ANA, FALL},
        ALL - {NEWS},  # the other article of News has its byline and edition there
        frozenset({NEWS}),
    ),
    Move(
        "another section merged into its own",
        lambda room, _: room.merge(Kind.SECTION, "Sports", "News"),
        HERS,
        {"all", NEWS, BO, SPRING},
        frozenset({SPORTS}),
    ),
    Move(
        "its section removed",
        lambda room, _: room.remove(Kind.SECTION, "News", unfile=True),
        {"all", ANA, FALL},
        {"all", ANA, BO, FALL, SPRING},
        frozenset({NEWS}),
    ),
    Move(
        "another section removed",
        lambda room, _: room.remove(Kind.SECTION, "Sports", unfile=True),
        HERS,
        {"all", BO, SPRING},
        frozenset({SPORTS}),
    ),
    Move("withdrawn", lambda room, a: room.withdraw(a), set(), HERS),
)


def a_house(room: Newsroom) -> Article:
    """Return an article of Ana's in News, beside two of Bo's, in News and in Sports."""
    bos = {"byline": (("Bo Chen", None),), "edition": "Spring 2025"}
    room.submit(title="Beside", sections=("News",), **bos)
    room.submit(title="Apart", sections=("Sports",), **bos)
    article = room.submit(title="Chess", guid=GUID, source="old", edition="Fall 2024")
    room.build()
    room.read_back()
    room.clock.advance(hours=1)
    return article


def showing(room: Newsroom, fmt: Format, identity: str) -> set[str]:
    """Return the feeds in whose documents a reader finds this identity."""
    return {
        path
        for path in room.paths()
        for entry in readback.read(fmt, room.documents(path)[fmt].body).entries
        if entry.id == identity
    }


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.name)
def test_a_move_is_seen_where_it_should_be_and_nowhere_else(
    sqlite_newsroom: Newsroom, move: Move
) -> None:
    room = sqlite_newsroom
    article = a_house(room)
    before = room.all_documents()
    assert {name.partition(".")[0] for name in before} == ALL
    at = room.clock.at

    move.step(room, article)
    room.build()

    after = room.all_documents()
    for fmt in Format:
        identity = article.atom_id if fmt is Format.ATOM else GUID
        assert showing(room, fmt, identity) == move.shown
        moved = {
            path
            for path in ALL - move.gone
            if after[f"{path}.{fmt}"].etag != before[f"{path}.{fmt}"].etag
        }
        assert moved == move.replaced
        for path in ALL - move.gone:
            modified = after[f"{path}.{fmt}"].modified_at
            assert modified == (at if path in moved else before[f"{path}.{fmt}"].modified_at)
    assert not move.gone & set(room.paths())
    then = room.article(article.id)
    assert then.published_at == article.published_at
    is_noticed = move.name in {"an update", "a correction"}
    assert then.updated_at == (at if is_noticed else article.updated_at)


def test_every_old_address_of_an_article_leads_to_the_present_one_at_once(
    newsroom: Newsroom,
) -> None:
    article = newsroom.submit(title="Menu")
    slugs = ("lunch", "dinner", "supper")
    old = [newsroom.edit(article, slug=slug).permalink for slug in slugs]
    newsroom.edit(article, title="Something Else", sections=("Sports",), byline=())
    present = old.pop()
    old.append(article.permalink)

    assert newsroom.get(f"/articles/{present}").status_code == 200
    for path in old:
        answer = newsroom.get(f"/articles/{path}")
        assert (answer.status_code, answer.location) == (301, f"/articles/{present}")
    newsroom.withdraw(article)
    for path in (*old, present):
        assert newsroom.get(f"/articles/{path}").status_code == 410


def test_an_article_that_was_republished_twice_is_one_step_away(newsroom: Newsroom) -> None:
    first = newsroom.submit(title="Menu")
    newsroom.edit(first, slug="lunch")
    newsroom.withdraw(first)
    second = newsroom.republish(first)
    newsroom.withdraw(second)
    old = ["2024/11/menu", "2024/11/lunch", second.permalink]
    assert [newsroom.get(f"/articles/{path}").status_code for path in old] == [410] * 3

    third = newsroom.republish(second)

    for path in old:
        answer = newsroom.get(f"/articles/{path}")
        assert (answer.status_code, answer.location) == (301, f"/articles/{third.permalink}")
    newsroom.withdraw(third)
    for path in (*old, third.permalink):
        assert newsroom.get(f"/articles/{path}").status_code == 410


@pytest.mark.parametrize("then", [True, False])
def test_no_byte_of_a_withdrawn_article_is_left(newsroom: Newsroom, *, then: bool) -> None:
    """Not even in what a feed could go back to, while it has not been read back whole.

    Args:
        then: Whether something that was swapped in since waits to be read back.
    """
    newsroom.with_stories(4)
    article = newsroom.submit(title="Zugzwang", content_html="<p>Zugzwang.</p>", date=None)
    newsroom.build()
    newsroom.read_back()
    if then:
        newsroom.submit(title="The Next", date=None)
        newsroom.build()
    with newsroom.services.database.write() as tx:
        for feed in feeds.all_feeds(tx):
            variants.put(tx, feed.id, {Format.RSS: [Variant(Coding.GZIP, "x", b"Zugzwang")]})
            variants.put_deltas(tx, feed.id, {Format.RSS: {'"x"': b"Zugzwang"}})
    newsroom.clock.advance(minutes=1)
    waiting = column(newsroom.services.database, "fallback.body")
    assert any(b"Zugzwang" in body for body in waiting) == then

    newsroom.withdraw(article)
    newsroom.build()

    for name in ("document.body", "fallback.body", "variant.body", "delta.body"):
        assert not any(b"Zugzwang" in body for body in column(newsroom.services.database, name))
    for manifest in column(newsroom.services.database, "past.manifest"):
        assert all(len(seal) == 16 for _, seal in manifest)


def test_atom_and_json_announce_a_withdrawal_in_their_own_ids(newsroom: Newsroom) -> None:
    article = a_house(newsroom)
    at = newsroom.clock.at.isoformat().replace("+00:00", "Z")

    newsroom.withdraw(article)
    newsroom.build()

    for path in ALL:
        documents = newsroom.documents(path)
        stone = f'<at:deleted-entry ref="{article.atom_id}" when="{at}"/>'
        assert (stone.encode() in documents[Format.ATOM].body) == (path in HERS)
        deleted = f'"deleted":[{{"id":"{GUID}","when":"{at}"}}]'
        assert (deleted.encode() in documents[Format.JSON].body) == (path in HERS)
        assert GUID.encode() not in documents[Format.RSS].body


def test_feeds_announce_what_they_showed_last_and_no_move(newsroom: Newsroom) -> None:
    """A reader that knows tombstones may delete the entry everywhere (RFC 6721 §5)."""
    article = a_house(newsroom)

    newsroom.edit(article, sections=("Sports",))
    newsroom.build()
    assert all(not newsroom.channel(path).tombstones for path in newsroom.paths())

    newsroom.withdraw(article)
    announcing = {path for path in newsroom.paths() if newsroom.channel(path).tombstones}
    assert announcing == {"all", SPORTS, ANA, FALL}
