"""Proving only what is new lets nothing through that proving all would have caught."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from feedsvc.errors import RenderError
from feedsvc.feeds import proof, render
from feedsvc.feeds.confirm import confirm_next
from feedsvc.feeds.memory import Memory, Sealed
from feedsvc.feeds.press import Press, latest_instant, read
from feedsvc.feeds.proof import prove, prove_whole
from feedsvc.feeds.validate import validate_structure
from feedsvc.model import SITE, Channel, Entry, Feed, Format, Problem
from feedsvc.store import feeds, proofs, records
from tests.feeds.strategies import a_channel, an_entry, texts
from tests.newsroom import Newsroom

NOW = dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC)
each_format = pytest.mark.parametrize("fmt", list(Format))


def the_site(room: Newsroom) -> Feed:
    with room.services.database.read() as tx:
        site = feeds.by_key(tx, SITE)
    assert site
    return site


def problems(room: Newsroom) -> list[Problem]:
    with room.services.database.read() as tx:
        return records.open_problems(tx)


def bodies(room: Newsroom, path: str = "all") -> dict[Format, bytes]:
    """Return what a feed serves."""
    return {fmt: document.body for fmt, document in room.documents(path).items()}


def right(room: Newsroom, path: str = "all") -> dict[Format, bytes]:
    """Render what a feed should serve, from nothing."""
    return render.render(room.channel(path))


@pytest.fixture
def paper(sqlite_newsroom: Newsroom) -> Newsroom:
    """Return a newsroom with stories, built."""
    return sqlite_newsroom.with_stories(10)


# What is put together is what would be written whole.


@examples(max_examples=60)
@given(st.lists(texts, min_size=1, max_size=5))
def test_a_document_of_fragments_is_the_document(titles: list[str]) -> None:
    entries = [
        an_entry(number, title=title or "x", content_html=None if number % 3 else "<p>x</p>")
        for number, title in enumerate(titles)
    ]
    channel = a_channel(*entries)
    memory = Memory()
    try:
        apart = [memory.fragments([entry])[0].fragment for entry in reversed(entries)]
    except RenderError:
        return

    assert render.assemble(render.heads(channel), reversed(apart)) == render.render(channel)


def test_a_build_after_others_serves_what_a_first_build_would(paper: Newsroom) -> None:
    paper.submit(title="One more", date=None)
    paper.build()

    assert bodies(paper) == right(paper)


# What is proven again, and what is not.


def proven(room: Newsroom, path: str = "all") -> proof.Proof:
    """Prove what a feed should contain."""
    press = room.services.press
    return prove(press, room.channel(path), latest_instant(press, the_site(room)))


def test_the_first_build_reads_whole_documents_back(newsroom: Newsroom) -> None:
    newsroom.submit()

    first, *others = newsroom.build()

    with newsroom.services.database.read() as tx:
        waiting = {f.path for f in feeds.all_feeds(tx) if f.read_back_due_at}
    assert waiting == {built.path for built in others}  # whose entry was proven by then
    assert first.path not in waiting


def test_a_new_article_is_read_back_alone_and_the_documents_after_the_swap(
    paper: Newsroom,
) -> None:
    paper.submit(title="One more", date=None)

    assert not proven(paper).is_whole
    paper.build()
    assert the_site(paper).read_back_due_at == paper.clock.at

    paper.read_back()
    assert the_site(paper).read_back_due_at is None


def test_a_proof_says_how_much_was_checked(paper: Newsroom) -> None:
    paper.submit(title="One more", date=None)
    found, whole = proven(paper), prove_whole(paper.channel(), NOW)

    assert found.checks == whole.checks


def test_proofs_outlive_the_process(paper: Newsroom) -> None:
    paper.submit(title="One more", date=None)
    restarted = dataclasses.replace(paper.services, memory=Memory())

    assert not Newsroom(restarted, paper.clock).services.press.memory.proven(["x"])
    assert not proven(Newsroom(restarted, paper.clock)).is_whole


@pytest.mark.parametrize("module", [render, proof])
def test_another_renderer_or_reader_proves_everything_anew(
    paper: Newsroom, module: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper.submit(title="One more", date=None)
    assert not proven(paper).is_whole

    monkeypatch.setattr(module, "VERSION", "another")

    assert proven(paper).is_whole


@given(texts, texts, st.sampled_from(["guid", "title", "summary_text", "content_html", "url"]))
def test_different_entries_have_different_keys(one: str, other: str, name: str) -> None:
    first = dataclasses.replace(an_entry(), **{name: one})  # type: ignore[arg-type]
    second = dataclasses.replace(an_entry(), **{name: other})  # type: ignore[arg-type]
    memory = Memory()

    same_digest = memory.digest(first) == memory.digest(second)

    assert same_digest is (one == other)
    assert proof.key(memory.digest(first), "seal") != proof.key("seal", memory.digest(first))


# Attacks: what is remembered goes wrong.


@examples(max_examples=80)
@given(st.data())
def test_damaged_memory_is_noticed_whatever_the_damage(data: st.DataObject) -> None:
    entries = [an_entry(number, content_html="<p>What it says.</p>") for number in range(3)]
    memory = Memory()
    before = memory.fragments(entries)
    victim, fmt = data.draw(st.sampled_from(entries)), data.draw(st.sampled_from(list(Format)))
    sealed = before[entries.index(victim)]
    body = bytearray(sealed.fragment[fmt])
    body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    damaged = Sealed({**sealed.fragment, fmt: bytes(body)}, sealed.seal)
    memory._fragments.put(victim, damaged, 1)

    assert memory.fragments(entries) == before


@dataclass(frozen=True)
class Liar(Memory):
    """A memory that says something else than was written, with a seal to match."""

    lies: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)

    def fragments(self, entries: Sequence[Entry]) -> list[Sealed]:
        return [self._lie(entry, one) for entry, one in zip(entries, super().fragments(entries))]  # noqa: B905

    def _lie(self, entry: Entry, sealed: Sealed) -> Sealed:
        if entry.title not in self.lies:
            return sealed
        truth, lie = self.lies[entry.title]
        told = {fmt: body.replace(truth, lie) for fmt, body in sealed.fragment.items()}
        assert told != sealed.fragment
        return Sealed(told, render.seal(told))


def with_lies(room: Newsroom, lies: dict[str, tuple[bytes, bytes]]) -> Newsroom:
    """The same newsroom with a builder that remembers wrong."""
    services = dataclasses.replace(room.services, memory=Liar(lies=lies))
    return Newsroom(services, room.clock)


LIES = {
    "a word": (b"Nobody", b"Somebody"),
    "an entry of another name": (b"<title>Story 3", b"<title>Story 4"),
    "a byline": (b"Ana Lee", b"Ben Lee"),
    "a day": (b"18 Nov", b"17 Nov"),
    "an identity": (b"urn:uuid:", b"urn:uuid:0"),
    "broken XML": (b"</item>", b"</itm>"),
    "an entry too many": (b"</item>", b"</item><item></item>"),
    "an address": (b"/articles/", b"/artikel/"),
    "a section": (b"News", b"Olds"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_memory_says_wrong_is_never_served(
    sqlite_newsroom: Newsroom, lie: tuple[bytes, bytes]
) -> None:
    room = sqlite_newsroom
    for number in range(10):
        room.submit(title=f"Story {number}", date=None)
    room.build()
    room.clock.advance(minutes=1)
    room.submit(title="One more", date=None)

    liar = with_lies(room, {"Story 3": lie})
    liar.build()

    assert bodies(room) == right(room)
    assert problems(room) == []
    assert room.channel().entries[-4].title == "Story 3"  # it is not blamed on the article


# Attacks: a wrong document gets past everything, as by a collision of hashes.


def forge(room: Newsroom, title: str, lie: tuple[bytes, bytes]) -> Newsroom:
    """Have a lie about an article count as proven."""
    liar = with_lies(room, {title: lie})
    press = liar.services.press
    with room.services.database.write() as tx:
        channel = read(tx, press, the_site(room).id).channel
        proofs.add(tx, proof.keys_of(press, channel.entries), room.clock.at)
    return liar


FORGERY = ("Story 3", (b"Nobody", b"Somebody"))


def test_a_forged_proof_is_found_after_the_swap_and_taken_back(newsroom: Newsroom) -> None:
    paper = newsroom.with_stories(10)
    before = bodies(paper)
    last = paper.documents()[Format.RSS].modified_at
    paper.submit(title="One more", date=None)
    liar = forge(paper, *FORGERY)
    liar.build()
    assert b"Somebody" in bodies(paper)[Format.RSS]  # it got in

    paper.clock.advance(seconds=1)
    paper.read_back()

    assert bodies(paper) == before
    assert paper.documents()[Format.RSS].modified_at > last  # which never moves back
    assert {problem.rule for problem in problems(paper)} >= {"readback-entry-content"}
    paper.build()
    assert bodies(paper) == right(paper)
    assert problems(paper) == []


def test_a_process_that_ends_before_it_has_read_back_leaves_it_to_the_next(
    paper: Newsroom,
) -> None:
    paper.submit(title="One more", date=None)
    forge(paper, *FORGERY).build()

    restarted = Newsroom(dataclasses.replace(paper.services, memory=Memory()), paper.clock)
    restarted.read_back()
    restarted.build()

    assert bodies(paper) == right(paper)


def test_nothing_goes_back_to_what_shows_a_withdrawn_article(paper: Newsroom) -> None:
    gone = paper.submit(title="To be withdrawn", date=None)
    paper.build()
    paper.read_back()
    paper.withdraw(gone)
    forge(paper, *FORGERY).build()

    paper.read_back()

    assert the_site(paper).unavailable
    assert paper.get("/feeds/all.rss").status_code == 503
    paper.build()
    assert bodies(paper) == right(paper)
    assert paper.get("/feeds/all.rss").status_code == 200


def test_it_goes_back_to_the_last_documents_that_were_read_back(paper: Newsroom) -> None:
    good = bodies(paper)
    for title in ("One more", "And another"):
        paper.clock.advance(minutes=1)
        paper.submit(title=title, date=None)
        forge(paper, *FORGERY).build()

    paper.read_back()

    assert bodies(paper) == good


def test_documents_that_were_replaced_meanwhile_are_judged_by_themselves(paper: Newsroom) -> None:
    paper.submit(title="One more", date=None)
    forge(paper, *FORGERY).build()
    paper.submit(title="And another", date=None)

    assert not confirm_next(paper.services.press)  # it is due to be built

    paper.build()
    paper.read_back()
    paper.build()
    assert bodies(paper) == right(paper)


# The parts.


def test_rules_see_the_whole_document_and_not_only_what_is_new(paper: Newsroom) -> None:
    channel = paper.channel()
    twin = dataclasses.replace(channel.entries[4], guid="urn:x:1", atom_id="urn:x:1")
    wrong = dataclasses.replace(channel, entries=(*channel.entries, twin))

    found = prove(paper.services.press, wrong, NOW)

    assert not found.is_whole
    assert {"atom-updated-distinct", "newest-first"} <= {one.rule for one in found.findings}


@each_format
def test_entries_in_another_order_are_found(fmt: Format) -> None:
    channel = a_channel(*(an_entry(number) for number in range(3)))
    turned = dataclasses.replace(channel, entries=tuple(reversed(channel.entries)))
    body = render.render(turned)[fmt]

    verdict = validate_structure({fmt: body}, channel, NOW)

    assert "entries" in {finding.rule for finding in verdict.findings}


def test_an_empty_feed_is_proven_whole(newsroom: Newsroom) -> None:
    channel: Channel = a_channel()
    press: Press = newsroom.services.press

    assert prove(press, channel, NOW).is_whole
