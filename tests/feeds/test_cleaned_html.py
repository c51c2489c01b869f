"""What cleaning lets through, the rules of feeds agree with."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from feedsvc.feeds.compose import absolute_fragments, compose, compose_entry
from feedsvc.intake.clean import clean_html
from feedsvc.intake.cleaning import allowed
from feedsvc.intake.cleaning.markup import element
from feedsvc.model import Finding, Submission
from tests.feeds.test_properties import CONFIGURED, FEED, article_of, findings
from tests.intake.soup import FRAGMENTS

URL = "https://paper.example/articles/2024/11/0"
VALUES = {
    **dict.fromkeys(("cite", "href", "longdesc", "poster", "src"), "https://a.example/a?b&c"),
    "srcset": "https://a.example/a,b 2x",
    "lang": "de",
    "hreflang": "de",
    "srclang": "de",
    "dir": "rtl",
    "id": "ref-a",
    "kind": "captions",
    "scope": "row",
    "type": "video/mp4",
    **dict.fromkeys(("controls", "open", "reversed"), ""),
}


def findings_of(content_html: str) -> list[Finding]:
    article = article_of(Submission(title="A", content_html=content_html), 0)
    return findings(compose(FEED, [compose_entry(article, CONFIGURED)], (), CONFIGURED))


@pytest.mark.parametrize("name", sorted(allowed.ELEMENTS))
def test_every_element_of_the_list_passes_the_rules_with_all_its_attributes(name: str) -> None:
    attributes = {key: VALUES.get(key, "1") for key in sorted(allowed.KEPT[name])}
    html = f'<p>x<a href="#ref-a">y</a>{element(name, attributes, "words")}</p>'

    assert findings_of(html) == []


@given(FRAGMENTS)
@settings(max_examples=30)
def test_whatever_was_cleaned_passes_the_rules(html: str) -> None:
    # A text that shows tags and has none looks like one that was escaped twice.
    assert findings_of(clean_html(f"<p>x</p>{html}", "https://paper.example/")) == []


def test_in_a_feed_a_footnote_leads_to_the_article() -> None:
    html = '<p>A<a hreflang="en" href="#ref-1">1</a></p><ol><li id="ref-1">Note</li></ol>'
    article = article_of(Submission(title="A", content_html=html), 0)

    content = compose_entry(article, CONFIGURED).content_html

    assert content == html.replace('href="#', f'href="{URL}#')


def test_a_text_about_links_is_left_alone() -> None:
    html = '<p>Write &lt;a href="#x"&gt; like <code title="a &gt; b">href="#x"</code></p>'

    assert absolute_fragments(html, URL) == html
