"""Problems and rejections: what went wrong, kept until it is put right."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from feedsvc.model import Finding, Format, Problem, Rejection
from feedsvc.store import tables as t
from feedsvc.store.database import Transaction
from feedsvc.store.feeds import PATH


def add_problems(
    tx: Transaction,
    findings: Iterable[Finding],
    *,
    feed_id: int,
    article_id: int | None,
    now: dt.datetime,
) -> None:
    """Store findings that kept something from being served; an open one is not doubled."""
    for finding in findings:
        c = t.problem.c
        same = sa.select(c.id).where(
            c.resolved_at.is_(None),
            c.rule == finding.rule,
            c.article_id == article_id if article_id else c.feed_id == feed_id,
        )
        if tx.execute(same.limit(1)).first():
            continue
        row = {
            "rule": finding.rule,
            "message": f"{finding.place}: {finding.message}",
            "remedy": finding.remedy,
            "format": finding.format.value if finding.format else None,
            "feed_id": feed_id,
            "article_id": article_id,
            "found_at": now,
        }
        tx.execute(sa.insert(t.problem), row)


def resolve_article(tx: Transaction, article_id: int, now: dt.datetime) -> None:
    """Close the problems of an article that was mended or withdrawn."""
    c = t.problem.c
    tx.execute(
        sa.update(t.problem)
        .where(c.article_id == article_id, c.resolved_at.is_(None))
        .values(resolved_at=now)
    )


def resolve_feed(tx: Transaction, feed_id: int, now: dt.datetime) -> None:
    """Close the problems of a feed as a whole; those of single articles stay open."""
    c = t.problem.c
    tx.execute(
        sa.update(t.problem)
        .where(c.feed_id == feed_id, c.article_id.is_(None), c.resolved_at.is_(None))
        .values(resolved_at=now)
    )


def open_problems(tx: Transaction) -> list[Problem]:
    """Return the problems that are open, oldest first."""
    query = (
        sa.select(t.problem, t.article.c.title, PATH)
        .outerjoin(t.article, t.article.c.id == t.problem.c.article_id)
        .outerjoin(t.feed, t.feed.c.id == t.problem.c.feed_id)
        .outerjoin(t.term, t.term.c.id == t.feed.c.term_id)
        .where(t.problem.c.resolved_at.is_(None))
        .order_by(t.problem.c.found_at, t.problem.c.id)
    )
    return [_problem(row) for row in tx.execute(query)]


def _problem(row: Any) -> Problem:
    return Problem(
        id=row.id,
        rule=row.rule,
        message=row.message,
        remedy=row.remedy,
        found_at=row.found_at,
        feed_path=row.path,
        article_id=row.article_id,
        article_title=row.title,
        format=Format(row.format) if row.format else None,
    )


def save_rejection(tx: Transaction, rejection: Rejection) -> None:
    """Keep a refused submission; it closes earlier ones from the same path, which stay stored."""
    c = t.rejection.c
    resolve_rejection(tx, rejection.source, rejection.path, rejection.rejected_at)
    row = {
        "source": rejection.source,
        "path": rejection.path,
        "digest": hashlib.sha256(rejection.raw).hexdigest(),
        "field": rejection.field,
        "reason": rejection.reason,
        "line": rejection.line,
        "raw": rejection.raw,
        "rejected_at": rejection.rejected_at,
    }
    same = sa.delete(t.rejection).where(
        c.source == rejection.source, c.path == rejection.path, c.digest == row["digest"]
    )
    tx.execute(same)
    tx.execute(sa.insert(t.rejection), row)


def rejected_paths(tx: Transaction) -> set[tuple[str, str]]:
    """Return (source, path) of all that stands refused."""
    c = t.rejection.c
    query = sa.select(c.source, c.path).where(c.resolved_at.is_(None))
    return {(row.source, row.path) for row in tx.execute(query)}


def resolve_rejection(tx: Transaction, source: str, path: str, now: dt.datetime | None) -> None:
    """Close a rejection: the same path was accepted since."""
    tx.execute(_RESOLVE_REJECTION, {"of_source": source, "of_path": path, "resolved_at": now})


_RESOLVE_REJECTION = (
    sa.update(t.rejection)
    .where(
        t.rejection.c.source == sa.bindparam("of_source"),
        t.rejection.c.path == sa.bindparam("of_path"),
        t.rejection.c.resolved_at.is_(None),
    )
    .values(resolved_at=sa.bindparam("resolved_at"))
)


def rejections(tx: Transaction, *, resolved: bool = False) -> list[Rejection]:
    """Return what was refused and still is, or what has been put right; oldest first."""
    c = t.rejection.c
    condition = c.resolved_at.is_not(None) if resolved else c.resolved_at.is_(None)
    query = sa.select(t.rejection).where(condition).order_by(c.rejected_at, c.id)
    return [_rejection(row) for row in tx.execute(query)]


def _rejection(row: Any) -> Rejection:
    return Rejection(
        id=row.id,
        source=row.source,
        path=row.path,
        field=row.field,
        reason=row.reason,
        line=row.line,
        raw=row.raw,
        rejected_at=row.rejected_at,
        resolved_at=row.resolved_at,
    )
