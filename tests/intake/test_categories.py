from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import RejectedError
from feedsvc.intake.text.categories import Categories, split_categories

SECTIONS = ("News", "World", "Sports", "Opinion", "Arts", "Arts & Culture", "Student Life")
EDITIONS = ("The Journal 2024", "The Journal", "Vol 12, No 3", "Fall/Winter 2023")


def split(line: str, *, auto_create: bool = False) -> tuple[tuple[str, ...], str | None]:
    found = split_categories(line, SECTIONS, EDITIONS, auto_create=auto_create)
    return found.sections, found.edition


@pytest.mark.parametrize(
    ("line", "sections", "edition"),
    [
        ("News The Journal 2024", ("News",), "The Journal 2024"),
        ("The Journal 2024 World", ("World",), "The Journal 2024"),
        ("News The Journal 2024 World", ("News", "World"), "The Journal 2024"),
        ("News The Journal", ("News",), "The Journal"),
        ("News", ("News",), None),
        ("The Journal 2024", (), "The Journal 2024"),
        ("", (), None),
        ("news  SPORTS the journal 2024", ("News", "Sports"), "The Journal 2024"),
        ("News News", ("News",), None),
        ("Student Life The Journal 2024", ("Student Life",), "The Journal 2024"),
        ("News Vol. 12, No. 3", ("News",), "Vol 12, No 3"),
        ("Fall/Winter 2023 News", ("News",), "Fall/Winter 2023"),
    ],
)
def test_known_names_are_told_apart(line: str, sections: tuple[str, ...], edition: str) -> None:
    assert split(line) == (sections, edition)


@pytest.mark.parametrize("line", ["Arts & Culture", "arts and culture", "ARTS AND CULTURE"])
def test_the_longest_name_wins_and_and_is_an_ampersand(line: str) -> None:
    assert split(line) == (("Arts & Culture",), None)


@pytest.mark.parametrize(
    "line",
    [
        "News, Sports, The Journal 2024",
        "News | Sports | The Journal 2024",
        "The Journal 2024 / News / Sports",
        "News · Sports · The Journal 2024",
        "News – Sports – The Journal 2024 –",
        "News & Sports: The Journal 2024",
        "News and Sports The Journal 2024",
        "News | The Journal 2024 | Sports",
    ],
)
def test_marks_may_stand_between_names(line: str) -> None:
    assert split(line) == (("News", "Sports"), "The Journal 2024")


@pytest.mark.parametrize(
    "edition",
    [
        "The Journal 2025",
        "The Gazette",
        "Spring 2025",
        "May 2025",
        "Sept. 2025",
        "2025",
        "75th Anniversary Issue",
        "Vol. 13",
        "Volume XIII, Issue 2",
        "No. 7",
        "Issue 4",
        "Special Election Issue",
        "Edition 9",
        "Fall/Winter 2025",
        "The Journal 2024–25",
    ],
)
def test_words_that_look_like_an_edition_are_a_new_one(edition: str) -> None:
    assert split(f"News {edition}") == (("News",), edition)
    assert split(f"{edition} | News") == (("News",), edition)
    assert split(edition) == ((), edition)


@pytest.mark.parametrize(
    ("line", "unknown", "sections", "edition"),
    [
        ("News Gardening The Journal 2024", "“Gardening”", "News Gardening", "The Journal 2024"),
        ("Gardening The Journal 2024", "“Gardening”", "Gardening", "The Journal 2024"),
        ("Gardening The Journal 2099", "“Gardening”", "Gardening", "The Journal 2099"),
        ("Gardening The Journal 2099 News", "“Gardening”", "Gardening News", "The Journal 2099"),
        ("Gardening News The Journal 2099", "“Gardening”", "Gardening News", "The Journal 2099"),
        ("Gardening, Knitting", "“Gardening” and “Knitting”", "Gardening Knitting", None),
        ("Gardening Fall 2025 Knitting", "“Gardening” and", "Gardening Knitting", "Fall 2025"),
        ("Gardening | News | Knitting", "“Gardening” and", "Gardening News Knitting", None),
        ("Gardening", "“Gardening”", "Gardening", None),
        ("Gardening No. 7", "“Gardening”", "Gardening", "No. 7"),
        ("Newsy", "“Newsy”", "Newsy", None),
    ],
)
def test_unknown_words_are_refused_or_become_sections(
    line: str, unknown: str, sections: str, edition: str | None
) -> None:
    with pytest.raises(RejectedError) as error:
        split(line)

    assert error.value.field == "section"
    assert error.value.reason.startswith(unknown)
    assert f"“{line}”" in error.value.reason
    assert "`imports.sections` in config/feedsvc.toml" in error.value.reason
    assert "--auto-create" in error.value.reason
    assert split(line, auto_create=True) == (tuple(sections.split()), edition)


@pytest.mark.parametrize(
    ("line", "section"),
    [
        ("News Digest Sports", "Sports"),
        ("Sports News Digest", "Sports"),
        ("News Best of Sports", "News"),
        ("Best of Sports News", "News"),
        ("Gardening Best of Sports Knitting", "Gardening Knitting"),
    ],
)
def test_a_section_in_the_name_of_a_known_edition_is_part_of_it(line: str, section: str) -> None:
    found = split_categories(line, SECTIONS, ["News Digest", "Best of Sports"], auto_create=True)

    assert found.edition in {"News Digest", "Best of Sports"}
    assert found.sections == tuple(section.split())


def test_a_refusal_says_how_many_words_are_unknown_and_where() -> None:
    with pytest.raises(RejectedError, match=r"^“Gardening” is not a known section\. "):
        split("Gardening")
    with pytest.raises(
        RejectedError, match=r"^“Gardening” and “Knitting” in “Gardening, Knitting” are not known "
    ):
        split("Gardening, Knitting")


def test_words_further_on_are_no_edition_without_a_number() -> None:
    assert split("Behind The Scenes", auto_create=True) == (("Behind The Scenes",), None)


@pytest.mark.parametrize(
    ("line", "meant"), [("Opinon The Journal 2024", "Opinion"), ("sprots", "Sports")]
)
def test_a_slip_is_answered_with_the_name_that_was_meant(line: str, meant: str) -> None:
    with pytest.raises(RejectedError, match=f"Did you mean “{meant}”"):
        split(line)


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    with pytest.raises(RejectedError) as error:
        split("Gardening")

    assert "Did you mean" not in error.value.reason


@pytest.mark.parametrize("auto_create", [True, False])
@pytest.mark.parametrize(
    "line",
    [
        "The Journal 2024 | The Gazette 2024",
        "The Gazette 2023 | The Gazette 2024",
        "The Gazette 2023 | News | The Gazette 2024",
        "Vol. 13, News, No. 4",
        "The Journal 2024, No. 4",
    ],
)
def test_two_editions_are_refused_even_where_new_sections_are_not(
    line: str, auto_create: bool
) -> None:
    with pytest.raises(RejectedError, match="more than one edition") as error:
        split(line, auto_create=auto_create)

    assert error.value.field == "section"


@given(
    st.lists(st.sampled_from(SECTIONS), unique=True, max_size=4),
    st.none() | st.sampled_from(EDITIONS) | st.integers(1900, 2100).map("The Echo {}".format),
    st.sampled_from([" ", ", ", " | ", " / ", " · "]),
    st.booleans(),
)
def test_any_known_names_in_any_order_read_back(
    sections: list[str], edition: str | None, mark: str, edition_first: bool
) -> None:
    names = [edition, *sections] if edition_first else [*sections, edition]
    line = mark.join(name for name in names if name)

    assert split_categories(line, SECTIONS, EDITIONS) == Categories(tuple(sections), edition)


@given(st.text(), st.booleans())
def test_any_line_is_read_or_refused(line: str, auto_create: bool) -> None:
    found = split_or_error(line, auto_create=auto_create)

    if isinstance(found, RejectedError):
        assert found.field == "section"
    else:
        assert all(name.strip() for name in (*found.sections, found.edition or "none"))


def split_or_error(line: str, *, auto_create: bool) -> Categories | RejectedError:
    try:
        return split_categories(line, SECTIONS, EDITIONS, auto_create=auto_create)
    except RejectedError as error:
        return error
