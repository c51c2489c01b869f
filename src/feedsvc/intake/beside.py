"""Finds the pictures and files that lie beside a page and that it names."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import structlog

from feedsvc.intake.clean import clean_url
from feedsvc.intake.feed.parts import web_url
from feedsvc.intake.files import Found

log = structlog.get_logger()

_NAMED = re.compile(
    r"<(?:img|audio|video|source)\b[^>]*?\s(?:src|poster)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')"
    r"|<a\b[^>]*?\shref\s*=\s*(?:\"([^\"]*\.pdf)\"|'([^']*\.pdf)')",
    re.IGNORECASE,
)
# Where site generators keep what an address that begins with a slash leads to.
_SHELVES = ("", "static", "assets", "public")
_MOST = 500


def full_address(base: str, address: str) -> str | None:
    """Return an address on the web, from one that may be relative; None when it is none."""
    try:
        url = web_url(clean_url(urljoin(base, address.strip())))
        return url if url and urlsplit(url).hostname else None
    except ValueError:
        return None


def references(content_html: str) -> Iterator[str]:
    """Yield the addresses of pictures, sounds, films and PDFs in HTML, as they stand there."""
    for hit in _NAMED.finditer(content_html):
        yield html.unescape(next(part for part in hit.groups() if part is not None))


def files_beside(found: Found, addresses: Iterable[str]) -> tuple[tuple[str, Path], ...]:
    """Return the files that addresses on a page lead to, each with its address.

    Only files within the folder that the import starts from, whatever links lead out of it. What
    is not there is named in the log: the article comes in without.
    """
    pairs: dict[str, Path] = {}
    for address in dict.fromkeys(addresses):
        if not _is_local(address) or len(pairs) == _MOST:
            continue
        file = _file(found, address)
        if file is None:
            log.warning("file_missing", page=found.path, file=address[:200])
        else:
            pairs[address] = file
    return tuple(pairs.items())


def _is_local(address: str) -> bool:
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return False
    return bool(parts.path) and not parts.scheme and not parts.netloc


def _file(found: Found, address: str) -> Path | None:
    root = found.root.resolve()
    name = unquote(urlsplit(address.strip()).path)
    near = [] if name.startswith("/") else [found.file.parent / name]
    far = [root / shelf / name.lstrip("/") for shelf in _SHELVES]
    return next((file for path in (*near, *far) if (file := _inside(path, root))), None)


def _inside(path: Path, root: Path) -> Path | None:
    """Return the file that a path leads to in the end, if it is within a folder."""
    try:
        file = path.resolve()
        return file if file.is_relative_to(root) and file.is_file() else None
    except (OSError, ValueError, RuntimeError):  # a name too long, with a NUL, or a loop of links
        return None
