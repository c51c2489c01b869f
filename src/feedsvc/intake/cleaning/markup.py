"""Tags as nh3 writes them, and as we do: one form, so that equal markup is equal text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

import nh3

from feedsvc.intake.cleaning.allowed import ELEMENTS, KEPT, LINK_SCHEMES, READ, SILENT, VOID

# nh3 closes every tag, quotes every value and escapes `<` and `>` in it. What frames, `noscript`
# and `xmp` hold is not markup to it.
TOKEN = re.compile(
    r"<(?P<raw>iframe|noscript|xmp)(?P<opening>(?: [^>]*)?)>(?P<held>.*?)</(?P=raw)>"
    r"|<(?P<end>/?)(?P<name>[a-z][^\s>]*)(?P<rest>[^>]*)>|(?P<text>[^<]+)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r' ([^\s="]+)="([^"]*)"')
_ESCAPES = str.maketrans({"&": "&amp;", "\xa0": "&nbsp;", "<": "&lt;", ">": "&gt;"})
# Where addresses and meanings hide in what is pasted; the allow-list comes later.
_TELLING = {"alttext", "class", "data", "encoding", "hidden", "name", "style", "xml:lang"}
_READER = nh3.Cleaner(
    tags=set(ELEMENTS | READ),
    attributes={"*": _TELLING.union(*KEPT.values())},
    generic_attribute_prefixes={"data-"},
    clean_content_tags=set(SILENT),
    url_schemes=set(LINK_SCHEMES),
    link_rel=None,
)
_ALLOWED = nh3.Cleaner(
    tags=set(ELEMENTS),
    attributes={name: set(kept) for name, kept in KEPT.items()},
    clean_content_tags=set(SILENT) | {"iframe", "noscript"},
    url_schemes=set(LINK_SCHEMES),
    link_rel=None,
)


def read(html: str) -> str:
    """Return HTML as a browser reads it, each tag in its one form, comments and scripts gone."""
    return _READER.clean(html)


def allowed(html: str) -> str:
    """Return HTML with what the allow-list names, and nothing else."""
    return _ALLOWED.clean(html)


def attributes_of(rest: str) -> dict[str, str]:
    """Return a tag's attributes, decoded."""
    if not rest:
        return {}
    return {
        name: unescape(value) if "&" in value else value for name, value in _ATTRIBUTE.findall(rest)
    }


def escape(text: str) -> str:
    """Return a text as it stands between tags."""
    return text.translate(_ESCAPES)


def element(name: str, attributes: Mapping[str, str], inner: str = "") -> str:
    """Write an element."""
    tag = name
    for key, value in attributes.items():
        quoted = escape(value).replace('"', "&quot;")
        tag += f' {key}="{quoted}"'
    return f"<{tag}>" if name in VOID else f"<{tag}>{inner}</{name}>"
