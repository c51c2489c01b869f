"""What a request asks for besides an address, read from any text that clients send."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feedsvc.model import Coding
from feedsvc.web import conditions

hexes = st.text("0123456789abcdef", min_size=8, max_size=32)
marks = st.sampled_from(["", ".z", ".b", ".gone9"])
prefixes = st.sampled_from(["", "W/"])
suffixes = st.sampled_from(["", "-gzip", "--gzip", ";gzip", "-br", "-zstd"])
# Anything that may stand between quotes (RFC 9110 §8.8.3); our own are hexadecimal.
opaque = st.text(st.characters(codec="latin-1", exclude_characters='"', min_codepoint=33))
gaps = st.sampled_from([",", ", ", " , ", ",\t", ", , "])
weights = st.sampled_from(["", ";q=0", ";q=0.001", ";q=0.5", ";q=1", "; q=1.000", ";q=2", ";x"])
names = st.sampled_from(["gzip", "br", "identity", "*", "deflate", "zstd", "GZip", "x-gzip"])


@st.composite
def disguises(draw: st.DrawFn, tag: str) -> str:
    """Return a tag as clients and proxies may send it back."""
    inside, outside = draw(st.sampled_from([(draw(suffixes), ""), ("", draw(suffixes))]))
    return f'{draw(prefixes)}"{tag}{draw(marks)}{inside}"{outside}'


@st.composite
def headers(draw: st.DrawFn, members: list[str]) -> str:
    """Return a list of these members as a header has it."""
    text = ""
    for member in members:
        text += (draw(gaps) if text else "") + member
    return text


@given(st.data(), hexes, st.lists(opaque, max_size=4))
def test_a_list_with_the_tag_in_any_disguise_has_it(
    data: st.DataObject, tag: str, others: list[str]
) -> None:
    members = [f'"{other}"' for other in others] + [data.draw(disguises(tag))]
    value = data.draw(headers(data.draw(st.permutations(members))))

    assert f'"{tag}"' in {each.document for each in conditions.tags(value)}


@given(st.data(), hexes, st.lists(opaque, max_size=5))
def test_a_list_without_it_has_it_not(data: st.DataObject, tag: str, others: list[str]) -> None:
    members = [f'{data.draw(prefixes)}"{other}"' for other in others]
    members += [f'"{tag}{data.draw(st.sampled_from("0f-g"))}"', f'"0{tag}"', f'"other.{tag}"']
    value = data.draw(headers(members))
    plain = {other.partition(".")[0] for other in others}

    found = {each.document for each in conditions.tags(value)}

    assert f'"{tag}"' not in found or any(other.startswith(tag) for other in plain)


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    conditions.tags(text)
    conditions.instant(text)
    conditions.takes_deltas(text)
    assert set(conditions.codings(text)) <= {"identity", *Coding}


@given(st.lists(st.tuples(names, weights), max_size=6))
def test_codings_are_those_that_are_listed_and_not_refused(members: list[tuple[str, str]]) -> None:
    listed = {name.lower().removeprefix("x-"): weight for name, weight in members}
    value = ", ".join(name + weight for name, weight in listed.items())

    found = conditions.codings(value)

    assert len(set(found)) == len(found)
    assert "identity" in found
    for coding in Coding:
        weight = listed.get(coding, listed.get("*"))
        assert (coding in found) == (weight not in {None, ";q=0", ";q=2", ";x"})


def test_a_longer_header_than_any_client_sends_is_not_read() -> None:
    assert conditions.tags('"a", ' * 10_000) == []
    assert conditions.codings("gzip" + ", gzip" * 100) == ("identity",)
    assert not conditions.takes_deltas("feed" + ", feed" * 100)
    assert conditions.instant("Sun, 06 Nov 1994 08:49:37 GMT" + " " * 1000) is None


def test_the_three_forms_of_a_date_are_one_instant() -> None:
    for value in (
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ):
        assert conditions.instant(value) == 784111777
