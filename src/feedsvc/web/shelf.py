"""What a web process holds in memory: where feeds are, and answers to what was asked for lately.

The store is read when something is asked for that is not here, and when it says that something
has changed; a request for what is here asks nobody. `look` replaces what has changed in one step,
so that each answer is whole and of one moment.
"""

from __future__ import annotations

import gzip
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple

import structlog

from feedsvc.errors import UnreadableError
from feedsvc.model import Coding, Document, Format, Variant
from feedsvc.settings import Settings
from feedsvc.store import archive_documents, archives, documents, serving, variants
from feedsvc.store.database import Database, Transaction
from feedsvc.store.serving import Versions
from feedsvc.web.answer import Absent, Answer, Envelope, Needs, Stored
from feedsvc.web.replies import Replies

log = structlog.get_logger()

ROOT = "/feeds/"
_ENDINGS = MappingProxyType({fmt.value: fmt for fmt in Format})
_PAGE = re.compile(r"/(\d{4}-\d{2}(?:-\d{1,6})?)\Z", re.ASCII)
_PACKED = "p"
# After a change of everything, no more than this is read at once; the rest is when asked for, and
# so are pages of archives, which change with their feed and are rarely asked for twice.
_EAGER = 256

Held = Answer | Absent


class Place(NamedTuple):
    """Where a request for a feed leads."""

    feed_id: int
    format: Format
    page: str | None = None  # of its archive; None for the feed's own document


@dataclass(slots=True)
class _Slot:
    """An answer, and whether it was asked for again since room was last looked for."""

    held: Held
    used: bool = False


@dataclass(frozen=True, slots=True)
class _Map:
    """Where every path leads (`serving.routes`), and where each feed is served now."""

    routes: dict[str, int | None]
    paths: dict[int, str]


class Shelf:
    """Answers by the path of the request, bounded in bytes; safe to share between threads.

    Room is made as second chance does it: what was asked for again stays.
    """

    def __init__(self, database: Database, settings: Settings, replies: Replies) -> None:
        self._database = database
        self._limit_bytes = settings.web.cache_bytes
        self._unavailable = replies.unavailable
        self._not_found = replies.not_found
        self._envelope = Envelope(settings, replies.refused)
        self._slots: dict[str, _Slot] = {}
        self._map = _Map({}, {})
        self._seen: Versions | None = None
        self._changing = threading.Lock()  # held for moments, never while the store is read
        self._looking = threading.Lock()
        self.held_bytes = 0

    def __len__(self) -> int:
        """How many answers are held."""
        return len(self._slots)

    def find(self, path: str) -> Held | None:
        """Return the answer to a request for a path; None when it is not here."""
        slot = self._slots.get(path)
        if slot is None:
            return None
        slot.used = True
        return slot.held

    def place(self, path: str) -> Place | HTTPStatus:
        """Return where a path leads, or the status that says why it leads nowhere."""
        name, _, ending = path.removeprefix(ROOT).rpartition(".")
        fmt = _ENDINGS.get(ending)
        if fmt is None:
            return HTTPStatus.NOT_FOUND
        found, page = self.feed(name), None
        if found is HTTPStatus.NOT_FOUND and (page := _PAGE.search(name)):
            found = self.feed(name[: page.start()])
        if isinstance(found, HTTPStatus):
            return found
        return Place(found, fmt, page[1] if page else None)

    def feed(self, name: str) -> int | HTTPStatus:
        """Return the feed that a path below `/feeds/` leads to, or why it leads to none.

        Raises:
            StoreError: Nobody has looked yet, and the store does not answer.
        """
        if self._seen is None:
            self.look()
        found = self._map.routes.get(name, HTTPStatus.NOT_FOUND)
        return HTTPStatus.GONE if found is None else found

    def path_of(self, feed_id: int) -> str | None:
        """Return where a feed is served now."""
        return self._map.paths.get(feed_id)

    def fetch(self, path: str, place: Place, need: str) -> Held:
        """Read an answer and hold it.

        Args:
            need: What it must hold besides what it held: a coding, or `answer.DELTAS`.

        Raises:
            StoreError: The store does not answer, or what it holds is damaged.
        """
        before = self.find(path)
        needs = (before.needs if before else frozenset()) | {need}
        with serving.reading(self._database) as tx:
            held = self._read(tx, path, place, needs, serving.versions(tx).documents)
        with self._changing:
            seen = self._seen
            # Otherwise it was read before a change that `look` has dealt with already.
            is_there = isinstance(held, Answer) or place.page is None
            if is_there and seen and held.version >= seen.documents and self.place(path) == place:
                self._put(path, held)
                self._make_room()
        return held

    def look(self) -> None:
        """Take in what has changed in the store.

        Raises:
            StoreError: The store does not answer; everything stays as it is.
        """
        with self._looking:
            seen = self._seen
            with serving.reading(self._database) as tx:
                now = serving.versions(tx)
                if now == seen:
                    return
                is_moved = seen is None or now.routes != seen.routes
                routes = _Map(serving.routes(tx), serving.paths(tx)) if is_moved else self._map
                stale = self._stale(tx, seen)
                fresh = self._fresh(tx, stale, now.documents)
            with self._changing:
                self._map, self._seen = routes, now
                if seen and now.documents < seen.documents:  # a backup stands in its place
                    self._slots, self.held_bytes = {}, 0
                for path in stale.keys() - fresh.keys():
                    self._drop(path, before=now.documents)
                for path, held in fresh.items():
                    if path in self._slots:
                        self._put(path, held)
                if is_moved:
                    self._drop_moved()
                self._make_room()

    def _stale(self, tx: Transaction, seen: Versions | None) -> dict[str, Held]:
        """Return what is held and may be served no more."""
        with self._changing:
            held = {path: slot.held for path, slot in self._slots.items()}
        if seen is None:
            return held
        changed = serving.changed_since(tx, seen.documents)
        return {path: one for path, one in held.items() if one.feed_id in changed}

    def _fresh(self, tx: Transaction, stale: dict[str, Held], version: int) -> dict[str, Held]:
        """Read again what was asked for last.

        What is damaged is left out, and so dropped: it must not keep others from being read.
        """
        fresh: dict[str, Held] = {}
        for path, held in list(stale.items())[-_EAGER:]:
            place = self.place(path)
            if isinstance(place, Place) and place.page is None:
                with suppress(UnreadableError):
                    fresh[path] = self._read(tx, path, place, held.needs, version)
        return fresh

    def _read(self, tx: Transaction, path: str, place: Place, needs: Needs, version: int) -> Held:
        """Return the answer for a place.

        Raises:
            UnreadableError: Something that stands there is damaged; the log says what.
        """
        try:
            with serving.intact(path):
                return self._answer(tx, place, needs, version)
        except UnreadableError:
            log.exception("document_unreadable", path=path)
            raise

    def _answer(self, tx: Transaction, place: Place, needs: Needs, version: int) -> Held:
        """Return the answer for a place; every kind of document that is served is read here."""
        feed_id, fmt, page = place
        if page is not None:
            return self._read_page(tx, place, needs, version)
        document = documents.get(tx, feed_id, fmt)
        if document is None:
            return Absent(feed_id, version, self._unavailable)
        compressed = variants.of_document(tx, feed_id, fmt)
        deltas = variants.deltas(tx, feed_id, fmt)
        stored = Stored(feed_id, version, document, compressed, deltas)
        return self._envelope.answer(stored, needs)

    def _read_page(self, tx: Transaction, place: Place, needs: Needs, version: int) -> Held:
        feed_id, fmt, name = place
        page = archive_documents.served(tx, feed_id, name or "", fmt)
        if page is None:
            known = archives.is_known(tx, feed_id, name or "")
            return Absent(feed_id, version, self._unavailable if known else self._not_found)
        body, packed = gzip.decompress(page.packed), Variant(Coding.GZIP, _PACKED, page.packed)
        document = Document(page.path, fmt, body, page.etag, page.modified_at)
        stored = Stored(feed_id, version, document, (packed,), is_sealed=page.is_sealed)
        return self._envelope.answer(stored, needs)

    def _put(self, path: str, held: Held) -> None:
        slot = self._slots.get(path)
        if slot is None:
            self._slots[path] = _Slot(held)
            self.held_bytes += held.size_bytes
        elif slot.held.version <= held.version:
            self.held_bytes += held.size_bytes - slot.held.size_bytes
            slot.held = held

    def _drop(self, path: str, *, before: int) -> None:
        slot = self._slots.get(path)
        if slot and slot.held.version < before:
            self.held_bytes -= slot.held.size_bytes
            del self._slots[path]

    def _drop_moved(self) -> None:
        """Drop what stands at paths that lead elsewhere now."""
        for path, slot in list(self._slots.items()):
            place = self.place(path)
            if isinstance(place, HTTPStatus) or place.feed_id != slot.held.feed_id:
                self.held_bytes -= slot.held.size_bytes
                del self._slots[path]

    def _make_room(self) -> None:
        while self.held_bytes > self._limit_bytes:
            path, slot = next(iter(self._slots.items()))
            del self._slots[path]
            if slot.used:
                slot.used = False
                self._slots[path] = slot
            else:
                self.held_bytes -= slot.held.size_bytes
