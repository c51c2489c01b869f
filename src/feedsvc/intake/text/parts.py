"""What the header of a page of text says, and what is known while it is read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from feedsvc.intake.change import local_hour
from feedsvc.intake.dates import parse_date_line
from feedsvc.intake.how import Known, Overrides
from feedsvc.intake.text.categories import Categories
from feedsvc.intake.text.lines import Lines
from feedsvc.settings import Settings

Byline = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Reading:
    """A page that is being read, and what is known beside it."""

    lines: Lines
    known: Known
    overrides: Overrides
    settings: Settings

    def date(self, text: str) -> dt.date | dt.datetime | None:
        """Return the date that a line is."""
        imports, tz = self.settings.imports, self.settings.tz
        return parse_date_line(text, tz, day_first=imports.day_first)

    def instant(self, text: str | None) -> dt.datetime | None:
        """Return the instant of a date; that of a day is its configured hour."""
        date = self.date(text) if text else None
        if date is None or isinstance(date, dt.datetime):
            return date
        return local_hour(date, self.settings)


@dataclass(frozen=True)
class Parts:
    """What the header of a page says.

    Attributes:
        kept: Lines of it that are part of the text.
    """

    title: str
    date: dt.date | dt.datetime
    byline: Byline
    filed: Categories
    kept: list[str]
    deck: str | None = None
    updated: dt.datetime | None = None
