from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.intake.text.lines import Lines, is_prose, paragraphs, split_correction


def test_lines_come_in_turn_without_blank_ones_and_with_their_numbers() -> None:
    lines = Lines("\none  two\n\u00a0\n\u200b\n\ufeff three\u00a0four \nfive")

    assert (lines.number, lines.ahead(1), lines.take()) == (2, "three four", "one two")
    assert (lines.number, lines.is_close, lines.take()) == (5, False, "three four")
    assert (lines.number, lines.is_close, lines.take()) == (6, True, "five")
    assert (lines.number, lines.is_close, lines.ahead()) == (None, False, "")
    assert (lines.taken, lines.last, lines.rest()) == (3, "five", [])


@pytest.mark.parametrize(
    "footer",
    ["Back To Top", "BACK TO TOP", "↑ Back to top", "back  to\u00a0top.", "⬆️ Back to Top ⬆️"],
)
def test_the_rest_ends_where_the_footer_begins(footer: str) -> None:
    lines = Lines(f"one\n\n two \n\n{footer}\nAbout us\n{footer}")
    lines.take()

    assert lines.rest() == [" two ", ""]


@pytest.mark.parametrize("line", ["Back to the top", "Go back to top", "Back to top form"])
def test_other_ways_back_to_the_top_are_text(line: str) -> None:
    assert Lines(line).rest() == [line]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\ntwo\n\nthree\n  four", ["one two", "three four"]),
        ("one\ntwo\nthree", ["one", "two", "three"]),
        ("\n\none\ntwo\n\n", ["one", "two"]),
        ("one\n\u00a0\n\u200b\ntwo", ["one", "two"]),
        ("\ta\u00a0b  c ", ["a\u00a0b  c"]),
        ("", []),
    ],
)
def test_paragraphs_are_what_blank_lines_part(text: str, expected: list[str]) -> None:
    assert list(paragraphs(text.split("\n"))) == expected


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("Correction: It was Tuesday.", "It was Tuesday."),
        ("CORRECTION (March 3, 2025): It was Tuesday.", "It was Tuesday."),
        ("Corrections, March 3: It was Tuesday", "It was Tuesday"),
        ("Correction", None),
        ("Correction:", None),
        ("Correction of a rumour: It was Tuesday", None),
        ("A correction: It was Tuesday", None),
    ],
)
def test_a_correction_begins_with_the_word_and_has_a_note(line: str, note: str | None) -> None:
    found, rest = split_correction([line, "", "Text."])

    assert found == note
    assert rest == (["", "Text."] if note else [line, "", "Text."])


def test_a_correction_goes_on_to_the_end_of_its_sentence_if_the_margin_broke_it() -> None:
    first = "Correction: An earlier version of this article named the wrong"

    assert split_correction([first, "day. It", "Text."]) == (
        "An earlier version of this article named the wrong day. It Text.",
        [],
    )
    assert split_correction([first, "day.", "Text."])[1] == ["Text."]
    assert split_correction([first, "no end", "", "Text."])[1] == ["no end", "", "Text."]


def test_a_short_correction_without_a_full_stop_takes_no_text_along() -> None:
    assert split_correction(["Correction: It was Tuesday", "Text."])[1] == ["Text."]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x" * 151, True),
        ("x" * 60 + ".", True),
        ("“" + "x" * 60 + ".”", True),
        ("x" * 150, False),
        ("x" * 60 + "?", False),
        ("Short.", False),
        ("”" * 70, False),
    ],
)
def test_long_sentences_are_prose_and_headlines_are_not(line: str, expected: bool) -> None:
    assert is_prose(line) is expected


@given(st.lists(st.text("ab .\u00a0\u200b", max_size=5)))
def test_paragraphs_lose_nothing_that_can_be_seen(lines: list[str]) -> None:
    seen = "".join("".join(lines).replace("\u200b", "").split())

    assert "".join("".join(paragraphs(lines)).replace("\u200b", "").split()) == seen
