"""Cleaned HTML as a reader sees it: its words, its elements, its addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from feedsvc.feeds.rules_markup import words

# Where one of these begins or ends, a word ends too.
_PARTING = words(
    "address article aside audio blockquote br caption center dd details div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr legend li main nav ol option p pre"
    " section summary table tbody td tfoot th thead tr ul video"
)
_ADDRESSES = words(
    "action background cite data formaction href longdesc manifest poster src usemap"
)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        self._part(tag)

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def _part(self, tag: str) -> None:
        if tag in _PARTING:
            self.pieces.append(" ")


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def visible(html: str) -> str:
    """Return the words that HTML shows, one space between two of them."""
    return " ".join("".join(_read(html).pieces).split())


def elements(html: str) -> list[tuple[str, dict[str, str]]]:
    """Return the elements of HTML with their attributes."""
    return _read(html).elements


def addresses(html: str) -> Iterator[str]:
    """Yield every address in HTML."""
    for _, attributes in elements(html):
        for name, value in attributes.items():
            if name in _ADDRESSES:
                yield value
            elif name == "srcset":
                yield from re.findall(r"(\S+?)(?:\s+[\d.]+[wx])?(?:,\s+|,?\s*$)", value)
