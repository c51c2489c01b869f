"""A file that is being read, and what its place among the others says of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from feedsvc.intake.files import Found
from feedsvc.intake.filing import sections
from feedsvc.intake.how import Known, Overrides
from feedsvc.intake.removed import refuse_removed_edition, refuse_removed_sections
from feedsvc.settings import Settings

Files = tuple[tuple[str, Path], ...]

_DATED_NAME = re.compile(r"(\d{4}-\d\d-\d\d)(?:-(.+))?")


@dataclass(frozen=True)
class Opened:
    """A file, and what is known beside it."""

    found: Found
    settings: Settings
    overrides: Overrides
    known: Known

    def sections(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the sections for what a file is filed under, in the known spelling.

        A name that is not known makes a new section: it stands in a field of its own, so that it
        cannot be a word of something else.

        Raises:
            RejectedError: One was removed, and nobody asked for it.
        """
        spelling = {name.casefold(): name for name in self.known.sections}
        theirs = sections(((name, "") for name in names), self.overrides)
        found = tuple(spelling.get(name.casefold(), name) for name in theirs)
        refuse_removed_sections(found, self.known, self.overrides)
        return found

    def edition(self, name: str | None = None) -> str | None:
        """Return the edition of what a file files under `name`.

        Raises:
            RejectedError: It was removed, and nobody asked for it.
        """
        given = self.overrides.edition
        edition = (name if given is None else given) or None
        refuse_removed_edition(edition, self.known, self.overrides)
        return edition

    def digest(self, version: str, raw: bytes, files: Files, more: str = "") -> str:
        """Hash all that an article is made from; its pictures by size and age, not to read them.

        Args:
            version: Of the importer.
            more: What else the article is made from.
        """
        found = [(name, (stat := file.stat()).st_size, stat.st_mtime_ns) for name, file in files]
        made_from = repr((version, self.overrides, self.settings.imports.day_first, found, more))
        return hashlib.sha256(raw + made_from.encode("utf-8", "surrogateescape")).hexdigest()

    @property
    def path(self) -> PurePosixPath:
        """Its name within the folder that the import starts from."""
        return PurePosixPath(self.found.path)

    @property
    def is_jekyll(self) -> bool:
        """True for a file where Jekyll keeps its posts."""
        return not {"_posts", "_drafts"}.isdisjoint(self.path.parts[:-1])

    @property
    def dated_name(self) -> tuple[str | None, str]:
        """The day that the name of a file or of its folder begins with, and the rest of it."""
        name = self.path.stem
        if name.lower() == "index" and len(self.path.parts) > 1:
            name = self.path.parts[-2]
        hit = _DATED_NAME.fullmatch(name)
        return (hit[1], hit[2] or "") if hit else (None, name)
