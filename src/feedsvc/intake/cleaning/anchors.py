"""Footnotes: the links of a text that lead to places within it.

An `id` can clash with those of the page around it, so none stays but the targets of such links,
and these under names of our own.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urldefrag

from feedsvc.intake.cleaning.markup import TOKEN, attributes_of

PREFIX = "ref-"
_ODD = re.compile(r"[^A-Za-z0-9_.:-]+")


class Anchors:
    """What becomes of each `id` and of each link to one.

    Attributes:
        names: The `id` of every target as it came, and as it is kept.
    """

    def __init__(self, html: str, base_url: str) -> None:
        self.base_url = urldefrag(base_url).url
        self.names: dict[str, str] = {}
        self._given: set[str] = set()
        if 'href="#' in html or f'href="{self.base_url}#' in html:
            self._read(html)

    def _read(self, html: str) -> None:
        wanted: set[str] = set()
        there: dict[str, None] = {}
        for match in TOKEN.finditer(html):
            if rest := match["rest"]:
                attributes = attributes_of(rest)
                if fragment := self._fragment(attributes.get("href", "")):
                    wanted.add(fragment)
                if name := _target(match["name"], attributes):
                    there[name] = None
        taken = {name for name in there if name.startswith(PREFIX)}
        for name in there:
            if name in wanted:
                self.names[name] = _named(name, taken)

    def _fragment(self, href: str) -> str | None:
        """Return the place in this text that a link leads to."""
        url, mark, fragment = href.strip().partition("#")
        return unquote(fragment) if mark and url in {"", self.base_url} else None

    def href(self, href: str) -> str | None:
        """Return a link within the text as it is kept; None when it leads elsewhere."""
        name = self.names.get(self._fragment(href) or "")
        return f"#{name}" if name else None

    def take(self, tag: str, attributes: dict[str, str]) -> str | None:
        """Return the name that this element keeps; the first of two alike has it."""
        name = self.names.get(_target(tag, attributes) or "")
        if name is None or name in self._given:
            return None
        self._given.add(name)
        return name


def _target(tag: str, attributes: dict[str, str]) -> str | None:
    return attributes.get("id") or (attributes.get("name") if tag == "a" else None)


def _named(name: str, taken: set[str]) -> str:
    if name.startswith(PREFIX) and not _ODD.search(name) and name != PREFIX:
        return name
    base = new = PREFIX + (_ODD.sub("-", name.removeprefix(PREFIX)) or "-")
    number = len(taken)  # thousands may have no letter that can stay
    if new in taken:
        new = f"{base}-"
    while new in taken:
        new, number = f"{base}-{number}", number + 1
    taken.add(new)
    return new
