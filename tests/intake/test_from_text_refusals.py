"""Pages that are refused: what is missing or wrong, where, and what to do."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import RejectedError
from feedsvc.intake.how import Overrides
from tests.intake.pages import (
    BY,
    DATE,
    FILED,
    HEAD,
    MORE,
    TEXT,
    TITLE,
    outcome,
    read,
    refusal,
)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((TITLE, FILED, TITLE, BY, TEXT), f"line 1 is “{TITLE}”"),
        ((TITLE, DATE, FILED, BY, TEXT), f"line 1 is “{TITLE}”"),
        (
            ("November 31, 2024", *HEAD[1:], BY, TEXT),
            "“November 31, 2024” is not a day that exists",
        ),
        (
            ("May 5, 2024 at 25:00", *HEAD[1:], TEXT),
            "“May 5, 2024 at 25:00” is not a time that exists",
        ),
        ((DATE, FILED, DATE, BY, TEXT), f"line 1 is “{DATE}”, which is the title"),
        ((DATE, DATE, BY, TEXT), f"line 1 is “{DATE}”, which is the title"),
    ],
)
def test_a_page_without_its_date_is_refused(lines: tuple[str, ...], why: str) -> None:
    error = refusal(*lines)

    assert (error.field, error.line) == ("date", 1)
    assert why in error.reason
    assert "--date" in error.reason
    assert "--title" not in error.reason


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((DATE, BY, TEXT), "line 3 is “By: Ann Lee”, which is the byline"),
        ((DATE, "BY ANN LEE", TEXT), "line 3 is “BY ANN LEE”, which is the byline"),
        ((DATE, FILED, BY, TEXT), f"line 3 is “{FILED}”, which names sections"),
        (
            (DATE, TEXT, MORE),
            "line 3 is “The cafeteria served pizza on Monday, and the line went arou…”",
        ),
        ((DATE, "x" * 301, BY, TEXT), "301 characters long"),
        ((DATE, "x" * 301, "x" * 301, BY, TEXT), "301 characters long"),
    ],
)
def test_a_page_without_its_title_is_refused(lines: tuple[str, ...], why: str) -> None:
    error = refusal(*lines)

    assert (error.field, error.line) == ("title", 3)
    assert why in error.reason
    assert "--title" in error.reason
    assert "--date" not in error.reason


@pytest.mark.parametrize("lines", [(BY, TEXT), (FILED, BY, TEXT), (TEXT, MORE), (TEXT,)])
def test_one_refusal_says_that_both_are_missing(lines: tuple[str, ...]) -> None:
    error = refusal(*lines)

    assert (error.field, error.line) == ("date", 1)
    assert error.reason.startswith("No publishing date: line 1 is “")
    assert " No title: line 1 is “" in error.reason
    assert "--date and --title" in error.reason


@pytest.mark.parametrize(
    "lines",
    [
        (*HEAD, BY),
        (DATE, TITLE),
        (DATE, TITLE, "Back To Top", "About"),
        (*HEAD, BY, "Back To Top", "About"),
    ],
)
def test_a_page_without_text_is_refused(lines: tuple[str, ...]) -> None:
    assert refusal(*lines).field == "body"


def test_a_page_that_ends_after_the_date_has_no_title() -> None:
    error = refusal(DATE)

    assert (error.field, error.line) == ("title", None)
    assert "the page ends before it" in error.reason


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ((DATE, TITLE, "News Gardening", TITLE, BY, TEXT), 5),
        ((DATE, TITLE, "Gardening", BY, TEXT), 5),
        ((DATE, TITLE, "Gardening", TEXT), 5),
        ((DATE, TITLE, "News", "Gardening", TITLE, BY, TEXT), 5),
    ],
)
def test_an_unknown_section_is_refused_with_its_line(lines: tuple[str, ...], line: int) -> None:
    error = refusal(*lines)

    assert (error.field, error.line) == ("section", line)
    assert "“Gardening”" in error.reason
    assert "Gardening" in read(*lines, over=Overrides(auto_create=True)).submission.sections


def test_a_short_line_between_the_title_and_the_byline_can_only_be_the_categories() -> None:
    line = "Pizza of the people"

    assert refusal(DATE, TITLE, line, BY, TEXT).field == "section"


def test_a_binary_file_is_refused() -> None:
    error = outcome(b"%PDF-1.7")

    assert isinstance(error, RejectedError)
    assert error.field == "file"


line = st.sampled_from([*HEAD, BY, TEXT, "", "By", "Correction: x", "Back To Top", ",", "—"])


@given(
    st.binary() | st.lists(line | st.text()).map(lambda lines: "\n".join(lines).encode()),
    st.builds(
        Overrides,
        date=st.none() | st.just(dt.date(2024, 1, 2)),
        title=st.none() | st.just("New") | st.just(" "),
        section=st.none() | st.sampled_from(["News", "Other", ""]),
        edition=st.none() | st.just("Spring 2025"),
        auto_create=st.booleans(),
    ),
)
def test_arbitrary_pages_are_read_or_refused(raw: bytes, over: Overrides) -> None:
    found = outcome(raw, over)

    if isinstance(found, RejectedError):
        assert found.field in {"file", "date", "title", "section", "body"}
        assert found.line is None or 1 <= found.line <= len(raw) + 1
    else:
        assert found.submission.title
        assert found.submission.date
        assert found.submission.content_html
