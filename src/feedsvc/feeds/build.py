"""The one door out: every feed byte that is served was written here, after it was proven.

A build reads one consistent moment of the store, composes, renders, validates and swaps all
formats of a feed in one transaction. What fails validation is quarantined article by article
until the rest passes; a failure never reaches a reader.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import structlog

from feedsvc.errors import NotFoundError, StoreAwayError, StoreError
from feedsvc.feeds import pack
from feedsvc.feeds.archive import cover
from feedsvc.feeds.press import Press, Reading, inputs, latest_instant, read
from feedsvc.feeds.proof import Proof, at_fault
from feedsvc.feeds.quarantine import (
    prove_reading,
    quarantine,
    shows_withdrawn,
    store_failure,
)
from feedsvc.feeds.stamp import make_documents
from feedsvc.model import Feed, Finding, Format
from feedsvc.store import archives, builds, documents, feeds, proofs, records, variants
from feedsvc.store.builds import Due
from feedsvc.store.database import Transaction

_SOON = dt.timedelta(seconds=5)
# So often is the archive led up to a document that goes on changing; then it goes out without.
_COVERS = 4

log = structlog.get_logger()

_REMEDY = "This is a mistake of feedsvc or of a setting: see `feedsvc check`, then report it."


class Outcome(StrEnum):
    """What a build came to."""

    SWAPPED = "swapped"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    TAKEN = "taken"  # another builder has it, or the feed is gone


@dataclass(frozen=True, slots=True)
class Built:
    """A build, as it is logged and shown; without a path when the feed is gone."""

    path: str
    outcome: Outcome
    entries: int = 0
    quarantined: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Claim:
    """A feed that is ours until the lease ends.

    Attributes:
        began: `time.perf_counter()` at the claim.
    """

    token: str
    began: float

    @property
    def seconds(self) -> float:
        return round(time.perf_counter() - self.began, 4)


def build_feed(press: Press, feed_id: int) -> Built:
    """Bring all documents of one feed up to date with the store.

    Raises:
        StoreAwayError: The store could not be read or written; the feed is due again in seconds.
        Exception: Whatever else went wrong outside validation; it is due again in five minutes.
    """
    try:
        return _build_claimed(press, feed_id)
    except NotFoundError:  # whatever it stopped at: the feed's term was merged or removed
        return Built("", Outcome.TAKEN)


def _build_claimed(press: Press, feed_id: int) -> Built:
    claim = _Claim(f"{press.builder}{uuid.uuid4().hex}", time.perf_counter())
    with press.database.write() as tx:
        if not builds.claim(tx, feed_id, now=press.now(), lease=press.lease, token=claim.token):
            return Built(feeds.get(tx, feed_id).path, Outcome.TAKEN)
    try:
        built = _build(press, feed_id, claim)
    except StoreAwayError:
        _try_again_soon(press, feed_id, claim)
        raise
    except Exception as error:
        _store_crash(press, feed_id, claim, error)
        raise
    took = {"entries": built.entries, "seconds": claim.seconds}
    log.info("feed_built", feed=built.path, outcome=built.outcome.value, **took)
    return built


def _build(press: Press, feed_id: int, claim: _Claim) -> Built:
    held: list[str] = []
    covers = 0
    while True:
        with press.database.read() as tx:
            found = inputs(tx, press, feed_id)
            feed, is_whole = found.feed, _is_whole(tx, found.feed)
            is_same = is_whole and found.digest == feed.inputs
            reading = None if is_same else read(tx, press, feed_id, found)
        if covers < _COVERS and reading is not None and reading.behind.is_open:
            goes_on = cover(press, feed_id, reading.behind.leaving)
            covers = covers + 1 if goes_on else _COVERS
            continue
        if reading is None or (is_whole and reading.digest == feed.digest):
            same = Built(feed.path, Outcome.UNCHANGED, quarantined=tuple(held))
            return _give_back(press, feed, claim, same, found.digest)
        proof = prove_reading(press, reading)
        if not proof.findings:
            outcome = _swap(press, reading, proof, claim)
            if outcome is None:
                continue
            return Built(feed.path, outcome, len(reading.channel.entries), tuple(held))
        guilty = at_fault(reading.channel, proof.findings, latest_instant(press, feed))
        if not guilty:
            store_failure(press, feed, proof.findings)
            failed = Built(feed.path, Outcome.FAILED, quarantined=tuple(held))
            return _give_back(press, feed, claim, failed)
        for atom_id, findings in guilty.items():
            held.append(reading.articles[atom_id].title)
            quarantine(press, feed, reading.articles[atom_id], findings)


def _is_whole(tx: Transaction, feed: Feed) -> bool:
    """True when nothing of what a feed serves was lost or may not be served."""
    is_served = feed.digest is not None and not feed.unavailable
    return is_served and documents.count(tx, feed.id) == len(Format)


def settle_unchanged(press: Press, waiting: Sequence[Due]) -> list[Built]:
    """End the builds of those feeds whose inputs are the same as those of what they serve."""
    try:
        same = _unchanged(press, waiting)
    except (StoreError, NotFoundError):  # one cannot be read or is gone; its own build says so
        return []
    if not same:
        return []
    now, settled = press.now(), []
    with press.database.write() as tx:
        for due, feed in same:
            if builds.settle(tx, due, values={"built_at": now, **_admitted(press, feed)}):
                records.resolve_feed(tx, feed.id, now)
                settled.append(Built(feed.path, Outcome.UNCHANGED))
                log.info("feed_built", feed=feed.path, outcome=Outcome.UNCHANGED.value)
    return settled


def _unchanged(press: Press, waiting: Sequence[Due]) -> list[tuple[Due, Feed]]:
    same: list[tuple[Due, Feed]] = []
    with press.database.read() as tx:
        for due in waiting:
            found = inputs(tx, press, due.feed_id)
            is_seen = found.feed.event_seq == due.event_seq
            if is_seen and found.digest == found.feed.inputs and _is_whole(tx, found.feed):
                same.append((due, found.feed))
    return same


def _give_back(
    press: Press, feed: Feed, claim: _Claim, built: Built, made_from: str | None = None
) -> Built:
    """End a build that swaps nothing in: the last good documents stay, if they may.

    Args:
        made_from: Digest of the inputs that say what is served already.
    """
    now = press.now()
    values: dict[str, object] = {"built_at": now, "build_seconds": claim.seconds}
    with press.database.write() as tx:
        manifest = documents.manifest(tx, feed.id)
        if built.outcome is Outcome.FAILED:
            values["unavailable"] = (
                feeds.get(tx, feed.id).unavailable
                or not documents.count(tx, feed.id)
                or shows_withdrawn(tx, manifest)
            )
            values["build_due_at"] = now + builds.POSTPONED
        else:
            values |= {"inputs": made_from, **_admitted(press, feed)}
        kept = builds.release(tx, feed.id, claim.token, seen_seq=feed.event_seq, values=values)
        if kept and built.outcome is not Outcome.FAILED:
            records.resolve_feed(tx, feed.id, now)
    return replace(built, entries=len(manifest))


def _admitted(press: Press, feed: Feed) -> dict[str, int]:
    """Without a timetable a feed shows all that came by now, and will when it gets one."""
    return {} if press.keeps_back(feed) else {"admitted_seq": feed.event_seq}


def _store_crash(press: Press, feed_id: int, claim: _Claim, error: Exception) -> None:
    """Postpone a feed whose build crashed; what it serves stays, if it may."""
    with press.database.read() as tx:
        feed = feeds.get(tx, feed_id)
    kind = type(error).__name__
    finding = Finding("build", "the whole feed", f"its build stopped with {kind}", _REMEDY)
    store_failure(press, feed, (finding,))
    _give_back(press, feed, claim, Built(feed.path, Outcome.FAILED))


def _try_again_soon(press: Press, feed_id: int, claim: _Claim) -> None:
    """Give a feed back that is not at fault: the disk is full, or the database away."""
    again = press.now() + _SOON
    with press.database.write() as tx:
        seen = feeds.get(tx, feed_id)
        values = {"build_due_at": again}
        builds.release(tx, feed_id, claim.token, seen_seq=seen.event_seq, values=values)


def void_leases(press: Press, builder: str) -> None:
    """Take back the feeds of builders that are gone.

    One that ended all its builders cannot be built without a withdrawn article either.
    """
    now = press.now()
    with press.database.write() as tx:
        poisoned = builds.void_leases(tx, builder, now)
        for feed_id in poisoned:
            if shows_withdrawn(tx, documents.manifest(tx, feed_id)):
                builds.update(tx, feed_id, unavailable=True)
    for feed_id in poisoned:
        log.error("feed_ends_its_builders", feed_id=feed_id, again_at=now + builds.POSTPONED)


def _swap(press: Press, reading: Reading, proof: Proof, claim: _Claim) -> Outcome | None:
    """Replace all documents of a feed at once; a builder that lost its lease changes nothing.

    Returns:
        None when something that they show was withdrawn since: then nothing is written either.
    """
    now, feed, channel = press.now(), reading.feed, reading.channel
    values = {
        "built_at": now,
        "build_seconds": claim.seconds,
        "content_changed_at": channel.updated_at,
        "inputs": reading.inputs,
        "digest": reading.digest,
        "unavailable": False,
        "read_back_due_at": None if proof.is_whole else now,
        **_admitted(press, feed),
    }
    packed = pack.fast(proof.bodies)  # before any other writer has to wait for us
    with press.database.write() as tx:
        if feeds.event_seq(tx, feed.id) != feed.event_seq and shows_withdrawn(tx, reading.articles):
            return None
        if not builds.release(tx, feed.id, claim.token, seen_seq=feed.event_seq, values=values):
            return Outcome.TAKEN
        _keep_fallback(tx, feed, proof)
        before = documents.validators(tx, feed.id)
        made = make_documents(channel, proof, now=now, before=before)
        documents.swap(tx, feed.id, made, now=now)
        variants.put(tx, feed.id, packed)
        if reading.behind.lags:
            archives.extend(tx, feed.id, now=now)
        proofs.add(tx, set(proof.keys) - press.memory.proven(proof.keys), now)
        records.resolve_feed(tx, feed.id, now)
    press.memory.note_proven(proof.keys)
    return Outcome.SWAPPED


def _keep_fallback(tx: Transaction, feed: Feed, proof: Proof) -> None:
    """Keep what can be served again if the read-back finds something wrong, and nothing else."""
    if not proof.is_whole:
        documents.keep_fallback(tx, feed.id)
    if proof.is_whole or shows_withdrawn(tx, documents.fallback_manifest(tx, feed.id)):
        documents.drop_fallback(tx, feed.id)
