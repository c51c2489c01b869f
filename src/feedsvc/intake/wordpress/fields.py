"""Fields of a WordPress post, as WordPress means them."""

from __future__ import annotations

import datetime as dt
import mimetypes
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from feedsvc.errors import RejectedError
from feedsvc.intake.checks import SUMMARY_CHARS
from feedsvc.intake.clean import text_of_html
from feedsvc.intake.filing import web_address
from feedsvc.intake.wordpress.shortcodes import unfold
from feedsvc.intake.wordpress.site import Attachment, Pictures
from feedsvc.intake.wordpress.wxr import Record
from feedsvc.model import Media

_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_DIGITS = re.compile(r"[0-9]{1,15}")


def hold(fields: dict[str, str], status: str) -> str | None:
    """Return why a post is not for the public; None when it is."""
    if fields.get("wp:post_password", "").strip("\r\n\t"):  # a space is a password too
        return "password-protected in WordPress"
    return "private in WordPress" if status == "private" else None


def featured(attachment: Attachment, link: str) -> Media | None:
    """Return a post's featured picture; None when its address is none."""
    url = web_address(attachment.url, link)
    if not url:
        return None
    return Media(
        url=url,
        media_type=_type_of(url, "image/*"),
        description=attachment.alt or None,
        caption=text_of_html(attachment.caption) or None,
    )


def filed(record: Record, *domains: str) -> Iterator[tuple[str, str]]:
    """Yield (name, nicename) of each once; WXR 1.0 wrote them twice."""
    found = {
        (nicename or name): (name, nicename)
        for domain, nicename, name in record.categories
        if domain in domains
    }
    if record.categories and "" in domains and any(entry[0] for entry in record.categories):
        found = {key: pair for key, pair in found.items() if pair[1]}
    yield from found.values()


def date(fields: dict[str, str], status: str, tz: ZoneInfo) -> dt.datetime | None:
    """Return when a post was or will be public; None for a draft that does not say.

    Raises:
        RejectedError: It is public and says no date: it would come out as new.
    """
    found = instant(fields, "wp:post_date", tz) or _from_feed(fields.get("pubDate", ""))
    if found is None and status in {"publish", "future"}:
        given = fields.get("wp:post_date", "").strip()
        raise RejectedError(f"the post has no date that exists: {given!r:.40}", field="date")
    return found


def instant(fields: dict[str, str], name: str, tz: ZoneInfo) -> dt.datetime | None:
    """Return an instant; WordPress leaves the one in UTC at zero until a post is public."""
    utc = _parsed(fields.get(f"{name}_gmt", ""), dt.UTC)
    return utc or _parsed(fields.get(name, ""), tz)


def _parsed(text: str, tz: dt.tzinfo) -> dt.datetime | None:
    try:
        local = dt.datetime.strptime(text.strip(), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
        return local.replace(tzinfo=tz).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _from_feed(text: str) -> dt.datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.astimezone(dt.UTC) if found.tzinfo and found.year > 1 else None


def summary(excerpt: str, pictures: Pictures) -> str | None:
    """Return an excerpt as text, cut where it is too long for a summary."""
    text = text_of_html(unfold(excerpt, pictures)) if excerpt.strip() else ""
    if len(text) > SUMMARY_CHARS:
        text = text[: SUMMARY_CHARS - 1].rpartition(" ")[0] + "…"
    return text or None


def enclosures(record: Record) -> Iterator[Media]:
    """Yield what WordPress keeps for podcasts: address, length and type, one a line."""
    for key, value in record.meta:
        lines = [line.strip() for line in value.splitlines()]
        url, size, kind = (*lines, "", "", "")[:3]
        url = web_address(url, "")
        if key != "enclosure" or not url:
            continue
        is_known = _MEDIA_TYPE.fullmatch(kind.lower())
        yield Media(
            url=url,
            media_type=kind.lower() if is_known else _type_of(url, "application/octet-stream"),
            size_bytes=number(size),
        )


def _type_of(url: str, otherwise: str) -> str:
    found = mimetypes.guess_type(url.partition("?")[0])[0] or ""
    fits = found.startswith(otherwise.partition("*")[0]) or "*" not in otherwise
    return found if found and fits else otherwise


def number(text: str) -> int:
    """Return a whole number; 0 for what is none."""
    text = text.strip()
    return int(text) if _DIGITS.fullmatch(text) else 0
