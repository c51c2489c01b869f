"""What commands share: services on first use, and builds after a change."""

from __future__ import annotations

import itertools

import click

from feedsvc import settings as configuration
from feedsvc.cli.output import is_verbose
from feedsvc.cli.progress import progress
from feedsvc.feeds.archive import build_next, pages_due
from feedsvc.feeds.backlog import build_now
from feedsvc.feeds.build import Built, Outcome
from feedsvc.feeds.confirm import confirm_next
from feedsvc.feeds.finish import finish_next
from feedsvc.intake.media import withhold_withdrawn
from feedsvc.logs import set_up_logging
from feedsvc.services import Services, make_services


def open_services(*, maps_store: bool = True) -> Services:
    """Return the services of this command, over a store that is ready.

    Args:
        maps_store: False for one that must stay small however much it writes.

    Raises:
        SettingsError: A setting is wrong.
        SchemaError: The store is not at this version's schema.
    """
    services = make_services(configuration.load().settings, maps_store=maps_store)
    set_up_logging(services.settings, quiet=not is_verbose())
    services.database.check_schema()
    return services


def build_after_change(services: Services) -> None:
    """Build what a change made due, at once: a command is done when readers can see it.

    A worker that runs beside may build the same; whoever is first does it.
    """
    built, errors = build_with_bar(services)
    withhold_withdrawn(services.database, services.door)
    swapped = sum(1 for one in built if one.outcome is Outcome.SWAPPED)
    if swapped:
        click.echo(f"{swapped} feeds rebuilt", err=True)
    follow_up(services)
    tell_failures(built, errors)


def build_with_bar(services: Services) -> tuple[list[Built], list[str]]:
    """Build what is due, on all cores when it is much; return what was built, and errors."""
    while build_next(services.press, urgent=True):  # what was withdrawn waits for nobody
        pass
    with progress("building") as bar:
        return build_now(services.press, bar.update, processes=services.processes)


def follow_up(services: Services) -> None:
    """Do what follows builds, unless a worker does it: read back, finish, build archive pages."""
    press = services.press
    for step in (confirm_next, finish_next):
        while not services.clock_goes() and step(press):
            pass
    with progress("archiving") as bar:
        for done in itertools.count(1):
            if services.clock_goes() or not build_next(press):
                return
            bar.update(done, done + pages_due(press))


def tell_failures(built: list[Built], errors: list[str]) -> None:
    """Say what went wrong in builds, if anything did; the exit status is 1 then."""
    failed = [one.path for one in built if one.outcome is Outcome.FAILED]
    held = sorted({title for one in built for title in one.quarantined})
    for title in held:
        click.echo(f"“{title}” is held out of feeds; see `feedsvc check`", err=True)
    for path in failed:
        click.echo(f"the feed {path} could not be rebuilt; see `feedsvc check`", err=True)
    for error in errors:
        click.echo(f"a build failed and will be tried again: {error}", err=True)
    if failed or errors or held:
        raise SystemExit(1)
