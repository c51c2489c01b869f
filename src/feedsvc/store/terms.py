"""Sections, authors, editions and tags: one table, because they differ in nothing but kind."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass

import sqlalchemy as sa

from feedsvc.model import Kind, Term
from feedsvc.store import serving
from feedsvc.store import tables as t
from feedsvc.store.database import Transaction


@dataclass(frozen=True, slots=True)
class TermCount:
    """A term and how many articles name it."""

    term: Term
    public: int
    total: int


def fold(name: str) -> str:
    """Reduce a name to what makes it the same: "JERRY  Zhang" and "Jerry Zhang" are one."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def resolve(tx: Transaction, kind: Kind, name: str) -> Term:
    """Return the term that goes by this name, made now if there is none.

    As long as it is not public it carries the spelling asked for, not the stored one. One that
    was removed is back in the house, and before readers with its next public article.
    """
    found = by_name(tx, kind, name)
    if found is not None and found.slug:
        return found
    if found is not None:
        tx.execute(sa.update(t.term).where(t.term.c.id == found.id).values(removed_at=None))
        return Term(kind, name, None, found.id)
    term_id = tx.execute(_INSERT, {"kind": kind.value, "name": name}).scalar_one()
    add_name(tx, Term(kind, name, None, term_id), name)
    return Term(kind, name, None, term_id)


# Statements that an import asks for every new term: made once.
_INSERT = sa.insert(t.term).returning(t.term.c.id)
_INSERT_NAME = sa.insert(t.term_name)
_INSERT_SLUG = sa.insert(t.term_slug)
_SAVE = sa.update(t.term).where(t.term.c.id == sa.bindparam("of_id"))
_LEAD = sa.update(t.term_name).where(
    t.term_name.c.kind == sa.bindparam("of_kind"), t.term_name.c.folded == sa.bindparam("of_folded")
)
_BY_SLUG = (
    sa.select(t.term)
    .join(t.term_slug, t.term_slug.c.term_id == t.term.c.id)
    .where(
        t.term_slug.c.kind == sa.bindparam("of_kind"), t.term_slug.c.slug == sa.bindparam("of_slug")
    )
)
_SLUGS = sa.select(t.term_slug.c.slug, t.term_slug.c.term_id).where(
    t.term_slug.c.kind == sa.bindparam("of_kind"),
    t.term_slug.c.slug >= sa.bindparam("first"),
    t.term_slug.c.slug < sa.bindparam("last"),
)
_BY_NAME = (
    sa.select(t.term)
    .join(t.term_name, t.term_name.c.term_id == t.term.c.id)
    .where(
        t.term_name.c.kind == sa.bindparam("of_kind"),
        t.term_name.c.folded == sa.bindparam("folded"),
    )
)


def by_name(tx: Transaction, kind: Kind, name: str) -> Term | None:
    """Return the term that goes or went by this name, whatever its spelling, also a removed one."""
    row = tx.execute(_BY_NAME, {"of_kind": kind.value, "folded": fold(name)}).first()
    return Term(kind, row.name, row.slug, row.id) if row else None


def by_slug(tx: Transaction, kind: Kind, slug: str) -> Term | None:
    """Return the term that has or once had this slug; without a slug now, it was removed."""
    row = tx.execute(_BY_SLUG, {"of_kind": kind.value, "of_slug": slug}).first()
    return Term(kind, row.name, row.slug, row.id) if row else None


def slugs_like(tx: Transaction, kind: Kind, slug: str) -> dict[str, int]:
    """Return the slugs of a kind that begin with `slug`, each with the term it leads to."""
    span = {"of_kind": kind.value, "first": slug, "last": slug + t.LAST_CHARACTER}
    return {row.slug: row.term_id for row in tx.execute(_SLUGS, span)}


def save(tx: Transaction, term: Term) -> None:
    """Write a term's name and slug; both lead to it from now on, with those before."""
    tx.execute(_SAVE, {"of_id": term.id, "name": term.name, "slug": term.slug})
    add_name(tx, term, term.name)
    if term.slug:
        if by_slug(tx, term.kind, term.slug) is None:
            row = {"kind": term.kind.value, "slug": term.slug, "term_id": term.id}
            tx.execute(_INSERT_SLUG, row)
        serving.note_routes(tx)  # also when it takes up an old slug again


def respell(tx: Transaction, term: Term) -> None:
    """Give a renamed term's spelling to every article that names it."""
    tx.execute(
        sa.update(t.article_term)
        .where(t.article_term.c.term_id == term.id)
        .values(spelling=term.name)
    )


def add_name(tx: Transaction, term: Term, name: str) -> None:
    """Let a further name lead to a term."""
    kind, folded = term.kind.value, fold(name)
    changed = tx.execute(_LEAD, {"of_kind": kind, "of_folded": folded, "term_id": term.id})
    if not changed.rowcount:
        tx.execute(_INSERT_NAME, {"kind": kind, "folded": folded, "term_id": term.id})


def merge(tx: Transaction, source: Term, target: Term) -> None:
    """Let everything that leads to `source` lead to `target`; the caller moves its articles."""
    for table in (t.term_name, t.term_slug):
        tx.execute(sa.update(table).where(table.c.term_id == source.id), {"term_id": target.id})
    tx.execute(sa.delete(t.term).where(t.term.c.id == source.id))
    serving.note_routes(tx)


def remove(tx: Transaction, term: Term, at: dt.datetime) -> None:
    """Take a term out of sight that no article names; its slugs stay taken, its feed goes too."""
    gone = {"slug": None, "removed_at": at}
    tx.execute(sa.update(t.term).where(t.term.c.id == term.id).values(gone))


def is_removed(tx: Transaction, term: Term) -> bool:
    """True for a term that was removed and not named by any article since."""
    query = sa.select(t.term.c.removed_at).where(t.term.c.id == term.id)
    return tx.execute(query).scalar() is not None


def names(tx: Transaction, kind: Kind) -> tuple[str, ...]:
    """Return the names of the terms of a kind, also of those not public yet."""
    of_kind = (t.term.c.kind == kind.value, t.term.c.removed_at.is_(None))
    query = sa.select(t.term.c.name).where(*of_kind).order_by(t.term.c.name)
    return tuple(tx.execute(query).scalars())


def removed_names(tx: Transaction, kind: Kind) -> tuple[str, ...]:
    """Return every name, folded, that leads to a removed term of a kind."""
    query = (
        sa.select(t.term_name.c.folded)
        .join(t.term, t.term.c.id == t.term_name.c.term_id)
        .where(t.term.c.kind == kind.value, t.term.c.removed_at.is_not(None))
        .order_by(t.term_name.c.folded)
    )
    return tuple(tx.execute(query).scalars())


def articles_with(tx: Transaction, term_id: int) -> list[int]:
    """Return the ids of all articles that name a term."""
    query = sa.select(t.article_term.c.article_id).where(t.article_term.c.term_id == term_id)
    return list(tx.execute(query.order_by(t.article_term.c.article_id)).scalars())


def counts(tx: Transaction, kind: Kind) -> list[TermCount]:
    """Return the terms of a kind by name, with their numbers of articles."""
    public = sa.func.count(sa.case((t.article.c.status == "published", 1)))
    query = (
        sa.select(t.term, public.label("public"), sa.func.count(t.article.c.id).label("total"))
        .outerjoin(t.article_term, t.article_term.c.term_id == t.term.c.id)
        .outerjoin(t.article, t.article.c.id == t.article_term.c.article_id)
        .where(t.term.c.kind == kind.value, t.term.c.removed_at.is_(None))
        .group_by(t.term.c.id, t.term.c.kind, t.term.c.name, t.term.c.slug)
        .order_by(t.term.c.name, t.term.c.id)
    )
    return [
        TermCount(Term(kind, row.name, row.slug, row.id), row.public, row.total)
        for row in tx.execute(query)
    ]
