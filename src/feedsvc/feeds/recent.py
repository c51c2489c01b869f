"""A memory of what was worked out lately, bounded by bytes.

For pure functions of texts: a count of texts would bound nothing, as one may have a megabyte.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The values that were used last, as many as fit; those unused for longest go first.

    Keys are compared as a whole, so two texts are never taken for one. Threads may share it.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._used = 0
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """Return the value kept under `key`; None when there is none."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            self._kept.move_to_end(key)
            return kept[0]

    def put(self, key: Key, value: Value, size_bytes: int) -> None:
        """Keep a value, in place of an earlier one.

        Args:
            key: What to find it by.
            value: Anything but None, which `get` could not tell from nothing.
            size_bytes: What key and value take together; what exceeds the limit is not kept.
        """
        with self._lock:
            self._remove(key)
            if size_bytes > self._limit:
                return
            self._kept[key] = (value, size_bytes)
            self._used += size_bytes
            while self._used > self._limit:
                _, (_, size) = self._kept.popitem(last=False)
                self._used -= size

    def forget(self, key: Key) -> None:
        """Drop the value kept under `key`, if there is one."""
        with self._lock:
            self._remove(key)

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._kept.clear()
            self._used = 0

    def _remove(self, key: Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._used -= kept[1]
