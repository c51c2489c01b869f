"""`feedsvc section|author|edition list|rename|merge|remove`."""

from __future__ import annotations

import difflib

import click

from feedsvc.cli.context import build_after_change, open_services
from feedsvc.cli.output import json_option, show
from feedsvc.errors import NotFoundError
from feedsvc.intake import places
from feedsvc.model import Kind, Term
from feedsvc.store import terms
from feedsvc.store.database import Transaction


def find_term(tx: Transaction, kind: Kind, name: str) -> Term:
    """Return a term by its name or slug.

    Raises:
        NotFoundError: There is none; the nearest name is suggested.
    """
    try:
        return places.find(tx, kind, name)
    except NotFoundError as error:
        near = difflib.get_close_matches(name, terms.names(tx, kind), n=1)
        hint = f"; did you mean “{near[0]}”?" if near else ""
        raise NotFoundError(f"{error}{hint}") from error


def _group(kind: Kind) -> click.Group:
    """Make the commands for one kind: they differ in nothing but the word."""
    one = f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"

    @click.group(kind.value, help=f"List, rename, merge and remove {kind}s.")
    def group() -> None:
        pass

    @group.command("list", help=f"List every {kind}, with its numbers of articles.")
    @json_option
    def list_command(*, as_json: bool) -> None:
        services = open_services()
        with services.database.read() as tx:
            found = terms.counts(tx, kind)
        rows = [
            {
                "name": count.term.name,
                "slug": count.term.slug,
                "public": count.public,
                "articles": count.total,
            }
            for count in found
        ]
        show(rows, ("name", "slug", "public", "articles"), as_json=as_json, empty="None yet.")

    @group.command(
        "rename",
        help=f"Give {one} another name. Guids stay; its old addresses lead to the new ones.",
    )
    @click.argument("old")
    @click.argument("new")
    def rename_command(*, old: str, new: str) -> None:
        services = open_services()
        with services.database.write() as tx:
            before = find_term(tx, kind, old)
            after = places.rename(tx, services.door, before, new)
        click.echo(f"“{before.name}” is “{after.name}” now")
        build_after_change(services)

    @group.command(
        "merge",
        help=f"Make two {kind}s one. Articles, names and addresses of SOURCE go to TARGET.",
    )
    @click.argument("source")
    @click.argument("target")
    def merge_command(*, source: str, target: str) -> None:
        services = open_services()
        with services.database.write() as tx:
            first, other = find_term(tx, kind, source), find_term(tx, kind, target)
            moved = places.merge(tx, services.door, first, other)
        click.echo(f"“{first.name}” is part of “{other.name}” now: {moved} articles moved")
        build_after_change(services)

    _add_remove(group, kind, one)
    return group


def _add_remove(group: click.Group, kind: Kind, one: str) -> None:
    @group.command(
        "remove",
        help=f"Take {one} away that no article is filed under. All its addresses answer 410.",
    )
    @click.argument("name")
    @click.option("--unfile", is_flag=True, help="Take it off the articles filed under it.")
    def remove_command(*, name: str, unfile: bool) -> None:
        services = open_services()
        with services.database.write() as tx:
            found = find_term(tx, kind, name)
            count = places.remove(tx, services.door, found, unfile=unfile)
        taken_off = f"; taken off {count} articles" if count else ""
        click.echo(f"“{found.name}” is removed{taken_off}")
        known: tuple[str, ...] = getattr(services.settings.imports, f"{kind}s", ())
        if terms.fold(found.name) in map(terms.fold, known):
            click.echo(f"`imports.{kind}s` names it: an import brings it back", err=True)
        build_after_change(services)


section = _group(Kind.SECTION)
author = _group(Kind.AUTHOR)
edition = _group(Kind.EDITION)
