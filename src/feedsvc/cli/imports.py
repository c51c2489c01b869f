"""Bring stories in: `import`, and `rejections` for what was refused."""

from __future__ import annotations

import datetime as dt
import itertools
import sys
from collections import Counter
from collections.abc import Callable

import click

from feedsvc.cli.context import build_after_change, open_services
from feedsvc.cli.output import json_option, one_line, show
from feedsvc.cli.progress import progress
from feedsvc.errors import RefusedError
from feedsvc.intake.accept import Outcome
from feedsvc.intake.dates import parse_date_line
from feedsvc.intake.files import Result, find_files, import_files
from feedsvc.intake.from_text import Overrides
from feedsvc.services import Services
from feedsvc.store import records


@click.command("import")
@click.argument("paths", nargs=-1, required=True)
@click.option("--date", help='Publishing date of all pages, such as "November 15, 2024".')
@click.option("--title", help="Title, for a page that has none.")
@click.option("--section", help="Section of all pages.")
@click.option("--edition", help="Edition of all pages.")
@click.option(
    "--correction", metavar="NOTE", help="Changed articles are corrected, with this note."
)
@click.option("--auto-create", is_flag=True, help="Unknown words in a category line are sections.")
def import_command(  # noqa: PLR0913 -- one parameter for each option
    *,
    paths: tuple[str, ...],
    date: str | None,
    title: str | None,
    section: str | None,
    edition: str | None,
    correction: str | None,
    auto_create: bool,
) -> None:
    """Read article pages into the store.

    PATHS are files, whole folders, or patterns such as "stories/*.txt". Every page comes in or
    is refused with a line that says why; `feedsvc rejections` keeps what was refused. Importing
    again updates what has changed and touches nothing else.

    Exit status 1 if anything was refused.
    """
    services = open_services()
    overrides = Overrides(
        date=_date(date, services),
        title=title,
        section=section,
        edition=edition,
        auto_create=auto_create or services.settings.imports.auto_create,
    )
    found, missing = find_files(paths)
    results = import_files(services.database, services.door, found, overrides, correction)
    counts: Counter[str] = Counter()
    with progress("importing", len(found)) as bar:
        for result in itertools.chain(missing, bar.track(results, len(found))):
            counts[result.outcome or "refused"] += 1
            _tell(result, bar.say)
    click.echo(_summary(counts), err=True)
    build_after_change(services)
    if counts["refused"]:
        raise SystemExit(1)


def _date(text: str | None, services: Services) -> dt.date | dt.datetime | None:
    if text is None:
        return None
    date = parse_date_line(text, services.settings.tz)
    if date is None:
        raise RefusedError(f"--date {text!r} is no date; write it like “November 15, 2024”")
    return date


def _tell(result: Result, say: Callable[[str], None]) -> None:
    """Name what was refused on standard error; in a pipe, say of each file what it came to."""
    file = one_line(str(result.file))
    if result.outcome is None:
        line = f":{result.line}" if result.line else ""
        say(f"{file}{line}: {one_line(result.reason)}")
    elif result.outcome is Outcome.WITHDRAWN:
        text = f"{file}: stays withdrawn (article {result.article_id}); `feedsvc article"
        say(f"{text} republish {result.article_id}` brings it back")
    elif not sys.stdout.isatty():
        click.echo(f"{result.outcome}\t{result.article_id}\t{file}")


def _summary(counts: Counter[str]) -> str:
    total = sum(counts.values())
    parts = [f"{number} {outcome}" for outcome, number in sorted(counts.items()) if number]
    return f"{total} files: " + (", ".join(parts) or "nothing to do")


@click.command()
@click.option("--resolved", is_flag=True, help="Those that were accepted since.")
@click.option("--raw", "raw_id", type=int, metavar="ID", help="Print what one of them said.")
@json_option
def rejections(*, resolved: bool, raw_id: int | None, as_json: bool) -> None:
    """List what was refused at the door, and why."""
    services = open_services()
    with services.database.read() as tx:
        found = records.rejections(tx, resolved=resolved)
    if raw_id is not None:
        raw = next((one.raw for one in found if one.id == raw_id), None)
        if raw is None:
            raise RefusedError(f"there is no such rejection: {raw_id}")
        sys.stdout.buffer.write(raw)
        return
    rows = [
        {
            "id": one.id,
            "file": f"{one.source}/{one.path}",
            "line": one.line,
            "field": one.field,
            "reason": one.reason,
            "rejected": one.rejected_at,
        }
        for one in found
    ]
    columns = ("id", "file", "line", "field", "reason", "rejected")
    show(rows, columns, as_json=as_json, empty="Nothing is refused.")
