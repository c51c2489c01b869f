"""Takes a page apart line by line, without knowing what the lines say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import groupby, takewhile

_INVISIBLE = "\u200b\u2060\ufeff"
_EDGES = f" \t\xa0{_INVISIBLE}"
_BLANK = re.compile(rf"[\s{_INVISIBLE}]*")
_FOOTER = re.compile(r"\W*back\s+to\s+top\W*", re.IGNORECASE)
_CORRECTION = re.compile(
    r"corrections?\s*(?:\([^)]*\)|,[^:]{1,30})?\s*[:：]\s*(\S.*)", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.!?…:,][\"”’')\]]*$")
_UNSAID = re.compile(rf"[\s{_INVISIBLE}\"'“”„«»‘’‚`´‐-―−-]+")

_MIN_PROSE = 60
_MAX_HEADLINE = 150


class Lines:
    """The lines of a page in turn, blank ones skipped and runs of space made one.

    Attributes:
        taken: How many have been taken.
        last: The one taken last.
    """

    def __init__(self, text: str) -> None:
        self._all = text.split("\n")
        self._filled = [at for at, line in enumerate(self._all) if not is_blank(line)]
        self.taken = 0
        self.last = ""

    def ahead(self, count: int = 0) -> str:
        """Return a line that is still to come, or the empty string behind the last one."""
        at = self.taken + count
        if at >= len(self._filled):
            return ""
        return " ".join(self._all[self._filled[at]].strip(_EDGES).split())

    def take(self) -> str:
        """Return the next line and step over it."""
        self.last = self.ahead()
        self.taken += 1
        return self.last

    def skip(self, count: int) -> None:
        """Step over some lines."""
        for _ in range(count):
            self.take()

    def hide(self, counts: Collection[int]) -> None:
        """Leave out lines that are still to come, counted as in `ahead`."""
        self._filled = [
            at for count, at in enumerate(self._filled) if count - self.taken not in counts
        ]

    def end_before(self, count: int) -> None:
        """Let the page end before a line that is still to come."""
        self._all = self._all[: self._filled[self.taken + count]]
        self._filled = self._filled[: self.taken + count]

    def all_ahead(self) -> list[str]:
        """Return all lines that are still to come."""
        return [self.ahead(count) for count in range(len(self._filled) - self.taken)]

    def number_of(self, count: int) -> int | None:
        """Return a line's number in the page, from 1; None behind the last one."""
        return self._filled[self.taken + count] + 1 if self.ahead(count) else None

    @property
    def number(self) -> int | None:
        """The next line's number in the page, from 1; None behind the last one."""
        return self.number_of(0)

    @property
    def is_close(self) -> bool:
        """True when nothing blank stands between the last line taken and the next."""
        return bool(self.ahead()) and self._filled[self.taken] == self._filled[self.taken - 1] + 1

    def rest(self) -> list[str]:
        """Return all lines to come as they are, down to the site's footer."""
        rest = self._all[self._filled[self.taken] :] if self.ahead() else []
        return list(takewhile(lambda line: not is_footer(line), rest))


def is_blank(line: str) -> bool:
    """True for a line without anything to see on it."""
    return bool(_BLANK.fullmatch(line))


def is_footer(line: str) -> bool:
    """True for the "Back To Top" with which the site's footer begins."""
    return bool(_FOOTER.fullmatch(line))


def ends_sentence(line: str) -> bool:
    """True for a line that stops as sentences do, and categories do not."""
    return bool(_SENTENCE_END.search(line))


def is_prose(line: str) -> bool:
    """True for a line that is too long for a headline, or long and a sentence."""
    is_sentence = line.rstrip("\"”’')").endswith(".")
    return len(line) > _MAX_HEADLINE or (len(line) > _MIN_PROSE and is_sentence)


def fold(line: str) -> str:
    """Return what two printings of one title have in common: no case, space, quotes or dashes."""
    return _UNSAID.sub("", line.casefold())


def split_correction(lines: list[str]) -> tuple[str | None, list[str]]:
    """Return the note with which the lines begin, without the word "Correction", and the others.

    A note that stops in mid-sentence at the margin goes on to the end of its sentence.
    """
    run = [line.strip() for line in takewhile(lambda line: not is_blank(line), lines)]
    note = _CORRECTION.fullmatch(run[0]) if run else None
    if note is None:
        return None, lines
    count = 1
    if len(run[0]) >= _MIN_PROSE and any(map(ends_sentence, run)):
        count = next(at for at, line in enumerate(run, 1) if ends_sentence(line))
    return " ".join((note[1], *run[1:count])), lines[count:]


def paragraphs(lines: list[str]) -> Iterator[str]:
    """Yield the paragraphs between blank lines; without any blank line, each line is one."""
    filled = [at for at, line in enumerate(lines) if not is_blank(line)]
    lines = lines[filled[0] : filled[-1] + 1] if filled else []
    if len(filled) == len(lines):
        yield from (line.strip(" \t") for line in lines)
        return
    for blank, group in groupby(lines, is_blank):
        if not blank:
            yield " ".join(line.strip(" \t") for line in group)
