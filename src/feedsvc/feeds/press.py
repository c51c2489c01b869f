"""What a build needs, and what it reads: one feed's channel at one moment of the store."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from feedsvc import model
from feedsvc import settings as configuration
from feedsvc.feeds import compose, excerpt, render
from feedsvc.feeds.memory import Memory
from feedsvc.model import Article, Channel, Feed, Tombstone
from feedsvc.settings import Settings
from feedsvc.store import articles, feeds
from feedsvc.store import inputs as store_inputs
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


@dataclass(frozen=True, slots=True)
class Reading:
    """What one moment of the store says about a feed.

    Attributes:
        channel: What the feed should contain.
        digest: Of everything that decides the documents' bytes.
        inputs: Of everything that it was made from.
        articles: Those in the channel and a few older ones, by Atom id.
    """

    feed: Feed
    channel: Channel
    digest: str
    inputs: str
    articles: dict[str, Article]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a feed is to be made from, not looked at yet.

    Attributes:
        ids: Of the newest articles, as many as the window may want.
        digest: Hash of everything that can make a difference to what comes of it.
    """

    feed: Feed
    ids: list[int]
    tombstones: tuple[Tombstone, ...]
    digest: str


def inputs(tx: Transaction, press: Press, feed_id: int) -> Inputs:
    """Find out what a feed is to be made from."""
    feed, limits = feeds.get(tx, feed_id), press.settings.feeds
    # A feed with a timetable shows what its last admission let in, and nothing newer.
    admitted = feed.admitted_seq if press.keeps_back(feed) else None
    recent = feeds.count_since(tx, feed_id, limits.window_hours, admitted_seq=admitted)
    wanted = max(limits.window_entries, recent)
    ids = feeds.newest(tx, feed_id, wanted, admitted_seq=admitted)
    since = feed.event_at - dt.timedelta(days=limits.tombstone_days)
    stones = feeds.tombstones(tx, feed_id, since=since, limit=limits.tombstones)
    settings = press.settings.model_dump_json(include=_THAT_MATTER)
    names = (feed.path, feed.name, feed.ids, press.settings.base_url)
    digest = store_inputs.digest(tx, ids, stones, settings, names, _VERSION)
    return Inputs(feed, ids, stones, digest)


# The groups of settings that say what feeds contain.
_THAT_MATTER = {"site", "articles", "feeds"}


# The code that turns rows into bytes.
_VERSION = render.identify((compose, excerpt, model, configuration, articles), (), render.VERSION)


def read(tx: Transaction, press: Press, feed_id: int, found: Inputs | None = None) -> Reading:
    """Compose what a feed should contain now.

    An event that changed nothing leaves the channel's date where it was.

    Args:
        found: What `inputs` has found in this transaction, if it was asked.
    """
    found = found or inputs(tx, press, feed_id)
    feed, settings, memory = found.feed, press.settings, press.memory
    stories = articles.load(tx, found.ids)
    in_full = feed.path not in settings.feeds.summary_only
    entries = [memory.entry(article, settings, in_full=in_full) for article in stories]
    channel = compose.compose(feed, entries, found.tombstones, settings, weigh=memory.weight)
    digest = compose.digest(channel, render.VERSION, digest_of=memory.digest)
    if feed.content_changed_at and digest == feed.digest:
        channel = replace(channel, updated_at=feed.content_changed_at)
    by_atom_id = {article.atom_id: article for article in stories}
    return Reading(feed, channel, digest, found.digest, by_atom_id)


def latest_instant(press: Press, feed: Feed) -> dt.datetime:
    """The instant after which a date in a feed lies in the future.

    Instants that share a second are told apart by fractions of it, which may be ahead of the
    clock; and a clock that was set back must not put what is public already into quarantine.
    """
    return max(press.now(), feed.event_at).replace(microsecond=999_999)
