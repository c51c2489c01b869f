"""A newsroom at work, in a process of its own: publishes, edits, withdraws and schedules.

Run as `python -m tests.crash.stream JOURNAL SEED`, the store being DATABASE_URL. Each line
`NUMBER` on standard input asks for that many changes, and is answered with `done` after them.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from feedsvc.intake import desk
from feedsvc.intake.accept import accept
from feedsvc.intake.desk import Edit
from feedsvc.model import Article, Change, Status, Submission
from feedsvc.services import Services, make_services
from feedsvc.settings import load
from feedsvc.store import articles
from feedsvc.store.database import Transaction
from tests.crash.ledger import Journal, Piece, Try

OWNER = "stream"
# Between changes, at most: so that both the changes and the pauses get their kills.
_PAUSE_SECONDS = 0.08
_AHEAD_SECONDS = (1.2, 4.0)
_TEXT = "<p>The council met on Monday and voted, as it does, on what had been said before.</p>"


class Newsroom:
    """Makes changes at random, one after another."""

    def __init__(self, services: Services, journal: Journal, seed: str) -> None:
        self._services = services
        self._journal = journal
        self._random = random.Random(seed)
        self._seed = seed
        self._ledger = journal.read()
        self._count = 0

    def change_something(self) -> None:
        """Make one change, and acknowledge it."""
        self._count += 1
        steps: dict[Callable[[], None], int] = {
            self._submit: 35,
            self._schedule: 20,
            self._draft: 8,
            self._publish: 8,
            self._edit: 20,
            self._withdraw: 9,
        }
        (step,) = self._random.choices(list(steps), list(steps.values()))
        step()
        self._ledger = self._journal.read()

    def _do(
        self,
        change: Callable[[Transaction], Article],
        piece: Piece | None = None,
        title: str | None = None,
        status: Status | None = None,
    ) -> None:
        key = f"{self._seed}/{self._count}"
        number = piece.id if piece else None
        self._journal.begin(Try(key, OWNER, id=number, title=title, status=status))
        with self._services.database.write() as tx:
            article = change(tx)
        self._journal.end(key, article)

    def _bring(self, status: Status, date: dt.datetime | None = None) -> None:
        submission = Submission(
            title=f"Story {self._seed}/{self._count}",
            content_html=_TEXT * self._random.randint(1, 12),
            byline=((self._random.choice(("Ana Lee", "Bo Chen", "Cy Diaz")), None),),
            sections=(self._random.choice(("News", "Sports")),),
            edition="The Journal 2024",
            date=date,
            draft=status is Status.DRAFT,
        )

        def take(tx: Transaction) -> Article:
            accepted = accept(tx, self._services.door, submission)
            return articles.get(tx, accepted.article_id)

        self._do(take, title=submission.title, status=status)

    def _submit(self) -> None:
        self._bring(Status.PUBLISHED)

    def _draft(self) -> None:
        self._bring(Status.DRAFT)

    def _schedule(self) -> None:
        ahead = dt.timedelta(seconds=self._random.uniform(*_AHEAD_SECONDS))
        self._bring(Status.SCHEDULED, self._services.now() + ahead)

    def _publish(self) -> None:
        if piece := self._any(Status.DRAFT):
            door, number = self._services.door, piece.id
            self._do(lambda tx: desk.publish(tx, door, number), piece, status=Status.PUBLISHED)

    def _edit(self) -> None:
        if piece := self._any(Status.DRAFT, Status.SCHEDULED, Status.PUBLISHED):
            title = f"{piece.title.partition(', again')[0]}, again {self._count}"
            edit = Edit(title=title, change=Change.UPDATE)
            door, number = self._services.door, piece.id
            self._do(lambda tx: desk.edit(tx, door, number, edit), piece, title=title)

    def _withdraw(self) -> None:
        if piece := self._any(Status.SCHEDULED, Status.PUBLISHED):
            door, number = self._services.door, piece.id
            self._do(lambda tx: desk.withdraw(tx, door, number), piece, status=Status.WITHDRAWN)

    def _any(self, *statuses: Status) -> Piece | None:
        found = self._ledger.of(OWNER, *statuses)[-60:]  # what feeds show, rather than all
        return self._random.choice(found) if found else None

    def pause(self) -> None:
        """Leave the store alone for a moment."""
        time.sleep(self._random.uniform(0, _PAUSE_SECONDS))


def main(journal: str, seed: str) -> None:
    """Make as many changes as each line asks for."""
    settings = load(os.environ, Path(os.devnull)).settings
    newsroom = Newsroom(make_services(settings), Journal(Path(journal)), seed)
    for line in sys.stdin:
        for _ in range(int(line)):
            newsroom.change_something()
            newsroom.pause()
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
