"""What a process is in the middle of: stop it, look at leisure, and then kill it or let it go on.

A stopped process keeps its leases and locks, so what is found is what the kill will hit.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
from collections.abc import Collection
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sa

from feedsvc.store import tables as t
from feedsvc.store.database import Database
from tests.cli.service import until

# Bytes of SQLite's -shm file that stand for its locks (https://sqlite.org/walformat.html §2.3).
_WRITE_LOCK = 120
_READ_LOCKS = range(123, 128)
_WRITERS = sa.text(
    """
    SELECT EXISTS (SELECT 1 FROM pg_locks WHERE pg_locks.pid = a.pid
                   AND locktype = 'advisory' AND granted AND objid::bigint = 4021553902)
    FROM   pg_stat_activity a
    WHERE  application_name = :name AND xact_start IS NOT NULL
    AND    datname = current_database()
    """
)


class Phase(StrEnum):
    """What a process is doing, as far as the store can tell."""

    BUILDING = "building"  # it holds the lease of a feed
    WRITING = "writing"  # it holds the lock of the one writer
    READING = "reading"


def members(leader: int) -> list[int]:
    """Return the living processes of a group."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError, FileNotFoundError):
            if os.getpgid(int(folder.name)) == leader and _state(int(folder.name)) != "Z":
                found.append(int(folder.name))
    return found


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def stop(leader: int) -> None:
    """Stop all processes of a group, and wait until they stand still.

    Raises:
        ProcessLookupError: There are none.
    """
    os.killpg(leader, signal.SIGSTOP)
    until(lambda: all(_is_still(pid) for pid in members(leader)))


def _is_still(pid: int) -> bool:
    with suppress(ProcessLookupError, FileNotFoundError):
        return _state(pid) in "TtZX"
    return True


def look(database: Database, pids: Collection[int], name: str, *, only_builder: bool) -> set[Phase]:
    """Return what stopped processes are in the middle of.

    Args:
        name: Under which they are connected to PostgreSQL (PGAPPNAME).
        only_builder: Nobody else builds now, so that every lease is theirs.
    """
    if database.is_sqlite:
        found = _sqlite_locks(Path(f"{database.engine.url.database}-shm"), pids)
    else:
        with database.read() as tx:
            holds = list(tx.execute(_WRITERS, {"name": name}).scalars())
        found = {Phase.WRITING if writes else Phase.READING for writes in holds}
    if _builds(database, pids, only_builder=only_builder):
        found.add(Phase.BUILDING)
    return found


def wait_until_disconnected(database: Database, name: str) -> None:
    """Wait until PostgreSQL has noticed a death: what was sent before it may still happen."""
    query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name")

    def is_gone() -> bool:
        with database.read() as tx:
            return not tx.execute(query, {"name": name}).scalar_one()

    if not database.is_sqlite:
        until(is_gone)


def _sqlite_locks(file: Path, pids: Collection[int]) -> set[Phase]:
    found = set()
    inode = file.stat().st_ino
    for line in Path("/proc/locks").read_text().splitlines():
        # "1: POSIX  ADVISORY  WRITE 1234 08:01:5678 120 120", or "1: -> …" for who waits
        fields = line.split()
        if fields[1] == "->" or int(fields[4]) not in pids:
            continue
        if int(fields[5].rpartition(":")[2]) == inode:
            first = int(fields[6])
            if first == _WRITE_LOCK:
                found.add(Phase.WRITING)
            elif first in _READ_LOCKS:
                found.add(Phase.READING)
    return found


def _builds(database: Database, pids: Collection[int], *, only_builder: bool) -> bool:
    with database.read() as tx:
        held = sa.select(t.feed.c.lease_token).where(t.feed.c.lease_until > dt.datetime.now(dt.UTC))
        tokens = [str(token) for token in tx.execute(held).scalars()]
    named = [token for token in tokens if ":" in token]  # those that say whose they are
    theirs = {str(pid) for pid in pids}
    if any(theirs & set(token.split(":")) for token in named):
        return True
    return only_builder and len(named) < len(tokens)
