"""Reads the header of the newsroom's own pages: date, title, categories, title, `By: NAME`."""

from __future__ import annotations

import datetime as dt

from feedsvc.errors import RejectedError
from feedsvc.intake.dates import looks_like_date
from feedsvc.intake.how import Known, Overrides
from feedsvc.intake.text.byline import is_bare_byline, is_byline, parse_byline
from feedsvc.intake.text.filed_lines import is_filed, repeat_in, take_categories
from feedsvc.intake.text.gaps import Gap, gap_at, missing, not_a_date
from feedsvc.intake.text.header import keep
from feedsvc.intake.text.header_lines import (
    between,
    dated_byline,
    is_reading_time,
    marked_date,
    updated_date,
)
from feedsvc.intake.text.lines import Lines, fold, is_prose
from feedsvc.intake.text.names import is_full_name
from feedsvc.intake.text.parts import Byline, Parts, Reading
from feedsvc.intake.text.roles import is_role_line

_MAX_TITLE = 300
_MAX_BETWEEN = 4


def in_own_form(page: Reading) -> Parts:
    """Take the header of a page.

    Raises:
        RejectedError: A part is missing, or is not what should stand there.
    """
    lines, known, overrides = page.lines, page.known, page.overrides
    date = _take_date(page)
    above = lines.taken
    title = _take_title(lines, known, overrides)
    if isinstance(date, Gap) or isinstance(title, Gap):
        raise missing([part for part in (date, title) if isinstance(part, Gap)])
    printed = lines.last if lines.taken > above else ""
    above = lines.taken
    filed = take_categories(lines, printed, known, overrides)
    kept: list[str] = []
    deck = keep(_take_between(lines, known.authors), kept)
    byline = _take_byline(page, date, below_header=lines.taken > above)
    return Parts(title, date, byline, filed, kept, deck, page.instant(_take_updated(page, date)))


def _take_date(page: Reading) -> dt.date | dt.datetime | Gap:
    lines, given = page.lines, page.overrides.date
    text, is_title = lines.ahead(), _is_dated_title(lines)
    if is_title or not looks_like_date(text):
        why = ", which is the title, for it stands there twice" if is_title else ""
        return given or gap_at(lines, "date", why)
    gap = Gap("date", lines.number, not_a_date(text))
    lines.take()
    return given or page.date(text) or gap


def _is_dated_title(lines: Lines) -> bool:
    """True where the title itself is a date, so that it comes twice, and no date stands above."""
    first, *others = (fold(lines.ahead(count)) for count in range(4))
    return first in others[:2] and others.count(first) == 1


def _take_title(lines: Lines, known: Known, overrides: Overrides) -> str | Gap:
    given = " ".join((overrides.title or "").split())
    why_not = _why_no_title(lines, known, given)
    printed = lines.take() if why_not is None else gap_at(lines, "title", why_not)
    return given or printed


def _why_no_title(lines: Lines, known: Known, given: str) -> str | None:
    """Return why the next line is not the title, or None if it is.

    With a title given, a line that only might be one is body text: it would be lost.
    """
    text, below = lines.ahead(), lines.ahead(1)
    if len(text) <= _MAX_TITLE and repeat_in(lines, text, start=1):
        return None
    in_form = is_byline(below) or is_filed(below, known)
    is_guess = bool(given) and not lines.taken and fold(text) != fold(given)
    reasons = {
        "": not text,
        f", {len(text)} characters long, which is body text": len(text) > _MAX_TITLE,
        ", which is the byline": is_byline(text),
        ", which names sections": is_filed(text, known),
        ", which is body text": not in_form and (is_prose(text) or is_guess),
    }
    return next((why for why, holds in reasons.items() if holds), None)


def _take_between(lines: Lines, authors: tuple[str, ...]) -> list[str]:
    """Take what stands between title and byline; nothing where no byline follows."""
    found = list(between(lines.ahead(at) for at in range(_MAX_BETWEEN)))
    below = lines.ahead(len(found))
    if not found or not (is_byline(below) or dated_byline(below, authors)):
        return []
    lines.skip(len(found))
    return found


def _take_byline(page: Reading, date: dt.date | dt.datetime, *, below_header: bool) -> Byline:
    lines, authors = page.lines, page.known.authors
    text = lines.ahead()
    is_bare = below_header and bool(lines.ahead(1)) and is_bare_byline(text, authors)
    both = dated_byline(text, authors)
    if both and (below_header or is_byline(text)):
        _refuse_other_date(page, date, both[1])
        lines.take()
        return parse_byline(both[0], authors)
    found = _take_signature(lines, authors) if is_bare or is_byline(text) else ()
    while is_byline(lines.ahead()) and ":" in lines.ahead():
        found += _take_signature(lines, authors)
    return tuple(dict.fromkeys(found))


def _take_updated(page: Reading, date: dt.date | dt.datetime) -> str | None:
    """Take the lines below the byline that say when; return the date of the last change."""
    updated = None
    while True:
        text = page.lines.ahead()
        if changed := updated_date(text):
            updated = changed
        elif again := marked_date(text):
            _refuse_other_date(page, date, again)
        elif not is_reading_time(text):
            return updated
        page.lines.take()


def _refuse_other_date(page: Reading, date: dt.date | dt.datetime, text: str) -> None:
    if page.overrides.date is None and page.date(text) != date:
        raise RejectedError(
            f"The page gives two publishing dates, {date:%Y-%m-%d} above the title and “{text}”"
            f" on line {page.lines.number}; keep one of them, or use --date.",
            field="date",
            line=page.lines.number,
        )


def _take_signature(lines: Lines, authors: tuple[str, ...]) -> Byline:
    """Take one line, and the line close below it where that is the name or the role for it."""
    text = lines.take()
    found, below = parse_byline(text, authors), lines.ahead()
    if lines.is_close and lines.ahead(1):
        if not found and is_full_name(below):
            return parse_byline(lines.take(), authors)
        if found and is_role_line(below):
            return parse_byline(f"{text}, {lines.take()}", authors)
    return found
