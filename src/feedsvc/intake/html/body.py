"""Finds the text of an article on a web page, and leaves out what the site puts round it.

Only a place that says what it is counts: `articleBody`, `<article>`, `<main>`, or a class that
content systems use for it. What is left out must say so too, and never holds most of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import lxml.html

from feedsvc.intake.text.lines import fold

_BODIES = (
    *("entry-content", "post-content", "article-body", "article-content", "article__body"),
    *("article__content", "story-body", "story-content", "story__body", "storycontent"),
    *("post-body", "post__content", "single-content", "e-content", "td-post-content"),
    "sno-story-body-content",
)
_PLACES = (
    "//*[contains(@itemprop, 'articleBody')]",
    *(f"//*[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]" for name in _BODIES),
    "//article",
    "//*[@role='article']",
    "//main",
    "//*[@role='main']",
)
# Elements that are never part of a text.
_NEVER = frozenset(
    {
        *("script", "style", "template", "nav", "aside", "form", "button", "input", "select"),
        *("textarea", "footer", "dialog", "menu"),
    }
)
# Elements that can hold what a site puts round a text; a paragraph is left alone, whatever it says.
_HOLDERS = frozenset(["div", "section", "ul", "ol", "span", "header", "figure", "a"])
_AROUND = re.compile(
    r"(?:^|[\s_-])(?:shar(?:e|ing|edaddy)|social|related|recommend(?:ed|ations?)|newsletter|subscribe"
    r"|sign-?up|comments?|respond|disqus|advert(?:isement|s)?|ads?|adslot|sponsor(?:ed)?|promo"
    r"|breadcrumbs?|sidebar|widget|cookie|popup|modal|paywall|toolbar|most-?read|trending|outbrain"
    r"|taboola|jp-relatedposts|addtoany\w*|author-?(?:bio|box)|post-?(?:tags|nav\w*)|pagination"
    r"|screen-reader-text|visually-hidden|sr-only|skip-link|print-?only|noprint)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HEADERS = re.compile(
    r"(?:^|[\s_-])(?:byline|dateline|entry-meta|post-meta|article__meta|story-meta|timestamp"
    r"|reading-time|entry-title|post-title)(?:$|[\s])",
    re.IGNORECASE,
)
_MIN_CHARS = 200
_MOST_OF_IT = 0.5


def find_body(tree: lxml.html.HtmlElement, title: str) -> str:
    """Return the HTML of an article's text; empty where no place on the page is clearly it.

    Args:
        title: The article's, which is not repeated.
    """
    for path in _PLACES:
        places = _outermost(tree.xpath(path))
        if len(places) > 1:
            places = [place for place in places if _has_title(place, title)]
        if len(places) != 1:
            continue
        place = places[0]
        _strip(place, title)
        if len(_text(place)) >= _MIN_CHARS or (place.xpath(".//p") and _text(place)):
            return _inner_html(place)
    return ""


def whole_body(tree: lxml.html.HtmlElement, title: str) -> str:
    """Return the HTML of all that is on a page, but for the title."""
    body = tree.find("body")
    if body is None:
        return ""
    _strip(body, title)
    return _inner_html(body) if _text(body) else ""


def _outermost(places: list[lxml.html.HtmlElement]) -> list[lxml.html.HtmlElement]:
    """Return those that do not lie within another one."""
    return [one for one in places if not any(above in places for above in one.iterancestors())]


def _has_title(place: lxml.html.HtmlElement, title: str) -> bool:
    return any(fold(_text(heading)) == fold(title) for heading in place.iter("h1", "h2"))


def _strip(place: lxml.html.HtmlElement, title: str) -> None:
    """Take out what is not text of the article."""
    whole = len(_text(place)) or 1
    for element in list(place.iterdescendants()):
        if element.getparent() is None or not isinstance(element.tag, str):
            continue
        if _is_around(element, title) and len(_text(element)) <= whole * _MOST_OF_IT:
            element.drop_tree()


def _is_around(element: lxml.html.HtmlElement, title: str) -> bool:
    tag = element.tag
    if tag in _NEVER:
        return True
    if tag == "h1":
        return fold(_text(element)) == fold(title)
    if tag == "time":
        return any(True for _ in element.iterancestors("header"))
    named = f"{element.get('class') or ''} {element.get('id') or ''}"
    if _HEADERS.search(named):
        return tag in {*_HOLDERS, "p", "time", "address", "h2"} and not element.xpath(".//img")
    return tag in _HOLDERS and bool(_AROUND.search(named))


def _text(element: lxml.html.HtmlElement) -> str:
    texts = _visible(element)
    return " ".join(" ".join(texts).split())


def _visible(element: lxml.html.HtmlElement) -> Iterator[str]:
    for text in element.xpath(".//text()[not(parent::script or parent::style)]"):
        yield str(text)


def _inner_html(place: lxml.html.HtmlElement) -> str:
    parts = [lxml.html.tostring(child, encoding="unicode") for child in place]
    first = (place.text or "").strip()
    return "\n".join(
        part.strip()
        for part in (f"<p>{_escaped(first)}</p>" if first else "", *parts)
        if part.strip()
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
