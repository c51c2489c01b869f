"""Put the parts together once: the only place that chooses implementations and reads the clock."""

from __future__ import annotations

import datetime as dt
import logging
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from feedsvc.errors import StoreError
from feedsvc.feeds.build import Press
from feedsvc.intake.change import Door
from feedsvc.settings import Settings
from feedsvc.store.database import Database

# How every SQLite file begins (https://sqlite.org/fileformat2.html §1.3); a new one is empty.
_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True)
class Services:
    """Everything that a command, a request or a tick works with.

    Attributes:
        now: The present instant, aware, UTC.
        new_urn: A fresh `urn:uuid:…`.
    """

    settings: Settings
    database: Database
    now: Callable[[], dt.datetime]
    new_urn: Callable[[], str]

    @property
    def door(self) -> Door:
        """What coming in needs."""
        return Door(self.settings, self.now, self.new_urn)

    @property
    def press(self) -> Press:
        """What a build needs."""
        return Press(self.database, self.settings, self.now)


def make_services(settings: Settings) -> Services:
    """Return the services of a real process.

    Raises:
        StoreError: The file that the settings name cannot be a store.
    """
    return Services(
        settings=settings,
        database=_database(settings.store.database_url),
        now=lambda: dt.datetime.now(dt.UTC),
        new_urn=lambda: f"urn:uuid:{uuid.uuid4()}",
    )


def _database(url: str) -> Database:
    file = Path(url.removeprefix("sqlite:///").partition("?")[0])
    try:
        if url.startswith("sqlite:///") and file.is_file():
            with file.open("rb") as stream:
                head = stream.read(len(_SQLITE))
            if head not in {b"", _SQLITE}:
                raise StoreError(f"{file} is no SQLite database; `store.database_url` names it")
        return Database(url)
    except OSError as error:
        raise StoreError(f"{file}: cannot hold the store: {error.strerror}") from error


def set_up_logging(settings: Settings, *, quiet: bool = False) -> None:
    """Write events to standard error: for people on a terminal, as JSON lines where asked.

    Args:
        quiet: Only errors, for commands that tell what they do by themselves.
    """
    level = logging.ERROR if quiet else getattr(logging, settings.log.level.upper())
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log.json_lines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
