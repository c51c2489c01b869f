"""What the clock did and when, and who the clock is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from feedsvc.store import tables as t
from feedsvc.store.database import Transaction

_CLOCK = 1
_SILENT_AFTER = dt.timedelta(seconds=15)  # three beats


@dataclass(frozen=True, slots=True)
class Job:
    """Work that the clock does again and again.

    Attributes:
        name: `release`, `build`, `audit`, …
        seconds: How long it took; None while it runs for the first time.
        note: What came of it, in words.
        runs: How often it was done; `failures` of them failed, all took `total_seconds`.
    """

    name: str
    started_at: dt.datetime
    seconds: float | None = None
    note: str = ""
    failed: bool = False
    runs: int = 0
    failures: int = 0
    total_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ClockState:
    """Who is the clock, since when, and when it was last heard of."""

    holder: str
    since: dt.datetime
    beat_at: dt.datetime

    def silent_for(self, at: dt.datetime) -> dt.timedelta:
        """How long it was not heard of.

        A beat from before the clock was set back lies ahead and is as good as one of now.
        """
        return max(dt.timedelta(), at - self.beat_at)

    def is_silent(self, at: dt.datetime) -> bool:
        """True when it does not go any more."""
        return self.silent_for(at) > _SILENT_AFTER


def begin(tx: Transaction, name: str, now: dt.datetime) -> None:
    """Note that a job has begun."""
    if not _update(tx, name, started_at=now):
        row = {"name": name, "started_at": now, "note": "", "failed": False}
        tx.execute(sa.insert(t.job), {**row, "runs": 0, "failures": 0, "total_seconds": 0.0})


def end(tx: Transaction, name: str, *, seconds: float, note: str, failed: bool = False) -> None:
    """Note that a job has ended, and what came of it."""
    _update(
        tx,
        name,
        seconds=seconds,
        note=note,
        failed=failed,
        runs=t.job.c.runs + 1,
        failures=t.job.c.failures + int(failed),
        total_seconds=t.job.c.total_seconds + seconds,
    )


def _update(tx: Transaction, name: str, **values: Any) -> bool:
    return bool(tx.execute(sa.update(t.job).where(t.job.c.name == name).values(**values)).rowcount)


def all_jobs(tx: Transaction) -> dict[str, Job]:
    """Return every job by name."""
    rows = tx.execute(sa.select(t.job).order_by(t.job.c.name)).mappings()
    return {row["name"]: Job(**row) for row in rows}


def beat(tx: Transaction, holder: str, now: dt.datetime) -> None:
    """Note that the clock goes, and whose it is."""
    row = tx.execute(sa.select(t.clock.c.holder)).first()
    if row is None:
        values = {"id": _CLOCK, "holder": holder, "since": now, "beat_at": now}
        tx.execute(sa.insert(t.clock), values)
        return
    since = {} if row.holder == holder else {"since": now}
    tx.execute(sa.update(t.clock).values(holder=holder, beat_at=now, **since))


def clock(tx: Transaction) -> ClockState | None:
    """Return who the clock is; None when there never was one."""
    row = tx.execute(sa.select(t.clock)).first()
    return ClockState(row.holder, row.since, row.beat_at) if row else None
