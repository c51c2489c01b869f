"""Set up what the processes write about their work."""

from __future__ import annotations

import logging
import sys

import structlog

from feedsvc.settings import Settings

_OURS = logging.getLogger("feedsvc")  # it only keeps the level: structlog writes


def current_level() -> int:
    """Return the level that was set up, so that a child process can be given the same."""
    return _OURS.getEffectiveLevel()


def set_up_logging(settings: Settings, *, quiet: bool = False, level: int | None = None) -> None:
    """Write events to standard error: for people on a terminal, as JSON lines where asked.

    Args:
        quiet: Only errors, for commands that tell what they do by themselves.
        level: In place of the one that the settings name.
    """
    if level is None:
        level = logging.ERROR if quiet else getattr(logging, settings.log.level.upper())
    _OURS.setLevel(level)
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
