"""Web pages of articles, from their addresses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from feedsvc import fetch
from feedsvc.fetch import Get
from feedsvc.intake.from_html import read_pages
from feedsvc.model import Rejection, Submission
from tests.cli.server import Site, serving
from tests.intake.feeds import a_how
from tests.intake.test_from_html import TEXT, page
from tests.newsroom import Newsroom


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


def one(newsroom: Newsroom, url: str, get: Get) -> Submission | Rejection:
    ((name, item),) = read_pages([url], a_how(newsroom), get)
    assert name == url
    assert (item.source, item.path) == ("web", url)
    return item


def test_a_page_comes_in_from_its_address(sqlite_newsroom: Newsroom, site: Site) -> None:
    site.put("/a.html", page().encode(), Content_Type="text/html; charset=utf-8")

    item = one(sqlite_newsroom, f"{site.url}/a.html", partial(fetch.get, trusted_url=site.url))

    assert isinstance(item, Submission)
    assert item.content_html == f"<p>{TEXT}</p>"
    assert item.aliases == (f"{site.url}/a.html",)
    assert item.base_url == f"{site.url}/a.html"


@pytest.mark.parametrize(
    ("path", "why"), [("/none.html", "status 404"), ("/a.pdf", "no web page"), ("/b.html", "title")]
)
def test_what_is_no_article_is_refused(
    sqlite_newsroom: Newsroom, site: Site, path: str, why: str
) -> None:
    site.put("/a.pdf", b"%PDF-1.7", Content_Type="application/pdf")
    site.put("/b.html", b"<p>Home</p>", Content_Type="text/html")

    item = one(sqlite_newsroom, site.url + path, partial(fetch.get, trusted_url=site.url))

    assert isinstance(item, Rejection)
    assert why in item.reason


def test_no_private_address_is_fetched(sqlite_newsroom: Newsroom, site: Site) -> None:
    item = one(sqlite_newsroom, f"{site.url}/a.html", fetch.get)

    assert isinstance(item, Rejection)
    assert site.asked == []


def test_a_page_beyond_the_limit_is_refused(sqlite_newsroom: Newsroom, site: Site) -> None:
    site.put("/a.html", page().encode() + b" " * 5_000_001, Content_Type="text/html")

    item = one(sqlite_newsroom, f"{site.url}/a.html", partial(fetch.get, trusted_url=site.url))

    assert isinstance(item, Rejection)
    assert "larger than" in item.reason
