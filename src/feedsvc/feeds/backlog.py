"""Work off what is due: feed by feed, or over all cores when it is much."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass, field

import structlog

from feedsvc.errors import StoreError
from feedsvc.feeds.build import Built, build_feed, settle_unchanged, void_leases
from feedsvc.feeds.pool import Pool
from feedsvc.feeds.press import Press
from feedsvc.model import SITE
from feedsvc.store import archives, builds, feeds
from feedsvc.store.builds import Due

log = structlog.get_logger()

# Starting a process takes about as long as building this many feeds.
_MANY = 24
# Feeds that are looked at together before any of them is built.
_CHUNK = 50


@dataclass(frozen=True, slots=True)
class Failed:
    """A build that stopped with an error; its feed's due time has been pushed on."""

    feed_id: int
    error: str


@dataclass(slots=True)
class _Backlog:
    """What is left to do.

    Attributes:
        seen: Feeds that were looked at, each for the event that it was due for.
        tried: Those that were built.
    """

    press: Press
    ahead: dt.timedelta
    seen: set[Due] = field(default_factory=set)
    tried: set[Due] = field(default_factory=set)
    done: int = 0

    def waiting(self) -> list[Due]:
        now = self.press.now() + self.ahead
        with self.press.database.read() as tx:
            found = builds.due(tx, now, self.press.lease)
        return [one for one in found if one not in self.tried]


def build_due(
    press: Press,
    progress: Callable[[int, int], None] | None = None,
    *,
    ahead: dt.timedelta = dt.timedelta(),
    processes: int = 1,
) -> Iterator[Built | Failed]:
    """Build every feed that is due, and those that become due meanwhile; one by one.

    A build that fails never blocks the others.

    Args:
        progress: Told (done, known) before each build.
        ahead: Build also what would be due only so much later.
        processes: How many may build at once when there is much to build.
    """
    backlog = _Backlog(press, ahead)
    while waiting := backlog.waiting():
        if progress:
            progress(backlog.done, backlog.done + len(waiting))
        if len(waiting) >= _MANY:
            some = [one for one in waiting if one not in backlog.seen][:_CHUNK]
            backlog.seen.update(some)
            for result in settle_unchanged(press, some):
                yield _counted(backlog, result)
            if some:
                continue
            if processes > 1:
                done = backlog.done
                yield from _build_with(processes, backlog, progress)
                if backlog.done == done:  # they cannot even begin: this process does it
                    processes = 1
                continue
        backlog.tried.add(waiting[0])
        yield _counted(backlog, _attempt(press, waiting[0].feed_id))


def build_now(
    press: Press, progress: Callable[[int, int], None] | None = None, *, processes: int = 1
) -> tuple[list[Built], list[str]]:
    """Build what is due, and what an import has put off; return what was built, and errors."""
    ahead = dt.timedelta(seconds=press.settings.worker.debounce_seconds)
    results = list(build_due(press, progress, ahead=ahead, processes=processes))
    built = [one for one in results if isinstance(one, Built)]
    return built, [one.error for one in results if isinstance(one, Failed)]


def _attempt(press: Press, feed_id: int) -> Built | Failed:
    try:
        return build_feed(press, feed_id)
    except StoreError as error:
        log.error("build_failed", feed_id=feed_id, reason=str(error))  # noqa: TRY400 -- no bug
        return Failed(feed_id, str(error))
    except Exception as error:
        log.exception("build_failed", feed_id=feed_id)
        return Failed(feed_id, str(error))


def _counted(backlog: _Backlog, result: Built | Failed) -> Built | Failed:
    backlog.done += 1
    if isinstance(result, Built) and result.quarantined:
        backlog.tried.clear()  # feeds that were built before may show it still
    return result


def _build_with(
    processes: int, backlog: _Backlog, progress: Callable[[int, int], None] | None
) -> Iterator[Built | Failed]:
    """Build with several processes until nothing waits.

    Each process gets a feed when it is free, and what waits is asked for anew each time: a
    change of one article does not wait for the others to be built.
    """
    press = backlog.press
    try:
        with Pool(press, processes, _attempt) as pool:
            while (waiting := backlog.waiting()) or pool.busy:
                for one in waiting[: pool.free]:
                    backlog.tried.add(one)
                    waiting.remove(one)
                    pool.submit(one.feed_id)
                if progress:
                    progress(backlog.done, backlog.done + pool.busy + len(waiting))
                for result in pool.finished():
                    yield _counted(backlog, result)
    except (BrokenExecutor, OSError) as error:
        log.error("builder_died", reason=repr(error))  # noqa: TRY400 -- it was told
        void_leases(press, press.builder)
        backlog.tried.clear()


def mark_all_due(press: Press, new_urn: Callable[[], str]) -> None:
    """Have every feed looked at: settings may have changed what it contains.

    The site's feed is made here when there is none, so that an empty newsroom has one too.
    """
    now = press.now()
    event_at = now.replace(microsecond=0)
    with press.database.write() as tx:
        feeds.ensure(tx, [SITE], now=event_at, new_urn=new_urn)
        ids = [feed.id for feed in feeds.all_feeds(tx)]
        archives.mark_made_otherwise(tx, press.made_with, now=now)
        builds.mark_due(tx, ids, event_at=event_at, due_at=now)
