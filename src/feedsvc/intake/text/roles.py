"""Tells the role of an author, "Staff Writer", from a name, by the words that newsrooms use."""

from __future__ import annotations

import re

_NOUN = (
    r"(?:writer|reporter|editor|columnist|correspondent|contributor|liaison|photographer|critic"
    r"|photojournalist|journalist|intern|director|manager|president|advis[eo]r|producer|designer"
    r"|illustrator|artist|cartoonist|analyst|publisher|coordinator|specialist|secretary|treasurer"
    r"|professor|teacher|principal|superintendent|representative|officer|assistant|associate"
    r"|videographer|reviewer|blogger|essayist|student|member|freelancer|founder|freshman|sophomore"
    r"|captain|coach|(?<!in.)chief|chair(?:man|woman|person)?|ambassador|counselor|librarian"
    r"|researcher|developer|author|host|moderator|leader)"
)
_ONE = re.compile(
    rf"\b{_NOUN}\b|^(?:junior|senior|head|dean|fellow|guest)$"
    r"|^(?:photo(?:s|graphy)?|illustrations?|graphics?|additional reporting)$",
    re.IGNORECASE,
)
_MANY = re.compile(rf"\b({_NOUN})s\b", re.IGNORECASE)
_GROUP = re.compile(
    r"\b(?:staff|editorial|contributing|desk|bureau|alumn[ai]|alumnus|faculty)\b"
    r"|^(?:special|exclusive) (?:to|for) |^(?:for |of )?the |^(?:associated press|reuters)$"
    r"|^(?:news|sports|opinion|arts|features|culture)$",
    re.IGNORECASE,
)
_PURE = re.compile(
    rf"[\w’' &/-]*\b{_NOUN}s?(?:[- ]in[- ]chief)?(?: (?:of|at|for|in|and|&) .*)?", re.IGNORECASE
)
_COLLECTIVE = re.compile(r"\b(?:staff|board|team|desk|bureau|members?)$", re.IGNORECASE)
_MAX_WORDS = 6


def is_role(text: str) -> bool:
    """True for text that can be a role where one may stand; a group's name can be one too."""
    return any(form.search(text) for form in (_ONE, _MANY, _GROUP))


def is_role_line(text: str) -> bool:
    """True for text that can hardly be anything but a role, wherever it stands."""
    words = text.split()
    return len(words) <= _MAX_WORDS and bool(_PURE.fullmatch(" ".join(words)))


def is_collective(text: str) -> bool:
    """True for those who sign together: "Staff", "the Editorial Board"."""
    return bool(_COLLECTIVE.search(text))


def shared_role(role: str) -> str | None:
    """Return what each of several people is: "Staff Writers" makes each a "Staff Writer".

    None where the role is one person's.
    """
    return None if _ONE.search(role) else _MANY.sub(r"\1", role)
