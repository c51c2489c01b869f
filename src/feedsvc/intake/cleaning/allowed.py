"""The allow-list: what an article's HTML may hold, and why.

Two rules made it. What an element *says* is kept (a caption, a footnote, a line of verse); how it
looks is the reader's business. And nothing may run, load or send by itself.
"""

from __future__ import annotations

import re

from feedsvc.feeds.rules_markup import words

# Running text: what the words are.
_TEXT = "a abbr b bdi bdo br cite code data del dfn em i ins kbd mark q s samp small span strong"
_TEXT += " sub sup time u var wbr"
# Blocks: what the paragraphs are. No h1: that is the article's title.
_BLOCKS = "aside blockquote dd details div dl dt h2 h3 h4 h5 h6 hr li ol p pre summary ul"
# Tables whole, or the numbers in them mean nothing.
_TABLES = "caption col colgroup table tbody td tfoot th thead tr"
# Pictures with their captions.
_FIGURES = "figcaption figure img"
# Sound and film that the newsroom serves itself; those of other places become links (embeds.py).
_MEDIA = "audio source track video"
# Readings of Chinese and Japanese characters; without `rp` they run into the text.
_RUBY = "rp rt ruby"

INLINE = words(f"{_TEXT} {_RUBY}") - {"br"}
ELEMENTS = words(" ".join((_TEXT, _BLOCKS, _TABLES, _FIGURES, _MEDIA, _RUBY)))
VOID = words("br col embed hr img input param source track wbr")

# `id` only as the target of a link in the same text; language and direction belong to the words.
EVERYWHERE = frozenset({"dir", "id", "lang", "title"})
ATTRIBUTES = {
    "a": frozenset({"href", "hreflang"}),
    "audio": frozenset({"controls", "preload", "src"}),
    "blockquote": frozenset({"cite"}),
    "col": frozenset({"span"}),
    "colgroup": frozenset({"span"}),
    "data": frozenset({"value"}),
    "del": frozenset({"cite", "datetime"}),
    "details": frozenset({"open"}),
    "img": frozenset({"alt", "height", "sizes", "src", "srcset", "width"}),
    "ins": frozenset({"cite", "datetime"}),
    "li": frozenset({"value"}),
    "ol": frozenset({"reversed", "start", "type"}),
    "q": frozenset({"cite"}),
    "source": frozenset({"src", "type"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"abbr", "colspan", "rowspan", "scope"}),
    "time": frozenset({"datetime"}),
    "track": frozenset({"kind", "label", "src", "srclang"}),
    "video": frozenset({"controls", "height", "poster", "preload", "src", "width"}),
}
KEPT = {name: EVERYWHERE | ATTRIBUTES.get(name, frozenset()) for name in ELEMENTS}
LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel"})

# Looked at and then written as something else, or as their text alone (tidy.py).
DIVISIONS = words(
    "address article center dialog fieldset footer form header hgroup legend main nav"
    " search section"
)
RENAMED = {
    **dict.fromkeys(DIVISIONS, "div"),
    "acronym": "abbr",
    "dir": "ul",
    "listing": "pre",
    "menu": "ul",
    "strike": "s",
    "tt": "code",
}
APART = words("button optgroup option x-text")  # no blocks, but words of their own
READ = frozenset(RENAMED) | APART
READ |= words("embed font h1 iframe noscript object picture x-annotation x-math xmp")

# They say nothing to a reader: code, style, what only a browser without scripts would show.
SILENT = words("datalist noembed noframes script style template title x-silent xml")

_LANGUAGE = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*"
_VALUES = {
    "colspan": re.compile(r"[1-9][0-9]{0,2}"),
    "dir": re.compile("ltr|rtl|auto"),
    "height": re.compile(r"[1-9][0-9]{0,4}"),
    "hreflang": re.compile(_LANGUAGE),
    "id": re.compile(r"ref-[A-Za-z0-9_.:-]+"),
    "kind": re.compile("subtitles|captions|descriptions|chapters|metadata"),
    "lang": re.compile(_LANGUAGE),
    "rowspan": re.compile(r"[1-9][0-9]{0,2}"),
    "scope": re.compile("row|col|rowgroup|colgroup"),
    "span": re.compile(r"[1-9][0-9]{0,2}"),
    "srclang": re.compile(_LANGUAGE),
    "start": re.compile(r"-?[0-9]{1,9}"),
    "width": re.compile(r"[1-9][0-9]{0,4}"),
}
_TYPES = re.compile(r"[1aAiI]|[a-z]+/[a-zA-Z0-9.+-]+(; ?[a-z]+=[\"a-zA-Z0-9., -]+)?")
_FIXED = {"controls": "", "open": "", "preload": "none", "reversed": ""}
_PIXELS = re.compile(r"\s*([0-9]{1,5})(?:\.[0-9]+)?\s*(?:px)?\s*")


def value_of(name: str, value: str) -> str | None:
    """Return an attribute's value as it may stand, None when it may not; not for addresses."""
    if name in _FIXED:
        return _FIXED[name]
    if name in {"width", "height"} and (pixels := _PIXELS.fullmatch(value)):
        value = pixels[1]
    if name in {"dir", "kind", "scope"}:
        value = value.lower()
    pattern = _TYPES if name == "type" else _VALUES.get(name)
    return value if pattern is None or pattern.fullmatch(value) else None
