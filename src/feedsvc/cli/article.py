"""Run a newsroom from the command line: `feedsvc article …`."""

from __future__ import annotations

import datetime as dt
import difflib
import mimetypes
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from feedsvc.cli.context import build_after_change, open_services
from feedsvc.cli.output import json_option, show, show_one
from feedsvc.cli.places import find_term
from feedsvc.errors import NotFoundError, RefusedError
from feedsvc.feeds.compose import local_day
from feedsvc.intake import desk
from feedsvc.intake.change import local_hour
from feedsvc.intake.dates import parse_date_line
from feedsvc.intake.decode import decode
from feedsvc.intake.desk import Edit
from feedsvc.intake.from_text import body_html
from feedsvc.intake.text.byline import parse_byline
from feedsvc.model import Article, Change, Kind, Media, Status
from feedsvc.services import Services
from feedsvc.settings import Settings
from feedsvc.store import articles, terms
from feedsvc.store.database import Transaction

_MEDIA_PARTS = 4
# An id is at most 2³¹ - 1 in PostgreSQL; nine digits last long enough.
_ID = re.compile(r"[0-9]{1,9}")
_PERMALINK = re.compile(r"(?:.*/)?(\d{4}/\d{2}/[a-z0-9-]+)(?:[/.?#].*)?")


@click.group()
def article() -> None:
    """List, show and change articles.

    ARTICLE is an id from `feedsvc article list`, a guid, or the article's address.
    """


def _row(article: Article, settings: Settings) -> dict[str, Any]:
    when = article.published_at or article.release_at
    return {
        "id": article.id,
        "status": "quarantined" if article.quarantined_at else str(article.status),
        "date": when.astimezone(settings.tz) if when else None,
        "title": article.title,
        "byline": [credit.author.name for credit in article.byline],
        "sections": [term.name for term in article.sections],
        "url": settings.article_url(article.permalink) if article.permalink else None,
    }


def _details(article: Article, settings: Settings) -> dict[str, Any]:
    roles = [
        f"{credit.author.name} ({credit.role})" if credit.role else credit.author.name
        for credit in article.byline
    ]
    notes = [f"{local_day(note.at, settings)}: {note.note}" for note in article.corrections]
    return _row(article, settings) | {
        "guid": article.guid,
        "atom_id": article.atom_id,
        "byline": roles,
        "edition": article.edition.name if article.edition else None,
        "tags": [term.name for term in article.tags],
        "media": [media.url for media in article.media],
        "summary": article.summary_text,
        "updated": article.updated_at,
        "withdrawn": article.withdrawn_at,
        "replaced_by": article.replaced_by,
        "corrections": notes,
        "content_html": article.content_html,
    }


def find_article(tx: Transaction, text: str) -> Article:
    """Return the article that an id, a guid or an address names.

    Raises:
        NotFoundError: There is none.
    """
    if _ID.fullmatch(text):
        return articles.get(tx, int(text))
    by_guid = articles.by_guid(tx, text)
    if by_guid is not None:
        return articles.get(tx, by_guid[0])
    address = _PERMALINK.fullmatch(text)
    found = articles.by_permalink(tx, address[1]) if address else None
    if found is None:
        raise NotFoundError(f"there is no article “{text}”; `feedsvc article list` shows all")
    return found


@article.command("list")
@click.option(
    "--status",
    type=click.Choice([status.value for status in Status]),
    help="Only with this status.",
)
@click.option("--section", help="Only of this section.")
@click.option("--author", help="Only with this author in the byline.")
@click.option("--edition", help="Only of this edition.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help="No more than this many.",
)
@json_option
def list_command(*, status: str | None, limit: int, as_json: bool, **places: str | None) -> None:
    """List articles, newest first. Scheduled ones and drafts stand at the top."""
    services = open_services()
    given = [(Kind(kind), name) for kind, name in places.items() if name]
    if len(given) > 1:
        raise RefusedError("give one of --section, --author and --edition")
    with services.database.read() as tx:
        term_id = find_term(tx, *given[0]).id if given else None
        found = articles.listing(
            tx, status=Status(status) if status else None, term_id=term_id, limit=limit
        )
    rows = [_row(one, services.settings) for one in found]
    columns = ("id", "status", "date", "title", "byline", "sections")
    show(rows, columns, as_json=as_json, empty="There are no articles yet: `feedsvc import`.")


@article.command("show")
@click.argument("which", metavar="ARTICLE")
@json_option
def show_command(*, which: str, as_json: bool) -> None:
    """Show everything about an article."""
    services = open_services()
    with services.database.read() as tx:
        found = find_article(tx, which)
    show_one(_details(found, services.settings), as_json=as_json)


_EDIT_OPTIONS = (
    click.option("--title", help="Another title."),
    click.option("--summary", help='Own summary; "" takes the first paragraphs again.'),
    click.option("--slug", help="Last part of its address; the old address leads to the new one."),
    click.option("--byline", help='Such as "Ana Lee, Editor and Bo Chen"; "" for unsigned.'),
    click.option("--section", "sections", multiple=True, help="May be given again for a second."),
    click.option("--edition", help='"" takes it out of its edition.'),
    click.option("--tag", "tags", multiple=True, help='May be given again; "" takes all away.'),
    click.option(
        "--body",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A file: HTML if its name ends in .html, otherwise paragraphs.",
    ),
    click.option(
        "--media",
        multiple=True,
        metavar="'URL [TYPE [BYTES [WxH]]]'",
        help='A picture or file; may be given again; "" takes all away.',
    ),
)


def _with_edit_options(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_EDIT_OPTIONS):
        function = option(function)
    return function


@article.command("edit")
@click.argument("which", metavar="ARTICLE")
@_with_edit_options
@click.option("--new-section", is_flag=True, help="The section need not exist yet.")
@click.option("--update", is_flag=True, help="Readers should notice the change.")
@json_option
def edit_command(
    *, which: str, new_section: bool, update: bool, as_json: bool, **values: Any
) -> None:
    """Change an article. Without --update the edit is silent.

    Only an update or a correction (`feedsvc article correct`) moves the date of last change.
    """
    meaning = Change.UPDATE if update else Change.SILENT

    def step(tx: Transaction, services: Services, found: Article) -> Article:
        fields = _fields(tx, services, values, new_section=new_section)
        return desk.edit(tx, services.door, found.id, Edit(**fields, change=meaning))

    _change(which, step, as_json=as_json)


@article.command("correct")
@click.argument("which", metavar="ARTICLE")
@click.argument("note")
@_with_edit_options
@json_option
def correct_command(*, which: str, note: str, as_json: bool, **values: Any) -> None:
    """Correct an article. NOTE says what was wrong, and stands dated at its top.

    The options change the text in the same step.
    """

    def step(tx: Transaction, services: Services, found: Article) -> Article:
        fields = _fields(tx, services, values, new_section=False)
        changes = Edit(**fields, change=Change.CORRECTION, note=note)
        return desk.edit(tx, services.door, found.id, changes)

    _change(which, step, as_json=as_json)


def _fields(
    tx: Transaction, services: Services, values: dict[str, Any], *, new_section: bool
) -> dict[str, Any]:
    """Turn options into the fields of an Edit; an option that was not given leaves its field."""
    plain = ("title", "summary", "slug", "edition")
    fields = {name: values[name] for name in plain if values[name] is not None}
    for name in ("sections", "tags"):
        if values[name]:
            fields[name] = tuple(filter(None, values[name]))
    if not new_section and values["sections"]:
        fields["sections"] = _known_sections(tx, services, fields["sections"])
    if values["byline"] is not None:
        fields["byline"] = parse_byline(values["byline"], terms.names(tx, Kind.AUTHOR))
    if values["media"]:
        fields["media"] = tuple(_media(text) for text in values["media"] if text.strip())
    if values["body"]:
        text = decode(values["body"].read_bytes())
        is_html = values["body"].suffix.lower() in {".html", ".htm"}
        fields["content_html"] = text if is_html else body_html(text.splitlines())
    return fields


def _known_sections(tx: Transaction, services: Services, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names in their known spelling.

    Raises:
        RefusedError: One is not known; the nearest is suggested.
    """
    known = (*services.settings.imports.sections, *terms.names(tx, Kind.SECTION))
    folded = {terms.fold(name): name for name in known}
    for name in names:
        if terms.fold(name) not in folded:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean “{near[0]}”? " if near else ""
            raise RefusedError(f"there is no section “{name}”; {hint}--new-section makes a new one")
    return tuple(folded[terms.fold(name)] for name in names)


def _media(text: str) -> Media:
    """Read `URL TYPE BYTES WIDTHxHEIGHT`, of which only the URL is needed."""
    url, *rest = text.split()
    if len(rest) >= _MEDIA_PARTS:
        raise RefusedError(f"--media {text!r}: give URL, TYPE, BYTES and WIDTHxHEIGHT at most")
    media_type = rest[0] if rest else mimetypes.guess_type(url)[0]
    if media_type is None:
        raise RefusedError(f"--media {text!r}: give its type too, such as image/jpeg")
    try:
        size = int(rest[1]) if len(rest) > 1 else 0
        width, height = map(int, rest[2].split("x")) if rest[2:] else (None, None)
    except ValueError as error:
        raise RefusedError(f"--media {text!r}: BYTES and WIDTHxHEIGHT are numbers") from error
    return Media(url, media_type, size, width, height)


Step = Callable[[Transaction, Services, Article], Article]


def _change(which: str, step: Step, *, as_json: bool) -> None:
    """Carry out one step on an article, rebuild what shows it, and say what it is now."""
    services = open_services()
    with services.database.write() as tx:
        changed = step(tx, services, find_article(tx, which))
    row = _row(changed, services.settings)
    if as_json:
        show_one(row, as_json=True)
    else:
        where = row["url"] or f"“{changed.title}”"
        click.echo(f"article {changed.id} is {row['status']}: {where}")
    build_after_change(services)


@article.command("publish")
@click.argument("which", metavar="ARTICLE")
@json_option
def publish_command(*, which: str, as_json: bool) -> None:
    """Make a draft or scheduled article public now."""
    _change(which, lambda tx, s, found: desk.publish(tx, s.door, found.id), as_json=as_json)


@article.command("schedule")
@click.argument("which", metavar="ARTICLE")
@click.argument("when")
@json_option
def schedule_command(*, which: str, when: str, as_json: bool) -> None:
    """Have an article made public later. WHEN is local, such as "2026-09-01 08:00"."""

    def step(tx: Transaction, services: Services, found: Article) -> Article:
        return desk.schedule(tx, services.door, found.id, _instant(when, services.settings))

    _change(which, step, as_json=as_json)


def _instant(text: str, settings: Settings) -> dt.datetime:
    date = parse_date_line(text, settings.tz)
    if date is None:
        raise RefusedError(f"“{text}” is no date; write it like “2026-09-01 08:00”")
    return date if isinstance(date, dt.datetime) else local_hour(date, settings)


@article.command("withdraw")
@click.argument("which", metavar="ARTICLE")
@json_option
def withdraw_command(*, which: str, as_json: bool) -> None:
    """Take an article back, for good. Feeds that listed it tell their readers."""
    _change(which, lambda tx, s, found: desk.withdraw(tx, s.door, found.id), as_json=as_json)


@article.command("republish")
@click.argument("which", metavar="ARTICLE")
@json_option
def republish_command(*, which: str, as_json: bool) -> None:
    """Publish a copy of a withdrawn article, under a new identity."""
    _change(which, lambda tx, s, found: desk.republish(tx, s.door, found.id), as_json=as_json)
