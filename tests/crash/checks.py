"""What must be true of a store, and of the logs beside it, whatever was killed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Iterable

import sqlalchemy as sa

from feedsvc.feeds import pack
from feedsvc.feeds.inspect import check_stored
from feedsvc.model import Article, Format, Status
from feedsvc.services import Services
from feedsvc.store import archives, articles, documents, feeds, variants
from feedsvc.store import tables as t
from feedsvc.store.database import Database
from tests.crash.ledger import Ledger, Piece


def has_nothing_due(database: Database) -> bool:
    """True when everything is released and built that was to be."""
    feed = t.feed.c
    now = dt.datetime.now(dt.UTC)
    waiting = sa.or_(
        feed.build_due_at.is_not(None), feed.lease_until > now, feed.read_back_due_at.is_not(None)
    )
    if not is_in_time(database):
        return False
    with database.read() as tx:
        if archives.count_due(tx):
            return False
        return tx.execute(sa.select(feed.id).where(waiting).limit(1)).first() is None


def is_in_time(database: Database) -> bool:
    """False when an article waits whose time has come."""
    with database.read() as tx:
        return not articles.due_for_release(tx, dt.datetime.now(dt.UTC))


def is_anything_scheduled(database: Database) -> bool:
    """True while articles wait for their time."""
    with database.read() as tx:
        return bool(articles.listing(tx, status=Status.SCHEDULED, limit=1))


def what_is_due(database: Database) -> list[object]:
    """Return the feeds that wait, for a message."""
    with database.read() as tx:
        columns = ("id", "build_due_at", "lease_until", "lease_token", "attempts")
        return [tuple(row) for row in tx.execute(sa.select(*(t.feed.c[name] for name in columns)))]


def events(database: Database) -> int:
    """Return how much has happened to feeds: it is another number after every event."""
    with database.read() as tx:
        return int(tx.execute(sa.select(sa.func.sum(t.feed.c.event_seq))).scalar_one())


def wrong_documents(services: Services) -> list[str]:
    """Return what is wrong with what is served, when nothing is due any more."""
    found = [
        f"{report.where}: {finding.rule}: {finding.message}"
        for report in check_stored(services.press)
        for finding in report.findings
    ]
    with services.database.read() as tx:
        for feed in feeds.all_feeds(tx):
            served = documents.of_feed(tx, feed.id)
            if set(served) != set(Format):
                found.append(f"{feed.path} is served as {sorted(served)} only")
            for document in served.values():
                digest = hashlib.sha256(document.body).hexdigest()
                if not digest.startswith(document.etag.strip('"')):
                    found.append(f"{feed.path}.{document.format} has the ETag of other bytes")
                packed = variants.of_document(tx, feed.id, document.format)
                if {pack.unpacked(one) for one in packed} != {document.body}:
                    found.append(f"{feed.path}.{document.format} is another when compressed")
    return found


def wrong_articles(database: Database, ledger: Ledger) -> list[str]:
    """Return every acknowledged article that the store has lost or has otherwise."""
    stored = _stored(database)
    now = dt.datetime.now(dt.UTC)
    found = [f"{stored[i].title} was never brought" for i in stored.keys() - ledger.pieces.keys()]
    for piece in ledger.pieces.values():
        article = stored.get(piece.id)
        if article is None:
            found.append(f"{piece} is lost")
        elif not piece.is_met_by(article, now):
            found.append(f"{piece} is {article.status}: {article.title}")
        elif _is_early(piece, article):
            found.append(f"{piece} was released at {article.published_at}")
    return found


def _stored(database: Database) -> dict[int, Article]:
    with database.read() as tx:
        ids = list(tx.execute(sa.select(t.article.c.id)).scalars())
        return {article.id: article for article in articles.load(tx, ids)}


def _is_early(piece: Piece, article: Article) -> bool:
    released = article.published_at
    return bool(released and piece.embargo and released < piece.embargo)


def wrong_releases(lines: Iterable[str]) -> list[str]:
    """Return the articles that were released more than once, by the lines of all logs."""
    counts = Counter(line["article"] for line in _events(lines, "article_released"))
    return [f"article {number} was released twice" for number, n in counts.items() if n > 1]


def _events(lines: Iterable[str], event: str) -> list[dict[str, object]]:
    found = [json.loads(line) for line in lines if line.startswith("{") and f'"{event}"' in line]
    return [line for line in found if line["event"] == event]


def statuses(database: Database) -> list[str]:
    """Return the status of every article."""
    with database.read() as tx:
        return list(tx.execute(sa.select(t.article.c.status)).scalars())


def instants_of_release(database: Database) -> dict[int, dt.datetime]:
    """Return when each public or withdrawn article was released."""
    with database.read() as tx:
        query = sa.select(t.article.c.id, t.article.c.published_at)
        return {row.id: row.published_at for row in tx.execute(query) if row.published_at}


def wrong_window(services: Services, ledger: Ledger) -> list[str]:
    """Return how the feed of the whole site differs from the newest that were acknowledged."""
    released = instants_of_release(services.database)
    public = [p for p in ledger.pieces.values() if p.id in released]
    public = [p for p in public if p.status is not Status.WITHDRAWN]
    public.sort(key=lambda piece: (released[piece.id], piece.id), reverse=True)
    newest = {piece.atom_id for piece in public[: services.settings.feeds.window_entries]}
    with services.database.read() as tx:
        all_of_site = next(feed for feed in feeds.all_feeds(tx) if feed.path == "all")
        served = documents.of_feed(tx, all_of_site.id)
    shown = {fmt: {atom_id for atom_id, _ in served[fmt].manifest} for fmt in served}
    return [
        f"all.{fmt} lacks {sorted(newest - ids)} and has {sorted(ids - newest)}"
        for fmt, ids in shown.items()
        if ids != newest
    ]
