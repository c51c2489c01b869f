"""Write a change of an article with all that follows from it, in one transaction.

Nothing else writes articles. Here slugs, permalinks and instants are minted, feeds list or
unlist the article and become due, and a withdrawal leaves its tombstones.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from slugify import slugify

from feedsvc.feeds import pictures, plan
from feedsvc.model import Article, Credit, FeedKey, Kind, Status, Term
from feedsvc.settings import Settings
from feedsvc.store import archives, articles, builds, feeds, records, resources, terms
from feedsvc.store.database import Transaction

_SLUG_CHARS = 80
_MOST_IN_A_SECOND = 20
_LAST_MILLISECOND = 999_000
_LAST_OF_A_THOUSAND = 999
_UUID = re.compile(r"urn:uuid:([0-9a-f]{8})", re.IGNORECASE)


@dataclass(slots=True)
class Memo:
    """What one transaction has looked up already, and what it puts off to its end.

    It must not outlive the transaction: others may rename a term or make a feed meanwhile.

    Attributes:
        rejected: (source, path) of what stands refused; None until somebody asks.
    """

    terms: dict[tuple[Kind, str], Term] = field(default_factory=dict)
    feeds: dict[FeedKey, int] = field(default_factory=dict)
    rejected: set[tuple[str, str]] | None = None
    due: set[int] = field(default_factory=set)
    listed: set[tuple[int, dt.datetime]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Door:
    """What coming in needs: settings, the time, and new identities.

    Attributes:
        now: The present instant, aware.
        new_urn: A fresh `urn:uuid:…`.
        memo: Makes many articles in one transaction cheap; whoever gives one also calls
            `mark_touched` before the transaction ends.
    """

    settings: Settings
    now: Callable[[], dt.datetime]
    new_urn: Callable[[], str]
    memo: Memo | None = None


def record(
    tx: Transaction,
    door: Door,
    after: Article,
    before: Article | None = None,
    *,
    guid_source: str | None = None,
) -> Article:
    """Store an article as it is to be, and make due what shows it.

    Args:
        before: The stored article; None when it is new.
        guid_source: Who may speak for the guid; only for a new article.
    """
    fresh_path = None
    if after.status is Status.PUBLISHED:
        after, fresh_path = _with_permalink(tx, door, _with_public_terms(tx, door, after))
    if before is not None and before.quarantined_at:
        after = replace(after, quarantined_at=None)
        records.resolve_article(tx, before.id, door.now())
    extra = {"fingerprint": fingerprint_of(after, door.settings)}
    if guid_source is not None:
        extra["guid_source"] = guid_source
    article_id = articles.save(tx, after, before, **extra)
    after = replace(after, id=article_id)
    if fresh_path:
        articles.give_permalink(tx, fresh_path, article_id)
    after = _with_files(tx, door, before, after)
    _list_and_mark(tx, door, before, after)
    return after


def _with_files(tx: Transaction, door: Door, before: Article | None, after: Article) -> Article:
    """Note which pictures and files an article names, if that has changed."""
    named = pictures.named(after)
    if after.status is Status.WITHDRAWN:
        resources.look_at_files_of(tx, after.id, now=door.now())
    if named.keys() == (pictures.named(before).keys() if before else set()):
        return after
    resources.register(tx, after.id, named, now=door.now(), is_new=before is None)
    if door.memo is not None:  # nobody looks at the articles of an import
        return after
    files = resources.of_articles(tx, [after.id]) if named else {}
    return replace(after, files=tuple(files.get(after.id, ())))


def shown_otherwise(
    tx: Transaction, door: Door, article_ids: Sequence[int], *, patience: dt.timedelta
) -> None:
    """Make due what shows these articles: a picture of theirs is kept now, or cannot be had.

    The articles themselves are as they were, and so are their dates.

    Args:
        patience: How long pages of the archive wait: often the next picture is about to come.
    """
    now, debounce = door.now(), dt.timedelta(seconds=door.settings.worker.debounce_seconds)
    listed: set[tuple[int, dt.datetime]] = set()
    for article in articles.load(tx, article_ids):
        if article.published_at:
            ids = _feed_ids(tx, door, plan.shown_in(article)).values()
            listed |= {(one, article.published_at) for one in ids}
    archives.mark(tx, listed, now=now + patience)
    due = {one for one, _ in listed}
    builds.mark_due_in_bulk(tx, due, event_at=whole_second(now), now=now, debounce=debounce)


def _list_and_mark(tx: Transaction, door: Door, before: Article | None, after: Article) -> None:
    touched = plan.affected_feeds(before, after)
    if before and after.status is Status.WITHDRAWN:
        # A quarantined article is listed nowhere, but its readers may have an earlier version.
        touched |= plan.shown_in(replace(before, quarantined_at=None))
    if not touched:
        return
    now = door.now()
    event_at = whole_second(now)
    ids = _feed_ids(tx, door, touched)
    shown = plan.shown_in(after)
    if before is None or shown != plan.shown_in(before):
        was_listed = before is not None
        feeds.list_article(tx, after, (ids[key] for key in shown), was_listed=was_listed)
    if after.status is Status.WITHDRAWN:
        feeds.add_tombstones(tx, ids.values(), after.atom_id, event_at)
        records.resolve_article(tx, after.id, now)
    listed = {(one, after.published_at) for one in ids.values() if after.published_at}
    if after.status is Status.WITHDRAWN and after.published_at:
        archives.mark_withdrawn(tx, ids.values(), after.published_at, now=now)
    if door.memo is None:
        is_new = shown != plan.shown_in(before)
        archives.mark(tx, listed, now=now, adds=is_new)
        builds.mark_due(tx, ids.values(), event_at=event_at, due_at=now)
    else:
        door.memo.listed |= listed
        door.memo.due.update(ids.values())


def mark_touched(tx: Transaction, door: Door) -> None:
    """Make due, once, what the articles of this transaction touched."""
    if door.memo is not None:
        now = door.now()
        archives.mark(tx, door.memo.listed, now=now, adds=True)
        door.memo.listed.clear()
        debounce = dt.timedelta(seconds=door.settings.worker.debounce_seconds)
        builds.mark_due_in_bulk(
            tx, door.memo.due, event_at=whole_second(now), now=now, debounce=debounce
        )
        door.memo.due.clear()


def _feed_ids(tx: Transaction, door: Door, keys: frozenset[FeedKey]) -> dict[FeedKey, int]:
    known = door.memo.feeds if door.memo else {}
    unknown = keys.difference(known)
    if unknown:
        now = whole_second(door.now())
        known |= feeds.ensure(tx, unknown, now=now, new_urn=door.new_urn)
    return {key: known[key] for key in keys}


def resolve_term(tx: Transaction, door: Door, kind: Kind, name: str) -> Term:
    """Return the term that goes by a name, made now if there is none."""
    if door.memo is None:
        return terms.resolve(tx, kind, name)
    key = (kind, terms.fold(name))
    found = door.memo.terms.get(key)
    if found is None:
        found = door.memo.terms[key] = terms.resolve(tx, kind, name)
    return found if found.slug else replace(found, name=name)


def _with_public_terms(tx: Transaction, door: Door, article: Article) -> Article:
    """Give every term of a public article its slug; the first public spelling is its name."""
    if all(term.slug for term in article.terms):
        return article
    public = {term.id: _public(tx, door, term) for term in article.terms}
    return replace(
        article,
        sections=tuple(public[term.id] for term in article.sections),
        edition=public[article.edition.id] if article.edition else None,
        tags=tuple(public[term.id] for term in article.tags),
        byline=tuple(Credit(public[c.author.id], c.role) for c in article.byline),
    )


def _public(tx: Transaction, door: Door, term: Term) -> Term:
    if term.slug:
        return term
    stored = terms.by_name(tx, term.kind, term.name)
    if stored and stored.slug:  # another article has made it public in this transaction
        return stored
    public = replace(term, slug=mint_slug(tx, term))
    terms.save(tx, public)
    if door.memo is not None:
        door.memo.terms[term.kind, terms.fold(term.name)] = public
    return public


def mint_slug(tx: Transaction, term: Term) -> str:
    """Return a slug for a term's name that no other term of its kind ever had."""
    base = _slug(term.name) or hashlib.sha256(term.name.encode()).hexdigest()[:8]
    taken = terms.slugs_like(tx, term.kind, base)
    return _free(base, {slug for slug, owner in taken.items() if owner != term.id})


def _slug(text: str) -> str:
    return slugify(text, max_length=_SLUG_CHARS, word_boundary=True)


def _free(base: str, taken: set[str]) -> str:
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def _with_permalink(tx: Transaction, door: Door, article: Article) -> tuple[Article, str | None]:
    """Mint slug and permalink for a public article that has none.

    Returns:
        The article, and its permalink if it never had it before.
    """
    if article.permalink or not article.published_at:
        return article, None
    day = article.published_at.astimezone(door.settings.tz)
    uuid = _UUID.match(article.atom_id)
    digits = uuid[1].lower() if uuid else hashlib.sha256(article.guid.encode()).hexdigest()[:8]
    month = f"{day.year:04}/{day.month:02}/"
    base = month + (article.slug or _slug(article.title) or digits)
    taken = articles.permalinks_like(tx, base)
    path = _free(base, {path for path, owner in taken.items() if owner != article.id})
    minted = replace(article, permalink=path, slug=path.removeprefix(month))
    return minted, None if path in taken else path


def fingerprint_of(article: Article, settings: Settings) -> str | None:
    """Hash title, local day and byline: what makes two imported files the same article."""
    when = article.published_at or article.release_at
    if when is None:
        return None
    names = tuple(credit.author.name for credit in article.byline)
    return fingerprint(article.title, when.astimezone(settings.tz).date(), names)


def fingerprint(title: str, day: dt.date, names: tuple[str, ...]) -> str:
    """Hash a title, a day and the names of a byline, whatever their spelling."""
    parts = [terms.fold(title), day.isoformat(), *map(terms.fold, names)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def whole_second(instant: dt.datetime) -> dt.datetime:
    """Cut an instant to the second, which is all that RSS can say."""
    return instant.astimezone(dt.UTC).replace(microsecond=0)


def distinct_instant(tx: Transaction, column: str, wanted: dt.datetime) -> dt.datetime:
    """Return an instant within the wanted second that no other article has.

    Two entries with one `updated` look like an accident to the W3C validator. Fractions only
    appear where a second is shared, because some consumers cannot read them.
    """
    second = whole_second(wanted)
    latest = articles.latest_between(tx, column, second, second + dt.timedelta(seconds=1))
    if latest is None:
        return second
    if latest.microsecond < _LAST_MILLISECOND:
        return latest + dt.timedelta(milliseconds=1)
    # A bulk edit may leave thousands in one second: then microseconds between these are taken.
    for start in (second + dt.timedelta(milliseconds=n) for n in reversed(range(1_000))):
        latest = articles.latest_between(tx, column, start, start + dt.timedelta(milliseconds=1))
        if latest is None:
            return start
        if latest.microsecond % 1_000 < _LAST_OF_A_THOUSAND:
            return latest + dt.timedelta(microseconds=1)
    return second.replace(microsecond=999_999)


def uncrowded_second(tx: Transaction, wanted: dt.datetime) -> dt.datetime:
    """Return the wanted second, or the next one in which few articles were published.

    Some sites were moved by programs that dated thousands of stories alike, and a page of the
    archive cannot be split within an instant.
    """
    second, step = whole_second(wanted), dt.timedelta(seconds=1)
    while articles.published_between(tx, second, second + step) >= _MOST_IN_A_SECOND:
        second += step
    return second


def distinct_second_of_day(tx: Transaction, day: dt.date, settings: Settings) -> dt.datetime:
    """Return a second of a local day that is still free, within the configured hour.

    Only a day with an article in the last second of that hour goes on behind it.
    """
    second = dt.timedelta(seconds=1)
    start = local_hour(day, settings)
    later = start + dt.timedelta(hours=1)
    end = local_hour(day + dt.timedelta(days=1), settings, hour=0)
    for first, last in ((start, later), (later, end)):
        latest = articles.latest_between(tx, "published_at", first, last)
        free = first if latest is None else whole_second(latest) + second
        if free < last:
            return free
    return end - second


def local_hour(day: dt.date, settings: Settings, hour: int | None = None) -> dt.datetime:
    """Return the instant of an hour of a day in the newsroom; the configured one by default."""
    hour = settings.articles.date_only_hour if hour is None else hour
    local = dt.datetime.combine(day, dt.time(hour), tzinfo=settings.tz)
    return local.astimezone(dt.UTC)
