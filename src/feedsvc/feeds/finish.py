"""What follows a swap and can wait: better compression, and what is new since earlier documents.

Neither changes what a feed says. Until it is done the feed is served whole and compressed fast,
so a crash in between costs bytes and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from feedsvc.errors import StoreAwayError
from feedsvc.feeds import pack, render
from feedsvc.feeds.delta import new_since
from feedsvc.feeds.press import Press, Reading, latest_instant, read
from feedsvc.feeds.validate import validate
from feedsvc.model import Channel, Document, Format
from feedsvc.store import builds, documents, serving, variants
from feedsvc.store.variants import Past

log = structlog.get_logger()

_WITH_TOMBSTONES = {Format.ATOM, Format.JSON}
Deltas = dict[Format, dict[str, bytes]]  # gzip, by the base's entity tag


def finish_next(press: Press) -> bool:
    """Finish one feed that waits for it; False when none does.

    One that cannot be finished waits for minutes and is served as it is.

    Raises:
        StoreAwayError: The store could not be read or written.
    """
    with press.database.read() as tx:
        feed_id = builds.finish_due(tx, press.now())
    if feed_id is None:
        return False
    try:
        _finish(press, feed_id)
    except StoreAwayError:
        raise
    except Exception:
        log.exception("finish_failed", feed_id=feed_id)
        with press.database.write() as tx:
            builds.update(tx, feed_id, finish_due_at=press.now() + builds.POSTPONED)
    return True


def _finish(press: Press, feed_id: int) -> None:
    with press.database.read() as tx:
        version = serving.version_of(tx, feed_id)
        if version is None:
            return  # it was merged into another meanwhile
        reading = read(tx, press, feed_id)
        served = documents.of_feed(tx, feed_id)
        pasts = {fmt: variants.pasts(tx, feed_id, fmt) for fmt in served}
    bodies = {fmt: document.body for fmt, document in served.items()}
    packed = pack.better(bodies)
    deltas = _deltas(press, reading, served, pasts)
    with press.database.write() as tx:
        if serving.version_of(tx, feed_id) != version:
            return  # something else is served by now, and due to be finished
        variants.put(tx, feed_id, packed)
        variants.put_deltas(tx, feed_id, deltas)
        serving.note_served(tx, [feed_id])
        builds.update(tx, feed_id, finish_due_at=None)
    log.debug("feed_finished", feed=reading.feed.path, deltas=sum(map(len, deltas.values())))


def _deltas(
    press: Press,
    reading: Reading,
    served: Mapping[Format, Document],
    pasts: Mapping[Format, Sequence[Past]],
) -> Deltas:
    """Return what is new since each remembered document.

    It is put together of what makes up the documents that are served, byte by byte. If the store
    has gone on since their swap there is none: the next swap brings it.
    """
    channel = reading.channel
    pieces = [one.fragment for one in press.memory.fragments(channel.entries)]
    whole = render.assemble(render.heads(channel), pieces)
    if any(document.body != whole[fmt] for fmt, document in served.items()):
        return {}
    found: Deltas = defaultdict(dict)
    for positions, bases in _wanted(channel, served, pasts).items():
        part = _part(channel, positions)
        bodies = render.assemble(render.heads(part), [pieces[i] for i in positions])
        made = {fmt: bodies[fmt] for fmt in bases}
        if _is_right(made, part, latest_instant(press, reading.feed)):
            for fmt, body in made.items():
                found[fmt] |= dict.fromkeys(bases[fmt], pack.gzipped(body))
    return found


def _wanted(
    channel: Channel, served: Mapping[Format, Document], pasts: Mapping[Format, Sequence[Past]]
) -> dict[tuple[int, ...], dict[Format, list[str]]]:
    """Return which entries are to be said, and to whom: positions, formats, entity tags."""
    withdrawn = {stone.atom_id for stone in channel.tombstones}
    wanted: dict[tuple[int, ...], dict[Format, list[str]]] = {}
    for fmt, document in served.items():
        for past in pasts[fmt]:
            if past.etag == document.etag:
                continue
            is_told = fmt in _WITH_TOMBSTONES
            new = new_since(past.manifest, document.manifest, withdrawn, is_told=is_told)
            if new is not None:
                wanted.setdefault(new, {}).setdefault(fmt, []).append(past.etag)
    return wanted


def _part(channel: Channel, positions: Sequence[int]) -> Channel:
    """Return a channel with some of its entries, and all else as it is.

    Only that it is complete is not said (RFC 5005 §2): a reader would drop all other entries.
    """
    entries = tuple(channel.entries[i] for i in positions)
    return replace(channel, entries=entries, history=replace(channel.history, is_complete=False))


def _is_right(bodies: Mapping[Format, bytes], part: Channel, now: dt.datetime) -> bool:
    findings = validate(bodies, part, now).findings
    if findings:
        log.error("delta_failed", feed=part.path, rules=sorted({one.rule for one in findings}))
    return not findings
