"""The vocabulary of the rules that every document must keep before it may be served.

A rule looks at one document and says what is wrong with it. It repairs nothing, reads no clock
and never raises, whatever the document holds: the same rules judge other people's feeds.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from lxml import etree

from feedsvc.feeds.rules_markup import Markup
from feedsvc.model import Channel, Finding, Format

ALL = (Format.RSS, Format.ATOM, Format.JSON)
XML = (Format.RSS, Format.ATOM)

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
DC = "{http://purl.org/dc/elements/1.1/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
XHTML = "{http://www.w3.org/1999/xhtml}"
XML_NAMESPACE = "{http://www.w3.org/XML/1998/namespace}"

ENTRIES = ("item", f"{ATOM}entry")

PUBLISHED = ("pubDate", "published", "date_published")
UPDATED = ("lastBuildDate", "updated", "date_modified")

_WEB_URL = re.compile(r"https?://[^\s/?#<>\"][^\s<>\"]*\Z", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+*-]+(?:\s*;.*)?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date as it stands in a document.

    Attributes:
        at: The instant; None when the text is no date at all.
        flaw: What is wrong with how it is written; None when nothing is.
    """

    name: str
    text: str
    at: dt.datetime | None = None
    flaw: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The head of a document or one of its entries, taken apart for the rules.

    Attributes:
        node: Its element, or its JSON object.
        label: How a finding calls it: `channel`, `entry 3 (“Title…”)`.
        atom_id: The entry's Atom id as far as known; None for the head.
        id: The identity that the document itself gives it.
        texts: (where, text) of everything that must be plain text.
        markup: (where, markup) of everything that readers show as HTML.
        urls: (where, URL) of every address outside HTML.
        deleted: (id, when) of everything that the head announces as deleted.
        inside: Its child elements by name, each name in document order; empty for JSON. Twenty
            rules look for some child of every entry, and this is where they find it at once.
    """

    node: Any
    label: str
    atom_id: str | None = None
    id: str | None = None
    language: str | None = None
    texts: tuple[tuple[str, str], ...] = ()
    markup: tuple[tuple[str, Markup], ...] = ()
    urls: tuple[tuple[str, str], ...] = ()
    dates: tuple[Stamp, ...] = ()
    deleted: tuple[tuple[str, Stamp], ...] = ()
    inside: Mapping[str, Sequence[etree._Element]] = field(default_factory=dict)

    def fault(self, where: str, message: str, remedy: str) -> Finding:
        """Return a finding at `where` in this part; the rule's name is added by `rule`."""
        place = f"{self.label}, {where}" if where else self.label
        return Finding("", place, message, remedy, atom_id=self.atom_id)

    def children(self, name: str) -> Sequence[etree._Element]:
        """Return its child elements called `name`, in lxml's `{namespace}name` notation."""
        return self.inside.get(name, ())

    def child_text(self, name: str) -> str:
        """Return the text of the first child called `name`; empty when there is none."""
        found = self.inside.get(name)
        return text_of(found[0]) if found else ""

    def date(self, names: tuple[str, ...]) -> Stamp | None:
        """Return the first of its dates that has one of `names`."""
        return next((stamp for stamp in self.dates if stamp.name in names), None)


@dataclass(frozen=True)
class Subject:
    """A document under judgement.

    Attributes:
        now: The instant after which a date lies in the future.
        channel: What it was rendered from; None for a document from elsewhere.
        root: Parsed XML, `data` parsed JSON; both None when it could not be read.
        atom_ids: Atom id of entry i as far as known, from the channel where there is one.
        flaw: Why it could not be read; None when it could.
    """

    format: Format
    body: bytes
    now: dt.datetime
    channel: Channel | None = None
    root: etree._Element | None = None
    data: dict[str, Any] | None = None
    atom_ids: tuple[str | None, ...] = ()
    head: Part = Part(None, "document")
    entries: tuple[Part, ...] = ()
    flaw: Finding | None = None

    @property
    def xml(self) -> etree._Element:
        """The root, for rules of RSS and Atom: they are not asked about what could not be read."""
        return cast(etree._Element, self.root)

    @functools.cached_property
    def decoded(self) -> tuple[str, int | None]:
        """The body as text, and the offset of the first byte that is not UTF-8; None without."""
        try:
            return self.body.decode(), None
        except UnicodeDecodeError as error:
            return self.body.decode(errors="replace"), error.start

    @functools.cached_property
    def parts(self) -> tuple[Part, ...]:
        """The head and all entries."""
        return (self.head, *self.entries)


Check = Callable[[Subject], Iterable[Finding]]
Faults = Iterator[Finding]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must be true of a document.

    Attributes:
        source: Where it comes from: a specification's section, a message of the W3C feed
            validator, or a habit of this house.
    """

    name: str
    formats: frozenset[Format]
    source: str
    check: Check


def rule(
    name: str, formats: tuple[Format, ...], source: str, *, unread: bool = False
) -> Callable[[Check], Rule]:
    """Make a rule of the check below; its findings get the rule's name.

    Args:
        name: What findings and `feedsvc check` call it.
        formats: The formats that it is asked about.
        source: See `Rule`.
        unread: True when it can judge the bytes of a document that could not be read.
    """

    def make(check: Check) -> Rule:
        def named(subject: Subject) -> Faults:
            if unread or subject.flaw is None:
                for finding in check(subject):
                    yield dataclasses.replace(finding, rule=name, format=subject.format)

        return Rule(name, frozenset(formats), source, named)

    return make


def shorten(text: str, limit: int = 60) -> str:
    """Return `text` on one line and in quotes, cut off with an ellipsis, safe for a terminal."""
    line = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", " ".join(text.split()))
    return f"“{line}”" if len(line) <= limit else f"“{line[: limit - 1].rstrip()}…”"


def is_web_url(url: str) -> bool:
    """Tell whether `url` is an absolute http or https URL without blanks."""
    return _WEB_URL.match(url) is not None


def is_media_type(text: str) -> bool:
    """Tell whether `text` looks like `type/subtype`."""
    return _MEDIA_TYPE.match(text) is not None


def is_count(text: str, *, least: int = 0, most: int = 2**63) -> bool:
    """Tell whether `text` is a whole number in ASCII digits, from `least` to `most`."""
    digits = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
    return digits and least <= int(text) <= most


def children(node: etree._Element, name: str) -> list[etree._Element]:
    """Return the child elements called `name`, in lxml's `{namespace}name` notation."""
    return list(node.iterchildren(name))


def by_name(node: etree._Element) -> dict[str, list[etree._Element]]:
    """Return all child elements, grouped by name; see `Part.inside`."""
    found: dict[str, list[etree._Element]] = {}
    for child in node.iterchildren("*"):
        found.setdefault(str(child.tag), []).append(child)
    return found


def whole_text(element: etree._Element) -> str:
    """Return all text in an element, with the blanks around it."""
    if len(element):
        return "".join(element.itertext())
    return element.text or ""  # the same without children, and ten times as fast


def text_of(element: etree._Element | None) -> str:
    """Return an element's text without the blanks around it; empty when there is no element."""
    return "" if element is None else whole_text(element).strip()


def own_elements(part: Part) -> Iterator[etree._Element]:
    """Yield the elements inside a part of an XML document; those of entries not for the head."""
    skipped = () if part.node.tag in ENTRIES else ENTRIES
    for child in part.node.iterchildren("*"):
        if child.tag not in skipped:
            yield from child.iter("*")


def child_text(node: etree._Element, name: str) -> str:
    """Return the text of the first child called `name`; empty when there is none."""
    return text_of(next(node.iterchildren(name), None))


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
