"""Tells the sections from the edition on a line such as `News The Journal 2024`.

Nothing marks where one name ends, so known names decide: they are taken off both ends of the line,
longest first. What is left must look like an edition or is refused, for a misspelt section would
otherwise open a feed of its own.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from feedsvc.errors import RejectedError

_MARKS = ",;:|/·•>»-–—"
_TOKEN = re.compile(r"[,;:|/·•>»&]|[^\s,;:|/·•>»&]+")
_QUOTES = str.maketrans("‘’“”", "''\"\"")
_EDITION = re.compile(
    r"the \S|(?:spring|summer|fall|autumn|winter|vol|volume|issue|edition|special"
    r"|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b|no\.? ?\d|#?\d",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"(?:vol|volume|issue|number|no)\b|#", re.IGNORECASE)
_YEAR = re.compile(r"\D*(?:18|19|20|21)\d\d\b")


@dataclass(frozen=True)
class Categories:
    """What a page is filed under, in the known spelling where there is one."""

    sections: tuple[str, ...]
    edition: str | None


@dataclass(frozen=True)
class _Word:
    key: str
    start: int
    end: int

    @property
    def is_mark(self) -> bool:
        return not self.key.strip(_MARKS)


@dataclass(frozen=True)
class _Part:
    """Words that belong together: a `section`, an `edition`, or `unknown`."""

    kind: str
    name: str
    words: _Words
    known: bool = True


_Words = tuple[_Word, ...]
_Names = list[tuple[tuple[str, ...], str]]


def split_categories(
    line: str, sections: Collection[str], editions: Collection[str], *, auto_create: bool = False
) -> Categories:
    """Return the sections and the edition that a line names.

    Args:
        auto_create: Take words that are no known section for a new one.

    Raises:
        RejectedError: Words are left that are neither, or there are two editions.
    """
    line = " ".join(line.split())
    reader = _Line(line, _names(tuple(sections)), _names(tuple(editions)))
    parts = reader.parts()
    edition = _only_edition(reader, parts)
    unknown = [part.name for part in parts if part.kind == "unknown"]
    if unknown and not auto_create:
        raise _not_known(line, unknown, sections)
    named = {part.name.casefold(): part.name for part in parts if part.kind != "edition"}
    return Categories(tuple(named.values()), edition)


@dataclass(frozen=True)
class _Line:
    text: str
    sections: _Names
    editions: _Names

    def parts(self) -> list[_Part]:
        """Everything on the line in its order, without the marks between."""
        words = _trim(_words(self.text))
        for keys, name in self.editions:
            count = len(keys)
            if _keys(words[-count:]) == keys:
                return [*self._filed(words[:-count]), _Part("edition", name, words[-count:])]
            if _is_whole(words, keys):
                return [_Part("edition", name, words[:count]), *self._filed(words[count:])]
        return list(self._filed(words))

    def _filed(self, words: _Words) -> Iterator[_Part]:
        """Take known sections off both ends, then read each stretch between marks likewise."""
        front, words = self._peel(words, from_end=False)
        back, words = self._peel(words, from_end=True)
        yield from front
        if any(word.is_mark for word in words):
            for is_mark, stretch in groupby(words, lambda word: word.is_mark):
                yield from () if is_mark else self._filed(tuple(stretch))
        elif words:
            yield from self._unfiled(words)
        yield from reversed(back)

    def _peel(self, words: _Words, *, from_end: bool) -> tuple[list[_Part], _Words]:
        parts: list[_Part] = []
        words = _trim(words)
        while hit := self._section_at(words, from_end=from_end):
            parts.append(hit)
            count = len(hit.words)
            words = _trim(words[:-count] if from_end else words[count:])
        return parts, words

    def _section_at(self, words: _Words, *, from_end: bool) -> _Part | None:
        for keys, name in self.sections:
            stretch = words[-len(keys) :] if from_end else words[: len(keys)]
            if _keys(stretch) == keys:
                return _Part("section", name, stretch)
        return None

    def _unfiled(self, words: _Words) -> Iterator[_Part]:
        """Look for an edition among words that no known section begins or ends."""
        found = self._known_edition_in(words) or self._new_edition_in(words)
        if found is None:
            yield _Part("unknown", self.slice(words), words)
            return
        at = words.index(found.words[0])
        yield from self._filed(words[:at])
        yield found
        yield from self._filed(words[at + len(found.words) :])

    def _known_edition_in(self, words: _Words) -> _Part | None:
        for keys, name in self.editions:
            for at in range(len(words)):
                if _is_whole(words[at:], keys):
                    return _Part("edition", name, words[at : at + len(keys)])
        return None

    def _new_edition_in(self, words: _Words) -> _Part | None:
        """At the beginning "The" or a season is enough; behind other words it takes a number too.

        Such a word further on may well be part of a section's name, as in "Behind the Scenes".
        """
        end = len(words) if self._may_be_edition(words) else _behind_number(words)
        for at in range(end):
            stretch = words[at:end]
            if self._may_be_edition(stretch):
                return _Part("edition", self.slice(stretch), stretch, known=False)
        return None

    def _may_be_edition(self, words: _Words) -> bool:
        return bool(_EDITION.match(self.slice(words)))

    def slice(self, words: _Words) -> str:
        """The words as they stand on the line, with whatever is between them."""
        return self.text[words[0].start : words[-1].end]


def _words(text: str) -> _Words:
    return tuple(_Word(_key(hit[0]), hit.start(), hit.end()) for hit in _TOKEN.finditer(text))


def _key(text: str) -> str:
    return "and" if text == "&" else text.translate(_QUOTES).casefold().rstrip(".")


def _keys(words: _Words) -> tuple[str, ...]:
    return tuple(word.key for word in words)


def _is_whole(words: _Words, keys: tuple[str, ...]) -> bool:
    """True where words begin with all of a name; "The Journal" is not all of "The Journal 2025"."""
    goes_on = any(word.key[:1].isdigit() for word in words[len(keys) : len(keys) + 1])
    return _keys(words[: len(keys)]) == keys and not goes_on


@lru_cache(maxsize=8)
def _names(names: tuple[str, ...]) -> _Names:
    """Return the words of each name, longest name first; pages of one import share them."""
    keyed = [(_keys(_words(name)), name) for name in names if name.strip()]
    return sorted(keyed, key=lambda entry: (-len(entry[0]), -len(entry[1])))


def _trim(words: _Words) -> _Words:
    """Drop marks, and the "and" between two names, at both ends."""
    kept = [at for at, word in enumerate(words) if not word.is_mark and word.key != "and"]
    return words[kept[0] : kept[-1] + 1] if kept else ()


def _behind_number(words: _Words) -> int:
    """Return the index behind the last year, or behind a number that ends the words; else 0."""
    if words[-1].key[-1:].isdigit():
        return len(words)
    return max((at for at, word in enumerate(words, 1) if _YEAR.match(word.key)), default=0)


def _only_edition(line: _Line, parts: list[_Part]) -> str | None:
    editions = [part for part in parts if part.kind == "edition"]
    names = list({part.name.casefold(): part.name for part in editions}.values())
    if len(names) > 1 and not _is_one_name(parts, editions):
        raise RejectedError(
            f"“{line.text}” names more than one edition, “{'” and “'.join(names)}”, but an article "
            "belongs to one; keep one of them.",
            field="section",
        )
    if len(names) > 1:
        return line.slice((*editions[0].words, *editions[-1].words))
    return names[0] if names else None


def _is_one_name(parts: list[_Part], editions: list[_Part]) -> bool:
    """True where the parts are one name with a mark in it: "Vol. 12, No. 3", "Fall/Winter 2024"."""
    first = parts.index(editions[0])
    return (
        parts[first : first + len(editions)] == editions
        and not any(part.known for part in editions)
        and (
            any(_NUMBERING.match(part.name) for part in editions)
            or not any(char.isdigit() for char in editions[0].name)
        )
    )


def _not_known(line: str, unknown: list[str], sections: Collection[str]) -> RejectedError:
    names = " and ".join(f"“{name}”" for name in unknown)
    place = "" if unknown == [line] else f" in “{line}”"
    fault = "is not a known section" if len(unknown) == 1 else "are not known sections"
    return RejectedError(
        f"{names}{place} {fault}.{_suggestion(unknown, sections)} Correct the line, or add the "
        "section to `imports.sections` in config/feedsvc.toml, or import with --auto-create.",
        field="section",
    )


def _suggestion(unknown: list[str], sections: Collection[str]) -> str:
    spelling = {name.casefold(): name for name in sections}
    close = [difflib.get_close_matches(name.casefold(), spelling, 1, 0.7) for name in unknown]
    near = list(dict.fromkeys(f"“{spelling[hit]}”" for hits in close for hit in hits))
    return f" Did you mean {' and '.join(near)}?" if near else ""
