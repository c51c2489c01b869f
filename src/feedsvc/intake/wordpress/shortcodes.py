"""Unfolds WordPress's shortcodes: `[caption]`, `[gallery]`, `[embed]` and such become HTML.

The others go, and what stands between an opening and a closing one stays. Brackets of ordinary
prose are left alone: a shortcode has a known name, an attribute, or a closing tag further on. The
time taken grows with the text alone, whatever the brackets.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from feedsvc.intake.wordpress.shortcode_html import audio, embed, figure, video


class Library(Protocol):
    """The pictures and sounds that shortcodes name by number, as HTML."""

    def gallery(self, ids: list[int] | None) -> str:
        """Return figures of these attachments; None for all of the post's own."""

    def playlist(self, ids: list[int]) -> str:
        """Return players of these attachments."""


Attributes = dict[str, str]

# Known wherever they stand, because prose does not write these words in brackets.
_KNOWN = frozenset(
    [
        *("audio", "caption", "embed", "gallery", "playlist", "video", "wp_caption"),
        *("youtube", "vimeo", "soundcloud", "tweet", "instagram", "googlevideo", "dailymotion"),
        *("contact-form", "contact-form-7", "contact-field", "gravityform", "ninja_form"),
        *("wpforms", "dropcap", "drop_cap", "nggallery", "slideshow", "sharethis", "pullquote"),
        *("scribd", "slideshare", "polldaddy", "googlemaps", "storyquote", "rev_slider"),
    ]
)
_QUOTED = r'"[^"]{0,4000}"|\'[^\']{0,4000}\'|[^\[\]"\'<>]|<[^<>\[\]]{0,1000}>'
_TAG = re.compile(
    rf"""(\[?)\[(/?)([A-Za-z][\w-]{{0,60}})(?![\w-])
    ( (?: [\s=](?:{_QUOTED}){{0,4000}}+ )? )
    \](\]?)""",
    re.VERBOSE,
)
# An attribute whose quotes do not close ends with the shortcode.
_LOOSE = re.compile(r"(\[?)\[(/?)([A-Za-z][\w-]{0,60})([\s=][^\[\]]{0,4000}+)\](\]?)")
_ATTRIBUTE = re.compile(
    r"""([A-Za-z_][\w-]{0,60})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+))"""
    r"""|"([^"]*)"|'([^']*)'|([^\s"'=]\S*)"""
)
_HAS_ATTRIBUTE = re.compile(r"""\s[A-Za-z_][\w-]{0,60}=(?:"|'|&|[^\s"'\]])""")
_CURLY = str.maketrans("“”„″‘’′", '""""\'\'\'')
_MAX_OPEN = 20


@dataclass(slots=True)
class _Tag:
    """A shortcode, or what looks like one.

    Attributes:
        before: A further bracket in front of it.
        behind: A further bracket behind it.
        partner: Where in the list the tag is that closes or opens it.
    """

    start: int
    end: int
    name: str
    attributes: str
    closes: bool
    before: str
    behind: str
    is_escaped: bool
    partner: int | None = None

    @property
    def is_single(self) -> bool:
        return self.attributes.endswith("/") and not self.closes


def unfold(text: str, library: Library) -> str:
    """Return a text without shortcodes.

    Args:
        library: What galleries and playlists are made from.
    """
    if "[" not in text:
        return text
    tags = list(_tags(text))
    _pair(tags)
    tags = [tag for tag in tags if _is_shortcode(tag)]
    return _Unfolding(text, tags, library).text() if tags else text


def _tags(text: str) -> Iterator[_Tag]:
    at = text.find("[")
    while at >= 0:
        found = _TAG.match(text, at) or _LOOSE.match(text, at)
        if found is None:
            at = text.find("[", at + 1)
            continue
        before, slash, name, attributes, behind = found.groups()
        start, end = found.span()
        start, end = start + len(before), end - len(behind)
        is_escaped = bool(before and behind)
        parts = (name, attributes.strip(), bool(slash), before, behind, is_escaped)
        yield _Tag(start, end, *parts)
        at = text.find("[", end)


def _pair(tags: list[_Tag]) -> None:
    """Let each opening tag know the closing one that belongs to it."""
    waiting: dict[str, list[int]] = {}
    for at, tag in enumerate(tags):
        if tag.is_escaped:
            continue
        same = waiting.setdefault(tag.name, [])
        if not tag.closes:
            same.append(at)
        elif same:
            opening = tags[same[-1]]
            opening.partner, tag.partner = at, same.pop()
            opening.is_escaped = tag.is_escaped = bool(opening.before and tag.behind)


def _is_shortcode(tag: _Tag) -> bool:
    return (
        tag.name in _KNOWN
        or (tag.is_escaped and not tag.attributes)
        or tag.partner is not None
        or (not tag.closes and bool(_HAS_ATTRIBUTE.search(f" {tag.attributes}")))
        or tag.is_single
    )


class _Unfolding:
    """Goes through a text once; what stands within a shortcode is collected on a stack."""

    def __init__(self, text: str, tags: list[_Tag], library: Library) -> None:
        self._text = text
        self._tags = tags
        self._makers = _makers(library)
        self._open: list[tuple[_Tag, list[str]]] = []
        self._out: list[str] = []

    def text(self) -> str:
        at = 0
        for tag in self._tags:
            outer = len(tag.before) if tag.is_escaped and not tag.closes else 0
            self._out.append(self._text[at : tag.start - outer])
            self._take(tag)
            is_whole = tag.closes or tag.partner is None
            at = tag.end + (len(tag.behind) if tag.is_escaped and is_whole else 0)
        self._out.append(self._text[at:])
        while self._open:
            self._close()
        return "".join(self._out)

    def _take(self, tag: _Tag) -> None:
        if tag.is_escaped:
            self._out.append(self._text[tag.start : tag.end])
        elif tag.closes:
            names = [opening.name for opening, _ in self._open]
            if tag.name in names:
                while self._open[-1][0].name != tag.name:
                    self._close()
                self._close()
        elif tag.name in self._makers:
            if tag.partner is not None and len(self._open) < _MAX_OPEN:
                self._open.append((tag, self._out))
                self._out = []
            else:
                self._out.append(self._made(tag, ""))

    def _close(self) -> None:
        tag, out = self._open.pop()
        out.append(self._made(tag, "".join(self._out)))
        self._out = out

    def _made(self, tag: _Tag, inner: str) -> str:
        made = self._makers[tag.name](_attributes(tag.attributes), inner)
        return f"\n\n{made}\n\n" if made else inner


def _attributes(text: str) -> Attributes:
    """Return attributes by name; those without one by their number, from "0" on."""
    text = html.unescape(text).translate(_CURLY).removesuffix("/").lstrip("=")
    found: Attributes = {}
    for hit in _ATTRIBUTE.finditer(text):
        name, *values = hit.groups()
        value = next((value for value in values if value is not None), "")
        found.setdefault(name.lower() if name else str(len(found)), value.strip())
    return found


def _makers(library: Library) -> MappingProxyType[str, Callable[[Attributes, str], str]]:
    def gallery(attributes: Attributes, _inner: str) -> str:
        named = attributes.get("ids", attributes.get("include"))
        return library.gallery(None if named is None else _numbers(named))

    def playlist(attributes: Attributes, _inner: str) -> str:
        return library.playlist(_numbers(attributes.get("ids", "")))

    embeds = ("embed", "soundcloud", "tweet", "twitter", "instagram", "dailymotion", "googlevideo")
    return MappingProxyType(
        {
            "caption": figure,
            "wp_caption": figure,
            "gallery": gallery,
            "playlist": playlist,
            "audio": audio,
            "video": video,
            **dict.fromkeys(embeds, lambda attributes, inner: embed(attributes, inner, "")),
            "youtube": lambda given, inner: embed(given, inner, "https://www.youtube.com/watch?v="),
            "vimeo": lambda given, inner: embed(given, inner, "https://vimeo.com/"),
        }
    )


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d{1,15}", text)]
