"""Being found: the directory of feeds, a page for each, and what every page says of its feeds."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from urllib.parse import unquote

import lxml.html
import pytest
import sqlalchemy as sa
from werkzeug.http import parse_options_header

from feedsvc.model import Format, Kind
from feedsvc.store import tables as t
from feedsvc.web.landing import READERS
from tests.conftest import make_newsroom
from tests.newsroom import Clock, Newsroom

BASE = "https://paper.example"
FEEDS = f"{BASE}/feeds"
PATHS = ("all", "section/news", "author/ana-lee", "edition/the-journal-2024")
ARTICLE = "/articles/2024/11/chess-club-wins-the-state-title"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """A newsroom that is only read."""
    clock = Clock(dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC))
    url = f"sqlite:///{tmp_path_factory.mktemp('landing')}/feedsvc.db"
    room = make_newsroom(url, clock, {"FEEDSVC_SITE__BASE_URL": BASE})
    room.submit(tags=("chess",))
    room.build()
    yield room
    room.services.database.close()


def page(room: Newsroom, path: str, status: int = 200) -> lxml.html.HtmlElement:
    answer = room.get(path)
    assert answer.status_code == status
    assert answer.content_type == "text/html; charset=utf-8"
    return lxml.html.fromstring(answer.data)


def offered(document: lxml.html.HtmlElement) -> list[str]:
    """Return where the names of feeds in lists of feeds lead."""
    return [str(found) for found in document.xpath('//ul[@class="feeds"]//a[@class="name"]/@href')]


def test_the_directory_names_every_feed_with_its_page_and_formats(room: Newsroom) -> None:
    document = page(room, "/feeds")

    headings = [heading.text_content() for heading in document.xpath("//section/h2")]
    groups = ["Everything", "Sections", "Authors", "Editions"]
    assert headings == [*groups, "All at once", "When a story is withdrawn"]
    assert document.get_element_by_id("deleted") is not None  # JSON feeds lead there
    assert offered(document) == [f"/feeds/{path}" for path in PATHS]
    for path in PATHS:
        (row,) = document.xpath(f'//li[a[@href="/feeds/{path}"]]')
        assert row.xpath('.//*[@class="formats"]/a/@href') == [
            f"{FEEDS}/{path}.{fmt}" for fmt in Format
        ]


def test_the_directory_leads_to_the_subscription_list(room: Newsroom) -> None:
    document = page(room, "/feeds")

    assert document.xpath('//main//a[@type="text/x-opml"]/@href') == [f"{BASE}/feeds.opml"]
    links = document.xpath('//head/link[@rel="alternate"][@type="text/x-opml"]/@href')
    assert links == [f"{BASE}/feeds.opml"]


def test_a_feed_without_a_public_story_is_offered_nowhere(newsroom: Newsroom) -> None:
    """The start page once went on offering authors whose stories were all withdrawn."""
    newsroom.submit()
    lost = newsroom.submit(title="Lost", byline=(("Bo Ek", None),), sections=("Sports",))
    newsroom.build()
    assert "/feeds/author/bo-ek" in offered(page(newsroom, "/feeds"))
    assert "/feeds/section/sports" in offered(page(newsroom, "/"))

    newsroom.withdraw(lost)
    newsroom.build()

    assert offered(page(newsroom, "/feeds")) == [f"/feeds/{path}" for path in PATHS]
    assert offered(page(newsroom, "/")) == ["/feeds/all", "/feeds/section/news"]
    assert "sports" not in newsroom.get("/").text
    assert b"bo-ek" not in newsroom.get("/feeds.opml").data
    # Whoever follows it may stay.
    assert newsroom.get("/feeds/author/bo-ek.rss").status_code == 200
    assert newsroom.get("/feeds/author/bo-ek").status_code == 200


def test_before_the_first_feed_the_directory_is_an_empty_page(sqlite_newsroom: Newsroom) -> None:
    assert "No feeds yet." in page(sqlite_newsroom, "/feeds").text_content()
    assert sqlite_newsroom.get("/feeds/all").status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_every_feed_has_a_page_beside_it(room: Newsroom, path: str) -> None:
    document = page(room, f"/feeds/{path}")

    assert document.xpath("//h1")[0].text_content().startswith("Follow ")
    assert "Chess Club Wins the State Title" in document.xpath("//ol")[0].text_content()
    (field,) = document.xpath("//input[@readonly]")
    assert field.value == f"{FEEDS}/{path}.rss"
    (label,) = document.xpath(f'//label[@for="{field.get("id")}"]')
    assert label.text_content() == "Or copy the address"
    formats = document.xpath('//dl[@class="kinds"]//a/@href')
    assert formats == [f"{FEEDS}/{path}.{fmt}" for fmt in Format]


def test_a_page_leads_to_each_reader_with_the_feeds_address(room: Newsroom) -> None:
    found = page(room, "/feeds/section/news").xpath('//ul[@class="readers"]//a')

    assert [link.text_content() for link in found] == list(READERS)
    whole, quoted = f"{FEEDS}/section/news.rss", r"https%3A%2F%2Fpaper\.example%2Ffeeds%2Fsection"
    for link in found:
        assert unquote(link.get("href")).endswith(whole)
        assert link.text_content() == "Your own app" or re.search(quoted, link.get("href"))
    assert found[0].get("href").startswith("https://feedly.com/i/subscription/feed%2Fhttps%3A")
    assert found[-1].get("href") == f"feed:{whole}"


def test_the_snippet_is_what_makes_a_page_tell_of_the_feed(room: Newsroom) -> None:
    (snippet,) = page(room, "/feeds/section/news").xpath("//textarea/text()")

    links = lxml.html.fromstring(f"<html><head>{snippet}</head></html>").xpath("//link")
    assert [
        (link.get("rel"), link.get("type"), link.get("title"), link.get("href")) for link in links
    ] == [
        (
            "alternate",
            fmt.media_type,
            f"News – The School Paper ({fmt.label})",
            f"{FEEDS}/section/news.{fmt}",
        )
        for fmt in Format
    ]


def test_titles_are_distinct(room: Newsroom) -> None:
    pages = [
        "/",
        "/feeds",
        "/section/news",
        "/author/ana-lee",
        "/edition/the-journal-2024",
        ARTICLE,
    ]
    pages += [f"/feeds/{path}" for path in PATHS]

    titles = [page(room, path).findtext(".//title") for path in pages]

    assert len(set(titles)) == len(pages)


def test_an_old_slug_leads_to_the_page_of_the_new_one(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.rename(Kind.SECTION, "News", "Local News")
    newsroom.build()

    answer = newsroom.get("/feeds/section/news")

    assert (answer.status_code, answer.location) == (301, "/feeds/section/local-news")
    assert newsroom.get(answer.location).status_code == 200


def test_the_page_of_a_removed_feed_is_gone_and_nothing_offers_it(newsroom: Newsroom) -> None:
    newsroom.withdraw(newsroom.submit())
    newsroom.build()
    with newsroom.services.database.write() as tx:
        news = t.term.c.slug == "news"
        gone = {"slug": None, "removed_at": newsroom.clock.now()}
        tx.execute(sa.update(t.term).where(news).values(gone))

    document = page(newsroom, "/feeds/section/news", 410)

    assert "The newsroom has taken this down." in document.text_content()
    for path in ("/", "/feeds", "/feeds.opml", "/sitemap.xml"):
        answer = newsroom.get(path)
        assert answer.status_code == 200
        assert b"section/" not in answer.data


@pytest.mark.parametrize("path", ["/feeds/section/nowhere", "/feeds/author/news"])
def test_there_is_no_page_for_what_is_no_feed(room: Newsroom, path: str) -> None:
    assert "nothing at this address" in page(room, path, 404).text_content()


OWN = {
    "/": [],
    "/feeds": [],
    "/nowhere": [],
    "/tag/chess": [],
    "/feeds/all": [],
    "/section/news": ["section/news"],
    "/feeds/section/news": ["section/news"],
    "/author/ana-lee": ["author/ana-lee"],
    "/feeds/author/ana-lee": ["author/ana-lee"],
    "/edition/the-journal-2024": ["edition/the-journal-2024"],
    ARTICLE: ["section/news"],
}


@pytest.mark.parametrize("path", OWN)
def test_a_page_and_its_header_tell_of_its_own_feed_and_then_of_the_sites(
    room: Newsroom, path: str
) -> None:
    expected = [
        (f"{FEEDS}/{feed}.{fmt}", fmt.media_type) for feed in [*OWN[path], "all"] for fmt in Format
    ]

    answer = room.get(path)

    links = lxml.html.fromstring(answer.data).xpath('//head/link[@rel="alternate"]')
    in_page = [(link.get("href"), link.get("type"), link.get("title")) for link in links]
    assert [found[:2] for found in in_page[: len(expected)]] == expected
    assert in_header(answer.headers["Link"]) == in_page[: len(expected)]
    assert len({title for _, _, title in in_page}) == len(in_page)


def in_header(value: str) -> list[tuple[str, str, str]]:
    """Read a `Link` header's alternates: address, type and title."""
    found = []
    for target, parameters in re.findall(r"<([^>]*)>((?:; [^,]*)+)", value):
        _, options = parse_options_header(f"x{parameters}")
        assert options["rel"] == "alternate"
        found.append((target, options["type"], options["title"]))
    return found


def test_a_header_is_ascii_and_short_whatever_the_names(sqlite_newsroom: Newsroom) -> None:
    names = tuple(f'Ünï, “Cödé” "{number}" ; {"長" * 20}' for number in range(9))
    article = sqlite_newsroom.submit(sections=names)
    sqlite_newsroom.build()

    header = sqlite_newsroom.get(f"/articles/{article.permalink}").headers["Link"]

    assert header.isascii()
    assert len(header) < 4_000
    titles = [title for _, _, title in in_header(header)]
    assert titles[0] == f"{names[0]} – The School Paper (RSS)"
    assert titles[-1] == "The School Paper (JSON)"


def test_only_pages_with_buttons_may_run_a_script_and_only_ours(room: Newsroom) -> None:
    policy = room.get("/feeds/section/news").headers["Content-Security-Policy"]

    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script" not in room.get("/feeds").headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/feeds", "/feeds/all", "/feeds/section/news"])
def test_a_page_that_is_known_is_not_sent_again(room: Newsroom, path: str) -> None:
    answer = room.get(path)

    again = room.get(path, headers={"If-None-Match": answer.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Link"] == answer.headers["Link"]
