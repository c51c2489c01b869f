"""Sitemaps (https://www.sitemaps.org/protocol.html) and Google's news sitemap, as bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from lxml import etree

from feedsvc.settings import Settings
from feedsvc.store.listing import Listed

PER_FILE = 50_000  # addresses; the protocol allows no more
NEWS_AGE = dt.timedelta(days=2)
NEWS_PER_FILE = 1_000
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"

Page = tuple[str, dt.datetime | None]


def urlset(pages: Iterable[Page]) -> bytes:
    """Return a sitemap of these addresses, each with when it last changed if that is known."""
    return _listing("urlset", "url", pages)


def index(urls: Iterable[str]) -> bytes:
    """Return a list of sitemaps."""
    return _listing("sitemapindex", "sitemap", ((url, None) for url in urls))


def _listing(root_name: str, name: str, pages: Iterable[Page]) -> bytes:
    root = etree.Element(f"{{{_SITEMAP}}}{root_name}", nsmap={None: _SITEMAP})
    for url, changed_at in pages:
        page = etree.SubElement(root, f"{{{_SITEMAP}}}{name}")
        etree.SubElement(page, f"{{{_SITEMAP}}}loc").text = url
        if changed_at is not None:
            etree.SubElement(page, f"{{{_SITEMAP}}}lastmod").text = _w3c(changed_at)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def news(articles: Iterable[Listed], settings: Settings) -> bytes:
    """Return a news sitemap; it may well be empty, and search engines take that as it is."""
    root = etree.Element(f"{{{_SITEMAP}}}urlset", nsmap={None: _SITEMAP, "news": _NEWS})
    for article in articles:
        page = etree.SubElement(root, f"{{{_SITEMAP}}}url")
        etree.SubElement(page, f"{{{_SITEMAP}}}loc").text = settings.article_url(article.permalink)
        about = etree.SubElement(page, f"{{{_NEWS}}}news")
        paper = etree.SubElement(about, f"{{{_NEWS}}}publication")
        etree.SubElement(paper, f"{{{_NEWS}}}name").text = settings.site.title
        etree.SubElement(paper, f"{{{_NEWS}}}language").text = _language(settings.site.language)
        etree.SubElement(about, f"{{{_NEWS}}}publication_date").text = _w3c(article.published_at)
        etree.SubElement(about, f"{{{_NEWS}}}title").text = article.title
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _w3c(at: dt.datetime) -> str:
    return at.isoformat(timespec="seconds")


def _language(tag: str) -> str:
    """Return an ISO 639 code; Google wants the script's country with Chinese alone."""
    tag = tag.lower()
    return tag if tag in {"zh-cn", "zh-tw"} else tag.partition("-")[0]
