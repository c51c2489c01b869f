"""Run the service: `serve`, `web`, `worker`, `migrate`."""

from __future__ import annotations

import socket

import click
from granian.constants import Interfaces
from granian.server import Server as Granian

from feedsvc import settings as configuration
from feedsvc.cli.context import open_services
from feedsvc.cli.supervise import end_with_parent, supervise
from feedsvc.clock import run_worker
from feedsvc.errors import ServeError
from feedsvc.logs import set_up_logging
from feedsvc.services import make_services
from feedsvc.settings import Settings
from feedsvc.store.migrate import migrate as run_migrations


@click.command()
def migrate() -> None:
    """Create the store's tables, or bring them up to this version."""
    services = make_services(configuration.load().settings)
    before, after = run_migrations(services.database)
    if before == after:
        click.echo(f"the store is up to date (schema {after})")
    else:
        click.echo(f"the store is at schema {after} now (before: {before or 'empty'})")


@click.command()
def web() -> None:
    """Serve pages and feeds until stopped."""
    end_with_parent()
    services = open_services()
    settings = services.settings
    services.database.close()
    _check_port(settings)
    Granian(
        "feedsvc.web.app:create_app_from_environment",
        address=settings.web.host,
        port=settings.web.port,
        interface=Interfaces.WSGI,
        factory=True,
        websockets=False,
        blocking_threads=settings.web.threads,
        log_access=False,
        workers_kill_timeout=10,
    ).serve()


def _check_port(settings: Settings) -> None:
    """Make sure that nobody listens there: granian would share the port with another granian.

    Raises:
        ServeError: The address cannot be listened on.
    """
    host, port = settings.web.host, settings.web.port
    try:
        family, kind, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        raise ServeError(
            f"cannot listen on {host} port {port}: {error.strerror}; `web.host` and `web.port`"
            " (or PORT) say where"
        ) from error


@click.command()
def worker() -> None:
    """Release and build what is due, until stopped."""
    end_with_parent()
    services = open_services()
    set_up_logging(services.settings)
    run_worker(services)


@click.command()
def serve() -> None:
    """Run one web and one worker process, and keep them up."""
    services = open_services()
    set_up_logging(services.settings)
    _check_port(services.settings)
    click.echo(f"serving on {services.settings.base_url}/  (Ctrl-C stops)", err=True)
    services.database.close()
    supervise()
