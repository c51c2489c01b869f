"""Files that lie beside what is imported: taken in, and named by addresses of ours."""

from __future__ import annotations

import hashlib
import html
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import structlog

from feedsvc.errors import RejectedError
from feedsvc.intake.change import Door
from feedsvc.intake.media import in_words, take_file
from feedsvc.model import Media, Rejection, StoredFile, Submission
from feedsvc.settings import Settings
from feedsvc.store import articles, resources
from feedsvc.store.database import Database
from feedsvc.store.resources import UNUSABLE, Found

log = structlog.get_logger()

# Of more files than these that one article brings, the others are left out.
_MOST = 500
_ATTRIBUTE = re.compile(r"""\b(src|href|poster)(\s*=\s*)(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


def with_files(
    database: Database, door: Door, item: Submission | Rejection, *, is_rehearsal: bool = False
) -> Submission | Rejection:
    """Return a submission with its files taken in and named where they are now.

    One that cannot be taken in gets an address too, whose problem says why: the article goes
    out without it. Nothing is done for what `accept` will leave unread.

    Args:
        is_rehearsal: True to take nothing in, and name all as if that had failed.
    """
    if isinstance(item, Rejection) or not item.files or _is_known(database, item):
        return item
    found: dict[str, StoredFile | str] = {
        reference: _unusable(path, door.settings) for reference, path in item.files
    }
    if not is_rehearsal:
        wanted = item.files[:_MOST]
        found |= {reference: _taken(database, door, path) for reference, path in wanted}
    return replace(
        item,
        content_html=_renamed(item.content_html, found, door.settings),
        media=tuple(_moved(one, found, door.settings) for one in item.media),
    )


def _is_known(database: Database, item: Submission) -> bool:
    if item.path is None or not item.digest:
        return False
    with database.read() as tx:
        known = articles.origin(tx, item.source, item.path)
    return known is not None and known.digest == item.digest


def _taken(database: Database, door: Door, path: Path) -> StoredFile | str:
    """Return what a file became: a file of ours, or an address with a problem."""
    try:
        return take_file(database, door, path).whole
    except RejectedError as error:
        log.warning("file_not_taken_in", file=str(path), reason=error.reason)
        url = _unusable(path, door.settings)
        found = Found(problem=in_words(f"{path}: {error.reason}"))
        with database.write() as tx:
            resources.settle(tx, url, found, now=door.now())
        return url


def _unusable(path: Path, settings: Settings) -> str:
    """Return the address of a file that cannot be taken in; nothing is there."""
    whole, name = (os.fsencode(part) for part in (path, path.name))
    return settings.media_url(f"{UNUSABLE}/{hashlib.sha256(whole).hexdigest()[:16]}/{quote(name)}")


def _address(found: StoredFile | str, settings: Settings) -> str:
    return found if isinstance(found, str) else settings.media_url(found.name)


def _renamed(content_html: str, found: Mapping[str, StoredFile | str], settings: Settings) -> str:
    def renamed(match: re.Match[str]) -> str:
        value = match[3] if match[3] is not None else match[4]
        file = found.get(value) or found.get(html.unescape(value))
        if file is None:
            return match[0]
        return f'{match[1]}{match[2]}"{html.escape(_address(file, settings))}"'

    return _ATTRIBUTE.sub(renamed, content_html)


def _moved(media: Media, found: Mapping[str, StoredFile | str], settings: Settings) -> Media:
    file = found.get(media.url)
    if file is None:
        return media
    if isinstance(file, str):
        return replace(media, url=file)
    return replace(
        media,
        url=settings.media_url(file.name),
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        width=file.width,
        height=file.height,
    )
