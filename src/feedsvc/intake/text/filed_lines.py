"""Takes the lines of a page that say what it is filed under."""

from __future__ import annotations

from feedsvc.errors import RejectedError
from feedsvc.intake.dates import looks_like_date
from feedsvc.intake.how import Known, Overrides
from feedsvc.intake.text.byline import is_byline
from feedsvc.intake.text.categories import Categories, split_categories
from feedsvc.intake.text.header_lines import filed_names, is_credit, is_deck, is_reading_time
from feedsvc.intake.text.lines import Lines, fold, is_footer, is_prose

_MAX_CATEGORIES = 120
_CATEGORY_LINES = 3


def repeat_in(lines: Lines, title: str, *, start: int = 0) -> int | None:
    """Return how many lines ahead the title comes again, with categories at most between."""
    for count in range(start, start + _CATEGORY_LINES + 1):
        text = lines.ahead(count)
        if fold(title) and fold(text) == fold(title):
            return count
        if not text or is_byline(text) or is_prose(text):
            return None
    return None


def is_filed(text: str, known: Known) -> bool:
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


def take_categories(lines: Lines, title: str, known: Known, overrides: Overrides) -> Categories:
    """Take the lines below the title that say what a page is filed under, and the second title.

    Raises:
        RejectedError: They name something else besides.
    """
    if overrides.date is not None and looks_like_date(lines.ahead()):
        lines.take()
    again, number = repeat_in(lines, title), lines.number
    count = _may_be_categories(lines, title, known, overrides) if again is None else again
    text = " | ".join([lines.take() for _ in range(count)])
    if again is not None:
        lines.take()
        if not text and is_filed(lines.ahead(), known):
            number, text = lines.number, lines.take()
    return categories_of(text, number, known, overrides)


def _may_be_categories(lines: Lines, title: str, known: Known, overrides: Overrides) -> bool:
    """True for a line that stands where categories would, though no second title follows it.

    Short words with a byline or a body below are taken for categories, so that unknown ones are
    refused, unless the section is given: then nobody would notice that a line of text is gone.
    """
    text, below = lines.ahead(), lines.ahead(1)
    if not is_byline(text) and (filed_names(text) or is_filed(text, known)):
        return True
    is_note = is_credit(text) or is_reading_time(text) or is_deck(text)
    if is_byline(text) or is_note or is_footer(text) or not title or not below:
        return False
    return is_byline(below) or overrides.section is None


def categories_of(text: str, number: int | None, known: Known, overrides: Overrides) -> Categories:
    """Return what a line files a page under, unless that is given.

    Raises:
        RejectedError: It names something else besides.
    """
    text = filed_names(text) or text
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
