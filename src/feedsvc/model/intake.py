"""What comes to the door, and where from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from feedsvc.model.articles import Attribution, Media


@dataclass(frozen=True, slots=True)
class Submission:
    """What arrives at the door, unchecked.

    Attributes:
        byline: (name, role) pairs in order.
        date: A day in the newsroom's time zone, an aware instant, or None for "now".
        guid: An identity taken over from elsewhere; None to have one minted.
        source: Where it comes from: the name of an import, or `desk`.
        path: Its name there, relative to the root of the import; None when it has none.
        draft: True to keep it out of sight until somebody publishes it.
        digest: Hash of the submitted bytes and options; equal digests are equal submissions.
        updated: When it was last changed where it comes from; None for never.
        slug: The last part of its address, as it was chosen elsewhere; None to have one minted.
        base_url: What relative addresses in it are relative to; None for our own site.
        aliases: Earlier addresses of it, as URLs or as paths; they will lead to it.
        hold: Why it must not be public until an editor says so; None when nothing is against it.
        attribution: Where it was first published; None for the newsroom's own.
        correction: A note that is part of it, without the word "Correction".
        yields: True to leave alone an article that has its guid and came from elsewhere.
        raw: What it was read from, to be kept if it is refused; empty for its HTML.
        files: Pictures and files beside it: (as it names them, where they are).
    """

    title: str
    content_html: str
    byline: tuple[tuple[str, str | None], ...] = ()
    sections: tuple[str, ...] = ()
    edition: str | None = None
    tags: tuple[str, ...] = ()
    date: dt.date | dt.datetime | None = None
    summary: str | None = None
    language: str | None = None
    media: tuple[Media, ...] = ()
    guid: str | None = None
    source: str = "desk"
    path: str | None = None
    draft: bool = False
    digest: str = ""
    updated: dt.datetime | None = None
    slug: str | None = None
    base_url: str | None = None
    aliases: tuple[str, ...] = ()
    hold: str | None = None
    attribution: Attribution | None = None
    correction: str | None = None
    yields: bool = False
    raw: bytes = b""
    files: tuple[tuple[str, Path], ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A submission that was refused, with all it said, so that nothing is lost.

    Attributes:
        rejected_at: None until it is kept.
    """

    source: str
    path: str
    field: str
    reason: str
    line: int | None
    raw: bytes
    rejected_at: dt.datetime | None = None
    resolved_at: dt.datetime | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A feed of somebody else's that is polled.

    Attributes:
        url: Where it is now.
        first_url: Where it was when it was added: its articles know it by that.
        section: Where its articles go; None for what its entries say.
        next_poll_at: None when it is gone for good.
        changed_at: When it last had something new; None for never.
        status: Of the last answer; None without one.
        digest: Hash of the bytes that were read last.
        minutes: How long it asks readers to wait between polls; None when it does not say.
        failures: Polls that failed since one went well.
        problem: Why the last one failed; None when it went well.
    """

    url: str
    first_url: str
    section: str | None = None
    auto_publish: bool = False
    title: str | None = None
    added_at: dt.datetime | None = None
    next_poll_at: dt.datetime | None = None
    polled_at: dt.datetime | None = None
    changed_at: dt.datetime | None = None
    status: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    minutes: int | None = None
    failures: int = 0
    problem: str | None = None
    id: int = 0

    @property
    def name(self) -> str:
        """What its articles come from, for the store."""
        return f"source:{self.first_url}"
