"""A newsroom to test with: short ways to do what editors do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.test import Client, TestResponse

from feedsvc.clock import Clock as WorkersClock
from feedsvc.errors import StoreError
from feedsvc.feeds.backlog import build_now, mark_all_due
from feedsvc.feeds.build import Built
from feedsvc.feeds.confirm import confirm_next
from feedsvc.feeds.finish import finish_next
from feedsvc.feeds.press import read
from feedsvc.intake import desk, places
from feedsvc.intake.accept import Accepted, accept
from feedsvc.intake.bring import Result
from feedsvc.intake.desk import Edit
from feedsvc.intake.files import find_files
from feedsvc.intake.how import Overrides
from feedsvc.intake.importers import import_files
from feedsvc.model import Article, Change, Channel, Document, Format, Kind, Submission
from feedsvc.services import Services
from feedsvc.store import articles, documents, feeds
from feedsvc.web.app import create_app

REPOSITORY = Path(__file__).parent.parent
SAMPLES = REPOSITORY.parent / "shared" / "samples"


@dataclass
class Clock:
    """A clock that stands still until it is told the time."""

    at: dt.datetime

    def now(self) -> dt.datetime:
        """Return the instant it was told."""
        return self.at

    def advance(self, **time: float) -> dt.datetime:
        """Go on by a timedelta, such as `hours=1`."""
        self.at += dt.timedelta(**time)
        return self.at


def a_submission(**fields: Any) -> Submission:
    """Return a submission that is right in all that is not given."""
    defaults: dict[str, Any] = {
        "title": "Chess Club Wins the State Title",
        "content_html": "<p>The club won on Saturday. Nobody expected it.</p>",
        "byline": (("Ana Lee", None),),
        "sections": ("News",),
        "edition": "The Journal 2024",
        "date": dt.date(2024, 11, 15),
    }
    return Submission(**{**defaults, **fields})


def client_of(services: Services) -> Client:
    """Return an HTTP client of the web application, which sees each change at once."""
    app = create_app(services)
    answer, shelf = app.wsgi_app, app.extensions["shelf"]

    def look_and_answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with suppress(StoreError):  # a web process goes on too
            shelf.look()
        return answer(environ, start_response)

    app.wsgi_app = look_and_answer  # type: ignore[method-assign]
    return app.test_client()


@dataclass
class Newsroom:
    """A store with everything around it, and the steps that tests take in it."""

    services: Services
    clock: Clock

    def submit(self, **fields: Any) -> Article:
        """Let a submission in and return its article."""
        return self.article(self.accept(a_submission(**fields)).article_id)

    def with_stories(self, count: int) -> Newsroom:
        """Submit stories a minute apart, build and read back their feeds; return the newsroom."""
        for number in range(count):
            self.submit(title=f"Story {number}", date=None)
            self.clock.advance(minutes=1)
        self.build()
        self.read_back()
        return self

    def accept(self, submission: Submission, **more: Any) -> Accepted:
        """Let a submission in."""
        with self.services.database.write() as tx:
            return accept(tx, self.services.door, submission, **more)

    def article(self, article_id: int) -> Article:
        """Return an article as it is stored."""
        with self.services.database.read() as tx:
            return articles.get(tx, article_id)

    def edit(self, article: Article, change: Change = Change.SILENT, **fields: Any) -> Article:
        """Edit an article."""
        with self.services.database.write() as tx:
            return desk.edit(tx, self.services.door, article.id, Edit(change=change, **fields))

    def correct(self, article: Article, note: str, **fields: Any) -> Article:
        """Correct an article."""
        return self.edit(article, Change.CORRECTION, note=note, **fields)

    def publish(self, article: Article) -> Article:
        """Make an article public now."""
        with self.services.database.write() as tx:
            return desk.publish(tx, self.services.door, article.id)

    def schedule(self, article: Article, at: dt.datetime) -> Article:
        """Schedule an article."""
        with self.services.database.write() as tx:
            return desk.schedule(tx, self.services.door, article.id, at)

    def withdraw(self, article: Article) -> Article:
        """Withdraw an article."""
        with self.services.database.write() as tx:
            return desk.withdraw(tx, self.services.door, article.id)

    def republish(self, article: Article) -> Article:
        """Publish a copy of a withdrawn article."""
        with self.services.database.write() as tx:
            return desk.republish(tx, self.services.door, article.id)

    def release(self) -> list[Article]:
        """Release what is due."""
        with self.services.database.write() as tx:
            return desk.release_due(tx, self.services.door)

    def rename(self, kind: Kind, old: str, new: str) -> None:
        """Rename a term."""
        with self.services.database.write() as tx:
            places.rename(tx, self.services.door, places.find(tx, kind, old), new)

    def merge(self, kind: Kind, source: str, target: str) -> int:
        """Merge two terms."""
        with self.services.database.write() as tx:
            one, other = places.find(tx, kind, source), places.find(tx, kind, target)
            return places.merge(tx, self.services.door, one, other)

    def remove(self, kind: Kind, name: str, *, unfile: bool = False) -> int:
        """Remove a term."""
        with self.services.database.write() as tx:
            found = places.find(tx, kind, name)
            return places.remove(tx, self.services.door, found, unfile=unfile)

    def import_paths(self, *paths: Path | str, **overrides: Any) -> list[Result]:
        """Import files."""
        found, missing = find_files(map(str, paths))
        correction = overrides.pop("correction", None)
        door, database = self.services.door, self.services.database
        results = import_files(database, door, found, Overrides(**overrides), correction)
        return [*missing, *results]

    def build(self) -> list[Built]:
        """Build what is due; no feed may raise."""
        built, errors = build_now(self.services.press)
        assert errors == []
        return built

    def read_back(self) -> None:
        """Read back what was swapped in, as a worker does when nothing is due."""
        while confirm_next(self.services.press):
            pass

    def finish(self) -> None:
        """Finish what was swapped in, as a worker does behind the read-back."""
        while finish_next(self.services.press):
            pass

    def tick(self) -> None:
        """Let a worker do what is due, once."""
        clock = WorkersClock(self.services)
        try:
            clock.tick()
        finally:
            clock.end()

    def build_all(self) -> list[Built]:
        """Look at every feed, as after a change of settings."""
        mark_all_due(self.services.press, self.services.new_urn)
        return self.build()

    def paths(self) -> list[str]:
        """Return the paths of all feeds."""
        with self.services.database.read() as tx:
            return [feed.path for feed in feeds.all_feeds(tx)]

    def channel(self, path: str = "all") -> Channel:
        """Compose what a feed should contain now."""
        with self.services.database.read() as tx:
            feed = next(feed for feed in feeds.all_feeds(tx) if feed.path == path)
            return read(tx, self.services.press, feed.id).channel

    def documents(self, path: str = "all") -> dict[Format, Document]:
        """Return what a feed serves."""
        with self.services.database.read() as tx:
            feed = next(feed for feed in feeds.all_feeds(tx) if feed.path == path)
            return documents.of_feed(tx, feed.id)

    def shown(self, path: str = "all") -> list[str]:
        """Return the Atom ids of the entries that a feed serves, in order."""
        return [atom_id for atom_id, _ in self.documents(path)[Format.RSS].manifest]

    def all_documents(self) -> dict[str, Document]:
        """Return everything that is served, by `path.format`."""
        return {
            f"{path}.{fmt}": document
            for path in self.paths()
            for fmt, document in self.documents(path).items()
        }

    def client(self) -> Client:
        """Return an HTTP client of the web application."""
        return client_of(self.services)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Ask the web application for a path."""
        return self.client().get(path, **options)
