"""Paragraphs are made where WordPress makes them, and nowhere else."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.intake.wordpress.autop import autop


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One\n\nTwo", "<p>One</p>\n<p>Two</p>\n"),
        ("One\r\n \r\n\r\nTwo", "<p>One</p>\n<p>Two</p>\n"),
        ("Roses\nViolets", "<p>Roses<br>\nViolets</p>\n"),
        ("Roses<br />\nViolets", "<p>Roses<br />\nViolets</p>\n"),
        ("One<br><br>Two", "<p>One</p>\n<p>Two</p>\n"),
        ("A <b>bold\nword</b>", "<p>A <b>bold<br>\nword</b></p>\n"),
        ("<p>One</p>\n\n<p class='x'>Two</p>", "<p>One</p>\n<p class='x'>Two</p>\n"),
        ("<p>One\n\nTwo", "<p>One</p>\n<p>Two</p>\n"),
        ("One\n<h2>Two</h2>\nThree", "<p>One</p>\n<h2>Two</h2><p>Three</p>\n"),
        ("<div>One\n\nTwo</div>", "<div><p>One</p>\n<p>Two</p>\n</div>"),
        ("<blockquote>One</blockquote>", "<blockquote><p>One</p>\n</blockquote>"),
        ("<!--more-->\n\nOne", "<!--more--><p>One</p>\n"),
        ("One\n<hr>\nTwo", "<p>One</p>\n<hr><p>Two</p>\n"),
        ("<a\nhref='/x'>y</a>", "<p><a href='/x'>y</a></p>\n"),
        ("</div>One", "</div><p>One</p>\n"),
        ("", ""),
    ],
)
def test_text_becomes_paragraphs(text: str, html: str) -> None:
    assert autop(text) == html


@pytest.mark.parametrize(
    "html",
    [
        "<pre>\none\n\n<b>two</b>\n</pre>",
        "<ul>\n\t<li>one\n\ntwo</li>\n</ul>",
        "<ul><li><p>one</p>\n\n<p>two</p></li></ul>",
        "<table>\n<tr>\n<td>one\ntwo</td>\n</tr>\n</table>",
        "<figure>\n<img src='a'>\n<figcaption>one\ntwo</figcaption></figure>",
        "<script>\nif (a</b) x();\n\n</script>",
        "<textarea>a\n\n<div>b</textarea>",
    ],
)
def test_what_has_its_own_lines_is_left_alone(html: str) -> None:
    assert autop(html) == html


@given(
    st.lists(
        st.sampled_from(
            ["one", "\n", "\n\n", "<p>", "</p>", "<div>", "</div>", "<li>", "</ul>", "<b>", "<br>"]
        )
    ).map("".join)
)
def test_no_text_is_lost_or_moved(text: str) -> None:
    def words(html: str) -> str:
        return re.sub(r"<[^<>]*>|\s", "", html)

    assert words(autop(text)) == words(text)


@pytest.mark.parametrize(
    "text",
    [
        "<div>" * 20_000,
        "<" * 100_000,
        "<ul>" * 9_000 + "</div>" * 9_000,
        "<!--" * 9_000,
        "\n " * 9_000,
    ],
    ids=lambda text: repr(text[:5]),
)
def test_much_of_anything_takes_no_time(text: str) -> None:
    start = time.process_time()
    autop(text)

    assert time.process_time() - start < 1
