"""What an article's page tells search engines and other sites."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import lxml.html
import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st

from feedsvc.errors import RejectedError
from feedsvc.model import Media
from tests.conftest import make_newsroom
from tests.newsroom import Clock, Newsroom

BASE = "https://paper.example"
PICTURE = Media("https://cdn.example/a.jpg", "image/jpeg", 1, 1200, 800, "A chess board")
SCRIPT = '//script[@type="application/ld+json"]/text()'


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    clock = Clock(dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC))
    url = f"sqlite:///{tmp_path_factory.mktemp('articles')}/feedsvc.db"
    room = make_newsroom(url, clock, {"FEEDSVC_SITE__BASE_URL": BASE})
    yield room
    room.services.database.close()


def page_of(room: Newsroom, **fields: Any) -> lxml.html.HtmlElement:
    article = room.submit(**fields)
    return lxml.html.fromstring(room.get(f"/articles/{article.permalink}").data)


def described(page: lxml.html.HtmlElement) -> dict[str, Any]:
    (script,) = page.xpath(SCRIPT)
    found: dict[str, Any] = json.loads(script)
    return found


def test_an_article_is_described_as_a_news_article(room: Newsroom) -> None:
    page = page_of(
        room,
        title="A",
        byline=(("Ana Lee", None), ("Bo Ek", "Photo")),
        media=(PICTURE,),
        tags=("x",),
    )
    url = f"{BASE}/articles/2024/11/a"

    found = described(page)

    paper = found["publisher"]
    assert (paper["@type"], paper["name"]) == ("NewsMediaOrganization", "The School Paper")
    assert paper["logo"]["url"] == f"{BASE}/static/icon-512.png"
    assert found["@context"] == "https://schema.org"
    assert found["@type"] == "NewsArticle"
    assert found["mainEntityOfPage"] == {"@type": "WebPage", "@id": url}
    assert found["headline"] == "A"
    assert found["image"] == ["https://cdn.example/a.jpg"]
    assert found["author"] == [
        {"@type": "Person", "name": "Ana Lee", "url": f"{BASE}/author/ana-lee"},
        {"@type": "Person", "name": "Bo Ek", "url": f"{BASE}/author/bo-ek"},
    ]
    assert (found["articleSection"], found["keywords"]) == (["News"], ["x"])
    assert page.xpath('//link[@rel="canonical"]/@href') == [url]


def test_its_dates_are_instants_with_a_zone(room: Newsroom) -> None:
    found = described(page_of(room, title="B", date=None))

    for name in ("datePublished", "dateModified"):
        assert dt.datetime.fromisoformat(found[name]) == room.clock.now()
        assert dt.datetime.fromisoformat(found[name]).utcoffset() is not None


def test_without_a_byline_the_newsroom_is_the_author(room: Newsroom) -> None:
    found = described(page_of(room, title="C", byline=()))

    assert found["author"] == [found["publisher"]]
    assert "image" not in found


def test_open_graph_says_the_same(room: Newsroom) -> None:
    page = page_of(room, title='D "quoted" & <more>', media=(PICTURE,))

    found = {node.get("property"): node.get("content") for node in page.xpath("//meta[@property]")}

    assert found["og:type"] == "article"
    assert found["og:title"] == 'D "quoted" & <more>'
    assert found["og:url"] == page.xpath('//link[@rel="canonical"]/@href')[0]
    assert found["og:site_name"] == "The School Paper"
    assert found["og:description"] == "The club won on Saturday. Nobody expected it."
    assert found["og:locale"] == "en_US"
    assert found["og:image"] == "https://cdn.example/a.jpg"
    assert (found["og:image:width"], found["og:image:alt"]) == ("1200", "A chess board")
    assert found["article:section"] == "News"
    assert found["article:published_time"] == described(page)["datePublished"]


def test_an_article_without_a_picture_shows_the_newsrooms(room: Newsroom) -> None:
    page = page_of(room, title="E")

    assert page.xpath('//meta[@property="og:image"]/@content') == [f"{BASE}/static/icon-512.png"]


def test_an_article_that_lives_elsewhere_says_so(tmp_path: object) -> None:
    clock = Clock(dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC))
    elsewhere = {"FEEDSVC_ARTICLES__PERMALINK_TEMPLATE": "https://www.school.example/{slug}"}
    room = make_newsroom(f"sqlite:///{tmp_path}/feedsvc.db", clock, elsewhere)

    page = page_of(room, title="F")

    assert page.xpath('//link[@rel="canonical"]/@href') == ["https://www.school.example/f"]
    assert described(page)["mainEntityOfPage"]["@id"] == "https://www.school.example/f"
    room.services.database.close()


@settings(max_examples=40)
@given(st.text(min_size=1))
@example("</script><script>alert(1)</script>")
@example("<!-- <script>")
@example("]]>&lt;/script&gt; \u2028 ' \" \\u003c")
def test_any_title_comes_through_the_page_unchanged(room: Newsroom, title: str) -> None:
    article = room.submit(title="Any", date=None)
    try:
        article = room.edit(article, title=title)
    except RejectedError:
        reject()

    page = lxml.html.fromstring(room.get(f"/articles/{article.permalink}").data)

    assert described(page)["headline"] == article.title
    assert page.xpath('//meta[@property="og:title"]/@content') == [article.title]
    assert len(page.xpath("//script")) == 1
    assert page.xpath("//h1")[0].text_content() == article.title
