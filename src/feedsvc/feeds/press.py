"""What a build needs, and what it reads: one feed's channel at one moment of the store."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from feedsvc import model
from feedsvc import settings as configuration
from feedsvc.feeds import compose, excerpt, history, pictures, render
from feedsvc.feeds.history import Behind, End, Gap
from feedsvc.feeds.memory import Memory
from feedsvc.model import Article, Channel, Entry, Feed, History, Tombstone
from feedsvc.settings import Settings
from feedsvc.store import archive_documents, articles, coverage, documents, feeds
from feedsvc.store import inputs as store_inputs
from feedsvc.store.coverage import Reach
from feedsvc.store.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Press:
    """What a build needs.

    Attributes:
        now: The present instant, aware.
        builder: How the lease tokens of this process begin.
        memory: What this process knows from earlier builds.
    """

    database: Database
    settings: Settings
    now: Callable[[], dt.datetime]
    builder: str = field(default_factory=lambda: f"command:{os.getpid()}:")
    memory: Memory = field(default_factory=Memory)

    @property
    def lease(self) -> dt.timedelta:
        """How long a build may take before somebody else takes the feed over."""
        return dt.timedelta(seconds=self.settings.worker.lease_seconds)

    def keeps_back(self, feed: Feed) -> bool:
        """True for a feed whose timetable says when new articles may appear in it."""
        return feed.path in self.settings.feeds.timetables

    def admitted_seq(self, feed: Feed) -> int | None:
        """The last event whose additions a feed with a timetable shows; None for any other."""
        return feed.admitted_seq if self.keeps_back(feed) else None

    def entries(self, feed: Feed, stories: Sequence[Article]) -> list[Entry]:
        """Return articles as a feed shows them: in full, unless it carries summaries only."""
        in_full = feed.path not in self.settings.feeds.summary_only
        return [self.memory.entry(one, self.settings, in_full=in_full) for one in stories]

    @property
    def made_with(self) -> str:
        """Hash of what documents are made with besides rows: settings and code."""
        settings = self.settings.model_dump_json(include=_THAT_MATTER)
        text = "\n".join([settings, self.settings.base_url, _VERSION])
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reading:
    """What one moment of the store says about a feed.

    Attributes:
        channel: What the feed should contain.
        digest: Of everything that decides the documents' bytes.
        inputs: Of everything that it was made from.
        articles: Those in the channel and a few older ones, by Atom id.
        behind: What stands behind the feed's document; for a page of the archive, nothing.
    """

    feed: Feed
    channel: Channel
    digest: str
    inputs: str
    articles: dict[str, Article]
    behind: Behind = field(default_factory=lambda: Behind(History()))


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a feed is to be made from, not looked at yet.

    Attributes:
        ids: Of the newest articles, as many as the window may want, and the next.
        reach: How far its archive goes.
        digest: Hash of everything that can make a difference to what comes of it.
    """

    feed: Feed
    ids: list[int]
    tombstones: tuple[Tombstone, ...]
    reach: Reach
    digest: str


def inputs(tx: Transaction, press: Press, feed_id: int) -> Inputs:
    """Find out what a feed is to be made from."""
    feed, limits = feeds.get(tx, feed_id), press.settings.feeds
    admitted = press.admitted_seq(feed)
    recent = feeds.count_since(tx, feed_id, limits.window_hours, admitted_seq=admitted)
    wanted = max(limits.window_entries, recent) + 1  # the last tells whether there is more
    ids = feeds.newest(tx, feed_id, wanted, admitted_seq=admitted)
    since = feed.event_at - dt.timedelta(days=limits.tombstone_days)
    stones = feeds.tombstones(tx, feed_id, since=since, limit=limits.tombstones)
    reach, names = coverage.reach(tx, feed_id), (feed.path, feed.name, feed.ids)
    digest = store_inputs.digest(tx, ids, stones, reach, names, press.made_with)
    return Inputs(feed, ids, stones, reach, digest)


# The groups of settings that say what feeds contain.
_THAT_MATTER = {"site", "articles", "feeds"}


# The code that turns rows into bytes.
_VERSION = render.identify(
    (compose, excerpt, pictures, history, model, configuration, articles), (), render.VERSION
)


def read(tx: Transaction, press: Press, feed_id: int, found: Inputs | None = None) -> Reading:
    """Compose what a feed should contain now.

    An event that changed nothing leaves the channel's date where it was.

    Args:
        found: What `inputs` has found in this transaction, if it was asked.
    """
    found = found or inputs(tx, press, feed_id)
    feed, settings, memory = found.feed, press.settings, press.memory
    stories = articles.load(tx, found.ids)
    entries = press.entries(feed, stories)
    channel = compose.compose(feed, entries, found.tombstones, settings, weigh=memory.weight)
    behind = _behind(tx, press, found, channel)
    channel = replace(channel, history=behind.history)
    before = (feed.digest, feed.content_changed_at)
    made = make_reading(press, feed, channel, stories, before)
    return replace(made, inputs=found.digest, behind=behind)


def make_reading(
    press: Press,
    feed: Feed,
    channel: Channel,
    stories: Sequence[Article],
    before: tuple[str | None, dt.datetime | None],
) -> Reading:
    """Return what was composed, with what identifies it.

    Args:
        before: The digest of what is served until now, and the instant of the event that made it.
    """
    digest = compose.digest(channel, render.VERSION, digest_of=press.memory.digest)
    if before[1] and digest == before[0]:
        channel = replace(channel, updated_at=before[1])
    by_atom_id = {article.atom_id: article for article in stories}
    return Reading(feed, channel, digest, "", by_atom_id)


def _behind(tx: Transaction, press: Press, found: Inputs, channel: Channel) -> Behind:
    feed, shown, (name, until, lacks) = found.feed, channel.entries, found.reach
    page = history.urls(f"{feed.path}/{name}", press.settings) if name else None
    gap = None
    if shown and len(found.ids) > len(shown):
        oldest, admitted = shown[-1].published_at, press.admitted_seq(feed)
        open_to = coverage.count_uncovered(tx, feed.id, oldest, admitted_seq=admitted)
        # Of those that share an instant, the document may show some.
        beside = sum(1 for entry in shown if entry.published_at == oldest)
        uncovered = max(0, open_to - beside) if until is None or oldest >= until else open_to
        gap = Gap(uncovered, _leaving(tx, feed, shown), lacks)
    return history.behind(shown, End(page, until), gap, press.settings.feeds.window_entries)


def _leaving(tx: Transaction, feed: Feed, shown: Sequence[Entry]) -> tuple[dt.datetime, ...]:
    """Return when those articles were published that leave a document and stand on no page."""
    before = set(documents.manifest(tx, feed.id)) - {entry.atom_id for entry in shown}
    listed = feeds.listed_at(tx, feed.id, before) if before else {}
    return tuple(listed[one] for one in archive_documents.missing(tx, feed.id, listed))


def latest_instant(press: Press, feed: Feed) -> dt.datetime:
    """The instant after which a date in a feed lies in the future.

    Instants that share a second are told apart by fractions of it, which may be ahead of the
    clock; and a clock that was set back must not put what is public already into quarantine.
    """
    return max(press.now(), feed.event_at).replace(microsecond=999_999)
