"""RSS and Atom as they are read: what each field becomes, and that ids stay verbatim."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.intake.feed.parts import Origin, html_of_text
from tests.intake.feeds import URL, atom, entry, read, rss

UTC = dt.UTC


@pytest.mark.parametrize(
    "guid",
    [
        "https://old.example/?p=12",
        "http://old.example/2019/05/Ä/",
        "file:///a//b",
        "tag:old.example,2024:1",
        "plain text 7",
        "urn:cafÃ©",
        "relative/path",
        "a?b=1&amp;c=2",
        "1234",
    ],
)
@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_an_id_is_taken_over_verbatim(kind: str, guid: str) -> None:
    body = (
        rss(f"<title>T</title><guid>{guid}</guid>")
        if kind == "rss"
        else atom(f"<id>{guid}</id><title>T</title>", attributes=' xml:base="https://b.example/"')
    )

    assert entry(body).guid == guid.replace("&amp;", "&")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("<![CDATA[Tom &amp; Jerry]]>", "Tom & Jerry"),
        ("It&amp;#39;s", "It's"),
        ("It&#8217;s", "It’s"),
        ("Use the &lt;b&gt; tag", "Use the <b> tag"),
        ("Use the &#x3C;b&#x3E; tag", "Use the <b> tag"),
        ("<![CDATA[An <em>old</em> tree]]>", "An old tree"),
        ("  two\n  lines ", "two lines"),
    ],
)
def test_a_title_of_rss_is_decoded_exactly_once(written: str, read_as: str) -> None:
    assert entry(rss(f"<title>{written}</title>")).title == read_as


@pytest.mark.parametrize(
    ("kind", "written", "read_as"),
    [
        ("text", "Use &lt;b&gt; &amp;amp; rest", "Use <b> &amp; rest"),
        ("html", "A &lt;b&gt;bold&lt;/b&gt; step &amp;amp; fall", "A bold step & fall"),
        (
            "xhtml",
            '<div xmlns="http://www.w3.org/1999/xhtml">A <b>bold</b> &amp; b</div>',
            "A bold & b",
        ),
    ],
)
def test_a_title_of_atom_is_what_its_type_says(kind: str, written: str, read_as: str) -> None:
    assert entry(atom(f'<id>x</id><title type="{kind}">{written}</title>')).title == read_as


def test_the_fullest_text_is_the_content() -> None:
    encoded = "<content:encoded><![CDATA[<p>All of it</p>]]></content:encoded>"
    both = entry(rss(f"<title>T</title><description>Short</description>{encoded}"))
    other_way = entry(rss(f"<title>T</title>{encoded}<description>Short</description>"))
    alone = entry(rss("<title>T</title><description>&lt;p&gt;Short&lt;/p&gt;</description>"))

    assert (both.content_html, both.summary) == ("<p>All of it</p>", "Short")
    assert (other_way.content_html, other_way.summary) == ("<p>All of it</p>", "Short")
    assert (alone.content_html, alone.summary) == ("<p>Short</p>", "")


def test_text_becomes_paragraphs() -> None:
    found = entry(atom('<id>x</id><content type="text">One &lt;\ntwo\n\nthree &amp;amp;</content>'))

    assert found.content_html == "<p>One &lt;<br>two</p><p>three &amp;amp;</p>"


@given(st.text())
def test_plain_text_as_html_holds_every_word(text: str) -> None:
    html = html_of_text(text)

    assert html.count("<p>") == html.count("</p>")
    assert "<" not in html.replace("<p>", "").replace("</p>", "").replace("<br>", "")


def test_a_line_end_in_xhtml_is_one_in_html() -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>one<br/>two</p></div>'

    content = entry(atom(f'<id>x</id><content type="xhtml">{div}</content>')).content_html

    assert content.count("<br>") == 1
    assert "</br>" not in content


@pytest.mark.parametrize(
    ("written", "names"),
    [
        (
            "<dc:creator>Ana Lee</dc:creator><dc:creator>Bo Chen</dc:creator>",
            ("Ana Lee", "Bo Chen"),
        ),
        ("<author>ana@paper.example (Ana Lee)</author>", ("Ana Lee",)),
        ("<author>Ana Lee &lt;ana@paper.example&gt;</author>", ("Ana Lee",)),
        ("<author>ana@paper.example</author>", ()),
        ("<author>a@b.example (X)</author><dc:creator>Ana Lee</dc:creator>", ("Ana Lee",)),
        ("<dc:creator> </dc:creator>", ()),
        ("<atom:author><atom:name>Ana Lee</atom:name></atom:author>", ("Ana Lee",)),
    ],
)
def test_all_who_wrote_are_named_and_no_address_is(written: str, names: tuple[str, ...]) -> None:
    assert entry(rss(f"<title>T</title>{written}")).names == names


def test_an_entry_of_atom_without_author_is_by_the_feeds() -> None:
    head = "<author><name>The Staff</name></author>"
    two = "<author><name>A</name><email>a@b.example</email></author><author><name>B</name></author>"

    assert entry(atom("<id>x</id>", head=head)).names == ("The Staff",)
    assert entry(atom(f"<id>x</id>{two}", head=head)).names == ("A", "B")


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("<pubDate>Fri, 15 Nov 2024 13:00:00 EST</pubDate>", "2024-11-15T18:00:00+00:00"),
        ("<dc:date>2024-11-15T13:00:00+01:00</dc:date>", "2024-11-15T12:00:00+00:00"),
        ("<pubDate>yesterday</pubDate>", ""),
        ("<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>", ""),
        ("<pubDate>Mon, 01 Jan 0001 00:00:00 GMT</pubDate>", ""),
        ("", ""),
    ],
)
def test_a_date_is_what_it_says_or_none(written: str, published: str) -> None:
    found = entry(rss(f"<title>T</title>{written}"))

    assert (found.published.isoformat() if found.published else "") == published
    assert found.updated is None


def test_atom_tells_the_first_date_from_the_last() -> None:
    both = entry(
        atom(
            "<id>x</id><published>2024-11-15T13:00:00Z</published>"
            "<updated>2024-11-16T13:00:00Z</updated>"
        )
    )
    last = entry(atom("<id>x</id><updated>2024-11-16T13:00:00Z</updated>"))

    assert (both.published, both.updated) == (
        dt.datetime(2024, 11, 15, 13, tzinfo=UTC),
        dt.datetime(2024, 11, 16, 13, tzinfo=UTC),
    )
    assert (last.published, last.updated) == (dt.datetime(2024, 11, 16, 13, tzinfo=UTC), None)


def test_pictures_and_files_come_with_what_is_said_of_them() -> None:
    found = entry(
        rss(
            "<title>T</title><description>The summary</description>"
            '<enclosure url="/sound.mp3" length="12" type="audio/mpeg"/>'
            '<media:group><media:content url="big.jpg" medium="image" width="1200" height="800">'
            '<media:description type="html">A &amp;lt;b&amp;gt;boat</media:description>'
            "<media:credit>Ana Lee</media:credit></media:content>"
            '<media:content url="small.jpg" medium="image"/></media:group>'
            '<media:thumbnail url="thumb.jpg"/><media:content url="" medium="image"/>'
        )
    )
    sound, picture = found.media

    assert (sound.url, sound.media_type, sound.size_bytes) == ("/sound.mp3", "audio/mpeg", 12)
    assert (picture.url, picture.media_type) == ("big.jpg", "image/jpeg")
    assert (picture.width, picture.height) == (1200, 800)
    assert (picture.description, picture.credit) == ("A <b>boat", "Ana Lee")
    assert found.content_html == "<p>The summary</p>"


def test_a_width_that_no_picture_has_is_unknown() -> None:
    found = entry(rss('<media:content url="a.jpg" width="3000000000" height="0" fileSize="7"/>'))

    assert [(one.width, one.height, one.size_bytes) for one in found.media] == [(None, None, 7)]


def test_a_picture_of_unknown_kind_is_a_picture() -> None:
    found = entry(rss('<title>T</title><media:thumbnail url="https://a.example/x?size=2"/>'))

    assert [media.media_type for media in found.media] == ["image/*"]


def test_addresses_are_relative_to_the_nearest_base() -> None:
    content = '<content type="html" xml:base="sub/">x</content>'
    link = '<link href="https://paper.example/a/one"/>'
    with_base = atom(f"<id>x</id>{link}{content}", attributes=' xml:base="https://b.example/y/"')

    assert entry(with_base).base_url == "https://b.example/y/sub/"
    assert entry(atom(f"<id>x</id>{link}")).base_url == "https://paper.example/a/one"
    assert entry(atom("<id>x</id>")).base_url == "https://paper.example/"
    assert read(b"<rss version='2.0'><channel><item/></channel></rss>").entries[0].base_url == URL  # type: ignore[union-attr]


def test_a_relative_permalink_is_made_absolute_and_a_guid_may_be_one() -> None:
    assert entry(rss("<title>T</title><link>/a</link>")).url == "https://paper.example/a"
    assert entry(rss("<guid>https://paper.example/b</guid>")).url == "https://paper.example/b"
    assert entry(rss('<guid isPermaLink="false">https://paper.example/b</guid>')).url is None
    assert entry(atom("<id>https://paper.example/b</id>")).url is None


def test_where_an_entry_was_first_is_told() -> None:
    in_rss = entry(
        rss('<title>T</title><source url="https://o.example/feed">Orig &amp; Co</source>')
    )
    in_atom = entry(
        atom(
            "<id>x</id><rights>mine</rights><source><id>s</id><title>Orig</title><rights>free</rights>"
            '<link rel="self" href="https://o.example/atom"/></source>'
        )
    )

    assert in_rss.origin == Origin("Orig & Co", "https://o.example/feed")
    assert in_atom.origin == Origin("Orig", "https://o.example/atom", "free")
    assert (in_atom.rights, entry(rss("<title>T</title>")).origin) == ("mine", None)


@pytest.mark.parametrize("text", ["© Us", "&amp;copy; Us", "&lt;p&gt;© Us&lt;/p&gt;"])
def test_rights_are_plain_text(text: str) -> None:
    own = entry(atom(f"<id>x</id><rights>{text}</rights>"))

    assert read(rss(head=f"<copyright>{text}</copyright>")).rights == own.rights == "© Us"


def test_a_feed_says_how_long_to_wait() -> None:
    module = (
        '<sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">daily'
        '</sy:updatePeriod><sy:updateFrequency xmlns:sy="http://purl.org/rss/1.0/modules/'
        'syndication/">4</sy:updateFrequency>'
    )

    assert read(rss(head="<ttl>90</ttl>")).minutes == 90
    assert read(rss(head=module)).minutes == 360
    assert read(rss(head=f"<ttl>{'9' * 20}</ttl>")).minutes == 525_600
    assert [read(rss(head=f"<ttl>{text}</ttl>")).minutes for text in ("", "soon", "-5")] == [
        None
    ] * 3


def test_what_is_older_is_found() -> None:
    link = '<atom:link rel="prev-archive" href="https://paper.example/2023"/>'
    current = '<atom:link rel="current" href="https://paper.example/feed"/>'
    own = '<atom:link rel="self" href="https://paper.example/2024"/>'

    assert read(rss(head=link + own)).older_url == "https://paper.example/2023"
    assert read(rss(head=own)).self_url == "https://paper.example/2024"
    assert read(rss(head=own + current)).self_url == "https://paper.example/feed"


_RSS_091 = """<rss version="0.91"><channel><title>P</title>
<item><title>T</title></item></channel></rss>"""
_NETSCAPE = '"-//Netscape Communications//DTD RSS 0.91//EN" "http://n.example/rss-0.91.dtd"'
_RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{ns}">
<channel><title>P</title></channel><item rdf:about="https://p.example/1"><title>T</title></item>
</rdf:RDF>"""
OLDER = {
    "RSS 0.91": _RSS_091,
    "RSS 0.91 of Netscape": f"<!DOCTYPE rss PUBLIC {_NETSCAPE}>{_RSS_091}",
    "RSS 0.90": _RDF.format(ns="http://my.netscape.com/rdf/simple/0.9/"),
    "RSS 1.0": _RDF.format(ns="http://purl.org/rss/1.0/"),
    "Atom 0.3": """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>P</title>
<entry><id>x</id><title>T</title><issued>2004-01-02T03:04:05Z</issued></entry></feed>""",
}


@pytest.mark.parametrize("version", OLDER)
def test_older_versions_are_read(version: str) -> None:
    body = OLDER[version].encode()
    found = entry(body)

    assert (found.title, read(body).title) == ("T", "P")
    if version == "RSS 1.0":
        assert found.guid == "https://p.example/1"
    if version == "Atom 0.3":
        assert (found.guid, found.published) == ("x", dt.datetime(2004, 1, 2, 3, 4, 5, tzinfo=UTC))


def test_no_more_entries_are_read_than_asked_for() -> None:
    body = rss(*(f"<title>T{number}</title>" for number in range(9)))

    found = read(body, limit=3)

    assert [one.title for one in found.entries] == ["T0", "T1", "T2"]  # type: ignore[union-attr]
    assert found.left_out == 6
