"""Find the files that paths, folders and globs stand for, and read them within limits."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from feedsvc.errors import RejectedError
from feedsvc.intake.bring import Result
from feedsvc.model import Rejection

# What lies beside articles: pictures, sounds, films, style sheets, scripts, fonts, settings.
_NO_ARTICLES = frozenset(
    f".{ending}"
    for endings in (
        "avif bmp gif heic ico jpeg jpg png svg tif tiff webp",
        "aac flac m4a mp3 oga ogg opus wav",
        "avi m4v mkv mov mp4 mpeg mpg ogv webm",
        "css js less map mjs sass scss ts",
        "eot otf ttf woff woff2",
        "cfg ini lock toml yaml yml",
    )
    for ending in endings.split()
)
# By which files the folder of a site is known, and where in it the articles are: Jekyll, Hugo.
_SITES = (
    (
        frozenset({"_config.yml", "_config.yaml", "_config.toml"}),
        frozenset({"_posts", "_drafts"}),
    ),
    (
        frozenset(f"{name}.{end}" for name in ("hugo", "config") for end in ("toml", "yaml", "yml"))
        | {"hugo.json", "config.json", "config"},
        frozenset({"content"}),
    ),
)

# Of a file that is refused for its size, this much is kept.
_KEPT_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """A file to import.

    Attributes:
        source: The name of the import: the folder it starts from, because two folders may hold
            equally named files.
        path: The file's name within that folder, with `/` on every system.
    """

    file: Path
    source: str
    path: str

    @property
    def root(self) -> Path:
        """The folder that the import starts from."""
        return self.file.parents[self.path.count("/")]


def find_files(paths: Iterable[str]) -> tuple[list[Found], list[Result]]:
    """Return the files that paths, folders and globs stand for, and what there is none for.

    Folders are searched to the bottom; names that begin with a dot are left out, and so are files
    that are parts of a page or of a site and no articles.
    """
    found: dict[Path, Found] = {}
    missing: list[Result] = []
    for text in paths:
        try:
            files = list(_expand(text))
            reason = "" if files else _why_none(text)
        except OSError as error:  # a name too long, a folder that nobody may look into
            files, reason = [], f"it cannot be read: {error.strerror}"
        if reason:
            missing.append(Result(text, None, reason))
        for item in files:
            found.setdefault(item.file.resolve(), item)
    return list(found.values()), missing


def _why_none(text: str) -> str:
    path = Path(text)
    if not text:  # what a shell makes of a variable that is not set
        return "no name is given; `.` is the folder that you are in"
    if path.is_dir():
        return "the folder is empty"
    return "it is no file" if path.exists() else "there is no such file or folder"


def _expand(text: str) -> Iterator[Found]:
    path = Path(text)
    if not text:
        return
    if path.is_dir():
        yield from _found(_below(path), path)
    elif path.exists():  # a pipe or a device has no end, or keeps us waiting for ever
        yield from _found([path] if path.is_file() else [], path.parent)
    else:
        matches = sorted(glob.glob(text, recursive=True))  # noqa: PTH207 -- takes any pattern
        files = (Path(match) for match in matches)
        yield from _found((file for file in files if file.is_file()), _fixed_part(path))


def _found(files: Iterable[Path], root: Path) -> Iterator[Found]:
    source = _text(str(root.resolve()))
    for file in files:
        yield Found(file, source, _text(file.relative_to(root).as_posix()))


def _text(name: str) -> str:
    r"""Return a file's name as text that can be stored: bytes that are no UTF-8 become `\xff`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _below(folder: Path) -> list[Path]:
    within = _articles_within(folder)
    return sorted(
        file
        for file in folder.rglob("*")
        if _may_be_article(file.relative_to(folder).parts, within)
        and file.suffix.lower() not in _NO_ARTICLES
        and file.is_file()
    )


def _articles_within(folder: Path) -> frozenset[str]:
    """Return the folders that hold the articles of a site; nothing where that can be any."""
    names = {child.name for child in folder.iterdir()}
    sites = (within for marks, within in _SITES if marks & names and within & names)
    return next(sites, frozenset())


def _may_be_article(parts: tuple[str, ...], within: frozenset[str]) -> bool:
    if any(part.startswith(".") for part in parts):
        return False
    return not within or (bool(within & set(parts[:-1])) and not parts[-1].startswith("_index."))


def _fixed_part(pattern: Path) -> Path:
    """Return the folder that a glob starts from."""
    fixed: list[str] = []
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            break
        fixed.append(part)
    return Path(*fixed)


def read_bytes(file: Path, limit: int) -> bytes:
    """Return what is in a file.

    Raises:
        RejectedError: It cannot be read, or is larger than `limit`.
    """
    try:
        with file.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            raw = stream.read(limit + 1) if size <= limit else b""
    except OSError as error:
        raise RejectedError(f"the file cannot be read: {error.strerror}", field="file") from error
    size = max(size, len(raw))  # it may have grown meanwhile
    if size > limit:
        raise RejectedError(
            f"the file has {size:,} bytes, more than the {limit:,} allowed"
            " (`imports.max_file_bytes`); is it an article?",
            field="file",
        )
    return raw


def refused(found: Found, error: RejectedError, raw: bytes = b"") -> Rejection:
    """Return what is kept of a file that is refused: all of it, or its beginning."""
    return Rejection(
        source=found.source,
        path=found.path,
        field=error.field,
        reason=error.reason,
        line=error.line,
        raw=raw or _head(found.file),
    )


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(_KEPT_BYTES)
    except OSError:  # it could not be read at all, which the rejection says
        return b""
