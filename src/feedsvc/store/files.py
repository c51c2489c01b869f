"""The folder of pictures and files: each under the hash of its bytes, and never changed.

A file is complete or not there: it is written beside its place and put there in one step.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

# What is kept, and how its name ends. Nothing here is ever run by a browser.
ENDINGS = MappingProxyType(
    {
        "image/jpeg": "jpg",
        "image/png": "png",
        "image/gif": "gif",
        "image/webp": "webp",
        "audio/mpeg": "mp3",
        "audio/mp4": "m4a",
        "audio/ogg": "ogg",
        "audio/wav": "wav",
        "audio/flac": "flac",
        "video/mp4": "mp4",
        "video/webm": "webm",
        "application/pdf": "pdf",
    }
)
TYPES = MappingProxyType({ending: media_type for media_type, ending in ENDINGS.items()})
_NAME = re.compile(rf"[0-9a-f]{{64}}\.(?:{'|'.join(TYPES)})")
_CHUNK = 1024 * 1024
_HOUR_SECONDS = 3_600
# Where files are whose articles were withdrawn; nothing serves what is in there.
_WITHHELD = "withheld"


def is_name(text: str) -> bool:
    """Tell whether that could be the name of a file here; no other name is ever looked for."""
    return _NAME.fullmatch(text) is not None


def name_of(digest: str, media_type: str) -> str:
    """Return the name of a file with that hash."""
    return f"{digest}.{ENDINGS[media_type]}"


def path_of(folder: Path, name: str) -> Path:
    """Return where a file is: in one of 65,536 folders, so that none grows large."""
    return folder / name[:2] / name[2:4] / name


def put(folder: Path, body: bytes, media_type: str) -> str:
    """Keep bytes and return their name; bytes that are here already are left alone."""
    name = name_of(hashlib.sha256(body).hexdigest(), media_type)
    _write(path_of(folder, name), [body], len(body))
    return name


def put_stream(folder: Path, stream: BinaryIO, media_type: str) -> str:
    """Keep a file of any size and return its name; read twice, never held in memory."""
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(stream):
        digest.update(chunk)
        size += len(chunk)
    name = name_of(digest.hexdigest(), media_type)
    stream.seek(0)
    _write(path_of(folder, name), _chunks(stream), size)
    return name


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _write(path: Path, chunks: Iterable[bytes], size: int) -> None:
    if path.is_file() and path.stat().st_size == size:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            for chunk in chunks:
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        Path(beside).chmod(0o644)  # a web server in front may be another user
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def withhold(folder: Path, name: str) -> None:
    """Take a file out of sight; it is not lost."""
    _move(path_of(folder, name), path_of(folder / _WITHHELD, name))


def bring_back(folder: Path, name: str) -> None:
    """Put a file back where it is served."""
    _move(path_of(folder / _WITHHELD, name), path_of(folder, name))


def _move(here: Path, there: Path) -> None:
    if here.is_file():  # else it was moved before somebody was killed
        there.parent.mkdir(parents=True, exist_ok=True)
        here.replace(there)


def remove_others(folder: Path, kept: set[str]) -> int:
    """Remove every file that is not among those names, and return how many those were.

    What was written within the last hour may be about to be named: it stays.
    """
    since, removed = time.time() - _HOUR_SECONDS, 0
    for path in [*_all(folder), *_all(folder / _WITHHELD)]:
        if path.name not in kept and path.is_file() and path.stat().st_mtime < since:
            path.unlink()
            removed += 1
    return removed


def _all(folder: Path) -> list[Path]:
    return sorted(folder.glob("??/??/*")) + sorted(folder.glob("??/??/.*"))
