"""A thread that keeps a shelf up to date: it asks the store, again and again, what has changed."""

from __future__ import annotations

import threading

import structlog

from feedsvc.errors import StoreError
from feedsvc.web.shelf import Shelf

log = structlog.get_logger()

# A change is seen within this and the time to read it: far less than a second.
_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0


class Watch:
    """The thread of one process. It never ends by itself: without it, feeds would go stale."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._ended = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def end(self) -> None:
        """Stop watching and wait until it has."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._pause()):
            try:
                self._shelf.look()
            except StoreError as error:
                self._fail(str(error))
            except Exception as error:
                log.exception("look_failed")
                self._fail(repr(error))
            else:
                self._failures = 0

    def _pause(self) -> float:
        return min(_PAUSE_SECONDS * (1 << min(self._failures, 10)), _LONGEST_PAUSE_SECONDS)

    def _fail(self, reason: str) -> None:
        """Say once that what is served may grow old."""
        self._failures += 1
        if self._failures == 1:
            log.error("store_failed", job="watch", reason=reason)
