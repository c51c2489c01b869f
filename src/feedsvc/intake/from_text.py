"""Reads a page copied as text: date, title, categories, title, `By: NAME`, body, "Back To Top".

A misread page is published while a refused one is kept and asked about, so what cannot be told
for certain is refused, with the line and the remedy. No body text is ever left out.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from feedsvc.errors import RejectedError
from feedsvc.intake.clean import composed
from feedsvc.intake.dates import looks_like_date
from feedsvc.intake.decode import decode
from feedsvc.intake.files import Found, read_bytes, refused
from feedsvc.intake.how import How, Known, Overrides
from feedsvc.intake.removed import refuse_removed_edition
from feedsvc.intake.text.boilerplate import without_boilerplate
from feedsvc.intake.text.byline import parse_byline
from feedsvc.intake.text.filed_lines import is_filed
from feedsvc.intake.text.header import Reader, in_other_form
from feedsvc.intake.text.lines import Lines, is_blank, paragraphs, split_correction
from feedsvc.intake.text.names import is_full_name
from feedsvc.intake.text.own_header import in_own_form
from feedsvc.intake.text.parts import Byline, Reading
from feedsvc.model import Rejection, Submission
from feedsvc.settings import Settings

_VERSION = "2"
_ABOUT = re.compile(
    r"about the (?:author|writer|reporter|contributor|photographer)\s*:\s*(\S.*)", re.IGNORECASE
)


@dataclass(frozen=True)
class Page:
    """What a page says; `correction` is the note below the byline without the word in front."""

    submission: Submission
    correction: str | None


def open_page(found: Found, how: How) -> Iterator[Submission | Rejection]:
    """Yield the article of a page, or why it cannot come in."""
    raw = b""
    try:
        raw = read_bytes(found.file, how.settings.imports.max_file_bytes)
        known = how.names.now()
        page = read_page(raw, known=known, overrides=how.overrides, settings=how.settings)
        refuse_removed_edition(page.submission.edition, known, how.overrides)
    except RejectedError as error:
        yield refused(found, error, raw)
        return
    how.names.learn(page.submission)
    yield replace(
        page.submission,
        source=found.source,
        path=found.path,
        correction=page.correction,
        raw=raw,
    )


def read_page(raw: bytes, *, known: Known, overrides: Overrides, settings: Settings) -> Page:
    """Return what a page says; `source` and `path` are left to the caller.

    Raises:
        RejectedError: A part is missing, or is not what should stand there.
    """
    lines = Lines(composed(decode(raw)))
    without_boilerplate(lines, settings.site.title, known.sections)
    page = Reading(lines, known, overrides, settings)
    header = None
    if not looks_like_date(lines.ahead()):
        forms = Reader(known.authors, lambda text: is_filed(text, known))
        header = forms.title_first(lines) or forms.at_the_end(lines)
    parts = in_other_form(page, header) if header else in_own_form(page)
    rest = lines.rest()
    if header and header.opening:
        rest[0] = header.opening
    correction, body = split_correction(rest)
    byline, body = _with_author_below(parts.byline, body, known.authors)
    content = "\n".join(filter(None, (body_html(parts.kept, single=True), body_html(body))))
    if not content:
        raise RejectedError("The page has no text below its header; add it.", field="body")
    made_from = repr((_VERSION, overrides, settings.imports.day_first, settings.site.title))
    submission = Submission(
        title=parts.title,
        content_html=content,
        byline=byline,
        sections=parts.filed.sections,
        edition=parts.filed.edition,
        date=parts.date,
        summary=parts.deck,
        updated=parts.updated,
        digest=hashlib.sha256(raw + made_from.encode()).hexdigest(),
    )
    return Page(submission, correction)


def _with_author_below(
    byline: Byline, body: list[str], authors: tuple[str, ...]
) -> tuple[Byline, list[str]]:
    """Take the byline of an unsigned page from "About the Author: NAME" near its end.

    What the page tells about the author is text, and stays.
    """
    hits = [(at, hit) for at, line in enumerate(body) if (hit := _ABOUT.fullmatch(line.strip()))]
    if byline or not hits:
        return byline, body
    at, hit = hits[-1]
    found = parse_byline(hit[1], authors)
    if not all(is_full_name(name) for name, _ in found):
        return byline, body
    is_last = all(is_blank(line) for line in body[at + 1 :])
    return found, body[:at] if is_last else body


def body_html(lines: list[str], *, single: bool = False) -> str:
    """Return lines of plain text as HTML paragraphs; empty when there is nothing in them.

    Args:
        single: True to make each line one.
    """
    texts = (html.escape(text, quote=False) for text in (lines if single else paragraphs(lines)))
    return "\n".join(f"<p>{text}</p>" for text in texts)
