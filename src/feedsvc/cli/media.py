"""Pictures and files from the command line: `feedsvc media …`."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import click

from feedsvc.cli import words
from feedsvc.cli.article import find_article
from feedsvc.cli.context import build_after_change, open_services
from feedsvc.cli.output import json_option, one_line, show, show_one
from feedsvc.cli.progress import progress
from feedsvc.errors import RefusedError, RejectedError
from feedsvc.feeds import pictures
from feedsvc.intake import desk
from feedsvc.intake.desk import Edit
from feedsvc.intake.media import fetch_due, sweep, take_file
from feedsvc.model import Asset, Media
from feedsvc.services import Services
from feedsvc.store import resources

_COLUMNS = ("article", "title", "url", "problem", "tries", "again")


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def media(context: click.Context, *, as_json: bool) -> None:
    """List pictures and files that are missing.

    The worker fetches by itself what articles name, and tries again for some hours what may go
    better later. `feedsvc media fetch` does it now.
    """
    if context.invoked_subcommand is None:
        _list(as_json=as_json)


def _list(*, as_json: bool) -> None:
    services = open_services()
    with services.database.read() as tx:
        troubles, numbers = resources.troubles(tx), resources.numbers(tx)
    rows = [
        {
            "article": one.article_id,
            "title": one.title,
            "url": one.url,
            "problem": one.problem,
            "tries": one.attempts,
            "again": one.due_at.astimezone(services.settings.tz) if one.due_at else None,
        }
        for one in troubles
    ]
    if as_json:
        show_one({**asdict(numbers), "problems": rows}, as_json=True)
        return
    show(rows, _COLUMNS, as_json=False, empty="Every picture and file could be had.")
    text = (
        f"{numbers.kept:,} kept here ({words.size(numbers.stored_bytes)}), {numbers.elsewhere:,}"
        f" elsewhere, {numbers.waiting:,} to be fetched, {numbers.failed:,} could not be had"
    )
    click.echo(text, err=True)


@media.command("fetch")
@click.argument("which", metavar="[ARTICLE]…", nargs=-1)
def fetch_command(*, which: tuple[str, ...]) -> None:
    """Fetch now what articles name, and try again what could not be had.

    With ARTICLEs, what they name is looked at anew, also what is kept here already.

    Exit status 1 if anything could not be had.
    """
    services = open_services()
    now = services.now()
    with services.database.write() as tx:
        found = [find_article(tx, one) for one in which]
        for article in found:
            resources.register(tx, article.id, pictures.named(article), now=now)
        ids = [article.id for article in found]
        resources.retry(tx, ids, now=now)
        if ids:
            resources.look_again(tx, ids, now=now)
        total = resources.count_due(tx, now)
    failed = _fetch(services, total)
    build_after_change(services)
    if failed:
        raise SystemExit(1)


def _fetch(services: Services, total: int) -> int:
    """Fetch what is due, and say what could not be had; return how many that were."""
    done = failed = 0
    with progress("fetching", total) as bar:
        for one in bar.track(fetch_due(services.database, services.door), total):
            done += 1
            if one.problem:
                failed += 1
                later = "" if one.is_final else " (it is tried again later)"
                bar.say(f"{one_line(one.url)}: {one_line(one.problem)}{later}")
    click.echo(f"{done} fetched: {done - failed} had, {failed} not", err=True)
    return failed


@media.command("add")
@click.argument("which", metavar="ARTICLE")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--alt", help="What is to be seen, for those who do not see it.")
@click.option("--caption", help="What stands below it.")
@click.option("--credit", help="Who made it, such as “Photo by Ana Lee”.")
@click.option("--lead", is_flag=True, help="It stands for the article, before its other pictures.")
@json_option
def add_command(
    *, which: str, file: Path, lead: bool, as_json: bool, **described: str | None
) -> None:
    """Add a picture, recording or PDF from a file to an article. Readers are told silently.

    The first picture of an article is shown at its top and stands for it in feeds.
    """
    services = open_services()
    try:
        asset = take_file(services.database, services.door, file)
    except RejectedError as error:
        raise RefusedError(f"{file}: {error.reason}") from error
    added = _media(asset, services, **described)
    with services.database.write() as tx:
        article = find_article(tx, which)
        others = tuple(one for one in article.media if one.url != added.url)
        together = (added, *others) if lead else (*others, added)
        changed = desk.edit(tx, services.door, article.id, Edit(media=together))
    row = {"article": changed.id, "title": changed.title, "url": added.url}
    if as_json:
        show_one(row, as_json=True)
    else:
        click.echo(f"article {changed.id} has {added.url}")
    build_after_change(services)


def _media(
    asset: Asset, services: Services, *, alt: str | None, caption: str | None, credit: str | None
) -> Media:
    whole = asset.whole
    plain = Media(services.settings.media_url(whole.name), whole.media_type, whole.size_bytes)
    sized = replace(plain, width=whole.width, height=whole.height)
    return replace(sized, description=alt, caption=caption, credit=credit)


@media.command("sweep")
def sweep_command() -> None:
    """Remove files that no living article names.

    What a cache or a reader has copied stays there. Nothing of the last hour is removed.
    """
    services = open_services()
    removed = sweep(services.database, services.door)
    click.echo(f"{words.number(removed, 'file')} removed", err=True)
