"""Refuses HTML that would keep a parser busy for minutes: nested too deep, or tags too long.

An HTML parser looks back through all open elements at nearly every tag, so that many of them
cost the square of their number. This looks once, from front to end, and never counts fewer open
elements than a parser would have: an end tag only counts where it surely closes something.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice

from feedsvc.errors import RejectedError
from feedsvc.feeds.rules_markup import words
from feedsvc.intake.cleaning.allowed import VOID
from feedsvc.intake.cleaning.tags import ATTRIBUTE, tags

MAX_DEPTH = 1_000
MAX_ATTRIBUTES = 500
MAX_CHARS = 4_000_000
MAX_REFERENCES = 100_000
_HARMLESS_CHARS = 20_000  # a shorter text cannot hold enough attributes to matter

_FORMATTING = words("a b big code em font i nobr s small strike strong tt u")
# What a start tag closes that stands right before it, its end tag left out.
_CELLS = words("td th")
_ROWS = _CELLS | words("tr")
_CLOSED_BY = {
    **dict.fromkeys(("dd", "dt"), words("dd dt")),
    **dict.fromkeys(("td", "th"), _CELLS),
    **dict.fromkeys(("tbody", "tfoot", "thead"), _ROWS | words("tbody tfoot thead")),
    "li": words("li"),
    "optgroup": words("optgroup option"),
    "option": words("option"),
    "tr": _ROWS,
}
_CLOSE_A_PARAGRAPH = words(
    "address article aside blockquote center div dl figure footer form h1 h2 h3 h4 h5 h6 header"
    " main ol p pre section table ul"
)
_WALLS = words("applet button caption marquee object select table td template th")
_TABLE_PARTS = words("table tbody tfoot thead tr")
_NEAR = 64
_ALIKE = 3  # HTML §13.2.4.3: of equal formatting elements no more are opened again


def check_depth(html: str) -> None:
    """Refuse HTML that no parser should be given.

    Raises:
        RejectedError: It is nested too deep, too long, or has too many attributes or references.
    """
    if len(html) > MAX_CHARS:
        raise _refusal(f"has {len(html):,} characters; {MAX_CHARS:,} are allowed")
    if html.count("&") + html.count("\xa0") > MAX_REFERENCES:  # nh3 writes a hard space as one
        raise _refusal(f"has more than {MAX_REFERENCES:,} characters written as &…;")
    if html.count("<") > MAX_DEPTH or len(html) > _HARMLESS_CHARS:
        _Walk().run(html)


def _refusal(what: str) -> RejectedError:
    return RejectedError(f"the HTML {what}; paste the text again as plain text", field="body")


class _Walk:
    """One look at all tags: which elements are open, and which formatting comes back."""

    def __init__(self) -> None:
        self.open: list[tuple[str, str]] = []
        self.counts: Counter[str] = Counter()
        self.returning: dict[str, list[str]] = {name: [] for name in _FORMATTING}
        self.returning_total = 0

    def run(self, html: str) -> None:
        for tag in tags(html):
            name, rest = tag["name"].lower(), tag["rest"]
            if len(rest) > MAX_ATTRIBUTES and len(ATTRIBUTE.findall(rest)) > MAX_ATTRIBUTES:
                raise _refusal(f"has a tag with more than {MAX_ATTRIBUTES:,} attributes")
            if tag["end"]:
                self.close(name)
            elif name not in VOID:
                self.push(name, rest)
            if len(self.open) + self.returning_total > MAX_DEPTH:
                raise _refusal(f"nests more than {MAX_DEPTH:,} elements in one another")

    def push(self, name: str, rest: str) -> None:
        if name in _CLOSE_A_PARAGRAPH and self.counts["p"]:
            self.close("p")
        while self.open and self.open[-1][0] in _CLOSED_BY.get(name, ()):
            self.pop()
        self.open.append((name, rest))
        self.counts[name] += 1

    def pop(self) -> tuple[str, str]:
        element = self.open.pop()
        self.counts[element[0]] -= 1
        return element

    def close(self, name: str) -> None:
        """Close an element, if a parser surely would."""
        if not self.counts[name] or not self.reaches(name):
            self.forget(name)
            return
        while (element := self.pop())[0] != name:
            self.remember(*element)

    def reaches(self, name: str) -> bool:
        """Tell whether an end tag finds its element: near, and no table cell or so in between."""
        for found, _ in islice(reversed(self.open), _NEAR):
            if found == name:
                return True
            if found in _WALLS and name not in _TABLE_PARTS:
                return False
        return False

    def remember(self, name: str, rest: str) -> None:
        """Count formatting that was left open: a parser opens it again in what follows."""
        if name in _FORMATTING and self.returning[name].count(rest) < _ALIKE:
            self.returning[name].append(rest)
            self.returning_total += 1

    def forget(self, name: str) -> None:
        """Let formatting that would come back rest, since it is closed now."""
        if self.returning.get(name):
            self.returning[name].pop()
            self.returning_total -= 1
