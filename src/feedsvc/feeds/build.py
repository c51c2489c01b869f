"""The one door out: every feed byte that is served was written here, after it was proven.

A build reads one consistent moment of the store, composes, renders, validates and swaps all
formats of a feed in one transaction. What fails validation is quarantined article by article
until the rest passes; a failure never reaches a reader.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import inspect
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.metadata import version

import structlog

from feedsvc.errors import RenderError
from feedsvc.feeds import compose, render_json, render_xml
from feedsvc.feeds.validate import Verdict, validate
from feedsvc.model import SITE, Article, Channel, Document, Feed, Finding, Format, Status
from feedsvc.settings import Settings
from feedsvc.store import articles, documents, feeds, records
from feedsvc.store.database import Database, Transaction

log = structlog.get_logger()

RENDERERS: Mapping[Format, Callable[[Channel], bytes]] = {
    Format.RSS: render_xml.render_rss,
    Format.ATOM: render_xml.render_atom,
    Format.JSON: render_json.render_json,
}
_POSTPONED = dt.timedelta(minutes=5)
_REMEDY = "This is a mistake of feedsvc or of a setting: see `feedsvc check`, then report it."


def _renderer_version() -> str:
    """Identify everything that turns a channel into bytes: our code and the libraries."""
    sources = [inspect.getsource(module).encode() for module in (render_xml, render_json)]
    libraries = [f"{name} {version(name)}".encode() for name in ("feedgen", "lxml")]
    return hashlib.sha256(b"\0".join([*sources, *libraries])).hexdigest()[:16]


RENDERER = _renderer_version()


class Outcome(StrEnum):
    """What a build came to."""

    SWAPPED = "swapped"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    TAKEN = "taken"  # another builder has it


@dataclass(frozen=True, slots=True)
class Press:
    """What a build needs: a store, settings and the time."""

    database: Database
    settings: Settings
    now: Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class Built:
    """A build, as it is logged and shown."""

    path: str
    outcome: Outcome
    entries: int = 0
    quarantined: tuple[str, ...] = ()


def build_due(
    press: Press, progress: Callable[[int, int], None] | None = None
) -> tuple[list[Built], list[Exception]]:
    """Build every feed that is due.

    Args:
        progress: Told (done, known) before each build.

    Returns:
        What was built, and the errors of feeds that could not be: one never blocks the others.
    """
    built: list[Built] = []
    errors: list[Exception] = []
    tried: set[int] = set()
    while waiting := [i for i in _due(press) if i not in tried]:
        for feed_id in waiting:
            tried.add(feed_id)
            if progress:
                progress(len(built), len(built) + len(waiting))
            try:
                built.append(build_feed(press, feed_id))
            except Exception as error:  # its due time has been pushed on
                log.exception("build_failed", feed_id=feed_id)
                errors.append(error)
            else:
                if built[-1].quarantined:  # feeds that were built before may show it still
                    tried.clear()
    return built, errors


def _due(press: Press) -> list[int]:
    with press.database.read() as tx:
        return feeds.due(tx, press.now())


def mark_all_due(press: Press, new_urn: Callable[[], str]) -> None:
    """Have every feed looked at: settings may have changed what it contains.

    The site's feed is made here when there is none, so that an empty newsroom has one too.
    """
    now = press.now()
    event_at = now.replace(microsecond=0)
    with press.database.write() as tx:
        feeds.ensure(tx, [SITE], now=event_at, new_urn=new_urn)
        ids = [feed.id for feed in feeds.all_feeds(tx)]
        feeds.mark_due(tx, ids, event_at=event_at, due_at=now)


def build_feed(press: Press, feed_id: int) -> Built:
    """Bring all documents of one feed up to date with the store.

    Raises:
        Exception: Whatever went wrong outside validation; the feed is due again in five minutes.
    """
    token, now = uuid.uuid4().hex, press.now()
    until = now + dt.timedelta(seconds=press.settings.worker.lease_seconds)
    with press.database.write() as tx:
        if not feeds.claim(tx, feed_id, now=now, until=until, token=token):
            return Built(feeds.get(tx, feed_id).path, Outcome.TAKEN)
    try:
        built = _build(press, feed_id, token)
    except Exception as error:
        _store_crash(press, feed_id, token, error)
        raise
    log.info("feed_built", feed=built.path, outcome=built.outcome, entries=built.entries)
    return built


def _build(press: Press, feed_id: int, token: str) -> Built:
    held: list[str] = []
    while True:
        with press.database.read() as tx:
            feed, channel, by_atom_id = read_channel(tx, feed_id, press.settings)
        digest = compose.digest(channel, RENDERER)
        if digest == feed.digest and not feed.unavailable and _is_complete(press, feed):
            return _give_back(press, feed, token, Outcome.UNCHANGED, held)
        now = latest_instant(press, feed)
        bodies, verdict = prove(channel, now)
        if not verdict.findings:
            swapped = _swap(press, feed, channel, bodies, verdict, token=token, digest=digest)
            outcome = Outcome.SWAPPED if swapped else Outcome.TAKEN
            return Built(feed.path, outcome, len(channel.entries), tuple(held))
        guilty = _at_fault(channel, verdict.findings, now)
        if not guilty:
            _store_failure(press, feed, verdict.findings)
            return _give_back(press, feed, token, Outcome.FAILED, held)
        for atom_id, findings in guilty.items():
            held.append(by_atom_id[atom_id].title)
            _quarantine(press, feed, by_atom_id[atom_id], findings)


def _is_complete(press: Press, feed: Feed) -> bool:
    """True when nothing of what a feed serves was lost."""
    with press.database.read() as tx:
        return len(documents.of_feed(tx, feed.id)) == len(Format)


def latest_instant(press: Press, feed: Feed) -> dt.datetime:
    """The instant after which a date in a feed lies in the future.

    Instants that share a second are told apart by fractions of it, which may be ahead of the
    clock; and a clock that was set back must not put what is public already into quarantine.
    """
    return max(press.now(), feed.event_at).replace(microsecond=999_999)


def read_channel(
    tx: Transaction, feed_id: int, settings: Settings
) -> tuple[Feed, Channel, dict[str, Article]]:
    """Compose what a feed should contain now; articles by Atom id beside it.

    An event that changed nothing leaves the channel's date where it was.
    """
    feed = feeds.get(tx, feed_id)
    limits = settings.feeds
    wanted = max(limits.window_entries, feeds.count_since(tx, feed_id, limits.window_hours))
    found = articles.load(tx, feeds.newest(tx, feed_id, wanted))
    since = feed.event_at - dt.timedelta(days=limits.tombstone_days)
    stones = feeds.tombstones(tx, feed_id, since=since, limit=limits.tombstones)
    channel = compose.compose(feed, found, stones, settings)
    if feed.content_changed_at and compose.digest(channel, RENDERER) == feed.digest:
        channel = replace(channel, updated_at=feed.content_changed_at)
    return feed, channel, {article.atom_id: article for article in found}


def prove(channel: Channel, now: dt.datetime) -> tuple[dict[Format, bytes], Verdict]:
    """Render a channel in every format and validate the result."""
    try:
        bodies = {fmt: render(channel) for fmt, render in RENDERERS.items()}
    except RenderError as error:
        finding = Finding("render", "the whole document", str(error), _REMEDY)
        return {}, Verdict((finding,), {})
    return bodies, validate(bodies, channel, now)


def _at_fault(
    channel: Channel, findings: Iterable[Finding], now: dt.datetime
) -> dict[str, list[Finding]]:
    """Return the findings of each entry at fault, by Atom id.

    Where no finding names an entry, each is tried in a document of its own.
    """
    guilty: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.atom_id is not None:
            guilty.setdefault(finding.atom_id, []).append(finding)
    if guilty or _is_broken(replace(channel, entries=()), now):
        return guilty
    for entry in channel.entries:
        _, verdict = prove(replace(channel, entries=(entry,)), now)
        if verdict.findings:
            place = f"the article “{entry.title[:60]}”"
            remedy = "Open the article, remove unusual characters or markup, and save it again."
            guilty[entry.atom_id] = [
                replace(finding, place=place, remedy=remedy, atom_id=entry.atom_id)
                if finding.atom_id is None
                else finding
                for finding in verdict.findings
            ]
    return guilty


def _is_broken(channel: Channel, now: dt.datetime) -> bool:
    return bool(prove(channel, now)[1].findings)


def _quarantine(press: Press, feed: Feed, article: Article, findings: list[Finding]) -> None:
    """Take an article out of every feed until it is mended."""
    now = press.now()
    with press.database.write() as tx:
        if articles.get(tx, article.id) != article:
            return  # it was changed meanwhile, and may be good now
        listed = feeds.listed_in(tx, article.id)
        articles.quarantine(tx, article.id, now)
        feeds.list_article(tx, article, ())
        records.add_problems(tx, findings, feed_id=feed.id, article_id=article.id, now=now)
        feeds.mark_due(tx, listed, event_at=now.replace(microsecond=0), due_at=now)
    rules = sorted({finding.rule for finding in findings})
    log.error("article_quarantined", article=article.id, title=article.title, rules=rules)


def _store_failure(press: Press, feed: Feed, findings: tuple[Finding, ...]) -> None:
    with press.database.write() as tx:
        records.add_problems(tx, findings, feed_id=feed.id, article_id=None, now=press.now())
    log.error("feed_failed", feed=feed.path, rules=sorted({f.rule for f in findings}))


def _give_back(press: Press, feed: Feed, token: str, outcome: Outcome, held: list[str]) -> Built:
    """End a build that swaps nothing in: the last good documents stay, if they may."""
    now = press.now()
    values: dict[str, object] = {"built_at": now}
    with press.database.write() as tx:
        served = documents.of_feed(tx, feed.id)
        if outcome is Outcome.FAILED:
            values["unavailable"] = not served or _shows_withdrawn(tx, served.values())
            values["build_due_at"] = now + _POSTPONED
        kept = feeds.release(tx, feed.id, token, seen_seq=feed.event_seq, values=values)
        if kept and outcome is not Outcome.FAILED:
            records.resolve_feed(tx, feed.id, now)
    entries = max((len(document.manifest) for document in served.values()), default=0)
    return Built(feed.path, outcome, entries, tuple(held))


def _store_crash(press: Press, feed_id: int, token: str, error: Exception) -> None:
    """Postpone a feed whose build crashed; what it serves stays, if it may."""
    with press.database.read() as tx:
        feed = feeds.get(tx, feed_id)
    kind = type(error).__name__
    finding = Finding("build", "the whole feed", f"its build stopped with {kind}", _REMEDY)
    _store_failure(press, feed, (finding,))
    _give_back(press, feed, token, Outcome.FAILED, [])


def _shows_withdrawn(tx: Transaction, served: Iterable[Document]) -> bool:
    """True when a document shows an article that is not public any more."""
    shown = {atom_id for document in served for atom_id, _ in document.manifest}
    return any(status is not Status.PUBLISHED for status in articles.statuses(tx, shown).values())


def _swap(  # noqa: PLR0913 -- all that a swap writes, named at the one call
    press: Press,
    feed: Feed,
    channel: Channel,
    bodies: Mapping[Format, bytes],
    verdict: Verdict,
    *,
    token: str,
    digest: str,
) -> bool:
    """Replace all documents of a feed at once; a builder that lost its lease changes nothing."""
    now = press.now()
    manifest = tuple((entry.atom_id, compose.entry_digest(entry)) for entry in channel.entries)
    values = {
        "built_at": now,
        "content_changed_at": channel.updated_at,
        "digest": digest,
        "unavailable": False,
    }
    with press.database.write() as tx:
        if not feeds.release(tx, feed.id, token, seen_seq=feed.event_seq, values=values):
            return False
        before = documents.of_feed(tx, feed.id)
        fresh = [
            make_document(feed.path, fmt, body, now=now, before=before.get(fmt))
            for fmt, body in bodies.items()
        ]
        checked = [
            replace(document, manifest=manifest, checks=verdict.checks[document.format])
            for document in fresh
        ]
        documents.swap(tx, feed.id, checked)
        records.resolve_feed(tx, feed.id, now)
    return True


def make_document(
    path: str, fmt: Format, body: bytes, *, now: dt.datetime, before: Document | None
) -> Document:
    """Return bytes with their validators.

    `Last-Modified` is the instant of the swap, in whole seconds; it never moves back, also when
    the clock does, and stays when the bytes do.
    """
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    modified = now.replace(microsecond=0)
    if before is not None:
        same = before.etag == etag
        modified = before.modified_at if same else max(modified, before.modified_at)
    return Document(path, fmt, body, etag, modified)
