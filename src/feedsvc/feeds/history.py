"""Where a feed's documents stand in its history (RFC 5005): pure thinking, see `archive.py`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from feedsvc.model import Entry, Format, History
from feedsvc.settings import Settings


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind a feed's document.

    Attributes:
        history: What the document says of it.
        is_open: True when articles stand neither in the document nor in the archive yet.
        leaving: When those of them were published that the document before this one shows.
        lags: True when so much is new since the archive ends that it should be extended, long
            before anything that it lacks leaves the document.
    """

    history: History
    is_open: bool = False
    leaving: tuple[dt.datetime, ...] = ()
    lags: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """Where a feed's archive ends.

    Attributes:
        newest: The addresses of its newest page; None when there is none that can be read.
        until: It shows what was published before; None without a page.
    """

    newest: dict[Format, str] | None
    until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Gap:
    """What lies between a document and the archive.

    Attributes:
        uncovered: How many older articles are newer than all that pages show.
        leaving: When the articles were published that leave the document and are on no page.
        lacks: True while some page does not show what has come to its span.
    """

    uncovered: int
    leaving: tuple[dt.datetime, ...]
    lacks: bool = False


def behind(shown: Sequence[Entry], end: End, gap: Gap | None, window: int) -> Behind:
    """Say what stands behind a feed's document.

    As long as something stands nowhere, the document says neither that it is complete nor where
    the archive is: both would be untrue.

    Args:
        shown: The document's entries, newest first.
        gap: None when the document shows everything.
        window: How many entries a document may have before the oldest leave it.
    """
    until = end.until
    new = sum(1 for entry in shown if until is None or entry.published_at >= until)
    if gap is None:
        return Behind(History(is_complete=True), lags=2 * new > window)
    is_open = bool(gap.uncovered or gap.leaving or gap.lacks)
    links = (("prev-archive", end.newest),) if end.newest is not None and not is_open else ()
    return Behind(History(links=links), is_open, gap.leaving, lags=2 * new > len(shown))


def of_page(path: str, older: str | None, newer: str | None, settings: Settings) -> History:
    """Return what a page of the archive says: where the feed is, and the pages beside it.

    Args:
        path: The feed's.
        older: The name of the page before it in time; None for the first.
        newer: The name of the page after it; None for the newest.
    """
    names = {"prev-archive": older, "next-archive": newer}
    beside = ((rel, urls(f"{path}/{name}", settings)) for rel, name in names.items() if name)
    return History(is_archive=True, links=(("current", urls(path, settings)), *beside))


def urls(path: str, settings: Settings) -> dict[Format, str]:
    """Return the addresses of a document in every format."""
    return {fmt: settings.feed_url(path, fmt) for fmt in Format}
