"""Import article pages from files: every file either comes in or is kept as refused.

Files are read in batches, one transaction each: a crash loses at most the batch it was in, and
importing again takes up what is missing.
"""

from __future__ import annotations

import glob
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from feedsvc.errors import RejectedError
from feedsvc.intake.accept import Outcome, accept, reject
from feedsvc.intake.change import Door, Memo, mark_touched, whole_second
from feedsvc.intake.from_text import Known, Overrides, Page, read_page
from feedsvc.model import Correction, Kind, Rejection, Submission
from feedsvc.store import terms
from feedsvc.store.database import Database, Transaction

log = structlog.get_logger()

BATCH = 500
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


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a file.

    Attributes:
        outcome: None when it was refused.
        reason: Why it was refused; empty when it was not.
        line: Where in the file; None when no line is at fault.
    """

    file: Path
    outcome: Outcome | None
    reason: str = ""
    line: int | None = None
    article_id: int | None = None


def find_files(paths: Iterable[str]) -> tuple[list[Found], list[Result]]:
    """Return the files that paths, folders and globs stand for, and what there is none for.

    Folders are searched to the bottom; names that begin with a dot are left out.
    """
    found: dict[Path, Found] = {}
    missing: list[Result] = []
    for text in paths:
        files = list(_expand(text))
        if not files:
            is_empty = Path(text).is_dir()
            reason = "the folder is empty" if is_empty else "there is no such file or folder"
            missing.append(Result(Path(text), None, reason))
        for item in files:
            found.setdefault(item.file.resolve(), item)
    return list(found.values()), missing


def _expand(text: str) -> Iterator[Found]:
    path = Path(text)
    if path.is_dir():
        yield from _found(_below(path), path)
    elif path.exists():
        yield from _found([path], path.parent)
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
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )


def _fixed_part(pattern: Path) -> Path:
    """Return the folder that a glob starts from."""
    fixed: list[str] = []
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            break
        fixed.append(part)
    return Path(*fixed)


def import_files(
    database: Database,
    door: Door,
    found: Sequence[Found],
    overrides: Overrides,
    correction: str | None = None,
) -> Iterator[Result]:
    """Let files in, and tell what became of each.

    Args:
        overrides: Values that win over what the pages say.
        correction: A note that makes every changed article a corrected one.
    """
    counts: Counter[str] = Counter()
    began = time.monotonic()
    for start in range(0, len(found), BATCH):
        with database.write() as tx:
            batch = replace(door, memo=Memo())
            known = _known(tx, door)
            results = []
            for item in found[start : start + BATCH]:
                result, page = _import(tx, batch, item, (known, overrides, correction))
                results.append(result)
                known = _with_names(known, page)
            mark_touched(tx, batch)
        counts.update(result.outcome or "refused" for result in results)
        yield from results
    _log(counts, time.monotonic() - began)


def _log(counts: Counter[str], seconds: float) -> None:
    """Write one line about a whole import."""
    files = counts.total()
    speed = round(files / seconds, 1) if seconds else None
    outcomes = dict(sorted(counts.items()))
    log.info("import_done", files=files, seconds=round(seconds, 3), per_second=speed, **outcomes)


def _known(tx: Transaction, door: Door) -> Known:
    imports = door.settings.imports
    return Known(
        sections=tuple(dict.fromkeys((*imports.sections, *terms.names(tx, Kind.SECTION)))),
        editions=tuple(dict.fromkeys((*imports.editions, *terms.names(tx, Kind.EDITION)))),
        authors=terms.names(tx, Kind.AUTHOR),
    )


def _with_names(known: Known, page: Page | None) -> Known:
    """Let what one page introduced be known to the next one of its batch."""
    if page is None:
        return known
    submission = page.submission
    edition = (submission.edition,) if submission.edition else ()
    fresh = {
        "sections": set(submission.sections).difference(known.sections),
        "editions": set(edition).difference(known.editions),
        "authors": {name for name, _ in submission.byline}.difference(known.authors),
    }
    added = {name: (*getattr(known, name), *sorted(new)) for name, new in fresh.items() if new}
    return replace(known, **added) if added else known


def _import(
    tx: Transaction, door: Door, item: Found, how: tuple[Known, Overrides, str | None]
) -> tuple[Result, Page | None]:
    known, overrides, note = how
    raw = b""
    try:
        raw = _read(item.file, door.settings.imports.max_file_bytes)
        page = read_page(raw, known=known, overrides=overrides, tz=door.settings.tz)
        _refuse_removed(tx, page.submission, known, overrides)
        submission = replace(page.submission, source=item.source, path=item.path)
        text = page.correction
        correction = Correction(whole_second(door.now()), text) if text else None
        accepted = accept(tx, door, submission, correction, note=note)
    except RejectedError as error:
        _keep(tx, door, item, raw or _head(item.file), error)
        return Result(item.file, None, error.reason, error.line), None
    return Result(item.file, accepted.outcome, article_id=accepted.article_id), page


def _refuse_removed(
    tx: Transaction, submission: Submission, known: Known, overrides: Overrides
) -> None:
    """Let no page bring an edition back that was removed; its sections are known ones by now.

    Raises:
        RejectedError: Its edition was removed, and nobody asked for it.
    """
    name = submission.edition
    if name is None or name in known.editions or overrides.edition or overrides.auto_create:
        return
    found = terms.by_name(tx, Kind.EDITION, name)
    if found is not None and terms.is_removed(tx, found):
        raise RejectedError(
            f"the edition “{name}” was removed; correct the line, or add the edition to"
            " `imports.editions` in config/feedsvc.toml, or import with --auto-create",
            field="section",
        )


def _read(file: Path, limit: int) -> bytes:
    try:
        size = file.stat().st_size
        if size > limit:
            raise RejectedError(
                f"the file has {size:,} bytes, more than the {limit:,} allowed"
                " (`imports.max_file_bytes`); is it an article?",
                field="file",
            )
        return file.read_bytes()
    except OSError as error:
        raise RejectedError(f"the file cannot be read: {error.strerror}", field="file") from error


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(_KEPT_BYTES)
    except OSError:  # it could not be read at all, which the rejection says
        return b""


def _keep(tx: Transaction, door: Door, item: Found, raw: bytes, error: RejectedError) -> None:
    rejection = Rejection(
        source=item.source,
        path=item.path,
        field=error.field,
        reason=error.reason,
        line=error.line,
        raw=raw,
        rejected_at=door.now(),
    )
    reject(tx, rejection)
