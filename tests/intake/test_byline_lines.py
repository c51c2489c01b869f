"""Which lines of a page are a byline, or the rest of one."""

from __future__ import annotations

import pytest

from feedsvc.intake.text.byline import is_bare_byline, is_byline
from feedsvc.intake.text.roles import is_role_line

KNOWN = ("Rhodes and Sons", "JJ Abrams")


@pytest.mark.parametrize(
    "line",
    [
        "By: Jerry Zhang",
        "By Jerry Zhang",
        "BY JERRY ZHANG",
        "by: jerry zhang",
        "By:",
        "By Jerry Zhang.",
        "By Ann Lee, special correspondent in Paris",
        "By Ann Lee | ann@x.org",
        "by Jerry Zhang",
        "By Ann Lee, assistant sports editor and senior staff writer in Rome",
        "By The Journal Staff",
        "By the Journal Staff",
        "By van Dyke",
        "By 張偉",
        "Written by Ann Lee",
    ],
)
def test_a_line_that_says_by_whom_is_a_byline(line: str) -> None:
    assert is_byline(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "By",
        "Byron Smith",
        "By-laws Change",
        "By the time the votes were counted, Smith had lost.",
        "By Monday, the school had closed",
        "By Monday, school closed.",
        "By Friday, gone.",
        "By 2030, All Buses Go Electric",
        "By Any Other Name?",
        "By the Numbers",
        "by all means",
        "By: " + "long " * 50,
    ],
)
def test_a_sentence_that_begins_with_by_is_none(line: str) -> None:
    assert not is_byline(line)


@pytest.mark.parametrize(
    "line",
    [
        "Ann Lee, Staff Writer",
        "Ann Lee ’26",
        "Ann Lee & Bob Ray",
        "Ann Lee and Maria de la Cruz",
        "Rhodes And Sons",
        "JJ Abrams",
    ],
)
def test_a_line_without_by_can_be_unmistakable(line: str) -> None:
    assert is_bare_byline(line, KNOWN)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Ann Lee",
        "Biden and Trump",
        "What Happened",
        "Class of 2026",
        "Summer ’69",
        "Dear Editor,",
        "Ann Lee and her friends",
        "Why We All Love It and Ann Lee",
        " and ".join(["Ann Lee"] * 30),
        "WASHINGTON — The president said",
        "Former Student, Teacher Wins Award",
        "Ann Lee, the president, said no.",
        "JJ Abrams won the award on Monday, and nobody was surprised by it.",
    ],
)
def test_a_line_without_by_is_otherwise_no_byline(line: str) -> None:
    assert not is_bare_byline(line, KNOWN)


@pytest.mark.parametrize("line", ["Staff Writer", "Editor-in-Chief", "Editor of the Arts Pages"])
def test_a_line_can_be_a_role_alone(line: str) -> None:
    assert is_role_line(line)


@pytest.mark.parametrize(
    "line", ["Staff Writers Needed", "Dear Editor,", "The writer went home.", "A B C D E F Writer"]
)
def test_a_line_with_a_role_word_in_it_need_not_be_a_role(line: str) -> None:
    assert not is_role_line(line)
