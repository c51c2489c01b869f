"""The audit: every document that is served is proven from nothing, against the store.

It shares nothing with the builds that made them: channels are composed and documents rendered
anew, compared byte by byte with what is served, read back whole and held against every rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import structlog

from feedsvc.feeds import proof, render
from feedsvc.feeds.build import etag_of
from feedsvc.feeds.memory import Memory
from feedsvc.feeds.pool import Pool
from feedsvc.feeds.press import Press, Reading, latest_instant, read
from feedsvc.feeds.validate import validate
from feedsvc.model import Document, Feed, Finding, Format
from feedsvc.store import builds, documents, feeds, proofs, records

log = structlog.get_logger()

_REMEDY = "It was built anew by itself. If this comes back, please report it with this line."


@dataclass(frozen=True, slots=True)
class Audited:
    """What the audit of one feed came to; no documents when it was being changed."""

    path: str
    documents: int
    findings: tuple[Finding, ...] = ()


def audit(press: Press, processes: int) -> Iterator[Audited]:
    """Audit every feed, in processes of their own: nothing that a build remembers is used.

    What is found is stored as a problem, and the feed is built from nothing. Proofs that no
    document needs any more are dropped at the end.
    """
    began = press.now()
    with press.database.read() as tx:
        waiting = [feed.id for feed in feeds.all_feeds(tx)]
    with Pool(press, processes, _attempt) as pool:
        while waiting or pool.busy:
            for _ in range(min(pool.free, len(waiting))):
                pool.submit(waiting.pop(0))
            yield from pool.finished()
    with press.database.write() as tx:
        proofs.forget_before(tx, began)


def _attempt(press: Press, feed_id: int) -> Audited:
    """Audit a feed; one that cannot be audited is a finding and not the end of the audit."""
    try:
        return audit_feed(press, feed_id)
    except Exception as error:
        log.exception("audit_failed", feed_id=feed_id)
        kind = type(error).__name__
        finding = Finding("audit", "the whole feed", f"its audit stopped with {kind}", _REMEDY)
        with press.database.write() as tx:
            feed = next((one for one in feeds.all_feeds(tx) if one.id == feed_id), None)
            if feed is None:
                return Audited("", 0)  # it was merged into another meanwhile
            records.add_problems(tx, (finding,), feed_id=feed_id, article_id=None, now=press.now())
            builds.update(tx, feed_id, digest=None, build_due_at=press.now())
        return Audited(feed.path, 0, (finding,))


def audit_feed(press: Press, feed_id: int) -> Audited:
    """Prove what a feed serves from nothing."""
    press = replace(press, memory=Memory())
    with press.database.read() as tx:
        reading = read(tx, press, feed_id)
        served = documents.of_feed(tx, feed_id)
    feed = reading.feed
    if feed.build_due_at is not None or feed.unavailable:
        return Audited(feed.path, 0)  # the clock is about to build it
    findings = list(_findings(press, reading, served))
    keys = proof.keys_of(press, reading.channel.entries)
    with press.database.write() as tx:  # they are still needed
        proofs.add(tx, proofs.known(tx, keys), press.now())
    if findings:
        _build_anew(press, feed, findings, keys)
    return Audited(feed.path, len(served), tuple(findings))


def _findings(press: Press, reading: Reading, served: dict[Format, Document]) -> Iterator[Finding]:
    if reading.digest != reading.feed.digest:
        message = "does not show the present state of the store"
        yield Finding("stale", "the whole feed", message, _REMEDY)
        return
    wanted = render.render(reading.channel)
    for fmt in Format:
        document = served.get(fmt)
        if document is None:
            yield Finding("missing", f"{fmt}", "is not there", _REMEDY, fmt)
        elif document.etag != etag_of(document.body):
            yield Finding("damaged", f"{fmt}", "is not what its ETag says", _REMEDY, fmt)
        elif document.body != wanted[fmt]:
            yield Finding("differs", f"{fmt}", "is not what the store says", _REMEDY, fmt)
    bodies = {fmt: document.body for fmt, document in served.items()}
    yield from validate(bodies, reading.channel, latest_instant(press, reading.feed)).findings


def _build_anew(press: Press, feed: Feed, findings: Sequence[Finding], keys: Iterable[str]) -> None:
    now = press.now()
    with press.database.write() as tx:
        if feeds.get(tx, feed.id) != feed:
            return  # something else happened to it meanwhile
        records.add_problems(tx, findings, feed_id=feed.id, article_id=None, now=now)
        proofs.forget(tx, keys)
        builds.update(tx, feed.id, digest=None, build_due_at=now)
