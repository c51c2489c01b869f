"""Values of every kind that the door lets in, for properties of whole documents."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from feedsvc.feeds.render import render
from feedsvc.model import (
    Attribution,
    Category,
    Channel,
    Entry,
    Format,
    Media,
    Person,
    Submission,
    Tombstone,
)

START = dt.datetime(2024, 11, 15, 12, tzinfo=dt.UTC)
SITE = "https://paper.example"

# Text in which parsers stumble: references, ends of CDATA, quotes, white space, wrong decoding.
TRAPS = (
    *("&#60;b&#62;", "&#38;lt;", "&lt;", "&amp;lt;", "&amp;", "&", "&copy", "&hellip;", "&#x26;"),
    *("&#34;", "&#39;", "&#x22;", "&#8217;", "&#xFEFF;", "&nbsp;", "AT&T", "R&D;", "&;", "&#;"),
    *("<", ">", "<b>", "</b>", "<b>bold</b>", "<script>", "<!--", "-->", "<![CDATA[", "]]>", "<?x"),
    *("</title>", "<item>", "</item>", "<title>", "</entry>", "a < b > c", "<3", '"', "'", '\\"'),
    *("Ã©", "Â©", "cafÃ©", "â\xa0¬", "à¤¤", "Ã\xa0Â¤Â¤", "Ã¡Â¿Â¿", "é", "\xff"),
    *(" ", "  ", "\t", "\n", "\r", "\r\n", "\xa0", "\u2003", "\u2028", "\u2029", "\u200b", "\x0b"),
    *("\ufeff", "\u200e", "\u200f", "\u202e", "\u2066", "\u2069", "\u00ad", "\u0301", "\ufdd0"),
    *(
        "👩‍👩‍👧",
        "🏳️‍🌈",
        "\U0010fffd",
        "\U0001fffe",
        "e\u0301",
        "가",
        "象棋",
        "شطرنج",
        "שח",
        "ﬁ",
        "ß",
    ),
    *("ana@example.org", "Ana (ana@example.org)", "<ana@example.org>", "()", "<>", "(", ")", ","),
    *("Lee, Bo", "Ana and Bo", "a@b.co (X) c@d.org", "@ana", "ana@localhost", "a@b.co?subject=x"),
    *("&lt;&gt;", "(a@b.co)", "mailto:a@b.co", "http://a.example/?a=1&b=2;", "&b=2;", "://", "%20"),
)
words = st.sampled_from(TRAPS) | st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffd"),
    max_size=8,
)
texts = st.lists(words, max_size=6).map("".join)


def at(seconds: float) -> dt.datetime:
    """Return an instant that many seconds before the newest."""
    return START - dt.timedelta(seconds=seconds)


def an_entry(number: int = 0, **fields: Any) -> Entry:
    """Return an entry that is right in all that is not given."""
    urn = f"urn:uuid:00000000-0000-4000-8000-{number:012d}"
    defaults: dict[str, Any] = {
        "guid": urn,
        "atom_id": urn,
        "url": f"{SITE}/articles/2024/11/{number}",
        "title": f"Story {number}",
        "summary_text": "What it says.",
        "content_html": "<p>What it says.</p>",
        "published_at": at(number),
        "updated_at": at(number),
    }
    return Entry(**{**defaults, **fields})


def a_channel(*entries: Entry, **fields: Any) -> Channel:
    """Return a channel that is right in all that is not given."""
    defaults: dict[str, Any] = {
        "path": "all",
        "ids": {fmt: f"urn:uuid:00000000-0000-4000-9000-{i:012d}" for i, fmt in enumerate(Format)},
        "title": "The Paper",
        "description": "News.",
        "self_urls": {fmt: f"{SITE}/feeds/all.{fmt}" for fmt in Format},
        "home_url": f"{SITE}/",
        "author": "The Paper",
        "site_url": f"{SITE}/",
        "language": "en",
        "rights": "All rights reserved.",
        "icon_url": f"{SITE}/static/icon-512.png",
        "favicon_url": f"{SITE}/static/favicon-64.png",
        "image_url": f"{SITE}/static/rss-image-144.png",
        "ttl_minutes": 5,
        "updated_at": START + dt.timedelta(hours=1),
        "entries": entries,
    }
    return Channel(**{**defaults, **fields})


def media_of(urls: list[str], kinds: list[str]) -> tuple[Media, ...]:
    """Return files, one for each pair of an address and a type."""
    return tuple(Media(url, kind, 7, 8, 9) for url, kind in zip(urls, kinds, strict=False))


def people(names: list[str]) -> tuple[Person, ...]:
    """Return authors of these names."""
    return tuple(Person(name, f"{SITE}/author/{i}") for i, name in enumerate(names))


def categories(names: list[str]) -> tuple[Category, ...]:
    """Return sections of these names."""
    return tuple(Category(name, f"{SITE}/section/{i}") for i, name in enumerate(names))


def tombstones(count: int) -> tuple[Tombstone, ...]:
    """Return that many announcements of withdrawn articles."""
    return tuple(
        Tombstone(urn, urn, at(i))
        for i in range(count)
        for urn in [f"urn:uuid:{i:08d}-0000-4000-8000-000000000000"]
    )


def _markup(tag: str, attributes: dict[str, str], inner: list[str]) -> str:
    written = "".join(f" {k}='{v.replace(chr(39), '&#39;')}'" for k, v in attributes.items())
    return f"<{tag}{written}>{''.join(inner)}</{tag}>"


TAGS = (
    *("p", "b", "em", "a", "ul", "li", "table", "td", "blockquote", "pre", "div", "h2", "br", "q"),
    *("code", "time", "details", "ruby", "script", "style", "iframe", "svg", "math", "figure"),
    *("custom-tag", "form", "h1", "title", "noscript", "textarea", "template", "object", "span"),
)
# Addresses that a reader can follow; those that nobody can are the door's business.
ADDRESSES = (
    *("https://a.example/x", "/about", "#top", "x.png", "//b.example/y?a=1&amp;b=2", "?page=2"),
    *("mailto:a@b.co", "javascript:alert(1)", "https://é.example/ü", "tel:1", "ftp://x.example/"),
)
attributes = st.dictionaries(
    st.sampled_from(["title", "lang", "dir", "datetime", "onclick", "style", "class", "start"]),
    texts,
    max_size=2,
) | st.sampled_from(ADDRESSES).map(lambda url: {"href": url, "cite": url})
pictures = st.sampled_from(["https://a.example/x.png", "/x.png", "x.png?a=1&amp;b=2"]).map(
    lambda url: f'<img src="{url}" alt="&quot;&lt;">'
)
html = st.recursive(
    texts | texts.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;")) | pictures,
    lambda inner: st.builds(
        _markup, st.sampled_from(TAGS), attributes, st.lists(inner, max_size=3)
    ),
    max_leaves=8,
).map(lambda fragment: f"<p>Words.</p>{fragment}")

names = texts.map(lambda text: text if text.split() else f"{text}x")
files = st.builds(
    Media,
    st.sampled_from(
        [
            "https://m.example/x.png",
            "https://m.example/é?a=1&b=2;c",
            "http://m.example/'x'",
            "https://m.example/a%20b#f",
            "https://m.example/&amp;lt;",
        ]
    ),
    st.sampled_from(["image/png", "image/svg+xml", "audio/mpeg", "application/pdf"]),
    st.integers(0, 10**12),
    st.none() | st.integers(1, 9_000),
    st.none() | st.integers(1, 9_000),
    st.none() | texts,
    st.none() | texts,
    st.none() | texts,
)
attributions = st.builds(
    Attribution,
    st.sampled_from(["https://o.example/x?a=1&b=2", "https://xn--9ca.example/'%20"]),
    names,
    st.none() | st.sampled_from(["https://o.example/feed", "http://o.example/?a=1&b=2"]),
    st.none() | texts,
)
guids = st.none() | st.sampled_from(
    [
        "urn:uuid:00000000-0000-4000-8000-00000000abcd",
        "URN:UUID:00000000-0000-4000-8000-00000000ABCD",
        "https://old.example/?p=1&q=2",
        "file:///x/y",
        "foo:////bar",
        "tag:a.example,2010:é",
        "tag:a.example,2010:Ã©",
        "http://old.example/a b",
        "x<y",
        "4711-Ã©",
        "&#60;",
    ]
)
submissions = st.builds(
    Submission,
    title=names,
    content_html=html,
    byline=st.lists(st.tuples(names, st.none() | texts), max_size=3).map(tuple),
    sections=st.lists(names, max_size=3).map(tuple),
    edition=st.none() | names,
    tags=st.lists(names, max_size=3).map(tuple),
    summary=st.none() | texts,
    language=st.sampled_from([None, "en", "zh-Hans", "ar"]),
    media=st.lists(files, max_size=3).map(tuple),
    guid=guids,
    attribution=st.none() | attributions,
)


def render_as(fmt: Format, channel: Channel) -> bytes:
    """Return a channel's document in one format."""
    return render(channel)[fmt]
