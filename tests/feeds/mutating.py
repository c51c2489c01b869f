"""What mutations are made of: changes to a document's bytes that raise when they change nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from feedsvc.model import Format

RSS, ATOM, JSON = Format.RSS, Format.ATOM, Format.JSON

Change = Callable[[bytes], bytes]
Row = tuple[str, str, Change]  # (name of a rule, what is broken, how)


class NothingToBreakError(Exception):
    """The document has nothing that this mutation could change."""


@dataclass(frozen=True, slots=True)
class InEntry:
    """A change to one entry: to the first that has something to break, or to a given one."""

    format: Format
    edit: Change

    def __call__(self, body: bytes, index: int | None = None) -> bytes:
        spans = list(_entries(self.format, body))
        for start, end in spans if index is None else spans[index : index + 1]:
            try:
                return body[:start] + self.edit(body[start:end]) + body[end:]
            except NothingToBreakError:
                continue
        raise NothingToBreakError


@dataclass(frozen=True, slots=True)
class Mutation:
    """A change that must be caught under the name of `rule`."""

    rule: str
    format: Format
    name: str
    change: Change


def _entries(fmt: Format, body: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each entry begins and ends."""
    if fmt is not JSON:
        for found in re.finditer(rb"<(item|entry)\b.*?</\1>", body, re.DOTALL):
            yield found.span()
        return
    text = body.decode()
    at = re.compile(r'"items"\s*:\s*\[\s*').search(text)
    where = at.end() if at else len(text)
    while text[where : where + 1] == "{":
        _, end = json.JSONDecoder().raw_decode(text, where)
        yield len(text[:where].encode()), len(text[:end].encode())
        where = end + len(text[end:]) - len(text[end:].lstrip(", \n"))


def sub(pattern: str, new: str) -> Change:
    """Replace the first match of a regular expression."""

    def change(body: bytes) -> bytes:
        broken = re.sub(pattern.encode(), new.encode(), body, count=1, flags=re.DOTALL)
        if broken == body:
            raise NothingToBreakError(pattern)
        return broken

    return change


def put(**members: Any) -> Change:
    """Set members of a JSON object."""

    def change(source: bytes) -> bytes:
        before = json.loads(source)
        after = {**before, **members}
        if after == before:
            raise NothingToBreakError(str(members))
        return json.dumps(after, ensure_ascii=False).encode(errors="backslashreplace")

    return change


def drop(*names: str) -> Change:
    """Remove members of a JSON object."""

    def change(source: bytes) -> bytes:
        before = json.loads(source)
        if not before.keys() & set(names):
            raise NothingToBreakError(str(names))
        after = {name: value for name, value in before.items() if name not in names}
        return json.dumps(after, ensure_ascii=False).encode()

    return change


def element(name: str, new: str = "") -> Change:
    """Replace the first element of this name, or remove it."""
    return sub(rf"<{name}\b(?:[^>]*/>|.*?</{name}>)", new)


def append(fragment: str) -> Change:
    """Put a fragment at the end of an entry of RSS or Atom."""
    return sub(r"(</(?:item|entry)>)\Z", rf"{fragment}\1")


def html(fmt: Format, fragment: str) -> Change:
    """Put a fragment of HTML at the beginning of an entry's text."""
    if fmt is JSON:
        return InEntry(fmt, sub(r'("content_html"\s*:\s*")', rf"\1{_quoted(fragment)}"))
    opening = "<content:encoded>" if fmt is RSS else '<content type="html">'
    return InEntry(fmt, sub(f"({opening})", rf"\1{escape(fragment)}"))


def _quoted(text: str) -> str:
    """Return a string as JSON writes it, made safe for a replacement."""
    return json.dumps(text)[1:-1].replace("\\", "\\\\")
