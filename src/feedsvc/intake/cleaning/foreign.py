"""Takes tags that are not HTML's out, before a parser gives them a meaning of its own.

Inside `svg` and `math` HTML's rules do not hold, and sanitisers drop what they find there whole.
Their words are kept: as text, in a formula's case as the source that it brings along.
"""

from __future__ import annotations

import re

from feedsvc.feeds.rules_markup import ELEMENTS as HTML
from feedsvc.feeds.rules_markup import words
from feedsvc.intake.cleaning import allowed
from feedsvc.intake.cleaning.tags import RAW, tags

# With a colon or a `<` in it, no parser knows it either.
_NAME = re.compile(r"<([A-Za-z][^\s/>:<]*+)[\s/>]")
_KNOWN = HTML | allowed.ELEMENTS | allowed.READ | allowed.SILENT | allowed.VOID
_KNOWN |= words("map optgroup param plaintext slot textarea")
_KNOWN -= {"math", "svg"}
_FORMULA = {"math": "x-math", "annotation": "x-annotation", "annotation-xml": "x-silent"}
# In a drawing these say what it is or hold parts for later; only the last is to be read.
_DRAWING = {**dict.fromkeys(("defs", "desc", "metadata", "title"), "x-silent"), "text": "x-text"}


def without_foreign(html: str) -> str:
    """Return HTML without the tags of other languages; `x-…` marks what tidy.py looks at."""
    if {name.lower() for name in _NAME.findall(html)} <= _KNOWN:
        return html
    pieces: list[str] = []
    written = drawings = 0
    raw = set(RAW)
    for tag in tags(html, raw):
        name = tag["name"].lower()
        if name == "svg":
            drawings = max(0, drawings + (-1 if tag["end"] else 1))
            (raw.discard if drawings else raw.add)("title")
        new = _FORMULA.get(name) or (_DRAWING.get(name) if drawings else None)
        if new is None and name in _KNOWN:
            continue
        pieces.append(html[written : tag.start()])
        if new and not tag["rest"].endswith("/"):
            pieces.append(f"<{tag['end']}{new}{tag['rest']}>")
        written = tag.end()
    return "".join(pieces) + html[written:]
