"""`feedsvc sources`: feeds of others that are polled."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from feedsvc.cli.context import build_after_change, open_services
from feedsvc.cli.output import json_option, one_line, show
from feedsvc.cli.progress import progress
from feedsvc.errors import NotFoundError, RefusedError
from feedsvc.intake.checks import NAME_CHARS
from feedsvc.intake.clean import clean_text
from feedsvc.intake.opml import Row, feed_address, problem_of, read_opml
from feedsvc.intake.sources import Polled, poll_due
from feedsvc.model import Source
from feedsvc.services import Services
from feedsvc.store import sources as store

_COLUMNS = (
    *("id", "title", "url", "status", "last", "next", "failures", "problem", "articles"),
    "section",
)
_DIGITS = 18  # of a number that every database takes
_TOLD = 20  # rows of a list that are named one by one


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def sources(context: click.Context, *, as_json: bool) -> None:
    """List the feeds of others that are polled.

    Each with its health; the commands below add, remove and poll them.
    """
    if context.invoked_subcommand is None:
        _list(as_json=as_json)


def _list(*, as_json: bool) -> None:
    services = open_services()
    with services.database.read() as tx:
        found, counts = store.all_sources(tx), store.articles(tx)
    rows = [_row(source, counts.get(source.name, 0), services) for source in found]
    show(rows, _COLUMNS, as_json=as_json, empty="No feed is polled; `feedsvc sources add URL`.")


def _row(source: Source, articles: int, services: Services) -> dict[str, Any]:
    def local(at: dt.datetime | None) -> dt.datetime | None:
        return at.astimezone(services.settings.tz) if at else None

    return {
        "id": source.id,
        "title": source.title,
        "url": source.url,
        "status": source.status,
        "last": local(source.polled_at),
        "next": local(source.next_poll_at),
        "changed": local(source.changed_at),
        "failures": source.failures,
        "problem": source.problem,
        "articles": articles,
        "section": source.section,
        "auto_publish": source.auto_publish,
        "first_url": source.first_url,
    }


@sources.command()
@click.argument("url")
@click.option("--section", help="Where its articles go, whatever they say.")
@click.option("--auto-publish", is_flag=True, help="Publish what comes, instead of drafts.")
def add(*, url: str, section: str | None, auto_publish: bool) -> None:
    """Poll a feed from now on. Its entries come in as drafts, which an editor publishes."""
    services = open_services()
    address = feed_address(url)
    problem = problem_of(address)
    if problem:
        raise RefusedError(f"{address}: {problem}")
    source = _new(address, section, services, auto_publish=auto_publish)
    with services.database.write() as tx:
        known = store.by_url(tx, address)
        if known:
            raise RefusedError(f"{address} is polled already: it is source {known.id}")
        store.add(tx, [source])
        added = store.by_url(tx, address)
    click.echo(f"source {added.id if added else ''}: {address}; the worker polls it in a moment")


def _new(url: str, section: str | None, services: Services, *, auto_publish: bool) -> Source:
    now = services.now()
    section = clean_text(section or "")
    if len(section) > NAME_CHARS:
        raise RefusedError(f"“{section:.40}…” is too long for a section")
    return Source(
        url, url, section or None, auto_publish=auto_publish, added_at=now, next_poll_at=now
    )


@sources.command()
@click.argument("which")
def remove(*, which: str) -> None:
    """Poll a feed no more; WHICH is its number or its address. Its articles stay."""
    services = open_services()
    with services.database.write() as tx:
        is_number = which.isascii() and which.isdecimal() and len(which) <= _DIGITS
        source = store.get(tx, int(which)) if is_number else None
        source = source or store.by_url(tx, feed_address(which))
        if source is None:
            raise NotFoundError(f"“{which}” is no source; `feedsvc sources` lists them")
        store.remove(tx, source.id)
    click.echo(f"{source.url} is polled no more; its articles stay")


@sources.command()
@click.argument("ids", nargs=-1, type=int, metavar="[ID]...")
def poll(*, ids: tuple[int, ...]) -> None:
    """Poll feeds now, due or not.

    Those with these numbers, or all. Exit status 1 when one could not be read.
    """
    services = open_services()
    with services.database.read() as tx:
        found = {source.id: source for source in store.all_sources(tx)}
    unknown = [number for number in ids if number not in found]
    if unknown:
        raise NotFoundError(f"there is no source {unknown[0]}; `feedsvc sources` lists them")
    wanted = ids or tuple(one.id for one in found.values() if one.next_poll_at)
    polled = poll_due(services.database, services.door, services.get, ids=wanted)
    troubled, seen = 0, set[int]()
    with progress("polling", len(wanted)) as bar:
        for one in bar.track(polled, len(wanted)):
            seen.add(one.source.id)
            troubled += one.source.problem is not None
            bar.say(_told(one))
    for number in wanted:
        if number not in seen:
            click.echo(f"{found[number].url}: is being polled by a worker just now", err=True)
    build_after_change(services)
    if troubled:
        raise SystemExit(1)


def _told(polled: Polled) -> str:
    source = polled.source
    refused = [result for result in polled.results if result.outcome is None]
    text = source.problem or f"{polled.new} new or changed"
    if refused:
        text = f"{text}, {len(refused)} refused (`feedsvc rejections`)"
    return one_line(f"{source.url}: {text}")


@sources.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sections", is_flag=True, help="What a feed stands under is its section.")
@click.option("--section", help="Where articles of all of them go.")
@click.option("--auto-publish", is_flag=True, help="Publish what comes, instead of drafts.")
def import_command(*, file: Path, sections: bool, section: str | None, auto_publish: bool) -> None:
    """Add the feeds of an OPML file, as feed readers export it."""
    services = open_services()
    rows = list(read_opml(file))
    right = [row for row in rows if not row.problem]
    new: dict[str, Source] = {}
    for row in right:
        place = section or (row.group if sections else None)
        source = _new(row.url, place, services, auto_publish=auto_publish)
        # Not all of them are polled in one moment.
        due_at = services.now() + dt.timedelta(seconds=len(new))
        new.setdefault(row.url, replace(source, title=row.title, next_poll_at=due_at))
    with services.database.write() as tx:
        added = store.add(tx, new.values())
    _tell_wrong(file, [row for row in rows if row.problem])
    counts = {
        "added": len(added),
        "known already": len(new) - len(added),
        "named twice": len(right) - len(new),
        "no feeds": len(rows) - len(right),
    }
    told = ", ".join(f"{number:,} {what}" for what, number in counts.items() if number)
    click.echo(f"{len(rows):,} rows: {told or 'nothing in it'}", err=True)


def _tell_wrong(file: Path, rows: list[Row]) -> None:
    for row in rows[:_TOLD]:
        where = f"{file}:{row.line}: {row.title}: {row.url}".rstrip(": ")
        click.echo(one_line(f"{where}: {row.problem}"), err=True)
    if len(rows) > _TOLD:
        click.echo(f"… and {len(rows) - _TOLD:,} more like these", err=True)
