"""What a process has worked out about entries, so that it works out only what is new.

Everything here is a pure function's value, kept under everything that decides it: forgetting
changes how long a build takes, never what comes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from feedsvc.feeds import compose
from feedsvc.feeds.recent import Recent
from feedsvc.feeds.render import Fragment, fragments, seal
from feedsvc.model import Article, Entry
from feedsvc.settings import Settings

K = TypeVar("K")
T = TypeVar("T")

# Three stores of entries with their text: about 2,000 stories of 5 KB.
_LIMIT_BYTES = 16_000_000
_OVERHEAD_BYTES = 1_500


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about an entry: its weight and its digest, see `compose`."""

    weight: int
    digest: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry's bytes, and the hash that they had when they were written."""

    fragment: Fragment
    seal: str


@dataclass(frozen=True)
class Memory:
    """Entries, facts and fragments of one process, under one set of settings."""

    _entries: Recent[tuple[Article, bool], Entry] = field(
        default_factory=lambda: Recent(_LIMIT_BYTES)
    )
    _facts: Recent[Entry, Facts] = field(default_factory=lambda: Recent(_LIMIT_BYTES))
    _fragments: Recent[Entry, Sealed] = field(default_factory=lambda: Recent(2 * _LIMIT_BYTES))
    _proven: Recent[str, bool] = field(default_factory=lambda: Recent(_LIMIT_BYTES // 8))

    def entry(self, article: Article, settings: Settings, *, in_full: bool) -> Entry:
        """Return `compose_entry` of an article."""

        def make() -> Entry:
            return compose.compose_entry(article, settings, in_full=in_full)

        size = _OVERHEAD_BYTES + len(article.content_html)
        return _remembered(self._entries, (article, in_full), make, size)

    def facts(self, entry: Entry) -> Facts:
        """Return an entry's weight and digest."""

        def make() -> Facts:
            return Facts(compose.weight(entry), compose.entry_digest(entry))

        size = _OVERHEAD_BYTES + len(entry.content_html or "")
        return _remembered(self._facts, entry, make, size)

    def weight(self, entry: Entry) -> int:
        """Return `compose.weight` of an entry."""
        return self.facts(entry).weight

    def digest(self, entry: Entry) -> str:
        """Return `compose.entry_digest` of an entry."""
        return self.facts(entry).digest

    def fragments(self, entries: Sequence[Entry]) -> list[Sealed]:
        """Return the fragments of entries, in order; what is missing is written together.

        What does not match its seal any more counts as missing.

        Raises:
            RenderError: Some text cannot be written.
        """
        found = {entry: self._intact(entry) for entry in entries}
        missing = [entry for entry, known in found.items() if known is None]
        written = dict(zip(missing, fragments(missing), strict=True)) if missing else {}
        for entry, made in written.items():
            size = _OVERHEAD_BYTES + sum(map(len, made.values())) + len(entry.content_html or "")
            found[entry] = fresh = Sealed(made, seal(made))
            self._fragments.put(entry, fresh, size)
        return [sealed for entry in entries if (sealed := found[entry]) is not None]

    def _intact(self, entry: Entry) -> Sealed | None:
        known = self._fragments.get(entry)
        return known if known is not None and seal(known.fragment) == known.seal else None

    def proven(self, keys: Iterable[str]) -> set[str]:
        """Return those of the keys that are known to be proven."""
        return {key for key in keys if self._proven.get(key)}

    def note_proven(self, keys: Iterable[str]) -> None:
        """Remember keys as proven."""
        for key in keys:
            self._proven.put(key, True, len(key) + 100)

    def clear(self) -> None:
        """Forget everything."""
        for kept in (self._entries, self._facts, self._fragments, self._proven):
            kept.clear()

    def forget(self, entries: Iterable[Entry], keys: Iterable[str]) -> None:
        """Forget what was made of entries, and that it was proven."""
        for entry in entries:
            self._facts.forget(entry)
            self._fragments.forget(entry)
        for key in keys:
            self._proven.forget(key)


def _remembered(known: Recent[K, T], key: K, make: Callable[[], T], size_bytes: int) -> T:
    found = known.get(key)
    if found is None:
        found = make()
        known.put(key, found, size_bytes)
    return found
