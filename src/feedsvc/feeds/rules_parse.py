"""The strict parse: bytes in, a Subject for the rules out.

Strict means: no repairs, no entities from elsewhere, nothing fetched. A document that cannot be
read still becomes a Subject, because the rules about bytes usually say better why.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any, NoReturn

from lxml import etree

from feedsvc.feeds.rules import Subject, shorten
from feedsvc.feeds.rules_parts import atom_parts, json_parts, label_entries, rss_parts
from feedsvc.model import Channel, Finding, Format

_ROOTS = {Format.RSS: "rss", Format.ATOM: "feed"}
_NAMES = {Format.RSS: "RSS", Format.ATOM: "Atom", Format.JSON: "JSON Feed"}
_BOM = b"\xef\xbb\xbf"
_POSITION = re.compile(r",? line \d+, column \d+.*", re.DOTALL)


def parse(
    format: Format,  # noqa: A002 -- the field's name everywhere
    body: bytes,
    *,
    now: dt.datetime,
    channel: Channel | None = None,
) -> Subject:
    """Read a document for judgement. Never raises: `flaw` says what is wrong with it.

    Args:
        format: What it claims to be.
        body: Its bytes as served, uncompressed.
        now: The instant after which dates count as being in the future.
        channel: What it was rendered from; None for a document from elsewhere.
    """
    atom_ids = tuple(entry.atom_id for entry in channel.entries) if channel else ()
    root, data = None, None
    try:
        if format is Format.JSON:
            data = _read_json(body)
            head, entries = json_parts(data)
        else:
            root = _read_xml(format, body)
            head, entries = (rss_parts if format is Format.RSS else atom_parts)(root)
    except _UnreadableError as error:
        return Subject(format, body, now, channel, atom_ids=atom_ids, flaw=error.finding(format))
    named = label_entries(entries, atom_ids)
    ids = tuple(part.atom_id for part in named)
    return Subject(format, body, now, channel, root, data, ids, head, named)


class _UnreadableError(Exception):
    """Why a document cannot be read, and where."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line

    def finding(self, format: Format) -> Finding:  # noqa: A002
        place = "document" if self.line is None else f"line {self.line}"
        remedy = (
            "Check that this is the address of a feed and that its software escapes text; if"
            " feedsvc wrote it, please report it."
        )
        return Finding("well-formed", place, f"This is not {_NAMES[format]}: {self}.", remedy)


def _read_xml(format: Format, body: bytes) -> etree._Element:  # noqa: A002
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body.removeprefix(_BOM).lstrip(), parser)
    except etree.XMLSyntaxError as error:
        reason = _POSITION.sub("", error.msg or "it is empty")
        raise _UnreadableError(
            f"the XML parser says {shorten(reason, 120)}", error.lineno
        ) from error
    name = etree.QName(root).localname
    if name != _ROOTS[format]:
        raise _UnreadableError(f"its root is <{name}> and not <{_ROOTS[format]}>")
    return root


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        data = json.loads(
            body.removeprefix(_BOM).decode(),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        raise _UnreadableError(
            f"the JSON parser says {shorten(error.msg, 120)}", error.lineno
        ) from error
    except (ValueError, RecursionError) as error:
        raise _UnreadableError(f"the JSON parser says {shorten(str(error), 120)}") from error
    if not isinstance(data, dict):
        raise _UnreadableError("it is not an object")
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of pairs, refusing a name that stands twice: readers differ in which wins."""
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _UnreadableError(f"the name {shorten(twice)} stands twice in one object")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise _UnreadableError(f"{name} is no JSON number")
