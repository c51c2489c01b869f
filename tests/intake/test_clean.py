"""What is left of text and HTML that comes in."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.intake.clean import clean_html, clean_text, text_of_html
from tests.intake.soup import CHARACTERS

BASE = "https://paper.example"
XML_TEXT = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


def cleaned(html: str) -> str:
    return clean_html(html, BASE)


@given(st.text(st.characters(exclude_categories=[])))
def test_text_comes_out_as_xml_can_hold_it(text: str) -> None:
    out = clean_text(text)

    assert XML_TEXT.fullmatch(out)
    assert clean_text(out) == out
    assert unicodedata.is_normalized("NFC", out)
    assert out == " ".join(out.split())


@given(CHARACTERS)
def test_hostile_text_comes_out_as_xml_can_hold_it(text: str) -> None:
    out = clean_text(text)

    assert XML_TEXT.fullmatch(out)
    assert clean_text(out) == out


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("  Caf\u0065\u0301 \t\n opens ", "Café opens"),
        ("e\x01\u0301", "é"),
        ("a\x00b\ud800c\uffffd", "abcd"),
        ("a\x85b\xa0c\u2028d", "a b c d"),
        ("😀 <b> & “x”", "😀 <b> & “x”"),
        ("", ""),
    ],
)
def test_text_is_one_clean_line(text: str, wanted: str) -> None:
    assert clean_text(text) == wanted


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<script>alert(1)</script>Text", "Text"),
        ("<p onclick='x()' style='color:red' class='y'>Text</p>", "<p>Text</p>"),
        ("<a href='javascript:alert(1)'>x</a>", "x"),
        ("<a href='java&#1;script:alert(1)'>x</a>", "x"),
        ("<a href='../a?b=1&amp;c=2'>x</a>", '<a href="https://paper.example/a?b=1&amp;c=2">x</a>'),
        ("<p>a\r\nb\rc</p>", "<p>a\nb\nc</p>"),
        ("a &lt; b &amp; c", "a &lt; b &amp; c"),
        ("<pre>\n\n\n  code</pre>", "<pre>  code</pre>"),
        ("<p>e&#769;</p>", "<p>é</p>"),
        ("<b>&#x338;x</b>", "<b>\u0338x</b>"),
        ("&#1;&#xfffe;", ""),
        ("<!-- note -->", ""),
    ],
)
def test_html_keeps_what_readers_may_see(html: str, wanted: str) -> None:
    out = cleaned(html)

    assert out == wanted
    assert "javascript:" not in out


def test_what_people_write_is_left_as_it_is() -> None:
    html = (
        "<h2>Results</h2>\n<p>The <em>first</em> of <strong>two</strong>:"
        ' <a href="https://a.example/b?c=1&amp;d=2#e" hreflang="fr">a link</a>.</p>\n'
        '<figure><img src="https://a.example/a.jpg" alt="“A” picture" width="640" height="480">'
        "<figcaption>By Ana</figcaption></figure>\n<ul><li>One</li><li>Two<br>lines</li></ul>\n"
        '<table><thead><tr><th scope="col">A</th></tr></thead>'
        '<tbody><tr><td colspan="2">1</td></tr></tbody></table>\n'
        "<blockquote><p>Said <q>so</q> – 5&nbsp;km, H<sub>2</sub>O 😀</p></blockquote>"
    )

    assert cleaned(html) == html


@pytest.mark.parametrize(
    ("markup", "wanted"),
    [
        ("Don&#39;t", "Don't"),
        ("Don&amp;#39;t", "Don&#39;t"),
        ("Tom &amp; <em>Jerry</em>", "Tom & Jerry"),
        ("AT&T", "AT&T"),
        ("One<br>two<p>three</p>four", "One two three four"),
        ("un<b>believ</b>able", "unbelievable"),
        ("<script>alert(1)</script>Title", "Title"),
        ("I &lt;3 &lt;b&gt;", "I <3 <b>"),
        ('Go <img class="emoji" alt="🙂" src="https://s.w.org/images/core/emoji/e.png">', "Go 🙂"),
        ('<iframe src="https://www.youtube.com/embed/a"></iframe>x', "x"),
        ("", ""),
    ],
)
def test_html_becomes_a_line_of_text_with_entities_decoded_once(markup: str, wanted: str) -> None:
    assert text_of_html(markup) == wanted


def test_marks_beyond_what_anybody_can_read_go() -> None:
    assert clean_text("a" + "\u0338\u0301" * 100 + "b") == "á" + "\u0338" * 15 + "\u0301" * 14 + "b"
    assert clean_text("e\u0301" + "🙂" * 100) == "é" + "🙂" * 100
    twice = clean_text("a" + "\u0344" * 100)
    assert clean_text(twice) == twice
