"""Rules about the HTML in entries: safe for readers, complete in itself, and well nested."""

from __future__ import annotations

import re
from collections.abc import Iterator

from feedsvc.feeds.rules import ALL, Faults, Part, Rule, Subject, rule, shorten
from feedsvc.feeds.rules_markup import Reference, words

_REPORT = "If feedsvc wrote this document, please report it as a mistake of feedsvc."
_UNSAFE_ELEMENTS = words(
    "applet base body embed frame frameset head html iframe link meta noframes object param"
    " plaintext script style title xmp"
)
_WITH_HOST = re.compile(r"\s*https?://[^/?#\s]", re.IGNORECASE)
_UNSAFE_ATTRIBUTES = frozenset({"style", "srcdoc", "formaction"})
_UNSAFE_SCHEMES = frozenset({"javascript", "vbscript", "livescript", "data", "blob", "file"})
_SHOWN = frozenset({"img", "source", "video", "audio", "track"})
_FULL_TEXT = ("content:encoded", "content", "content_html")


@rule("relative-references", ALL, "W3C ContainsRelRef")
def relative_references(subject: Subject) -> Faults:
    """Every address in HTML is absolute: many readers and mailers ignore any base."""
    for part, where, reference in _references(subject):
        lost = reference.scheme in {"http", "https"} and not _WITH_HOST.match(reference.url)
        if not reference.scheme or lost:
            yield part.fault(
                where,
                f"The {reference.attribute} of <{reference.element}> is {shorten(reference.url)},"
                " which leads nowhere outside the newsroom's site.",
                "Open the article and write the whole address, beginning with https://.",
            )


@rule("unsafe-elements", ALL, "W3C SecurityRisk")
def unsafe_elements(subject: Subject) -> Faults:
    """No scripts, style sheets, embedded pages or parts of a page's head in HTML."""
    for part in subject.parts:
        for where, markup in part.markup:
            for name in sorted(markup.elements & _UNSAFE_ELEMENTS):
                yield part.fault(
                    where,
                    f"The text holds <{name}>, which readers strip or refuse.",
                    f"Open the article, replace <{name}> by a link and save it again.",
                )


@rule("unsafe-attributes", ALL, "W3C SecurityRiskAttr and DangerousStyleAttr")
def unsafe_attributes(subject: Subject) -> Faults:
    """No event handlers and no styles in HTML."""
    for part in subject.parts:
        for where, markup in part.markup:
            for element, name in sorted(markup.attributes):
                if name.startswith("on") or name in _UNSAFE_ATTRIBUTES:
                    yield part.fault(
                        where,
                        f"<{element}> has the attribute {shorten(name)}, which readers strip"
                        " or refuse.",
                        "Open the article, paste the passage again as plain text and save it.",
                    )


@rule("unsafe-references", ALL, "W3C SecurityRisk")
def unsafe_references(subject: Subject) -> Faults:
    """No address in HTML runs code or reads files."""
    for part, where, reference in _references(subject):
        if reference.scheme in _UNSAFE_SCHEMES:
            yield part.fault(
                where,
                f"The {reference.attribute} of <{reference.element}> is a {reference.scheme}:"
                " address, which readers strip or refuse.",
                "Open the article and replace the address by one that begins with https://.",
            )


@rule("image-sources", ALL, "house rule: a placeholder is not a picture")
def image_sources(subject: Subject) -> Faults:
    """Every picture, sound and film comes from an address of its own, not from a data: URI."""
    remedy = "Open the article, upload the picture as a file and put it in again."
    for part, where, reference in _references(subject):
        if reference.element in _SHOWN and reference.scheme == "data":
            message = f"<{reference.element}> holds its data in the text instead of a file."
            yield part.fault(where, message, remedy)
    for part in subject.parts:
        for where, markup in part.markup:
            if markup.sourceless:
                yield part.fault(where, "<img> has no address.", remedy)


@rule("html-balanced", ALL, "W3C NotHtml")
def html_balanced(subject: Subject) -> Faults:
    """Every tag in HTML is closed where it should be, so that no reader has to guess."""
    for part in subject.parts:
        for where, markup in part.markup:
            if markup.broken:
                yield part.fault(
                    where,
                    f"The HTML is broken: {markup.broken}.",
                    "Open the article in the editor and save it again; that mends the HTML.",
                )


@rule("html-escaped-once", ALL, "RFC 4287 §4.1.3.3")
def html_escaped_once(subject: Subject) -> Faults:
    """An entry's text is not escaped so often that readers would see its tags."""
    for part in subject.entries:
        for where, markup in part.markup:
            if where in _FULL_TEXT and markup.escaped_twice:
                yield part.fault(
                    where,
                    "The HTML is escaped twice: readers would see tags instead of formatting.",
                    f"Open the article and save it again. {_REPORT}",
                )


def _references(subject: Subject) -> Iterator[tuple[Part, str, Reference]]:
    for part in subject.parts:
        for where, markup in part.markup:
            for reference in markup.references:
                yield part, where, reference


RULES: tuple[Rule, ...] = (
    relative_references,
    unsafe_elements,
    unsafe_attributes,
    unsafe_references,
    image_sources,
    html_balanced,
    html_escaped_once,
)
