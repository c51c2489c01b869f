"""Knows the lines of a header by what they say: who, when, filed where, how long to read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from feedsvc.intake.dates import looks_like_date
from feedsvc.intake.text.byline import is_bare_byline, is_byline
from feedsvc.intake.text.lines import ends_sentence
from feedsvc.intake.text.names import is_full_name

_BULLET = re.compile(r"[•·|*]\s*")
_PUBLISHED = re.compile(r"(?:published|posted)(?: on)?\s*:?\s*", re.IGNORECASE)
_UPDATED = re.compile(r"(?:last )?(?:updated|modified)(?: on)?\s*:?\s*", re.IGNORECASE)
_FILED = re.compile(r"(?:filed under|posted in)\s*:?\s*(\S.*)", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:[|•·]|\s[–—-]\s|,)\s*")
_MINUTES = r"(?:about )?\d{1,3}[- ]?min(?:ute)?s?\.?"
_READING = re.compile(
    rf"\W*(?:(?:estimated )?read(?:ing)? time\s*:?\s*{_MINUTES}|{_MINUTES} (?:to )?read)\W*",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\W?(?:(?:cover |lead )?(?:photo(?:s|graphs?|graphy)?|images?|illustrations?|graphics?|art)"
    r"\s*(?:by|courtesy(?: of)?|credits?\s*:|from|:|\|)|courtesy of)\s*\S.*",
    re.IGNORECASE,
)
_MIN_DECK = 60
_MAX_DECK = 300


def marked_date(text: str) -> str | None:
    """Return the date of a line that says it is the publishing date, by a word or a bullet."""
    if text.endswith("|") and looks_like_date(text[:-1]):
        return text[:-1]
    for mark in (_BULLET, _PUBLISHED):
        hit = mark.match(text)
        if hit and looks_like_date(text[hit.end() :]):
            return text[hit.end() :]
    return None


def updated_date(text: str) -> str | None:
    """Return the date of a line such as "Updated: December 7, 2019"."""
    hit = _UPDATED.match(text)
    return text[hit.end() :] if hit and looks_like_date(text[hit.end() :]) else None


def filed_names(text: str) -> str | None:
    """Return what a line such as "Filed under Sports" names."""
    hit = _FILED.fullmatch(text)
    return hit[1] if hit else None


def dated_byline(text: str, authors: Collection[str]) -> tuple[str, str] | None:
    """Return both halves of a line such as "Ann Lee, Reporter | December 6, 2019"."""
    if marked_date(text) or looks_like_date(text):
        return None
    for hit in _BETWEEN.finditer(text):
        who, when = text[: hit.start()], text[hit.end() :]
        if looks_like_date(when) and is_signature(who, authors):
            return who, when
    return None


def dated_opening(text: str) -> tuple[str, str] | None:
    """Return both halves of a text that opens with its date: "July 12, 2006 | The council …"."""
    when, _, rest = text.partition("|")
    return (when.strip(), rest.strip()) if rest.strip() and looks_like_date(when) else None


def is_signature(text: str, authors: Collection[str]) -> bool:
    """True for a name alone too: only for places where nothing else can stand."""
    return bool(text) and (is_byline(text) or is_bare_byline(text, authors) or is_full_name(text))


def is_reading_time(text: str) -> bool:
    """True for a line such as "5 min read"."""
    return bool(_READING.fullmatch(text))


def is_credit(text: str) -> bool:
    """True for a line that says who made a picture."""
    return len(text) <= _MAX_DECK and bool(_CREDIT.fullmatch(text))


def is_deck(text: str) -> bool:
    """True for a line that sums a story up: too long, or too much of a sentence, for categories."""
    is_long = len(text) > _MIN_DECK or ends_sentence(text)
    return is_long and len(text) <= _MAX_DECK and dated_opening(text) is None


def between(texts: Iterator[str]) -> Iterator[str]:
    """Yield what may stand between a title and its byline, from lines that begin below the title.

    One deck at most.
    """
    has_deck = False
    for text in texts:
        if is_credit(text) or is_reading_time(text):
            yield text
        elif is_deck(text) and not has_deck and not looks_like_date(text):
            has_deck = True
            yield text
        else:
            return
