"""Which importer reads which file, and what all of them are given.

An importer is a function `open(found, how)` that yields a Submission or a Rejection for each
article of a file, and never raises for what is wrong with the file: it yields a Rejection.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from feedsvc.intake import (
    from_feed,
    from_ghost,
    from_html,
    from_markdown,
    from_text,
    from_wordpress,
)
from feedsvc.intake.bring import Item, Result, bring_in
from feedsvc.intake.change import Door
from feedsvc.intake.files import Found
from feedsvc.intake.how import How, KnownNames, Overrides
from feedsvc.settings import Settings
from feedsvc.store.database import Database

_HEAD_BYTES = 4096


class Importer(NamedTuple):
    """How files of one format are read.

    Attributes:
        open: Yields what is in a file.
        count: Tells how many items that will be, cheaply; it may be wrong.
    """

    open: Callable[[Found, How], Iterator[Item]]
    count: Callable[[Path], int]


def _one(_file: Path) -> int:
    return 1


FORMATS = MappingProxyType(
    {
        "feed": Importer(from_feed.open_feed, from_feed.count),
        "ghost": Importer(from_ghost.open_export, from_ghost.count),
        "html": Importer(from_html.open_html, _one),
        "markdown": Importer(from_markdown.open_markdown, _one),
        "text": Importer(from_text.open_page, _one),
        "wordpress": Importer(from_wordpress.open_export, from_wordpress.count),
    }
)
_BY_ENDING = MappingProxyType(
    {
        **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
        **dict.fromkeys((".md", ".markdown", ".mdown"), "markdown"),
    }
)
# What the first bytes of a file say, whatever it is called; the first that fits counts. No part of
# it may match one text in two ways: a page that begins with blank lines would never be told.
_PROLOGUE = rb"^(?:\xef\xbb\xbf)?(?:\s|<\?[^>]*>|(?i:<!DOCTYPE)[^>]*>|<!--(?:(?!-->).)*-->)*"
_BY_HEAD: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"wordpress\.org/export/1\."), "wordpress"),  # which is RSS too
    (re.compile(_PROLOGUE + rb"<rss\b", re.DOTALL), "feed"),
    (re.compile(_PROLOGUE + rb"<(?:feed|(?:\w+:)?RDF)\b", re.DOTALL), "feed"),
    (re.compile(rb'^\s*\{.*"https?:\\?/\\?/jsonfeed\.org', re.DOTALL), "feed"),
    (re.compile(rb'\A(?:\xef\xbb\xbf)?\s*\{\s*"(?:db"\s*:\s*\[|(?:meta|data)"\s*:\s*\{)'), "ghost"),
    (re.compile(_PROLOGUE + rb"(?i:<!doctype html\b|<html\b)", re.DOTALL), "html"),
    (re.compile(rb"\A(?:\xef\xbb\xbf)?---[ \t]*\r?\n(?:#.*\n|\s)*[\w-]+[ \t]*:"), "markdown"),
    (re.compile(rb"\A(?:\xef\xbb\xbf)?\+\+\+[ \t]*\r?\n"), "markdown"),
)


def format_of(file: Path) -> str:
    """Return the name of the format that a file is in: by its first bytes, then by its ending."""
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except OSError:  # whoever opens it says why it cannot be read
        head = b""
    by_head = (name for pattern, name in _BY_HEAD if pattern.search(head))
    return next(by_head, None) or _BY_ENDING.get(file.suffix.lower(), "text")


def read_files(
    found: Iterable[Found], how: How, fmt: str | None = None
) -> Iterator[tuple[str, Item]]:
    """Yield what is in files, each item with its name.

    Args:
        fmt: The format of all of them; None to have each one's found out.
    """
    for one in found:
        importer = FORMATS[fmt or format_of(one.file)]
        for item in importer.open(one, how):
            inner = item.path if item.path and item.path != one.path else ""
            yield f"{one.file}#{inner}" if inner else str(one.file), item


def count_items(found: Iterable[Found], fmt: str | None = None) -> int:
    """Return about how many items files hold."""
    return sum(FORMATS[fmt or format_of(one.file)].count(one.file) for one in found)


def make_how(database: Database, settings: Settings, overrides: Overrides) -> How:
    """Return what importers are given."""
    return How(settings, overrides, KnownNames(database, settings))


def import_files(
    database: Database,
    door: Door,
    found: Iterable[Found],
    overrides: Overrides,
    note: str | None = None,
) -> Iterator[Result]:
    """Let files of any format in, and tell what became of each article.

    Args:
        overrides: Values that win over what the files say.
        note: Makes every changed article a corrected one.
    """
    how = make_how(database, door.settings, overrides)
    return bring_in(database, door, read_files(found, how), note=note)
