"""Pictures and files that articles name: what was found at each address, and what is kept here."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from feedsvc.model import Asset, Resource, Status, StoredFile
from feedsvc.store import files
from feedsvc.store import tables as t
from feedsvc.store.database import Transaction

# The longest that a fetch is ever put off. What is due later is from before the clock was set back.
LONGEST = dt.timedelta(hours=6)
_SLACK = dt.timedelta(minutes=1)
_r = t.resource.c


@dataclass(frozen=True, slots=True)
class Claimed:
    """An address that somebody fetches now.

    Attributes:
        media_type: What whoever named it says it is; None when nobody did.
        attempts: How often it was tried, with this time.
    """

    url: str
    media_type: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Found:
    """What came of fetching an address.

    Attributes:
        asset: None unless it is kept here.
        problem: Why it could not be had; None when it could.
        due_at: When to try again; None for never.
    """

    asset: Asset | None = None
    media_type: str | None = None
    size_bytes: int | None = None
    problem: str | None = None
    due_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """An address that could not be had, and an article that names it."""

    url: str
    problem: str
    attempts: int
    due_at: dt.datetime | None
    article_id: int
    title: str


def register(
    tx: Transaction,
    article_id: int,
    named: Mapping[str, str | None],
    *,
    now: dt.datetime,
    is_new: bool = False,
) -> None:
    """Note which addresses an article names; those not had before are due to be fetched.

    Args:
        named: Each with the type that it is said to have. The address of a file that is kept
            here is known at once.
        is_new: True for an article that named nothing before, which spares looking.
    """
    if not is_new:
        tx.execute(_FORGET, {"of_article": article_id})
    if not named:
        return
    known = {row.url: row for row in tx.execute(_KNOWN, {"urls": list(named)})}
    if known:
        tx.execute(_LOOK, {"urls": list(known), "now": now})  # it may be one that was taken back
        given_up = [url for url, row in known.items() if row.problem and row.due_at is None]
        _hope(tx, given_up, now=now)
    fresh = {url: hint for url, hint in named.items() if url not in known}
    if fresh:
        kept = _kept(tx, fresh)
        rows = [
            {
                "url": url,
                "media_type": hint,
                "asset": kept.get(url),
                "due_at": None if url in kept else now,
                "attempts": 0,
            }
            for url, hint in fresh.items()
        ]
        tx.execute(_INSERT, rows)
    tx.execute(_INSERT_NAMED, [{"article_id": article_id, "url": url} for url in named])


def _hope(tx: Transaction, urls: Iterable[str], *, now: dt.datetime) -> None:
    """Try again what could not be had before: somebody names it anew, so it may be there now."""
    again = [url for url in urls if f"/media/{UNUSABLE}/" not in url]
    for url, digest in _kept(tx, again).items():
        here = {"asset": digest, "problem": None}
        tx.execute(sa.update(t.resource).where(_r.url == url).values(**here))
    if again:
        lost = _r.url.in_(again) & _r.problem.is_not(None)
        tx.execute(sa.update(t.resource).where(lost).values(due_at=now, attempts=0))


def _kept(tx: Transaction, urls: Iterable[str]) -> dict[str, str]:
    """Return the hashes of those files that are kept here, by address: of any host of ours."""
    hashes = {}
    for url in urls:
        folder, _, name = url.rpartition("/")
        if folder.endswith("/media") and files.is_name(name):
            hashes[url] = name.partition(".")[0]
    if not hashes:
        return {}
    stored = set(tx.execute(_ASSETS, {"hashes": list(hashes.values())}).scalars())
    return {url: digest for url, digest in hashes.items() if digest in stored}


def of_articles(tx: Transaction, ids: Iterable[int]) -> dict[int, list[Resource]]:
    """Return what is known of the files that articles name, by article."""
    found: dict[int, list[Resource]] = defaultdict(list)
    for row in tx.execute(_OF_ARTICLES, {"ids": list(ids)}):
        resource = Resource(
            url=row.url,
            asset=_asset(row) if row.asset else None,
            media_type=row.said,
            size_bytes=row.length,
            problem=row.problem,
            is_settled=row.due_at is None,
        )
        found[row.article_id].append(resource)
    return found


def _asset(row: Any) -> Asset:
    whole = StoredFile(
        files.name_of(row.hash, row.media_type),
        row.media_type,
        row.size_bytes,
        row.width,
        row.height,
    )
    return Asset(row.original, whole, tuple(StoredFile(**one) for one in row.renditions))


def asset_of(tx: Transaction, original: str) -> Asset | None:
    """Return what was made of bytes with that hash, if they ever came."""
    row = tx.execute(sa.select(t.asset).where(t.asset.c.original == original)).first()
    return _asset(row) if row else None


def save_asset(tx: Transaction, asset: Asset, now: dt.datetime) -> None:
    """Note a file that is kept now; the last way in which it was worked on counts."""
    whole = asset.whole
    digest = whole.name.partition(".")[0]
    values = {
        "original": asset.original,
        "media_type": whole.media_type,
        "size_bytes": whole.size_bytes,
        "width": whole.width,
        "height": whole.height,
        "renditions": [asdict(one) for one in asset.offered],
        "stored_at": now,
    }
    changed = tx.execute(sa.update(t.asset).where(t.asset.c.hash == digest).values(**values))
    if not changed.rowcount:
        tx.execute(sa.insert(t.asset), {"hash": digest, **values})


def count_due(tx: Transaction, now: dt.datetime) -> int:
    """Return how many addresses are to be fetched now."""
    query = sa.select(sa.func.count()).select_from(t.resource).where(_has_come(now))
    return int(tx.execute(query).scalar_one())


def _has_come(now: dt.datetime) -> sa.ColumnElement[bool]:
    return sa.or_(_r.due_at <= now, _r.due_at > now + LONGEST + _SLACK)


def claim(tx: Transaction, *, now: dt.datetime, lease: dt.timedelta, limit: int) -> list[Claimed]:
    """Take up to `limit` addresses to fetch them.

    A claim moves `due_at` forward, so that whoever dies leaves them to the next one.
    """
    query = sa.select(_r.url, _r.media_type, _r.attempts).where(_has_come(now))
    rows = list(tx.execute(query.order_by(_r.due_at, _r.url).limit(limit)))
    urls = [row.url for row in rows]
    taken = sa.update(t.resource).where(_r.url.in_(urls))
    tx.execute(taken.values(due_at=now + lease, attempts=_r.attempts + 1))
    return [Claimed(row.url, row.media_type, row.attempts + 1) for row in rows]


def settle(tx: Transaction, url: str, found: Found, *, now: dt.datetime) -> None:
    """Note what came of fetching an address; of a new one too."""
    known = {"media_type": found.media_type} if found.media_type else {}
    values = {
        "asset": found.asset.whole.name.partition(".")[0] if found.asset else None,
        "size_bytes": found.size_bytes,
        "problem": found.problem,
        "due_at": found.due_at,
        "checked_at": now,
        **known,
    }
    changed = tx.execute(sa.update(t.resource).where(_r.url == url).values(**values))
    if not changed.rowcount:
        tx.execute(sa.insert(t.resource), {"url": url, "attempts": 1, **values})


def naming(tx: Transaction, url: str) -> list[int]:
    """Return the articles that name an address."""
    named = t.article_resource.c
    query = sa.select(named.article_id).where(named.url == url).order_by(named.article_id)
    return list(tx.execute(query).scalars())


def retry(tx: Transaction, article_ids: Sequence[int], *, now: dt.datetime) -> None:
    """Make due what could not be had: of these articles, or of all when there are none."""
    which = _r.problem.is_not(None) & _is_elsewhere()
    if article_ids:
        named = t.article_resource.c
        which &= _r.url.in_(sa.select(named.url).where(named.article_id.in_(article_ids)))
    tx.execute(sa.update(t.resource).where(which).values(due_at=now, attempts=0))


def look_again(tx: Transaction, article_ids: Sequence[int], *, now: dt.datetime) -> None:
    """Make due all that articles name, unless it came from a file here."""
    named = t.article_resource.c
    theirs = sa.select(named.url).where(named.article_id.in_(article_ids))
    which = _r.url.in_(theirs) & _r.checked_at.is_not(None) & _is_elsewhere()
    tx.execute(sa.update(t.resource).where(which).values(due_at=now, attempts=0))


def _is_elsewhere() -> sa.ColumnElement[bool]:
    """The condition for what can be fetched: what came from a file here is brought by importing."""
    return sa.not_(_r.url.contains(f"/media/{UNUSABLE}/", autoescape=True))


# Part of the address that a file gets which could not be taken in.
UNUSABLE = "unusable"


def troubles(tx: Transaction) -> list[Trouble]:
    """Return what could not be had, for each article that is not withdrawn and names it."""
    named = t.article_resource.c
    query = (
        sa.select(_r.url, _r.problem, _r.attempts, _r.due_at, named.article_id, t.article.c.title)
        .join(t.article_resource, named.url == _r.url)
        .join(t.article, t.article.c.id == named.article_id)
        .where(_r.problem.is_not(None), t.article.c.status != Status.WITHDRAWN)
        .order_by(named.article_id, _r.url)
    )
    return [Trouble(*row) for row in tx.execute(query)]


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many addresses are kept here, elsewhere and known, waiting, or could not be had."""

    kept: int
    elsewhere: int
    waiting: int
    failed: int
    stored_bytes: int


def numbers(tx: Transaction) -> Numbers:
    """Count addresses, and the bytes of what is kept."""

    def count(*conditions: sa.ColumnElement[bool]) -> Any:
        return sa.select(sa.func.count()).select_from(t.resource).where(*conditions)

    is_final, is_well = _r.due_at.is_(None), _r.problem.is_(None)
    queries = (
        count(_r.asset.is_not(None)),
        count(_r.asset.is_(None), is_final, is_well),
        count(_r.due_at.is_not(None), is_well),
        count(_r.problem.is_not(None)),
    )
    kept, elsewhere, waiting, failed = (int(tx.execute(one).scalar_one()) for one in queries)
    rows = tx.execute(sa.select(t.asset.c.size_bytes, t.asset.c.renditions, t.asset.c.hash))
    sizes = {}
    for row in rows:
        sizes[row.hash] = row.size_bytes
        sizes |= {one["name"].partition(".")[0]: one["size_bytes"] for one in row.renditions}
    return Numbers(kept, elsewhere, waiting, failed, sum(sizes.values()))


def look_at_files_of(tx: Transaction, article_id: int, *, now: dt.datetime) -> None:
    """Have somebody look whether the files that an article names may still be served."""
    named = t.article_resource.c
    urls = tx.execute(sa.select(named.url).where(named.article_id == article_id)).scalars().all()
    if urls:
        tx.execute(_LOOK, {"urls": list(urls), "now": now})


def to_look_at(tx: Transaction) -> list[tuple[Asset, bool]]:
    """Return files to look at, each with whether an article names it that is not withdrawn."""
    rows = tx.execute(sa.select(t.asset).where(t.asset.c.look_due_at.is_not(None))).all()
    return [(_asset(row), tx.execute(_ALIVE, {"of": row.hash}).first() is not None) for row in rows]


def looked_at(tx: Transaction, asset: Asset) -> None:
    """Note that a file is where it belongs."""
    digest = asset.whole.name.partition(".")[0]
    tx.execute(sa.update(t.asset).where(t.asset.c.hash == digest).values(look_due_at=None))


def drop_unused(tx: Transaction, *, before: dt.datetime) -> set[str]:
    """Forget files that only withdrawn articles name, or none; return the names of the others.

    Args:
        before: What was stored since may be about to be named.
    """
    named = t.article_resource.c
    alive = (
        sa.select(_r.asset)
        .join(t.article_resource, named.url == _r.url)
        .join(t.article, t.article.c.id == named.article_id)
        .where(_r.asset.is_not(None), t.article.c.status != Status.WITHDRAWN)
    )
    unused = sa.and_(t.asset.c.hash.not_in(alive), t.asset.c.stored_at < before)
    gone = sa.select(t.asset.c.hash).where(unused)
    values = {"asset": None, "problem": "it was removed: only withdrawn articles named it"}
    tx.execute(sa.update(t.resource).where(_r.asset.in_(gone)).values(**values))
    tx.execute(sa.delete(t.asset).where(unused))
    kept = set()
    for row in tx.execute(sa.select(t.asset)):
        asset = _asset(row)
        kept |= {one.name for one in (asset.whole, *asset.offered)}
    return kept


# Statements that every build or import asks: made once, because making them costs more than
# asking.
_URLS: sa.BindParameter[Any] = sa.bindparam("urls", expanding=True)
_KNOWN = sa.select(_r.url, _r.problem, _r.due_at).where(_r.url.in_(_URLS))
_ASSETS = sa.select(t.asset.c.hash).where(
    t.asset.c.hash.in_(sa.bindparam("hashes", expanding=True))
)
_LOOK = (
    sa.update(t.asset)
    .where(t.asset.c.hash.in_(sa.select(_r.asset).where(_r.url.in_(_URLS))))
    .values(look_due_at=sa.bindparam("now", type_=t.Instant))
)
_ALIVE = (
    sa.select(t.article.c.id)
    .join(t.article_resource, t.article_resource.c.article_id == t.article.c.id)
    .join(t.resource, _r.url == t.article_resource.c.url)
    .where(_r.asset == sa.bindparam("of"), t.article.c.status != Status.WITHDRAWN)
    .limit(1)
)
_INSERT = sa.insert(t.resource)
_INSERT_NAMED = sa.insert(t.article_resource)
_FORGET = sa.delete(t.article_resource).where(
    t.article_resource.c.article_id == sa.bindparam("of_article")
)
_OF_ARTICLES = (
    sa.select(
        t.article_resource.c.article_id,
        _r.url,
        _r.asset,
        _r.media_type.label("said"),
        _r.size_bytes.label("length"),
        _r.problem,
        _r.due_at,
        t.asset,
    )
    .join(t.resource, _r.url == t.article_resource.c.url)
    .outerjoin(t.asset, t.asset.c.hash == _r.asset)
    .where(t.article_resource.c.article_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(t.article_resource.c.article_id, _r.url)
)
