"""Rules that RSS and Atom share because they are XML: namespaces and bases."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from feedsvc.feeds.rules import (
    XML,
    XML_NAMESPACE,
    Faults,
    Rule,
    Subject,
    local_name,
    own_elements,
    rule,
    shorten,
)

_REPORT = "If feedsvc wrote this document, please report it as a mistake of feedsvc."
_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "media": "http://search.yahoo.com/mrss/",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "fh": "http://purl.org/syndication/history/1.0",
    "thr": "http://purl.org/syndication/thread/1.0",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "xhtml": "http://www.w3.org/1999/xhtml",
}
# feedgen declares these whether or not an entry needs them; every reader knows them.
_MAY_IDLE = frozenset({_NAMESPACES["atom"], _NAMESPACES["content"], _NAMESPACES["dc"]})
# Searches in C, so that elements are looked at one by one only where there is something to find.
_HAS_BASE = etree.XPath("boolean(//@xml:base)")


def _plain(uri: str) -> str:
    """Return what two spellings of one namespace have in common."""
    return uri.lower().removeprefix("https://").removeprefix("http://").rstrip("/#")


_BY_LIKENESS = {_plain(uri): uri for uri in _NAMESPACES.values()}


@rule("namespace-uris", XML, "Namespaces in XML §2.3, W3C ReservedPrefix and MediaRssNamespace")
def namespace_uris(subject: Subject) -> Faults:
    """Known namespaces and known prefixes go together, letter by letter, http and all."""
    for prefix, uri in subject.xml.nsmap.items():
        wanted = _BY_LIKENESS.get(_plain(uri)) or _NAMESPACES.get(prefix or "", uri)
        if uri != wanted:
            yield subject.head.fault(
                f"xmlns:{prefix}" if prefix else "xmlns",
                f"The namespace is {shorten(uri)}; readers know it as {shorten(wanted)} only.",
                f"Write the namespace exactly so. {_REPORT}",
            )


@rule("namespaces-on-root", XML, "house rule: some readers look for prefixes on the root only")
def namespaces_on_root(subject: Subject) -> Faults:
    """Every prefix is declared on the root; XHTML may declare its own default namespace."""
    if not _declares_inside(subject.xml):
        return
    for part in subject.parts:
        for element in own_elements(part):
            for prefix in _declared(element):
                yield part.fault(
                    local_name(element),
                    f"The prefix {shorten(prefix)} is declared inside the document.",
                    f"Declare it on the document's first element. {_REPORT}",
                )


@rule("namespaces-used", XML, "house rule: a declared namespace without elements misleads readers")
def namespaces_used(subject: Subject) -> Faults:
    """No namespace is declared that nothing belongs to."""
    declared = subject.xml.nsmap.items()
    needed = [(prefix, uri) for prefix, uri in declared if prefix and uri not in _MAY_IDLE]
    used = _used(subject.xml) if needed else set()
    for prefix, uri in needed:
        if uri not in used:
            yield subject.head.fault(
                f"xmlns:{prefix}",
                f"The prefix {shorten(prefix)} is declared, but nothing uses it.",
                f"Leave the declaration out. {_REPORT}",
            )


@rule("xml-base", XML, "house rule: Mailchimp, Feedly and others ignore xml:base")
def xml_base(subject: Subject) -> Faults:
    """No element changes the base of addresses; they are absolute anyway."""
    root = subject.xml
    if not _HAS_BASE(root):
        return
    if root.get(f"{XML_NAMESPACE}base") is not None:
        yield subject.head.fault("xml:base", "The document has an xml:base.", _REPORT)
    for part in subject.parts:
        for element in (part.node, *own_elements(part)):
            if element is not root and element.get(f"{XML_NAMESPACE}base") is not None:
                yield part.fault(local_name(element), "The element has an xml:base.", _REPORT)


def _declares_inside(root: etree._Element) -> bool:
    """Tell whether any element but the root declares a namespace."""
    walks = (etree.iterwalk(child, events=("start-ns",)) for child in root.iterchildren("*"))
    return any(True for walk in walks for _ in walk)


def _declared(element: etree._Element) -> Iterator[str]:
    """Yield the prefixes that an element declares itself."""
    parent = element.getparent()
    outside = parent.nsmap if parent is not None else {}
    for prefix, uri in element.nsmap.items():
        if prefix and outside.get(prefix) != uri:
            yield prefix


def _used(root: etree._Element) -> set[str]:
    """Return the namespaces of all elements and attributes, and "" for none."""
    names: set[str] = set()
    for element in root.iter("*"):
        names.add(str(element.tag))
        names.update(map(str, element.keys()))
    return {name[1:].rpartition("}")[0] for name in names}


RULES: tuple[Rule, ...] = (namespace_uris, namespaces_on_root, namespaces_used, xml_base)
