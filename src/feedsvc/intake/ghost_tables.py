"""The file that Ghost exports, as tables, and what stands in their rows.

The rows may hold anything: nothing here raises for a value of another type.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from feedsvc.errors import RejectedError
from feedsvc.intake.clean import clean_text

_MAX_BYTES = 250_000_000
_CHUNK_BYTES = 1 << 20
_POST = re.compile(rb'"plaintext"\s*:')
Row = dict[str, Any]


def count(file: Path) -> int:
    """Return how many posts an export has, without parsing it."""
    number, rest = 0, b""
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                text = rest + chunk
                number += len(_POST.findall(text)) - len(_POST.findall(rest))
                rest = text[-len('"plaintext"   :') :]
    except OSError:  # whoever opens it says why
        return 0
    return number


def tables(file: Path) -> Row:
    """Return the tables of an export by name.

    Raises:
        RejectedError: It is none.
    """
    try:
        size = file.stat().st_size
        if size > _MAX_BYTES:
            text = f"the file has {size:,} bytes; exports of up to {_MAX_BYTES:,} are read"
            raise RejectedError(text, field="file")
        raw = file.read_bytes()
    except OSError as error:
        raise RejectedError(f"the file cannot be read: {error.strerror}", field="file") from error
    if not raw.strip():
        raise RejectedError("the file is empty; export the posts again", field="file")
    if raw.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        raise RejectedError(
            "the file is packed; unpack it, and import the .json file", field="file"
        )
    found = _parsed(raw)
    inner = found.get("db")
    outer = inner[0] if isinstance(inner, list) and inner and isinstance(inner[0], dict) else found
    data = outer.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("posts"), list):
        raise RejectedError(
            "the file is no Ghost export: it has no table of posts; in Ghost, Settings →"
            " Import/Export → Export makes one",
            field="file",
        )
    return data


def _parsed(raw: bytes) -> Row:
    try:
        found = json.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except json.JSONDecodeError as error:
        reason = f"the file breaks off or is no JSON: {error.msg}; export the posts again"
        raise RejectedError(reason, field="file", line=error.lineno) from error
    except (ValueError, RecursionError) as error:
        reason = "the file is no JSON that Ghost writes; export the posts again"
        raise RejectedError(reason, field="file") from error
    return found if isinstance(found, dict) else {}


def rows(data: Row, name: str) -> list[Row]:
    """Return the rows of a table; none for one that is not there."""
    found = data.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def links(data: Row, name: str, column: str) -> dict[str, list[str]]:
    """Return the keys of what each post is linked to, in the order that Ghost shows."""
    found: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in rows(data, name):
        order = row.get("sort_order")
        place = order if isinstance(order, int) else 0
        found[key(row, "post_id")].append((place, key(row, column)))
    return {
        post: [one for _, one in sorted(ordered, key=lambda link: link[0])]
        for post, ordered in found.items()
    }


def key(row: Row, name: str = "id") -> str:
    """Return what identifies a row; empty when nothing does."""
    value = row.get(name)
    return clean_text(str(value)) if isinstance(value, str | int) else ""


def text(row: Row, name: str) -> str:
    """Return a text; empty when it is none."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def instant(row: Row, name: str) -> dt.datetime | None:
    """Return an instant that Ghost wrote: ISO, SQL or milliseconds, always in UTC."""
    value = row.get(name)
    try:
        if isinstance(value, int):
            return dt.datetime.fromtimestamp(value / 1000, dt.UTC)
        found = dt.datetime.fromisoformat(value if isinstance(value, str) else "")
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None
