"""Clean what comes in: characters that XML cannot hold, markup that could do harm or says nothing.

The steps, in this order (docs/decisions/0019): characters; read as a browser reads; mend what was
pasted (tidy.py); let pass what is on the list (allowed.py). Until nothing changes any more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from html import unescape

from feedsvc.errors import RejectedError
from feedsvc.intake.cleaning.addresses import clean_url
from feedsvc.intake.cleaning.allowed import INLINE
from feedsvc.intake.cleaning.depth import check_depth
from feedsvc.intake.cleaning.embeds import EMBEDS
from feedsvc.intake.cleaning.foreign import without_foreign
from feedsvc.intake.cleaning.markup import allowed, read
from feedsvc.intake.cleaning.tidy import tidy

__all__ = ["clean_html", "clean_text", "clean_url", "composed", "text_of_html"]

# XML 1.0 §2.2 Char, turned round: one of these in a title and no reader can parse the feed.
# C1 controls and the replacement character are allowed there, but always a sign of damage.
_NOT_XML = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffc\U00010000-\U0010ffff]")
_TAG = re.compile("<(/?)([a-z0-9]+)[^>]*>")
# What another look may change although nothing else does: padding, and targets of lost links.
_UNSETTLED = re.compile('&nbsp;| id=|href="#')
_PASSES = 10
# More marks on one letter than any script has; sorting them costs the square of their number.
_MARKS = 30
_STACKED = re.compile(rf"[^\w\s\x00-\x7f]{{{_MARKS + 1},}}")


def clean_text(text: str) -> str:
    """Return plain text on one line: NFC, no control characters, white space folded."""
    return " ".join(composed(_legal(text)).split())


def text_of_html(markup: str) -> str:
    """Return the plain text of a title, summary or description that arrives as HTML.

    One line; entities are decoded exactly once, so what was escaped twice on purpose shows.

    Raises:
        RejectedError: As `clean_html` does.
    """
    if "<" not in markup:
        return clean_text(unescape(markup))
    cleaned = clean_html(markup, "", embeds=())
    return clean_text(unescape(_TAG.sub(lambda tag: "" if tag[2] in INLINE else " ", cleaned)))


def clean_html(content_html: str, base_url: str, *, embeds: Collection[str] = EMBEDS) -> str:
    """Return HTML that any reader may show: what is on the list, all addresses absolute.

    Cleaning what is clean changes nothing, so that an edit leaves alone what it is not about.

    Args:
        base_url: The address of the page or site that relative addresses are relative to.
        embeds: Hosts whose embedded pages become links.

    Raises:
        RejectedError: It is nested so deep, or so long, that it is not an article.
    """
    text = without_foreign(_plain(content_html))
    check_depth(text)
    before = read(text)
    for _ in range(_PASSES):
        mended = tidy(before, base_url, embeds)
        after = _plain(allowed(mended)).strip()
        if after == mended and (after == before or not _UNSETTLED.search(after)):
            return after
        # A step may bring out what an earlier one takes away: `&#1;` is a character only now.
        before = read(after)
    reason = "the HTML is too tangled to be cleaned; paste the text again as plain text"
    raise RejectedError(reason, field="body")


def _legal(text: str) -> str:
    """Return text without characters that do not belong in it; NEL ends a line, as it means to."""
    return _NOT_XML.sub("", text.replace("\x85", "\n"))


def _plain(content_html: str) -> str:
    """Return HTML in NFC, without characters that XML cannot hold, lines ended by line feeds."""
    text = _legal(content_html).replace("\r\n", "\n").replace("\r", "\n")
    if unicodedata.is_normalized("NFC", text) and not _STACKED.search(text):
        return text
    # Piece by piece, because a combining stroke would make one character with a tag's `>`.
    return ">".join(map(composed, text.split(">")))


def composed(text: str) -> str:
    """Return text in NFC, without marks that pile up on one letter beyond what is readable."""
    found = unicodedata.normalize("NFC", _STACKED.sub(_fewer_marks, text))
    return _STACKED.sub(_fewer_marks, found)  # some marks are two when they are taken apart


def _fewer_marks(run: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for character in run[0]:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS:
            kept.append(character)
    return "".join(kept)
