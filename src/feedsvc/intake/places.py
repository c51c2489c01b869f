"""Rename and merge sections, authors, editions and tags; every guid and old address stays."""

from __future__ import annotations

from dataclasses import replace

from feedsvc.errors import NotFoundError, RefusedError
from feedsvc.intake.change import Door, fingerprint_of, mint_slug, record, whole_second
from feedsvc.intake.checks import NAME_CHARS
from feedsvc.intake.clean import clean_text
from feedsvc.model import Article, Credit, FeedKey, Kind, Term
from feedsvc.store import articles, builds, feeds, terms
from feedsvc.store.database import Transaction


def find(tx: Transaction, kind: Kind, name: str) -> Term:
    """Return a term by its name or slug.

    Raises:
        NotFoundError: There is none.
    """
    found = terms.by_slug(tx, kind, name) or terms.by_name(tx, kind, name)
    if found is None:
        raise NotFoundError(
            f"there is no {kind} “{name}”; `feedsvc {kind} list` shows those there are"
        )
    return found


def rename(tx: Transaction, door: Door, term: Term, name: str) -> Term:
    """Give a term another name, and a slug to match; the old ones go on leading to it.

    Raises:
        RefusedError: Another term goes by that name.
    """
    name = clean_text(name)
    if not 0 < len(name) <= NAME_CHARS:
        raise RefusedError(f"a {term.kind} needs a name of at most {NAME_CHARS} characters")
    other = terms.by_name(tx, term.kind, name)
    if other is not None and other.id != term.id:
        raise RefusedError(
            f"there is a {term.kind} “{other.name}” already;"
            f' `feedsvc {term.kind} merge "{term.name}" "{other.name}"` makes them one'
        )
    slug = term.slug
    if slug and terms.fold(name) != terms.fold(term.name):
        slug = mint_slug(tx, replace(term, name=name))
    renamed = replace(term, name=name, slug=slug)
    terms.save(tx, renamed)
    terms.respell(tx, renamed)
    if term.kind is Kind.AUTHOR:
        for article in articles.load(tx, terms.articles_with(tx, term.id)):
            mark = fingerprint_of(article, door.settings)
            articles.save_fingerprint(tx, article.id, mark)
    now = door.now()
    showing = feeds.feeds_showing_term(tx, term.id)
    own = feeds.by_key(tx, FeedKey(term.kind, term.id))
    ids = showing | ({own.id} if own else set())
    builds.mark_due(tx, ids, event_at=whole_second(now), due_at=now)
    return renamed


def merge(tx: Transaction, door: Door, source: Term, target: Term) -> int:
    """Make two terms one; articles, names and old addresses of `source` go to `target`.

    Returns:
        How many articles moved.

    Raises:
        RefusedError: They are the same.
    """
    if source.id == target.id:
        raise RefusedError(f"“{source.name}” and “{target.name}” are the same {source.kind}")
    if source.slug and not target.slug:  # what was public goes on being so
        target = replace(target, slug=mint_slug(tx, target))
        terms.save(tx, target)
    moved = terms.articles_with(tx, source.id)
    for before in articles.load(tx, moved):
        record(tx, door, _moved(before, source, target), before)
    feed = feeds.by_key(tx, FeedKey(source.kind, source.id))
    if feed is not None:
        key, now = FeedKey(target.kind, target.id), door.now()
        into = feeds.ensure(tx, [key], now=whole_second(now), new_urn=door.new_urn)[key]
        feeds.absorb(tx, feed.id, into=into)
        builds.mark_due(tx, [into], event_at=whole_second(now), due_at=now)
    terms.merge(tx, source, target)
    return len(moved)


def _moved(article: Article, source: Term, target: Term) -> Article:
    def swap(found: tuple[Term, ...]) -> tuple[Term, ...]:
        renamed = (target if term.id == source.id else term for term in found)
        return tuple({term.id: term for term in renamed}.values())

    people: dict[int, Credit] = {}
    for credit in article.byline:
        author = target if credit.author.id == source.id else credit.author
        people.setdefault(author.id, Credit(author, credit.role))
    edition = article.edition
    return replace(
        article,
        sections=swap(article.sections),
        edition=target if edition and edition.id == source.id else edition,
        tags=swap(article.tags),
        byline=tuple(people.values()),
    )
