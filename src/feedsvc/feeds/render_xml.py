"""A Channel as RSS 2.0 or Atom 1.0 bytes, written by feedgen with one extension of ours.

feedgen writes most elements; the extension adds or rewrites what it drops or gets wrong, each
with its reason beside it. One FeedGenerator is made for each format: a shared one mixes up links.

Head and entries are written apart, so that an entry is written once for all feeds that show it.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import html
import re
from collections.abc import Sequence

from feedgen.entry import FeedEntry
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from feedsvc.errors import RenderError
from feedsvc.feeds import attribution
from feedsvc.model import Channel, Entry, Format, Media

DC_NS = "http://purl.org/dc/elements/1.1/"
MEDIA_NS = "http://search.yahoo.com/mrss/"
ATOM_NS = "http://www.w3.org/2005/Atom"
HISTORY_NS = "http://purl.org/syndication/history/1.0"
TOMBSTONE_NS = "http://purl.org/atompub/tombstones/1.0"
DOCS_URL = "https://www.rssboard.org/rss-specification"
GENERATOR = "feedsvc"
IMAGE_PIXELS = 144
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def head(channel: Channel, fmt: Format) -> tuple[bytes, bytes]:
    """Return what stands before and what stands behind a document's entries.

    Raises:
        RenderError: Some text cannot be written as XML.
    """
    body = _written(_feed(channel, fmt), fmt)
    end = _ENDS[fmt]
    if not body.endswith(end):
        raise RenderError(f"feedgen does not end with {end.decode()}; is its version one tried?")
    start = body.removesuffix(end)
    return (_HEAD_TEXT.sub(_with_hex_references, start) if fmt is Format.RSS else start), end


def fragments(entries: Sequence[Entry], fmt: Format) -> list[bytes]:
    """Return each entry as it stands in any document; the head declares its namespaces.

    Raises:
        RenderError: Some text cannot be written as XML.
    """
    generator = _carrier()
    try:
        for entry in entries:
            generator.add_entry(_entry(entry, fmt), order="append")
    except ValueError as error:
        raise RenderError(f"{fmt}: {error}") from error
    found = _ENTRIES[fmt].findall(_written(generator, fmt))
    if len(found) != len(entries):
        raise RenderError("feedgen lost an entry; is its version one that was tried?")
    if fmt is Format.RSS:
        return [_ITEM_TEXT.sub(_with_hex_references, item) for item in found]
    return found


_ENDS = {Format.RSS: b"</channel></rss>", Format.ATOM: b"</feed>"}
# Text cannot look like a tag here: feedgen writes `<` as `&lt;` everywhere.
_ENTRIES = {
    Format.RSS: re.compile(rb"<item>.*?</item>", re.DOTALL),
    Format.ATOM: re.compile(rb"<entry[ >].*?</entry>", re.DOTALL),
}


def _written(generator: FeedGenerator, fmt: Format) -> bytes:
    try:
        return bytes(generator.rss_str() if fmt is Format.RSS else generator.atom_str())
    except ValueError as error:  # lxml's and feedgen's word for text that XML cannot hold
        raise RenderError(f"{fmt}: {error}") from error


def _carrier() -> FeedGenerator:
    """Return a feed that only serves to write entries: every namespace is declared on it."""
    generator = FeedGenerator()
    generator.register_extension("feedsvc", _AllNamespaces, None)
    generator.id("urn:x:carrier")
    generator.title("carrier")
    generator.description("carrier")
    generator.link(href="https://example.org/", rel="alternate")
    return generator


def _feed(channel: Channel, fmt: Format) -> FeedGenerator:
    generator = FeedGenerator()
    generator.register_extension("feedsvc", _FeedExtension, None)
    generator.feedsvc.channel, generator.feedsvc.format = channel, fmt
    generator.id(channel.ids[fmt])
    generator.title(channel.title)
    generator.updated(channel.updated_at)  # otherwise feedgen writes the present time
    generator.lastBuildDate(channel.updated_at)
    generator.author(name=channel.author, uri=channel.site_url)
    generator.link(href=channel.self_urls[fmt], rel="self", type=fmt.media_type)
    # The alternate link comes last: RSS's <link> is the last link that feedgen was told of.
    generator.link(href=channel.home_url, rel="alternate", type="text/html")
    generator.generator(GENERATOR)
    if fmt is Format.ATOM:  # each of the two also overwrites what the other has set
        generator.icon(channel.icon_url)
        generator.logo(channel.icon_url)
    else:
        side = str(IMAGE_PIXELS)
        generator.image(channel.image_url, channel.title, channel.home_url, side, side)
    generator.rights(channel.rights)
    generator.subtitle(channel.description)
    generator.description(channel.description)
    generator.language(channel.language)
    generator.docs(DOCS_URL)
    generator.ttl(channel.ttl_minutes)
    return generator


def _entry(entry: Entry, fmt: Format) -> FeedEntry:
    item = FeedEntry()
    item.register_extension("feedsvc", _EntryExtension)
    item.feedsvc.entry = entry
    item.guid(entry.atom_id if fmt is Format.ATOM else entry.guid, permalink=False)
    item.title(entry.title)
    item.updated(entry.updated_at)
    item.published(entry.published_at)
    if fmt is Format.ATOM:
        item.author([{"name": person.name, "uri": person.url} for person in entry.authors])
        item.summary(entry.summary_text, type="text")
        item.category(
            [{"term": c.name, "scheme": c.url, "label": c.name} for c in entry.categories]
        )
    else:
        # RSS descriptions are HTML to every reader, so plain text has to be escaped as HTML too.
        item.description(html.escape(entry.summary_text, quote=False))
        item.category([{"term": c.name, "scheme": c.url} for c in entry.categories])
    if entry.content_html:
        item.content(entry.content_html, type="html")
    item.link(href=entry.url, rel="alternate", type="text/html")
    return item


class _FeedExtension(BaseExtension):  # type: ignore[misc]  # feedgen is untyped
    """What feedgen leaves out of the head of a feed."""

    channel: Channel
    format: Format

    def extend_ns(self) -> dict[str, str]:
        """Declare on the root what is used, and nothing that is not."""
        channel = self.channel
        history = channel.history
        used = {"fh": HISTORY_NS} if history.is_complete or history.is_archive else {}
        if self.format is Format.ATOM:
            return {**used, "at": TOMBSTONE_NS} if channel.tombstones else used
        if any(_has_dublin_core(entry) for entry in channel.entries):
            used["dc"] = DC_NS
        if any(lead(entry) for entry in channel.entries):
            used["media"] = MEDIA_NS
        return used

    def extend_rss(self, feed: etree._Element) -> etree._Element:
        """Put dates in RFC 5322's form, whatever the process's locale is."""
        _child(feed[0], "lastBuildDate").text = rfc822(self.channel.updated_at)
        self._add_history(feed[0])
        return feed

    def extend_atom(self, feed: etree._Element) -> etree._Element:
        """Add the language and the tombstones (RFC 6721 §3: `ref` and `when`)."""
        feed.set(_XML_LANG, self.channel.language)
        _child(feed, "updated").text = rfc3339(self.channel.updated_at)
        self._add_history(feed)
        for stone in self.channel.tombstones:
            gone = etree.SubElement(feed, f"{{{TOMBSTONE_NS}}}deleted-entry")
            gone.set("ref", stone.atom_id)
            gone.set("when", rfc3339(stone.at))
        return feed

    def _add_history(self, head: etree._Element) -> None:
        """Say what is older, and where (RFC 5005 §2 and §4); RSS borrows Atom's links."""
        history, media_type = self.channel.history, self.format.media_type
        prefix = "" if self.format is Format.ATOM else f"{{{ATOM_NS}}}"
        for relation, urls in history.links:
            attributes = {"href": urls[self.format], "rel": relation, "type": media_type}
            etree.SubElement(head, f"{prefix}link", attributes)
        if history.is_complete:
            etree.SubElement(head, f"{{{HISTORY_NS}}}complete")
        if history.is_archive:
            etree.SubElement(head, f"{{{HISTORY_NS}}}archive")


class _AllNamespaces(BaseExtension):  # type: ignore[misc]  # feedgen is untyped
    def extend_ns(self) -> dict[str, str]:
        return {"dc": DC_NS, "media": MEDIA_NS}


class _EntryExtension(BaseEntryExtension):  # type: ignore[misc]  # feedgen is untyped
    """What feedgen drops from an entry or writes wrong."""

    entry: Entry

    def extend_rss(self, item: etree._Element) -> etree._Element:
        """Add bylines, pictures and files; RSS's own <author> would need an email address."""
        entry = self.entry
        _child(item, "pubDate").text = rfc822(entry.published_at)
        for person in entry.authors:
            etree.SubElement(item, f"{{{DC_NS}}}creator").text = person.name
        if enclosure := enclosed(entry):
            etree.SubElement(item, "enclosure", _enclosure_attributes(enclosure, "url"))
        if image := lead(entry):
            _add_image(item, image, entry)
        if entry.attribution:
            attribution.add_to_rss(item, entry.attribution)
        return item

    def extend_atom(self, element: etree._Element) -> etree._Element:
        """Write the links anew: feedgen loses their rel, type and length."""
        entry = self.entry
        for link in element.findall("link"):
            element.remove(link)
        at = element.index(_child(element, "content" if entry.content_html else "summary"))
        alternate = {"href": entry.url, "rel": "alternate", "type": "text/html"}
        element.insert(at, etree.Element("link", alternate))
        for media in reversed(entry.media):
            attributes = {"rel": "enclosure", **_enclosure_attributes(media, "href")}
            element.insert(at + 1, etree.Element("link", attributes))
        if entry.attribution:
            attribution.add_to_atom(element, entry.attribution, at + 1)
        _child(element, "updated").text = rfc3339(entry.updated_at)
        _child(element, "published").text = rfc3339(entry.published_at)
        if entry.language:
            element.set(_XML_LANG, entry.language)
        return element


def _child(parent: etree._Element, name: str) -> etree._Element:
    found = parent.find(name)
    if found is None:
        raise RenderError(f"feedgen wrote no <{name}>; is its version one that was tried?")
    return found


def _has_dublin_core(entry: Entry) -> bool:
    return bool(entry.authors or (entry.attribution and entry.attribution.rights))


def lead(entry: Entry) -> Media | None:
    """The one picture that RSS has room for: of several, newsletter tools take any."""
    return next((media for media in entry.media if media.is_image), None)


def enclosed(entry: Entry) -> Media | None:
    """The one file that RSS has room for. Readers show a picture there as a bare link."""
    return next((media for media in entry.media if media.is_enclosed), None)


def _enclosure_attributes(media: Media, address: str) -> dict[str, str]:
    return {address: media.url, "type": media.media_type, "length": str(media.size_bytes)}


def _add_image(item: etree._Element, image: Media, entry: Entry) -> None:
    content = etree.SubElement(item, f"{{{MEDIA_NS}}}content")
    content.set("url", image.url)
    content.set("medium", "image")
    content.set("type", image.media_type)
    sizes = {"width": image.width, "height": image.height, "fileSize": image.size_bytes or None}
    for name, value in sizes.items():
        if value:
            content.set(name, str(value))
    if image.credit:
        etree.SubElement(content, f"{{{MEDIA_NS}}}credit").text = image.credit
    if image.description and entry.content_html:
        # Only behind a full content: feedparser would take it for that where there is none.
        description = etree.SubElement(content, f"{{{MEDIA_NS}}}description", type="plain")
        description.text = image.description
    if entry.thumbnail:
        thumbnail = etree.SubElement(content, f"{{{MEDIA_NS}}}thumbnail", url=entry.thumbnail.url)
        thumbnail.set("width", str(entry.thumbnail.width))
        thumbnail.set("height", str(entry.thumbnail.height))


def rfc822(instant: dt.datetime) -> str:
    """`Fri, 15 Nov 2024 13:00:00 +0000`: English names and a numeric zone, always."""
    return email.utils.format_datetime(instant.astimezone(dt.UTC).replace(microsecond=0))


def rfc3339(instant: dt.datetime) -> str:
    """`2024-11-15T13:00:00Z`, with a fraction only where the instant has one."""
    return instant.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


# RSS says nothing about whether a title is text or HTML. The RSS Board's profile recommends
# hexadecimal references, which both kinds of reader show as intended; lxml cannot write them.
# An item's description is HTML and stays as it is; the channel's is text like its title.
_ITEM_TEXT = re.compile(rb"<(title|category|source|dc:rights)\b[^>]*>[^<]*(?=</\1>)")
_HEAD_TEXT = re.compile(rb"<(title|description|copyright)>[^<]*(?=</\1>)")


def _with_hex_references(match: re.Match[bytes]) -> bytes:
    return match[0].replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;")
