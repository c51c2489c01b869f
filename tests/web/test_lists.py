"""Lists for programs: OPML, line by line; sitemaps; `robots.txt`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import pytest
import sqlalchemy as sa
from lxml import etree

from feedsvc.model import Format
from feedsvc.store import tables as t
from tests.conftest import make_newsroom
from tests.newsroom import Clock, Newsroom

NOW = dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC)
BASE = "https://paper.example"
NAMES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "n": "http://www.google.com/schemas/sitemap-news/0.9",
}
PATHS = ("all", "section/news", "author/ana-lee", "edition/the-journal-2024")
LISTS = ("/feeds.opml", "/sitemap.xml", "/sitemap-1.xml", "/news-sitemap.xml")


def a_room(url: str, **environ: str) -> Newsroom:
    return make_newsroom(url, Clock(NOW), {"FEEDSVC_SITE__BASE_URL": BASE, **environ})


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """A newsroom that is only read."""
    room = a_room(f"sqlite:///{tmp_path_factory.mktemp('lists')}/feedsvc.db")
    room.submit(tags=("chess",))
    room.submit(title="<b> & “News”", date=NOW - dt.timedelta(hours=1), sections=("A & B",))
    room.build()
    yield room
    room.services.database.close()


def opml(room: Newsroom) -> etree._Element:
    return etree.fromstring(room.get("/feeds.opml").data)


def locations(room: Newsroom, path: str = "/sitemap.xml") -> list[str]:
    answer = room.get(path)
    assert answer.status_code == 200
    return [
        str(url) for url in etree.fromstring(answer.data).xpath("//s:loc/text()", namespaces=NAMES)
    ]


def test_opml_has_the_version_a_head_and_a_body_with_outlines(room: Newsroom) -> None:
    root = opml(room)

    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert [child.tag for child in root] == ["head", "body"]
    assert len(root.findall("body/outline")) >= 1
    assert root.findtext("head/title") == "Feeds of The School Paper"


def test_every_outline_of_opml_has_a_text(room: Newsroom) -> None:
    assert all(outline.get("text") for outline in opml(room).iter("outline"))


def test_every_feed_in_opml_has_what_readers_look_for(room: Newsroom) -> None:
    (news,) = opml(room).xpath("//outline[contains(@xmlUrl, 'section/news')]")

    assert dict(news.attrib) == {
        "type": "rss",
        "text": "News – The School Paper",
        "title": "News – The School Paper",
        "description": "The latest in News from The School Paper.",
        "language": "en-US",
        "version": "RSS2",
        "htmlUrl": f"{BASE}/section/news",
        "xmlUrl": f"{BASE}/feeds/section/news.rss",
    }
    for outline in opml(room).xpath("//outline[@xmlUrl]"):
        assert set(outline.attrib) == set(news.attrib)
        assert outline.get("type") == "rss"


def test_opml_says_when_it_changed_as_rfc_822_wants_it(room: Newsroom) -> None:
    changed = opml(room).findtext("head/dateModified")

    assert changed == "Mon, 18 Nov 2024 15:00:00 GMT"
    assert parsedate_to_datetime(changed) == NOW


def test_opml_lists_exactly_the_public_feeds_in_groups(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.submit(title="Secret", sections=("Secrets",), draft=True)
    newsroom.build()

    groups = opml(newsroom).findall("body/outline")

    assert [group.get("text") for group in groups] == [
        "Everything",
        "Sections",
        "Authors",
        "Editions",
    ]
    listed = [feed.get("xmlUrl") for group in groups for feed in group]
    assert listed == [newsroom.services.settings.feed_url(path, Format.RSS) for path in PATHS]
    for url in listed:
        assert url is not None
        path = url.removeprefix(newsroom.services.settings.base_url)
        assert newsroom.get(path).status_code == 200


def test_opml_has_its_own_content_type(room: Newsroom) -> None:
    assert room.get("/feeds.opml").content_type == "text/x-opml; charset=utf-8"


@pytest.mark.parametrize("path", LISTS)
def test_a_list_that_is_known_is_not_sent_again(room: Newsroom, path: str) -> None:
    answer = room.get(path)
    etag = answer.headers["ETag"]

    again = room.get(path, headers={"If-None-Match": etag})

    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    seconds = 300 if path.startswith("/sitemap") else 60
    assert again.headers["Cache-Control"] == f"public, max-age={seconds}"
    assert room.get(path, headers={"If-None-Match": '"other"'}).data == answer.data


def test_before_the_first_feed_there_is_no_opml_yet(sqlite_newsroom: Newsroom) -> None:
    answer = sqlite_newsroom.get("/feeds.opml")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


def test_the_sitemap_lists_every_public_page_once(newsroom: Newsroom) -> None:
    newsroom.submit(tags=("chess",))
    newsroom.withdraw(newsroom.submit(title="Gone", sections=("Lost",), tags=("lost",)))
    newsroom.submit(title="Secret", sections=("Secrets",), draft=True)
    newsroom.build()
    base = newsroom.services.settings.base_url

    found = locations(newsroom)

    assert found == [
        *(f"{base}/", f"{base}/feeds", f"{base}/author/ana-lee"),
        *(f"{base}/edition/the-journal-2024", f"{base}/section/news", f"{base}/tag/chess"),
        f"{base}/articles/2024/11/chess-club-wins-the-state-title",
    ]
    for url in found:
        assert newsroom.get(url.removeprefix(base)).status_code == 200


def test_the_sitemap_says_when_an_article_changed(sqlite_newsroom: Newsroom) -> None:
    article = sqlite_newsroom.submit()
    sqlite_newsroom.clock.advance(hours=2)
    sqlite_newsroom.correct(article, "It was Sunday.")
    sqlite_newsroom.build()

    root = etree.fromstring(sqlite_newsroom.get("/sitemap.xml").data)

    changed = root.xpath(
        "//s:url[contains(s:loc, '/articles/')]/s:lastmod/text()", namespaces=NAMES
    )
    assert changed == ["2024-11-18T17:00:00+00:00"]


@pytest.mark.slow
def test_a_long_sitemap_comes_in_parts(tmp_path: object) -> None:
    room = a_room(f"sqlite:///{tmp_path}/feedsvc.db")
    room.submit()
    room.build()
    article = t.article.c
    with room.services.database.write() as tx:
        row = tx.execute(sa.select(t.article)).one()._asdict()
        copies = [
            {**row, "id": i, "guid": str(i), "atom_id": str(i), "permalink": f"2024/11/{i}"}
            for i in range(2, 50_002)
        ]
        tx.execute(sa.insert(t.article), copies)
        assert tx.execute(sa.select(sa.func.count(article.id))).scalar() == 50_001

    index = room.get("/sitemap.xml")
    parts = locations(room)

    assert etree.fromstring(index.data).tag == f"{{{NAMES['s']}}}sitemapindex"
    assert parts == [f"{BASE}/sitemap-1.xml", f"{BASE}/sitemap-2.xml"]
    first, second = (locations(room, part.removeprefix(BASE)) for part in parts)
    assert len(first) == 50_000
    found = first + second
    assert len(set(found)) == len(found) == 50_001 + 5
    assert room.get("/sitemap-3.xml").status_code == 404
    assert len(room.get("/sitemap-1.xml").data) < 50_000_000
    room.services.database.close()


@pytest.mark.parametrize("number", ["0", "-1", "2", "x", "9" * 30])
def test_there_is_no_part_of_the_sitemap_beyond_the_last(room: Newsroom, number: str) -> None:
    assert room.get(f"/sitemap-{number}.xml").status_code == 404


def test_whoever_asks_for_parts_that_there_are_not_makes_no_work(room: Newsroom) -> None:
    client, asked = room.client(), []
    client.get("/sitemap.xml")

    def note(*event: object) -> None:
        asked.append(str(event[2]))

    sa.event.listen(room.services.database.engine, "before_cursor_execute", note)
    statuses = {client.get(f"/sitemap-{number}.xml").status_code for number in range(2, 9)}
    sa.event.remove(room.services.database.engine, "before_cursor_execute", note)

    assert statuses == {404}
    assert [statement for statement in asked if "FROM article" in statement] == []


def test_the_news_sitemap_says_what_a_search_engine_asks_for(room: Newsroom) -> None:
    root = etree.fromstring(room.get("/news-sitemap.xml").data)

    (entry,) = root.findall("s:url", NAMES)  # the other article is older than two days
    assert entry.findtext("s:loc", namespaces=NAMES) == f"{BASE}/articles/2024/11/b-news"
    (news,) = entry.findall("n:news", NAMES)
    found = {child.tag: child.text for child in news.iter() if child.text}
    assert found == {
        f"{{{NAMES['n']}}}name": "The School Paper",
        f"{{{NAMES['n']}}}language": "en",
        f"{{{NAMES['n']}}}publication_date": "2024-11-18T14:00:00+00:00",
        f"{{{NAMES['n']}}}title": "<b> & “News”",
    }


def test_the_news_sitemap_never_lists_what_is_older_than_two_days(
    sqlite_newsroom: Newsroom,
) -> None:
    sqlite_newsroom.submit(title="Fresh", date=None)
    sqlite_newsroom.build()
    client = sqlite_newsroom.client()
    for minutes in (0, 2_874, 2, 2, 2, 2):
        sqlite_newsroom.clock.advance(minutes=minutes)

        listed = b"/fresh" in client.get("/news-sitemap.xml").data

        age = sqlite_newsroom.clock.now() - NOW
        assert not listed or age <= dt.timedelta(days=2)
        assert listed or age > dt.timedelta(days=1, hours=23)


def test_the_news_sitemap_lists_at_most_a_thousand_newest_first(sqlite_newsroom: Newsroom) -> None:
    sqlite_newsroom.submit(title="First", date=None)
    with sqlite_newsroom.services.database.write() as tx:
        row = tx.execute(sa.select(t.article)).one()._asdict()
        copies = [
            {
                **row,
                "id": i,
                "guid": str(i),
                "atom_id": str(i),
                "permalink": f"2024/11/{i}",
                "published_at": NOW - dt.timedelta(seconds=i),
            }
            for i in range(2, 1_102)
        ]
        tx.execute(sa.insert(t.article), copies)

    found = locations(sqlite_newsroom, "/news-sitemap.xml")

    assert len(found) == 1_000
    assert [url.rpartition("/")[2] for url in found[:3]] == ["first", "2", "3"]


@pytest.mark.parametrize(
    ("language", "code"), [("de", "de"), ("pt-BR", "pt"), ("zh-CN", "zh-cn"), ("zh-TW", "zh-tw")]
)
def test_the_news_sitemap_names_languages_as_iso_639_does(
    tmp_path: object, language: str, code: str
) -> None:
    room = a_room(f"sqlite:///{tmp_path}/feedsvc.db", FEEDSVC_SITE__LANGUAGE=language)
    room.submit(date=None)

    root = etree.fromstring(room.get("/news-sitemap.xml").data)

    assert root.findtext(".//n:language", namespaces=NAMES) == code
    room.services.database.close()


def test_robots_are_told_of_the_sitemaps_and_kept_from_nothing(room: Newsroom) -> None:
    answer = room.get("/robots.txt")

    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.text.splitlines() == [
        *("User-agent: *", "Disallow:", ""),
        f"Sitemap: {BASE}/sitemap.xml",
        f"Sitemap: {BASE}/news-sitemap.xml",
    ]


def test_articles_that_live_on_another_site_are_in_no_sitemap_of_ours(tmp_path: object) -> None:
    elsewhere = "https://www.school.example/{yyyy}/{slug}"
    room = a_room(
        f"sqlite:///{tmp_path}/feedsvc.db", FEEDSVC_ARTICLES__PERMALINK_TEMPLATE=elsewhere
    )
    room.submit(date=None)
    room.build()

    assert f"{BASE}/section/news" in locations(room)
    assert all(url.startswith(f"{BASE}/") for url in locations(room))
    assert room.get("/news-sitemap.xml").status_code == 404
    assert "news-sitemap" not in room.get("/robots.txt").text
    room.services.database.close()
