"""A delta and what a reader has already are together what is served, whatever happened between."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import event, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from feedsvc.feeds.delta import Manifest, new_since


def entries(*names: str) -> Manifest:
    """Return a manifest of entries, newest first; `b2` is the second version of `b`."""
    return tuple((name[0], name) for name in names)


FOUR = entries("a", "b", "c", "d")


def told(past: Manifest, present: Manifest, *withdrawn: str) -> tuple[int, ...] | None:
    return new_since(past, present, set(withdrawn), is_told=True)


def test_what_is_new_and_what_was_changed_is_told() -> None:
    assert told(FOUR, entries("e", "a", "b2", "c", "d")) == (0, 2)


def test_what_falls_out_of_the_window_needs_no_word() -> None:
    assert told(FOUR, entries("e", "a", "b", "c")) == (0,)


def test_the_same_entries_are_nothing_new() -> None:
    assert told(FOUR, FOUR) == ()


def test_more_than_half_is_not_worth_it() -> None:
    assert told(FOUR, entries("f", "e", "a", "b")) == (0, 1)
    assert told(FOUR, entries("g", "f", "e", "a")) is None


def test_what_was_withdrawn_is_told_by_its_tombstone() -> None:
    assert told(FOUR, entries("a", "c", "d"), "b") == ()
    assert told(FOUR, entries("a", "c", "d")) is None


def test_a_format_without_tombstones_never_leaves_out_a_withdrawal() -> None:
    def untold(present: Manifest, *withdrawn: str) -> tuple[int, ...] | None:
        return new_since(FOUR, present, set(withdrawn), is_told=False)

    assert untold(entries("a", "c", "d"), "b") is None
    assert untold(entries("e", "a", "b", "c"), "d") is None  # though it would be cut
    assert untold(entries("e", "a", "b", "c"), "x") == (0,)  # of long ago


def test_what_went_without_a_word_in_the_middle_is_not_left_out() -> None:
    assert told(FOUR, entries("e", "a", "c", "d")) is None
    assert told(entries("a", "b"), ()) is None


def test_nobody_knows_where_to_cut_when_the_last_entry_is_new_or_another_now() -> None:
    assert told(FOUR, entries("a", "b", "c", "x")) is None
    assert told(FOUR, entries("a", "b", "c2")) is None
    assert told(entries("a", "b", "c"), entries("a", "b", "c", "x")) == (3,)  # nothing is cut


# Whatever happens in a newsroom.


@dataclass(frozen=True)
class Piece:
    """An article: when it was published, its version, and whether the feed lists it."""

    name: str
    at: int
    version: int = 0
    is_listed: bool = True


@dataclass
class Paper:
    """A feed as the store has it, and every manifest that it was served with."""

    window: int = 4
    pieces: dict[str, Piece] = field(default_factory=dict)
    gone: dict[str, Piece] = field(default_factory=dict)
    stones: set[str] = field(default_factory=set)
    served: list[Manifest] = field(default_factory=list)

    def manifest(self) -> Manifest:
        listed = [one for one in self.pieces.values() if one.is_listed]
        listed.sort(key=lambda one: one.at, reverse=True)
        return tuple((one.name, f"{one.name}.{one.version}") for one in listed[: self.window])

    def add(self, at: int) -> None:
        name = f"n{len(self.pieces) + len(self.stones)}"
        self.pieces[name] = Piece(name, at)

    def happen(self, what: str, number: int) -> None:
        """Let one thing happen; to the article of that number, if it is one's."""
        latest = max([one.at for one in self.pieces.values()], default=0)
        names = sorted(self.pieces)
        if what == "publish":
            self.add(latest + 100)
        elif what == "come in late":  # imported, or moved here from another section
            self.add(latest - 100 * (number % 7) - 50 - len(self.pieces))
        elif what == "window":
            self.window = 1 + number % 7
        elif names:
            one = self.pieces[names[number % len(names)]]
            if what == "edit":
                self.pieces[one.name] = replace(one, version=one.version + 1)
            elif what == "withdraw":
                self.gone[one.name] = self.pieces.pop(one.name)
                self.stones.add(one.name)
            else:  # moved out or back in, held in quarantine or mended
                self.pieces[one.name] = replace(one, is_listed=not one.is_listed)

    def taken_in(self, past: Manifest, new: tuple[int, ...], stones: set[str]) -> Manifest:
        """Return what a reader has that takes in a delta as the feed's rules say."""
        present = self.manifest()
        has = dict(past) | dict(present[i] for i in new)
        at = {name: one.at for name, one in (self.gone | self.pieces).items()}
        left = [pair for pair in has.items() if pair[0] not in stones]
        left.sort(key=lambda pair: at[pair[0]], reverse=True)
        return tuple(left[: len(present)])


KINDS = ("publish", "publish", "edit", "withdraw", "move", "come in late", "window")
happenings = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 41)), max_size=6)


@examples(max_examples=400)
@given(st.integers(0, 8), st.lists(happenings, min_size=1, max_size=4))
def test_base_and_delta_are_the_present_document_for_all_histories(
    first: int, rounds: list[list[tuple[str, int]]]
) -> None:
    paper = Paper()
    for _ in range(first):
        paper.happen("publish", 0)
    for happening in rounds:
        paper.served.append(paper.manifest())
        for what, number in happening:
            paper.happen(what, number)
    for past in paper.served:
        for is_told in (True, False):
            new = new_since(past, paper.manifest(), paper.stones, is_told=is_told)
            event("no delta" if new is None else f"a delta, told: {is_told}")
            if new is not None:
                stones = paper.stones if is_told else set()
                assert paper.taken_in(past, new, stones) == paper.manifest()


@pytest.mark.parametrize("count", [1, 2, 5, 50])
def test_an_ordinary_day_has_a_delta_for_every_base(count: int) -> None:
    paper = Paper(window=50)
    for _ in range(80):
        paper.happen("publish", 0)
    past = paper.manifest()
    for _ in range(count):
        paper.happen("publish", 0)

    new = told(past, paper.manifest())

    assert new == (tuple(range(count)) if count <= 25 else None)
