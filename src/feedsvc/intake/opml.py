"""OPML 1.0 and 2.0: lists of feeds, as readers export them, streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from feedsvc.errors import FetchError, RefusedError
from feedsvc.fetch import check
from feedsvc.intake.checks import NAME_CHARS
from feedsvc.intake.clean import clean_text

ROWS = 100_000
URL_BYTES = 900  # its articles are found by it
_BYTES = 100_000_000
_FEED_TYPES = frozenset({"rss", "atom", "feed", "rdf", "json", "jsonfeed"})
_ADDRESSES = ("xmlurl", "feedurl")


@dataclass(frozen=True, slots=True)
class Row:
    """A feed in a list.

    Attributes:
        group: The nearest outline that it stands in; None at the top.
        problem: Why it cannot be a source; None when it can.
    """

    line: int
    title: str
    url: str
    group: str | None
    problem: str | None = None


def read_opml(file: Path) -> Iterator[Row]:
    """Yield what a list holds, each feed and each outline that is none.

    Raises:
        RefusedError: It is no OPML, or has more rows than can be.
    """
    size = file.stat().st_size
    if size > _BYTES:
        raise RefusedError(f"{file}: has {size:,} bytes; {_BYTES:,} are allowed in a list of feeds")
    with file.open("rb") as stream:
        for count, row in enumerate(_rows(file, stream), 1):
            if count > ROWS:
                raise RefusedError(
                    f"{file}: has more than {ROWS:,} rows; split it. Nothing of it was added."
                )
            yield row


def _rows(file: Path, stream: BinaryIO) -> Iterator[Row]:
    groups: list[str | None] = []
    root: etree._Element | None = None
    events = etree.iterparse(
        stream, ("start", "end"), resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        for event, element in events:
            if root is None:
                root = element
                _require_opml(file, element)
            if element.tag != "outline":
                continue
            if event == "start":
                groups.append(_text(element))
                continue
            groups.pop()
            yield from _row(element, next((name for name in reversed(groups) if name), None))
            _forget(element)
    except etree.XMLSyntaxError as error:
        raise RefusedError(f"{file}: is no OPML: {error.msg}") from error
    if root is None:
        raise RefusedError(f"{file}: is no OPML: it is empty")


def _require_opml(file: Path, root: etree._Element) -> None:
    if root.tag != "opml":
        raise RefusedError(f"{file}: is no OPML: it begins with <{root.tag!s}>")
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise RefusedError(f"{file}: declares entities of its own, which no list of feeds needs")


def _forget(element: etree._Element) -> None:
    """Give back the memory of an outline that was read, and of those before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _text(element: etree._Element) -> str | None:
    text = clean_text(element.get("text") or element.get("title") or "")
    return text[:NAME_CHARS] or None


def _row(element: etree._Element, group: str | None) -> Iterator[Row]:
    attributes = {str(name).casefold(): str(value) for name, value in element.attrib.items()}
    kind = attributes.get("type", "").casefold()
    address = next((attributes[name] for name in _ADDRESSES if attributes.get(name)), "")
    if not address and kind in _FEED_TYPES:
        address = attributes.get("url", "")
    title = _text(element) or address
    line = element.sourceline or 0
    if not address:
        if len(element) == 0:  # else it is a group: its last outline is still there
            yield Row(line, title, "", group, "is no feed: it has no xmlUrl")
        return
    url = feed_address(address)
    yield Row(line, title, url, group, problem_of(url))


def feed_address(text: str) -> str:
    """Return the address that somebody means: `feed:` stands before some, in old lists."""
    url = clean_text(text)
    if url.startswith("feed://"):
        return f"http://{url.removeprefix('feed://')}"
    return url.removeprefix("feed:").partition("#")[0]


def problem_of(url: str) -> str | None:
    """Return why an address cannot be polled; None when it can."""
    if len(url.encode()) > URL_BYTES:
        return f"is longer than {URL_BYTES} bytes"
    try:
        check(url)
    except FetchError as error:
        return str(error).removeprefix(f"{url}: ")
    return None
