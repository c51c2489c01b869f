"""What stands where in each format."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
from dataclasses import replace
from typing import Any

import feedparser
import pytest
from lxml import etree

from feedsvc.errors import RenderError
from feedsvc.feeds import render_json, render_xml
from feedsvc.feeds.render import render
from feedsvc.feeds.render_xml import rfc822, rfc3339
from feedsvc.model import Category, Channel, Entry, Format, Media, Person, Tombstone
from tests.conftest import make_newsroom
from tests.feeds.strategies import TRAPS, a_channel, an_entry, at, render_as
from tests.feeds.varied import DRAWING, PAPER, PICTURE, SOUND
from tests.newsroom import Clock, Newsroom

ATOM = "{http://www.w3.org/2005/Atom}"
AT = "{http://purl.org/atompub/tombstones/1.0}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

each_format = pytest.mark.parametrize("fmt", list(Format))


def rss(channel: Channel) -> etree._Element:
    return etree.fromstring(render_as(Format.RSS, channel))[0]


def atom(channel: Channel) -> etree._Element:
    return etree.fromstring(render_as(Format.ATOM, channel))


def feed(channel: Channel) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render_as(Format.JSON, channel))
    return found


def texts(node: etree._Element, path: str) -> list[str | None]:
    return [found.text for found in node.findall(path)]


def children(node: etree._Element) -> list[str]:
    return [etree.QName(child).localname for child in node]


def attributes(node: etree._Element, path: str) -> list[dict[str, str]]:
    return [dict(found.attrib) for found in node.findall(path)]


SHEET = Media("https://media.example/results.ods", "application/vnd.oasis", 9)
BYLINE = (
    Person("Ana Lee", "https://paper.example/author/ana-lee"),
    Person("Bo <O’Neil>", "https://paper.example/author/bo"),
)
FILED = (
    Category("Arts & Culture", "https://paper.example/section/arts"),
    Category("<b>", "https://paper.example/tag/b"),
)


def test_every_byline_is_named_in_order() -> None:
    channel = a_channel(an_entry(authors=BYLINE))

    assert texts(rss(channel), f"item/{DC}creator") == ["Ana Lee", "Bo <O’Neil>"]
    assert texts(atom(channel), f"{ATOM}entry/{ATOM}author/{ATOM}name") == [
        "Ana Lee",
        "Bo <O’Neil>",
    ]
    assert texts(atom(channel), f"{ATOM}entry/{ATOM}author/{ATOM}uri") == [
        person.url for person in BYLINE
    ]
    assert feed(channel)["items"][0]["authors"] == [
        {"name": person.name, "url": person.url} for person in BYLINE
    ]


def test_rss_names_nobody_in_elements_for_email_addresses() -> None:
    channel = rss(a_channel(an_entry(authors=BYLINE)))

    assert not {"author", "managingEditor", "webMaster"} & {e.tag for e in channel.iter()}


def test_an_entry_without_byline_leaves_it_to_the_feeds_author() -> None:
    channel = a_channel(an_entry())

    assert b"dc:creator" not in render_as(Format.RSS, channel)
    assert texts(atom(channel), f".//{ATOM}author/{ATOM}name") == ["The Paper"]
    assert "authors" not in feed(channel)["items"][0]
    assert feed(channel)["authors"] == [{"name": "The Paper", "url": "https://paper.example/"}]


def test_categories_say_whose_they_are() -> None:
    channel = a_channel(an_entry(categories=FILED))

    assert texts(rss(channel), "item/category") == ["Arts & Culture", "<b>"]
    assert attributes(rss(channel), "item/category") == [{"domain": c.url} for c in FILED]
    assert attributes(atom(channel), f"{ATOM}entry/{ATOM}category") == [
        {"term": c.name, "scheme": c.url, "label": c.name} for c in FILED
    ]
    assert feed(channel)["items"][0]["tags"] == ["Arts & Culture", "<b>"]


def test_rss_has_its_housekeeping() -> None:
    channel = rss(a_channel(an_entry(), ttl_minutes=7, language="de-CH", rights="© Us"))

    assert {name: channel.findtext(name) for name in ("language", "ttl", "copyright")} == {
        "language": "de-CH",
        "ttl": "7",
        "copyright": "© Us",
    }
    assert channel.findtext("generator") == "feedsvc"
    assert channel.findtext("docs") == "https://www.rssboard.org/rss-specification"
    assert channel.findtext("lastBuildDate") == "Fri, 15 Nov 2024 13:00:00 +0000"


def test_the_rss_image_has_the_channels_title_and_link() -> None:
    channel = rss(a_channel(title="Us & <b>"))

    assert {child.tag: child.text for child in channel.find("image")} == {  # type: ignore[union-attr]
        "url": "https://paper.example/static/rss-image-144.png",
        "title": "Us & <b>",
        "link": "https://paper.example/",
        "width": "144",
        "height": "144",
    }


def test_atom_has_icon_logo_rights_subtitle_and_language() -> None:
    root = atom(a_channel(language="de-CH", rights="© Us", description="All the <news>"))

    assert root.findtext(f"{ATOM}icon") == "https://paper.example/static/icon-512.png"
    assert root.findtext(f"{ATOM}logo") == "https://paper.example/static/icon-512.png"
    assert root.findtext(f"{ATOM}rights") == "© Us"
    assert root.findtext(f"{ATOM}subtitle") == "All the <news>"
    assert root.findtext(f"{ATOM}generator") == "feedsvc"
    assert root.get(LANG) == "de-CH"


def test_json_says_what_it_is_and_has_both_icons() -> None:
    head = feed(a_channel(description="All the <news>", language="de-CH"))

    assert head["version"] == "https://jsonfeed.org/version/1.1"
    assert head["icon"] == "https://paper.example/static/icon-512.png"
    assert head["favicon"] == "https://paper.example/static/favicon-64.png"
    assert (head["description"], head["language"]) == ("All the <news>", "de-CH")
    assert head["items"] == []


def test_each_format_has_one_self_link_and_one_home() -> None:
    channel = a_channel()
    selves = [
        link
        for node in (rss(channel), atom(channel))
        for link in attributes(node, f"{ATOM}link")
        if link["rel"] == "self"
    ]

    assert selves == [
        {
            "rel": "self",
            "href": f"https://paper.example/feeds/all.{fmt}",
            "type": f"application/{fmt}+xml",
        }
        for fmt in ("rss", "atom")
    ]
    assert texts(rss(channel), "link") == ["https://paper.example/"]
    assert [a for a in attributes(atom(channel), f"{ATOM}link") if a["rel"] == "alternate"] == [
        {"rel": "alternate", "href": "https://paper.example/", "type": "text/html"}
    ]
    assert feed(channel)["feed_url"] == "https://paper.example/feeds/all.json"
    assert feed(channel)["home_page_url"] == "https://paper.example/"


def test_each_format_carries_the_feeds_own_permanent_id_where_it_has_a_place() -> None:
    channel = a_channel()

    assert atom(channel).findtext(f"{ATOM}id") == channel.ids[Format.ATOM]
    assert channel.ids[Format.RSS].encode() not in render_as(Format.RSS, channel)


def test_the_description_stands_before_the_content() -> None:
    names = children(rss(a_channel(an_entry())).find("item"))  # type: ignore[arg-type]

    assert names.index("description") < names.index("encoded")


def test_items_stand_behind_everything_else() -> None:
    names = children(rss(a_channel(an_entry(1), an_entry(2))))

    assert names[-2:] == ["item", "item"]
    assert names.count("item") == 2


def test_a_summary_is_escaped_as_html_in_rss_and_nowhere_else() -> None:
    channel = a_channel(an_entry(summary_text="a <b> &lt; c"))

    assert rss(channel).findtext("item/description") == "a &lt;b&gt; &amp;lt; c"
    summary = atom(channel).find(f"{ATOM}entry/{ATOM}summary")
    assert summary is not None
    assert (summary.text, dict(summary.attrib)) == ("a <b> &lt; c", {"type": "text"})
    assert feed(channel)["items"][0]["summary"] == "a <b> &lt; c"


def test_content_is_html_escaped_once() -> None:
    html = "<p>1 &lt; 2 &amp; ]]&gt;</p>"
    channel = a_channel(an_entry(content_html=html))

    assert rss(channel).findtext(f"item/{CONTENT}encoded") == html
    content = atom(channel).find(f"{ATOM}entry/{ATOM}content")
    assert content is not None
    assert (content.text, dict(content.attrib)) == (html, {"type": "html"})
    assert feed(channel)["items"][0]["content_html"] == html


def test_without_content_json_repeats_the_summary_as_text() -> None:
    channel = a_channel(an_entry(content_html=None))

    assert rss(channel).find(f"item/{CONTENT}encoded") is None
    assert atom(channel).find(f"{ATOM}entry/{ATOM}content") is None
    item = feed(channel)["items"][0]
    assert item["content_text"] == item["summary"] == "What it says."
    assert "content_html" not in item


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("AT&T", b"AT&#x26;T"),
        ("The <b> tag", b"The &#x3C;b&gt; tag"),
        ("&lt;b> &copy", b"&#x26;lt;b&gt; &#x26;copy"),
        ("1 < 2", b"1 &#x3C; 2"),
        ("“Quoted” 'n' \"so\"", "“Quoted” 'n' \"so\"".encode()),
        ("]]>", b"]]&gt;"),
    ],
)
def test_plain_text_of_rss_has_hexadecimal_references(title: str, written: bytes) -> None:
    entry = an_entry(title=title, categories=(Category(title, "https://paper.example/tag/x"),))
    channel = a_channel(entry, title=title, description=title, rights=title)

    body = render_as(Format.RSS, channel)

    assert body.count(b"<title>" + written + b"</title>") == 3  # channel, image, item
    assert body.count(b"<description>" + written + b"</description>") == 1
    assert body.count(b"<copyright>" + written + b"</copyright>") == 1
    assert body.count(b">" + written + b"</category>") == 1
    assert rss(channel).findtext("item/title") == title
    assert rss(channel).findtext("title") == title


def test_html_in_rss_keeps_its_references() -> None:
    entry = an_entry(summary_text="<title>a & b</title>", content_html="<p>&amp; &lt;title></p>")

    body = render_as(Format.RSS, a_channel(entry))

    assert b"<description>&amp;lt;title&amp;gt;a &amp;amp; b&amp;lt;/title&amp;gt;<" in body
    assert b"&lt;p&gt;&amp;amp; &amp;lt;title&gt;&lt;/p&gt;" in body


def test_one_picture_is_media_and_one_other_file_is_the_enclosure() -> None:
    files = (SHEET, PAPER, PICTURE, SOUND, DRAWING)
    item = rss(a_channel(an_entry(media=files))).find("item")
    assert item is not None

    assert attributes(item, "enclosure") == [
        {"url": PAPER.url, "length": "99", "type": "application/pdf"}
    ]
    assert attributes(item, f"{MEDIA}content") == [
        {
            "url": PICTURE.url,
            "medium": "image",
            "type": "image/jpeg",
            "width": "1200",
            "height": "800",
            "fileSize": "48213",
        }
    ]


def test_atom_links_to_every_file_with_type_and_length() -> None:
    root = atom(a_channel(an_entry(media=(PICTURE, SOUND, DRAWING))))

    assert attributes(root, f"{ATOM}entry/{ATOM}link") == [
        {
            "rel": "alternate",
            "type": "text/html",
            "href": "https://paper.example/articles/2024/11/0",
        },
        *(
            {"rel": "enclosure", "href": m.url, "type": m.media_type, "length": str(m.size_bytes)}
            for m in (PICTURE, SOUND, DRAWING)
        ),
    ]


def test_json_attaches_every_file_and_shows_the_first_picture() -> None:
    (item,) = feed(a_channel(an_entry(media=(SOUND, DRAWING, PICTURE))))["items"]

    assert item["image"] == DRAWING.url
    assert item["attachments"] == [
        {"url": SOUND.url, "mime_type": "audio/mpeg", "size_in_bytes": 1_234_567},
        {"url": DRAWING.url, "mime_type": "image/png"},
        {"url": PICTURE.url, "mime_type": "image/jpeg", "size_in_bytes": 48_213},
    ]


@pytest.mark.parametrize(
    ("entry", "declared"),
    [
        (an_entry(), set()),
        (an_entry(media=(SOUND,)), set()),
        (an_entry(media=(PICTURE,)), {"media"}),
        (an_entry(authors=BYLINE), {"dc"}),
        (an_entry(authors=BYLINE, media=(PICTURE,)), {"dc", "media"}),
    ],
)
def test_rss_declares_on_its_root_what_it_uses(entry: Entry, declared: set[str]) -> None:
    root = etree.fromstring(render_as(Format.RSS, a_channel(entry)))

    assert {str(p) for p in root.nsmap} - {"atom", "content"} == declared
    assert all(element.nsmap == root.nsmap for element in root.iter("*"))


def test_a_picture_says_who_made_it_what_is_to_be_seen_and_where_it_is_smaller() -> None:
    picture = replace(PICTURE, credit="Zoë & Co.", description="A <b> board")
    small = Media("https://media.example/small.jpg", "image/jpeg", 9, 600, 400)
    entry = an_entry(media=(picture,), thumbnail=small)

    content = rss(a_channel(entry)).find(f"item/{MEDIA}content")

    assert content is not None
    assert content.findtext(f"{MEDIA}credit") == "Zoë & Co."
    assert content.findtext(f"{MEDIA}description") == "A <b> board"
    assert attributes(content, f"{MEDIA}thumbnail") == [
        {"url": small.url, "width": "600", "height": "400"}
    ]


@pytest.mark.parametrize("sanitize", [True, False])
@pytest.mark.parametrize("content_html", ["<p>All of it.</p>", None])
def test_readers_take_a_pictures_description_for_nothing_else(
    content_html: str | None, *, sanitize: bool
) -> None:
    picture = replace(PICTURE, description="A <b>board</b>, seen from above")
    entry = an_entry(content_html=content_html, summary_text="In short.", media=(picture,))
    body = render_as(Format.RSS, a_channel(entry))

    seen = feedparser.parse(io.BytesIO(body), sanitize_html=sanitize).entries[0]

    assert seen.summary == "In short."
    assert [one.value for one in seen.get("content", ())] == [content_html] * bool(content_html)
    assert (b"media:description" in body) == bool(content_html)


def test_an_identity_taken_over_is_not_an_iri_and_differs_in_atom_only() -> None:
    entry = an_entry(guid="old site 4711", atom_id="urn:uuid:00000000-0000-4000-8000-0000000000ff")
    channel = a_channel(entry)

    guid = rss(channel).find("item/guid")
    assert guid is not None
    assert (guid.text, guid.get("isPermaLink")) == ("old site 4711", "false")
    assert feed(channel)["items"][0]["id"] == "old site 4711"
    assert atom(channel).findtext(f"{ATOM}entry/{ATOM}id") == entry.atom_id


def test_an_address_as_identity_is_still_no_permalink() -> None:
    entry = an_entry(guid="https://old.example/?p=1", atom_id="https://old.example/?p=1")

    guid = rss(a_channel(entry)).find("item/guid")

    assert guid is not None
    assert (guid.text, guid.get("isPermaLink")) == ("https://old.example/?p=1", "false")


def test_tombstones_stand_in_atom_and_json_and_are_declared_only_then() -> None:
    stones = (Tombstone("old-1", "urn:x:1", at(0)), Tombstone("urn:x:2", "urn:x:2", at(3600)))
    channel, without = a_channel(an_entry(), tombstones=stones), a_channel(an_entry())

    root = atom(channel)

    assert attributes(root, f"{AT}deleted-entry") == [
        {"ref": "urn:x:1", "when": "2024-11-15T12:00:00Z"},
        {"ref": "urn:x:2", "when": "2024-11-15T11:00:00Z"},
    ]
    assert all(len(stone) == 0 for stone in root.findall(f"{AT}deleted-entry"))
    assert root.nsmap["at"] == "http://purl.org/atompub/tombstones/1.0"
    assert feed(channel)["_feedsvc"] == {
        "about": "https://paper.example/feeds#deleted",
        "deleted": [
            {"id": "old-1", "when": "2024-11-15T12:00:00Z"},
            {"id": "urn:x:2", "when": "2024-11-15T11:00:00Z"},
        ],
    }
    assert render_as(Format.RSS, channel) == render_as(Format.RSS, without)
    assert b"tombstones" not in render_as(Format.ATOM, without)
    assert "_feedsvc" not in feed(without)


def test_an_entry_in_another_language_says_so() -> None:
    channel = a_channel(an_entry(1, language="ar"), an_entry(2))

    assert [e.get(LANG) for e in atom(channel).findall(f"{ATOM}entry")] == ["ar", None]
    assert [item.get("language") for item in feed(channel)["items"]] == ["ar", None]


def test_dates_are_written_in_utc_with_a_numeric_zone() -> None:
    new_york = dt.timezone(dt.timedelta(hours=-5), "EST")
    instant = dt.datetime(2024, 11, 5, 9, 5, 7, 250_000, tzinfo=new_york)

    assert rfc822(instant) == "Tue, 05 Nov 2024 14:05:07 +0000"
    assert rfc3339(instant) == "2024-11-05T14:05:07.250000Z"
    assert rfc3339(instant.replace(microsecond=0)) == "2024-11-05T14:05:07Z"


def test_every_entry_has_its_own_dates() -> None:
    entry = an_entry(published_at=at(7200), updated_at=at(3600.5))
    channel = a_channel(entry)

    assert rss(channel).findtext("item/pubDate") == "Fri, 15 Nov 2024 10:00:00 +0000"
    assert texts(atom(channel), f"{ATOM}entry/{ATOM}published") == ["2024-11-15T10:00:00Z"]
    assert texts(atom(channel), f"{ATOM}entry/{ATOM}updated") == ["2024-11-15T10:59:59.500000Z"]
    (item,) = feed(channel)["items"]
    assert item["date_published"] == "2024-11-15T10:00:00Z"
    assert item["date_modified"] == "2024-11-15T10:59:59.500000Z"


def test_a_feed_without_entries_is_a_feed() -> None:
    assert rss(a_channel()).findall("item") == []
    assert atom(a_channel()).findall(f"{ATOM}entry") == []
    assert atom(a_channel()).findtext(f"{ATOM}updated") == "2024-11-15T13:00:00Z"


@each_format
@pytest.mark.parametrize("trap", TRAPS, ids=ascii)
def test_any_text_survives_to_the_letter(fmt: Format, trap: str) -> None:
    text = f"x{trap}y".replace("\x0b", "")
    entry = an_entry(title=text, content_html=text, authors=(Person(text, "https://a.example"),))
    body = render_as(fmt, a_channel(entry))

    if fmt is Format.JSON:
        item = json.loads(body)["items"][0]
        found = [item["title"], item["content_html"], item["authors"][0]["name"]]
    else:
        root, a = etree.fromstring(body), ATOM if fmt is Format.ATOM else ""
        names = [f"{ATOM}content", f"{ATOM}name"] if a else [f"{CONTENT}encoded", f"{DC}creator"]
        (item,) = root.iter(f"{ATOM}entry", "item")
        found = [next(item.iter(name)).text for name in (f"{a}title", *names)]

    assert found == [text] * 3


@pytest.mark.parametrize("fmt", [Format.RSS, Format.ATOM])
@pytest.mark.parametrize("bad", ["\x00", "\x03", "\x0b", "\ufffe", "\ud83d"], ids=ascii)
@pytest.mark.parametrize("field", ["title", "content_html", "summary_text"])
def test_what_xml_cannot_hold_is_an_error_of_ours(fmt: Format, bad: str, field: str) -> None:
    entry = dataclasses.replace(an_entry(), **{field: f"a{bad}b"})  # type: ignore[arg-type]

    with pytest.raises(RenderError, match=rf"^{fmt}: "):
        render_xml.fragments([entry], fmt)
    with pytest.raises(RenderError):
        render(a_channel(entry))


def test_what_utf8_cannot_hold_is_an_error_of_ours() -> None:
    with pytest.raises(RenderError, match=r"^json: "):
        render_json.fragments([an_entry(title="\ud83d")])


@each_format
def test_rendering_is_a_function(fmt: Format) -> None:
    channel = a_channel(an_entry(1, authors=BYLINE, categories=FILED, media=(PICTURE, SOUND)))

    assert render_as(fmt, channel) == render_as(fmt, channel)


def test_formats_do_not_share_a_generator() -> None:
    channel = a_channel(an_entry())
    alone = render_as(Format.RSS, channel)

    render_as(Format.ATOM, channel)

    assert render_as(Format.RSS, channel) == alone


# Through the whole house.


def test_corrections_stand_at_the_top_with_the_newsrooms_day(sqlite_newsroom: Newsroom) -> None:
    room = sqlite_newsroom
    article = room.submit()
    room.clock.at = dt.datetime(2024, 12, 25, 4, 59, tzinfo=dt.UTC)  # the 24th in New York
    article = room.correct(article, "It was <i>Sunday</i> & not Saturday.")
    room.clock.advance(minutes=1)
    room.correct(article, "Twice.")

    (entry,) = room.channel().entries

    assert entry.content_html == (
        "<p><strong>Correction, December 24, 2024:</strong>"
        " It was &lt;i&gt;Sunday&lt;/i&gt; &amp; not Saturday.</p>"
        "<p><strong>Correction, December 25, 2024:</strong> Twice.</p>" + article.content_html
    )
    assert entry.updated_at == room.clock.at


def test_ttl_is_how_long_a_reader_may_keep_it(tmp_path: Any, clock: Clock) -> None:
    environ = {"FEEDSVC_FEEDS__TTL_MINUTES": "17"}
    room = make_newsroom(f"sqlite:///{tmp_path}/x.db", clock, environ)
    room.submit()
    room.build()

    answer = room.get("/feeds/all.rss")

    assert b"<ttl>17</ttl>" in answer.data
    assert "max-age=1020" in answer.headers["Cache-Control"]
    room.services.database.close()


def test_a_withdrawal_leaves_a_tombstone_for_thirty_days(newsroom: Newsroom) -> None:
    gone, _ = newsroom.submit(), newsroom.submit(title="Stays")
    newsroom.build()
    withdrawn_at = newsroom.clock.advance(hours=1)
    newsroom.withdraw(gone)
    newsroom.build()

    assert newsroom.channel().tombstones == (Tombstone(gone.guid, gone.atom_id, withdrawn_at),)
    for path in ("all", "section/news", "author/ana-lee", "edition/the-journal-2024"):
        assert gone.atom_id.encode() in newsroom.documents(path)[Format.ATOM].body
        assert gone.atom_id.encode() not in newsroom.documents(path)[Format.RSS].body

    newsroom.clock.advance(days=30)
    newsroom.submit(title="Later", date=None)
    assert len(newsroom.channel().tombstones) == 1
    newsroom.clock.advance(seconds=1)
    newsroom.submit(title="Later Still", date=None)
    newsroom.build()

    assert newsroom.channel().tombstones == ()
    assert b"tombstones" not in newsroom.documents()[Format.ATOM].body


def test_no_more_tombstones_than_configured(tmp_path: Any, clock: Clock) -> None:
    environ = {"FEEDSVC_FEEDS__TOMBSTONES": "2"}
    room = make_newsroom(f"sqlite:///{tmp_path}/x.db", clock, environ)
    gone = [room.submit(title=f"Story {i}") for i in range(4)]
    for article in gone:
        clock.advance(hours=1)
        room.withdraw(article)

    found = [stone.atom_id for stone in room.channel().tombstones]

    assert found == [gone[3].atom_id, gone[2].atom_id]
    room.services.database.close()


def test_a_feed_is_dated_by_its_last_event(newsroom: Newsroom) -> None:
    article = newsroom.submit()
    assert newsroom.channel().updated_at == newsroom.clock.at
    later = newsroom.clock.advance(hours=5)
    newsroom.withdraw(article)

    assert newsroom.channel().updated_at == later


def test_the_title_of_every_feed_is_its_own(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()

    titles = [newsroom.channel(path).title for path in newsroom.paths()]

    assert sorted(titles) == [
        "Ana Lee – The School Paper",
        "News – The School Paper",
        "The Journal 2024 – The School Paper",
        "The School Paper",
    ]


def test_media_keeps_its_order_through_the_store(newsroom: Newsroom) -> None:
    files: tuple[Media, ...] = (SOUND, PICTURE, PAPER, DRAWING)
    newsroom.submit(media=files)

    (entry,) = newsroom.channel().entries

    assert entry.media == files
