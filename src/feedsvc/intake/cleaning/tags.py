"""The tags of a text as it came, cut as browsers cut them, before any parser has seen it."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from feedsvc.feeds.rules_markup import words

# HTML §13.2.5, without repairs: quotes may hold `>`, names may hold nearly anything.
_ATTRIBUTE = r"""=?[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+"""
ATTRIBUTE = re.compile(_ATTRIBUTE)
_TAG = re.compile(
    rf"<(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*+)(?P<rest>(?:[\s/]++|{_ATTRIBUTE}|=)*+)>"
)
_COMMENT = re.compile(r"<!--(?:-?>|.*?--!?>|.*)|<(?:[!?]|/[^A-Za-z])[^>]*+>?", re.DOTALL)
_NEXT = re.compile(r"<[A-Za-z/!?]")
RAW = words("iframe noembed noframes noscript plaintext script style textarea title xmp")
_RAW_END = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in RAW}


def tags(html: str, raw: Container[str] = RAW) -> Iterator[re.Match[str]]:
    """Yield the start and end tags; what stands in comments, scripts and the like is none.

    Args:
        raw: Elements that hold text without tags; it may change on the way.
    """
    at = 0
    while match := _NEXT.search(html, at):
        at = match.start()
        tag = _TAG.match(html, at)
        if tag is None:
            comment = _COMMENT.match(html, at)
            if comment is None:
                return  # the rest is one tag that never ends, and parsers drop it
            at = comment.end()
            continue
        yield tag
        at = tag.end()
        name = tag["name"].lower()
        if name in raw and not tag["end"]:
            end = _RAW_END[name].search(html, at)
            at = end.start() if end else len(html)
