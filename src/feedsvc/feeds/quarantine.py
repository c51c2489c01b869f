"""Prove a reading, and take out of all feeds what fails; the rest goes on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import structlog

from feedsvc.feeds.press import Press, Reading, latest_instant
from feedsvc.feeds.proof import Proof, prove, prove_whole
from feedsvc.model import Article, Feed, Finding, Status
from feedsvc.store import archives, articles, builds, feeds, proofs, records
from feedsvc.store.database import Transaction

log = structlog.get_logger()


def prove_reading(press: Press, reading: Reading) -> Proof:
    """Prove a reading; what seems wrong is made from nothing before anything is blamed for it."""
    now = latest_instant(press, reading.feed)
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


def quarantine(press: Press, feed: Feed, article: Article, findings: Sequence[Finding]) -> None:
    """Take an article out of every feed until it is mended."""
    now = press.now()
    with press.database.write() as tx:
        if articles.get(tx, article.id) != article:
            return  # it was changed meanwhile, and may be good now
        listed = feeds.listed_in(tx, article.id)
        articles.quarantine(tx, article.id, now)
        feeds.list_article(tx, article, ())
        records.add_problems(tx, findings, feed_id=feed.id, article_id=article.id, now=now)
        if article.published_at is not None:
            archives.mark(tx, ((one, article.published_at) for one in listed), now=now)
        builds.mark_due(tx, listed, event_at=now.replace(microsecond=0), due_at=now)
    rules = sorted({finding.rule for finding in findings})
    log.error("article_quarantined", article=article.id, title=article.title, rules=rules)


def store_failure(press: Press, feed: Feed, findings: Sequence[Finding]) -> None:
    """Remember what keeps a feed from being built, though no article is at fault."""
    with press.database.write() as tx:
        records.add_problems(tx, findings, feed_id=feed.id, article_id=None, now=press.now())
    log.error("feed_failed", feed=feed.path, rules=sorted({f.rule for f in findings}))


def shows_withdrawn(tx: Transaction, shown: Iterable[str]) -> bool:
    """True when one of these Atom ids is that of an article that is not public any more."""
    found = articles.statuses(tx, shown)
    return any(status is not Status.PUBLISHED for status in found.values())
