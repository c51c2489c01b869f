"""Headers of article pages in other forms than the newsroom's own."""

from __future__ import annotations

import datetime as dt
import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import RejectedError
from feedsvc.intake.from_text import Page
from feedsvc.intake.how import Overrides
from feedsvc.settings import Settings
from feedsvc.settings.groups import Imports, Site
from tests.intake.pages import (
    BY,
    DATE,
    FILED,
    HEAD,
    MORE,
    TEXT,
    TITLE,
    body,
    outcome,
    read,
    refusal,
)

DECK = "After eleven months of salad, the kitchen has given in to a petition."
DECEMBER = dt.date(2019, 12, 6)
ANN = (("Ann Lee", None),)
MIDDAY = dt.datetime(2019, 12, 7, 13, tzinfo=dt.UTC)  # 8 o'clock in New York


def said(page: Page) -> tuple[str, object, object]:
    return page.submission.title, page.submission.date, page.submission.byline


# Who and when below the title


def test_story_by_is_a_byline() -> None:
    assert read(*HEAD, "Story by Ann Lee", TEXT).submission.byline == ANN
    page = read(TITLE, "Story by Ann Lee", "Published: December 6, 2019", TEXT)
    assert (said(page), body(page)) == ((TITLE, DECEMBER, ANN), [TEXT])


@pytest.mark.parametrize("mark", [" | ", " • ", " – ", ", "])
@pytest.mark.parametrize(
    ("who", "role"),
    [("Ann Lee", None), ("By Ann Lee", None), ("ANN LEE", None), ("Ann Lee, Reporter", "Reporter")],
)
def test_name_and_date_may_share_a_line(who: str, role: str | None, mark: str) -> None:
    page = read(TITLE, f"{who}{mark}December 6, 2019", TEXT, MORE)

    assert said(page) == (TITLE, DECEMBER, (("Ann Lee", role),))
    assert body(page) == [TEXT, MORE]


@pytest.mark.parametrize("who", ["Ann Lee", "By Ann Lee", "Ann Lee, Reporter"])
def test_a_bullet_marks_the_date(who: str) -> None:
    page = read(TITLE, who, "• December 14, 2024", TEXT)

    assert page.submission.date == dt.date(2024, 12, 14)
    assert [name for name, _ in page.submission.byline] == ["Ann Lee"]
    assert body(page) == [TEXT]


def test_published_updated_and_filed_under_say_what_they_are() -> None:
    page = read(
        TITLE,
        BY,
        "Published: Friday, December 6th, 2019",
        "Updated: December 7, 2019",
        "Filed under Sports",
        TEXT,
    )

    assert said(page) == (TITLE, DECEMBER, ANN)
    assert page.submission.updated == MIDDAY
    assert page.submission.sections == ("Sports",)
    assert body(page) == [TEXT]


def test_the_own_form_may_say_when_it_was_updated() -> None:
    page = read("December 6, 2019", *HEAD[1:], BY, "Updated: December 7, 2019", TEXT)

    assert (page.submission.updated, body(page)) == (MIDDAY, [TEXT])


def test_filed_under_an_unknown_section_is_refused_with_its_line() -> None:
    error = refusal(TITLE, BY, "Published: December 6, 2019", "Filed under Gardening", TEXT)

    assert (error.field, error.line) == ("section", 7)


@pytest.mark.parametrize(
    ("day_first", "line", "date"),
    [
        (False, "9/10/2024", dt.date(2024, 9, 10)),
        (True, "9/10/2024", dt.date(2024, 10, 9)),
        (False, "9/16/2024", dt.date(2024, 9, 16)),
        (True, "16/9/2024", dt.date(2024, 9, 16)),
        (True, "September 10, 2024", dt.date(2024, 9, 10)),
    ],
)
def test_a_setting_says_which_number_is_the_day(day_first: bool, line: str, date: dt.date) -> None:
    settings = Settings(imports=Imports(day_first=day_first))
    for lines in ((line, *HEAD[1:], BY, TEXT), (TITLE, f"Ann Lee | {line}", TEXT)):
        page = outcome("\n\n".join(lines).encode(), settings=settings)

        assert isinstance(page, Page)
        assert page.submission.date == date


@pytest.mark.parametrize(("day_first", "line"), [(True, "9/16/2024"), (False, "16/9/2024")])
def test_a_month_that_does_not_exist_is_not_taken_for_a_day(day_first: bool, line: str) -> None:
    settings = Settings(imports=Imports(day_first=day_first))

    for lines in ((line, *HEAD[1:], BY, TEXT), (TITLE, f"Ann Lee | {line}", TEXT)):
        error = outcome("\n\n".join(lines).encode(), settings=settings)

        assert isinstance(error, RejectedError)
        assert f"“{line}” is not a day that exists" in error.reason


def test_the_text_may_open_with_its_date() -> None:
    page = read(TITLE, BY, f"July 12, 2006 | {TEXT}", MORE)

    assert said(page) == (TITLE, dt.date(2006, 7, 12), ANN)
    assert body(page) == [TEXT, MORE]


def test_a_text_that_opens_with_its_date_may_be_unsigned() -> None:
    assert body(read(TITLE, f"July 12, 2006 | {TEXT}", MORE)) == [TEXT, MORE]
    assert body(read(TITLE, "July 12, 2006 |", TEXT, MORE)) == [TEXT, MORE]


# The header at the end


@pytest.mark.parametrize(
    ("filed", "sections"),
    [
        (("Categories:",), ()),
        (("Categories: Sports",), ("Sports",)),
        (("Categories:", "News"), ("News",)),
    ],
)
def test_the_header_may_stand_at_the_end(filed: tuple[str, ...], sections: tuple[str, ...]) -> None:
    page = read(TEXT, MORE, *filed, TITLE, "Ann Lee, Reporter", "December 6, 2019", "Back To Top")

    assert said(page) == (TITLE, DECEMBER, (("Ann Lee", "Reporter"),))
    assert page.submission.sections == sections
    assert body(page) == [TEXT, MORE]


def test_a_header_at_the_end_takes_no_text_with_it() -> None:
    page = read(TITLE, TEXT, MORE, "Categories:", TITLE, "Ann Lee, Reporter", "December 6, 2019")

    assert (page.submission.title, body(page)) == (TITLE, [TEXT, MORE])


@pytest.mark.parametrize(
    "end",
    [
        (TITLE, "Ann Lee, Reporter", "December 6, 2019"),
        ("Categories:", TITLE, "December 6, 2019"),
        ("Categories:", TITLE, "Ann Lee, Reporter"),
        ("Categories:", TEXT, "Ann Lee, Reporter", "December 6, 2019"),
    ],
)
def test_a_header_at_the_end_that_lacks_a_part_is_refused(end: tuple[str, ...]) -> None:
    assert refusal(TEXT, MORE, *end).field == "date"


# Between title and byline


@pytest.mark.parametrize("head", [HEAD, (DATE, TITLE), (DATE, TITLE, "News")])
def test_a_deck_is_the_summary_and_stays_in_the_text(head: tuple[str, ...]) -> None:
    page = read(*head, DECK, BY, TEXT)

    assert (page.submission.summary, page.submission.byline) == (DECK, ANN)
    assert body(page) == [DECK, TEXT]


def test_deck_credit_and_reading_time_stand_between_title_and_byline() -> None:
    credit = "Photo by Bob Ray"
    for page in (
        read(*HEAD, DECK, credit, "5 min read", BY, TEXT),
        read(TITLE, DECK, credit, "Reading time: 5 minutes", f"{BY} | {DATE}", TEXT),
    ):
        assert page.submission.byline == ANN
        assert page.submission.summary == DECK
        assert body(page) == [DECK, credit, TEXT]


@pytest.mark.parametrize(
    "credit",
    ["Photo: Bob Ray", "PHOTO | BOB RAY", "Courtesy of the school", "Illustration by Bob Ray"],
)
def test_a_photo_credit_is_no_byline_and_stays_in_the_text(credit: str) -> None:
    assert read(*HEAD, credit, BY, TEXT).submission.byline == ANN
    assert body(read(*HEAD, credit, BY, TEXT)) == [credit, TEXT]
    assert body(read(*HEAD, BY, credit, TEXT)) == [credit, TEXT]


@pytest.mark.parametrize("line", ["5 minutes.", "30 min", "10-minute walk"])
def test_a_text_may_begin_with_minutes(line: str) -> None:
    assert body(read(*HEAD, BY, line, TEXT)) == [line, TEXT]


def test_two_lines_like_decks_are_text() -> None:
    page = read(*HEAD, DECK, TEXT, BY, MORE)

    assert page.submission.byline == ()
    assert body(page) == [DECK, TEXT, BY, MORE]


# About the author


@pytest.mark.parametrize("who", ["Author", "Writer", "Contributor"])
def test_about_the_author_names_who_wrote_an_unsigned_page(who: str) -> None:
    bio = "She is a junior and likes maps."

    alone = read(*HEAD, TEXT, f"About the {who}: Ann Lee", "Back To Top")
    with_bio = read(*HEAD, TEXT, f"About the {who}: Ann Lee", bio)

    assert (alone.submission.byline, body(alone)) == (ANN, [TEXT])
    assert (with_bio.submission.byline, body(with_bio)) == (
        ANN,
        [TEXT, f"About the {who}: Ann Lee", bio],
    )


def test_about_the_author_is_text_on_a_signed_page_or_without_a_name() -> None:
    about = "About the Author: Bob Ray"
    assert body(read(*HEAD, BY, TEXT, about)) == [TEXT, about]
    assert read(*HEAD, BY, TEXT, about).submission.byline == ANN
    nobody = "About the author: nothing is known."
    assert body(read(*HEAD, TEXT, nobody)) == [TEXT, nobody]


# What the site puts round the title

ABOVE = (
    ("Skip to Main Content",),
    ("The Student News Site of Harbor Hill High School",),
    ("The School Paper",),
    ("Menu", "Search", "Log In"),
    ("News", "Sports", "Opinion", "Arts & Culture"),
    ("Breaking News", "Trending: Ferry Stops at Noon"),
    ("72°F",),
    ("Harbor Hill, 63° | Partly Cloudy",),
    ("- Advertisement -",),
    ("Advertise With Us", "Advertisement"),
    ("Established in 1923",),
)
BESIDE = (
    ("Share on Facebook", "Share via Email"),
    ("12 Shares",),
    ("1,204 views",),
    ("Email This Story", "Send email to this address", "Enter Your Name"),
    ("Print This Page",),
    ("Facebook", "Twitter", "Copy Link"),
    ("Story continues below advertisement",),
)
FORMS = (
    (*HEAD, BY, TEXT),
    (DATE, TITLE, BY, TEXT),
    (TITLE, f"Ann Lee | {DATE}", TEXT),
    (TITLE, BY, f"• {DATE}", TEXT),
    (TEXT, MORE, "Categories: News", TITLE, "Ann Lee, Reporter", DATE),
)


@pytest.mark.parametrize("form", FORMS, ids=["own", "short", "dated byline", "bullet", "end"])
@pytest.mark.parametrize("lines", ABOVE, ids=lambda lines: lines[0])
def test_what_stands_above_the_header_changes_nothing(
    form: tuple[str, ...], lines: tuple[str, ...]
) -> None:
    plain, page = read(*form), read(*lines, *form)

    assert (said(page), body(page)) == (said(plain), body(plain))
    assert page.submission.sections == plain.submission.sections


@pytest.mark.parametrize("lines", BESIDE, ids=lambda lines: lines[0])
def test_what_stands_between_title_and_byline_changes_nothing(lines: tuple[str, ...]) -> None:
    for form in FORMS[:4]:
        at = next(at for at, line in enumerate(form) if line.startswith(("By", "Ann")))
        plain, page = read(*form), read(*form[:at], *lines, *form[at:])

        assert (said(page), body(page)) == (said(plain), body(plain))


@pytest.mark.parametrize("title", ["Search", "Trending: Hats", "Breaking News", "72°F", "News"])
def test_a_title_of_such_words_is_a_title(title: str) -> None:
    assert read(DATE, title, FILED, title, BY, TEXT).submission.title == title


@pytest.mark.parametrize("title", ["Search", "Trending: Hats", "Breaking News"])
def test_a_single_line_of_such_words_above_the_byline_is_the_title(title: str) -> None:
    assert read("12 Shares", title, f"Ann Lee | {DATE}", TEXT).submission.title == title


def test_such_lines_in_the_text_are_text() -> None:
    lines = (TEXT, "Share on Facebook", "12 Shares", "Menu", "Search")

    assert body(read(*HEAD, BY, *lines)) == list(lines)


def test_the_name_above_the_title_is_the_newsrooms() -> None:
    raw = "\n\n".join(["The Beacon", TITLE, f"Ann Lee | {DATE}", TEXT]).encode()

    page = outcome(raw, settings=Settings(site=Site(title="The Beacon")))

    assert isinstance(page, Page)
    assert page.submission.title == TITLE
    assert isinstance(outcome(raw), RejectedError)


# What cannot be told for certain


@pytest.mark.parametrize(
    "lines",
    [
        (TITLE, DATE, TEXT),
        (TITLE, DATE, BY, TEXT),
        (TITLE, "A Second Headline", f"Ann Lee | {DATE}", TEXT),
        (FILED, BY, f"• {DATE}", TEXT),
        (TEXT, f"Ann Lee | {DATE}", MORE),
        (TITLE, BY, TEXT, f"• {DATE}"),
        (TITLE, f"Local News | {DATE}", TEXT),
        (TITLE, "Local News", f"• {DATE}", TEXT),
    ],
)
def test_a_header_that_does_not_say_what_it_is_is_refused(lines: tuple[str, ...]) -> None:
    assert refusal(*lines).field == "date"


@pytest.mark.parametrize(
    "lines",
    [
        (*HEAD, "By Ann Lee | December 6, 2019", TEXT),
        (*HEAD, BY, "Published: December 6, 2019", TEXT),
        (TITLE, f"Ann Lee | {DATE}", "Published: December 6, 2019", TEXT),
    ],
)
def test_two_publishing_dates_are_refused(lines: tuple[str, ...]) -> None:
    error = refusal(*lines)

    assert error.field == "date"
    assert "two publishing dates" in error.reason
    assert error.line is not None


def test_what_is_given_wins_over_every_form() -> None:
    over = Overrides(date=dt.date(2020, 1, 2), title="New", section="Opinion")
    for form in FORMS:
        page = read(*form, over=over)

        assert (page.submission.title, page.submission.date) == ("New", dt.date(2020, 1, 2))
        assert page.submission.sections == ("Opinion",)
        assert body(page) == body(read(*form))


piece = st.sampled_from(
    [TITLE, BY, f"Ann Lee | {DATE}", f"• {DATE}", DATE, DECK, "News", FILED, "Photo by Bob Ray"]
)
word = st.text(st.sampled_from("abcXYZé,.’&3"), min_size=1, max_size=6)
text = st.lists(word, min_size=12, max_size=20).map(" ".join)


@given(
    st.lists(piece, max_size=8), st.lists(text, min_size=1, max_size=3), st.lists(piece, max_size=5)
)
def test_no_text_is_lost_below_any_header(
    head: list[str], texts: list[str], end: list[str]
) -> None:
    page = outcome("\n\n".join([*head, *texts, *end]).encode())

    if isinstance(page, Page):
        submission = page.submission
        shown = " ".join([submission.title, *map(html.unescape, body(page))])
        assert [line for line in texts if " ".join(line.split()) not in shown] == []


@given(st.sampled_from(FORMS), st.lists(st.sampled_from(ABOVE), unique=True, max_size=4))
def test_however_much_stands_above_a_page_it_reads_the_same(
    form: tuple[str, ...], above: list[tuple[str, ...]]
) -> None:
    page = read(*(line for lines in above for line in lines), *form)

    assert (said(page), body(page)) == (said(read(*form)), body(read(*form)))
