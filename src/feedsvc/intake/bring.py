"""Bring in what importers yield: each item either comes in or is kept as refused.

Items come in batches, one transaction each: a crash loses at most the batch it was in, and
importing again takes up what is missing. What is read is read outside of transactions.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from feedsvc.errors import RejectedError
from feedsvc.intake.accept import Outcome, accept, reject
from feedsvc.intake.change import Door, Memo, mark_touched
from feedsvc.intake.local import with_files
from feedsvc.model import Rejection, Submission
from feedsvc.store.database import Database, Transaction

log = structlog.get_logger()

BATCH = 500
BATCH_CHARS = 2_000_000  # so that long articles do not keep other writers waiting
# A key is two of them and a hash; PostgreSQL's indexes take 2,704 bytes.
_KEY_BYTES = 1_000
_SHOWN = 200
Item = Submission | Rejection


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an item.

    Attributes:
        name: What people call it: a file, or what in that file.
        outcome: None when it was refused.
        reason: Why it was refused; empty when it was not.
        line: Where in the file; None when no line is at fault.
    """

    name: str
    outcome: Outcome | None
    reason: str = ""
    line: int | None = None
    article_id: int | None = None


class _Rehearsed(Exception):  # noqa: N818 -- it is no error
    """Ends a transaction that was only a rehearsal."""


def bring_in(
    database: Database,
    door: Door,
    items: Iterable[tuple[str, Item]],
    *,
    note: str | None = None,
    is_rehearsal: bool = False,
) -> Iterator[Result]:
    """Let items in, and tell what became of each.

    Args:
        items: Each with its name.
        note: Makes every changed article a corrected one.
        is_rehearsal: True to store nothing: each batch is told as if it were the only one.
    """
    counts: Counter[str] = Counter()
    began = time.monotonic()
    for batch in _batches(_each_guid_once(items)):
        results = _batch(database, door, batch, note, is_rehearsal=is_rehearsal)
        counts.update(result.outcome or "refused" for result in results)
        yield from results
    seconds = time.monotonic() - began
    speed = round(counts.total() / seconds, 1) if seconds else None
    log.info(
        "import_done",
        items=counts.total(),
        seconds=round(seconds, 3),
        per_second=speed,
        **dict(sorted(counts.items())),
    )


def _each_guid_once(items: Iterable[tuple[str, Item]]) -> Iterator[tuple[str, Item]]:
    """Yield items; one that has the guid of an earlier one is refused, or it would replace that."""
    paths: dict[tuple[str, str], str] = {}
    for name, item in items:
        if isinstance(item, Rejection) or item.guid is None or item.path is None:
            yield name, item
            continue
        first = paths.setdefault((item.source, item.guid), item.path)
        twice = RejectedError(
            f"the guid {item.guid!r:.80} is that of {first:.80} too; give one of them another",
            field="guid",
        )
        yield name, item if first == item.path else rejection(item, twice)


def _batches(items: Iterable[tuple[str, Item]]) -> Iterator[list[tuple[str, Item]]]:
    batch, size = list[tuple[str, Item]](), 0
    for name, item in items:
        batch.append((name, item))
        size += len(item.raw) if isinstance(item, Rejection) else len(item.content_html)
        if len(batch) == BATCH or size > BATCH_CHARS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _batch(
    database: Database,
    door: Door,
    batch: list[tuple[str, Item]],
    note: str | None,
    *,
    is_rehearsal: bool,
) -> list[Result]:
    batch = [  # outside of the transaction: it takes long
        (name, with_files(database, door, _storable(item), is_rehearsal=is_rehearsal))
        for name, item in batch
    ]
    results: list[Result] = []
    with suppress(_Rehearsed), database.write() as tx:
        within = replace(door, memo=Memo())
        results += [_let_in(tx, within, name, item, note) for name, item in batch]
        mark_touched(tx, within)
        if is_rehearsal:
            raise _Rehearsed
    return results


def _storable(item: Item) -> Item:
    """Return an item that a database can keep and find again, whatever it was called."""
    path = None if item.path is None else _key(item.path)
    if isinstance(item, Submission):
        return replace(item, source=_key(item.source), path=path)
    return replace(item, source=_key(item.source), path=path or "", reason=_text(item.reason))


def _key(name: str) -> str:
    """Return a name as text that an index takes: of one that is too long, beginning and hash."""
    text = _text(name)
    if len(text.encode()) <= _KEY_BYTES:
        return text
    return f"{text[:_SHOWN]}…{hashlib.sha256(text.encode()).hexdigest()}"


def _text(name: str) -> str:
    r"""Return text without NUL; halves of surrogate pairs become `\udcff`."""
    return name.encode("utf-8", "backslashreplace").decode().replace("\0", "")


def _let_in(tx: Transaction, door: Door, name: str, item: Item, note: str | None) -> Result:
    if isinstance(item, Rejection):
        reject(tx, door, item)
        return Result(name, None, item.reason, item.line)
    try:
        accepted = accept(tx, door, item, note=note)
    except RejectedError as error:
        reject(tx, door, rejection(item, error))
        return Result(name, None, error.reason, error.line)
    return Result(name, accepted.outcome, article_id=accepted.article_id)


def rejection(submission: Submission, error: RejectedError) -> Rejection:
    """Return what is kept of a submission that the door does not let in."""
    return Rejection(
        source=submission.source,
        path=submission.path or "",
        field=error.field,
        reason=error.reason,
        line=error.line,
        raw=submission.raw or submission.content_html.encode("utf-8", "replace"),
    )
