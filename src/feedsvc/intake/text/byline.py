"""Reads who wrote an article, and as what, from its byline.

Commas and "and" join names, roles and parts of both, so each piece is told by its words: behind
the first name, a piece with a word such as "Writer" in it is a role and any other is a name.
Names that the store knows are never cut, and lend their spelling.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from feedsvc.intake.text.names import (
    PARTICLES,
    SMALL_WORDS,
    calmed,
    is_full_name,
    name_key,
    spelt,
    without_year,
)
from feedsvc.intake.text.roles import is_collective, is_role, is_role_line, shared_role

_PREFIX = re.compile(
    r"(?:(?:written|story|words|text|reported) )?by(?:line)?(?: ?[:：] ?| |$)", re.IGNORECASE
)
_LEAD = re.compile(r"([^:,]+): (.+)")
_MAIL = re.compile(r"(?: ?[|,;–—-])? ?[(<\[]?[^\s()<>|,]{0,64}@[^\s()<>|,]+[)>\]]?")
_JOINT = r" ?(?:, ?(?:and|&)(?: |$)|[,;،，、|/—]|(?<= )(?:and|with|&|[-–])(?: |$)) ?"
_GAP = re.compile(_JOINT, re.IGNORECASE)
_PIECE = re.compile(rf"(?:\([^()]*\)|(?!{_JOINT}).)+", re.IGNORECASE)
_NOTE = re.compile(r"(.*?) ?\(([^()]*)\)")
_BEHIND_YEAR = re.compile(r"(?<= ['’‘ʼ]\d\d) (?!and |with |& |[|–—(-])")
_END = re.compile(r"(?<=[a-z]{2})\.$")
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|ph\.?d|m\.?d|esq)\.?", re.IGNORECASE)
_PRONOUNS = re.compile(r"(?:he|she|they|ze|xe) ?/.*", re.IGNORECASE)

_TITLED = re.compile(
    r"((?:[\w'’-]+ ){0,2}(?:writer|reporter|columnist|correspondent|editor(?:-in-chief)?)"
    r"|(?:photo(?:s|graphy)?|illustrations?|graphics?|additional reporting)(?= by))"
    r" (?:by )?(.+ .+)",
    re.IGNORECASE,
)
_COMMAS = frozenset(",;،，、")
_BARS = frozenset("|-–—")

_MAX_LENGTH = 200
_MAX_COMMON_WORDS = 2


@dataclass
class _Credit:
    name: str
    joint: str
    role: str | None = None
    year: str | None = None

    def take(self, joint: str, role: str) -> None:
        """Add a role to those that the credit has, if there is one to add."""
        if self.role and role:
            joint = joint if joint == "/" else f"{joint} " if joint[0] in _COMMAS else f" {joint} "
            self.role = f"{self.role}{joint}{role}"
        else:
            self.role = self.role or role or None


def parse_byline(text: str, known: Collection[str] = ()) -> tuple[tuple[str, str | None], ...]:
    """Return (name, role) of each author, once, in order; "By" in front may be missing.

    A role in the plural holds for all names before it that have none. A class year is the role,
    or the end of it: "’26", "Staff Writer ’26".

    Args:
        known: Names of authors in the store.
    """
    line = _tidy(text)
    opened = _PREFIX.match(line)
    lead, line = _lead(line[opened.end() :] if opened else line)
    spelling, whole = _spelling(tuple(known))
    found: list[_Credit] = []
    for joint, piece in _pieces(line, whole):
        _add(found, joint, piece, spelling)
    _share_roles(found)
    people: dict[str, tuple[str, str | None]] = {}
    for credit in found:
        name = spelt(credit.name, spelling)
        if people.get(name_key(name), (name, None))[1] is None:
            people[name_key(name)] = (name, _role(credit, lead, shouted=line.isupper()))
    return tuple(people.values())


def is_byline(text: str) -> bool:
    """True for a line that says by whom, and not "By the time the votes were counted, …"."""
    line = _tidy(text[: _MAX_LENGTH + 1])
    opened = _PREFIX.match(line)
    if not opened or len(text) > _MAX_LENGTH:
        return False
    if opened[0].rstrip().endswith((":", "：")):
        return True
    return not _is_prose(line[opened.end() :])


def is_bare_byline(text: str, known: Collection[str] = ()) -> bool:
    """True for a line that is unmistakably a byline although it does not say "By"."""
    line = _tidy(text[: _MAX_LENGTH + 1])
    if len(text) > _MAX_LENGTH or _is_prose(line):
        return False
    spelling, whole = _spelling(tuple(known))
    joints, pieces = zip(*_pieces(line, whole), strict=True)
    people = [without_year(piece)[0] for piece in pieces]
    if any(name_key(name) in spelling for name in people):
        return True
    if joints[1:] and {joint.strip().lower() for joint in joints[1:]} <= {"and", "&"}:
        return all(is_full_name(name) for name in people)
    return is_full_name(people[0]) and (
        people[0] != pieces[0] or any(is_role_line(piece) for piece in pieces[1:])
    )


def _tidy(text: str) -> str:
    line = " ".join(unicodedata.normalize("NFC", text).split())
    return _BEHIND_YEAR.sub(", ", _MAIL.sub("", line).rstrip(" ,;|"))


def _is_prose(line: str) -> bool:
    words = line.split()
    if not words or not words[0][0].isalpha() or line.endswith(("!", "?", "…")):
        return True
    if words[0].islower() and words[0] not in PARTICLES and not is_collective(line):
        return True
    common = [
        w for w in words if w.islower() and w.strip(",") not in SMALL_WORDS and not is_role(w)
    ]
    return len(common) > (0 if line.endswith(".") else _MAX_COMMON_WORDS)


@lru_cache(maxsize=8)
def _spelling(known: tuple[str, ...]) -> tuple[dict[str, str], re.Pattern[str]]:
    """Return known names by key, and what matches those that look like several names.

    Kept, because the pages of one import share them.
    """
    uncut = sorted((" ".join(name.split()) for name in known if _GAP.search(name)), key=len)
    either = "|".join(re.escape(name) for name in reversed(uncut)) or "(?!)"
    whole = re.compile(rf"(?:{either})(?={_JOINT}| \(|$)", re.IGNORECASE)
    return {name_key(name): name for name in known}, whole


def _pieces(line: str, whole: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Cut a line into pieces, each with the joint before it; `whole` names are not cut."""
    at, joint = 0, ""
    while at < len(line):
        if gap := _GAP.match(line, at):
            at, joint = gap.end(), gap[0].strip().lower()
        if piece := whole.match(line, at) or _PIECE.match(line, at):
            at = piece.end()
            yield joint, piece[0].strip()


def _lead(line: str) -> tuple[str | None, str]:
    """Cut off a role in front, as in "Special to The Journal: Jerry Zhang"."""
    found = _LEAD.fullmatch(line)
    return (found[1], found[2]) if found and is_role(found[1]) else (None, line)


def _add(found: list[_Credit], joint: str, piece: str, spelling: dict[str, str]) -> None:
    piece, year = without_year(_END.sub("", piece))
    piece, note = _without_note(piece)
    titled = _TITLED.fullmatch(piece)
    if found and _SUFFIX.fullmatch(piece):
        found[-1].name += f" {piece}"
    elif titled and (joint not in _COMMAS or " by " in piece) and is_full_name(titled[2]):
        found.append(_Credit(titled[2], joint, titled[1]))
    elif found and _is_role_here(found, joint, piece, spelling):
        _add_role(found, joint, piece)
    elif any(char.isalnum() for char in piece):
        found.append(_Credit(piece, joint))
    if found:
        found[-1].year = year or found[-1].year
        found[-1].take(",", note)


def _without_note(piece: str) -> tuple[str, str]:
    """Cut off a role in brackets; pronouns in brackets are nobody's role."""
    found = _NOTE.fullmatch(piece)
    if not found:
        return piece, ""
    return found[1], "" if _PRONOUNS.fullmatch(found[2]) else found[2]


def _is_role_here(found: list[_Credit], joint: str, piece: str, spelling: dict[str, str]) -> bool:
    last = found[-1]
    if name_key(piece) in spelling:
        return False
    if joint in _BARS:
        return True
    if joint in _COMMAS:
        return is_role(piece) or _is_small(piece, last.name)
    if last.role:
        return is_role(piece)
    # "Jerry Zhang, News and Sports Editor", but not "Jerry Zhang, Brandon and Staff"
    one_word = len(found) > 1 and last.joint == "," and " " not in last.name
    return one_word and is_role(piece) and not is_collective(piece)


def _is_small(piece: str, name: str) -> bool:
    """True for "a friend of the house" behind a name that has capitals."""
    first = piece.partition(" ")[0]
    return first.islower() and first not in PARTICLES and not name.islower()


def _add_role(found: list[_Credit], joint: str, piece: str) -> None:
    if found[-1].role is None and joint not in _COMMAS | _BARS:
        piece, joint = f"{found.pop().name} {joint} {piece}", ","
    found[-1].take(joint, piece)


def _share_roles(found: list[_Credit]) -> None:
    shared = None
    for credit in reversed(found):
        if credit.role is None:
            credit.role = shared
        else:
            shared = shared_role(credit.role)
            credit.role = shared or credit.role


def _role(credit: _Credit, lead: str | None, *, shouted: bool) -> str | None:
    role = credit.role or lead
    if role and shouted:
        role = calmed(role, SMALL_WORDS)
    year = f"’{credit.year}" if credit.year else None
    return " ".join(filter(None, (role, year))) or None
