"""An article is withdrawn while a build is under way that has read it as public."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from feedsvc.feeds.build import build_feed
from feedsvc.store import feeds
from tests.newsroom import Newsroom


def test_a_build_serves_nothing_that_was_withdrawn_while_it_ran(newsroom: Newsroom) -> None:
    """Found on November 23, 2026 by `make soak`: feeds first showed an article after its end."""
    newsroom.submit(title="Stays")
    newsroom.build()
    newsroom.clock.advance(minutes=1)
    article = newsroom.submit(title="Goes")
    asked = []

    def now() -> dt.datetime:
        """Tell the time; a build first asks when it claims its feed, and then when it has read."""
        asked.append(newsroom.clock.now())
        if len(asked) == 2:
            newsroom.withdraw(article)
        return asked[-1]

    with newsroom.services.database.read() as tx:
        site = next(feed for feed in feeds.all_feeds(tx) if feed.path == "all")
    build_feed(replace(newsroom.services.press, now=now), site.id)

    assert article.atom_id not in newsroom.shown()
