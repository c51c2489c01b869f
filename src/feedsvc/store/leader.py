"""Who of several workers is the clock: a lock that ends with the process that holds it.

On SQLite a lock on a file beside the database, on PostgreSQL an advisory lock of a connection
kept for that; both are given back by the system when the process dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from feedsvc.errors import StoreAwayError
from feedsvc.store.database import Database

_CLOCK_LOCK = 4_021_553_903  # any number that only feedsvc uses, and not the writer's


class Leadership(Protocol):
    """A lock that one process at a time can hold."""

    def hold(self) -> bool:
        """Take the lock if it is free, make sure that it is held, and say whether it is."""

    def give_up(self) -> None:
        """Let another process take it."""


def leadership(database: Database) -> Leadership:
    """Return the lock of a store, not taken yet."""
    if database.is_sqlite:
        return _FileLock(Path(f"{database.engine.url.database}.clock"))
    return _AdvisoryLock(database)


class _FileLock:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def hold(self) -> bool:
        if self._file is not None:
            if self._is_there(self._file):
                return True
            self.give_up()  # somebody deleted the file: others cannot see this lock
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreAwayError(f"{self._path}: cannot be locked: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        except OSError as error:
            os.close(file)
            raise StoreAwayError(f"{self._path}: cannot be locked: {error.strerror}") from error
        if not self._is_there(file):
            os.close(file)
            return False
        self._file = file
        return True

    def _is_there(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except OSError:
            return False

    def give_up(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class _AdvisoryLock:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    def hold(self) -> bool:
        try:
            if self._connection is None:
                self._connection = self._database.engine.connect().execution_options(
                    isolation_level="AUTOCOMMIT"
                )
                locked = sa.select(sa.func.pg_try_advisory_lock(_CLOCK_LOCK))
                if not self._connection.execute(locked).scalar_one():
                    self.give_up()
                return self._connection is not None
            self._connection.execute(sa.select(1))
        except sa.exc.OperationalError as error:  # the connection broke, and the lock with it
            self.give_up()
            raise StoreAwayError(f"{self._database.name}: {error.orig}") from error
        return True

    def give_up(self) -> None:
        if self._connection is not None:
            # The server takes a moment to notice a session's end; one that broke cannot say so.
            with suppress(sa.exc.SQLAlchemyError):
                self._connection.execute(sa.select(sa.func.pg_advisory_unlock(_CLOCK_LOCK)))
            self._connection.invalidate()  # closed, not given back: the lock is the session's
            self._connection.close()
            self._connection = None
