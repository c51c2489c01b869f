"""White space: what only pads goes, what verse is made of stays."""

from __future__ import annotations

import re

_NOTHING = re.compile(r"(?:\s|&nbsp;|<br>|<wbr>|[\u200b\u2060\ufeff])*+")
_PADDING = re.compile(r"(?:\s|&nbsp;){2,}")
_LEADING = re.compile(r"\s*&nbsp;(?:\s|&nbsp;)*")
_INDENT = re.compile("(?<=<br>) +")


def shows_nothing(inner: str) -> bool:
    """Tell whether an element's content is only white space and line ends."""
    return _NOTHING.fullmatch(inner) is not None


def with_line_ends(text: str) -> str:
    """Return a text whose lines and indentation a style had kept, written out."""
    return _INDENT.sub(lambda run: "&nbsp;" * len(run[0]), text.replace("\n", "<br>"))


def unpadded(text: str, *, at_line_start: bool) -> str:
    """Make white space that only pads one space; what indents a line of verse stays."""

    def space(run: re.Match[str]) -> str:
        indents = at_line_start and run.start() == 0
        return run[0] if indents or "&nbsp;" not in run[0] else " "

    return _PADDING.sub(space, text)


def trimmed(inner: str) -> str:
    """Return a block's content without hard spaces at its edges."""
    if "&nbsp;" not in inner:
        return inner
    if lead := _LEADING.match(inner):
        inner = inner[lead.end() :]
    end = inner.rstrip()
    return end.removesuffix("&nbsp;").rstrip() if end.endswith("&nbsp;") else inner
