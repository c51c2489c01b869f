"""Knows the forms of people's names, and spells them as the store does or at least calmly."""

from __future__ import annotations

import re
from collections.abc import Mapping

PARTICLES = frozenset(
    {"de", "la", "las", "los", "del", "der", "den", "van", "von", "da", "di", "dos", "bin", "ibn"}
)
SMALL_WORDS = PARTICLES | {
    "a",
    "an",
    "and",
    "as",
    "at",
    "for",
    "in",
    "of",
    "on",
    "the",
    "to",
    "with",
}

_TYPEWRITER = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", ".": None, ",": None})
_YEAR = re.compile(
    r" ?\(?(?:\bclass of (?:['’‘ʼ]|(?:19|20)?)|['’‘ʼ]|(?:(?<=\()|^)(?:19|20))(\d\d)\)?$",
    re.IGNORECASE,
)
_KEPT = re.compile(r"(?:\w\.)+\w?|III?|IV")
_INITIALS = re.compile(r"[B-DF-HJ-NP-TV-XZ]{2}|[A-Z]J")
_MC = re.compile(r"\bMc(?=[A-Z])")
_MAX_ACRONYM = 3


def name_key(name: str) -> str:
    """Return what two spellings of one person's name have in common."""
    return " ".join(name.translate(_TYPEWRITER).casefold().split())


def is_full_name(text: str) -> bool:
    """True for two to four words that begin with a capital, particles aside."""
    words = text.split()
    fits = [word[0].isupper() or word in PARTICLES for word in words]
    return len(words) in range(2, 5) and all(fits)


def without_year(text: str) -> tuple[str, str | None]:
    """Cut the class year off a name or a role: "Ann Lee ’26" is ("Ann Lee", "26")."""
    found = _YEAR.search(text)
    return (text[: found.start()], found[1]) if found else (text, None)


def spelt(name: str, spelling: Mapping[str, str]) -> str:
    """Return a name as `spelling`, by key, has it; otherwise without needless capitals."""
    known = spelling.get(name_key(name))
    if known:
        return known
    shouted = _MC.sub("MC", name).isupper() and (" " in name or len(name) > _MAX_ACRONYM)
    return calmed(name, PARTICLES) if shouted else name


def calmed(text: str, small: frozenset[str]) -> str:
    """Take the capitals off all but the first letters, and off `small` words altogether.

    A word at either end is never small. "J.J.", "JJ" and "III" stay.
    """
    words = text.split()
    last = len(words) - 1
    return " ".join(
        word.lower() if 0 < at < last and word.lower() in small else _calm(word, is_last=at == last)
        for at, word in enumerate(words)
    )


def _calm(word: str, *, is_last: bool) -> str:
    if _KEPT.fullmatch(word) or (_INITIALS.fullmatch(word) and not is_last):
        return word
    word = word.title().replace("-In-", "-in-")
    return f"Mc{word[2:].title()}" if re.match(r"Mc\w{3}", word) else word
