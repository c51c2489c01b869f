"""A Channel as bytes: the head, and the entries written once and put together.

A document is its head, its entries in order and its end, and nothing else: an entry's bytes are
the same in every feed that shows it.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from types import ModuleType

from feedsvc.feeds import attribution, render_json, render_xml
from feedsvc.model import Channel, Entry, Format

Fragment = Mapping[Format, bytes]


def seal(fragment: Fragment) -> str:
    """Hash a fragment's bytes; two fragments with one seal are the same."""
    # Each format is hashed by itself: no way of cutting the bytes up differently gives the same.
    each = b"".join(hashlib.sha256(fragment[fmt]).digest() for fmt in Format)
    return hashlib.sha256(each).hexdigest()


_BETWEEN = {Format.RSS: b"", Format.ATOM: b"", Format.JSON: b","}


def identify(modules: Iterable[ModuleType], libraries: Iterable[str] = (), *more: str) -> str:
    """Identify code: a hash of our modules' sources, of libraries' versions, and of more."""
    sources = [inspect.getsource(module) for module in modules]
    versions = [f"{name} {version(name)}" for name in libraries]
    return hashlib.sha256("\0".join([*sources, *versions, *more]).encode()).hexdigest()[:16]


# Everything that turns a channel into bytes.
VERSION = identify((render_xml, render_json, attribution), ("feedgen", "lxml"))


def fragments(entries: Sequence[Entry]) -> list[Fragment]:
    """Write entries in every format.

    Raises:
        RenderError: Some text cannot be written; the error does not say in which entry.
    """
    written = {
        Format.RSS: render_xml.fragments(entries, Format.RSS),
        Format.ATOM: render_xml.fragments(entries, Format.ATOM),
        Format.JSON: render_json.fragments(entries),
    }
    return [{fmt: written[fmt][i] for fmt in Format} for i in range(len(entries))]


Heads = Mapping[Format, tuple[bytes, bytes]]


def heads(channel: Channel) -> Heads:
    """Write what stands before and behind a channel's entries, in every format.

    Raises:
        RenderError: Some text of the head cannot be written.
    """
    return {
        Format.RSS: render_xml.head(channel, Format.RSS),
        Format.ATOM: render_xml.head(channel, Format.ATOM),
        Format.JSON: render_json.head(channel),
    }


def assemble(around: Heads, pieces: Iterable[Fragment]) -> dict[Format, bytes]:
    """Put documents together from their heads and their entries' fragments, in order."""
    found = list(pieces)
    return {fmt: _joined(fmt, around[fmt], [one[fmt] for one in found]) for fmt in Format}


def render(channel: Channel) -> dict[Format, bytes]:
    """Write a channel's documents from nothing.

    Raises:
        RenderError: Some text cannot be written.
    """
    return assemble(heads(channel), fragments(channel.entries))


def _joined(fmt: Format, head: tuple[bytes, bytes], entries: Sequence[bytes]) -> bytes:
    start, end = head
    return start + _BETWEEN[fmt].join(entries) + end
