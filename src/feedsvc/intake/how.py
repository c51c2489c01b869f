"""What every importer is given: settings, what the user asked for, and the names there are."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from feedsvc.model import Kind, Submission
from feedsvc.settings import Settings
from feedsvc.store import terms
from feedsvc.store.database import Database

_REFRESH = 500


@dataclass(frozen=True)
class Known:
    """Names that the store and the settings have already.

    Attributes:
        removed_editions: Editions that were removed: no page brings them back by naming them.
        removed_sections: The same for sections.
    """

    sections: tuple[str, ...]
    editions: tuple[str, ...]
    authors: tuple[str, ...] = ()
    removed_editions: tuple[str, ...] = ()
    removed_sections: tuple[str, ...] = ()


@dataclass(frozen=True)
class Overrides:
    """What is given beside the files and wins over it; an empty section or edition means none.

    Attributes:
        section_map: Sections to file under, by what a file calls them, in lower case; the empty
            string drops one.
        site_url: Where it was public, for exports that do not say.
    """

    date: dt.date | dt.datetime | None = None
    title: str | None = None
    section: str | None = None
    edition: str | None = None
    auto_create: bool = False
    site_url: str | None = None
    section_map: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class KnownNames:
    """The names that are known, looked up anew every few hundred pages."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._known: Known | None = None
        self._asked = 0

    def now(self) -> Known:
        """Return the names that are known now."""
        if self._known is None or self._asked % _REFRESH == 0:
            fresh = self._look()
            self._known = self._joined(self._known, fresh) if self._known else fresh
        self._asked += 1
        return self._known

    def learn(self, submission: Submission) -> None:
        """Let what one page introduced be known to the next."""
        if self._known is None:
            return
        edition = (submission.edition,) if submission.edition else ()
        names = Known(submission.sections, edition, tuple(name for name, _ in submission.byline))
        self._known = self._joined(self._known, names)

    def _look(self) -> Known:
        imports = self._settings.imports
        with self._database.read() as tx:
            editions = terms.names(tx, Kind.EDITION)
            return Known(
                sections=tuple(dict.fromkeys((*imports.sections, *terms.names(tx, Kind.SECTION)))),
                editions=tuple(dict.fromkeys((*imports.editions, *editions))),
                authors=terms.names(tx, Kind.AUTHOR),
                removed_editions=terms.removed_names(tx, Kind.EDITION),
                removed_sections=terms.removed_names(tx, Kind.SECTION),
            )

    @staticmethod
    def _joined(known: Known, more: Known) -> Known:
        kinds = ("sections", "editions", "authors")
        fresh = {
            kind: [name for name in getattr(more, kind) if name not in getattr(known, kind)]
            for kind in kinds
        }
        added = {kind: (*getattr(known, kind), *new) for kind, new in fresh.items() if new}
        gone = {
            kind: getattr(more, kind) or getattr(known, kind)
            for kind in ("removed_editions", "removed_sections")
        }
        return replace(known, **gone, **added)


@dataclass(frozen=True)
class How:
    """What importers are given.

    Attributes:
        left_out: Importers count here what a file has and nobody can use, such as `comments`.
    """

    settings: Settings
    overrides: Overrides
    names: KnownNames
    left_out: Counter[str] = field(default_factory=Counter)
