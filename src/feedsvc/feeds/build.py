"""The one door out: every feed byte that is served was written here, after it was proven.

A build reads one consistent moment of the store, composes, renders, validates and swaps all
formats of a feed in one transaction. What fails validation is quarantined article by article
until the rest passes; a failure never reaches a reader.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import structlog

from feedsvc.errors import StoreAwayError, StoreError
from feedsvc.feeds.press import Press, Reading, inputs, latest_instant, read
from feedsvc.feeds.proof import Proof, at_fault, prove, prove_whole
from feedsvc.model import Article, Document, Feed, Finding, Format, Status
from feedsvc.store import articles, builds, documents, feeds, proofs, records
from feedsvc.store.builds import Due
from feedsvc.store.database import Transaction

_SOON = dt.timedelta(seconds=5)

log = structlog.get_logger()

_REMEDY = "This is a mistake of feedsvc or of a setting: see `feedsvc check`, then report it."


class Outcome(StrEnum):
    """What a build came to."""

    SWAPPED = "swapped"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    TAKEN = "taken"  # another builder has it


@dataclass(frozen=True, slots=True)
class Built:
    """A build, as it is logged and shown."""

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
    while True:
        with press.database.read() as tx:
            found = inputs(tx, press, feed_id)
            feed, is_whole = found.feed, _is_whole(tx, found.feed)
            is_same = is_whole and found.digest == feed.inputs
            reading = None if is_same else read(tx, press, feed_id, found)
        if reading is None or (is_whole and reading.digest == feed.digest):
            same = Built(feed.path, Outcome.UNCHANGED, quarantined=tuple(held))
            return _give_back(press, feed, claim, same, found.digest)
        now = latest_instant(press, feed)
        proof = _prove(press, reading, now)
        if not proof.findings:
            outcome = _swap(press, reading, proof, claim)
            if outcome is None:
                continue
            return Built(feed.path, outcome, len(reading.channel.entries), tuple(held))
        guilty = at_fault(reading.channel, proof.findings, now)
        if not guilty:
            _store_failure(press, feed, proof.findings)
            failed = Built(feed.path, Outcome.FAILED, quarantined=tuple(held))
            return _give_back(press, feed, claim, failed)
        for atom_id, findings in guilty.items():
            held.append(reading.articles[atom_id].title)
            _quarantine(press, feed, reading.articles[atom_id], findings)


def _is_whole(tx: Transaction, feed: Feed) -> bool:
    """True when nothing of what a feed serves was lost or may not be served."""
    is_served = feed.digest is not None and not feed.unavailable
    return is_served and documents.count(tx, feed.id) == len(Format)


def settle_unchanged(press: Press, waiting: Sequence[Due]) -> list[Built]:
    """End the builds of those feeds whose inputs are the same as those of what they serve."""
    try:
        same = _unchanged(press, waiting)
    except StoreError:  # one of them cannot be read; its own build says so
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


def _prove(press: Press, reading: Reading, now: dt.datetime) -> Proof:
    """Prove a reading; what seems wrong is made from nothing before anything is blamed for it."""
    proof = prove(press, reading.channel, now)
    if not proof.findings:
        return proof
    forget(press, reading, proof.keys)
    whole = prove_whole(reading.channel, now)
    if not whole.findings:
        rules = sorted({finding.rule for finding in proof.findings})
        log.error("remembered_wrong", feed=reading.feed.path, rules=rules)
    return whole


def forget(press: Press, reading: Reading, keys: Iterable[str]) -> None:
    """Have everything in a reading rendered and proven anew."""
    press.memory.forget(reading.channel.entries, keys)
    with press.database.write() as tx:
        proofs.forget(tx, keys)


def _quarantine(press: Press, feed: Feed, article: Article, findings: Sequence[Finding]) -> None:
    """Take an article out of every feed until it is mended."""
    now = press.now()
    with press.database.write() as tx:
        if articles.get(tx, article.id) != article:
            return  # it was changed meanwhile, and may be good now
        listed = feeds.listed_in(tx, article.id)
        articles.quarantine(tx, article.id, now)
        feeds.list_article(tx, article, ())
        records.add_problems(tx, findings, feed_id=feed.id, article_id=article.id, now=now)
        builds.mark_due(tx, listed, event_at=now.replace(microsecond=0), due_at=now)
    rules = sorted({finding.rule for finding in findings})
    log.error("article_quarantined", article=article.id, title=article.title, rules=rules)


def _store_failure(press: Press, feed: Feed, findings: Sequence[Finding]) -> None:
    with press.database.write() as tx:
        records.add_problems(tx, findings, feed_id=feed.id, article_id=None, now=press.now())
    log.error("feed_failed", feed=feed.path, rules=sorted({f.rule for f in findings}))


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
    _store_failure(press, feed, (finding,))
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


def shows_withdrawn(tx: Transaction, shown: Iterable[str]) -> bool:
    """True when one of these Atom ids is that of an article that is not public any more."""
    found = articles.statuses(tx, shown)
    return any(status is not Status.PUBLISHED for status in found.values())


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
    with press.database.write() as tx:
        if feeds.event_seq(tx, feed.id) != feed.event_seq and shows_withdrawn(tx, reading.articles):
            return None
        if not builds.release(tx, feed.id, claim.token, seen_seq=feed.event_seq, values=values):
            return Outcome.TAKEN
        if proof.is_whole:
            documents.drop_fallback(tx, feed.id)
        else:
            documents.keep_fallback(tx, feed.id)
        documents.swap(tx, feed.id, _fresh(tx, press, reading, proof, now))
        proofs.add(tx, set(proof.keys) - press.memory.proven(proof.keys), now)
        records.resolve_feed(tx, feed.id, now)
    press.memory.note_proven(proof.keys)
    return Outcome.SWAPPED


def _fresh(
    tx: Transaction, press: Press, reading: Reading, proof: Proof, now: dt.datetime
) -> list[Document]:
    before = documents.validators(tx, reading.feed.id)
    digest_of = press.memory.digest
    entries = reading.channel.entries
    manifest = tuple((entry.atom_id, digest_of(entry)[:16]) for entry in entries)
    made = (
        make_document(reading.feed.path, fmt, body, now=now, before=before.get(fmt))
        for fmt, body in proof.bodies.items()
    )
    return [replace(one, manifest=manifest, checks=proof.checks[one.format]) for one in made]


def etag_of(body: bytes) -> str:
    """Return the strong entity tag of a document's bytes, with its quotes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def make_document(
    path: str,
    fmt: Format,
    body: bytes,
    *,
    now: dt.datetime,
    before: tuple[str, dt.datetime] | None,
) -> Document:
    """Return bytes with their validators.

    `Last-Modified` is the instant of the swap, in whole seconds; it never moves back, also when
    the clock does, and stays when the bytes do.

    Args:
        before: The ETag and the Last-Modified of what is served until now.
    """
    etag = etag_of(body)
    modified = now.replace(microsecond=0)
    if before is not None:
        modified = before[1] if before[0] == etag else max(modified, before[1])
    return Document(path, fmt, body, etag, modified)
