"""What a submission must be like to come in; it leaves here cleaned."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from urllib.parse import unquote, urlsplit

from slugify import slugify

from feedsvc.errors import RejectedError
from feedsvc.intake.clean import clean_html, clean_text, clean_url
from feedsvc.intake.feed.parts import web_url
from feedsvc.model import Attribution, Media, Submission
from feedsvc.settings import Settings
from feedsvc.store.terms import fold

TITLE_CHARS = 300
NAME_CHARS = 120
SUMMARY_CHARS = 2_000
GUID_BYTES = 2_000  # of all that is found by an index: PostgreSQL's take 2,704
NAMES = 50
# RSS and Atom write a year in four digits; beyond these a time zone may lead out of what can be.
YEARS = range(1_000, 9_999)
SLUG_CHARS = 80
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+|(image|audio|video)/\*")


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
        content_html=checked_content(submission.content_html, settings, submission.base_url),
        byline=_checked_byline(submission.byline),
        sections=_checked_names("section", submission.sections),
        edition=next(iter(_checked_names("edition", filter(None, [submission.edition]))), None),
        tags=_checked_names("tag", submission.tags),
        date=_checked_date(submission.date),
        summary=summary or None,
        language=_checked_language(submission.language),
        media=tuple(_checked_media(media) for media in submission.media),
        guid=_checked_guid(submission.guid),
        slug=wanted_slug(submission.slug or ""),
        aliases=tuple(checked_aliases(submission.aliases)),
        hold=clean_text(submission.hold or "")[:SUMMARY_CHARS] or None,
        attribution=_checked_attribution(submission.attribution),
        correction=clean_text(submission.correction or "") or None,
    )


def _checked_date(date: dt.date | dt.datetime | None) -> dt.date | dt.datetime | None:
    fits = date is None or date.year in YEARS
    _require(fits, "date", f"{date} is outside of the years {YEARS[0]} to {YEARS[-1]}")
    return date


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


def wanted_slug(slug: str) -> str | None:
    """Return a slug that was chosen elsewhere in our form; None where nothing is left of it."""
    return slugify(unquote(slug), max_length=SLUG_CHARS, word_boundary=True) or None


def checked_aliases(addresses: Iterable[str]) -> Iterator[str]:
    """Yield earlier addresses as paths with their queries; what is none is left out.

    No host: an old address arrives here when its host is pointed here. Not the start page.
    """
    for address in islice(addresses, NAMES):
        try:
            parts = urlsplit(address.strip())
        except ValueError:
            continue
        path = "/" + clean_url(parts.path).strip("/")
        query = f"?{clean_url(parts.query)}" if parts.query else ""
        is_web = parts.scheme in {"", "http", "https"}
        if is_web and path + query != "/" and len((path + query).encode()) <= GUID_BYTES:
            yield path + query


def _checked_attribution(attribution: Attribution | None) -> Attribution | None:
    if attribution is None:
        return None
    for url in (attribution.url, attribution.feed_url or attribution.url):
        _require(web_url(url) == url, "attribution", f"{url!r:.80} is no web address")
    return Attribution(
        url=clean_url(attribution.url),
        title=clean_text(attribution.title)[:TITLE_CHARS] or urlsplit(attribution.url).netloc,
        feed_url=clean_url(attribution.feed_url) if attribution.feed_url else None,
        rights=clean_text(attribution.rights or "")[:SUMMARY_CHARS] or None,
    )


def checked_content(content_html: str, settings: Settings, base_url: str | None = None) -> str:
    """Return an article's HTML, cleaned.

    Args:
        base_url: What relative addresses are relative to; None for our own site.

    Raises:
        RejectedError: Nothing is left of it, or too much.
    """
    base_url = base_url or f"{settings.base_url}/"
    content = clean_html(content_html, base_url, embeds=settings.imports.embeds)
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
    _require(len(text.encode()) <= GUID_BYTES, "guid", f"is longer than {GUID_BYTES} bytes")
    return text


def _checked_language(language: str | None) -> str | None:
    fits = language is None or bool(_LANGUAGE.fullmatch(language))
    _require(fits, "language", f"{language!r:.40} is none; en-US would be one")
    return language


def _checked_media(media: Media) -> Media:
    is_address = web_url(media.url) == clean_text(media.url) == media.url
    _require(is_address, "media", f"{media.url!r:.80} is no web address")
    known = bool(_MEDIA_TYPE.fullmatch(media.media_type))
    _require(known, "media", f"type {media.media_type!r:.40} is none; image/jpeg would be one")
    numbers = (media.size_bytes, media.width or 1, media.height or 1)
    _require(min(numbers) >= 0, "media", f"{media.url:.80} has a negative size")
    return replace(
        media,
        url=clean_url(media.url),
        description=_short(media.description),
        caption=_short(media.caption),
        credit=_short(media.credit),
    )


def _short(text: str | None) -> str | None:
    return clean_text(text or "")[:SUMMARY_CHARS] or None
