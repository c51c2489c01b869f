"""What is left of text and HTML that comes in."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feedsvc.intake.clean import clean_html, clean_text, clean_url

BASE = "https://paper.example"
XML_TEXT = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


def cleaned(html: str) -> str:
    return clean_html(html, BASE)


class Elements(HTMLParser):
    """Collect the elements of a document and their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def words(text: str) -> st.SearchStrategy[str]:
    """Draw one of the words of a text."""
    return st.sampled_from(text.split(" "))


# Characters with which a cleaner can be led astray, beside those that people write.
CHARACTERS = st.text(
    st.one_of(
        st.sampled_from("ab<>&;=\"'/:#! \t\n\r\0\x01\x0b\x0c\x1f\x85\xa0\xad\u0301\u0338\u037e"),
        st.sampled_from("\ufeff\ufffe\uffff\u200b\u202e\u2028\U0001f600\U0001fffe"),
        st.characters(),
    ),
    max_size=12,
)
REFERENCES = st.builds(
    "&#{};".format, st.one_of(st.integers(0, 0x110010).map(str), st.integers(0, 40).map(hex))
).map(lambda text: text.replace("0x", "x"))
NAMES = words(
    "a abbr b blockquote br code col div dl dt em figure h2 hr i iframe img li math noscript object"
    " ol p plaintext pre ruby rt script select span style sup svg table td template textarea th"
    " time title tr u ul"
)
URLS = words(
    "/a a.html #n ?q=1 //other.example/a http://a.example/ HTTPS://A.example mailto:a@b.example"
    " tel:1 javascript:alert(1) JaVa&#9;script:alert(1) java&#1;script:alert(1) data:text/html,x"
    " vbscript:x http://[ http: file:///etc/passwd \x01javascript:alert(1) blob:x about:blank"
)
ATTRIBUTES = st.lists(
    st.one_of(
        st.tuples(words("href src srcset action data cite"), URLS),
        st.tuples(
            words("onclick ONLOAD onerror style class id title lang dir width"),
            CHARACTERS | REFERENCES,
        ),
    ),
    max_size=3,
).map(lambda pairs: "".join(f' {name}="{value}"' for name, value in pairs))
FRAGMENTS = st.recursive(
    CHARACTERS | REFERENCES,
    lambda inside: st.one_of(
        st.builds("<{0}{1}>{2}</{0}>".format, NAMES, ATTRIBUTES, inside),
        st.builds("<{0}{1}>{2}".format, NAMES, ATTRIBUTES, inside),
        st.builds("{2}</{0}>{1}".format, NAMES, CHARACTERS, inside),
        st.lists(inside, max_size=3).map("".join),
        st.builds("<!--{}-->".format, inside),
        st.builds("<![CDATA[{}]]>".format, inside),
    ),
    max_leaves=8,
)


@given(FRAGMENTS)
@settings(max_examples=150)
def test_cleaning_what_is_clean_changes_nothing(html: str) -> None:
    once = cleaned(html)

    assert cleaned(once) == once


@given(FRAGMENTS)
@settings(max_examples=150)
def test_nothing_clean_can_do_harm(html: str) -> None:
    for name, attributes in Elements(cleaned(html)).found:
        assert name not in {"script", "style", "iframe", "object", "template", "svg", "math"}
        assert attributes.keys() <= {
            *("href", "src", "alt", "title", "lang", "dir", "width", "height", "hreflang"),
        }
        for key in ("href", "src"):
            if attributes.get(key):
                scheme = urlsplit(attributes[key] or "").scheme
                assert scheme in {"http", "https", "mailto", "tel"}


@given(FRAGMENTS)
@settings(max_examples=150)
def test_xml_can_hold_whatever_is_clean(html: str) -> None:
    element = etree.Element("content")

    element.text = cleaned(html)

    assert etree.fromstring(etree.tostring(element)).text == (element.text or None)


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
        ("<h1>Title</h1>", "Title"),
        ("<a href='javascript:alert(1)'>x</a>", "<a>x</a>"),
        ("<a href='java&#1;script:alert(1)'>x</a>", None),
        ("<a href='../a?b=1&amp;c=2'>x</a>", '<a href="https://paper.example/a?b=1&amp;c=2">x</a>'),
        ("<img src='/i/a.jpg' alt='A' srcset='b 2x'>", None),
        ("<p>a\r\nb\rc</p>", "<p>a\nb\nc</p>"),
        ("a &lt; b &amp; c", "a &lt; b &amp; c"),
        ("<pre>\n\n\n  code</pre>", "<pre>  code</pre>"),
        ("<p>e&#769;</p>", "<p>é</p>"),
        ("<b>&#x338;x</b>", "<b>\u0338x</b>"),
        ("&#1;&#xfffe;", ""),
        ("<!-- note -->", ""),
    ],
)
def test_html_keeps_what_readers_may_see(html: str, wanted: str | None) -> None:
    out = cleaned(html)

    assert wanted is None or out == wanted
    assert "javascript:" not in out or "https://paper.example/" in out
    assert "srcset" not in out


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


def test_addresses_are_relative_to_the_site() -> None:
    inside = clean_html('<a href="b">x</a>', "https://paper.example/school")

    assert inside == '<a href="https://paper.example/school/b">x</a>'


def test_an_address_leaves_in_ascii() -> None:
    cleaned = clean_html('<p><a href="/ü?q=a b">x</a></p>', "https://s.example")

    assert cleaned == '<p><a href="https://s.example/%C3%BC?q=a%20b">x</a></p>'
    assert clean_url("https://s.example/%C3%BC") == "https://s.example/%C3%BC"


def test_a_picture_without_an_address_goes() -> None:
    assert clean_html('<p>a<img alt="x">b</p>', "https://s.example") == "<p>ab</p>"
