"""`feedsvc config`: every setting, its value and where it came from."""

from __future__ import annotations

import click

from feedsvc import settings as configuration
from feedsvc.cli.output import json_option, show


@click.command()
@json_option
def config(*, as_json: bool) -> None:
    """List every setting, its value and where it came from. Passwords are hidden."""
    loaded = configuration.load()
    rows = []
    for name in configuration.names():
        group, _, field = name.partition(".")
        value = getattr(getattr(loaded.settings, group), field)
        shown = configuration.shown(name, value)
        rows.append({"setting": name, "value": shown, "from": loaded.origins[name]})
    show(rows, ("setting", "value", "from"), as_json=as_json)
