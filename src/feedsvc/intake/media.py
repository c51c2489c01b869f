"""Take in the pictures and files that articles name: from disk, or from where they are.

What cannot be had blocks no article. It is a problem of its address, listed by `feedsvc media`,
and tried again a few times where that may help.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import mimetypes
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from feedsvc import fetch
from feedsvc.errors import FetchError, RejectedError, StoreError
from feedsvc.feeds.rules import is_media_type
from feedsvc.fetch import Fetched
from feedsvc.intake.change import Door, shown_otherwise
from feedsvc.intake.clean import clean_text
from feedsvc.intake.kinds import HEAD_BYTES, is_recording_or_pdf, kind_of
from feedsvc.intake.renditions import Limits, Made, make_files
from feedsvc.model import Asset, StoredFile
from feedsvc.settings import Settings
from feedsvc.settings.groups import Media as MediaSettings
from feedsvc.store import files, resources
from feedsvc.store.database import Database
from feedsvc.store.resources import Claimed, Found

log = structlog.get_logger()

# How long to wait behind each try that failed; there is none behind the last.
_WAITS = (dt.timedelta(minutes=1), dt.timedelta(minutes=15), dt.timedelta(hours=3))
_NEW = dt.timedelta(hours=1)
_MOST_TRIES = 2 * len(_WAITS)
_LEASE = dt.timedelta(minutes=5)
_AT_ONCE = 2  # a picture of 50 megapixels takes half a gigabyte
_PROBLEM_CHARS = 500
# Answers that may be another one later: too many requests, a timeout, a server that is ill.
_PASSING = frozenset({408, 425, 429, *range(500, 600)})
_TOTAL = re.compile(r"bytes 0-0/(\d{1,18})")
_LENGTH = re.compile(r"(\d{1,18})")


def take_in(database: Database, door: Door, body: bytes) -> Asset:
    """Take in a picture, unless the same one came before.

    Raises:
        RejectedError: It is none, or cannot be taken as it is.
        OSError: It cannot be kept: the disk may be full.
    """
    settings = door.settings.media
    limits = Limits(settings.max_pixels, settings.widths)
    _check_length(len(body), settings.max_bytes, "media.max_bytes")

    def make() -> tuple[StoredFile, tuple[StoredFile, ...]]:
        whole, offered = make_files(body, limits)
        return _keep(settings, whole), tuple(_keep(settings, one) for one in offered)

    original = hashlib.sha256(body + repr(limits.widths).encode()).hexdigest()
    return _kept(database, door, original, make)


def take_file(database: Database, door: Door, path: Path) -> Asset:
    """Take in a picture, a recording or a PDF from disk.

    Raises:
        RejectedError: It cannot be read, or is nothing of the kind.
    """
    settings = door.settings.media
    try:
        with path.open("rb") as stream:
            size = path.stat().st_size
            kind = kind_of(stream.read(HEAD_BYTES))
            stream.seek(0)
            if kind is None:
                _check_length(size, settings.max_bytes, "media.max_bytes")
                return take_in(database, door, stream.read(settings.max_bytes + 1))
            _check_length(size, settings.max_file_bytes, "media.max_file_bytes")
            name = files.put_stream(settings.place, stream, kind)
    except OSError as error:
        reason = f"the file cannot be read or kept: {error.strerror or error}"
        raise RejectedError(reason, field="media") from error
    whole = StoredFile(name, kind, size)
    return _kept(database, door, name, lambda: (whole, ()))


def _check_length(size: int, limit: int, setting: str) -> None:
    if size > limit:
        reason = f"the file has {size:,} bytes, more than the {limit:,} that `{setting}` allows"
        raise RejectedError(reason, field="media")


def _keep(settings: MediaSettings, made: Made) -> StoredFile:
    name = files.put(settings.place, made.body, made.media_type)
    return StoredFile(name, made.media_type, len(made.body), made.width, made.height)


def _kept(
    database: Database,
    door: Door,
    original: str,
    make: Callable[[], tuple[StoredFile, tuple[StoredFile, ...]]],
) -> Asset:
    """Return what was made of a file before, if all of it is still there; make it otherwise."""
    folder = door.settings.media.place
    with database.read() as tx:
        known = resources.asset_of(tx, original)
    if known and all(
        files.path_of(folder, one.name).is_file() for one in (known.whole, *known.offered)
    ):
        return known
    asset = Asset(original, *make())
    with database.write() as tx:  # the files are there: a row never names what is not
        resources.save_asset(tx, asset, door.now())
    return asset


@dataclass(frozen=True, slots=True)
class Fetching:
    """What became of an address: empty for one that went well."""

    url: str
    problem: str = ""
    is_final: bool = True


def fetch_due(
    database: Database,
    door: Door,
    *,
    is_stopping: Callable[[], bool] = lambda: False,
    patience: dt.timedelta = dt.timedelta(),
) -> Iterator[Fetching]:
    """Fetch what is due, a few at once, until nothing is; what shows it becomes due to be built.

    Args:
        patience: How long pages of the archive may wait for more pictures.
    """
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="media") as pool:
        while not is_stopping():
            with database.write() as tx:
                claimed = resources.claim(tx, now=door.now(), lease=_LEASE, limit=_AT_ONCE)
            if not claimed:
                return
            tries = [pool.submit(_look, database, door, one) for one in claimed]
            for one, waiting in zip(claimed, tries, strict=True):
                yield _settled(database, door, one, waiting.result(), patience)


def _settled(
    database: Database, door: Door, one: Claimed, found: Found, patience: dt.timedelta
) -> Fetching:
    now = door.now()
    found = replace(found, problem=in_words(found.problem) if found.problem else None)
    if found.due_at is not None:  # it may go better another time
        waits = _WAITS[one.attempts - 1 :]
        due_at = now + waits[0] if waits else None
        found = Found(problem=found.problem, due_at=due_at)
    with database.write() as tx:
        resources.settle(tx, one.url, found, now=now)
        if found.due_at is None:
            shown_otherwise(tx, door, resources.naming(tx, one.url), patience=patience)
    log.info("media_fetched", url=one.url, problem=found.problem, attempts=one.attempts)
    return Fetching(one.url, found.problem or "", found.due_at is None)


def in_words(problem: str) -> str:
    """Return what somebody else's program said, in a form that can be stored."""
    return clean_text(problem)[:_PROBLEM_CHARS]


def _look(database: Database, door: Door, one: Claimed) -> Found:
    """Find out what is at an address; one that is worth another try has a `due_at`, any."""
    if one.attempts > _MOST_TRIES:
        return Found(problem="work on it ended feedsvc again and again; please report the file")
    try:
        is_other = _is_other_file(one)
        return _measured(one, door.settings) if is_other else _picture(database, door, one)
    except StoreError:
        raise
    except RejectedError as error:
        return Found(problem=error.reason)
    except (_PassingError, FetchError, OSError) as error:
        reason = error.reason if isinstance(error, FetchError) else str(error)
        return Found(problem=reason, due_at=door.now())
    except Exception as error:
        log.exception("media_failed", url=one.url)
        return Found(problem=f"work on it stopped with {type(error).__name__}", due_at=door.now())


class _PassingError(Exception):
    """An answer that may be another one later."""


def _is_other_file(one: Claimed) -> bool:
    """Tell whether an address is said to lead to a recording or PDF, or looks like it."""
    if one.media_type and not one.media_type.startswith("image/"):
        return True
    guessed, _ = mimetypes.guess_type(urlsplit(one.url).path)
    return one.media_type is None and is_recording_or_pdf(guessed)


def _picture(database: Database, door: Door, one: Claimed) -> Found:
    settings = door.settings
    # Our own address may be private: a page of ours may show what ships with it.
    answer = fetch.get(
        one.url,
        trusted_url=settings.base_url,
        timeout_seconds=settings.media.fetch_seconds,
        max_bytes=settings.media.max_bytes,
        headers={"User-Agent": fetch.user_agent(settings.base_url)},
    )
    _check_status(answer)
    kind = kind_of(answer.body[:HEAD_BYTES])
    if kind:  # it is larger than a picture, and it stays where it is
        return Found(media_type=kind, size_bytes=len(answer.body))
    asset = take_in(database, door, answer.body)
    return Found(asset, asset.whole.media_type)


def _check_status(answer: Fetched) -> None:
    if answer.status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        return
    known = {status.value: f" {status.phrase}" for status in HTTPStatus}
    reason = f"the answer is {answer.status}{known.get(answer.status, '')}"
    if answer.status in _PASSING:
        raise _PassingError(reason)
    raise RejectedError(reason, field="media")


def _measured(one: Claimed, settings: Settings) -> Found:
    """Ask for the true type and length of a file that is not copied."""
    answer = _headers(one.url, settings)
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in {"text/html", "application/xhtml+xml"}:
        raise RejectedError("there is a web page, not a file", field="media")
    guessed, _ = mimetypes.guess_type(urlsplit(one.url).path)
    known = next(filter(_says_much, (kind, one.media_type, guessed)), None)
    return Found(media_type=known, size_bytes=_length_of(answer))


def _headers(url: str, settings: Settings) -> Fetched:
    ask = partial(
        fetch.ask_headers,
        url,
        trusted_url=settings.base_url,
        timeout_seconds=settings.media.fetch_seconds,
    )
    with suppress(FetchError):  # some servers answer HEAD wrong, or not at all
        answer = ask()
        if answer.status == HTTPStatus.OK and _length_of(answer):
            return answer
    answer = ask(method="GET")
    _check_status(answer)
    return answer


def _length_of(answer: Fetched) -> int:
    """Return the length of the whole of which an answer has a part; 0 when it does not say."""
    if answer.status == HTTPStatus.PARTIAL_CONTENT:
        said = _TOTAL.fullmatch(answer.headers.get("content-range", ""))
    else:
        said = _LENGTH.fullmatch(answer.headers.get("content-length", ""))
    return int(said[1]) if said else 0


def _says_much(media_type: str | None) -> bool:
    """Tell whether that is a type, and one that says what a file is: servers send anything."""
    vague = {"application/octet-stream", "binary/octet-stream", "text/plain"}
    text = media_type or ""
    return is_media_type(text) and "*" not in text and text not in vague


def withhold_withdrawn(database: Database, door: Door) -> int:
    """Stop serving files that only withdrawn articles name, and serve again what came back.

    Returns:
        How many were looked at.
    """
    with database.read() as tx:
        found = resources.to_look_at(tx)
    if not found:
        return 0
    folder = door.settings.media.place
    with database.write() as tx:  # nobody names one of them meanwhile
        found = resources.to_look_at(tx)
        for asset, is_alive in found:
            move = files.bring_back if is_alive else files.withhold
            for one in {asset.whole.name, *(one.name for one in asset.offered)}:
                move(folder, one)
            resources.looked_at(tx, asset)
    return len(found)


def sweep(database: Database, door: Door) -> int:
    """Remove files that no article names, or only withdrawn ones; return how many those were.

    Nothing of the last hour: it may be about to be named.
    """
    with database.write() as tx:
        kept = resources.drop_unused(tx, before=door.now() - _NEW)
    return files.remove_others(door.settings.media.place, kept)
