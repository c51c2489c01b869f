"""The public feeds in groups, and the same as OPML 2.0 (http://opml.org/spec2.opml)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from email.utils import format_datetime

from lxml import etree

from feedsvc.feeds.compose import description_of, title_of
from feedsvc.model import Feed, Format
from feedsvc.settings import Settings

_NAMES = {"site": "Everything", "section": "Sections", "author": "Authors", "edition": "Editions"}

Group = tuple[str, list[Feed]]


def in_groups(feeds: Iterable[Feed]) -> list[Group]:
    """Return feeds under the names of their kinds, in the order in which people look for them."""
    groups: dict[str, list[Feed]] = {kind: [] for kind in _NAMES}
    for feed in feeds:
        groups[feed.key.kind].append(feed)
    return [(_NAMES[kind], found) for kind, found in groups.items() if found]


def opml(feeds: Sequence[Feed], settings: Settings) -> bytes:
    """Return a subscription list of these feeds, at least one.

    Nothing in it depends on the present time: it changes when a feed in it does.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = f"Feeds of {settings.site.title}"
    if changed := [feed.content_changed_at for feed in feeds if feed.content_changed_at]:
        etree.SubElement(head, "dateModified").text = format_datetime(max(changed), usegmt=True)
    etree.SubElement(head, "ownerName").text = settings.site.title
    etree.SubElement(head, "docs").text = "http://opml.org/spec2.opml"
    body = etree.SubElement(root, "body")
    for name, found in in_groups(feeds):
        group = etree.SubElement(body, "outline", text=name, title=name)
        for feed in found:
            etree.SubElement(group, "outline", _outline(feed, settings))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _outline(feed: Feed, settings: Settings) -> dict[str, str]:
    title = title_of(feed, settings)
    return {
        "type": "rss",
        "text": title,
        "title": title,
        "description": description_of(feed, settings),
        "language": settings.site.language,
        "version": "RSS2",
        "htmlUrl": settings.page_url(feed.path),
        "xmlUrl": settings.feed_url(feed.path, Format.RSS),
    }
