"""The connection to the database: one writer at a time, any number of readers.

SQLite allows one writer and PostgreSQL is made to: a writing transaction takes an advisory lock.
So no code above has to think about two transactions that mint the same slug or the same second,
and a busy database makes a writer wait instead of failing it. See docs/decisions/0001.
"""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, make_url

from feedsvc.errors import SchemaError, StoreAwayError, StoreError

HEAD = "0004"
_WRITER_LOCK = 4_021_553_902  # any number that only feedsvc uses
_BUSY_SECONDS = 30
_PAUSE_SECONDS = 0.02
_PASSING_SQLITE = (
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_CANTOPEN",
    "SQLITE_READONLY",
)
# Connections, resources, and what an operator does (PostgreSQL, appendix A).
_PASSING_POSTGRES = ("08", "53", "57", "58")
# A table or a column that is not there.
_OTHER_TABLES = ("42P01", "42703")

Transaction = Connection


class Database:
    """A store's database, opened lazily and safe to share between threads.

    Args:
        maps_file: False for a process that must stay small: what SQLite maps into memory counts as
            its own, once for each connection.
    """

    def __init__(self, url: str, *, maps_file: bool = True) -> None:
        self.url = url
        self.engine = _engine(url)
        if self.is_sqlite and maps_file:
            sa.event.listen(self.engine, "connect", _map_file)

    @property
    def name(self) -> str:
        """The store's address for people to see: no password, wherever it stands in it."""
        return repr(self.engine.url.set(query={}))

    @property
    def is_sqlite(self) -> bool:
        """True for a store in a file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Begin a transaction that sees one consistent moment and writes nothing."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._connect(options) as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Begin a writing transaction; waits for the writer before it."""
        with self._connect({"feedsvc_writer": True}) as connection, connection.begin():
            if not self.is_sqlite:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITER_LOCK)))
            yield connection

    @contextmanager
    def _connect(self, options: dict[str, Any]) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                yield connection.execution_options(**options)
        except sa.exc.OperationalError as error:
            kind = StoreAwayError if _will_pass(error) else StoreError
            raise kind(f"{self.name}: {error.orig}") from error
        except sa.exc.ProgrammingError as error:  # SQLite says "operational" to this too
            if getattr(error.orig, "sqlstate", None) in _OTHER_TABLES:
                raise StoreError(f"{self.name}: {error.orig}") from error
            raise

    def check_schema(self) -> None:
        """Make sure that the tables are those of this version.

        Raises:
            SchemaError: When they are not; the message says what to run.
        """
        with self.read() as tx:
            found = self.revision(tx)
        if found == HEAD:
            return
        if found is None:
            raise SchemaError("the store is empty. Run `feedsvc migrate` to create its tables.")
        if found < HEAD:
            raise SchemaError(
                f"the store is at schema {found}, this version needs {HEAD}. Run `feedsvc migrate`."
            )
        raise newer_schema(found)

    @staticmethod
    def revision(tx: Transaction) -> str | None:
        """The schema revision of the store; None when it has no tables yet."""
        if not sa.inspect(tx).has_table("alembic_version"):
            return None
        return tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()

    def close(self) -> None:
        """Give up all connections."""
        self.engine.dispose()


def _will_pass(error: sa.exc.OperationalError) -> bool:
    """Tell a full disk or a server that is gone from data that is broken."""
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return str(name).startswith(_PASSING_SQLITE)
    state = getattr(error.orig, "sqlstate", None)  # None when there is no connection at all
    is_postgres = isinstance(error.orig, psycopg.Error)
    return is_postgres and (state is None or state.startswith(_PASSING_POSTGRES))


def newer_schema(found: str) -> SchemaError:
    """The error for a store whose tables a newer version has made."""
    return SchemaError(
        f"the store is at schema {found}, this version only knows {HEAD}. Install a newer feedsvc."
    )


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True)
    file = make_url(url).database
    if file and file != ":memory:":
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    _use_wal(connection)
    for pragma in (
        "synchronous = NORMAL",
        "foreign_keys = ON",
        f"busy_timeout = {_BUSY_SECONDS * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _map_file(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute("PRAGMA mmap_size = 268435456")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log, which a store does once in its life.

    The switch fails at once, whatever the timeout, while another process makes it.
    """
    for attempt in itertools.count(1):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if attempt * _PAUSE_SECONDS > _BUSY_SECONDS:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that begins as a reader and then writes can fail at once with "database is
    # locked", whatever the timeout; a writer therefore says so at the start and waits its turn.
    writer = connection.get_execution_options().get("feedsvc_writer")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")
