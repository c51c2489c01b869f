"""Feeds of others: ask each when it is due, take what is new, and decide when to ask again.

A source is asked as a polite reader asks: conditionally, one request at a time to a host, as
seldom as it wishes, and ever more seldom while it fails.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
import re
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

import structlog

from feedsvc.errors import FetchError, RejectedError, StoreError
from feedsvc.fetch import Fetched, Get, user_agent
from feedsvc.intake.accept import Outcome
from feedsvc.intake.bring import Item, Result, bring_in
from feedsvc.intake.change import Door
from feedsvc.intake.clean import clean_text
from feedsvc.intake.feed.parts import ReadFeed
from feedsvc.intake.from_feed import Purpose, items, read_feed
from feedsvc.intake.how import How, Overrides
from feedsvc.intake.importers import make_how
from feedsvc.intake.opml import URL_BYTES
from feedsvc.model import Source
from feedsvc.settings.groups import Sources
from feedsvc.store import sources
from feedsvc.store.database import Database

log = structlog.get_logger()

# A worker that is told to end is given twenty.
_SECONDS = 15
# So few at once that a release never waits for a poll that writes.
_BATCH = 25
# How many are asked for by their ids at a time: databases limit that.
_ASKED = 500
_TITLE_CHARS = 300
_VALIDATOR_CHARS = 1_000
_OK, _NOT_MODIFIED, _GONE = 200, 304, 410
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9,"
    " text/xml;q=0.8, */*;q=0.5"
)
_MAX_AGE = re.compile(r"\bmax-age=\"?(\d{1,9})")


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll came to.

    Attributes:
        source: As it is now.
        results: What became of its entries; none when nothing was new.
    """

    source: Source
    results: tuple[Result, ...] = ()

    @property
    def new(self) -> int:
        """How many articles came in or changed."""
        changed = {Outcome.CREATED, Outcome.UPDATED, Outcome.CORRECTED}
        return sum(result.outcome in changed for result in self.results)


def headers_for(source: Source, base_url: str) -> dict[str, str]:
    """Return what to ask with: who we are, and what we have already."""
    wanted = {"User-Agent": user_agent(base_url), "Accept": _ACCEPT}
    if source.etag:
        wanted["If-None-Match"] = source.etag
    if source.last_modified:
        wanted["If-Modified-Since"] = source.last_modified
    return wanted


def answered(source: Source, answer: Fetched, now: dt.datetime, limits: Sources) -> Source:
    """Return a source after an answer; whether a 200 can be read is for `taken` to say."""
    known = replace(source, status=answer.status, polled_at=now)
    if answer.status == _GONE:
        return replace(known, next_poll_at=None, problem="is gone for good (410)")
    if answer.status in {_OK, _NOT_MODIFIED}:
        at = _asked_for(source.minutes, answer)
        known = replace(known, url=_moved_to(answer) or source.url, failures=0, problem=None)
        known = known if answer.status == _NOT_MODIFIED else _with_validators(known, answer)
        return replace(known, next_poll_at=now + _wait(known, at, limits))
    asked = retry_after(answer.headers.get("retry-after"), now)
    return failed(known, f"answered with status {answer.status}", now, limits, asked)


def failed(
    source: Source,
    problem: str,
    now: dt.datetime,
    limits: Sources,
    asked_minutes: int | None = None,
) -> Source:
    """Return a source that could not be read: each time it is asked later, up to a day.

    Args:
        asked_minutes: How long it wants to be left alone.
    """
    failures = source.failures + 1
    doubled = limits.min_minutes * 2 ** min(failures - 1, 12)
    known = replace(source, failures=failures, problem=problem, polled_at=now)
    wait = _wait(known, asked_minutes if asked_minutes is not None else doubled, limits)
    return replace(known, next_poll_at=now + wait)


def taken(source: Source, feed: ReadFeed, answer: Fetched, limits: Sources) -> Source:
    """Return a source after its feed was read: what it is called, and what it asks for."""
    at = source.polled_at
    known = replace(
        source,
        title=clean_text(feed.title)[:_TITLE_CHARS] or source.title,
        minutes=feed.minutes,
        changed_at=at,
    )
    wait = _wait(known, _asked_for(feed.minutes, answer), limits)
    return replace(known, next_poll_at=at + wait if at else None)


def _moved_to(answer: Fetched) -> str | None:
    url = answer.moved_to
    return url if url and len(url.encode()) <= URL_BYTES else None


def _with_validators(source: Source, answer: Fetched) -> Source:
    return replace(
        source,
        etag=_validator(answer, "etag"),
        last_modified=_validator(answer, "last-modified"),
        # Equal bytes hold nothing new, whatever the validators say.
        digest=hashlib.sha256(answer.body).hexdigest(),
    )


def _validator(answer: Fetched, name: str) -> str | None:
    value = answer.headers.get(name, "")
    return value if 0 < len(value) <= _VALIDATOR_CHARS and value.isprintable() else None


def _asked_for(minutes: int | None, answer: Fetched) -> int:
    """Return how many minutes a feed wants to be left alone: the longest that it names."""
    found = _MAX_AGE.search(answer.headers.get("cache-control", ""))
    return max(minutes or 0, int(found[1]) // 60 if found else 0)


def _wait(source: Source, minutes: int, limits: Sources) -> dt.timedelta:
    """Return how long to wait, within the limits; not all sources of a moment come back in one."""
    within = min(max(minutes, limits.min_minutes), limits.max_minutes)
    mark = hashlib.sha256(f"{source.id} {source.polled_at}".encode()).digest()
    spread = within * 60 * mark[0] // 2560  # up to a tenth
    return dt.timedelta(minutes=within, seconds=spread)


def retry_after(text: str | None, now: dt.datetime) -> int | None:
    """Return the minutes that `Retry-After` asks for (RFC 9110 §10.2.3); None without it."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return int(text[:9]) // 60 + 1
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):  # the last for a zone beyond all bounds
        return None
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return max(0, int((at - now).total_seconds() // 60) + 1)


def poll_due(
    database: Database,
    door: Door,
    get: Get,
    *,
    ids: Collection[int] | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Polled]:
    """Poll what is due, several hosts at once, until nothing is left or it is stopped.

    Args:
        ids: Poll these instead, due or not; one that somebody else polls is left out.
    """
    waiting = None if ids is None else list(ids)
    at_once = door.settings.sources.at_once
    with ThreadPoolExecutor(at_once, thread_name_prefix="poll") as pool:
        while not is_stopped():
            asked = None if waiting is None else waiting[:_ASKED]
            with database.write() as tx:
                claimed = sources.claim(tx, door.now(), at_once, ids=asked)
            if waiting is not None:
                taken_now = {source.id for source in claimed} or set(waiting[:_ASKED])
                waiting = [one for one in waiting if one not in taken_now]
            yield from pool.map(lambda source: poll(database, door, get, source), claimed)
            if not claimed and not waiting:
                return


def poll(database: Database, door: Door, get: Get, source: Source) -> Polled:
    """Ask one source, take what is new, and store when to ask again; its lease is given back.

    An entry that is refused is kept as that, and the others come in.
    """
    settings, now = door.settings, door.now()
    limits, results = settings.sources, list[Result]()
    try:
        answer = get(
            source.url,
            timeout_seconds=_SECONDS,
            max_bytes=settings.imports.max_file_bytes,
            headers=headers_for(source, settings.base_url),
        )
        after = answered(source, answer, now, limits)
        if answer.status == _OK and after.digest != source.digest:
            feed = read_feed(answer.body, answer.url, limits.max_entries)
            results += _bring(database, door, feed, after)
            after = taken(after, feed, answer, limits)
    except FetchError as error:
        problem = str(error).removeprefix(f"{source.url}: ")
        after = failed(replace(source, status=None), problem, now, limits)
    except RejectedError as error:
        after = failed(replace(source, status=_OK), error.reason, now, limits)
    except StoreError:
        raise
    except Exception as error:
        # What nobody has thought of must not come again each minute, nor keep others waiting.
        log.exception("poll_failed", url=source.url)
        problem = f"could not be taken in ({type(error).__name__}); the log says more"
        after = failed(replace(source, status=None), problem, now, limits)
    with database.write() as tx:
        sources.save(tx, after)
    polled = Polled(after, tuple(results))
    log.info("source_polled", url=source.url, new=polled.new, problem=after.problem)
    return polled


def _bring(database: Database, door: Door, feed: ReadFeed, source: Source) -> Iterator[Result]:
    how = _how(database, door, source)
    purpose = Purpose(source.name, source.url, is_own=False, draft=not source.auto_publish)
    named = ((_name(source, item), item) for item in items(feed, how, purpose))
    while batch := list(islice(named, _BATCH)):
        yield from bring_in(database, door, batch)


def _name(source: Source, item: Item) -> str:
    return f"{source.url}#{item.path}"


def _how(database: Database, door: Door, source: Source) -> How:
    return make_how(database, door.settings, Overrides(section=source.section))
