"""What was acknowledged, kept outside the store: an append-only journal, and what follows from it.

Whoever changes an article writes first what it tries and, once its transaction has returned, what
came of it. A try without an end was under way when its process was killed: it may have happened
or not, but nothing in between. `settle` asks the store and writes down which.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from feedsvc.errors import NotFoundError
from feedsvc.model import Article, Status
from feedsvc.store import articles
from feedsvc.store import tables as t
from feedsvc.store.database import Database


@dataclass(frozen=True)
class Piece:
    """An article as it was last acknowledged.

    Attributes:
        owner: Who changes it, and nobody else.
        at: When that was acknowledged, in seconds since 1970.
        embargo: Before when it must not be public; None when that was never forbidden.
    """

    id: int
    atom_id: str
    title: str
    status: Status
    owner: str
    at: float
    embargo: dt.datetime | None = None

    def is_met_by(self, article: Article, now: dt.datetime) -> bool:
        """True when the store has this state, or the one that time has made of it."""
        statuses = {self.status}
        if self.status is Status.SCHEDULED and self.embargo and self.embargo <= now:
            statuses.add(Status.PUBLISHED)
        return article.title == self.title and article.status in statuses


@dataclass(frozen=True)
class Try:
    """A change that was begun.

    Attributes:
        id: Of the article; None when it is a new one, which goes by its title.
        title: As it is afterwards; None when that stays.
        status: As it is afterwards; None when that stays.
    """

    key: str
    owner: str
    id: int | None = None
    title: str | None = None
    status: Status | None = None


@dataclass
class Ledger:
    """All that is known from a journal."""

    pieces: dict[int, Piece] = field(default_factory=dict)
    open: dict[str, Try] = field(default_factory=dict)
    acknowledged: int = 0

    def of(self, owner: str, *statuses: Status) -> list[Piece]:
        """Return the pieces of an owner in one of these states."""
        return [p for p in self.pieces.values() if p.owner == owner and p.status in statuses]


@dataclass(frozen=True)
class Journal:
    """A file that each line is appended to at once: what was written survives its writer."""

    file: Path

    def begin(self, attempt: Try) -> None:
        """Write down what is about to be tried."""
        known = {name: value for name, value in vars(attempt).items() if value is not None}
        self._write({"try": known})

    def end(self, key: str, article: Article | None) -> None:
        """Write down what came of it; None when nothing did."""
        became: dict[str, Any] | None = None
        if article is not None:
            due = article.release_at.isoformat() if article.release_at else None
            became = {"id": article.id, "atom_id": article.atom_id, "title": article.title}
            became |= {"status": article.status.value, "release_at": due}
        self._write({"end": key, "at": dt.datetime.now(dt.UTC).timestamp(), "article": became})

    def _write(self, line: dict[str, Any]) -> None:
        handle = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(handle, json.dumps(line).encode() + b"\n")
        finally:
            os.close(handle)

    def read(self) -> Ledger:
        """Return what is known by now."""
        ledger = Ledger()
        for line in self._lines():
            if "try" in line:
                begun = line["try"]
                status = Status(begun["status"]) if "status" in begun else None
                ledger.open[begun["key"]] = Try(**{**begun, "status": status})
                continue
            attempt = ledger.open.pop(line["end"])
            if line["article"]:
                ledger.acknowledged += 1
                piece = _piece(line, attempt.owner, ledger.pieces.get(line["article"]["id"]))
                ledger.pieces[piece.id] = piece
        return ledger

    def _lines(self) -> Iterator[dict[str, Any]]:
        if self.file.exists():
            for line in self.file.read_bytes().splitlines():
                yield json.loads(line)


def _piece(line: dict[str, Any], owner: str, before: Piece | None) -> Piece:
    article = dict(line["article"])
    due = article.pop("release_at")
    embargo = before.embargo if before else None
    if due:
        embargo = dt.datetime.fromisoformat(due)
    status = Status(article.pop("status"))
    return Piece(**article, status=status, owner=owner, at=line["at"], embargo=embargo)


class TornError(AssertionError):
    """A change that happened neither wholly nor not at all."""


def settle(database: Database, journal: Journal, owner: str) -> int:
    """End the tries of a process that was killed as the store says; return how many there were.

    Raises:
        TornError: The store has neither the old state nor the new one.
    """
    ledger = journal.read()
    left = [attempt for attempt in ledger.open.values() if attempt.owner == owner]
    for attempt in left:
        article = _article(database, attempt)
        if article is not None:
            _make_sure_it_is_whole(article, attempt, ledger)
        journal.end(attempt.key, article)
    return len(left)


def _article(database: Database, attempt: Try) -> Article | None:
    with database.read() as tx:
        number = attempt.id
        if number is None:
            query = sa.select(t.article.c.id).where(t.article.c.title == attempt.title)
            number = tx.execute(query).scalar_one_or_none()
        try:
            return None if number is None else articles.get(tx, number)
        except NotFoundError as error:
            raise TornError(f"{attempt}: the article is gone") from error


def _make_sure_it_is_whole(article: Article, attempt: Try, ledger: Ledger) -> None:
    before = ledger.pieces.get(article.id)
    new = (attempt.title or article.title, attempt.status or article.status)
    if attempt.status is Status.SCHEDULED and article.status is Status.PUBLISHED:
        new = (new[0], Status.PUBLISHED)  # the clock went on
    is_new = new == (article.title, article.status)
    is_old = before is not None and before.is_met_by(article, dt.datetime.now(dt.UTC))
    if not (is_new or is_old):
        raise TornError(f"{attempt} left {article}; it was {before}")
