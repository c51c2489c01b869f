"""What a style says about words; all else in it is about looks, and goes."""

from __future__ import annotations

import re
from collections.abc import Mapping

_CHARS = 1_000  # of a style, longer than any that people or programs write


def _declares(pattern: str) -> re.Pattern[str]:
    """Return what finds a declaration in a style, and not in the name of another one."""
    return re.compile(rf"(?:^|[;\s])(?:{pattern})")


_NOT_BOLD = _declares(r"font-weight\s*:\s*(?:normal|[1-5]00)")
_NOT_ITALIC = _declares(r"font-style\s*:\s*normal")
# An element whose style takes its meaning away, as the <b> around a Google Docs paste.
NOT_MEANT = {"b": _NOT_BOLD, "strong": _NOT_BOLD, "i": _NOT_ITALIC, "em": _NOT_ITALIC}
# What a style means, and where it says nothing new.
MEANT = (
    (
        _declares(r"font-weight\s*:\s*(?:bold|[6-9]00)"),
        "strong",
        frozenset(("b", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "th")),
    ),
    (_declares(r"font-style\s*:\s*(?:italic|oblique)"), "em", frozenset(("em", "i"))),
    (_declares(r"text-decoration(?:-line)?\s*:[^;]*line-through"), "s", frozenset(("del", "s"))),
    (_declares(r"vertical-align\s*:\s*super"), "sup", frozenset(("sup",))),
    (_declares(r"vertical-align\s*:\s*sub\b"), "sub", frozenset(("sub",))),
)
_HIDDEN = _declares(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all")
LINES_MATTER = _declares(r"white-space\s*:\s*(?:pre|break-spaces)")
# Word writes a list as paragraphs, each with its bullet or number as text.
WORD_ITEM = _declares(r"mso-list\s*:\s*l\d")
WORD_BULLET = _declares(r"mso-list\s*:\s*ignore")


def style_of(attributes: Mapping[str, str]) -> str:
    """Return an element's style in lower case, "" when it has none."""
    return attributes.get("style", "")[:_CHARS].lower()


def is_hidden(attributes: Mapping[str, str]) -> bool:
    """Tell whether nobody sees an element."""
    if "hidden" in attributes:
        return True
    return "style" in attributes and _HIDDEN.search(style_of(attributes)) is not None
