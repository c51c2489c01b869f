"""A Channel as JSON Feed 1.1 bytes (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from feedsvc.errors import RenderError
from feedsvc.feeds import attribution
from feedsvc.feeds.attribution import EXTENSION
from feedsvc.feeds.render_xml import rfc3339
from feedsvc.model import Channel, Entry, Format, Media

VERSION = "https://jsonfeed.org/version/1.1"


def head(channel: Channel) -> tuple[bytes, bytes]:
    """Return what stands before and what stands behind a document's items.

    Raises:
        RenderError: Some text cannot be written as UTF-8.
    """
    feed = {
        "version": VERSION,
        "title": channel.title,
        "home_page_url": channel.home_url,
        "feed_url": channel.self_urls[Format.JSON],
        **_older(channel),
        "description": channel.description,
        "icon": channel.icon_url,
        "favicon": channel.favicon_url,
        "authors": [{"name": channel.author, "url": channel.site_url}],
        "language": channel.language,
        **_extension(channel),
        "items": [],
    }
    return _written(feed).removesuffix(_END), _END


def _older(channel: Channel) -> dict[str, str]:
    """Where a reader goes on: JSON Feed's word for the archive (`next_url`)."""
    older = dict(channel.history.links).get("prev-archive")
    return {"next_url": older[Format.JSON]} if older else {}


def fragments(entries: Sequence[Entry]) -> list[bytes]:
    """Return each entry as it stands in any document.

    Raises:
        RenderError: Some text cannot be written as UTF-8.
    """
    return [_written(_item(entry)) for entry in entries]


_END = b"]}"


def _written(value: dict[str, Any]) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise RenderError(f"json: {error}") from error


def _extension(channel: Channel) -> dict[str, Any]:
    """Announce withdrawn articles, and say what the extension of items is about; else nothing."""
    about = {"about": f"{channel.site_url}feeds#deleted"}
    gone = [{"id": stone.guid, "when": rfc3339(stone.at)} for stone in channel.tombstones]
    if gone:
        return {EXTENSION: {**about, "deleted": gone}}
    is_used = any(entry.attribution for entry in channel.entries)
    return {EXTENSION: about} if is_used else {}


def _item(entry: Entry) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary_text,
    }
    if entry.content_html:
        item["content_html"] = entry.content_html
    else:
        item["content_text"] = entry.summary_text  # JSON Feed wants one of the two
    item["date_published"] = rfc3339(entry.published_at)
    item["date_modified"] = rfc3339(entry.updated_at)
    if entry.authors:
        item["authors"] = [{"name": person.name, "url": person.url} for person in entry.authors]
    if entry.categories:
        item["tags"] = [category.name for category in entry.categories]
    image = next((media for media in entry.media if media.is_image), None)
    if image:
        item["image"] = image.url
    if entry.language:
        item["language"] = entry.language
    if entry.media:
        item["attachments"] = [_attachment(media) for media in entry.media]
    if entry.attribution:
        item.update(attribution.in_json(entry.attribution))
    return item


def _attachment(media: Media) -> dict[str, Any]:
    attachment: dict[str, Any] = {"url": media.url, "mime_type": media.media_type}
    if media.size_bytes:
        attachment["size_in_bytes"] = media.size_bytes
    return attachment
