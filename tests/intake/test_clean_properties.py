"""What holds of cleaning, whatever comes in."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urlsplit

import lxml.html
import nh3
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from feedsvc.feeds.rules_markup import scan
from feedsvc.intake.clean import clean_html, clean_url, text_of_html
from feedsvc.intake.cleaning import allowed
from tests.intake.soup import FRAGMENTS, URLS, VISIBLE_SOUP, Piece, pieces

BASE = "https://paper.example/2024/story/"
WORD = re.compile("q[0-9]{3}z")
ADDRESSES = {"href", "src", "poster", "cite", "longdesc"}
# Written out once more, so that a slip in the list itself shows.
NEVER = {
    *("script", "style", "iframe", "object", "embed", "template", "svg", "math", "form", "input"),
    *("link", "meta", "base", "h1", "noscript", "textarea", "button", "font", "picture", "title"),
}


def cleaned(html: str) -> str:
    return clean_html(html, BASE)


def text_of(html: str) -> str:
    """Read HTML with the parser of the standard library, as it is shown; `|` parts blocks."""
    inline = allowed.INLINE | {"wbr"}
    tag = re.compile("</?([a-z0-9]+)[^>]*>")
    return unescape(tag.sub(lambda found: "" if found[1] in inline else "|", html))


@given(FRAGMENTS)
@settings(max_examples=300)
@example("<table><td><p hidden><a id=n></a></p></td></table><a href=#n>x</a>")
def test_cleaning_what_is_clean_changes_nothing(html: str) -> None:
    once = cleaned(html)

    assert cleaned(once) == once


@given(FRAGMENTS)
@settings(max_examples=300)
def test_nothing_comes_out_that_is_not_on_the_list(html: str) -> None:
    out = cleaned(html)

    strict = nh3.Cleaner(
        tags=set(allowed.KEPT),
        attributes={name: set(kept) for name, kept in allowed.KEPT.items()},
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"},
    )
    assert strict.clean(out) == out
    for element in lxml.html.fragment_fromstring(out, create_parent="main").iterdescendants():
        name = str(element.tag)
        assert name not in NEVER
        assert set(element.attrib) <= allowed.KEPT[name]


@given(FRAGMENTS)
@settings(max_examples=300)
def test_every_address_is_absolute_or_leads_to_a_place_in_the_text(html: str) -> None:
    names: list[str] = []
    links: list[str] = []
    root = lxml.html.fragment_fromstring(cleaned(html), create_parent="main")
    for element in root.iterdescendants():
        names += [value for key, value in element.items() if key == "id"]
        for key in ADDRESSES & set(element.attrib):
            url = element.attrib[key]
            if key == "href" and url.startswith("#"):
                links.append(url[1:])
                continue
            parts = urlsplit(url)
            assert url.isascii()
            assert parts.scheme in (
                {"http", "https", "mailto", "tel"} if key == "href" else {"http", "https"}
            )
            assert parts.netloc or parts.scheme in {"mailto", "tel"}

    assert set(links) == set(names)
    assert len(set(names)) == len(names)
    assert all(name.startswith("ref-") for name in names)


@given(FRAGMENTS)
@settings(max_examples=300)
def test_it_is_well_formed_and_xml_can_hold_it(html: str) -> None:
    out = cleaned(html)
    element = etree.Element("content")

    element.text = out

    assert etree.fromstring(etree.tostring(element)).text == (out or None)
    markup = scan(out)
    assert markup.broken is None
    assert not markup.sourceless


class Reader(HTMLParser):
    """Collect what stands between tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data


@given(VISIBLE_SOUP)
@settings(max_examples=300)
def test_no_word_is_lost_or_doubled_in_a_soup_of_tags(html: str) -> None:
    html = re.sub("(style|class|hidden|href|src|data|name|id)=", "data-x=", html)

    wanted = Counter(WORD.findall(Reader(html).text))

    assert Counter(WORD.findall(Reader(cleaned(html)).text)) == wanted


@given(pieces())
@settings(max_examples=300)
def test_what_is_shown_is_what_was_shown(piece: Piece) -> None:
    html, text, hidden = piece

    out = text_of(cleaned(html))

    assert [part for part in re.split(r"[|\s]+", out) if part] == [
        part for part in re.split(r"[|\s]+", text) if part
    ]
    assert not [word for word in hidden.split() if word in out]


@given(FRAGMENTS)
@settings(max_examples=200)
def test_the_text_of_html_is_one_clean_line(html: str) -> None:
    text = text_of_html(html)

    assert text == " ".join(text.split())
    assert not {"\n", "\0", "\ufffe"} & set(text)


@given(URLS | st.text())
def test_an_address_is_ascii_and_cleaning_it_again_changes_nothing(url: str) -> None:
    once = clean_url(url)

    assert once.isascii()
    assert clean_url(once) == once
