"""The audit: every document that is served is proven from nothing, against the store.

It shares nothing with the builds that made them: channels are composed and documents rendered
anew, compared byte by byte with what is served, read back whole and held against every rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import structlog

from feedsvc.feeds import pack, proof, render
from feedsvc.feeds.archive import read_page
from feedsvc.feeds.memory import Memory
from feedsvc.feeds.pool import Pool
from feedsvc.feeds.press import Press, Reading, latest_instant, read
from feedsvc.feeds.stamp import etag_of
from feedsvc.feeds.validate import validate
from feedsvc.model import Document, Feed, Finding, Format, Variant
from feedsvc.store import (
    archive_documents,
    archives,
    builds,
    coverage,
    documents,
    feeds,
    proofs,
    records,
    variants,
)
from feedsvc.store.archives import Page

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
    """Prove what a feed and its archive serve from nothing."""
    press = replace(press, memory=Memory())
    with press.database.read() as tx:
        reading = read(tx, press, feed_id)
        served = documents.of_feed(tx, feed_id)
        is_archiving = bool(coverage.wanting(tx, feed_id, ()))
        packed = {fmt: variants.of_document(tx, feed_id, fmt) for fmt in served}
    feed = reading.feed
    if feed.build_due_at is not None or feed.unavailable:
        return Audited(feed.path, 0)  # the clock is about to build it
    if reading.digest != feed.digest and is_archiving:
        return Audited(feed.path, 0)  # the last of its pages brings another link
    findings = [*_findings(press, reading, feed.digest, served), *_unlike(served, packed)]
    keys = proof.keys_of(press, reading.channel.entries)
    with press.database.write() as tx:  # they are still needed
        proofs.add(tx, proofs.known(tx, keys), press.now())
    if findings:
        _build_anew(press, feed, findings, keys)
    pages = [_audit_page(press, feed, page) for page in _pages(press, feed)]
    return Audited(
        feed.path,
        len(served) + sum(page.documents for page in pages),
        (*findings, *(finding for page in pages for finding in page.findings)),
    )


def _pages(press: Press, feed: Feed) -> list[Page]:
    with press.database.read() as tx:
        return archives.of_feed(tx, feed.id)


def _audit_page(press: Press, feed: Feed, page: Page) -> Audited:
    path = f"{feed.path}/{page.name}"
    with press.database.read() as tx:
        present = archives.get(tx, page.id)
        if present is None or present.due_at is not None:
            return Audited(path, 0)
        reading = read_page(tx, press, present)
        served = archive_documents.of_page(tx, present, path)
    findings = list(_findings(press, reading, present.digest, served))
    keys = proof.keys_of(press, reading.channel.entries)
    with press.database.write() as tx:
        proofs.add(tx, proofs.known(tx, keys), press.now())
        if findings:
            proofs.forget(tx, keys)
            archives.mark_wrong(tx, present, now=press.now())
            records.add_problems(tx, findings, feed_id=feed.id, article_id=None, now=press.now())
    return Audited(path, len(served), tuple(findings))


def _findings(
    press: Press, reading: Reading, digest: str | None, served: dict[Format, Document]
) -> Iterator[Finding]:
    if reading.digest != digest:
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


def _unlike(
    served: dict[Format, Document], packed: dict[Format, tuple[Variant, ...]]
) -> Iterator[Finding]:
    for fmt, document in served.items():
        for variant in packed[fmt]:
            if pack.unpacked(variant) != document.body:
                message = f"is something else when it is compressed ({variant.coding})"
                yield Finding("damaged", f"{fmt}", message, _REMEDY, fmt)


def _build_anew(press: Press, feed: Feed, findings: Sequence[Finding], keys: Iterable[str]) -> None:
    now = press.now()
    with press.database.write() as tx:
        if feeds.get(tx, feed.id) != feed:
            return  # something else happened to it meanwhile
        records.add_problems(tx, findings, feed_id=feed.id, article_id=None, now=now)
        proofs.forget(tx, keys)
        builds.update(tx, feed.id, digest=None, build_due_at=now)
