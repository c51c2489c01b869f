"""Reads a page copied as text: date, title, categories, title, `By: NAME`, body, "Back To Top".

A misread page is published while a refused one is kept and asked about, so what cannot be told
for certain is refused, with the line and the remedy. No body text is ever left out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import unicodedata
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from feedsvc.errors import RejectedError
from feedsvc.intake.byline import is_bare_byline, is_byline, parse_byline
from feedsvc.intake.categories import Categories, split_categories
from feedsvc.intake.dates import looks_like_date, parse_date_line
from feedsvc.intake.decode import decode
from feedsvc.intake.gaps import Gap, gap_at, missing
from feedsvc.intake.lines import (
    Lines,
    ends_sentence,
    fold,
    is_footer,
    is_prose,
    paragraphs,
    split_correction,
)
from feedsvc.intake.names import is_full_name
from feedsvc.intake.roles import is_role_line
from feedsvc.model import Submission

_Byline = tuple[tuple[str, str | None], ...]

_MAX_TITLE = 300
_MAX_CATEGORIES = 120
_MAX_UNMARKED = 60
_CATEGORY_LINES = 3


@dataclass(frozen=True)
class Known:
    """Names that the store and the settings have already."""

    sections: tuple[str, ...]
    editions: tuple[str, ...]
    authors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Overrides:
    """What is given beside the page and wins over it; an empty section or edition means none."""

    date: dt.date | dt.datetime | None = None
    title: str | None = None
    section: str | None = None
    edition: str | None = None
    auto_create: bool = False


@dataclass(frozen=True)
class Page:
    """What a page says; `correction` is the note below the byline without the word in front."""

    submission: Submission
    correction: str | None


def read_page(raw: bytes, *, known: Known, overrides: Overrides, tz: ZoneInfo) -> Page:
    """Return what a page says; `source` and `path` are left to the caller.

    Args:
        tz: The newsroom's zone, in which a time in the date line is meant.

    Raises:
        RejectedError: A part is missing, or is not what should stand there.
    """
    lines = Lines(unicodedata.normalize("NFC", decode(raw)))
    date = _take_date(lines, overrides.date, tz)
    above = lines.taken
    title = _take_title(lines, known, overrides)
    if isinstance(date, Gap) or isinstance(title, Gap):
        raise missing([part for part in (date, title) if isinstance(part, Gap)])
    printed = lines.last if lines.taken > above else ""
    above = lines.taken
    filed = _take_categories(lines, printed, known, overrides)
    byline = _take_byline(lines, known.authors, below_header=lines.taken > above)
    correction, body = split_correction(lines.rest())
    content = body_html(body)
    if not content:
        raise RejectedError("The page has no text below its header; add it.", field="body")
    submission = Submission(
        title=title,
        content_html=content,
        byline=byline,
        sections=filed.sections,
        edition=filed.edition,
        date=date,
        digest=hashlib.sha256(raw + repr(overrides).encode()).hexdigest(),
    )
    return Page(submission, correction)


def body_html(lines: list[str]) -> str:
    """Return lines of plain text as HTML paragraphs; empty when there is nothing in them."""
    texts = (html.escape(text, quote=False) for text in paragraphs(lines))
    return "\n".join(f"<p>{text}</p>" for text in texts)


def _take_date(
    lines: Lines, given: dt.date | dt.datetime | None, tz: ZoneInfo
) -> dt.date | dt.datetime | Gap:
    text, is_title = lines.ahead(), _is_dated_title(lines)
    if is_title or not looks_like_date(text):
        why = ", which is the title, for it stands there twice" if is_title else ""
        return given or gap_at(lines, "date", why)
    unit = "time" if ":" in text else "day"
    gap = Gap("date", lines.number, f"“{text}” is not a {unit} that exists")
    lines.take()
    return given or parse_date_line(text, tz) or gap


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
    if len(text) <= _MAX_TITLE and _repeat_in(lines, text, start=1):
        return None
    in_form = is_byline(below) or _is_filed(below, known)
    is_guess = bool(given) and not lines.taken and fold(text) != fold(given)
    reasons = {
        "": not text,
        f", {len(text)} characters long, which is body text": len(text) > _MAX_TITLE,
        ", which is the byline": is_byline(text),
        ", which names sections": _is_filed(text, known),
        ", which is body text": not in_form and (is_prose(text) or is_guess),
    }
    return next((why for why, holds in reasons.items() if holds), None)


def _repeat_in(lines: Lines, title: str, *, start: int = 0) -> int | None:
    """Return how many lines ahead the title comes again, with categories at most between."""
    for count in range(start, start + _CATEGORY_LINES + 1):
        text = lines.ahead(count)
        if fold(title) and fold(text) == fold(title):
            return count
        if not text or is_byline(text) or is_prose(text):
            return None
    return None


def _is_filed(text: str, known: Known) -> bool:
    """True for a line that is made of known names, but for the edition's perhaps."""
    if len(text) > _MAX_CATEGORIES:
        return False
    try:
        found = split_categories(text, known.sections, known.editions)
    except RejectedError:
        return False
    if found.edition in known.editions:
        return True
    return bool(found.sections) and (found.edition is None or found.edition[-1].isdigit())


def _take_categories(lines: Lines, title: str, known: Known, overrides: Overrides) -> Categories:
    if overrides.date is not None and looks_like_date(lines.ahead()):
        lines.take()
    again, number = _repeat_in(lines, title), lines.number
    count = _may_be_categories(lines, title, known, overrides) if again is None else again
    text = " | ".join([lines.take() for _ in range(count)])
    if again is not None:
        lines.take()
        if not text and _is_filed(lines.ahead(), known):
            number, text = lines.number, lines.take()
    return _filed(text, number, known, overrides)


def _may_be_categories(lines: Lines, title: str, known: Known, overrides: Overrides) -> bool:
    """True for a line that stands where categories would, though no second title follows it.

    Short words with a byline or a body below are taken for categories, so that unknown ones are
    refused, unless the section is given: then nobody would notice that a line of text is gone.
    """
    text, below = lines.ahead(), lines.ahead(1)
    if not is_byline(text) and _is_filed(text, known):
        return True
    if is_byline(text) or not title or not below or len(text) > _MAX_CATEGORIES:
        return False
    is_short = len(text) <= _MAX_UNMARKED and not ends_sentence(text) and not is_footer(text)
    return is_byline(below) or (is_short and overrides.section is None)


def _filed(text: str, number: int | None, known: Known, overrides: Overrides) -> Categories:
    section, edition = overrides.section, overrides.edition
    found = Categories((), None)
    if section is None or edition is None:
        auto_create = overrides.auto_create or section is not None
        try:
            found = split_categories(text, known.sections, known.editions, auto_create=auto_create)
        except RejectedError as error:
            raise RejectedError(error.reason, field=error.field, line=number) from error
    return Categories(
        found.sections if section is None else _given(section, known.sections),
        found.edition if edition is None else next(iter(_given(edition, known.editions)), None),
    )


def _given(name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return a given name in the known spelling; nothing for an empty one."""
    name = " ".join(name.split())
    spelling = {each.casefold(): each for each in known}
    return (spelling.get(name.casefold(), name),) if name else ()


def _take_byline(lines: Lines, authors: tuple[str, ...], *, below_header: bool) -> _Byline:
    text = lines.ahead()
    is_bare = below_header and bool(lines.ahead(1)) and is_bare_byline(text, authors)
    found = _take_signature(lines, authors) if is_bare or is_byline(text) else ()
    while is_byline(lines.ahead()) and ":" in lines.ahead():
        found += _take_signature(lines, authors)
    return tuple(dict.fromkeys(found))


def _take_signature(lines: Lines, authors: tuple[str, ...]) -> _Byline:
    """Take one line, and the line close below it where that is the name or the role for it."""
    text = lines.take()
    found, below = parse_byline(text, authors), lines.ahead()
    if lines.is_close and lines.ahead(1):
        if not found and is_full_name(below):
            return parse_byline(lines.take(), authors)
        if found and is_role_line(below):
            return parse_byline(f"{text}, {lines.take()}", authors)
    return found
