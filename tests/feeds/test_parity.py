"""The formats of a feed say the same: read here by feedparser, lxml and json, not by readback."""

from __future__ import annotations

import calendar
import datetime as dt
import email.utils
import html
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from feedsvc.feeds.compose import corrections_html
from feedsvc.model import Article, Format
from tests.conftest import make_newsroom
from tests.feeds.varied import PICTURE, fill
from tests.newsroom import Clock, Newsroom

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
MEDIA = "{http://search.yahoo.com/mrss/}"


@dataclass(frozen=True)
class Seen:
    """An entry as somebody else's program reads it."""

    id: str
    url: str
    title: str
    summary: str
    content: str
    published: dt.datetime
    authors: tuple[str, ...]
    categories: tuple[str, ...]


def served(room: Newsroom, path: str, fmt: Format) -> bytes:
    answer = room.get(f"/feeds/{path}.{fmt}")
    assert answer.status_code == 200
    return bytes(answer.data)


def by_feedparser(body: bytes, *, escaped_summary: bool) -> list[Seen]:
    parsed = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    assert not parsed.bozo
    return [
        Seen(
            id=entry.id,
            url=entry.link,
            title=entry.title,
            summary=html.unescape(entry.summary) if escaped_summary else entry.summary,
            content=entry.content[0].value if "content" in entry else "",
            published=dt.datetime.fromtimestamp(calendar.timegm(entry.published_parsed), dt.UTC),
            authors=tuple(author.name for author in entry.get("authors", ())),
            categories=tuple(tag.term for tag in entry.get("tags", ())),
        )
        for entry in parsed.entries
    ]


def text(node: etree._Element, path: str) -> str:
    return "".join(child.text or "" for child in node.findall(path))


def by_lxml_rss(body: bytes) -> list[Seen]:
    return [
        Seen(
            id=text(item, "guid"),
            url=text(item, "link"),
            title=text(item, "title"),
            summary=html.unescape(text(item, "description")),
            content=text(item, f"{CONTENT}encoded"),
            published=email.utils.parsedate_to_datetime(text(item, "pubDate")),
            authors=tuple(creator.text or "" for creator in item.findall(f"{DC}creator")),
            categories=tuple(found.text or "" for found in item.findall("category")),
        )
        for item in etree.fromstring(body).iter("item")
    ]


def by_lxml_atom(body: bytes) -> list[Seen]:
    return [
        Seen(
            id=text(entry, f"{ATOM}id"),
            url=str(entry.find(f"{ATOM}link[@rel='alternate']").get("href")),  # type: ignore[union-attr]
            title=text(entry, f"{ATOM}title"),
            summary=text(entry, f"{ATOM}summary"),
            content=text(entry, f"{ATOM}content"),
            published=dt.datetime.fromisoformat(text(entry, f"{ATOM}published")),
            authors=tuple(name.text or "" for name in entry.findall(f"{ATOM}author/{ATOM}name")),
            categories=tuple(str(c.get("term")) for c in entry.findall(f"{ATOM}category")),
        )
        for entry in etree.fromstring(body).iter(f"{ATOM}entry")
    ]


def by_json(body: bytes) -> list[Seen]:
    return [
        Seen(
            id=item["id"],
            url=item["url"],
            title=item["title"],
            summary=item["summary"],
            content=item.get("content_html", ""),
            published=dt.datetime.fromisoformat(item["date_published"]),
            authors=tuple(author["name"] for author in item.get("authors", ())),
            categories=tuple(item.get("tags", ())),
        )
        for item in json.loads(body)["items"]
    ]


@dataclass
class World:
    """A filled newsroom and its stories."""

    room: Newsroom
    stories: dict[str, Article]

    def guids(self, seen: list[Seen]) -> list[Seen]:
        """Put the guid in the place of the one Atom id that is not the guid."""
        odd = {a.atom_id: a.guid for a in self.stories.values()}
        return [Seen(**{**vars(entry), "id": odd.get(entry.id, entry.id)}) for entry in seen]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("parity")
    clock = Clock(dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC))
    environ = {"FEEDSVC_FEEDS__SUMMARY_ONLY": "section/sports"}
    room = make_newsroom(f"sqlite:///{folder}/feedsvc.db", clock, environ)
    yield World(room, fill(room))
    room.services.database.close()


PATHS = [
    "all",
    *("section/news", "section/arts-culture", "section/sports"),
    *("author/ana-lee", "author/ana-sanchez", "author/bo-oneil-jr-left", "author/li-xiao-long"),
    *("author/zoe-angstrom", "edition/the-journal-2024", "edition/the-journal-2023"),
]
each_feed = pytest.mark.parametrize("path", PATHS)


def test_these_are_all_the_feeds(world: World) -> None:
    assert sorted(world.room.paths()) == sorted(PATHS)


@each_feed
def test_feedparser_and_json_see_the_same_entries(world: World, path: str) -> None:
    rss = by_feedparser(served(world.room, path, Format.RSS), escaped_summary=True)
    atom = by_feedparser(served(world.room, path, Format.ATOM), escaped_summary=False)
    items = by_json(served(world.room, path, Format.JSON))

    assert rss == items
    assert world.guids(atom) == items
    assert items


@each_feed
def test_lxml_sees_the_same_entries_to_the_letter(world: World, path: str) -> None:
    items = by_json(served(world.room, path, Format.JSON))

    assert by_lxml_rss(served(world.room, path, Format.RSS)) == items
    assert world.guids(by_lxml_atom(served(world.room, path, Format.ATOM))) == items


@each_feed
def test_categories_have_the_same_addresses_in_rss_and_atom(world: World, path: str) -> None:
    rss = etree.fromstring(served(world.room, path, Format.RSS))
    atom = etree.fromstring(served(world.room, path, Format.ATOM))
    domains = [[c.get("domain") for c in item.findall("category")] for item in rss.iter("item")]
    schemes = [
        [c.get("scheme") for c in entry.findall(f"{ATOM}category")]
        for entry in atom.iter(f"{ATOM}entry")
    ]

    assert domains == schemes
    assert all(str(url).startswith("http://127.0.0.1:8000/") for row in domains for url in row)


@each_feed
def test_files_and_last_changes_are_the_same(world: World, path: str) -> None:
    rss = etree.fromstring(served(world.room, path, Format.RSS))
    atom = etree.fromstring(served(world.room, path, Format.ATOM))
    items = json.loads(served(world.room, path, Format.JSON))["items"]

    for item, entry, other in zip(rss.iter("item"), atom.iter(f"{ATOM}entry"), items, strict=True):
        shown = [*item.findall(f"{MEDIA}content"), *item.findall("enclosure")]
        linked = [link.get("href") for link in entry.findall(f"{ATOM}link[@rel='enclosure']")]
        attached = [attachment["url"] for attachment in other.get("attachments", ())]

        assert linked == attached
        # RSS has room for one picture and one other file only
        assert {media.get("url") for media in shown} <= set(attached)
        assert bool(shown) == bool(attached)
        assert text(entry, f"{ATOM}updated") == other["date_modified"]


def test_what_all_formats_say_is_what_the_store_has(world: World) -> None:
    settings = world.room.services.settings
    items = {entry.id: entry for entry in by_json(served(world.room, "all", Format.JSON))}
    public = [a for name, a in world.stories.items() if name != "withdrawn"]

    assert items.keys() == {article.guid for article in public}
    for article in public:
        entry = items[article.guid]
        notes = corrections_html(article.corrections, settings)
        assert entry.title == article.title
        lead = '<figure><img src="https://media.example/chess.jpg" alt="A board"></figure>'
        assert entry.content == notes + lead * (PICTURE in article.media) + article.content_html
        assert entry.published == article.published_at
        assert entry.authors == tuple(credit.author.name for credit in article.byline)
        assert entry.categories == tuple(
            term.name for term in article.terms if term.kind != "author"
        )
        assert entry.url == settings.article_url(article.permalink or "")


def test_entries_stand_newest_first(world: World) -> None:
    dates = [entry.published for entry in by_json(served(world.room, "all", Format.JSON))]

    assert dates == sorted(dates, reverse=True)
    assert len(set(dates)) > 4


def test_ids_differ_only_in_atom_and_only_where_the_guid_is_no_iri(world: World) -> None:
    rss = {entry.id for entry in by_lxml_rss(served(world.room, "all", Format.RSS))}
    atom = {entry.id for entry in by_lxml_atom(served(world.room, "all", Format.ATOM))}
    odd = world.stories["taken over"]

    assert rss - atom == {odd.guid} == {"old-site-4711 <b>"}
    assert atom - rss == {odd.atom_id}
    assert odd.atom_id.startswith("urn:uuid:")
    assert "tag:old.example,2010:/é?a=1&b=2" in rss & atom


def test_a_summary_only_feed_has_no_content_in_any_format(world: World) -> None:
    rss, atom, items = (served(world.room, "section/sports", fmt) for fmt in Format)

    assert b"content:encoded>" not in rss
    assert b"<content" not in atom
    assert all("content_html" not in item for item in json.loads(items)["items"])
    assert [item["content_text"] for item in json.loads(items)["items"]] == [
        entry.summary for entry in by_lxml_rss(rss)
    ]
    assert all(entry.content for entry in by_json(served(world.room, "all", Format.JSON)))


def test_authors_have_the_same_pages_in_atom_and_json(world: World) -> None:
    atom = etree.fromstring(served(world.room, "all", Format.ATOM))
    items = json.loads(served(world.room, "all", Format.JSON))["items"]
    uris = [
        [uri.text for uri in entry.findall(f"{ATOM}author/{ATOM}uri")]
        for entry in atom.iter(f"{ATOM}entry")
    ]

    assert uris == [[author["url"] for author in item.get("authors", ())] for item in items]
    assert "http://127.0.0.1:8000/author/ana-sanchez" in [url for row in uris for url in row]
