"""Read documents back whole once they are served, and go back when they are not right.

Their entries were read back before the swap, in small documents (`proof.py`). What this finds is
a mistake of ours: a reader that sees an entry differently among others than alone.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import structlog

from feedsvc.errors import NotFoundError
from feedsvc.feeds import pack
from feedsvc.feeds.press import Press, Reading, latest_instant, read
from feedsvc.feeds.proof import keys_of
from feedsvc.feeds.quarantine import forget, shows_withdrawn
from feedsvc.feeds.validate import validate
from feedsvc.model import Document, Feed, Finding, Format
from feedsvc.store import builds, documents, records, variants
from feedsvc.store.database import Transaction

log = structlog.get_logger()


def confirm_next(press: Press) -> bool:
    """Read back one feed that waits for it; False when none does.

    What the store says has changed meanwhile is left alone: it is due to be built.
    """
    with press.database.read() as tx:
        waiting = builds.read_backs_due(tx)
    trouble: Exception | None = None
    for feed_id in waiting:
        try:
            if _confirm(press, feed_id):
                return True
        except NotFoundError:  # its term was merged or removed meanwhile
            continue
        except Exception as error:  # noqa: BLE001 -- it holds up no other
            trouble = trouble or error
    if trouble:
        raise trouble
    return False


def _confirm(press: Press, feed_id: int) -> bool:
    with press.database.read() as tx:
        reading = read(tx, press, feed_id)
        served = documents.of_feed(tx, feed_id)
    feed = reading.feed
    if feed.read_back_due_at is None:
        return False
    if reading.digest != feed.digest:
        _see_that_it_is_built(press, feed)
        return False
    bodies = {fmt: document.body for fmt, document in served.items()}
    now = latest_instant(press, feed)
    findings = validate(bodies, reading.channel, now, rules=()).findings
    if len(bodies) < len(Format):
        findings = (*findings, _missing())
    if findings:
        forget(press, reading, keys_of(press, reading.channel.entries))
    with press.database.write() as tx:
        if documents.validators(tx, feed_id) != _validators(served):
            return True  # other documents were swapped in meanwhile
        builds.update(tx, feed_id, read_back_due_at=None)
        if findings:
            _go_back(tx, press, reading, findings)
        else:
            documents.drop_fallback(tx, feed_id)
    return True


def _see_that_it_is_built(press: Press, feed: Feed) -> None:
    """Make a feed due that is not, although the store says something else: settings changed."""
    if feed.build_due_at is None:
        with press.database.write() as tx:
            builds.update(tx, feed.id, inputs=None, build_due_at=press.now())


def _validators(served: dict[Format, Document]) -> dict[Format, tuple[str, object]]:
    return {fmt: (document.etag, document.modified_at) for fmt, document in served.items()}


def _missing() -> Finding:
    remedy = "`feedsvc build --settings` makes it anew."
    return Finding("missing", "the whole feed", "lacks a document", remedy)


def _go_back(
    tx: Transaction, press: Press, reading: Reading, findings: tuple[Finding, ...]
) -> None:
    """Serve what was served before, and have the feed built from nothing."""
    feed, now = reading.feed, press.now()
    before = documents.fallback(tx, feed.id)
    shown = {atom_id for document in before for atom_id, _ in document.manifest}
    may_be_served = bool(before) and not shows_withdrawn(tx, shown)
    if may_be_served:
        modified = now.replace(microsecond=0)
        served = documents.validators(tx, feed.id).values()
        latest = max([modified, *(at + dt.timedelta(seconds=1) for _, at in served)])
        again = [replace(one, modified_at=latest) for one in before]
        documents.swap(tx, feed.id, again, now=now)
        variants.put(tx, feed.id, pack.fast({one.format: one.body for one in before}))
    documents.drop_fallback(tx, feed.id)
    builds.update(tx, feed.id, digest=None, unavailable=not may_be_served)
    # An event of its own: a build that began before must not count as the one that mends it.
    builds.mark_due(tx, [feed.id], event_at=feed.event_at, due_at=now)
    records.add_problems(tx, findings, feed_id=feed.id, article_id=None, now=now)
    rules = sorted({finding.rule for finding in findings})
    log.error("went_back", feed=feed.path, rules=rules, served=may_be_served)
