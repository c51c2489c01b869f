"""Guessed addresses: which feed each of them means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.web.guesses import guess, is_comments


@pytest.mark.parametrize(
    ("address", "feed"),
    [
        *((each, "all.rss") for each in ("/feed", "/feed/", "/rss", "/rss/", "/rss.xml", "/RSS")),
        *((each, "all.rss") for each in ("/index.xml", "/feed.xml", "/index.rdf", "/feed/rss2")),
        *((each, "all.rss") for each in ("/feed/rss2/", "/rss2", "/feed/feed/", "/feed.rss")),
        *((each, "all.atom") for each in ("/atom", "/atom/", "/atom.xml", "/feed/atom/")),
        *((each, "all.json") for each in ("/feed.json", "/feed/json")),
        *((each, "all.rss") for each in ("/?feed=rss2", "/?feed=rss", "/?x=1&feed=feed")),
        ("/?feed=atom", "all.atom"),
        ("/?feed=json", "all.json"),
        *((f"/section/news/{each}", "section/news.rss") for each in ("feed", "feed/", "rss.xml")),
        ("/section/news/index.xml", "section/news.rss"),
        ("/section/news/feed/atom/", "section/news.atom"),
        ("/section/news/feed/json", "section/news.json"),
        ("/section/news/?feed=rss2", "section/news.rss"),
        ("/section/news.rss", "section/news.rss"),
        ("/section/news.xml", "section/news.rss"),
        ("/section/news.atom", "section/news.atom"),
        ("/section/news.json", "section/news.json"),
        ("/author/ana-lee/feed", "author/ana-lee.rss"),
        ("/edition/the-journal-2024/feed/atom", "edition/the-journal-2024.atom"),
        ("/category/news/feed/", "section/news.rss"),
        ("/category/news.xml", "section/news.rss"),
    ],
)
def test_an_address_means_a_feed(address: str, feed: str) -> None:
    path, _, query = address.partition("?")

    found = guess(path, query)

    assert found
    assert f"{found.path}.{found.format}" == feed


@pytest.mark.parametrize(
    "address",
    [
        *("/", "/feeds", "/feeds/all", "/feeds/", "/section/news", "/section/news/", "/section"),
        *("/tag/chess/feed", "/tag/chess.rss", "/articles/2024/11/rss", "/articles/2024/11/a/feed"),
        *("/feed/podcast", "/section/news/feed/x", "/section//feed/x", "/sitemap.xml", "/feedx"),
        *("/?feed=", "/?feed=podcast", "/?rss", "/?x=feed", "/?feeds=rss", "/static/feed"),
        *("/section/news.html", "/section/news.", f"/section/{'x' * 2000}.rss", "/?feed=rss&" * 99),
    ],
)
def test_an_address_that_means_no_feed_means_none(address: str) -> None:
    path, _, query = address.partition("?")

    assert guess(path, query) is None


def test_comments_are_not_to_be_had() -> None:
    assert is_comments("/comments/feed/")
    assert is_comments("/comments/feed/atom")
    assert is_comments("/", "feed=comments-rss2")
    for path, query in (("/feed/", ""), ("/comments", ""), ("/", "feed=rss2&x=feed%3Dcomments")):
        assert not is_comments(path, query)


@given(st.text(), st.text())
def test_no_address_is_too_odd(path: str, query: str) -> None:
    found = guess(path, query)

    assert found is None or found.path.count("/") <= 1
    is_comments(path, query)
