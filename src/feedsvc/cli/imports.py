"""Bring stories in: `import`, and `rejections` for what was refused."""

from __future__ import annotations

import datetime as dt
import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterable

import click

from feedsvc.cli.context import build_after_change, open_services
from feedsvc.cli.output import json_option, one_line, show
from feedsvc.cli.progress import progress
from feedsvc.errors import RefusedError
from feedsvc.intake.accept import Outcome
from feedsvc.intake.bring import Result, bring_in
from feedsvc.intake.dates import parse_date_line
from feedsvc.intake.files import find_files
from feedsvc.intake.from_feed import read_addresses
from feedsvc.intake.from_html import read_pages
from feedsvc.intake.how import Overrides
from feedsvc.intake.importers import FORMATS, count_items, make_how, read_files
from feedsvc.services import Services
from feedsvc.settings.groups import Site
from feedsvc.store import records

_REASONS = 5  # how many are summed up at the end


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
@click.option(
    "--section-map",
    "section_map",
    multiple=True,
    metavar="THEIRS=OURS",
    help="File under OURS what a file has under THEIRS; with nothing behind the = under none.",
)
@click.option("--site-url", metavar="URL", help="Where it was public; a Ghost export needs it.")
@click.option("--format", "fmt", type=click.Choice(sorted(FORMATS)), help="What the files are.")
@click.option("--feed", "are_feeds", is_flag=True, help="PATHS are our own feeds: files or URLs.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; store nothing.")
def import_command(  # noqa: PLR0913 -- one parameter for each option
    *,
    paths: tuple[str, ...],
    date: str | None,
    title: str | None,
    section: str | None,
    edition: str | None,
    correction: str | None,
    auto_create: bool,
    section_map: tuple[str, ...],
    site_url: str | None,
    fmt: str | None,
    are_feeds: bool,
    dry_run: bool,
) -> None:
    """Read articles into the store.

    PATHS are files, whole folders, patterns such as "stories/*.txt", or addresses of articles'
    web pages, with --feed of feeds. What a file is, it says itself. Every article comes in or is
    refused with a line that says why; `feedsvc rejections` keeps what was refused. Importing again
    updates what has changed and touches nothing else.

    Exit status 1 if anything was refused.
    """
    services = open_services(maps_store=False)
    overrides = Overrides(
        date=_date(date, services),
        title=title,
        section=section,
        edition=edition,
        auto_create=auto_create or services.settings.imports.auto_create,
        section_map=_section_map(section_map),
        site_url=_site_url(site_url),
    )
    urls = [path for path in paths if path.startswith(("http://", "https://"))]
    fmt = "feed" if are_feeds else fmt
    found, missing = find_files(path for path in paths if path not in urls)
    how = make_how(services.database, services.settings, overrides)
    read_urls = read_addresses if are_feeds else read_pages
    items = itertools.chain(read_files(found, how, fmt), read_urls(urls, how, services.get))
    results = bring_in(
        services.database, services.door, items, note=correction, is_rehearsal=dry_run
    )
    total = None if urls else count_items(found, fmt)
    counts, reasons = _show(results, missing, total)
    click.echo(_summary(counts, is_rehearsal=dry_run), err=True)
    for reason, number in reasons.most_common(_REASONS):
        if number > 1:
            click.echo(f"  {number} × {one_line(reason)}", err=True)
    for what, number in how.left_out.most_common():
        click.echo(f"  not imported: {number} × {one_line(what)}", err=True)
    if not dry_run:
        build_after_change(services)
    if counts["refused"]:
        raise SystemExit(1)


def _show(
    results: Iterable[Result], missing: list[Result], total: int | None
) -> tuple[Counter[str], Counter[str]]:
    """Tell what became of each item while it happens.

    Returns:
        How many came to what, and how many were refused for which reason.
    """
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    with progress("importing", total) as bar:
        for result in itertools.chain(missing, bar.track(results, total)):
            counts[result.outcome or "refused"] += 1
            if result.outcome is None:
                reasons[result.reason] += 1
            _tell(result, bar.say)
    return counts, reasons


def _section_map(pairs: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        theirs, mark, ours = pair.partition("=")
        if not mark or not theirs.strip():
            raise RefusedError(f"--section-map {pair!r} is no pair; write it like Athletics=Sports")
        found[theirs.strip().casefold()] = ours.strip()
    return found


def _site_url(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return Site(base_url=text.strip()).base_url
    except ValueError as error:
        raise RefusedError(
            f"--site-url {text!r} is no address; write it like https://paper.example.org"
        ) from error


def _date(text: str | None, services: Services) -> dt.date | dt.datetime | None:
    if text is None:
        return None
    settings = services.settings
    date = parse_date_line(text, settings.tz, day_first=settings.imports.day_first)
    if date is None:
        raise RefusedError(f"--date {text!r} is no date; write it like “November 15, 2024”")
    return date


def _tell(result: Result, say: Callable[[str], None]) -> None:
    """Name what was refused on standard error; in a pipe, say of each file what it came to."""
    file = one_line(result.name)
    if result.outcome is None:
        line = f":{result.line}" if result.line else ""
        say(f"{file}{line}: {one_line(result.reason)}")
    elif result.outcome is Outcome.WITHDRAWN:
        text = f"{file}: stays withdrawn (article {result.article_id}); `feedsvc article"
        say(f"{text} republish {result.article_id}` brings it back")
    elif not sys.stdout.isatty():
        click.echo(f"{result.outcome}\t{result.article_id}\t{file}")


def _summary(counts: Counter[str], *, is_rehearsal: bool) -> str:
    parts = [f"{number} {outcome}" for outcome, number in sorted(counts.items()) if number]
    total = counts.total()
    what = f"{total} article" if total == 1 else f"{total} articles"
    text = f"{what}: " + (", ".join(parts) or "nothing to do")
    return f"{text} (a dry run: nothing was stored)" if is_rehearsal else text


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
