"""Archives (RFC 5005 §4): build the pages behind a feed's document.

An article is put on its month's page long before it leaves the feed's own document, and that
document links to the archive only when nothing falls between them: whoever walks back from it
meets every article. docs/decisions/0018 has the argument.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import structlog

from feedsvc.errors import StoreError
from feedsvc.feeds import compose, history
from feedsvc.feeds.press import Press, Reading, latest_instant, make_reading
from feedsvc.feeds.proof import Proof, at_fault
from feedsvc.feeds.quarantine import (
    prove_reading,
    quarantine,
    shows_withdrawn,
    store_failure,
)
from feedsvc.feeds.stamp import make_documents
from feedsvc.model import Document
from feedsvc.store import (
    archive_documents,
    archives,
    articles,
    builds,
    coverage,
    feeds,
    proofs,
)
from feedsvc.store.archives import Page
from feedsvc.store.database import Transaction

log = structlog.get_logger()

# The most articles on one page, however short they are.
_MOST = 200
# The most pages that are built before a feed's document is swapped in.
_AT_ONCE = 4


def build_next(press: Press, *, urgent: bool = False) -> bool:
    """Build one page that is due; False when none is. A page that fails blocks no other.

    Args:
        urgent: Only one that may show something that was withdrawn.

    Raises:
        StoreError: The store could not be read or written.
    """
    with press.database.read() as tx:
        page_id = archives.next_due(tx, press.now(), urgent=urgent)
    if page_id is None:
        return False
    _try_to_build(press, page_id)
    return True


def _try_to_build(press: Press, page_id: int) -> None:
    try:
        _step(press, page_id)
    except StoreError:
        raise
    except Exception:
        log.exception("archive_failed", page_id=page_id)
        _give_up(press, page_id)


def pages_due(press: Press) -> int:
    """Return how many pages are to be built."""
    with press.database.read() as tx:
        return archives.count_due(tx)


def cover(press: Press, feed_id: int, leaving: Sequence[dt.datetime]) -> bool:
    """Let a feed's archive reach to its newest article.

    A few pages are built at once, so that the next document can link to them; many, as after
    an import, are left due.

    Args:
        leaving: When the articles were published that its next document shows no more.

    Returns:
        False when there are so many that it is not worth while to try again.
    """
    with press.database.write() as tx:
        archives.extend(tx, feed_id, now=press.now())
        waiting = coverage.wanting(tx, feed_id, leaving)
    for _ in range(_AT_ONCE):
        if not 0 < len(waiting) <= _AT_ONCE:
            break
        _try_to_build(press, waiting[0])
        with press.database.read() as tx:
            waiting = coverage.wanting(tx, feed_id, leaving)
    return len(waiting) <= _AT_ONCE


def _step(press: Press, page_id: int) -> None:
    """Bring a page up to date with the store, or split one that is too large and build its part.

    What changes meanwhile leaves it due.
    """
    with press.database.read() as tx:
        page = archives.get(tx, page_id)
        if page is None or page.due_at is None:
            return
        part = archives.part_to_build(tx, page, press.now())
        if part is not None:
            page = archives.get(tx, part) or page
        boundary = _boundary(tx, press, page)
        reading = read_page(tx, press, page) if boundary is None else None
    if boundary is not None:
        with press.database.write() as tx:
            older = archives.split(tx, page, boundary, now=press.now())
        if older is not None:
            _step(press, older.id)
    elif reading is not None:
        _settle(press, page, reading)


def _boundary(tx: Transaction, press: Press, page: Page) -> dt.datetime | None:
    """Return where a page must be split: where its newer half begins, or what has no room.

    Articles of one instant stay together, so that every page is a span of time.
    """
    feed, cap = feeds.get(tx, page.feed_id), press.settings.feeds.soft_cap_bytes
    found = archives.entries(tx, page, _MOST + 1, admitted_seq=press.admitted_seq(feed))
    entries = press.entries(feed, articles.load(tx, [one for one, _ in found]))
    weights = [press.memory.weight(entry) for entry in entries]
    whole = sum(weights)
    if whole <= cap and len(found) <= _MOST:
        return None
    # The rest of a page that is hardly too large would be a page of one article.
    room = cap if whole > 2 * cap else whole // 2
    for number, ((_, before), (_, at)) in enumerate(pairwise(found)):
        room -= weights[number]
        if (room < weights[number + 1] or number + 1 >= _MOST) and at > before:
            return at
    return None


def read_page(tx: Transaction, press: Press, page: Page) -> Reading:
    """Compose what a page should contain now."""
    feed = feeds.get(tx, page.feed_id)
    found = archives.entries(tx, page, None, admitted_seq=press.admitted_seq(feed))
    stories = articles.load(tx, [one for one, _ in reversed(found)])
    entries = tuple(press.entries(feed, stories))
    path = f"{feed.path}/{page.name}"
    event_at = feed.event_at if page.digest or not entries else entries[0].updated_at
    channel = compose.compose_page(feed, path, entries, event_at, press.settings)
    older, newer = archives.neighbours(tx, page)
    about = history.of_page(feed.path, older, newer, press.settings)
    channel = replace(channel, history=about)
    return make_reading(press, feed, channel, stories, (page.digest, page.changed_at))


def _settle(press: Press, page: Page, reading: Reading) -> None:
    """Prove and swap in a page; what was marked again meanwhile stays due."""
    if reading.digest == page.digest:
        with press.database.write() as tx:
            _note_built(tx, press, page)
        return
    proof = prove_reading(press, reading)
    if not proof.findings:
        _swap(press, page, reading, proof)
        return
    guilty = at_fault(reading.channel, proof.findings, latest_instant(press, reading.feed))
    for atom_id, findings in guilty.items():
        quarantine(press, reading.feed, reading.articles[atom_id], findings)
    if not guilty:
        store_failure(press, reading.feed, proof.findings)
        _give_up(press, page.id)


def _swap(press: Press, page: Page, reading: Reading, proof: Proof) -> None:
    now, values = press.now(), {"changed_at": reading.channel.updated_at, "digest": reading.digest}
    with press.database.write() as tx:
        before = archive_documents.validators(tx, page)
        made = make_documents(reading.channel, proof, now=now, before=before)
        if not _note_built(tx, press, page, made, **values):
            return
        proofs.add(tx, set(proof.keys) - press.memory.proven(proof.keys), now)
        if not before:
            archives.mark_newer(tx, page, now=now)
    press.memory.note_proven(proof.keys)
    log.info("archive_built", page=reading.channel.path, entries=len(reading.channel.entries))


def _note_built(
    tx: Transaction,
    press: Press,
    page: Page,
    made: Sequence[Document] | None = None,
    **values: object,
) -> bool:
    """Note that a page shows what it should, and serve what was made; False when it does not.

    The last page that an archive lacked brings the link to it.
    """
    spans = {"shown_from_at": page.from_at, "shown_until_at": page.until_at}
    if not archives.settle(tx, page, made_with=press.made_with, **spans, **values):
        return False
    if made is not None:
        archive_documents.swap(tx, page, made)
    if page.is_short and not coverage.wanting(tx, page.feed_id, ()):
        feed = feeds.get(tx, page.feed_id)
        builds.mark_due(tx, [feed.id], event_at=feed.event_at, due_at=press.now())
    return True


def _give_up(press: Press, page_id: int) -> None:
    """Put off a page that cannot be built; what it serves stays, if it may."""
    with press.database.write() as tx:
        page = archives.get(tx, page_id)
        if page is None:
            return
        archives.postpone(tx, page, press.now() + builds.POSTPONED)
        if shows_withdrawn(tx, archive_documents.manifest(tx, page)):
            archive_documents.swap(tx, page, [])
            archives.mark_newer(tx, page, now=press.now())  # it leads to the one before instead
            feed = feeds.get(tx, page.feed_id)
            builds.mark_due(tx, [feed.id], event_at=feed.event_at, due_at=press.now())
