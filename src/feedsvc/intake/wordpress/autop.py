"""Paragraphs for text that WordPress stored without any: a blank line ends one, a line end breaks.

What WordPress does on every page view, done once. Blocks, lists, tables and preformatted text are
left as they are.
"""

from __future__ import annotations

import re
from collections import Counter

_TOKEN = re.compile(r"<!--.*?(?:-->|\Z)|</?[A-Za-z][^<>]*>", re.DOTALL)
_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9:-]*)")
# Paragraphs are made directly within these …
_FLOW = frozenset(
    [
        *("article", "aside", "blockquote", "body", "center", "details", "div", "fieldset"),
        *("footer", "form", "header", "main", "nav", "section"),
    ]
)
# … and nothing is touched within those.
_CLOSED = frozenset(
    [
        *("address", "audio", "canvas", "caption", "dd", "dl", "dt", "figcaption", "figure"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "hgroup", "legend", "li", "map", "math", "menu"),
        *("noscript", "object", "ol", "pre", "script", "select", "style", "summary", "svg"),
        *("table", "tbody", "td", "textarea", "tfoot", "th", "thead", "tr", "ul", "video"),
    ]
)
_SINGLE = frozenset(["hr"])
_RAW = frozenset(["pre", "script", "style", "textarea"])
_BREAKS = re.compile(r"(?:<br\s*/?>\s*){2,}|\n[ \t]*\n\s*", re.IGNORECASE)
_BROKEN = re.compile(r"<br\s*/?>[ \t]*\Z", re.IGNORECASE)
_COMMENTS = re.compile(r"(?:<!--[^<>]*-->\s*)+")
_REMEMBERED = 200  # how far up a closing tag is looked for


def autop(text: str) -> str:
    """Return HTML in paragraphs."""
    return _Paragraphs().of(text.replace("\r\n", "\n").replace("\r", "\n"))


class _Paragraphs:
    def __init__(self) -> None:
        self._out: list[str] = []
        self._run: list[str] = []  # text and inline elements since the last block
        self._opening = "<p>"
        self._open: list[str] = []  # the blocks around, outermost first
        self._closed: Counter[str] = Counter()  # those of them within which nothing is touched

    def of(self, text: str) -> str:
        at = 0
        for found in _TOKEN.finditer(text):
            self._add(text[at : found.start()])
            at = found.end()
            self._tag(found[0])
        self._add(text[at:])
        self._flush()
        return "".join(self._out)

    def _add(self, text: str) -> None:
        (self._out if self._closed else self._run).append(text)

    def _tag(self, tag: str) -> None:
        named = _NAME.match(tag)
        name = named[1].lower() if named else ""
        if self._open and self._open[-1] in _RAW and tag[:2] + name != f"</{self._open[-1]}":
            self._out.append(tag)
        elif name == "p" and not self._closed:
            self._flush()
            self._opening = "<p>" if tag.startswith("</") else tag
        elif name in _FLOW or name in _CLOSED or name in _SINGLE:
            self._block(tag, name)
        else:
            self._add(tag if self._closed else tag.replace("\n", " "))

    def _block(self, tag: str, name: str) -> None:
        self._flush()
        self._out.append(tag)
        if name in _SINGLE or tag.endswith("/>"):
            return
        if not tag.startswith("</"):
            self._open.append(name)
            if name in _CLOSED:
                self._closed[name] += 1
        elif name in self._open[-_REMEMBERED:]:
            while self._leave() != name:
                pass

    def _leave(self) -> str:
        name = self._open.pop()
        if name in _CLOSED:
            self._closed[name] -= 1
            self._closed += Counter()  # forgets what it counts none of
        return name

    def _flush(self) -> None:
        """Put what has come since the last block into paragraphs."""
        run, opening = "".join(self._run), self._opening
        self._run, self._opening = [], "<p>"
        for part in _BREAKS.split(run):
            text = part.strip()
            if _COMMENTS.fullmatch(text):
                self._out.append(text)
            elif text:
                self._out.append(f"{opening}{_with_breaks(text)}</p>\n")
                opening = "<p>"


def _with_breaks(text: str) -> str:
    first, *others = text.split("\n")
    lines = [first]
    for line in others:
        lines.append("\n" if _BROKEN.search(lines[-1]) else "<br>\n")
        lines.append(line)
    return "".join(lines)
