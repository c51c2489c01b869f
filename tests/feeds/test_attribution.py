"""Where an article was first published: what each format says, and that it is read back."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import feedparser
import pytest

from feedsvc.feeds.attribution import like
from feedsvc.feeds.compose import weight
from feedsvc.feeds.readback import compare, expected, parity, read
from feedsvc.feeds.validate import validate
from feedsvc.model import Attribution, Channel, Format
from tests.feeds.strategies import START, a_channel, an_entry, render_as
from tests.newsroom import Newsroom

FIRST = Attribution(
    "https://gazette.example/ferry?a=1&b=2",
    "The Gazette & <b>",
    "https://gazette.example/feed",
    "© the Gazette",
)
PARTS = ("url", "title", "feed_url", "rights")


def a_channel_of(attribution: Attribution | None) -> Channel:
    """Return a channel with one entry."""
    return a_channel(an_entry(attribution=attribution))


def entry_of(fmt: Format, attribution: Attribution | None) -> Any:
    """Return an entry as feedparser reads it."""
    body = render_as(fmt, a_channel_of(attribution))
    return feedparser.parse(io.BytesIO(body), sanitize_html=False).entries[0]


def test_rss_names_the_feed_it_was_first_in() -> None:
    entry = entry_of(Format.RSS, FIRST)

    assert entry.source == {"href": FIRST.feed_url, "title": FIRST.title}
    assert entry.rights == FIRST.rights


def test_what_looks_like_markup_is_written_as_the_profile_wants_it() -> None:
    body = render_as(Format.RSS, a_channel_of(replace(FIRST, rights="<i> & &copy;")))

    assert b">The Gazette &#x26; &#x3C;b&gt;</source>" in body
    assert b"<dc:rights>&#x3C;i&gt; &#x26; &#x26;copy;</dc:rights>" in body


def test_atom_leads_to_the_page_it_was_first_on() -> None:
    entry = entry_of(Format.ATOM, FIRST)
    (via,) = [link for link in entry.links if link.rel == "via"]

    assert (via.href, via.title, entry.rights) == (FIRST.url, FIRST.title, FIRST.rights)
    assert entry.link != FIRST.url


def test_json_says_all_of_it() -> None:
    feed = json.loads(render_as(Format.JSON, a_channel_of(FIRST)))
    (item,) = feed["items"]

    assert item["external_url"] == FIRST.url
    assert item["_feedsvc"] == {
        "source": {"title": FIRST.title, "feed_url": FIRST.feed_url, "rights": FIRST.rights}
    }
    assert feed["_feedsvc"]["about"].startswith("https://")
    assert "deleted" not in feed["_feedsvc"]


def test_without_the_address_of_a_feed_rss_names_no_source() -> None:
    entry = entry_of(Format.RSS, replace(FIRST, feed_url=None, rights=None))

    assert "source" not in entry
    assert "rights" not in entry


@pytest.mark.parametrize("fmt", Format)
def test_of_our_own_articles_nothing_is_said(fmt: Format) -> None:
    body = render_as(fmt, a_channel_of(None))

    for word in (b"<source", b"via", b"<dc:", b"external_url", b"_feedsvc"):
        assert word not in body


@pytest.mark.parametrize("fmt", Format)
@pytest.mark.parametrize("part", PARTS)
def test_a_difference_in_any_part_is_found(fmt: Format, part: str) -> None:
    if (fmt, part) in {(Format.RSS, "url"), (Format.ATOM, "feed_url")}:
        return  # which that format does not say
    other = a_channel_of(replace(FIRST, **{part: "https://elsewhere.example/"}))
    channel = a_channel_of(FIRST)
    seen, wanted = read(fmt, render_as(fmt, other)), expected(channel, fmt)

    found = [finding.rule for finding in compare(seen, wanted, channel, fmt)]

    assert found == ["readback-entry-attribution"]
    assert not list(compare(wanted, wanted, channel, fmt))


@pytest.mark.parametrize("fmt", [Format.ATOM, Format.JSON])
@pytest.mark.parametrize("part", ["title", "rights"])
def test_formats_that_differ_are_found(fmt: Format, part: str) -> None:
    channel, other = a_channel_of(FIRST), a_channel_of(replace(FIRST, **{part: "Other"}))
    seen = {
        Format.RSS: read(Format.RSS, render_as(Format.RSS, channel)),
        fmt: read(fmt, render_as(fmt, other)),
    }

    assert [finding.rule for finding in parity(seen, channel)] == ["parity-attribution"]


def test_what_one_format_cannot_say_is_no_difference() -> None:
    assert like((None, "", "", "r"), ("u", "t", None, "r"), str)
    assert not like((None, "t", "f", "r"), ("u", "t", "other", "r"), str)


def test_a_weight_counts_it() -> None:
    for attribution in (FIRST, Attribution("https://a.example/" + "é" * 300, "<" * 300)):
        channel = a_channel_of(attribution)
        bare = a_channel_of(None)
        for fmt in Format:
            more = len(render_as(fmt, channel)) - len(render_as(fmt, bare))
            # The head of JSON says once what the extension is about.
            assert more - 100 <= weight(channel.entries[0]) - weight(bare.entries[0])


@pytest.mark.parametrize("attribution", [FIRST, replace(FIRST, feed_url=None), None])
def test_what_is_rendered_is_proven(attribution: Attribution | None) -> None:
    channel = replace(a_channel_of(attribution), updated_at=START)
    bodies = {fmt: render_as(fmt, channel) for fmt in Format}

    assert [f for f in validate(bodies, channel, START).findings if "attrib" in f.rule] == []
    assert [f.rule for f in validate(bodies, channel, START).findings] == [
        f.rule
        for f in validate(
            {fmt: render_as(fmt, replace(a_channel_of(None), updated_at=START)) for fmt in Format},
            replace(a_channel_of(None), updated_at=START),
            START,
        ).findings
    ]


def test_a_page_says_where_its_story_was_first(sqlite_newsroom: Newsroom) -> None:
    article = sqlite_newsroom.submit(attribution=FIRST)
    ours = sqlite_newsroom.submit(title="Ours")

    page = sqlite_newsroom.get(f"/articles/{article.permalink}").text
    other = sqlite_newsroom.get(f"/articles/{ours.permalink}").text

    assert 'First published in <a href="https://gazette.example/ferry?a=1&amp;b=2">' in page
    assert "The Gazette &amp; &lt;b&gt;" in page
    assert '<link rel="canonical" href="https://gazette.example/ferry?a=1&amp;b=2">' in page
    assert "First published" not in other
