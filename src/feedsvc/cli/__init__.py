"""The command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

import feedsvc
from feedsvc.cli.article import article
from feedsvc.cli.config import config
from feedsvc.cli.feeds import build, check, feeds
from feedsvc.cli.imports import import_command, rejections
from feedsvc.cli.media import media
from feedsvc.cli.output import VERBOSE, one_line
from feedsvc.cli.places import author, edition, section
from feedsvc.cli.run import migrate, serve, web, worker
from feedsvc.cli.schedule import schedule
from feedsvc.cli.sources import sources
from feedsvc.cli.status import status
from feedsvc.errors import FeedsvcError
from feedsvc.settings import FILE_NAME


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(feedsvc.__version__, prog_name="feedsvc")
@click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Settings file. Default: $FEEDSVC_CONFIG, else config/feedsvc.toml.",
)
@click.option(
    "-v", "--verbose", is_flag=True, help="Show log lines too, from `log.level` up, on stderr."
)
def commands(config_file: Path | None, verbose: bool) -> None:
    """feedsvc: the press room of a small newsroom. Stories go in; correct feeds come out."""
    click.get_current_context().meta[VERBOSE] = verbose
    if config_file is not None:
        # Child processes read it from there too.
        os.environ[FILE_NAME] = str(config_file)


for command in (
    *(serve, web, worker, migrate),
    *(import_command, sources, rejections, article, media, section, author, edition),
    *(feeds, build, check),
    *(status, schedule, config),
):
    commands.add_command(command)


def main() -> None:
    """Run a command; a mistake of the user's becomes one clear line and exit status 2."""
    try:
        commands()
    except FeedsvcError as error:
        _stop(str(error))
    except OSError as error:
        if error.filename is None:  # not about a file that somebody named
            raise
        _stop(f"{error.filename}: {error.strerror}")


def _stop(text: str) -> None:
    click.echo(f"feedsvc: {one_line(text)}", err=True)
    sys.exit(2)
