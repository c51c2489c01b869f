"""Processes that build beside each other, each with a store and a memory of its own.

They are started anew for each backlog and end with it: a small machine has its memory back.
Each ends when the process that started it does, also when that one is killed.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing.connection import wait as wait_for
from types import TracebackType
from typing import Generic, TypeVar

from feedsvc import logs
from feedsvc.feeds.press import Press
from feedsvc.settings import Settings
from feedsvc.store.database import Database

T = TypeVar("T")

# Forking would hand on the lock that makes the parent the clock, and its connections.
_SPAWN = multiprocessing.get_context("spawn")
_PATIENCE_SECONDS = 0.2

_press: list[Press] = []  # of a process of the pool, set once at its start


class Pool(Generic[T]):
    """A few processes that call one function with the press and a feed's id."""

    def __init__(self, press: Press, processes: int, function: Callable[[Press, int], T]) -> None:
        self._size = processes
        self._function = function
        self._running: set[Future[T]] = set()
        parts = (press.database.url, press.settings, press.now, press.builder)
        self._executor = ProcessPoolExecutor(
            processes,
            mp_context=_SPAWN,
            initializer=_begin,
            initargs=(*parts, logs.current_level()),
        )

    def __enter__(self) -> Pool[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    @property
    def free(self) -> int:
        """How many more calls would begin at once; one is always ready behind those."""
        return max(0, self._size + 1 - len(self._running))

    @property
    def busy(self) -> int:
        """How many calls have not ended."""
        return len(self._running)

    def submit(self, feed_id: int) -> None:
        """Have a process call the function.

        Raises:
            concurrent.futures.BrokenExecutor: A process was killed.
        """
        self._running.add(self._executor.submit(_call, self._function, feed_id))

    def finished(self) -> Iterator[T]:
        """Wait a moment, and yield the results of the calls that have ended."""
        done, self._running = wait(self._running, _PATIENCE_SECONDS, FIRST_COMPLETED)
        for future in done:
            yield future.result()


def _begin(
    url: str, settings: Settings, now: Callable[[], dt.datetime], builder: str, level: int
) -> None:
    """Set up a process of the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    logs.set_up_logging(settings, level=level)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _press.append(Press(Database(url), settings, now, builder))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


def _call(function: Callable[[Press, int], T], feed_id: int) -> T:
    return function(_press[0], feed_id)
