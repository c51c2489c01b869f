"""Ways to break a valid document, at least one for every rule and format.

A mutation looks for structure, not for the samples' text, so that it breaks whatever the renderer
writes just as well. One that finds nothing to break raises NothingToBreakError.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from feedsvc.feeds.rules_bytes import MAX_BYTES
from feedsvc.model import Format
from tests.feeds import mutations_atom, mutations_json, mutations_rss
from tests.feeds.mutating import (
    Change,
    InEntry,
    Mutation,
    NothingToBreakError,
    Row,
    append,
    html,
    sub,
)
from tests.feeds.samples import ATOM as ATOM_SAMPLE
from tests.feeds.samples import CHANNEL, NOW, SAMPLES, SITE
from tests.feeds.samples import JSON as JSON_SAMPLE
from tests.feeds.samples import RSS as RSS_SAMPLE

__all__ = [
    "ATOM_SAMPLE",
    "CHANNEL",
    "JSON_SAMPLE",
    "MUTATIONS",
    "NOW",
    "RSS_SAMPLE",
    "SAMPLES",
    "InEntry",
    "Mutation",
    "NothingToBreakError",
]

RSS, ATOM, JSON = Format.RSS, Format.ATOM, Format.JSON

HTML = (
    ("relative-references", "a link without host", '<a href="/about">x</a>'),
    ("relative-references", "a picture without host", '<img src="a.jpg" alt="">'),
    ("relative-references", "a relative candidate", '<img srcset="https://a.example/1 1x, b 2x">'),
    ("relative-references", "a poster without host", '<video poster="p.jpg"></video>'),
    ("relative-references", "a cite without host", '<q cite="#there">x</q>'),
    ("relative-references", "a URL without host", '<a href="https:about">x</a>'),
    ("unsafe-elements", "a script", "<script>x</script>"),
    ("unsafe-elements", "a style sheet", "<style>p{}</style>"),
    ("unsafe-elements", "an embedded page", '<iframe src="https://a.example/"></iframe>'),
    ("unsafe-elements", "an object", '<object data="https://a.example/"></object>'),
    ("unsafe-attributes", "an event handler", '<p onclick="x()">x</p>'),
    ("unsafe-attributes", "a style", '<p style="position:fixed">x</p>'),
    ("unsafe-references", "a script's address", '<a href=" java&#10;script:x()">x</a>'),
    (
        "unsafe-references",
        "the first of two",
        '<a href="javascript:x" href="https://a.example">x</a>',
    ),
    ("image-sources", "a data URI", '<img src="data:image/gif;base64,R0lGOD" alt="">'),
    ("image-sources", "no address", '<img data-src="https://a.example/x.jpg" alt="">'),
    ("html-balanced", "an open tag", "<p><em>x</p>"),
    ("html-balanced", "an open tag at the end", "<div>"),
    ("html-balanced", "a stray end tag", "</blockquote>"),
    ("html-balanced", "an endless tag", '<a href="https://a.example/ <b>x</b>'),
    ("html-balanced", "an endless comment", "<!-- <p>x</p>"),
)
XML_DOCUMENT: tuple[Row, ...] = (
    ("well-formed", "cut short", lambda body: body[:-20]),
    ("well-formed", "another root", sub(r"<(rss|feed)\b(.*)</\1>", r"<html\2</html>")),
    ("well-formed", "an entity of HTML", sub("<title>", "<title>&nbsp;")),
    ("size", "a megabyte", lambda body: body + b"<!--" + b"x" * MAX_BYTES + b"-->"),
    ("first-bytes", "a byte order mark", lambda body: b"\xef\xbb\xbf" + body),
    ("first-bytes", "a blank line", lambda body: b"\n" + body),
    ("first-bytes", "no declaration", sub(r"<\?xml.*?\?>\s*", "")),
    ("encoding", "another encoding", sub("(<\\?xml[^>]*)UTF-8", r"\1ISO-8859-1")),
    ("encoding", "a byte of Latin-1", lambda body: body.replace(b"<title>", b"<title>\xe9", 1)),
    ("doctype", "a DOCTYPE", sub(r"(\?>)", r'\1<!DOCTYPE rss SYSTEM "https://a.example/x.dtd">')),
    ("namespaces-used", "one too many", sub(r"<(rss|feed)\b", r'<\1 xmlns:x="urn:x"')),
    ("xml-base", "on the root", sub(r"<(rss|feed)\b", r'<\1 xml:base="https://a.example/"')),
)
_FH = 'xmlns:fh="http://purl.org/syndication/history/1.0"'
_COMPLETE, _ARCHIVE = f"<fh:complete {_FH}/>", f"<fh:archive {_FH}/>"


def _link(relation: str, url: str = "https://a.example/2024-10.atom") -> str:
    return f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="{relation}" href="{url}"/>'


def _in_head(markup: str) -> Change:
    return sub(r"(<generator>)", rf"{markup}\1")


def _leads_to_itself(body: bytes) -> bytes:
    own = re.search(rb'<[^>]*link [^>]*rel="self"[^>]*>', body)
    if own is None:
        raise NothingToBreakError
    return body.replace(own[0], own[0] + own[0].replace(b'"self"', b'"prev-archive"'), 1)


def _otherwise_complete(body: bytes) -> bytes:
    without = re.sub(rb"<fh:complete[^>]*/>", b"", body)
    return _in_head(_COMPLETE)(body) if without == body else without


HISTORY: tuple[Row, ...] = (
    ("history-complete", "with an older page", _in_head(_COMPLETE + _link("prev-archive"))),
    ("history-complete", "with a newer page", _in_head(_COMPLETE + _link("next-archive"))),
    ("history-complete", "and an archive", _in_head(_COMPLETE + _ARCHIVE)),
    ("history-archive", "without its feed", _in_head(_ARCHIVE)),
    (
        "history-links",
        "two older pages",
        _in_head(_link("prev-archive") + _link("prev-archive", SITE)),
    ),
    ("history-links", "to itself", _leads_to_itself),
    ("history-channel", "complete", _otherwise_complete),
    ("history-channel", "an archive", _in_head(_ARCHIVE + _link("current"))),
    ("history-channel", "an older page", _in_head(_link("prev-archive"))),
)
XML_ENTRY: tuple[Row, ...] = (
    ("history-links", "in an entry", append(_link("prev-archive"))),
    ("characters", "a vertical tab", sub("<title>", "<title>\x0b")),
    ("characters", "a forbidden reference", sub("<title>", "<title>&#xFFFF;")),
    ("characters", "a lost character", sub("<title>", "<title>\N{REPLACEMENT CHARACTER}")),
    ("characters", "half of Windows-1252", sub("<title>", "<title>&#146;")),
    ("namespaces-on-root", "a late prefix", append('<x:y xmlns:x="urn:x"/>')),
    ("xml-base", "on a title", sub("<title>", '<title xml:base="https://a.example/">')),
    ("plain-text", "a reference", sub("<title>", "<title>AT&#x26;amp;T ")),
)


def _every_mutation() -> Iterator[Mutation]:
    tables = {
        RSS: (XML_DOCUMENT + HISTORY + mutations_rss.DOCUMENT, XML_ENTRY + mutations_rss.ENTRY),
        ATOM: (XML_DOCUMENT + HISTORY + mutations_atom.DOCUMENT, XML_ENTRY + mutations_atom.ENTRY),
        JSON: (mutations_json.DOCUMENT, mutations_json.ENTRY),
    }
    for fmt, (document, entry) in tables.items():
        for rule, name, change in document:
            yield Mutation(rule, fmt, name, change)
        for rule, name, change in entry:
            yield Mutation(rule, fmt, name, InEntry(fmt, change))
        for rule, name, fragment in HTML:
            yield Mutation(rule, fmt, name, html(fmt, fragment))


MUTATIONS = tuple(_every_mutation())
