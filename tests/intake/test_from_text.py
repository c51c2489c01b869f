from __future__ import annotations

import datetime as dt
import html
import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feedsvc.intake.from_text import Page
from feedsvc.intake.how import Overrides
from feedsvc.intake.text.byline import is_bare_byline
from feedsvc.settings import Settings
from feedsvc.settings.groups import Imports
from tests.intake.pages import BY, DATE, FILED, HEAD, KNOWN, TEXT, TITLE, body, outcome, read

SAMPLE = Path(__file__).parents[2].parent / "shared" / "samples" / "us-japan-alliance.txt"


def test_a_page_in_its_usual_form_is_read() -> None:
    page = read(*HEAD, BY, TEXT, "“Again,” he said.", "Back To Top", "© The Journal")

    submission = page.submission
    assert submission.title == TITLE
    assert submission.sections == ("News",)
    assert submission.edition == "The Journal 2024"
    assert submission.byline == (("Ann Lee", None),)
    assert submission.date == dt.date(2024, 11, 15)
    assert submission.content_html == f"<p>{TEXT}</p>\n<p>“Again,” he said.</p>"
    assert page.correction is None


def test_the_sample_page_of_the_newsroom_is_read() -> None:
    if not SAMPLE.exists():
        pytest.skip(f"{SAMPLE.name} is not here")

    page = outcome(SAMPLE.read_bytes())

    assert isinstance(page, Page)
    submission = page.submission
    assert submission.title == "U.S. and Japan Strengthen Military Alliance Amid Rising Tensions"
    assert (submission.sections, submission.edition) == (("News",), "The Journal 2024")
    assert submission.byline == (("Jerry Zhang", None),)
    assert submission.date == dt.date(2024, 11, 15)
    assert len(body(page)) == 5
    assert "governments’ top officials" in submission.content_html
    assert not {"Back To Top", submission.title} & set(body(page))


@pytest.mark.parametrize(
    "lines", [(DATE, TITLE, TITLE), (DATE, TITLE), (DATE, "By Request", "By Request")]
)
def test_a_page_may_have_no_categories(lines: tuple[str, ...]) -> None:
    page = read(*lines, BY, TEXT)

    assert page.submission.title == lines[1]
    assert (page.submission.sections, page.submission.edition) == ((), None)
    assert page.submission.byline == (("Ann Lee", None),)
    assert body(page) == [TEXT]


@pytest.mark.parametrize(
    "lines",
    [
        (TITLE, FILED),
        (TITLE, TITLE, FILED),
        (TITLE, "News", "The Journal 2024", TITLE),
        (TITLE, "News", "News", "The Journal 2024", TITLE),
        ("News", FILED, "News"),
    ],
)
def test_categories_stand_anywhere_below_the_first_title(lines: tuple[str, ...]) -> None:
    page = read(DATE, *lines, BY, TEXT)

    assert page.submission.title == lines[0]
    assert (page.submission.sections, page.submission.edition) == (("News",), "The Journal 2024")
    assert body(page) == [TEXT]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("“It’s On” - He Said", '"IT\'S ON" — he  said'),
        ("Re-Election\u00a0Day", "re–election day"),
        ("Straße", "STRASSE"),
    ],
)
def test_the_second_title_may_be_printed_otherwise_and_is_never_body(one: str, two: str) -> None:
    page = read(DATE, one, FILED, two, BY, TEXT)

    assert page.submission.title == one.replace("\u00a0", " ")
    assert body(page) == [TEXT]


@pytest.mark.parametrize("title", ["September 11, 2001", DATE])
def test_a_date_is_only_read_on_the_first_line(title: str) -> None:
    page = read(DATE, title, FILED, title, BY, DATE, TEXT)

    assert (page.submission.date, page.submission.title) == (dt.date(2024, 11, 15), title)
    assert body(page) == [DATE, TEXT]


def test_a_text_may_begin_with_the_date_of_the_page() -> None:
    assert body(read(*HEAD[:3], DATE, TEXT)) == [DATE, TEXT]


@pytest.mark.parametrize("below", [BY, FILED])
def test_a_title_may_be_a_long_sentence_where_the_form_goes_on(below: str) -> None:
    title = "The School Board Has Voted to Keep the Pool Open for Another Year."

    assert read(DATE, title, below, TEXT).submission.title == title


def test_a_title_may_begin_with_a_section() -> None:
    title = "Opinion: The Case for Naps"

    assert read(DATE, title, BY, TEXT).submission.title == title


def test_a_time_in_the_date_line_is_meant_where_the_newsroom_is() -> None:
    page = read("Jan. 2, 2024 at 3:30 PM", *HEAD[1:], BY, TEXT)

    assert page.submission.date == dt.datetime(2024, 1, 2, 20, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("line", "byline"),
    [
        ("By Ann Lee and Bob Ray", (("Ann Lee", None), ("Bob Ray", None))),
        ("BY JERRY ZHANG", (("Jerry Zhang", None),)),
        ("By: Rhodes and Sons", (("Rhodes and Sons", None),)),
        ("By:", ()),
        ("By Ann Lee\nStaff Writer", (("Ann Lee", "Staff Writer"),)),
        ("By:\nAnn Lee", (("Ann Lee", None),)),
        ("By: Ann Lee\n\nBy: Bob Ray", (("Ann Lee", None), ("Bob Ray", None))),
        ("Ann Lee, Staff Writer", (("Ann Lee", "Staff Writer"),)),
        ("Ann Lee ’26", (("Ann Lee", "’26"),)),
        ("Ann Lee and Bob Ray", (("Ann Lee", None), ("Bob Ray", None))),
        ("Jerry Zhang", (("Jerry Zhang", None),)),
    ],
)
def test_the_byline_is_the_line_below_the_second_title(
    line: str, byline: tuple[tuple[str, str | None], ...]
) -> None:
    page = read(*HEAD, line, TEXT)

    assert page.submission.byline == byline
    assert body(page) == [TEXT]


@pytest.mark.parametrize(
    "line",
    [
        "By the time the bell rang, everyone knew.",
        "What happened",
        "Pizza and Trump",
        "Dear Editor,",
        "It was a friend, the student president, who told us.",
    ],
)
def test_a_page_may_be_unsigned(line: str) -> None:
    page = read(*HEAD, line, TEXT)

    assert page.submission.byline == ()
    assert body(page) == [line, TEXT]


@pytest.mark.parametrize("line", ["Staff Writer", "Bob Ray"])
def test_a_short_line_is_text_if_a_blank_one_parts_it_from_the_byline(line: str) -> None:
    assert body(read(*HEAD, BY, line, TEXT)) == [line, TEXT]
    assert body(read(*HEAD, BY + "\n" + line)) == [line]


@pytest.mark.parametrize("lines", [(TEXT,), ("Dear Editor,", TEXT), ("Hello.", TEXT)])
def test_a_title_and_a_text_are_enough_below_a_date(lines: tuple[str, ...]) -> None:
    page = read(DATE, TITLE, *lines)

    assert page.submission.title == TITLE
    assert body(page) == list(lines)


def test_only_a_note_right_below_the_byline_is_the_correction() -> None:
    page = read(*HEAD, BY, "Correction (March 3, 2025): It was Tuesday.", "Correction: No.")

    assert page.correction == "It was Tuesday."
    assert body(page) == ["Correction: No."]
    assert read(*HEAD, BY, TEXT, "Correction: No.").correction is None


def test_text_is_escaped_composed_and_otherwise_left_alone() -> None:
    page = read(*HEAD, BY, '1 < 2 & 3 > 2 "so"', "نص 👩‍👩‍👧 “عربي” \u200f.", "a\u00a0b  cafe\u0301")

    assert body(page) == [
        '1 &lt; 2 &amp; 3 &gt; 2 "so"',
        "نص 👩‍👩‍👧 “عربي” \u200f.",
        "a\u00a0b  café",
    ]


def test_windows_files_read_like_others() -> None:
    page = outcome("\r\n".join(["", *HEAD, BY, TEXT, TEXT, "Back To Top", ""]).encode("utf-16"))

    assert isinstance(page, Page)
    assert body(page) == [TEXT, TEXT]


def test_the_digest_is_of_all_that_a_page_is_read_with() -> None:
    raw, day_first = (
        "\n\n".join([*HEAD, BY, TEXT]).encode(),
        Settings(imports=Imports(day_first=True)),
    )
    pages = [
        outcome(raw),
        outcome(raw, Overrides(title="New")),
        outcome(raw, settings=day_first),
        outcome(raw + b" "),
    ]

    digests = [page.submission.digest for page in pages if isinstance(page, Page)]

    assert len(set(digests)) == 4
    assert outcome(raw) == pages[0]


word = st.text(
    st.sampled_from("abcXYZéßñ“”’—&<>,;!?0123محمد新闻編集👩😀"), min_size=1, max_size=8
).map(lambda text: unicodedata.normalize("NFC", text))
phrase = (
    st.lists(word, min_size=1, max_size=12)
    .map(" ".join)
    .filter(lambda text: any(char.isalpha() for char in text))
)


@given(
    title=phrase,
    section=st.none() | st.sampled_from(KNOWN.sections),
    edition=st.none() | st.integers(1900, 2100).map("The Journal {}".format),
    author=st.none() | st.sampled_from(["Ann Lee", "J.J. O'Neil", "張偉", "محمد علي"]),
    texts=st.lists(phrase, min_size=1, max_size=5),
)
def test_whatever_is_written_in_the_form_reads_back(
    title: str, section: str | None, edition: str | None, author: str | None, texts: list[str]
) -> None:
    assume(author or not is_bare_byline(texts[0]))
    filed = " ".join(part for part in (section, edition) if part)
    signed = [f"By: {author}"] if author else []

    page = read(DATE, title, *([filed] if filed else []), title, *signed, *texts, "Back To Top")

    assert page.submission.title == title
    assert page.submission.sections == ((section,) if section else ())
    assert page.submission.edition == edition
    assert page.submission.byline == (((author, None),) if author else ())
    assert [html.unescape(text) for text in body(page)] == texts
