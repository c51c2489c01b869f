"""What search engines are told of: every public page, and when it last changed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from feedsvc.model import Kind, Status, Term
from feedsvc.store import tables as t
from feedsvc.store.database import Transaction

_article = t.article.c
_IS_PUBLISHED = _article.status == Status.PUBLISHED.value


@dataclass(frozen=True, slots=True)
class Listed:
    """A public article, as lists of addresses need it."""

    permalink: str
    title: str
    published_at: dt.datetime
    updated_at: dt.datetime


_LISTED = sa.select(
    _article.permalink, _article.title, _article.published_at, _article.updated_at
).where(_IS_PUBLISHED)


def count(tx: Transaction) -> int:
    """Return how many articles are public."""
    return tx.execute(sa.select(sa.func.count(_article.id)).where(_IS_PUBLISHED)).scalar_one()


def articles(tx: Transaction, *, offset: int, limit: int) -> list[Listed]:
    """Return public articles in the order in which they came in."""
    query = _LISTED.order_by(_article.id).offset(offset).limit(limit)
    return [Listed(*row) for row in tx.execute(query)]


def recent(tx: Transaction, since: dt.datetime, limit: int) -> list[Listed]:
    """Return the articles published from an instant on, newest first."""
    query = _LISTED.where(_article.published_at >= since)
    newest_first = query.order_by(_article.published_at.desc(), _article.id.desc())
    return [Listed(*row) for row in tx.execute(newest_first.limit(limit))]


def terms(tx: Transaction) -> list[Term]:
    """Return the terms that a public article is filed under, by kind and slug."""
    link = t.article_term.c
    # Found once for all: asked term by term, the articles are gone through for each.
    filed = sa.select(link.term_id).join(t.article, _article.id == link.article_id)
    is_public = t.term.c.id.in_(filed.where(_IS_PUBLISHED))
    query = sa.select(t.term).where(t.term.c.slug.is_not(None), is_public)
    rows = tx.execute(query.order_by(t.term.c.kind, t.term.c.slug))
    return [Term(Kind(row.kind), row.name, row.slug, row.id) for row in rows]
