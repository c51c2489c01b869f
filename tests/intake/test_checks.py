"""What a submission must be like to come in."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import RejectedError
from feedsvc.intake.checks import checked, checked_slug
from feedsvc.model import Attribution, Media, Submission
from feedsvc.settings import Settings
from tests.newsroom import Newsroom, a_submission
from tests.store.reading import all_rows

SETTINGS = Settings()


def let_in(**fields: Any) -> Submission:
    return checked(a_submission(**fields), SETTINGS)


def picture(**fields: Any) -> Media:
    values = {"url": "https://paper.example/a.jpg", "media_type": "image/jpeg", **fields}
    return Media(**values)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"title": " \n\x07"}, "title", "the title is empty"),
        ({"title": "t" * 301}, "title", "the title is longer than 300 characters"),
        ({"content_html": " "}, "body", "the body is empty"),
        ({"content_html": "<script>x</script>"}, "body", "the body is empty"),
        ({"content_html": "é" * 200_001}, "body", "has 400,002 bytes; 400,000 are allowed"),
        ({"summary": "s" * 2_001}, "summary", "is longer than 2000 characters"),
        ({"byline": (("\x00", None),)}, "author", "the author has no name"),
        ({"byline": (("n" * 121, None),)}, "author", "is too long for a name"),
        ({"byline": tuple((f"N{n}", None) for n in range(51))}, "byline", "more than 50 people"),
        ({"sections": ("News", " ")}, "section", "the section has no name"),
        ({"sections": tuple(f"S{n}" for n in range(51))}, "section", "more than 50"),
        ({"edition": "\x01"}, "edition", "the edition has no name"),
        ({"tags": ("t" * 121,)}, "tag", "is too long for a name"),
        ({"guid": ""}, "guid", "is blank or has stray spaces"),
        ({"guid": " 1"}, "guid", "is blank or has stray spaces"),
        ({"guid": "a\x00b"}, "guid", "is blank or has stray spaces"),
        ({"guid": "g" * 2_001}, "guid", "is longer than 2000 bytes"),
        ({"guid": "é" * 1_001}, "guid", "is longer than 2000 bytes"),
        ({"date": dt.datetime(1, 1, 1, tzinfo=dt.UTC)}, "date", "outside of the years 1000 to"),
        ({"date": dt.datetime(9999, 12, 31, 23, tzinfo=dt.UTC)}, "date", "outside of the years"),
        ({"date": dt.date(1, 1, 1)}, "date", "0001-01-01 is outside of the years 1000 to 9998"),
        ({"language": "English (US)"}, "language", "en-US would be one"),
        ({"language": "en\x00"}, "language", "en-US would be one"),
        ({"media": (picture(url="/a.jpg"),)}, "media", "is no web address"),
        ({"media": (picture(url="https://[a/b.jpg"),)}, "media", "is no web address"),
        (
            {"attribution": Attribution("https://[a/b", "A")},
            "attribution",
            "'https://[a/b' is no web address",
        ),
        ({"media": (picture(url="https://a.example/a b"),)}, "media", "is no web address"),
        ({"media": (picture(url="https://a.example/\x01"),)}, "media", "is no web address"),
        ({"media": (picture(url="https://a.example/\ud800"),)}, "media", "is no web address"),
        ({"media": (picture(media_type="JPEG"),)}, "media", "image/jpeg would be one"),
        ({"media": (picture(size_bytes=-1),)}, "media", "has a negative size"),
        ({"media": (picture(width=-1),)}, "media", "has a negative size"),
    ],
)
def test_what_cannot_come_in_is_told_why(fields: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(RejectedError) as refused:
        let_in(**fields)

    assert refused.value.field == field
    assert words in refused.value.reason


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "t" * 300},
        {"content_html": "é" * 200_000},
        {"summary": "s" * 2_000},
        {"byline": tuple((f"N{n}", None) for n in range(50))},
        {"byline": (("n" * 120, None),)},
        {"sections": (), "edition": None, "byline": ()},
        {"language": "zh-Hant-TW"},
        {"media": (picture(size_bytes=0, width=0, height=None),)},
        {"media": (picture(url="http://a.example"), picture(url="https://a.example:8/?a=1&b=2"))},
    ],
)
def test_what_is_just_within_the_limits_comes_in(fields: dict[str, Any]) -> None:
    assert let_in(**fields) == a_submission(**fields)


def test_what_comes_in_is_clean() -> None:
    clean = let_in(
        title=" Two\nlines\x07 ",
        summary="\x00",
        byline=((" Ana  Lee ", " Editor\n"), ("ana lee", None), ("Bo Chen", " ")),
        sections=("News", "NEWS", " Sports "),
        tags=("Chess", "chess"),
        edition=" The\tJournal ",
        media=(picture(description=" A\x01  picture "), picture(description="\x00")),
    )

    assert clean.title == "Two lines"
    assert clean.summary is None
    assert clean.byline == (("Ana Lee", "Editor"), ("Bo Chen", None))
    assert clean.sections == ("News", "Sports")
    assert clean.tags == ("Chess",)
    assert clean.edition == "The Journal"
    assert [media.description for media in clean.media] == ["A picture", None]


@pytest.mark.parametrize("slug", ["a", "a-b", "2024", "a" * 120])
def test_a_slug_may_be_letters_digits_and_single_hyphens(slug: str) -> None:
    assert checked_slug(slug) == slug


@pytest.mark.parametrize("slug", ["", "A", "a b", "a/b", "-a", "a-", "a--b", "é", "a" * 121, "a\n"])
def test_any_other_slug_is_refused(slug: str) -> None:
    with pytest.raises(RejectedError) as refused:
        checked_slug(slug)

    assert refused.value.field == "slug"


ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=40)


@given(
    st.builds(
        Submission,
        title=ANY_TEXT,
        content_html=ANY_TEXT,
        byline=st.lists(st.tuples(ANY_TEXT, st.none() | ANY_TEXT), max_size=3).map(tuple),
        sections=st.lists(ANY_TEXT, max_size=3).map(tuple),
        edition=st.none() | ANY_TEXT,
        tags=st.lists(ANY_TEXT, max_size=3).map(tuple),
        summary=st.none() | ANY_TEXT,
        language=st.none() | st.sampled_from(["en", "de-AT"]) | ANY_TEXT,
        guid=st.none() | ANY_TEXT,
        media=st.lists(st.builds(picture, url=ANY_TEXT, description=ANY_TEXT)).map(tuple),
    )
)
def test_whatever_is_let_in_would_be_let_in_again_unchanged(submission: Submission) -> None:
    try:
        once = checked(submission, SETTINGS)
    except RejectedError:
        return

    assert checked(once, SETTINGS) == once
    assert "\0" not in repr(once)
    repr(once).encode()  # nothing that no encoding can hold


def test_every_database_can_hold_what_is_let_in(newsroom: Newsroom) -> None:
    hostile = "a\x00b\x0b\ud800\ufffe\U0001f600 <b>&amp;"
    article = newsroom.submit(
        title=hostile,
        content_html=f"<p>{hostile}</p>",
        summary=hostile,
        byline=((hostile, hostile),),
        sections=(hostile,),
        edition=hostile,
        tags=(hostile,),
        media=(picture(description=hostile),),
    )

    newsroom.build()

    assert article.title == "ab😀 <b>&amp;"
    assert newsroom.shown() == [article.atom_id]


def test_a_refused_submission_leaves_no_trace(newsroom: Newsroom) -> None:
    before = all_rows(newsroom.services.database)

    with pytest.raises(RejectedError):
        newsroom.submit(title="", sections=("New Section",), byline=(("New Author", None),))

    assert all_rows(newsroom.services.database) == before
