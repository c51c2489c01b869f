"""HTML made to keep a parser busy is refused, or read in time; what people write is let in."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.errors import RejectedError
from feedsvc.intake.clean import clean_html
from feedsvc.intake.cleaning.depth import MAX_CHARS, check_depth
from feedsvc.intake.cleaning.tidy import MAX_DEPTH

CHARS = 400_000
SECONDS = 10  # quadratic work takes minutes; linear work is done in one, on a busy machine in a few


def filled(piece: str, chars: int = CHARS) -> str:
    return piece * (chars // len(piece))


@pytest.mark.parametrize(
    ("html", "reason"),
    [
        ("<div>" * 10_000, "nests more than"),
        ("<b>" * 1_000_000, "nests more than"),
        (filled("<div>"), "nests more than"),
        (filled("\xa0"), "characters written as"),
        (filled("<table><tr><td>"), "nests more than"),
        # An end tag in a cell closes nothing outside of it.
        (filled("<div><table><td></div>"), "nests more than"),
        # One in a comment, an attribute or a script closes nothing at all.
        (filled("<div><!--</div>-->"), "nests more than"),
        (filled('<div><br title="</div>">'), "nests more than"),
        (filled("<div><script></div></script>"), "nests more than"),
        (filled("<div><textarea></div></textarea>"), "nests more than"),
        # What is left open comes back in every paragraph.
        ("".join(f"<p><font color={n}>" for n in range(20_000)), "nests more than"),
        ("".join(f"<p><font color={n}></p>" for n in range(20_000)), "nests more than"),
        (filled("<svg><title>") + "<div>" * 2_000, "nests more than"),
        (filled("<select><option>"), "nests more than"),
        ("<a " + " ".join(f"a{n}" for n in range(60_000)) + ">x</a>", "attributes"),
        (filled("&"), "characters written as"),
        ("x" * (MAX_CHARS + 1), "characters; 4,000,000 are allowed"),
    ],
    ids=range(17),
)
def test_what_no_parser_should_be_given_is_refused(html: str, reason: str) -> None:
    began = time.monotonic()

    with pytest.raises(RejectedError, match=reason) as refusal:
        clean_html(html, "https://a.example/")

    assert refusal.value.field == "body"
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize(
    "html",
    [
        filled("<"),
        filled("<p>x "),
        filled("<li>x"),
        filled("<a "),
        filled('<a b="'),
        filled("<!--"),
        filled("</b>"),
        filled("&nbsp;"),
        filled("x \n"),
        filled("<iframe>"),
        f'<p title="{filled("x")}',
        f'<img src=a srcset="{filled("a ,")}">',
        f'<img src=a srcset="{filled(",")}">',
        f'<span style="{filled("text-decoration: ")}">x</span>',
        f'<a href="https://www.google.com/url?q={filled("https://www.google.com/url?q=")}">x</a>',
        f'<a href="http://{filled("ü.")}">x</a>',
        filled("<blockquote>" * 150 + "x" + "</blockquote>" * 150, 100_000),
        "".join(f'<a href="#n{n}" id=n{n}>y</a>' for n in range(5_000)),
        filled("<a"),
        filled("\u0301\u0338"),
        f"<figure class=wp-block-embed>{filled(' ')}</figure>",
        "".join(
            f'<i id="{one}">x</i><a href="#{one}">x</a>' for one in map(chr, range(20_000, 29_000))
        ),
        filled(f'<img data-src="/{filled("lazyload", 15_000)}">', 4 * CHARS),
    ],
    ids=range(23),
)
def test_what_looks_endless_is_read_in_time(html: str) -> None:
    began = time.monotonic()

    clean_html(html, "https://a.example/")

    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize(
    "html",
    [
        "<p>Text<p>" * 5_000,
        "<p><b>left open</p>" * 2_000,
        "<b><i>crossed</b></i>" * 2_000,
        "".join(f"<p><font color={n}>closed late</p></font>" for n in range(2_000)),
        "<ul><li>one<li>two</ul>" * 2_000,
        "<table><tr><td>a<td>b<tr><td>c</table>" * 1_000,
        "<table>" + "<tr><td>a<th>b" * 2_000,
        "<dl>" + "<dt>a<dd>b" * 2_000,
        "<p><b>left open" * 2_000,
        "<p>a<div>b</div>" * 2_000,
        "<img src=/a.jpg><br>" * 2_000,
        "<p>5 < 6 & 7 > 8</p>" * 2_000,
    ],
)
def test_long_and_careless_html_is_let_in(html: str) -> None:
    check_depth(html)


def test_deep_html_is_made_shallow_and_keeps_its_words() -> None:
    deep = "<blockquote>" * 600 + "word" + "</blockquote>" * 600

    out = clean_html(f"{deep}<div>{'<div>' * 500}more", "https://a.example/")

    assert out.count("<blockquote>") <= MAX_DEPTH
    assert "word" in out
    assert "more" in out
    assert out.count("<div>") == 1


@pytest.mark.parametrize("depth", [198, 199, 200, 201])
@pytest.mark.parametrize(
    "inner",
    [
        'x<iframe src="https://www.youtube.com/embed/abc"></iframe>',
        '<span style="font-weight:700;font-style:italic"><i><u>x</u></i></span>',
        '<blockquote class="tiktok-embed" cite="https://www.tiktok.com/@a/video/1">'
        "<p><s>x</s></p></blockquote>",
    ],
)
def test_at_the_limit_too_cleaning_again_changes_nothing(depth: int, inner: str) -> None:
    once = clean_html("<div lang=en>" * depth + inner, "https://a.example/")

    assert clean_html(once, "https://a.example/") == once


@given(
    st.lists(st.sampled_from(["<div>", "</div>", "<b>", "</b>", "<td>", "<table>", "</p>", "x"]))
)
@settings(max_examples=50)
def test_short_html_is_never_refused(parts: list[str]) -> None:
    check_depth("".join(parts))
