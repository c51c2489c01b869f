"""Plain text out of an article's HTML, and a summary cut where a sentence ends."""

from __future__ import annotations

import re
import unicodedata

import lxml.html

# Latin full stops need a space behind them; those of CJK, Devanagari and Urdu do not.
_END = re.compile(
    r"(?:[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？؟۔।॥]+[」』\"'”’»）)]*|[.!?…]+[\"'”’»)\]]*$)"
)
# A full stop behind these does not end a sentence: "Lloyd J. Austin", "U.S. and", "Dr. Lee".
_ABBREVIATED = re.compile(
    r"(?:^|[\s(“\"'‘])(?:\w|(?:\w\.)+\w|Dr|Mr|Mrs|Ms|Mx|Prof|St|Gov|Sen|Rep|Gen|Lt|Col|Sgt|Rev|Hon"
    r"|Jr|Sr|No|vs|approx|Jan|Feb|Mar|Apr|Aug|Sept|Sep|Oct|Nov|Dec)\.$"
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_JOINER = "\u200d"  # three people joined by it are one family
_SKIN_TONES = "🏻🏼🏽🏾🏿"
# What audio and video hold is for readers that cannot play them.
_SILENT = frozenset({"audio", "figcaption", "figure", "script", "style", "table", "video"})


def paragraphs(content_html: str) -> list[str]:
    """Return the text of each block of an HTML fragment, white space folded."""
    if not content_html.strip():
        return []
    root = lxml.html.fragment_fromstring(content_html, create_parent="div")
    pieces: list[str] = []
    _collect(root, pieces)
    return [text for line in "".join(pieces).split("\n\n") if (text := " ".join(line.split()))]


def _collect(element: lxml.html.HtmlElement, pieces: list[str]) -> None:
    """Gather text in document order; a blank line stands at the edge of every block."""
    # An explicit stack, because deeply nested HTML would exhaust Python's.
    stack: list[lxml.html.HtmlElement | str] = [element]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            pieces.append(item)
            continue
        edge = "\n\n" if item.tag in _BLOCKS else ""
        following: list[lxml.html.HtmlElement | str] = [edge]
        if isinstance(item.tag, str) and item.tag not in _SILENT:
            following.append(item.text or "")
            for child in item:
                following += [child, child.tail or ""]
        following.append(edge)
        stack.extend(reversed(following))


def summarise(content_html: str, limit: int) -> str:
    """Return the first paragraphs as one text of at most `limit` characters.

    Whole sentences where the first of them fits, otherwise whole words and an ellipsis.
    """
    text = ""
    for paragraph in paragraphs(content_html):
        text = f"{text} {paragraph}".strip()
        if len(text) >= limit:
            break
    if len(text) <= limit:
        return text
    return text[: _last_sentence(text, limit)].rstrip() or _words(text, limit)


def _last_sentence(text: str, limit: int) -> int:
    """Return where the last sentence that fits ends; 0 when not even the first does."""
    best = 0
    for match in _END.finditer(text):
        if match.end() > limit:
            break
        if not _ABBREVIATED.search(text[max(0, match.end() - 24) : match.end()]):
            best = match.end()
    return best


def _words(text: str, limit: int) -> str:
    at_word = text[:limit].rpartition(" ")[0]
    return (at_word or _whole(text, limit - 1)).rstrip(" ,;:–—-") + "…"


def _whole(text: str, end: int) -> str:
    """Cut a text without a space at `end`, or before: not within an accented letter or emoji."""
    at = end
    while at and (text[at - 1] == _JOINER or text[at] == _JOINER or _continues(text[at])):
        at -= 1
    return text[: at or end]


def _continues(character: str) -> bool:
    return unicodedata.category(character).startswith("M") or character in _SKIN_TONES
