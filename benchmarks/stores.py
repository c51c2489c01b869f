"""Stores to measure with: newsrooms of any size, the same in every run."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from feedsvc import settings as configuration
from feedsvc.intake.accept import accept
from feedsvc.intake.change import Memo, mark_touched
from feedsvc.model import Submission
from feedsvc.services import Services, make_services
from feedsvc.store.migrate import migrate

SECTIONS = 12
AUTHORS = 200
STORY_BYTES = 2_500
_BATCH = 1_000
_TEXT = (
    "the school paper reports that students and teachers met on Monday to talk about a plan for"
    " the old library “which has stood for years” while the council’s budget is still open"
)
_WORDS = _TEXT.split()


@dataclass
class Ahead:
    """A clock that can be put forward, so that stories do not all come within a day.

    A feed shows at least the stories of two days: without this, feeds would grow with each run.
    """

    by: dt.timedelta = dt.timedelta()

    def now(self) -> dt.datetime:
        """Return the instant that it shows."""
        return dt.datetime.now(dt.UTC) + self.by

    def advance(self, **time: float) -> None:
        """Put it forward by a timedelta, such as `hours=2`."""
        self.by += dt.timedelta(**time)


def sentences(rng: random.Random, size: int = STORY_BYTES) -> list[str]:
    """Return paragraphs of about so many bytes together."""
    found: list[str] = []
    while sum(map(len, found)) < size:
        found.append(" ".join(rng.choices(_WORDS, k=80)).capitalize() + ".")
    return found


def authors_of(articles: int) -> int:
    """Return how many authors write so many stories: each enough to fill a feed."""
    return max(2, min(AUTHORS, articles // 50))


def author(number: int, authors: int = AUTHORS) -> str:
    """Return the name of one of so many authors."""
    return f"Author {chr(65 + number % authors % 20)}. Number{number % authors:03}"


def section(number: int) -> str:
    """Return a section's name."""
    return f"Section {number % SECTIONS:02}"


def environment(folder: Path) -> dict[str, str]:
    """Return the variables that tell a process of the store in a folder."""
    return {
        "DATABASE_URL": f"sqlite:///{folder}/feedsvc.db",
        "FEEDSVC_IMPORTS__SECTIONS": ", ".join(map(section, range(SECTIONS))),
    }


def newsroom(folder: Path, clock: Ahead | None = None) -> Services:
    """Return services over the store in a folder, made now if there is none."""
    settings = configuration.load(environment(folder), Path(os.devnull)).settings
    services = make_services(settings)
    migrate(services.database)
    return replace(services, now=clock.now) if clock else services


def stories(articles: int) -> Iterator[Submission]:
    """Yield stories of twenty years, each with one author, one section and one edition."""
    rng = random.Random(20)
    start = dt.datetime(2005, 1, 1, 13, tzinfo=dt.UTC)
    for number in range(articles):
        date = start + dt.timedelta(minutes=number * 10_000_000 // articles)
        yield Submission(
            title=f"Story {number}: {' '.join(rng.choices(_WORDS, k=6))}",
            content_html="".join(f"<p>{text}</p>" for text in sentences(rng)),
            byline=((author(number, authors_of(articles)), None),),
            sections=(section(number),),
            edition=f"The Journal {date.year}",
            date=date,
        )


def fill(services: Services, articles: int) -> None:
    """Let so many stories in through the door, in batches as an import does."""
    waiting = stories(articles)
    done = 0
    while done < articles:
        door = replace(services.door, memo=Memo())
        with services.database.write() as tx:
            for story in itertools.islice(waiting, _BATCH):
                accept(tx, door, story)
                done += 1
            mark_touched(tx, door)
        print(f"\r{done:,} of {articles:,} stories", end="", file=sys.stderr)
    print(file=sys.stderr)
