"""Archives: pages of what a feed has listed, each within one UTC month (RFC 5005 §4).

A month's pages divide it without gaps, up to where the archive ends (`coverage.py`). A page that
grows too large hands its older half on to a new page and keeps its own address, so that somebody
who walks back from page to page meets every article, whatever is published meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from feedsvc.store import builds
from feedsvc.store import tables as t
from feedsvc.store.database import Transaction

_MOMENT = dt.timedelta(microseconds=1)
_page = t.archive.c
_entry = t.feed_entry.c
HAS_DOCUMENTS = sa.exists().where(t.archive_document.c.archive_id == _page.id)
# Where a feed's pages end.
REACHED = sa.select(sa.func.max(_page.until_at)).where(_page.feed_id == sa.bindparam("feed_id"))


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an archive.

    Attributes:
        name: What stands behind the feed's path: `2024-11`, `2024-11-2`.
        from_at: It shows what was published from then on …
        until_at: … and before this.
        shown_from_at: `from_at` of what is served.
        shown_until_at: `until_at` of it; None before the first build.
        seq: Counts what made it due.
        lacks: True while it does not show what has come to its span.
        changed_at: The event that made what is served now; None before the first build.
        digest: Of the content of what is served.
        made_with: Hash of the settings and the renderer that made it.
    """

    id: int
    feed_id: int
    name: str
    from_at: dt.datetime
    until_at: dt.datetime
    shown_from_at: dt.datetime
    seq: int
    due_at: dt.datetime | None = None
    is_urgent: bool = False
    changed_at: dt.datetime | None = None
    digest: str | None = None
    made_with: str | None = None
    shown_until_at: dt.datetime | None = None
    lacks: bool = False

    @property
    def is_short(self) -> bool:
        """True while it shows less than it should."""
        return self.lacks or self.shown_until_at is None or self.shown_until_at < self.until_at


_FIELDS = tuple(field.name for field in fields(Page))


def _pages(rows: Iterable[Any]) -> list[Page]:
    return [Page(**{name: getattr(row, name) for name in _FIELDS}) for row in rows]


def get(tx: Transaction, page_id: int) -> Page | None:
    """Return one page; None when its feed has gone."""
    found = _pages(tx.execute(sa.select(t.archive).where(_page.id == page_id)))
    return found[0] if found else None


def is_known(tx: Transaction, feed_id: int, name: str) -> bool:
    """Tell whether a feed has a page of that name, whether it can be read or not."""
    query = sa.select(_page.id).where(_page.feed_id == feed_id, _page.name == name)
    return tx.execute(query).first() is not None


def of_feed(tx: Transaction, feed_id: int) -> list[Page]:
    """Return a feed's pages, the oldest first."""
    query = sa.select(t.archive).where(_page.feed_id == feed_id).order_by(_page.from_at)
    return _pages(tx.execute(query))


_LATEST = sa.select(sa.func.max(_entry.published_at)).where(
    _entry.feed_id == sa.bindparam("feed_id")
)


def neighbours(tx: Transaction, page: Page) -> tuple[str | None, str | None]:
    """Return the names of the nearest older page that can be read, and of the nearest newer one.

    That one may still be due to be built for the first time: only who goes back must never come
    to a page that is not there.
    """
    mine = sa.select(_page.name).where(_page.feed_id == page.feed_id)
    older = mine.where(_page.from_at < page.from_at, HAS_DOCUMENTS).order_by(_page.from_at.desc())
    newer = mine.where(_page.from_at > page.from_at).order_by(_page.from_at)
    return tx.execute(older.limit(1)).scalar(), tx.execute(newer.limit(1)).scalar()


def listed(feed_id: int, admitted_seq: int | None) -> list[sa.ColumnElement[bool]]:
    """The conditions for what a feed lists, as far as its timetable has let it in."""
    conditions: list[sa.ColumnElement[bool]] = [_entry.feed_id == feed_id]
    return conditions if admitted_seq is None else [*conditions, _entry.added_seq <= admitted_seq]


def entries(
    tx: Transaction, page: Page, limit: int | None, *, admitted_seq: int | None
) -> list[tuple[int, dt.datetime]]:
    """Return the oldest articles of a page with their instants, the oldest first."""
    query = (
        sa.select(_entry.article_id, _entry.published_at)
        .where(
            *listed(page.feed_id, admitted_seq),
            _entry.published_at >= page.from_at,
            _entry.published_at < page.until_at,
        )
        .order_by(_entry.published_at, _entry.article_id)
        .limit(limit)
    )
    return [(row.article_id, row.published_at) for row in tx.execute(query)]


def extend(tx: Transaction, feed_id: int, *, now: dt.datetime) -> None:
    """Let the archive reach to the newest article that a feed lists; its new part is due."""
    latest = tx.execute(_LATEST, {"feed_id": feed_id}).scalar()
    reached = tx.execute(REACHED, {"feed_id": feed_id}).scalar()
    if latest is None or (reached is not None and latest < reached):
        return
    limit, start = latest + _MOMENT, None
    if reached is not None:
        last = sa.and_(_page.feed_id == feed_id, _page.until_at == reached)
        _, start = month_of(reached - _MOMENT)
        if _first_listed(tx, feed_id, reached, start) is not None:
            _mark(tx, last, now)
        # The rest of a month that is over belongs to its last page, should anything come.
        tx.execute(sa.update(t.archive).where(last).values(until_at=min(start, limit)))
    while (first := _first_listed(tx, feed_id, start, limit)) is not None:
        month_start, start = month_of(first)
        _add(tx, feed_id, month_start, min(start, limit), now)


def _first_listed(
    tx: Transaction, feed_id: int, since: dt.datetime | None, before: dt.datetime
) -> dt.datetime | None:
    query = sa.select(sa.func.min(_entry.published_at)).where(
        _entry.feed_id == feed_id, _entry.published_at < before
    )
    if since is not None:
        query = query.where(_entry.published_at >= since)
    found: dt.datetime | None = tx.execute(query).scalar()
    return found


def month_of(instant: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Return where an instant's UTC month begins and where the next one does."""
    day = instant.astimezone(dt.UTC)
    start = dt.datetime(day.year, day.month, 1, tzinfo=dt.UTC)
    return start, (start + dt.timedelta(days=31)).replace(day=1)


def _add(
    tx: Transaction, feed_id: int, from_at: dt.datetime, until_at: dt.datetime, now: dt.datetime
) -> int:
    """Add a page under the next free name of its month; return its id."""
    month = f"{from_at.year:04}-{from_at.month:02}"
    taken = set(
        tx.execute(
            sa.select(_page.name).where(_page.feed_id == feed_id, _page.name.startswith(month))
        ).scalars()
    )
    name = month if month not in taken else f"{month}-{len(taken)}"
    older = sa.select(_page.id).where(_page.feed_id == feed_id, _page.from_at < from_at)
    before = tx.execute(older.order_by(_page.from_at.desc()).limit(1)).scalar()
    _mark(tx, _page.id == before, now)  # it is to lead on to the new one
    row = {
        "feed_id": feed_id,
        "name": name,
        "from_at": from_at,
        "until_at": until_at,
        "shown_from_at": from_at,
        "seq": 0,
        "due_at": now,
        "is_urgent": False,
        "lacks": True,
    }
    return int(tx.execute(sa.insert(t.archive).returning(_page.id), row).scalar_one())


def split(tx: Transaction, page: Page, boundary: dt.datetime, *, now: dt.datetime) -> Page | None:
    """Hand on what a page shows from before an instant to a new page, and return that one.

    None when something happened to the page since it was read.
    """
    if get(tx, page.id) != page:
        return None
    values = {"from_at": boundary, "seq": _page.seq + 1}
    tx.execute(sa.update(t.archive).where(_page.id == page.id).values(**values))
    return get(tx, _add(tx, page.feed_id, page.from_at, boundary, now))


def mark(
    tx: Transaction,
    changed: Iterable[tuple[int, dt.datetime]],
    *,
    now: dt.datetime,
    adds: bool = False,
) -> None:
    """Make due the pages that show an article, or should.

    Args:
        changed: Feed id and instant of publication of what has changed.
        adds: It may be new to the feeds; until they are built, pages lack it.
    """
    by_instant: dict[dt.datetime, set[int]] = {}
    for feed_id, at in changed:
        by_instant.setdefault(at, set()).add(feed_id)
    ids = set().union(*by_instant.values())
    reach = sa.select(_page.feed_id, sa.func.max(_page.until_at)).where(_page.feed_id.in_(ids))
    covered = {row[0]: row[1] for row in tx.execute(reach.group_by(_page.feed_id))}
    for at, feed_ids in sorted(by_instant.items()):
        within = {one for one in feed_ids if one in covered and at < covered[one]}
        if within:
            _mark_at(tx, within, at, now, adds=adds)


def _mark_at(
    tx: Transaction, feed_ids: set[int], at: dt.datetime, now: dt.datetime, *, adds: bool
) -> None:
    here = sa.and_(_page.feed_id.in_(feed_ids), _page.until_at > at)
    _mark(tx, sa.and_(here, _page.shown_from_at <= at), now, **({"lacks": True} if adds else {}))
    there = tx.execute(sa.select(_page.feed_id).where(here, _page.from_at <= at)).scalars()
    for feed_id in feed_ids.difference(there):
        _add(tx, feed_id, *month_of(at), now)


def mark_withdrawn(
    tx: Transaction, feed_ids: Iterable[int], at: dt.datetime, *, now: dt.datetime
) -> None:
    """Have the pages built before all else that may show an article which was published then.

    Args:
        feed_ids: The feeds that listed it. Pages of others that are due may show it still: it
            may have been moved from there.
    """
    shows = sa.and_(_page.shown_from_at <= at, _page.until_at > at, HAS_DOCUMENTS)
    mine = _page.feed_id.in_(sorted(set(feed_ids)))
    _mark(tx, sa.and_(shows, sa.or_(mine, _page.due_at.is_not(None))), now, is_urgent=True)


def _mark(
    tx: Transaction, which: sa.ColumnElement[bool], now: dt.datetime, **values: object
) -> None:
    """Make pages due now, also those that were put off."""
    at = sa.literal(now, t.Instant)
    due_at = sa.case((_page.due_at < at, _page.due_at), else_=at)
    changed = {"due_at": due_at, "seq": _page.seq + 1, **values}
    tx.execute(sa.update(t.archive).where(which).values(**changed))


def mark_newer(tx: Transaction, page: Page, *, now: dt.datetime) -> None:
    """Make due the page that is to lead back to one which can be read now."""
    newer = _page.from_at > page.from_at
    query = sa.select(_page.id).where(_page.feed_id == page.feed_id, newer, HAS_DOCUMENTS)
    found = tx.execute(query.order_by(_page.from_at).limit(1)).scalar()
    _mark(tx, _page.id == found, now)


def mark_feed(tx: Transaction, feed_id: int, *, now: dt.datetime) -> None:
    """Make due every page of a feed: its name or address has changed."""
    _mark(tx, _page.feed_id == feed_id, now)


def mark_term(tx: Transaction, term_id: int, *, now: dt.datetime) -> None:
    """Make due every page with an article that names a term."""
    named = (
        sa.select(_entry.article_id)
        .join(t.article_term, t.article_term.c.article_id == _entry.article_id)
        .where(
            t.article_term.c.term_id == term_id,
            _entry.feed_id == _page.feed_id,
            _entry.published_at >= _page.from_at,
            _entry.published_at < _page.until_at,
        )
    )
    _mark(tx, named.correlate(t.archive).exists(), now)


def mark_wrong(tx: Transaction, page: Page, *, now: dt.datetime) -> None:
    """Have a page built anew, whatever its digest says."""
    _mark(tx, _page.id == page.id, now)
    tx.execute(sa.update(t.archive).where(_page.id == page.id).values(digest=None))


def mark_made_otherwise(tx: Transaction, made_with: str, *, now: dt.datetime) -> None:
    """Make due every page that was made with other settings or another renderer."""
    _mark(tx, _page.made_with != made_with, now)


def next_due(tx: Transaction, now: dt.datetime, *, urgent: bool = False) -> int | None:
    """Return the page to build next, if any is due: what was withdrawn first, then the oldest.

    Args:
        urgent: Only what may show something that was withdrawn, also when it is put off.
    """
    first = sa.select(_page.id).order_by(_page.from_at, _page.id).limit(1)
    found: int | None = tx.execute(first.where(_page.is_urgent)).scalar()
    if found is None and not urgent:
        is_due = sa.and_(_page.due_at.is_not(None), builds.has_come(_page.due_at, now))
        found = tx.execute(first.where(is_due)).scalar()
    return found


def part_to_build(tx: Transaction, page: Page, now: dt.datetime) -> int | None:
    """Return a page that was split off, not built yet, and so is shown by this one alone."""
    query = sa.select(_page.id).where(
        _page.feed_id == page.feed_id,
        _page.from_at >= page.shown_from_at,
        _page.from_at < page.from_at,
        _page.shown_until_at.is_(None),
        _page.due_at <= now,  # or it was put off, because it cannot be built
    )
    return tx.execute(query.order_by(_page.from_at).limit(1)).scalar()


def count_due(tx: Transaction) -> int:
    """Return how many pages are to be built."""
    query = sa.select(sa.func.count()).where(_page.due_at.is_not(None))
    return int(tx.execute(query).scalar_one())


def settle(tx: Transaction, page: Page, **values: Any) -> bool:
    """Note that a page is built, unless something made it due again; False then."""
    done = tx.execute(
        sa.update(t.archive)
        .where(_page.id == page.id, _page.seq == page.seq)
        .values(due_at=None, is_urgent=False, lacks=False, **values)
    )
    return bool(done.rowcount)


def postpone(tx: Transaction, page: Page, until: dt.datetime) -> None:
    """Put off a page that cannot be built; it may show nothing that was withdrawn."""
    values = {"due_at": until, "is_urgent": False}
    tx.execute(sa.update(t.archive).where(_page.id == page.id).values(**values))


def drop(tx: Transaction, feed_id: int) -> None:
    """Take away a feed's archive with the feed."""
    mine = sa.select(_page.id).where(_page.feed_id == feed_id)
    tx.execute(sa.delete(t.archive_document).where(t.archive_document.c.archive_id.in_(mine)))
    tx.execute(sa.delete(t.archive).where(_page.feed_id == feed_id))
