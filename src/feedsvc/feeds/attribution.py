"""Where an article was first published, as each format says it, and as it is read back.

RSS has `source`, which needs the address of a feed, and `dc:rights`. Atom has a `via` link with a
title and `rights`; its `source` element would want the other feed's id and date, which we do not
keep. JSON Feed has `external_url`, and the rest stands in our extension.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

from feedsvc.model import Attribution, Entry, Format

DC_RIGHTS = "{http://purl.org/dc/elements/1.1/}rights"
EXTENSION = "_feedsvc"

# Its permalink there, the name of that feed, its address, the rights. None: the format does not
# say it; empty: nothing is said.
Seen = tuple[str | None, str | None, str | None, str | None]
NOTHING: Seen = ("", "", "", "")
_SAYS = {
    Format.RSS: (False, True, True, True),
    Format.ATOM: (True, True, False, True),
    Format.JSON: (True, True, True, True),
}


def add_to_rss(item: etree._Element, attribution: Attribution) -> None:
    """Add to an RSS item where it was first."""
    if attribution.feed_url:
        etree.SubElement(item, "source", url=attribution.feed_url).text = attribution.title
    if attribution.rights:
        etree.SubElement(item, DC_RIGHTS).text = attribution.rights


def add_to_atom(element: etree._Element, attribution: Attribution, at: int) -> None:
    """Add to an Atom entry where it was first.

    Args:
        at: The place of its links.
    """
    via = {"href": attribution.url, "rel": "via", "title": attribution.title}
    element.insert(at, etree.Element("link", via))
    if attribution.rights:
        etree.SubElement(element, "rights").text = attribution.rights


def in_json(attribution: Attribution) -> dict[str, Any]:
    """Return the members of a JSON item that say where it was first."""
    known = {"feed_url": attribution.feed_url, "rights": attribution.rights}
    source = {"title": attribution.title, **{name: text for name, text in known.items() if text}}
    return {"external_url": attribution.url, EXTENSION: {"source": source}}


def read_xml(entry: Any, *, atom: bool) -> Seen:
    """Read it from an entry as feedparser sees it."""
    rights = entry.get("rights", "")
    if atom:
        links = (link for link in entry.get("links", ()) if link.get("rel") == "via")
        via: Mapping[str, str] = next(links, {})
        return via.get("href", ""), via.get("title", ""), None, rights
    source = entry.get("source", {})
    return None, source.get("title", ""), source.get("href", ""), rights


def read_json(item: Mapping[str, Any]) -> Seen:
    """Read it from an item of a JSON Feed."""
    ours = item.get(EXTENSION, {}).get("source", {})
    return (
        item.get("external_url", ""),
        ours.get("title", ""),
        ours.get("feed_url", ""),
        ours.get("rights", ""),
    )


def expected(entry: Entry, fmt: Format, as_read: Callable[[str], str]) -> Seen:
    """Return what a reader should see of it.

    Args:
        as_read: What becomes of a text that is written and read.
    """
    found = entry.attribution
    if found is None:
        return _said(NOTHING, fmt)
    title, feed_url = as_read(found.title), found.feed_url or ""
    if fmt is Format.RSS and not feed_url:  # RSS names no source without the address of its feed
        title = ""
    return _said((found.url, title, feed_url, as_read(found.rights or "")), fmt)


def _said(values: Seen, fmt: Format) -> Seen:
    url, title, feed_url, rights = (
        value if says else None for value, says in zip(values, _SAYS[fmt], strict=True)
    )
    return url, title, feed_url, rights


def like(rss: Seen, other: Seen, as_read: Callable[[str], str]) -> bool:
    """Tell whether RSS and another format say the same of what both can say."""
    has_feed = bool(rss[2])
    for number, (one, two) in enumerate(zip(rss, other, strict=True)):
        is_name = number == 1
        if one is None or two is None or (is_name and not has_feed):
            continue
        if one != as_read(two):
            return False
    return True
