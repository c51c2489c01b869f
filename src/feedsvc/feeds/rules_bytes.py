"""Rules about a document's bytes, before and beside what they mean."""

from __future__ import annotations

import bisect
import itertools
import operator
import re
import sys
from collections.abc import Iterator
from typing import Any

from feedsvc.feeds.rules import ALL, XML, Faults, Part, Rule, Subject, rule, shorten
from feedsvc.model import Format

MAX_BYTES = 1_000_000

_DOCUMENT = Part(None, "document")
_REPORT = "If feedsvc wrote this document, please report it as a mistake of feedsvc."
_DECLARATION = re.compile(
    rb"""<\?xml\s+version=["']1\.[01]["']\s+encoding=["']([A-Za-z0-9._-]+)["'][^>]*\?>"""
)
_FIRST = {Format.RSS: b"<?xml", Format.ATOM: b"<?xml", Format.JSON: b"{"}
# What XML 1.0 forbids, then what it allows but nobody types on purpose: C1 control characters are
# mis-decoded Windows-1252, and U+FFFD is what a program leaves where it lost a character.
_BAD = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd\ufffe\uffff]"
    "|&#(?:x([0-9A-Fa-f]+)|([0-9]+));"
)
# The same in UTF-8, and faster: C0 and DEL; C1; U+FFFD to U+FFFF; references; escapes of JSON.
_CONTROLS = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\n\r")
_C1 = re.compile(rb"\xc2[\x80-\x9f]")
_LOST = re.compile(rb"\xef\xbf[\xbd-\xbf]")
_REFERENCE = re.compile(rb"&#(?:x[0-9A-Fa-f]+|[0-9]+);")
_ESCAPE = re.compile(rb"\\[ubf]")
_ENTRY_TAG = re.compile(r"<(/?)(?:item|entry)\b")


@rule("well-formed", ALL, "XML 1.0 §2.1, RFC 8259 §2", unread=True)
def well_formed(subject: Subject) -> Faults:
    """The document can be read at all, by a strict parser."""
    if subject.flaw:
        yield subject.flaw


@rule("size", ALL, "house rule: no reader should have to fetch a megabyte", unread=True)
def size(subject: Subject) -> Faults:
    """The document stays below the hard limit."""
    if len(subject.body) >= MAX_BYTES:
        yield _DOCUMENT.fault(
            "",
            f"The document has {len(subject.body):,} bytes; the limit is {MAX_BYTES:,}.",
            "Lower the number of entries in this feed, or let it carry summaries only.",
        )


@rule("first-bytes", ALL, "XML 1.0 §2.8, W3C WPBlankLine", unread=True)
def first_bytes(subject: Subject) -> Faults:
    """Nothing stands before the document: no byte order mark, no blank line."""
    expected = _FIRST[subject.format]
    if not subject.body.startswith(expected):
        yield _DOCUMENT.fault(
            "line 1",
            f"The document does not begin with {shorten(expected.decode())} but with"
            f" {shorten(subject.body[:12].decode(errors='replace'), 20)}.",
            "Remove what stands before it: a byte order mark, a blank line or a missing XML"
            f" declaration. {_REPORT}",
        )


@rule("encoding", ALL, "XML 1.0 §4.3.3, RFC 8259 §8.1, W3C EncodingMismatch", unread=True)
def encoding(subject: Subject) -> Faults:
    """The document is UTF-8, and XML says so."""
    _, at = subject.decoded
    if at is not None:
        line = subject.body.count(b"\n", 0, at) + 1
        yield _DOCUMENT.fault(
            f"line {line}", f"Byte {at:,} is not UTF-8.", f"Send UTF-8. {_REPORT}"
        )
    declared = _DECLARATION.search(subject.body[:200])
    if subject.format in XML and (declared is None or declared[1].lower() != b"utf-8"):
        yield _DOCUMENT.fault(
            "line 1",
            "The XML declaration does not name the encoding UTF-8.",
            f'Begin the document with <?xml version="1.0" encoding="UTF-8"?>. {_REPORT}',
        )


@rule("doctype", XML, "house rule: a DOCTYPE lets a document pull in others")
def doctype(subject: Subject) -> Faults:
    """The document has no DOCTYPE, hence no entities of its own."""
    if subject.xml.getroottree().docinfo.doctype:
        yield _DOCUMENT.fault("DOCTYPE", "The document has a DOCTYPE.", f"Leave it out. {_REPORT}")


@rule("characters", ALL, "XML 1.0 §2.2 Char, W3C BadCharacters", unread=True)
def characters(subject: Subject) -> Faults:
    """No control characters, lone surrogates or replacement characters."""
    if not _may_hold_bad(subject):
        return
    found = _in_strings(subject) if subject.data is not None else _in_text(subject)
    seen: set[str] = set()
    for part, code in found:
        if part.label not in seen:
            seen.add(part.label)
            yield part.fault(
                "",
                f"The text holds the character U+{code:04X}, which readers cannot show.",
                "Open the article, delete or retype the odd character and save it again.",
            )


def _may_hold_bad(subject: Subject) -> bool:
    """Tell whether characters must be looked at one by one: almost never, and that is slow."""
    body = subject.body
    return (
        len(body.translate(None, _CONTROLS)) < len(body)
        or _C1.search(body) is not None
        or _LOST.search(body) is not None
        or (_has_bad_reference(body) if subject.data is None else _ESCAPE.search(body) is not None)
    )


def _has_bad_reference(body: bytes) -> bool:
    references = {reference.decode() for reference in _REFERENCE.findall(body)}
    matches = (_BAD.fullmatch(reference) for reference in references)
    return any(match is not None and _code(match) is not None for match in matches)


def _in_text(subject: Subject) -> Iterator[tuple[Part, int]]:
    text, undecodable = subject.decoded
    if undecodable is not None:
        return  # `encoding` says so
    text = text.removeprefix("\ufeff")
    borders = _borders(text) if subject.format in XML else []
    for match in _BAD.finditer(text):
        code = _code(match)
        if code is not None:
            i = bisect.bisect(borders, match.start(), key=operator.itemgetter(0)) - 1
            yield _part(subject, borders[i][1] if i >= 0 else None), code


def _borders(text: str) -> list[tuple[int, int | None]]:
    """Return where entries begin and end: (offset, number of the entry, None after its end)."""
    numbers = itertools.count()
    return [(tag.start(), None if tag[1] else next(numbers)) for tag in _ENTRY_TAG.finditer(text)]


def _code(match: re.Match[str]) -> int | None:
    """Return the forbidden character's number; None for a reference to a good one."""
    if match[1] is None and match[2] is None:
        return ord(match[0])
    digits, base = (match[1], 16) if match[1] else (match[2], 10)
    code = int(digits[-9:], base)
    return code if code > sys.maxunicode or _BAD.match(chr(code)) else None


def _part(subject: Subject, i: int | None) -> Part:
    """Return entry `i`, or the head; also when nothing could be parsed."""
    if i is None:
        return subject.head
    if i < len(subject.entries):
        return subject.entries[i]
    atom_id = subject.atom_ids[i] if i < len(subject.atom_ids) else None
    return Part(None, f"entry {i + 1}", atom_id)


def _in_strings(subject: Subject) -> Iterator[tuple[Part, int]]:
    for part in subject.parts:
        for text in _strings(part):
            # A reference such as &#3; means nothing to JSON: characters only.
            bad = next((m for m in _BAD.finditer(text) if len(m[0]) == 1), None)
            if bad:
                yield part, ord(bad[0])


def _strings(part: Part) -> Iterator[str]:
    """Yield all strings in a part of a JSON document, names included."""
    waiting: list[Any] = [{k: v for k, v in part.node.items() if k != "items"}]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value


RULES: tuple[Rule, ...] = (
    well_formed,
    size,
    first_bytes,
    encoding,
    doctype,
    characters,
)
