"""What a user would do without feedsvc: feedgen for writing, feedparser for a look at it."""

from __future__ import annotations

import io

import feedparser
from feedgen.feed import FeedGenerator

from feedsvc.model import Channel, Format


def bare_feedgen(channel: Channel, fmt: Format) -> bytes:
    """What a user would write with feedgen alone, for the same entries."""
    generator = FeedGenerator()
    generator.id(channel.ids[fmt])
    generator.title(channel.title)
    generator.link(href=channel.home_url)
    generator.description(channel.description)
    for entry in channel.entries:
        item = generator.add_entry(order="append")
        item.id(entry.guid)
        item.title(entry.title)
        item.link(href=entry.url)
        item.author([{"name": person.name} for person in entry.authors])
        item.description(entry.summary_text)
        item.content(entry.content_html, type="html")
        item.published(entry.published_at)
        item.updated(entry.updated_at)
    return bytes(generator.rss_str() if fmt is Format.RSS else generator.atom_str())


def bare_feedparser(body: bytes) -> None:
    """What a user would do to check a feed: parse it, and look at bozo."""
    if feedparser.parse(io.BytesIO(body)).bozo:
        raise SystemExit("feedparser found a document broken")
