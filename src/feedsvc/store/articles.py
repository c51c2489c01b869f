"""Articles: read whole, written whole. Only `intake.change` writes them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import sqlalchemy as sa

from feedsvc.errors import NotFoundError
from feedsvc.model import (
    Article,
    Attribution,
    Correction,
    Credit,
    FeedKey,
    Kind,
    Media,
    Status,
    Term,
)
from feedsvc.store import resources
from feedsvc.store import tables as t
from feedsvc.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Origin:
    """What was last accepted from a path.

    Attributes:
        date: The date that it gave, as text; None when it gave none.
        fingerprint: Of the title, day and byline that it gave.
    """

    article_id: int
    digest: str
    date: str | None = None
    fingerprint: str | None = None


_PLAIN = (
    "guid",
    "atom_id",
    "title",
    "content_html",
    "summary_text",
    "language",
    "slug",
    "permalink",
    "published_at",
    "updated_at",
    "release_at",
    "withdrawn_at",
    "quarantined_at",
    "replaced_by",
    "hold",
)
_OF_MEDIA = tuple(field.name for field in fields(Media))


def get(tx: Transaction, article_id: int) -> Article:
    """Return one article.

    Raises:
        NotFoundError: There is none with that id.
    """
    found = load(tx, [article_id])
    if not found:
        raise NotFoundError(f"there is no article {article_id}; `feedsvc article list` shows all")
    return found[0]


def load(tx: Transaction, ids: Sequence[int]) -> list[Article]:
    """Return the articles with these ids, in this order; unknown ids are left out."""
    rows = {row.id: row for row in tx.execute(_ARTICLES, {"ids": list(ids)})}
    terms = _terms_of(tx, rows)
    media = _media_of(tx, rows)
    notes = _corrections_of(tx, rows)
    named = _attributions_of(tx, rows)
    files = resources.of_articles(tx, rows)
    return [
        replace(
            _article(rows[i], terms[i]),
            media=tuple(media[i]),
            corrections=tuple(notes[i]),
            attribution=named.get(i),
            files=tuple(files.get(i, ())),
        )
        for i in dict.fromkeys(ids)
        if i in rows
    ]


def _article(row: Any, terms: list[tuple[Term, str | None]]) -> Article:
    def of(kind: Kind) -> tuple[Term, ...]:
        return tuple(term for term, _ in terms if term.kind is kind)

    return Article(
        id=row.id,
        status=Status(row.status),
        byline=tuple(Credit(term, role) for term, role in terms if term.kind is Kind.AUTHOR),
        sections=of(Kind.SECTION),
        edition=next(iter(of(Kind.EDITION)), None),
        tags=of(Kind.TAG),
        **{name: getattr(row, name) for name in _PLAIN},
    )


def _terms_of(tx: Transaction, ids: Iterable[int]) -> dict[int, list[tuple[Term, str | None]]]:
    found: dict[int, list[tuple[Term, str | None]]] = defaultdict(list)
    for row in tx.execute(_TERMS, {"ids": list(ids)}):
        # A term without a slug is not public yet: each article still has its own spelling.
        name = row.name if row.slug else row.spelling
        term = Term(Kind(row.kind), name, row.slug, row.term_id)
        found[row.article_id].append((term, row.role))
    return found


def _media_of(tx: Transaction, ids: Iterable[int]) -> dict[int, list[Media]]:
    found: dict[int, list[Media]] = defaultdict(list)
    for row in tx.execute(_MEDIA, {"ids": list(ids)}):
        found[row.article_id].append(Media(**{name: getattr(row, name) for name in _OF_MEDIA}))
    return found


def _corrections_of(tx: Transaction, ids: Iterable[int]) -> dict[int, list[Correction]]:
    found: dict[int, list[Correction]] = defaultdict(list)
    for row in tx.execute(_CORRECTIONS, {"ids": list(ids)}):
        found[row.article_id].append(Correction(row.at, row.note))
    return found


def _attributions_of(tx: Transaction, ids: Iterable[int]) -> dict[int, Attribution]:
    return {
        row.article_id: Attribution(row.url, row.title, row.feed_url, row.rights)
        for row in tx.execute(_ATTRIBUTIONS, {"ids": list(ids)})
    }


def save(tx: Transaction, article: Article, before: Article | None, **extra: Any) -> int:
    """Write an article whole and return its id.

    Args:
        before: What is stored now; None when it is new. Parts that are equal are not written.
        extra: Further columns: `guid_source`, `fingerprint`.
    """
    row = {name: getattr(article, name) for name in _PLAIN}
    row |= {"status": article.status.value, **extra}
    if before is None:
        article_id = tx.execute(_INSERT, row).scalar_one()
    else:
        article_id = before.id
        tx.execute(sa.update(t.article).where(t.article.c.id == article_id), row)
    _save_terms(tx, article_id, article, before)
    _save_media(tx, article_id, article, before)
    _save_attribution(tx, article_id, article, before)
    known = before.corrections if before else ()
    for note in article.corrections[len(known) :]:
        tx.execute(
            sa.insert(t.correction), {"article_id": article_id, "at": note.at, "note": note.note}
        )
    return int(article_id)


def _save_terms(tx: Transaction, article_id: int, article: Article, before: Article | None) -> None:
    rows = _term_rows(article)
    if before is not None:
        if rows == _term_rows(before):
            return
        tx.execute(sa.delete(t.article_term).where(t.article_term.c.article_id == article_id))
    if rows:
        tx.execute(_INSERT_TERMS, [{"article_id": article_id, **row} for row in rows])


def _term_rows(article: Article) -> list[dict[str, Any]]:
    roles = {credit.author.id: credit.role for credit in article.byline}
    return [
        {
            "term_id": term.id,
            "position": position,
            "role": roles.get(term.id),
            "spelling": term.name,
        }
        for position, term in enumerate(article.terms)
    ]


def _save_media(tx: Transaction, article_id: int, article: Article, before: Article | None) -> None:
    if before is not None:
        if article.media == before.media:
            return
        tx.execute(sa.delete(t.media).where(t.media.c.article_id == article_id))
    if article.media:
        rows = [
            {
                "article_id": article_id,
                "position": position,
                **{name: getattr(item, name) for name in _OF_MEDIA},
            }
            for position, item in enumerate(article.media)
        ]
        tx.execute(_INSERT_MEDIA, rows)


def _save_attribution(
    tx: Transaction, article_id: int, article: Article, before: Article | None
) -> None:
    if before is not None:
        if article.attribution == before.attribution:
            return
        of_article = t.attribution.c.article_id == article_id
        tx.execute(sa.delete(t.attribution).where(of_article))
    if article.attribution:
        row = {"article_id": article_id, **asdict(article.attribution)}
        tx.execute(sa.insert(t.attribution), row)


# Statements that every build or import asks: made once, because making them costs more than
# asking.
_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
_ARTICLES = sa.select(t.article).where(t.article.c.id.in_(_IDS))
_TERMS = (
    sa.select(t.article_term, t.term.c.kind, t.term.c.name, t.term.c.slug)
    .join(t.term, t.term.c.id == t.article_term.c.term_id)
    .where(t.article_term.c.article_id.in_(_IDS))
    .order_by(t.article_term.c.position)
)
_MEDIA = (
    sa.select(t.media)
    .where(t.media.c.article_id.in_(_IDS))
    .order_by(t.media.c.article_id, t.media.c.position)
)
_ATTRIBUTIONS = sa.select(t.attribution).where(t.attribution.c.article_id.in_(_IDS))
_CORRECTIONS = (
    sa.select(t.correction)
    .where(t.correction.c.article_id.in_(_IDS))
    .order_by(t.correction.c.at, t.correction.c.id)
)
_INSERT = sa.insert(t.article).returning(t.article.c.id)
_INSERT_TERMS = sa.insert(t.article_term)
_INSERT_MEDIA = sa.insert(t.media)
_INSERT_ORIGIN = sa.insert(t.origin)
_INSERT_PERMALINK = sa.insert(t.permalink)
_ORIGIN = sa.select(t.origin).where(
    t.origin.c.source == sa.bindparam("source"), t.origin.c.path == sa.bindparam("path")
)
_FINGERPRINT = sa.select(
    sa.func.coalesce(
        *(
            sa.select(sa.func.min(owner))
            .where(table.c.fingerprint == sa.bindparam("fingerprint"))
            .scalar_subquery()
            for table, owner in ((t.article, t.article.c.id), (t.origin, t.origin.c.article_id))
        )
    )
)
_BY_GUID = sa.select(t.article.c.id, t.article.c.guid_source).where(
    sa.or_(t.article.c.guid == sa.bindparam("guid"), t.article.c.atom_id == sa.bindparam("guid"))
)
_PERMALINKS = sa.select(t.permalink).where(
    t.permalink.c.path >= sa.bindparam("first"), t.permalink.c.path < sa.bindparam("last")
)
_PUBLISHED_BETWEEN = (
    sa.select(sa.func.count())
    .select_from(t.article)
    .where(
        t.article.c.published_at >= sa.bindparam("start", type_=t.Instant),
        t.article.c.published_at < sa.bindparam("end", type_=t.Instant),
    )
)
_LATEST = {
    name: sa.select(sa.func.max(t.article.c[name])).where(
        t.article.c[name] >= sa.bindparam("start", type_=t.Instant),
        t.article.c[name] < sa.bindparam("end", type_=t.Instant),
    )
    for name in ("published_at", "updated_at")
}


def by_guid(tx: Transaction, guid: str) -> tuple[int, str] | None:
    """Return (article id, source that may speak for it), or None."""
    row = tx.execute(_BY_GUID, {"guid": guid}).first()
    return (row.id, row.guid_source) if row else None


def by_fingerprint(tx: Transaction, fingerprint: str) -> int | None:
    """Return the oldest article that has, or had when it came in, this title, day and byline."""
    found: int | None = tx.execute(_FINGERPRINT, {"fingerprint": fingerprint}).scalar()
    return found


def save_fingerprint(tx: Transaction, article_id: int, fingerprint: str | None) -> None:
    """Write an article's fingerprint alone."""
    of_article = t.article.c.id == article_id
    tx.execute(sa.update(t.article).where(of_article).values(fingerprint=fingerprint))


def by_permalink(tx: Transaction, path: str) -> Article | None:
    """Return the article that has or once had this permalink."""
    article_id = tx.execute(
        sa.select(t.permalink.c.article_id).where(t.permalink.c.path == path)
    ).scalar()
    return None if article_id is None else get(tx, article_id)


def origin(tx: Transaction, source: str, path: str) -> Origin | None:
    """Return what was last accepted from a path."""
    row = tx.execute(_ORIGIN, {"source": source, "path": path}).first()
    return Origin(row.article_id, row.digest, row.date, row.fingerprint) if row else None


def save_origin(tx: Transaction, source: str, path: str, origin: Origin, *, is_new: bool) -> None:
    """Remember that a path stands for an article, and what it said."""
    key = {"source": source, "path": path}
    values = {name: getattr(origin, name) for name in Origin.__slots__}
    if is_new:
        tx.execute(_INSERT_ORIGIN, {**key, **values})
    else:
        tx.execute(sa.update(t.origin).filter_by(**key), values)


def give_permalink(tx: Transaction, path: str, article_id: int) -> None:
    """Give a path to an article for good."""
    tx.execute(_INSERT_PERMALINK, {"path": path, "article_id": article_id})


def permalinks_like(tx: Transaction, path: str) -> dict[str, int]:
    """Return the permalinks that begin with `path`, each with the article it leads to."""
    rows = tx.execute(_PERMALINKS, {"first": path, "last": path + t.LAST_CHARACTER})
    return {row.path: row.article_id for row in rows}


def latest_between(
    tx: Transaction, column: str, start: dt.datetime, end: dt.datetime
) -> dt.datetime | None:
    """Return the latest `published_at` or `updated_at` in a half-open range."""
    return tx.execute(_LATEST[column], {"start": start, "end": end}).scalar()


def published_between(tx: Transaction, start: dt.datetime, end: dt.datetime) -> int:
    """Return how many articles were published in a half-open range."""
    return int(tx.execute(_PUBLISHED_BETWEEN, {"start": start, "end": end}).scalar_one())


def due_for_release(tx: Transaction, now: dt.datetime) -> list[int]:
    """Return the ids of scheduled articles whose time has come, earliest first."""
    query = (
        sa.select(t.article.c.id)
        .where(t.article.c.status == Status.SCHEDULED, t.article.c.release_at <= now)
        .order_by(t.article.c.release_at, t.article.c.id)
    )
    return list(tx.execute(query).scalars())


def listing(
    tx: Transaction, *, status: Status | None = None, term_id: int | None = None, limit: int = 50
) -> list[Article]:
    """Return articles for a person to look through: newest first, undated ones at the top."""
    query = sa.select(t.article.c.id)
    if status:
        query = query.where(t.article.c.status == status)
    if term_id:
        query = query.join(t.article_term, t.article_term.c.article_id == t.article.c.id).where(
            t.article_term.c.term_id == term_id
        )
    when = sa.func.coalesce(t.article.c.published_at, t.article.c.release_at)
    query = query.order_by(when.desc().nulls_first(), t.article.c.id.desc()).limit(limit)
    return load(tx, list(tx.execute(query).scalars()))


def quarantine(tx: Transaction, article_id: int, now: dt.datetime) -> None:
    """Hold an article out of feeds until it is mended."""
    tx.execute(sa.update(t.article).where(t.article.c.id == article_id).values(quarantined_at=now))


def statuses(tx: Transaction, atom_ids: Iterable[str]) -> dict[str, Status]:
    """Return the status of each of these articles, by Atom id."""
    query = sa.select(t.article.c.atom_id, t.article.c.status).where(
        t.article.c.atom_id.in_(list(atom_ids))
    )
    return {row.atom_id: Status(row.status) for row in tx.execute(query)}


def public(tx: Transaction, key: FeedKey, *, offset: int, limit: int) -> list[int]:
    """Return the ids of the site's or a term's public articles, newest first."""
    query = sa.select(t.article.c.id).where(t.article.c.status == Status.PUBLISHED)
    if key.term_id:
        query = query.join(t.article_term, t.article_term.c.article_id == t.article.c.id).where(
            t.article_term.c.term_id == key.term_id
        )
    query = query.order_by(t.article.c.published_at.desc(), t.article.c.id.desc())
    return list(tx.execute(query.offset(offset).limit(limit)).scalars())
