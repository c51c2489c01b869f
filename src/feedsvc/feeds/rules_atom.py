"""Rules of Atom (RFC 4287), with tombstones (RFC 6721)."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Iterator
from importlib import resources

from lxml import etree

from feedsvc.feeds.rules import (
    ATOM,
    TOMBSTONES,
    XHTML,
    Faults,
    Part,
    Rule,
    Subject,
    child_text,
    is_count,
    is_media_type,
    rule,
    shorten,
    text_of,
    whole_text,
)
from feedsvc.feeds.rules_markup import words
from feedsvc.model import Format

_ATOM = (Format.ATOM,)
_REPORT = "If feedsvc wrote this document, please report it as a mistake of feedsvc."
_ARTICLE = f"Open the article and fill it in. {_REPORT}"
_TEXTS = ("title", "subtitle", "summary", "rights")
_IRI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+", re.IGNORECASE)
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HISTORY = words("current first last next previous next-archive prev-archive")
_RELATIONS = _HISTORY | words(
    "alternate author describedby edit edit-media enclosure hub icon license payment related"
    " replies search self service up via"
)
# libxml2's words, and what they mean to somebody who has not read the schema.
_SCHEMA_WORDS = (
    (r"Expecting an element (\S+), got nothing", r"<\1> is missing"),
    (r"Element (\S+) has extra content: (\S+)", r"<\2> has no place in <\1>"),
    (r"Did not expect element (\S+) there", r"<\1> has no place there"),
    (r"Extra element (\S+) in interleave", r"<\1> is one too many or not as it should be"),
    (r"Invalid attribute (\S+) for element (\S+)", r"<\2> has a wrong attribute, \1"),
    (r"Element (\S+) failed to validate attributes", r"<\1> lacks an attribute or has a wrong one"),
    (r"Element (\S+) failed to validate content", r"<\1> does not hold what it should"),
)


@rule("atom-schema", _ATOM, "RFC 4287 and RFC 6721, as written down in atom.rng")
def atom_schema(subject: Subject) -> Faults:
    """The document has the shape that the grammar gives it."""
    flaw = _schema_flaw(subject.xml)
    if flaw is None:
        return
    remedy = f"Compare the element with RFC 4287. {_REPORT}"
    flaws = [(part, own) for part in subject.entries if (own := _schema_flaw(part.node))]
    for part, (line, message) in flaws or [(subject.head, flaw)]:
        yield part.fault(f"line {line}", f"By the schema, {message}.", remedy)


def _schema_flaw(element: etree._Element) -> tuple[int, str] | None:
    """Return the line and the first complaint about an element; None when it is valid."""
    with _SCHEMA_LOCK:  # the schema object keeps one log
        schema = _schema()
        if schema.validate(element):
            return None
        entries = list(schema.error_log)
    line = next((entry.line for entry in entries if entry.line), element.sourceline or 1)
    message = entries[0].message if entries else "something is wrong"
    for pattern, plainly in _SCHEMA_WORDS:
        message = re.sub(rf"^{pattern}$", plainly, message)
    return line, message


_SCHEMA_LOCK = threading.Lock()


@functools.cache
def _schema() -> etree.RelaxNG:
    source = resources.files("feedsvc.feeds").joinpath("atom.rng").read_bytes()
    return etree.RelaxNG(etree.fromstring(source))


@rule("atom-feed-elements", _ATOM, "RFC 4287 §4.1.1, W3C MissingElement")
def atom_feed_elements(subject: Subject) -> Faults:
    """The feed has one id, title and date."""
    yield from _exactly_one(subject.head, "id", "title", "updated")


@rule("atom-entry-elements", _ATOM, "RFC 4287 §4.1.2, W3C MissingElement, DuplicateElement")
def atom_entry_elements(subject: Subject) -> Faults:
    """Every entry has one id, title and date, and no more than one of what may not repeat."""
    for part in subject.entries:
        yield from _exactly_one(part, "id", "title", "updated")
        for name in ("content", "published", "source", "summary", "rights"):
            count = len(part.children(f"{ATOM}{name}"))
            if count > 1:
                yield part.fault(name, f"<{name}> stands here {count} times.", _REPORT)


@rule("atom-author", _ATOM, "RFC 4287 §4.1.1 and §3.2.1")
def atom_author(subject: Subject) -> Faults:
    """The feed or every entry has an author, and every author has a name."""
    on_feed = subject.head.children(f"{ATOM}author")
    for part in () if on_feed else subject.entries:
        source = part.node.find(f"{ATOM}source/{ATOM}author")
        if source is None and not part.children(f"{ATOM}author"):
            yield part.fault("author", "Neither the entry nor the feed has an author.", _ARTICLE)
    for part in subject.parts:
        for author in part.children(f"{ATOM}author"):
            if not child_text(author, f"{ATOM}name"):
                yield part.fault("author", "An author has no name.", _ARTICLE)


@rule("atom-id", _ATOM, "RFC 4287 §4.2.6, W3C InvalidFullLink, InvalidUUID")
def atom_id(subject: Subject) -> Faults:
    """Every id is an absolute IRI, to the letter: readers compare ids byte by byte."""
    for part in subject.parts:
        for element in part.children(f"{ATOM}id"):
            whole = whole_text(element)
            if not _is_iri(whole):
                message = f"The id {shorten(whole)} is not an absolute IRI."
                yield part.fault("id", message, f"Use an id such as urn:uuid:…. {_REPORT}")


@rule("atom-feed-id", _ATOM, "RFC 4287 §4.2.6")
def atom_feed_id(subject: Subject) -> Faults:
    """The feed's id is its own, and the one that it has always had."""
    own = subject.head.id
    for part in subject.entries:
        if own and part.id == own:
            message = f"The entry's id {shorten(own)} is the feed's too."
            yield part.fault("id", message, "Import the article under another identity.")
    wanted = subject.channel.ids.get(Format.ATOM) if subject.channel else None
    if wanted is not None and own != wanted:
        message = f"The feed's id is {shorten(own or '')}, but has always been {shorten(wanted)}."
        yield subject.head.fault("id", message, _REPORT)


@rule("atom-alternate", _ATOM, "RFC 4287 §4.1.2, W3C MissingContentOrAlternate")
def atom_alternate(subject: Subject) -> Faults:
    """The feed and every entry link to the page that shows the same."""
    for part in subject.parts:
        if not any(rel == "alternate" for rel, _ in _links(part)):
            yield part.fault("link", "There is no link to the page that shows this.", _ARTICLE)


@rule("atom-alternate-unique", _ATOM, "RFC 4287 §4.1.1 and §4.1.2, W3C DuplicateAtomLink")
def atom_alternate_unique(subject: Subject) -> Faults:
    """No two alternate links have the same type and language."""
    for part in subject.parts:
        kinds = [
            (link.get("type"), link.get("hreflang"))
            for rel, link in _links(part)
            if rel == "alternate"
        ]
        if len(set(kinds)) < len(kinds):
            yield part.fault("link", "Two alternate links have the same type.", _REPORT)


@rule("atom-link-relations", _ATOM, "RFC 4287 §4.2.7.2, RFC 5005, W3C UnregisteredAtomLinkRel")
def atom_link_relations(subject: Subject) -> Faults:
    """Links have registered relations; those between pages of a feed stand in its head."""
    for part in subject.parts:
        for rel, _ in _links(part):
            if rel not in _RELATIONS and not _IRI.fullmatch(rel):
                message = f"The link relation {shorten(rel)} is not registered."
                yield part.fault("link", message, f"Use a registered relation. {_REPORT}")
            elif rel in _HISTORY and part is not subject.head:
                message = f"A {shorten(rel)} link belongs to the feed, not to an entry."
                yield part.fault("link", message, _REPORT)


@rule("atom-enclosure", _ATOM, "RFC 4287 §4.2.7; house rule: players need length and type")
def atom_enclosure(subject: Subject) -> Faults:
    """Links to files say how long they are and of what type."""
    for part in subject.parts:
        for rel, link in _links(part):
            complete = is_count(link.get("length", "")) and is_media_type(link.get("type", ""))
            if rel == "enclosure" and not complete:
                message = f"The file {shorten(link.get('href', ''))} lacks its length or type."
                yield part.fault("link", message, "Remove the file, upload it again and save.")


@rule("atom-content-type", _ATOM, "RFC 4287 §4.1.3.1, W3C InvalidMIMEType")
def atom_content_type(subject: Subject) -> Faults:
    """Content says whether it is text, html, xhtml or something with a media type."""
    for part in subject.entries:
        for content in part.children(f"{ATOM}content"):
            kind = content.get("type", "")
            if kind not in {"text", "html", "xhtml"} and not is_media_type(kind):
                message = f"The content's type is {shorten(kind)}, which readers do not know."
                yield part.fault("content", message, f"Use html. {_REPORT}")


@rule("atom-text-type", _ATOM, "RFC 4287 §3.1.1; house rule: titles are plain text")
def atom_text_type(subject: Subject) -> Faults:
    """Titles are of type text; other wording may be html or xhtml too."""
    for part in subject.parts:
        for name in _TEXTS:
            for element in part.children(f"{ATOM}{name}"):
                kind = element.get("type", "text")
                if kind not in ({"text"} if name == "title" else {"text", "html", "xhtml"}):
                    message = f"The type of <{name}> is {shorten(kind)}."
                    yield part.fault(name, message, f"Use text. {_REPORT}")


@rule("atom-xhtml-div", _ATOM, "RFC 4287 §3.1.1.3, W3C MissingXhtmlDiv")
def atom_xhtml_div(subject: Subject) -> Faults:
    """What is of type xhtml is one XHTML div and nothing beside it."""
    for part in subject.parts:
        for name in (*_TEXTS, "content"):
            for element in part.children(f"{ATOM}{name}"):
                if element.get("type") == "xhtml" and not _is_one_div(element):
                    message = f"The XHTML in <{name}> does not stand in one <div> of its own."
                    yield part.fault(name, message, _REPORT)


@rule("atom-summary", _ATOM, "RFC 4287 §4.1.2, W3C MissingSummary")
def atom_summary(subject: Subject) -> Faults:
    """An entry whose content is elsewhere or binary has a summary."""
    for part in subject.entries:
        for content in part.children(f"{ATOM}content"):
            distant = content.get("src") is not None or _is_binary(content.get("type", "text"))
            if distant and not part.child_text(f"{ATOM}summary"):
                yield part.fault("summary", "The entry needs a summary.", _ARTICLE)


@rule("atom-updated-distinct", _ATOM, "RFC 4287 §4.2.15, W3C DuplicateUpdated")
def atom_updated_distinct(subject: Subject) -> Faults:
    """No two entries share the instant of their last change."""
    seen: dict[object, str] = {}
    for part in subject.entries:
        stamp = part.date(("updated",))
        if stamp and stamp.at and seen.setdefault(stamp.at, part.label) != part.label:
            message = f"{shorten(stamp.text)} is also when {seen[stamp.at]} was updated."
            yield part.fault("updated", message, "Move the article's date by a second.")


@rule("atom-tombstones", _ATOM, "RFC 6721 §3; house rule: only ref and when")
def atom_tombstones(subject: Subject) -> Faults:
    """What is announced as deleted is named by its id and stands alone."""
    for stone in subject.head.children(f"{TOMBSTONES}deleted-entry"):
        ref = stone.get("ref", "")
        if not _is_iri(ref):
            message = f"{shorten(ref)} is not the id of an entry."
            yield subject.head.fault("at:deleted-entry ref", message, _REPORT)
        if len(stone):
            message = "A deleted entry has children; feedparser takes them for the feed's."
            yield subject.head.fault("at:deleted-entry", message, _REPORT)


@rule("atom-category", _ATOM, "RFC 4287 §4.2.2; house rule: a category says whose it is")
def atom_category(subject: Subject) -> Faults:
    """Every category has a term, and the scheme and label that readers group and show it by."""
    for part in subject.parts:
        for category in part.children(f"{ATOM}category"):
            for name in ("term", "scheme", "label"):
                if not category.get(name, "").strip():
                    message = f"A category has no {name}."
                    yield part.fault("category", message, f"Name the section or tag. {_REPORT}")


@rule("atom-generator", _ATOM, "RFC 4287 §4.2.4; house rule: a feed says who made it")
def atom_generator(subject: Subject) -> Faults:
    """The feed names its generator."""
    if not subject.head.child_text(f"{ATOM}generator"):
        yield subject.head.fault("generator", "The feed does not name its generator.", _REPORT)


def _exactly_one(part: Part, *names: str) -> Faults:
    for name in names:
        found = part.children(f"{ATOM}{name}")
        if len(found) != 1 or not text_of(found[0]):
            message = f"There must be one <{name}> that is not blank; there are {len(found)}."
            yield part.fault(name, message, _ARTICLE)


def _links(part: Part) -> Iterator[tuple[str, etree._Element]]:
    """Yield (relation, element) of the links right inside a part."""
    for link in part.children(f"{ATOM}link"):
        yield link.get("rel", "alternate"), link


def _is_iri(text: str) -> bool:
    pattern = _UUID if text[:9].lower() == "urn:uuid:" else _IRI
    return pattern.fullmatch(text) is not None


def _is_one_div(element: etree._Element) -> bool:
    inner = list(element.iterchildren("*"))
    stray = [element.text, *(child.tail for child in element)]
    return [child.tag for child in inner] == [f"{XHTML}div"] and not "".join(
        filter(None, stray)
    ).strip()


def _is_binary(kind: str) -> bool:
    """Tell whether content of this type is base64: not text, not XML."""
    return "/" in kind and not kind.startswith("text/") and not kind.endswith(("+xml", "/xml"))


RULES: tuple[Rule, ...] = (
    atom_schema,
    atom_feed_elements,
    atom_entry_elements,
    atom_author,
    atom_id,
    atom_feed_id,
    atom_alternate,
    atom_alternate_unique,
    atom_link_relations,
    atom_enclosure,
    atom_content_type,
    atom_text_type,
    atom_xhtml_div,
    atom_summary,
    atom_updated_distinct,
    atom_tombstones,
    atom_category,
    atom_generator,
)
