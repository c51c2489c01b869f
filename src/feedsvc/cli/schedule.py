"""`feedsvc schedule`: what the clock does next, when it last did it, and how long that took."""

from __future__ import annotations

import datetime as dt
import sys
from typing import Any

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from feedsvc import timetable
from feedsvc.cli import words
from feedsvc.cli.context import open_services
from feedsvc.cli.output import json_option, one_line, show
from feedsvc.model import Feed
from feedsvc.services import Services
from feedsvc.settings import Settings
from feedsvc.store import feeds, overview
from feedsvc.store.database import Transaction
from feedsvc.store.jobs import Job
from feedsvc.store.overview import Overview

_COLUMNS = ("what", "timetable", "next", "last", "seconds", "note")


@click.command()
@json_option
def schedule(*, as_json: bool) -> None:
    """List what the clock does next, and what it last did.

    A row for each of its jobs and for each feed with a timetable: when it comes next, when it
    last came, how long that took, and what it came to.
    """
    services = open_services()
    rows = _rows(services)
    if as_json or not sys.stdout.isatty():
        show(rows, _COLUMNS, as_json=as_json)
    else:
        _print(rows, services)


def _rows(services: Services) -> list[dict[str, Any]]:
    settings, now = services.settings, services.now()
    with overview.reading(services.database) as tx:
        found = overview.overview(tx, now, services.press.lease)
        by_path = {feed.path: feed for feed in feeds.all_feeds(tx)}
        timetabled = [
            _of_feed(tx, path, by_path.get(path), settings, now)
            for path in sorted(settings.feeds.timetables)
        ]
    return [*_of_jobs(found, settings), *timetabled]


def _of_jobs(found: Overview, settings: Settings) -> list[dict[str, Any]]:
    line, audit = settings.worker.audit, found.jobs.get("audit")
    began = audit.started_at if audit else found.pulse.at
    next_audit = timetable.parse(line).next_after(began, settings.tz)
    upcoming = {
        "release": (None, found.next_release_at),
        "build": (None, found.next_build_at),
        "read-back": (None, found.read_back_since),
        "finish": (None, found.finish_since),
        "archive": (None, found.pages_since),
        "media": (None, found.next_media_at),
        "audit": (line, next_audit),
    }
    if found.sources.total:
        upcoming["poll"] = (None, found.sources.next_poll_at)
    return [
        _of_job(name, set_as, at, found.jobs.get(name), settings)
        for name, (set_as, at) in upcoming.items()
    ]


def _of_job(
    name: str, set_as: str | None, at: dt.datetime | None, job: Job | None, settings: Settings
) -> dict[str, Any]:
    return {
        "what": name,
        "timetable": set_as,
        "next": _local(at, settings),
        "last": _local(job.started_at, settings) if job else None,
        "seconds": round(job.seconds, 3) if job and job.seconds is not None else None,
        "note": job.note if job else "",
        "failed": bool(job and job.failed),
    }


def _of_feed(
    tx: Transaction, path: str, feed: Feed | None, settings: Settings, now: dt.datetime
) -> dict[str, Any]:
    """What a feed's timetable does; the present instant stands for a first time that never was."""
    line = settings.feeds.timetables[path]
    row = {"what": path, "timetable": line, "next": None, "last": None, "seconds": None}
    if feed is None:
        return {**row, "note": "there is no such feed yet", "failed": False}
    computed = timetable.parse(line).next_after(feed.admitted_at or now, settings.tz)
    waits = overview.waiting(tx, feed.id) if feed.admit_due_at else 0
    return {
        **row,
        "next": _local(feed.admit_due_at or computed, settings),
        "last": _local(feed.admitted_at, settings),
        "seconds": feed.build_seconds if feed.admitted_at else None,
        "note": f"{words.number(waits, 'article')} to let in" if waits else "",
        "failed": False,
    }


def _local(instant: dt.datetime | None, settings: Settings) -> dt.datetime | None:
    return instant.astimezone(settings.tz) if instant else None


def _print(rows: list[dict[str, Any]], services: Services) -> None:
    """Show rows as a person reads them."""
    now, zone = services.now(), services.settings.tz
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("what", "timetable", "next", "last", "came to"):
        table.add_column(name, overflow="fold")
    for row in rows:
        at, last = row["next"], row["last"]
        cells = (
            row["what"],
            row["timetable"] or "",
            _next(at, now, zone) if at else "–",
            words.moment(last, now, zone) if last else "never",
            _came_to(row),
        )
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    Console(highlight=False).print(Padding(table, (1, 2)))


def _next(at: dt.datetime, now: dt.datetime, zone: dt.tzinfo) -> str:
    return words.moment(at, now, zone) if at > now else f"now, for {words.span(now - at)}"


def _came_to(row: dict[str, Any]) -> str:
    seconds = "" if row["seconds"] is None else f"{row['seconds']:,.1f} s"
    failed = "failed" if row["failed"] else ""
    return ": ".join(part for part in (failed, seconds, row["note"]) if part)
