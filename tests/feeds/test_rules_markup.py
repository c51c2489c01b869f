"""HTML is read as a browser would, and what cannot be read is never taken for harmless."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.feeds.rules_markup import scan


@pytest.mark.parametrize(
    ("html", "urls"),
    [
        ('<a href="https://a.example/?a=1&amp;b=2">x</a>', ["https://a.example/?a=1&b=2"]),
        ("<a href='https://a.example'>x</a>", ["https://a.example"]),
        ("<a href=https://a.example>x</a>", ["https://a.example"]),
        ('<A HREF = "https://a.example">x</A>', ["https://a.example"]),
        ('<img srcset="a.jpg 1x,b.jpg 2x, c,d 3x">', ["a.jpg", "b.jpg", "c,d"]),
        ('<img srcset="a.jpg, b.jpg">', ["a.jpg", "b.jpg"]),
        ('<a title="1 > 0" href="x">x</a>', ["x"]),
        ('<a title="x"href="y">x</a>', ["y"]),
        ('<a href="x" href="y">x</a>', ["x", "y"]),
        ("<!-- <a href=x> --><b>x</b>", []),
        ("1 <2 and 3< 4", []),
    ],
)
def test_it_finds_addresses(html: str, urls: list[str]) -> None:
    assert [reference.url for reference in scan(html).references] == urls


@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        ("https://a.example", "https"),
        ("JavaScript:x()", "javascript"),
        (" \tjava\nscript:x()", "javascript"),
        ("mailto:a@b.example", "mailto"),
        ("//a.example", ""),
        ("/about", ""),
        ("#top", ""),
        ("", ""),
    ],
)
def test_it_sees_schemes_as_browsers_do(url: str, scheme: str) -> None:
    assert scan(f'<a href="{url}">x</a>').references[0].scheme == scheme


@pytest.mark.parametrize(
    "html",
    [
        "",
        "no tags, 1 < 2 & 3 > 2",
        "<p>x</p>",
        "<p>x<br>y<br/>z</p><hr>",
        "<ul><li>one<li>two</ul>",
        "<p>one<p>two",
        "<table><tr><td>x<td>y<tr><td>z</table>",
        "<div xmlns='http://www.w3.org/1999/xhtml'><p/></div>",
        "<!-- a > b --><p>x</p>",
    ],
)
def test_it_finds_nothing_broken(html: str) -> None:
    assert scan(html).broken is None


@pytest.mark.parametrize(
    ("html", "broken"),
    [
        ("<em>x", "<em> is never closed"),
        ("x</em>", "</em> closes nothing"),
        ("<em><b>x</em></b>", "<b> is not closed before </em>"),
        ("<p>x</p></p>", "</p> closes nothing"),
        ('<a href="x>y</a>', "a tag or comment never ends"),
        ("<p>x<!-- y", "a tag or comment never ends"),
        ("<p>x</p", "a tag or comment never ends"),
        ("<![CDATA[x]]>", "a tag or comment never ends"),
    ],
)
def test_it_says_what_is_broken(html: str, broken: str) -> None:
    assert scan(html).broken == broken


@given(st.text(alphabet=st.sampled_from("<>/!-='\"& abp"), max_size=60))
def test_a_script_is_seen_or_the_text_is_broken(before: str) -> None:
    read = scan(f"{before}<script>x</script>")

    hidden = "<!--" in before or before.count('"') + before.count("'") > 0
    assert "script" in read.elements or read.broken or hidden


def test_deep_and_wide_html_is_read_in_one_pass() -> None:
    assert scan("<b>" * 50_000 + "<i></i>" * 50_000).broken == "<b> is never closed"
    assert scan("<a " * 50_000).broken == "a tag or comment never ends"
    assert scan("<!--" * 50_000).broken == "a tag or comment never ends"


def test_equal_pieces_are_read_once() -> None:
    pieces = ["".join(["<p>seen ", "before</p>"]) for _ in range(2)]

    assert scan(pieces[0]) is scan(pieces[1])
