"""Reads a piece of HTML as readers get it, without trusting any parser's repairs.

A tag that cannot be told apart ends the reading and counts as broken, so nothing hides behind
it. Equal pieces are read once: the same article stands in three formats of a dozen feeds, and
most articles of a feed stood in it the last time.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import NamedTuple

from feedsvc.feeds.recent import Recent


def words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as one string."""
    return frozenset(text.split())


_TAG = re.compile(
    r"""<(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*+)(?P<rest>(?:[^"'>]++|"[^"]*+"|'[^']*+')*+)>"""
)
_ATTRIBUTE = re.compile(
    r"""(?P<name>[^\s"'<>/=]++)(?:\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'<>]++)))?"""
)
_CANDIDATE = re.compile(r"[^\s,]\S*")
_SKIPPED = re.compile(r"[\x00-\x1f]")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_ESCAPED_END_TAG = re.compile(r"&(?:lt|#60|#x3c);/[a-z][a-z0-9]*+(?:>|&gt;|&#62;)", re.IGNORECASE)

_VOID = words("area base br col embed hr img input link meta param source track wbr")
_MAY_STAY_OPEN = words(
    "p li dt dd tr td th thead tbody tfoot option optgroup colgroup caption rp rt"
)
_REFERENCES = words(
    "href src srcset poster cite data background longdesc action formaction xlink:href"
)
ELEMENTS = words(
    "a abbr address article aside audio b bdi bdo big blockquote body br button caption center "
    "cite code col colgroup dd del details dfn div dl dt em embed fieldset figcaption figure font "
    "footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd label legend li "
    "link main mark math meta nav object ol option p picture pre q rp rt ruby s samp script "
    "section select small source span strike strong style sub summary sup svg table tbody td "
    "textarea tfoot th thead time title tr tt u ul var video wbr"
)


class Reference(NamedTuple):
    """An address in an attribute, decoded.

    Attributes:
        scheme: In lower case, without what browsers skip; empty for a relative address.
    """

    element: str
    attribute: str
    url: str
    scheme: str


@dataclass(frozen=True, slots=True)
class Markup:
    """What the rules want to know of a piece of HTML.

    Attributes:
        attributes: (element, attribute) pairs in use, without repetition.
        sourceless: True when an image has neither `src` nor `srcset`.
        broken: What is wrong with the nesting of tags, in words; None when nothing is.
        escaped_twice: True when it shows its tags as text.
    """

    elements: frozenset[str] = frozenset()
    attributes: frozenset[tuple[str, str]] = frozenset()
    references: tuple[Reference, ...] = ()
    sourceless: bool = False
    broken: str | None = None
    escaped_twice: bool = False


class _Tag(NamedTuple):
    name: str
    closing: bool
    closed: bool
    attributes: tuple[tuple[str, str], ...]  # as written: browsers take the first of two


_RECENT: Recent[str, Markup] = Recent(32_000_000)
_FINDING_BYTES = 400  # about what an element, an attribute or a reference takes beside its text


def scan(html: str) -> Markup:
    """Read a piece of HTML, or of XHTML as it was serialised."""
    markup = _RECENT.get(html)
    if markup is None:
        markup = _scan(html)
        found = len(markup.elements) + len(markup.attributes) + len(markup.references)
        _RECENT.put(html, markup, 2 * sys.getsizeof(html) + found * _FINDING_BYTES)
    return markup


def _scan(html: str) -> Markup:
    tags = list(_tags(html))
    whole = [tag for tag in tags if tag is not None]
    opening = [tag for tag in whole if not tag.closing]
    return Markup(
        frozenset(tag.name for tag in opening),
        frozenset((tag.name, name) for tag in opening for name, _ in tag.attributes),
        tuple(reference for tag in opening for reference in _references(tag)),
        any(tag.name == "img" and not _has_source(tag) for tag in opening),
        _unbalanced(whole) if len(whole) == len(tags) else "a tag or comment never ends",
        not tags and _ESCAPED_END_TAG.search(html) is not None,
    )


def _tags(html: str) -> Iterator[_Tag | None]:
    """Yield the tags in order, and None at the end when one cannot be told apart."""
    at = html.find("<")
    while at >= 0:
        if html.startswith("<!--", at):
            after = html.find("-->", at + 4)
            if after < 0:
                yield None
                return
        elif match := _TAG.match(html, at):
            yield _tag(match)
            after = match.end()
        elif _looks_like_a_tag(html, at):
            yield None
            return
        else:
            after = at + 1
        at = html.find("<", after)


def _looks_like_a_tag(html: str, at: int) -> bool:
    following = html[at + 1 : at + 2]
    return following in {"/", "!", "?"} or (following.isascii() and following.isalpha())


def _tag(match: re.Match[str]) -> _Tag:
    name, rest = match["name"].lower(), match["rest"]
    attributes = tuple(
        (found["name"].lower(), unescape(found[2] or found[3] or found[4] or ""))
        for found in (_ATTRIBUTE.finditer(rest) if rest else ())
    )
    bare = name.rpartition(":")[2]  # serialised XHTML may carry a prefix
    return _Tag(bare, bool(match["end"]), rest.endswith("/"), attributes)


def _has_source(tag: _Tag) -> bool:
    return any(name in {"src", "srcset"} for name, _ in tag.attributes)


def _references(tag: _Tag) -> Iterator[Reference]:
    for name, value in tag.attributes:
        if name in _REFERENCES:
            for url in _candidates(value) if name == "srcset" else [value.strip()]:
                yield Reference(tag.name, name, url, _scheme(url))


def _candidates(srcset: str) -> Iterator[str]:
    """Yield the addresses in a srcset; a comma inside one belongs to it."""
    at = 0
    while at >= 0 and (match := _CANDIDATE.search(srcset, at)):
        yield match[0].rstrip(",")
        at = match.end() if match[0].endswith(",") else srcset.find(",", match.end())


def _scheme(url: str) -> str:
    match = _SCHEME.match(_SKIPPED.sub("", url).lstrip())
    return match[0][:-1].lower() if match else ""


def _unbalanced(tags: list[_Tag]) -> str | None:
    """Return in words where the nesting of tags goes wrong; None when it does not."""
    opened: list[str] = []
    counts: Counter[str] = Counter()
    for tag in tags:
        if not tag.closing:
            if tag.name not in _VOID and not tag.closed:
                opened.append(tag.name)
                counts[tag.name] += 1
            continue
        if not counts[tag.name]:
            return f"</{tag.name}> closes nothing"
        while (inner := opened.pop()) != tag.name:
            counts[inner] -= 1
            if inner not in _MAY_STAY_OPEN:
                return f"<{inner}> is not closed before </{tag.name}>"
        counts[inner] -= 1
    left = [name for name in opened if name not in _MAY_STAY_OPEN]
    return f"<{left[0]}> is never closed" if left else None
