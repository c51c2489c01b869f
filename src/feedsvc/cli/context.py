"""What commands share: services on first use, and builds after a change."""

from __future__ import annotations

import click

from feedsvc import settings as configuration
from feedsvc.cli.output import is_verbose
from feedsvc.cli.progress import progress
from feedsvc.feeds.backlog import build_now
from feedsvc.feeds.build import Built, Outcome
from feedsvc.feeds.confirm import confirm_next
from feedsvc.logs import set_up_logging
from feedsvc.services import Services, make_services


def open_services() -> Services:
    """Return the services of this command, over a store that is ready.

    Raises:
        SettingsError: A setting is wrong.
        SchemaError: The store is not at this version's schema.
    """
    services = make_services(configuration.load().settings)
    set_up_logging(services.settings, quiet=not is_verbose())
    services.database.check_schema()
    return services


def build_after_change(services: Services) -> None:
    """Build what a change made due, at once: a command is done when readers can see it.

    A worker that runs beside may build the same; whoever is first does it.
    """
    built, errors = build_with_bar(services)
    swapped = sum(1 for one in built if one.outcome is Outcome.SWAPPED)
    if swapped:
        click.echo(f"{swapped} feeds rebuilt", err=True)
    read_back(services)
    tell_failures(built, errors)


def build_with_bar(services: Services) -> tuple[list[Built], list[str]]:
    """Build what is due, on all cores when it is much; return what was built, and errors."""
    with progress("building") as bar:
        return build_now(services.press, bar.update, processes=services.processes)


def read_back(services: Services) -> None:
    """Read back what was swapped in, unless a worker does it."""
    while not services.clock_goes() and confirm_next(services.press):
        pass


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
