"""What is given beside a page wins, and its line in the page does not become text."""

from __future__ import annotations

import datetime as dt

import pytest

from feedsvc.intake.how import Overrides
from tests.intake.pages import BY, DATE, FILED, HEAD, MORE, TEXT, TITLE, body, read

DAY = dt.date(2024, 1, 2)


def test_what_is_given_wins_and_its_line_is_removed_all_the_same() -> None:
    over = Overrides(date=DAY, title="  New\u00a0title ", section="sports", edition="Spring 2025")

    page = read(*HEAD, BY, TEXT, over=over)

    submission = page.submission
    assert (submission.date, submission.title) == (DAY, "New title")
    assert (submission.sections, submission.edition) == (("Sports",), "Spring 2025")
    assert submission.byline == (("Ann Lee", None),)
    assert body(page) == [TEXT]


@pytest.mark.parametrize(
    ("lines", "over"),
    [
        (("November 31, 2024", *HEAD[1:], BY), Overrides(date=DAY)),
        ((*HEAD[1:], BY), Overrides(date=DAY)),
        ((TITLE, DATE, FILED, TITLE, BY), Overrides(date=DAY)),
        ((DATE, FILED, BY), Overrides(title=TITLE)),
        ((FILED, BY), Overrides(date=DAY, title=TITLE)),
        ((DATE, TITLE, "Nonsense The Journal 2024", TITLE, BY), Overrides(section="News")),
        ((DATE, TITLE, "The Journal 2024"), Overrides(section="News")),
        (
            (DATE, TITLE, "Fall 2023 | The Echo 2024", TITLE, BY),
            Overrides(section="News", edition=FILED[5:]),
        ),
        ((DATE, TITLE, "Nonsense", TITLE, BY), Overrides(section="News", edition=FILED[5:])),
    ],
)
def test_what_is_given_makes_up_for_what_is_missing(
    lines: tuple[str, ...], over: Overrides
) -> None:
    page = read(*lines, TEXT, over=over)

    submission = page.submission
    assert submission.title == TITLE
    assert submission.date == (over.date if over.date is not None else dt.date(2024, 11, 15))
    assert (submission.sections, submission.edition) == (("News",), "The Journal 2024")
    assert body(page) == [TEXT]


def test_a_title_that_is_a_date_is_kept_when_the_date_is_given() -> None:
    page = read(DATE, FILED, DATE, BY, TEXT, over=Overrides(date=DAY))

    assert (page.submission.title, page.submission.date) == (DATE, DAY)


@pytest.mark.parametrize(
    "lines", [(TEXT, MORE), ("“Hello,” she said", TEXT), (DATE, TEXT, MORE), (BY, TEXT)]
)
def test_no_text_is_taken_for_a_header_when_the_header_is_given(lines: tuple[str, ...]) -> None:
    page = read(*lines, over=Overrides(date=DAY, title="New"))

    assert body(page) == [line for line in lines if line not in {DATE, BY}]


def test_a_short_first_paragraph_is_kept_when_the_section_is_given() -> None:
    page = read(DATE, TITLE, "What happened", TEXT, over=Overrides(section="News"))

    assert body(page) == ["What happened", TEXT]


def test_an_empty_section_or_edition_means_none() -> None:
    submission = read(*HEAD, BY, TEXT, over=Overrides(section="", edition=" ")).submission

    assert (submission.sections, submission.edition) == ((), None)


@pytest.mark.parametrize("printed", [(DATE, "Old Title"), ("New",)])
def test_a_title_that_is_recognised_is_removed_when_another_is_given(
    printed: tuple[str, ...],
) -> None:
    page = read(*printed, TEXT, over=Overrides(date=DAY, title="New"))

    assert body(page) == [TEXT]
