"""Rename, merge and remove sections, authors, editions and tags; every guid stays.

Old addresses lead to where the articles went, or say that the place is gone: never elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from feedsvc.errors import NotFoundError, RefusedError
from feedsvc.intake.change import Door, fingerprint_of, mint_slug, record, whole_second
from feedsvc.intake.checks import NAME_CHARS
from feedsvc.intake.clean import clean_text
from feedsvc.model import Article, Credit, FeedKey, Kind, Term
from feedsvc.store import archives, articles, builds, feeds, terms
from feedsvc.store.database import Transaction


def find(tx: Transaction, kind: Kind, name: str) -> Term:
    """Return a term by its name or slug.

    Raises:
        NotFoundError: There is none, or it was removed.
    """
    either = (terms.by_slug(tx, kind, name), terms.by_name(tx, kind, name))
    found = [term for term in either if term is not None]
    if not found:
        raise NotFoundError(
            f"there is no {kind} “{name}”; `feedsvc {kind} list` shows those there are"
        )
    living = [term for term in found if not terms.is_removed(tx, term)]
    if not living:
        raise NotFoundError(
            f"the {kind} “{found[0].name}” was removed; an article filed under it brings it back"
        )
    return living[0]


def rename(tx: Transaction, door: Door, term: Term, name: str) -> Term:
    """Give a term another name, and a slug to match; the old ones go on leading to it.

    The name of a removed term is free again, its slugs never are.

    Raises:
        RefusedError: Another term goes by that name.
    """
    name = clean_text(name)
    if not 0 < len(name) <= NAME_CHARS:
        raise RefusedError(f"a {term.kind} needs a name of at most {NAME_CHARS} characters")
    other = terms.by_name(tx, term.kind, name)
    if other is not None and other.id != term.id and not terms.is_removed(tx, other):
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
    if own:
        archives.mark_feed(tx, own.id, now=now)
    archives.mark_term(tx, term.id, now=now)
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
        record(tx, door, _refiled(before, source, target), before)
    feed = feeds.by_key(tx, FeedKey(source.kind, source.id))
    if feed is not None:
        key, now = FeedKey(target.kind, target.id), door.now()
        into = feeds.ensure(tx, [key], now=whole_second(now), new_urn=door.new_urn)[key]
        feeds.absorb(tx, feed.id, into=into)
        builds.mark_due(tx, [into], event_at=whole_second(now), due_at=now)
    terms.merge(tx, source, target)
    return len(moved)


def remove(tx: Transaction, door: Door, term: Term, *, unfile: bool = False) -> int:
    """Take a term away with its feed: every address that it ever had answers 410.

    An article filed under its name later brings it back; see `terms.resolve`.

    Args:
        unfile: Take it off the articles that are filed under it, as a silent change.

    Returns:
        How many articles it was taken off.

    Raises:
        RefusedError: Articles are filed under it, public or not.
    """
    filed = terms.articles_with(tx, term.id)
    if filed and not unfile:
        articles_are = "1 article is" if len(filed) == 1 else f"{len(filed)} articles are"
        raise RefusedError(
            f"{articles_are} filed under the {term.kind} “{term.name}”, public or not;"
            f' `feedsvc {term.kind} merge "{term.name}" OTHER` moves them to another one, and'
            f' `feedsvc {term.kind} remove "{term.name}" --unfile` takes it off them'
        )
    for before in articles.load(tx, filed):
        record(tx, door, _refiled(before, term, None), before)
    feed = feeds.by_key(tx, FeedKey(term.kind, term.id))
    if feed is not None:
        feeds.remove(tx, feed.id)
    terms.remove(tx, term, whole_second(door.now()))
    return len(filed)


def _refiled(article: Article, source: Term, target: Term | None) -> Article:
    """Return an article under another term in place of one, or without that one."""

    def swap(found: Iterable[Term]) -> tuple[Term, ...]:
        swapped = (target if term.id == source.id else term for term in found)
        return tuple({term.id: term for term in swapped if term}.values())

    people: dict[int, Credit] = {}
    for credit in article.byline:
        for author in swap([credit.author]):
            people.setdefault(author.id, Credit(author, credit.role))
    return replace(
        article,
        sections=swap(article.sections),
        edition=next(iter(swap(filter(None, [article.edition]))), None),
        tags=swap(article.tags),
        byline=tuple(people.values()),
    )
