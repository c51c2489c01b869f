"""Check documents that are served already, or that are somebody else's."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from feedsvc.feeds import readback
from feedsvc.feeds.archive import read_page
from feedsvc.feeds.press import Press, Reading, latest_instant, read
from feedsvc.feeds.rulebook import RULES, check, parse
from feedsvc.feeds.validate import unreadable, validate
from feedsvc.model import Document, Feed, Finding, Format
from feedsvc.store import archive_documents, archives, documents, feeds
from feedsvc.store.database import Transaction

# Taken one by one: as one pattern they could be matched in endless ways.
_BEFORE_ROOT = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->|<![^>]*>", re.DOTALL)
_ROOT = re.compile(rb"<(?:\w+:)?(\w+)")


@dataclass(frozen=True, slots=True)
class Report:
    """What a check of one document came to.

    Attributes:
        where: The document's path, file name or URL.
        checks: How many checks it went through.
    """

    where: str
    findings: tuple[Finding, ...]
    checks: int


def check_stored(
    press: Press,
    *,
    path: str = "",
    fmt: Format | None = None,
    progress: Callable[[int, int], None] = lambda _done, _known: None,
) -> list[Report]:
    """Prove stored documents from nothing against the store.

    Args:
        path: Only this feed.
        fmt: Only this format.
        progress: Told how many feeds are done and known, before each and at the end.
    """
    with press.database.read() as tx:
        chosen = [feed for feed in feeds.all_feeds(tx) if path in {"", feed.path}]
    reports = []
    for done, feed in enumerate(chosen):
        progress(done, len(chosen))
        with press.database.read() as tx:
            reports += _check_feed(press, tx, feed)
    progress(len(chosen), len(chosen))
    return [report for report in reports if fmt is None or report.where.endswith(f".{fmt}")]


def _check_feed(press: Press, tx: Transaction, feed: Feed) -> list[Report]:
    reading = read(tx, press, feed.id)
    feed, served = reading.feed, documents.of_feed(tx, feed.id)
    reports = _check_documents(press, reading, served, (feed.digest, feed.build_due_at))
    for page in archives.of_feed(tx, feed.id):
        reading = read_page(tx, press, page)
        served = archive_documents.of_page(tx, page, reading.channel.path)
        reports += _check_documents(press, reading, served, (page.digest, page.due_at))
    return reports


def _check_documents(
    press: Press,
    reading: Reading,
    served: dict[Format, Document],
    state: tuple[str | None, dt.datetime | None],
) -> list[Report]:
    path, (digest, due_at) = reading.channel.path, state
    if len(served) < len(Format) or reading.digest != digest:
        due = f"due since {due_at:%Y-%m-%d %H:%M} UTC" if due_at else "not due"
        finding = Finding(
            rule="stale",
            place="the whole document",
            message=f"does not show the present state of the store ({due})",
            remedy="`feedsvc build` brings it up to date; --settings takes in changed settings.",
        )
        return [Report(f"{path}.{fmt}", (finding,), 1) for fmt in Format]
    bodies = {fmt: served[fmt].body for fmt in Format}
    verdict = validate(bodies, reading.channel, latest_instant(press, reading.feed))
    return [
        Report(
            f"{path}.{fmt}",
            tuple(finding for finding in verdict.findings if finding.format in {None, fmt}),
            verdict.checks[fmt],
        )
        for fmt in bodies
    ]


def check_outside(body: bytes, where: str, now: dt.datetime) -> Report:
    """Check a document that may be anybody's, with every rule that needs no channel."""
    fmt = guess_format(body)
    if fmt is None:
        finding = Finding(
            rule="format",
            place="the first element",
            message="is neither RSS, Atom nor JSON Feed",
            remedy="Check the address: it may lead to a web page instead of a feed.",
        )
        return Report(where, (finding,), 1)
    subject = parse(fmt, body, now=now)
    findings = check(subject)
    if subject.flaw is None:
        try:
            readback.read(fmt, body)
        except ValueError as error:
            findings.append(unreadable(fmt, error))
    asked = sum(1 for rule in RULES if fmt in rule.formats)
    return Report(where, tuple(findings), asked + 1)


def guess_format(body: bytes) -> Format | None:
    """Tell a document's format from how it begins; None when it is no feed."""
    text = body.removeprefix(b"\xef\xbb\xbf")
    if text.lstrip()[:1] in {b"{", b"["}:
        return Format.JSON
    start = 0
    while before := _BEFORE_ROOT.match(text, start):
        start = before.end()
    root = _ROOT.match(text, start)
    names = {b"rss": Format.RSS, b"RDF": Format.RSS, b"feed": Format.ATOM}
    return names.get(root[1]) if root else None
