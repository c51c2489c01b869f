"""Answers that are long to make, kept in the process until they are of an age.

Time alone decides: while news is coming in, feeds change all the time, and whoever asks then would
have everything made again for every request. What is withdrawn is gone from an answer when the
`Cache-Control` of the answer that listed it says so, from caches on the way too: they are told how
long is left.
"""

from __future__ import annotations

import datetime as dt
import gzip
import threading
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, request

from feedsvc.services import Services
from feedsvc.web import conditions

MAX_AGE = dt.timedelta(minutes=5)
MAX_BYTES = 16_000_000
_OWN = frozenset({"Cache-Control", "Content-Length", "ETag"})  # these depend on who asks, and when


@dataclass(frozen=True, slots=True)
class _Kept:
    """A finished answer, compressed: lists of addresses shrink to a tenth."""

    packed: bytes
    tag: str
    headers: tuple[tuple[str, str], ...]
    made_at: dt.datetime


class KeptAnswers:
    """What one process has made.

    Args:
        max_bytes: How much it keeps; the oldest goes first.
    """

    def __init__(self, services: Services, max_bytes: int = MAX_BYTES) -> None:
        self._services = services
        self._max_bytes = max_bytes
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}  # by name: what is being made, is made once

    def answer(
        self, name: str, make: Callable[[], Response], max_age: dt.timedelta = MAX_AGE
    ) -> Response:
        """Answer with what goes by this name, made now unless it is there and young.

        Args:
            name: One of a few: a lock stays for each.
            max_age: For how long it may be shown to anybody; `Cache-Control` says what is left.
        """
        kept = self._take(name, make, max_age)
        headers = [*kept.headers, ("Vary", "Accept-Encoding")]
        if "gzip" in conditions.codings(request.headers.get("Accept-Encoding")):
            response = Response(kept.packed, headers=[*headers, ("Content-Encoding", "gzip")])
            response.set_etag(f"{kept.tag}.gz")
        else:
            response = Response(gzip.decompress(kept.packed), headers=headers)
            response.set_etag(kept.tag)
        left = max_age - abs(self._services.now() - kept.made_at)
        seconds = max(int(left.total_seconds()), 0)
        response.headers["Cache-Control"] = f"public, max-age={seconds}"
        response.make_conditional(request)
        return response

    def body(self, name: str, make: Callable[[], Response]) -> bytes:
        """Return the bytes of what goes by this name, for whoever makes something else of them."""
        return gzip.decompress(self._take(name, make, MAX_AGE).packed)

    def _take(self, name: str, make: Callable[[], Response], max_age: dt.timedelta) -> _Kept:
        if kept := self._young(name, max_age):
            return kept
        with self._making.setdefault(name, threading.Lock()):
            if kept := self._young(name, max_age):  # made while this thread waited
                return kept
            # Read before the rest: what changes meanwhile makes the result too old, not too new.
            now = self._services.now()
            made = make()
            body = made.get_data()
            made.add_etag()
            headers = tuple(pair for pair in made.headers if pair[0] not in _OWN)
            kept = _Kept(gzip.compress(body, 6, mtime=0), made.get_etag()[0] or "", headers, now)
            self._keep(name, kept)
            return kept

    def _young(self, name: str, max_age: dt.timedelta) -> _Kept | None:
        kept = self._kept.get(name)
        # A clock that was set back keeps nothing for ever.
        return kept if kept and abs(self._services.now() - kept.made_at) < max_age else None

    def _keep(self, name: str, kept: _Kept) -> None:
        """Put something in, and take out the oldest until all has room."""
        with self._lock:
            self._kept.pop(name, None)
            self._kept[name] = kept
            while sum(len(one.packed) for one in self._kept.values()) > self._max_bytes:
                del self._kept[next(iter(self._kept))]
