"""One newsroom that has published the whole corpus, for all tests that look at what came of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from feedsvc.errors import RejectedError
from feedsvc.model import Article, Format
from tests.conftest import make_newsroom
from tests.corpus.awkward import SITE, Awkward, admitted
from tests.newsroom import Clock, Newsroom

# As large as they may be, so that one feed shows the whole corpus.
LIMITS = {
    "FEEDSVC_SITE__BASE_URL": SITE,
    "FEEDSVC_FEEDS__WINDOW_ENTRIES": "1000",
    "FEEDSVC_FEEDS__SOFT_CAP_BYTES": "2000000",
    "FEEDSVC_FEEDS__HARD_CAP_BYTES": "2000000",
}


@dataclass(frozen=True)
class Published:
    """A newsroom whose stories are the corpus, and these stories by the names of their files."""

    room: Newsroom
    stories: dict[str, Article]
    files: dict[str, Awkward]

    def body(self, fmt: Format) -> bytes:
        """Return the feed of the whole site."""
        return self.room.documents()[fmt].body


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """Return the corpus, published, with all its feeds."""
    clock = Clock(dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC))
    url = f"sqlite:///{tmp_path_factory.mktemp('corpus')}/feedsvc.db"
    room = make_newsroom(url, clock, LIMITS)
    stories = {}
    for awkward in admitted():
        clock.advance(minutes=1)
        with suppress(RejectedError):  # the rest goes on, and the tests tell who is missing
            accepted = room.accept(awkward.submission())
            stories[awkward.name] = room.article(accepted.article_id)
    room.build()
    yield Published(room, stories, {awkward.name: awkward for awkward in admitted()})
    room.services.database.close()
