"""Feeds of others, and what is read from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from feedsvc.intake.feed.parts import Broken, ReadEntry, ReadFeed
from feedsvc.intake.from_feed import Purpose, items, read_feed
from feedsvc.intake.how import How, Overrides
from feedsvc.intake.importers import make_how
from feedsvc.model import Rejection, Submission
from tests.newsroom import REPOSITORY, Newsroom

EXAMPLES = REPOSITORY / "examples" / "feeds"
URL = "https://paper.example/feed"
OWN = Purpose("feed:test", URL)
THEIRS = Purpose("source:test", URL, is_own=False, draft=True)
_RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>Paper</title><link>https://paper.example/</link>{head}{items}</channel></rss>"""
_ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"{attributes}><id>urn:x:feed</id>
<title>Paper</title><link href="https://paper.example/"/>{head}{items}</feed>"""


def rss(*entries: str, head: str = "") -> bytes:
    """Return RSS with these items, each as what stands in it."""
    parts = "".join(f"<item>{entry}</item>" for entry in entries)
    return _RSS.format(head=head, items=parts).encode()


def atom(*entries: str, head: str = "", attributes: str = "") -> bytes:
    """Return Atom with these entries, each as what stands in it."""
    parts = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return _ATOM.format(head=head, items=parts, attributes=attributes).encode()


def read(body: bytes, url: str = URL, limit: int | None = None) -> ReadFeed:
    """Read a feed."""
    return read_feed(body, url, limit)


def entry(body: bytes) -> ReadEntry:
    """Return the only entry of a feed."""
    (found,) = read(body).entries
    assert not isinstance(found, Broken), found
    return found


def a_how(room: Newsroom, **overrides: Any) -> How:
    """Return what importers are given."""
    services = room.services
    return make_how(services.database, services.settings, Overrides(**overrides))


def submissions(
    room: Newsroom, body: bytes, purpose: Purpose = OWN, **overrides: Any
) -> list[Submission]:
    """Return what would come to the door; nothing may be refused."""
    found = list(items(read(body), a_how(room, **overrides), purpose))
    assert not [one for one in found if isinstance(one, Rejection)]
    return [one for one in found if isinstance(one, Submission)]


def file_with(folder: Path, body: bytes, name: str = "feed.xml") -> Path:
    """Write a feed into a folder."""
    file = folder / name
    file.write_bytes(body)
    return file


Writer = Callable[..., bytes]
