"""Reads what a web page says about its article: JSON-LD, `<meta>`, microdata, a little markup.

In this order, because that is how much care publishers give them: JSON-LD is what search engines
read, while markup is what happens to be there.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import lxml.html

from feedsvc.intake.beside import full_address
from feedsvc.intake.checks import NAME_CHARS, NAMES, SUMMARY_CHARS
from feedsvc.intake.clean import text_of_html
from feedsvc.intake.dates import parse_date_line
from feedsvc.intake.html.json_ld import Graph
from feedsvc.intake.text.byline import is_byline, parse_byline
from feedsvc.intake.text.lines import fold
from feedsvc.model import Media

_TITLES = ("og:title", "twitter:title", "parsely-title", "sailthru.title", "dc.title")
_DATES = (
    *("article:published_time", "og:article:published_time", "parsely-pub-date", "sailthru.date"),
    *("datepublished", "publish-date", "publish_date", "pubdate", "date", "dc.date.issued"),
    *("dc.date", "dcterms.created", "citation_publication_date"),
)
_CHANGED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified")
_AUTHORS = ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "byl")
_SECTIONS = ("article:section", "parsely-section")
_TAGS = ("article:tag", "parsely-tags", "sailthru.tags", "news_keywords", "keywords")
_SUMMARIES = ("og:description", "description", "twitter:description", "dc.description")
_PICTURES = ("og:image:secure_url", "og:image", "twitter:image", "parsely-image-url")
_SITE_MARKS = " |–—-·•:»"
_BYLINES = (
    "//*[@itemprop='author']",
    "//*[contains(concat(' ', @rel, ' '), ' author ')]",
    "//*[contains(concat(' ', @class, ' '), ' byline ')]",
    "//*[contains(concat(' ', @class, ' '), ' p-author ')]",
)
_TIMES = (
    "//*[@itemprop='datePublished']",
    "//time[@pubdate]",
    "//time[contains(@class, 'published') or contains(@class, 'dt-published')]",
    "//article//header//time[@datetime]",
    "//article//time[@datetime]",
    "//time[@datetime]",
)


@dataclass(frozen=True)
class Facts:
    """What a page says about its article, as far as it does.

    Attributes:
        date: A day, or an instant in UTC.
        picture: Its address as the page has it, which may be relative.
        text: The article as plain text.
        url: The address that the page says is its own.
        site: The name of the site.
    """

    title: str = ""
    date: dt.date | dt.datetime | None = None
    updated: dt.datetime | None = None
    byline: tuple[tuple[str, str | None], ...] = ()
    sections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    summary: str | None = None
    language: str | None = None
    picture: Media | None = None
    text: str = ""
    url: str = ""
    site: str = ""


def page_facts(tree: lxml.html.HtmlElement, url: str, tz: ZoneInfo) -> Facts:
    """Return what a page says about its article.

    Args:
        url: Where the page was fetched from; empty for a file.
        tz: The newsroom's zone, in which a time without a zone of its own is meant.
    """
    return _Page(tree, url, tz).facts()


class _Page:
    def __init__(self, tree: lxml.html.HtmlElement, url: str, tz: ZoneInfo) -> None:
        self._tree = tree
        self._tz = tz
        self._meta = _meta(tree)
        self._url = self._own_address(url)
        self._graph = Graph(tree, self._url)
        self._site = self._first("og:site_name") or self._graph.text(
            next(iter(self._graph.values("publisher")), "")
        )

    def facts(self) -> Facts:
        said = html.unescape(next(iter(self._graph.texts("description")), ""))
        summary = said or self._first(*_SUMMARIES)
        updated = self._date("dateModified", _CHANGED)
        return Facts(
            title=self._title(),
            date=self._date("datePublished", _DATES) or self._date_in_markup(),
            updated=updated if isinstance(updated, dt.datetime) else None,
            byline=tuple(dict(self._byline()).items()),
            sections=_names(self._graph.texts("articleSection") or self._all(*_SECTIONS)),
            tags=_names(_split(self._graph.texts("keywords") or self._all(*_TAGS))),
            summary=summary if len(summary) <= SUMMARY_CHARS else None,
            language=self._language(),
            picture=self._picture(),
            text=_plain(self._graph.article.get("articleBody")),
            url=self._url,
            site=self._site,
        )

    def _first(self, *names: str) -> str:
        return next(iter(self._all(*names)), "")

    def _all(self, *names: str) -> list[str]:
        return next((self._meta[name] for name in names if self._meta.get(name)), [])

    def _own_address(self, url: str) -> str:
        links = self._tree.xpath("//link[@rel='canonical' or @rel='CANONICAL']/@href")
        addresses = (full_address(url, str(link)) for link in (*links, *self._all("og:url")))
        return next(filter(None, addresses), "")

    def _title(self) -> str:
        """Return the title; the page's heading where that is the same and goes on."""
        headings = [_words(element) for element in self._tree.iter("h1")]
        printed = (_words(element) for element in self._tree.iter("title"))
        said = next(iter(self._graph.texts("headline") or self._graph.texts("name")), "")
        named = self._without_site(self._first(*_TITLES))
        title = text_of_html(said) or named
        for heading in headings:
            start = fold(title.rstrip("…. "))
            if heading and start and fold(heading).startswith(start):
                return heading
        one = headings[0] if len(headings) == 1 else ""
        return title or one or self._without_site(next(printed, ""))

    def _without_site(self, title: str) -> str:
        """Cut the name of the site off the end of a title."""
        site = self._site
        if site and title.casefold().endswith(site.casefold()):
            rest = title[: -len(site)]
            cut = rest.rstrip(_SITE_MARKS)
            return cut if cut and len(cut) < len(rest.rstrip()) else title
        return title

    def _date(self, name: str, metas: tuple[str, ...]) -> dt.date | dt.datetime | None:
        texts = [*self._graph.texts(name), *(self._first(meta) for meta in metas)]
        return next((date for text in texts if (date := self._parsed(text))), None)

    def _date_in_markup(self) -> dt.date | dt.datetime | None:
        for path in _TIMES:
            for element in self._tree.xpath(path)[:1]:
                text = element.get("datetime") or element.get("content") or _words(element)
                if date := self._parsed(text):
                    return date
        return None

    def _parsed(self, text: str) -> dt.date | dt.datetime | None:
        """Read a date; one that is a name, as `today`, is none."""
        return parse_date_line(text.strip(), self._tz) if text else None

    def _byline(self) -> Iterator[tuple[str, str | None]]:
        people = [one for one in self._graph.values("author") if not self._is_site(one)]
        names = [self._graph.text(one) for one in people] or self._all(*_AUTHORS)
        for text in names or self._names_in_markup():
            name = html.unescape(text)
            if len(name) <= NAME_CHARS and not name.startswith(
                ("http://", "https://", "@", "/", "#")
            ):
                yield from (one for one in parse_byline(name) if one[0])

    def _is_site(self, author: Any) -> bool:
        return self._graph.text(author).casefold() == self._site.casefold() != ""

    def _names_in_markup(self) -> list[str]:
        for path in _BYLINES:
            texts = [_words(element) for element in self._tree.xpath(path)]
            texts = [text for text in dict.fromkeys(texts) if text]
            if "class" in path and "byline" in path:
                texts = [text for text in texts if is_byline(text)]
            if texts:
                return texts[:1] if "rel" in path else texts
        return []

    def _language(self) -> str | None:
        said = self._graph.texts("inLanguage")
        language = (said[0] if said else self._tree.get("lang") or "").replace("_", "-")
        return language if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language) else None

    def _picture(self) -> Media | None:
        images = self._graph.values("image")
        said = next((_address(image) for image in images if _address(image)), "")
        url = said or self._first(*_PICTURES)
        if not url:
            return None
        image = next((image for image in images if isinstance(image, dict)), {})
        credit = self._graph.text(image.get("creditText") or image.get("author") or "")
        alt = self._first("og:image:alt", "twitter:image:alt")
        caption = self._graph.text(image.get("caption") or "")
        return Media(
            url, "image/*", description=alt or None, caption=caption or None, credit=credit or None
        )


def _meta(tree: lxml.html.HtmlElement) -> dict[str, list[str]]:
    """Return what all `<meta>` say, by their names in lower case."""
    found: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        content = " ".join((element.get("content") or "").split())
        if name and content:
            found.setdefault(name.strip().lower(), []).append(content)
    return found


def _words(element: lxml.html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def _plain(value: object) -> str:
    return value if isinstance(value, str) else ""


def _split(texts: list[str]) -> Iterator[str]:
    for text in texts:
        yield from (part.strip() for part in html.unescape(text).split(",") if part.strip())


def _names(texts: Iterable[str]) -> tuple[str, ...]:
    """Return what can be names; pages list much else for search engines to find."""
    return tuple(text for text in texts if len(text) <= NAME_CHARS)[:NAMES]


def _address(image: object) -> str:
    if isinstance(image, dict):
        image = image.get("url") or image.get("contentUrl")
    return image.strip() if isinstance(image, str) else ""
