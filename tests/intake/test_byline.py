from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feedsvc.intake.text.byline import is_bare_byline, is_byline, parse_byline
from feedsvc.intake.text.names import is_full_name, name_key
from feedsvc.intake.text.roles import is_role

KNOWN = ("Rhodes and Sons", "JJ Abrams", "Conan O’Brien", "Amy de la Cruz")

NOT_IN_NAMES = {"and", "with", "by"}
words = st.from_regex(r"[A-Z][aeiou][a-z]{1,6}", fullmatch=True).filter(
    lambda word: word.lower() not in NOT_IN_NAMES and not is_role(word)
)
names = st.lists(words, min_size=2, max_size=3).map(" ".join) | st.sampled_from(
    [
        "J.J. O'Neil",
        "Maria de la Cruz",
        "Jean-Luc Müller",
        "Ann Smith-Jones",
        "張 偉",
        "Andy Sanders",
    ]
)
people = st.lists(names, min_size=1, max_size=5, unique_by=name_key)
roles = st.sampled_from(
    ["Staff Writer", "Editor-in-Chief", "Columnist and Liaison", "Photographer"]
)
years = st.integers(0, 99).map("{:02}".format)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("By: Ann Lee", ["Ann Lee"]),
        ("BY Ann Lee", ["Ann Lee"]),
        ("by : Ann Lee", ["Ann Lee"]),
        ("By\u00a0Ann  Lee.", ["Ann Lee"]),
        ("Written by Ann Lee", ["Ann Lee"]),
        ("Ann Lee", ["Ann Lee"]),
        ("By Ann Lee and Bob Ray", ["Ann Lee", "Bob Ray"]),
        ("By Ann Lee, Bob Ray and Cy Young", ["Ann Lee", "Bob Ray", "Cy Young"]),
        ("By Ann Lee, Bob Ray, and Cy Young", ["Ann Lee", "Bob Ray", "Cy Young"]),
        ("By Ann Lee & Bob Ray", ["Ann Lee", "Bob Ray"]),
        ("By Ann Lee / Bob Ray", ["Ann Lee", "Bob Ray"]),
        ("By Ann Lee/Bob Ray", ["Ann Lee", "Bob Ray"]),
        ("By Ann Lee; Bob Ray", ["Ann Lee", "Bob Ray"]),
        ("By Ann Lee with Bob Ray", ["Ann Lee", "Bob Ray"]),
        ("By Andy Sanders and Brandon", ["Andy Sanders", "Brandon"]),
        ("By Ann Lee, Bob Ray and Ann Lee", ["Ann Lee", "Bob Ray"]),
        ("By Ann Lee and Staff", ["Ann Lee", "Staff"]),
        ("By Brandon and Editor", ["Brandon", "Editor"]),
        ("By Ann Lee and Brandon and Editor", ["Ann Lee", "Brandon", "Editor"]),
        ("By Ann Lee, Bob Ray and Editor", ["Ann Lee", "Bob Ray", "Editor"]),
        ("By Ann Lee, de la Cruz", ["Ann Lee", "de la Cruz"]),
        ("by: ann lee, bob ray", ["ann lee", "bob ray"]),
        ("By Home: Ann Lee", ["Home: Ann Lee"]),
        ("By Editor of the Day", ["Editor of the Day"]),
        ("By III", ["III"]),
        ("By Ann Lee, Brandon and Staff", ["Ann Lee", "Brandon", "Staff"]),
        ("By: The Journal Staff", ["The Journal Staff"]),
        ("By: محمد علي، سارة", ["محمد علي", "سارة"]),
        ("By: 張偉 and Müller", ["張偉", "Müller"]),
        ("By Ann Lee (ann@x.org) and Bob Ray (bob@x.org)", ["Ann Lee", "Bob Ray"]),
        ("By Ann Lee | ann@x.org", ["Ann Lee"]),
        ("By Ann Lee (she/her)", ["Ann Lee"]),
        ("By Lloyd Austin, Jr. and Bob Ray III", ["Lloyd Austin Jr.", "Bob Ray III"]),
        ("By Lloyd Austin, III, and Bob Ray", ["Lloyd Austin III", "Bob Ray"]),
        ("By:", []),
        ("By: —", []),
    ],
)
def test_names_are_told_apart(line: str, expected: list[str]) -> None:
    assert parse_byline(line) == tuple((name, None) for name in expected)


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("By Ann Lee, Staff Writer", "Staff Writer"),
        ("By Ann Lee | Staff Writer", "Staff Writer"),
        ("By Ann Lee – Staff Writer", "Staff Writer"),
        ("By Ann Lee - Boston", "Boston"),
        ("By Ann Lee (Staff Writer, News)", "Staff Writer, News"),
        ("By Staff Writer Ann Lee", "Staff Writer"),
        ("By: Ann Lee, Columnist and Liaison", "Columnist and Liaison"),
        ("By Ann Lee, Staff Writer/Photographer", "Staff Writer/Photographer"),
        ("By Ann Lee, News and Sports Editor", "News and Sports Editor"),
        ("By Ann Lee, Arts & Culture Editor", "Arts & Culture Editor"),
        ("By Ann Lee, Campus and Culture Editor", "Campus and Culture Editor"),
        ("By Ann Lee, Staff Writer, Copy Editor", "Staff Writer, Copy Editor"),
        ("By Ann Lee, Editor New York", "Editor New York"),
        ("By Ann Lee and Ann Lee, Editor", "Editor"),
        ("By Ann Lee, Editor, and Ann Lee", "Editor"),
        ("By Ann Lee, a friend of the paper", "a friend of the paper"),
        ("By Ann Lee, The Associated Press", "The Associated Press"),
        ("By Ann Lee, Special to The Journal", "Special to The Journal"),
        ("By Special to The Journal: Ann Lee", "Special to The Journal"),
        ("By Ann Lee, Staff Writers", "Staff Writer"),
        ("BY ANN LEE, STAFF WRITER AND EDITOR-IN-CHIEF", "Staff Writer and Editor-in-Chief"),
        ("By Ann Lee '26", "’26"),
        ("By Ann Lee ’26", "’26"),
        ("By Ann Lee (’26)", "’26"),
        ("By Ann Lee (2026)", "’26"),
        ("By Ann Lee, '26", "’26"),
        ("By Ann Lee, Class of 2026", "’26"),
        ("By Ann Lee ’26, Staff Writer", "Staff Writer ’26"),
        ("By Ann Lee, Staff Writer ’26", "Staff Writer ’26"),
        ("By Ann Lee ’26 Staff Writer", "Staff Writer ’26"),
    ],
)
def test_what_is_no_name_is_the_role(line: str, role: str) -> None:
    assert parse_byline(line) == (("Ann Lee", role),)


@pytest.mark.parametrize(
    ("line", "ann", "bob"),
    [
        ("By Ann Lee and Bob Ray, Staff Writers", "Staff Writer", "Staff Writer"),
        ("By Ann Lee and Bob Ray, Editors-in-Chief", "Editor-in-Chief", "Editor-in-Chief"),
        ("By Ann Lee and Bob Ray, Journal Staff", "Journal Staff", "Journal Staff"),
        ("By Ann Lee and Bob Ray, Staff Writer", None, "Staff Writer"),
        (
            "By Ann Lee, Staff Writer, and Bob Ray, Editor-in-Chief",
            "Staff Writer",
            "Editor-in-Chief",
        ),
        ("By Ann Lee, Staff Writer and Bob Ray, Editor", "Staff Writer", "Editor"),
        ("By Ann Lee, Editor and Bob Ray", "Editor", None),
        ("By Ann Lee ’26 and Bob Ray ’27", "’26", "’27"),
        ("By Ann Lee ’26 and Bob Ray, Staff Writers", "Staff Writer ’26", "Staff Writer"),
        ("By Ann Lee, Photos by Bob Ray", None, "Photos"),
        ("By Special to The Journal: Ann Lee and Bob Ray", *["Special to The Journal"] * 2),
    ],
)
def test_each_role_goes_to_those_it_stands_for(line: str, ann: str | None, bob: str | None) -> None:
    assert parse_byline(line) == (("Ann Lee", ann), ("Bob Ray", bob))


def test_a_known_name_is_no_role_whatever_it_sounds_like() -> None:
    assert parse_byline("By Ann Lee, Bob Writer", ["Bob Writer"])[1] == ("Bob Writer", None)


def test_a_known_name_is_cut_neither_alone_nor_among_others_but_only_if_whole() -> None:
    line = "By Ann Lee, Rhodes and Sons, and Bob Ray"

    assert [name for name, _ in parse_byline(line, KNOWN)] == [
        "Ann Lee",
        "Rhodes and Sons",
        "Bob Ray",
    ]
    assert len(parse_byline("By Rhodes and Sonsmith", KNOWN)) == 2


def listed(parts: list[str], style: str) -> str:
    """The parts as "A, B and C" with the mark and the last joint of a style."""
    mark, last = style.split("…")
    return last.join([mark.join(parts[:-1]), parts[-1]]) if parts[1:] else parts[0]


styles = st.sampled_from(
    [", … and ", ", …, and ", ", … & ", "; …; ", " / … / ", ", …, ", " and … and "]
)


@given(st.sampled_from(["By: ", "By ", "BY ", "by: ", ""]), people, styles)
def test_any_names_in_any_style_read_back(prefix: str, people: list[str], style: str) -> None:
    assert parse_byline(prefix + listed(people, style)) == tuple((name, None) for name in people)


@given(people, st.lists(st.tuples(roles, st.none() | years), min_size=5, max_size=5))
def test_any_names_with_roles_and_years_read_back(
    people: list[str], given: list[tuple[str, str | None]]
) -> None:
    parts, expected = [], []
    for name, (role, year) in zip(people, given, strict=False):
        parts.append(f"{name} ’{year}, {role}" if year else f"{name}, {role}")
        expected.append((name, f"{role} ’{year}" if year else role))

    assert parse_byline("By " + listed(parts, ", …, and ")) == tuple(expected)


@given(people, styles)
def test_shouted_names_come_back_as_the_store_spells_them(people: list[str], style: str) -> None:
    line = "BY " + listed(people, style).upper()

    assert parse_byline(line, people) == tuple((name, None) for name in people)


@given(people, styles)
def test_any_full_names_joined_are_a_byline(people: list[str], style: str) -> None:
    assume(all(is_full_name(name) for name in people))

    assert is_byline("By " + listed(people, style))


@given(
    st.text()
    | st.lists(st.sampled_from([*"ABab ,&/|(’26)@–", " and ", " Editor", "Jr."])).map("".join)
)
def test_any_text_gives_each_person_once_and_by_a_name(text: str) -> None:
    found = [name for name, _ in parse_byline(text, KNOWN)]

    assert all(name.strip() for name in found)
    assert len({name_key(name) for name in found}) == len(found)
    assert is_byline(text) in {True, False}
    assert is_bare_byline(text, KNOWN) in {True, False}
