"""Timetables of feeds: when new articles may appear in one that does not show them at once.

A feed with a timetable shows what its last admission let in. Withdrawals, corrections and edits
of what it shows are events like any other, and are built at once.
"""

from __future__ import annotations

import structlog

from feedsvc import timetable
from feedsvc.feeds.press import Press
from feedsvc.store import archives, builds, feeds

log = structlog.get_logger()


def prepare(press: Press) -> None:
    """See that every feed with a timetable knows its next admission, and no other feed has one.

    What was missed while no worker ran stays due. An admission that lies further ahead than the
    timetable says is from before the clock was set back, or from another timetable.
    """
    tables, now, zone = press.settings.feeds.timetables, press.now(), press.settings.tz
    with press.database.write() as tx:
        for feed in feeds.all_feeds(tx):
            text = tables.get(feed.path)
            if text is not None:
                table, due_at = timetable.parse(text), feed.admit_due_at
                next_at = table.next_after(now, zone)
                is_other = table.every is None and due_at != next_at
                if due_at is None or due_at > next_at or (due_at > now and is_other):
                    builds.update(tx, feed.id, admit_due_at=next_at)
            elif feed.admit_due_at is not None:
                builds.update(tx, feed.id, admit_due_at=None)
                archives.mark_feed(tx, feed.id, now=now)
                builds.mark_due(tx, [feed.id], event_at=now.replace(microsecond=0), due_at=now)


def admit_due(press: Press) -> list[str]:
    """Let new articles into the feeds whose time has come; return their paths.

    However often a time was missed, they are let in once.
    """
    now = press.now()
    if not press.settings.feeds.timetables:
        return []
    with press.database.read() as tx:
        if not builds.admissions_due(tx, now):
            return []
    admitted = []
    with press.database.write() as tx:
        for feed_id in builds.admissions_due(tx, now):
            feed = feeds.get(tx, feed_id)
            text = press.settings.feeds.timetables.get(feed.path)
            if text is None:
                continue  # it was renamed: `prepare` sees to it
            table = timetable.parse(text)
            next_at = table.next_after(now, press.settings.tz)
            values = {"admitted_seq": feed.event_seq, "admitted_at": now, "admit_due_at": next_at}
            builds.update(tx, feed_id, **values)
            new = feeds.admitted_between(tx, feed_id, feed.admitted_seq, feed.event_seq)
            archives.mark(tx, ((feed_id, at) for at in new), now=now, adds=True)
            builds.mark_due(tx, [feed_id], event_at=now.replace(microsecond=0), due_at=now)
            admitted.append(feed.path)
    for path in admitted:
        log.info("feed_admitted", feed=path)
    return admitted
