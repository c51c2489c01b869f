"""Reads headers in other forms than the newsroom's own: the title first, or the header last.

The lines of such a header tell by themselves what they are; one that does not ends it. A date only
counts where a word or a bullet marks it, or below a byline, and without one there is no header.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from feedsvc.errors import RejectedError
from feedsvc.intake.dates import looks_like_date
from feedsvc.intake.text.byline import is_bare_byline, is_byline, parse_byline
from feedsvc.intake.text.filed_lines import categories_of
from feedsvc.intake.text.gaps import Gap, missing, not_a_date
from feedsvc.intake.text.header_lines import (
    between,
    dated_byline,
    dated_opening,
    filed_names,
    is_credit,
    is_reading_time,
    is_signature,
    marked_date,
    updated_date,
)
from feedsvc.intake.text.lines import Lines, fold, is_footer, is_prose
from feedsvc.intake.text.names import is_full_name
from feedsvc.intake.text.parts import Parts, Reading
from feedsvc.intake.text.roles import is_role_line

_MAX_TITLE = 150
_MAX_LINES = 12
_CATEGORIES = "categories:"


@dataclass
class Header:
    """What the lines of a header say, as they say it.

    Attributes:
        dates: (line number, date) of each publishing date.
        bylines: One for each line, its role with it.
        filed: (line number, names) of each line of categories.
        kept: Lines that are part of the text all the same: a deck, a photo credit.
        opening: What the first line of the text says behind the date on it.
    """

    title: str
    dates: list[tuple[int | None, str]] = field(default_factory=list)
    updated: str | None = None
    bylines: list[str] = field(default_factory=list)
    filed: list[tuple[int | None, str]] = field(default_factory=list)
    deck: str | None = None
    kept: list[str] = field(default_factory=list)
    opening: str = ""


class Reader:
    """Reads the header of a page.

    Attributes:
        authors: Names in the store.
        is_filed: Tells a line that is made of known sections and editions.
    """

    def __init__(self, authors: tuple[str, ...], is_filed: Callable[[str], bool]) -> None:
        self.authors = authors
        self.is_filed = is_filed

    def title_first(self, lines: Lines) -> Header | None:
        """Take a header that begins with the title, or with what it is filed under."""
        at = 1 if self._filed(lines.ahead()) and not is_byline(lines.ahead(1)) else 0
        if not self._is_title(lines.ahead(at)):
            return None
        header = Header(lines.ahead(at))
        if at:
            header.filed.append((lines.number, self._filed(lines.ahead()) or ""))
        count = at + 1 + self._between(lines, at + 1, header)
        while count < _MAX_LINES and self._take(lines, count, header):
            count += 1
        opening = dated_opening(lines.ahead(count))
        if opening and not header.dates:
            header.dates.append((lines.number_of(count), opening[0]))
            header.opening = opening[1]
        if not header.dates:
            return None
        lines.skip(count)
        return header

    def at_the_end(self, lines: Lines) -> Header | None:
        """Take a header off the end: `Categories:`, the title, a byline, the date."""
        texts = lines.all_ahead()
        count = next((at for at, text in enumerate(texts) if is_footer(text)), len(texts))
        if count < 4 or not looks_like_date(texts[count - 1]):  # noqa: PLR2004
            return None
        title, byline, date = texts[count - 3 : count]
        first = next((at for at in (count - 4, count - 5) if at > 0 and self._opens(texts[at])), 0)
        if not first or not is_signature(byline, self.authors) or not self._is_title(title):
            return None
        header = Header(title, [(lines.number_of(count - 1), date)], bylines=[byline])
        names = " | ".join([texts[first][len(_CATEGORIES) :], *texts[first + 1 : count - 3]])
        header.filed.append((lines.number_of(first), names.strip(" |")))
        lines.end_before(first)
        if fold(lines.ahead()) == fold(title):
            lines.take()
        return header

    @staticmethod
    def _opens(text: str) -> bool:
        return text.casefold().startswith(_CATEGORIES)

    def _is_title(self, text: str) -> bool:
        is_other = (
            self.is_filed(text)
            or is_byline(text)
            or looks_like_date(text)
            or marked_date(text) is not None
        )
        is_note = is_credit(text) or is_reading_time(text) or filed_names(text) is not None
        return (
            bool(text) and len(text) <= _MAX_TITLE and not (is_other or is_note or is_prose(text))
        )

    def _filed(self, text: str) -> str | None:
        return filed_names(text) or (text if self.is_filed(text) else None)

    def _between(self, lines: Lines, start: int, header: Header) -> int:
        """Read what stands between title and byline; return how many lines that is."""
        texts = list(between(lines.ahead(start + at) for at in range(_MAX_LINES)))
        header.deck = keep(texts, header.kept)
        return len(texts)

    def _take(self, lines: Lines, at: int, header: Header) -> bool:
        """Read one line of the header; False where it is none."""
        text, number = lines.ahead(at), lines.number_of(at)
        if fold(text) == fold(header.title) or is_reading_time(text):
            return bool(text)
        if changed := updated_date(text):
            header.updated = changed
        elif filed := self._filed(text):
            header.filed.append((number, filed))
        elif (both := dated_byline(text, self.authors)) and self._is_person(both[0]):
            header.bylines.append(both[0])
            header.dates.append((number, both[1]))
        elif date := marked_date(text):
            header.dates.append((number, date))
        elif looks_like_date(text) and header.bylines and not header.dates:
            header.dates.append((number, text))
        else:
            return self._take_name(lines, at, header)
        return True

    def _take_name(self, lines: Lines, at: int, header: Header) -> bool:
        text = lines.ahead(at)
        is_above_date = is_full_name(text) and self._is_dated(lines.ahead(at + 1))
        is_above_date = is_above_date and self._is_person(text)
        if is_byline(text) or is_bare_byline(text, self.authors) or is_above_date:
            header.bylines.append(text)
        elif (
            header.bylines
            and is_role_line(text)
            and fold(lines.ahead(at - 1)) == fold(header.bylines[-1])
        ):
            header.bylines[-1] = f"{header.bylines[-1]}, {text}"
        elif header.bylines and not header.dates and is_credit(text):
            header.kept.append(text)
        else:
            return False
        return True

    def _is_person(self, text: str) -> bool:
        """False for "Local News", which has the form of a name."""
        return is_byline(text) or not any(self.is_filed(word) for word in text.split())

    @staticmethod
    def _is_dated(text: str) -> bool:
        return looks_like_date(text) or marked_date(text) is not None


def keep(texts: list[str], kept: list[str]) -> str | None:
    """Put what is text into `kept`; return the deck among it, or None."""
    said = [text for text in texts if not is_reading_time(text)]
    kept += said
    return next((text for text in said if not is_credit(text)), None)


def _only_date(header: Header) -> tuple[int | None, str]:
    """Return the one publishing date of a header.

    Raises:
        RejectedError: It has several that differ.
    """
    first, *others = header.dates
    for number, text in others:
        if text != first[1]:
            raise RejectedError(
                f"The page gives two publishing dates, “{first[1]}” on line {first[0]} and “{text}”"
                f" on line {number}; keep one of them, or use --date.",
                field="date",
                line=number,
            )
    return first


def in_other_form(page: Reading, header: Header) -> Parts:
    """Return what a header says.

    Raises:
        RejectedError: Its dates differ or are none, or it is filed under what is not known.
    """
    number, text = _only_date(header)
    date = page.overrides.date or page.date(text)
    if date is None:
        raise missing([Gap("date", number, not_a_date(text))])
    names = " | ".join(names for _, names in header.filed)
    at = header.filed[0][0] if header.filed else None
    byline = (one for line in header.bylines for one in parse_byline(line, page.known.authors))
    return Parts(
        title=" ".join((page.overrides.title or "").split()) or header.title,
        date=date,
        byline=tuple(dict.fromkeys(byline)),
        filed=categories_of(names, at, page.known, page.overrides),
        kept=header.kept,
        deck=header.deck,
        updated=page.instant(header.updated),
    )
