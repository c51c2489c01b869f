"""Mends the structure of HTML: from what was pasted to what is meant.

One walk from front to end over what `markup.read` gives. An element is written when it closes,
its content being finished by then. Nothing here decides what is safe; the allow-list does.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from html import unescape

from feedsvc.feeds.rules_markup import words
from feedsvc.intake.cleaning.addresses import absolute
from feedsvc.intake.cleaning.allowed import APART, DIVISIONS, INLINE, KEPT, RENAMED, VOID, value_of
from feedsvc.intake.cleaning.anchors import Anchors
from feedsvc.intake.cleaning.embeds import link_for, linked_address, post_link
from feedsvc.intake.cleaning.lazy import emoji, lazy_sources, picture
from feedsvc.intake.cleaning.markup import TOKEN, attributes_of, element, escape, read
from feedsvc.intake.cleaning.spaces import shows_nothing, trimmed, unpadded, with_line_ends
from feedsvc.intake.cleaning.styles import (
    LINES_MATTER,
    MEANT,
    NOT_MEANT,
    WORD_BULLET,
    WORD_ITEM,
    is_hidden,
    style_of,
)

_DEEP = 40  # fewer levels cannot become too many
MAX_DEPTH = 200  # with more, readers and libxml2 give up

_BLOCKS = "aside blockquote dd details div dl dt figcaption figure h2 h3 h4 h5 h6 li ol p pre"
_BLOCKS += " summary table ul"
_FIRST = re.compile(rf"\s*<(?:{_BLOCKS.replace(' ', '|')}|hr)[ >]")
_LAST = ("<hr>", *(f"</{name}>" for name in _BLOCKS.split()))
_INSIDE = re.compile(rf"<(?:{_BLOCKS.replace(' ', '|')})[ >]")
_STAY_EMPTY = words("table tbody td tfoot th thead tr colgroup")
_PREFORMATTED = {"listing", "pre"}

_SHOWN = re.compile("<(?:img|audio|video)[ >]")
_WORD = re.compile(r"(?:^|>)\s*+[^\s<&\u200b\u2060\ufeff]")
_TAGS = re.compile("<[^>]*>")


class _Open:
    """An element that is not closed yet: what it holds so far, and what its sources offer."""

    __slots__ = (
        *("attributes", "items_end", "lines_matter", "name", "parts", "preformatted", "sources"),
        "style",
    )

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.style = style_of(attributes) if attributes else ""
        self.lines_matter = bool(self.style) and LINES_MATTER.search(self.style) is not None
        self.preformatted = name in _PREFORMATTED
        self.parts: list[str] = []
        self.sources: list[tuple[str, str]] = []
        self.items_end = ("", 0)


def tidy(html: str, base_url: str, embeds: Collection[str]) -> str:
    """Return what `markup.read` gave, mended.

    Args:
        base_url: What relative addresses are relative to.
        embeds: Hosts whose embedded pages become links.
    """
    walk = _Walk(html, base_url, embeds)
    mended = walk.run(html)
    # What a walk puts around others takes them nearer to the limit: so again, until it holds.
    while walk.is_deep and mended != html:
        html, walk = mended, _Walk(mended, base_url, embeds)
        mended = walk.run(html)
    return mended


class _Walk:
    """One walk over a text."""

    def __init__(self, html: str, base_url: str, embeds: Collection[str]) -> None:
        self.base_url = base_url
        self.embeds = embeds
        self.anchors = Anchors(html, base_url)
        self.moved = 1 if "<h1" in html else 0
        self.stack = [_Open("", {})]
        self.preformatted = 0
        self.lines_matter = 0
        self.is_deep = False
        self.bullet = ""
        self.seen: set[str] = set()
        self.fallbacks: set[str] = set()

    def run(self, html: str) -> str:
        for match in TOKEN.finditer(html):
            kind = match.lastgroup
            if kind == "text":
                self.text(match[0])
            elif kind == "held":
                self.write(self.raw(match["raw"], attributes_of(match["opening"]), match["held"]))
            elif match["end"]:
                self.close()
            elif match["name"] in VOID:
                self.write(self.void(match["name"], attributes_of(match["rest"])))
            else:
                self.open(match["name"], attributes_of(match["rest"]))
        written = "".join(self.stack[0].parts).strip()
        return written if _WORD.search(written) or _shows(written) else ""

    def write(self, markup: str) -> None:
        if markup:
            self.stack[-1].parts.append(markup)

    def text(self, text: str) -> None:
        opened = self.stack[-1]
        parts = opened.parts
        if not self.preformatted:
            if self.lines_matter and "\n" in text and not text.isspace():
                text = with_line_ends(text)
            elif "&nbsp;" in text:
                text = unpadded(text, at_line_start=bool(parts) and parts[-1] == "<br>")
                if not parts and opened.name not in INLINE:
                    text = text.removeprefix(" ")
        parts.append(text)

    def open(self, name: str, attributes: dict[str, str]) -> None:
        opened = _Open(name, attributes)
        if opened.style and name in NOT_MEANT and NOT_MEANT[name].search(opened.style):
            opened.name = "font"  # bold by name only, as the wrapper of a Google Docs paste
        self.stack.append(opened)
        self.is_deep = self.is_deep or len(self.stack) > _DEEP
        self.preformatted += opened.preformatted
        self.lines_matter += opened.lines_matter

    def close(self) -> None:
        opened = self.stack.pop()
        inner = "".join(opened.parts)
        if not opened.attributes or not is_hidden(opened.attributes):
            self.write(self.finished(opened, inner))
        self.preformatted -= opened.preformatted
        self.lines_matter -= opened.lines_matter

    def finished(self, opened: _Open, inner: str) -> str:
        """Return an element whose content is finished as it is to be."""
        name, attributes = opened.name, opened.attributes
        if name in _HANDLERS:
            return _HANDLERS[name](self, opened, inner)
        if name in APART:
            return f" {inner} "
        name = RENAMED.get(name, name)
        return self.plain(name, attributes, inner) if name in KEPT else inner

    def plain(self, name: str, attributes: dict[str, str], inner: str) -> str:
        """Return an element of the allow-list; nothing of it when it shows nothing."""
        kept = self.kept(name, attributes)
        is_inline = name in INLINE
        if not is_inline and not self.preformatted:
            inner = trimmed(inner)
        if name not in _STAY_EMPTY and "id" not in kept and shows_nothing(inner):
            # Blocks part words even when they are empty.
            return inner if is_inline or self.preformatted else "\n"
        if len(self.stack) > MAX_DEPTH:
            return inner if is_inline else f"\n{inner.strip()}\n"
        return element(name, kept, inner)

    def kept(self, name: str, attributes: dict[str, str]) -> dict[str, str]:
        """Return the attributes that an element may have, with good values."""
        if not attributes:
            return {}
        if "xml:lang" in attributes:
            attributes = {"lang": attributes["xml:lang"], **attributes}
        found = {
            key: good
            for key, value in attributes.items()
            if key in KEPT[name] and key != "id" and (good := self.value(key, value)) is not None
        }
        if self.anchors.names and (target := self.anchors.take(name, attributes)):
            found["id"] = target
        return found

    def value(self, key: str, value: str) -> str | None:
        if key in {"cite", "poster", "src"}:
            return absolute(value, self.base_url)
        return value if key in {"href", "srcset"} else value_of(key, value)

    def within(self, names: Collection[str]) -> bool:
        """Tell whether what is being written stands inside one of these elements."""
        return any(opened.name in names for opened in self.stack)

    # Elements with rules of their own

    def heading(self, opened: _Open, inner: str) -> str:
        """Move headings below the article's title, which is the h1."""
        level = min(int(opened.name[1]) + self.moved, 6)
        return self.plain(f"h{level}", opened.attributes, inner)

    def link(self, opened: _Open, inner: str) -> str:
        attributes = opened.attributes
        if "href" in attributes:
            attributes = {**attributes, "href": self.place(attributes["href"])}
        kept = {key: value for key, value in self.kept("a", attributes).items() if value}
        if "id" not in kept and ("href" not in kept or shows_nothing(inner)):
            return inner
        return element("a", kept, inner)

    def place(self, href: str) -> str:
        """Return where a link leads, "" when it leads nowhere."""
        if place := self.anchors.href(href):
            return place
        if href.lstrip().startswith("#"):
            return ""
        return absolute(href, self.base_url, link=True) or ""

    def span(self, opened: _Open, inner: str) -> str:
        style = opened.style
        if style and WORD_BULLET.search(style):
            self.bullet = unescape(_TAGS.sub("", inner)).strip()
            return ""
        if style and not shows_nothing(inner):
            for pattern, name, alike in MEANT:
                if pattern.search(style) and not self.within(alike):
                    inner = element(name, {}, inner)
        kept = self.kept("span", opened.attributes)
        shows = kept and ("id" in kept or not shows_nothing(inner))
        return element("span", kept, inner) if shows else inner

    def division(self, opened: _Open, inner: str) -> str:
        """Write a paragraph or division; one that only holds blocks is none."""
        if found := self.post(opened, inner):
            return found
        if opened.style and WORD_ITEM.search(opened.style):
            return self.word_item(opened, inner)
        if not self.preformatted:
            inner = trimmed(inner)
        blocks = _FIRST.match(inner) and inner.rstrip().endswith(_LAST)
        if blocks and not self.kept("div", opened.attributes):
            return inner
        name = "p" if opened.name == "p" and not _INSIDE.search(inner) else "div"
        return self.plain(name, opened.attributes, inner)

    def word_item(self, opened: _Open, inner: str) -> str:
        """Return a paragraph of Word's as an item of a list, within the list before it if any."""
        kind = "ol" if self.bullet[:1].isalnum() and self.bullet != "o" else "ul"
        self.bullet = ""
        item = self.plain("li", opened.attributes, inner)
        if not item.startswith("<"):
            return item
        around = self.stack[-1]
        while around.parts and around.parts[-1].isspace():
            around.parts.pop()
        end = f"</{kind}>"
        if around.parts and around.items_end == (kind, len(around.parts)):
            around.parts[-1] = around.parts[-1].removesuffix(end) + item + end
            return ""
        around.items_end = (kind, len(around.parts) + 1)
        return f"<{kind}>{item}{end}"

    def table(self, opened: _Open, inner: str) -> str:
        """Drop a table without anything in its cells."""
        return self.plain("table", opened.attributes, inner) if _shows(inner) else "\n"

    def dialog(self, opened: _Open, inner: str) -> str:
        """Keep the words of a window only when it is open."""
        return self.division(opened, inner) if "open" in opened.attributes else ""

    def preformatted_text(self, opened: _Open, inner: str) -> str:
        # HTML's parser drops the first line end of a <pre>, and its writer does not put it back.
        return self.plain("pre", opened.attributes, inner.lstrip("\n"))

    def formula(self, opened: _Open, inner: str) -> str:
        """Return a formula as a line of text: its source where it brings that along."""
        source = opened.attributes.get("alttext", "").strip()
        # What holds blocks was never closed: the rest of the article is in it.
        return escape(source) if source and not _INSIDE.search(inner) else inner

    def annotation(self, opened: _Open, inner: str) -> str:
        """Keep a formula's source for the formula."""
        around = next((each for each in reversed(self.stack) if each.name == "x-math"), None)
        if around is None:
            return inner
        if "tex" in opened.attributes.get("encoding", "").lower():
            around.attributes.setdefault("alttext", unescape(inner))
        return ""

    def player(self, opened: _Open, inner: str) -> str:
        """Write sound or film: with controls, and nothing is fetched before somebody asks."""
        attributes = opened.attributes
        if "src" not in attributes and "data-src" in attributes:
            attributes = {**attributes, "src": attributes["data-src"]}
        kept = self.kept(opened.name, {**attributes, "controls": "", "preload": "none"})
        return element(opened.name, kept, inner) if "src" in kept or "<source" in inner else inner

    # Pictures

    def void(self, name: str, attributes: dict[str, str]) -> str:
        """Return an element that has no content."""
        if is_hidden(attributes):
            return ""
        if name == "img":
            return self.image(attributes)
        if name == "embed":
            return self.frame(attributes)
        if name == "source" and self.stack[-1].name == "picture":
            self.stack[-1].sources += lazy_sources(attributes, self.base_url)
            return ""
        kept = self.kept(name, attributes)
        return "" if name in {"source", "track"} and "src" not in kept else element(name, kept)

    def image(self, attributes: dict[str, str], *, is_fallback: bool = False) -> str:
        sources = next((each.sources for each in self.stack[-2:] if each.name == "picture"), [])
        found = picture(attributes, self.base_url, sources)
        if character := emoji(attributes) or emoji(found or {}):
            return escape(character)
        if found is None:
            return ""
        source = found["src"]
        if source in (self.seen if is_fallback else self.fallbacks):
            self.fallbacks.discard(source)
            return ""
        (self.fallbacks if is_fallback else self.seen).add(source)
        return element("img", self.kept("img", found))

    # What is not read as markup: frames, the fallback of scripts, old examples

    def raw(self, name: str, attributes: dict[str, str], held: str) -> str:
        if name == "xmp":
            return self.plain("pre", {}, escape(held).lstrip("\n"))
        if is_hidden(attributes):
            return ""
        return self.frame(attributes) if name == "iframe" else self.fallback(held)

    def fallback(self, held: str) -> str:
        """Return the pictures that a script would have put in place of others."""
        tags = TOKEN.finditer(read(held)) if "<img" in held else ()
        return "".join(
            self.image(attributes_of(tag["rest"]), is_fallback=True)
            for tag in tags
            if tag["name"] == "img"
        )

    def frame(self, attributes: dict[str, str]) -> str:
        """Return the link that stands for an embedded page, "" when it is nobody's we know."""
        link = link_for(attributes, self.base_url, self.embeds)
        if not link or self.within({"a"}):
            return _TAGS.sub("", link)
        return link if self.within({"figure"}) else element("figure", {}, link)

    def object(self, opened: _Open, inner: str) -> str:
        return self.frame(opened.attributes) or inner

    def figure(self, opened: _Open, inner: str) -> str:
        if "wp-block-embed" in opened.attributes.get("class", ""):
            inner = linked_address(inner, self.embeds)
        return self.plain("figure", opened.attributes, inner)

    def post(self, opened: _Open, inner: str) -> str:
        """Return a post of a social network as a figure that links to it, "" for anything else."""
        classes = opened.attributes.get("class", "")
        link = post_link(opened.attributes, inner, self.base_url, self.embeds) if classes else ""
        if not link:
            return ""
        if shows_nothing(_TAGS.sub("", inner)):
            return element("figure", {}, link)
        quoted = self.plain("blockquote", opened.attributes, inner)
        href = link[: link.index(">")]
        return element("figure", {}, quoted if href in inner else f"{quoted}{link}")

    def quotation(self, opened: _Open, inner: str) -> str:
        return self.post(opened, inner) or self.plain("blockquote", opened.attributes, inner)


def _shows(markup: str) -> bool:
    """Tell whether there is anything to read, see or hear."""
    return _SHOWN.search(markup) is not None or not shows_nothing(_TAGS.sub("", markup))


_HANDLERS = {
    "a": _Walk.link,
    "x-annotation": _Walk.annotation,
    "audio": _Walk.player,
    "blockquote": _Walk.quotation,
    "figure": _Walk.figure,
    "listing": _Walk.preformatted_text,
    "x-math": _Walk.formula,
    "object": _Walk.object,
    "pre": _Walk.preformatted_text,
    "span": _Walk.span,
    "table": _Walk.table,
    "video": _Walk.player,
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _Walk.heading),
    **dict.fromkeys((*DIVISIONS, "div", "p"), _Walk.division),
    "dialog": _Walk.dialog,
}
