"""A process of its own, to run beside others: says `ready`, waits for a line, then works.

Run as `python -m tests.store.process WORK URL …`; the last line that it prints is its result.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from feedsvc.intake import desk
from feedsvc.intake.desk import Edit
from feedsvc.intake.files import Found, find_files
from feedsvc.intake.how import Overrides
from feedsvc.intake.importers import import_files
from feedsvc.logs import set_up_logging
from feedsvc.model import Change
from feedsvc.services import Services, make_services
from feedsvc.settings import load
from feedsvc.store.database import Database
from feedsvc.store.migrate import migrate

AT_ONCE = 15
EDITS = 10


def migrate_store(url: str) -> str:
    """Migrate, and say from which revision to which."""
    database = Database(url)
    wait()
    before, after = migrate(database)
    return f"{before} {after}"


def import_and_edit(url: str, folder: str, who: str) -> str:
    """Import a folder a few files at a time, and correct article 1 in between."""
    services = make_services(load({"DATABASE_URL": url}, Path(os.devnull)).settings)
    set_up_logging(services.settings, quiet=True)
    found, _ = find_files([folder])
    wait()
    outcomes = []
    for number, batch in enumerate(_batches(found)):
        results = import_files(services.database, services.door, batch, Overrides())
        outcomes += [result.outcome or result.reason for result in results]
        if number < EDITS:
            correct(services, f"{who} {number}")
    return " ".join(sorted(set(outcomes)))


def _batches(found: list[Found]) -> list[list[Found]]:
    return [found[start : start + AT_ONCE] for start in range(0, len(found), AT_ONCE)]


def correct(services: Services, note: str) -> None:
    with services.database.write() as tx:
        desk.edit(tx, services.door, 1, Edit(change=Change.CORRECTION, note=note))


def wait() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()


if __name__ == "__main__":
    result = (migrate_store if sys.argv[1] == "migrate" else import_and_edit)(*sys.argv[2:])
    sys.stdout.write(result + "\n")
