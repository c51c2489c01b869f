"""Put the parts together once: the only place that chooses implementations and reads the clock."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from feedsvc import fetch
from feedsvc.errors import StoreError
from feedsvc.feeds.memory import Memory
from feedsvc.feeds.press import Press
from feedsvc.fetch import Get
from feedsvc.intake.change import Door
from feedsvc.settings import Settings
from feedsvc.store import jobs
from feedsvc.store.database import Database

# How every SQLite file begins (https://sqlite.org/fileformat2.html §1.3); a new one is empty.
_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True)
class Services:
    """Everything that a command, a request or a tick works with.

    Attributes:
        now: The present instant, aware, UTC.
        new_urn: A fresh `urn:uuid:…`.
        get: Fetches what is elsewhere. Nothing but a test gives one that trusts an address.
        memory: What this process knows from earlier builds.
    """

    settings: Settings
    database: Database
    now: Callable[[], dt.datetime]
    new_urn: Callable[[], str]
    get: Get = fetch.get
    memory: Memory = field(default_factory=Memory)

    @property
    def door(self) -> Door:
        """What coming in needs."""
        return Door(self.settings, self.now, self.new_urn)

    @property
    def press(self) -> Press:
        """What a build needs."""
        return Press(self.database, self.settings, self.now, memory=self.memory)

    def clock_goes(self) -> bool:
        """Tell whether some worker is the clock and was heard of lately."""
        with self.database.read() as tx:
            clock = jobs.clock(tx)
        return clock is not None and not clock.is_silent(self.now())

    @property
    def processes(self) -> int:
        """How many processes may build at once."""
        return self.settings.worker.processes or os.cpu_count() or 1


def utc_now() -> dt.datetime:
    """Return the present instant."""
    return dt.datetime.now(dt.UTC)


def make_services(settings: Settings, *, maps_store: bool = True) -> Services:
    """Return the services of a real process.

    Args:
        maps_store: False for a process that must stay small (`Database`).

    Raises:
        StoreError: The file that the settings name cannot be a store.
    """
    return Services(
        settings=settings,
        database=_database(settings.store.database_url, maps_file=maps_store),
        now=utc_now,
        new_urn=lambda: f"urn:uuid:{uuid.uuid4()}",
    )


def _database(url: str, *, maps_file: bool) -> Database:
    file = Path(url.removeprefix("sqlite:///").partition("?")[0])
    try:
        if url.startswith("sqlite:///") and file.is_file():
            with file.open("rb") as stream:
                head = stream.read(len(_SQLITE))
            if head not in {b"", _SQLITE}:
                raise StoreError(f"{file} is no SQLite database; `store.database_url` names it")
        return Database(url, maps_file=maps_file)
    except OSError as error:
        raise StoreError(f"{file}: cannot hold the store: {error.strerror}") from error
