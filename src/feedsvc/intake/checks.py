"""What a submission must be like to come in; it leaves here cleaned."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from feedsvc.errors import RejectedError
from feedsvc.intake.clean import clean_html, clean_text, clean_url
from feedsvc.model import Media, Submission
from feedsvc.settings import Settings
from feedsvc.store.terms import fold

TITLE_CHARS = 300
NAME_CHARS = 120
SUMMARY_CHARS = 2_000
GUID_CHARS = 2_000
NAMES = 50
_WEB_URL = re.compile(r"https?://[^\s/<>\"]+(/[^\s<>\"]*)?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")


def checked(submission: Submission, settings: Settings) -> Submission:
    """Return a submission cleaned.

    Raises:
        RejectedError: Something is missing or beyond its limit.
    """
    summary = clean_text(submission.summary or "")
    _require(len(summary) <= SUMMARY_CHARS, "summary", f"is longer than {SUMMARY_CHARS} characters")
    return replace(
        submission,
        title=checked_title(submission.title),
        content_html=checked_content(submission.content_html, settings),
        byline=_checked_byline(submission.byline),
        sections=_checked_names("section", submission.sections),
        edition=next(iter(_checked_names("edition", filter(None, [submission.edition]))), None),
        tags=_checked_names("tag", submission.tags),
        summary=summary or None,
        language=_checked_language(submission.language),
        media=tuple(_checked_media(media) for media in submission.media),
        guid=_checked_guid(submission.guid),
    )


def _require(condition: bool, field: str, reason: str) -> None:
    if not condition:
        raise RejectedError(f"the {field} {reason}", field=field)


def checked_title(title: str) -> str:
    """Return a title that fits on a page.

    Raises:
        RejectedError: It is empty or too long.
    """
    text = clean_text(title)
    _require(bool(text), "title", "is empty")
    _require(len(text) <= TITLE_CHARS, "title", f"is longer than {TITLE_CHARS} characters")
    return text


def checked_slug(slug: str) -> str:
    """Return a slug that an editor chose.

    Raises:
        RejectedError: It is not what a slug looks like.
    """
    fits = bool(_SLUG.fullmatch(slug)) and len(slug) <= NAME_CHARS
    _require(fits, "slug", f"{slug!r:.60} may only have a-z, 0-9 and single hyphens")
    return slug


def checked_content(content_html: str, settings: Settings) -> str:
    """Return an article's HTML, cleaned.

    Raises:
        RejectedError: Nothing is left of it, or too much.
    """
    content = clean_html(content_html, settings.base_url)
    size, limit = len(content.encode()), settings.articles.max_content_bytes
    _require(bool(content), "body", "is empty")
    _require(size <= limit, "body", f"has {size:,} bytes; {limit:,} are allowed")
    return content


def _checked_byline(
    byline: Iterable[tuple[str, str | None]],
) -> tuple[tuple[str, str | None], ...]:
    """Clean names and roles; who is named twice stands where named first."""
    people: dict[str, tuple[str, str | None]] = {}
    for name, role in byline:
        (clean,) = _checked_names("author", [name])
        people.setdefault(fold(clean), (clean, clean_text(role or "")[:NAME_CHARS] or None))
    _require(len(people) <= NAMES, "byline", f"names more than {NAMES} people")
    return tuple(people.values())


def _checked_names(field: str, names: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for name in names:
        text = clean_text(name)
        _require(bool(text), field, "has no name")
        _require(len(text) <= NAME_CHARS, field, f"“{text[:40]}…” is too long for a name")
        found.setdefault(fold(text), text)
    _require(len(found) <= NAMES, field, f"list names more than {NAMES}")
    return tuple(found.values())


def _checked_guid(guid: str | None) -> str | None:
    if guid is None:
        return None
    text = clean_text(guid)
    _require(bool(text) and text == guid, "guid", f"{guid!r:.60} is blank or has stray spaces")
    _require(len(text) <= GUID_CHARS, "guid", f"is longer than {GUID_CHARS} characters")
    return text


def _checked_language(language: str | None) -> str | None:
    fits = language is None or bool(_LANGUAGE.fullmatch(language))
    _require(fits, "language", f"{language!r:.40} is none; en-US would be one")
    return language


def _checked_media(media: Media) -> Media:
    is_address = bool(_WEB_URL.fullmatch(media.url)) and clean_text(media.url) == media.url
    _require(is_address, "media", f"{media.url!r:.80} is no web address")
    known = bool(_MEDIA_TYPE.fullmatch(media.media_type))
    _require(known, "media", f"type {media.media_type!r:.40} is none; image/jpeg would be one")
    numbers = (media.size_bytes, media.width or 1, media.height or 1)
    _require(min(numbers) >= 0, "media", f"{media.url:.80} has a negative size")
    description = clean_text(media.description or "") or None
    return replace(media, url=clean_url(media.url), description=description)
