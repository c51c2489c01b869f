"""Says which parts of a page are missing, what stands in their place, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from feedsvc.errors import RejectedError
from feedsvc.intake.text.lines import Lines

_QUOTED = 60
_NAMES = {"date": "publishing date", "title": "title"}
_PLACES = {"date": "on the first line, as in “November 15, 2024”", "title": "below the date"}


@dataclass(frozen=True)
class Gap:
    """A field that a page does not have where it belongs.

    Attributes:
        field: `date` or `title`.
        line: The line in its place, from 1; None behind the last one.
        why: What that line is instead.
    """

    field: str
    line: int | None
    why: str


def gap_at(lines: Lines, field: str, why: str = "") -> Gap:
    """Return the gap that the next line leaves; `why` says more about the line."""
    text = lines.ahead()
    short = text if len(text) <= _QUOTED else f"{text[:_QUOTED].rstrip()}…"
    found = f"line {lines.number} is “{short}”" if text else "the page ends before it"
    return Gap(field, lines.number, found + why)


def not_a_date(text: str) -> str:
    """Return what is wrong with a line that only looks like a date."""
    return f"“{text}” is not a {'time' if ':' in text else 'day'} that exists"


def missing(gaps: list[Gap]) -> RejectedError:
    """Return one error for all gaps; its field and line are those of the first."""
    faults = " ".join(f"No {_NAMES[gap.field]}: {gap.why}." for gap in gaps)
    remedies = " and ".join(f"the {gap.field} {_PLACES[gap.field]}" for gap in gaps)
    options = " and ".join(f"--{gap.field}" for gap in gaps)
    return RejectedError(
        f"{faults} Write {remedies}, or use {options}.", field=gaps[0].field, line=gaps[0].line
    )
