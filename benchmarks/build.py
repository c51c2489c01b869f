"""What a change costs, how fast everything is built anew, and how fast it is audited.

Run it with `make bench`; `--articles 1000 --runs 5` is a quick look.
Prints Markdown tables for docs/benchmarks.md; times are medians of the runs.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import logging
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
import structlog

from benchmarks.naive import bare_feedgen, bare_feedparser
from benchmarks.stores import Ahead, author, authors_of, fill, newsroom, section
from feedsvc.feeds.audit import audit
from feedsvc.feeds.backlog import build_due, build_now, mark_all_due
from feedsvc.feeds.build import Built, Outcome, build_feed
from feedsvc.feeds.confirm import confirm_next
from feedsvc.feeds.press import read
from feedsvc.intake import desk
from feedsvc.intake.accept import accept
from feedsvc.model import SITE, Channel, Format, Submission
from feedsvc.services import Services
from feedsvc.store import documents, feeds
from feedsvc.store import tables as t

_SETTLING = 5  # runs before those that count
_DOCUMENTS = len(Format)


@dataclass(frozen=True)
class Figures:
    """What was measured over one store; seconds."""

    articles: int
    feeds: int
    publish: list[float]
    read_back: list[float]
    increment: list[float]
    naive: list[float]
    first: float
    rebuild: float
    rebuild_alone: float
    unchanged: float
    written: int
    audited: float


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def publish(services: Services, number: int, authors: int) -> float:
    """Publish a story by two of so many authors; return the seconds until all is swapped."""
    story = Submission(
        title=f"Breaking {number}",
        content_html="<p>The council met again on Monday and talked about the library.</p>" * 40,
        byline=((author(number, authors), None), (author(number + authors // 2, authors), None)),
        sections=(section(number),),
        edition="The Journal 2024",
    )
    start = time.perf_counter()
    with services.database.write() as tx:
        accept(tx, services.door, story)
    built = list(build_due(services.press))
    seconds = time.perf_counter() - start
    swapped = [one for one in built if isinstance(one, Built) and one.outcome is Outcome.SWAPPED]
    if len(swapped) != 5:  # the site's, two authors', a section's and an edition's
        raise SystemExit(f"{len(swapped)} feeds were swapped, not 5: {built}")
    return seconds


def read_all_back(services: Services) -> None:
    """Read everything back that was swapped in."""
    while confirm_next(services.press):
        pass


def site(services: Services) -> tuple[int, Channel, dict[Format, bytes]]:
    """Return the site's feed: its id, its channel and what it serves."""
    with services.database.read() as tx:
        feed = feeds.by_key(tx, SITE)
        if feed is None:
            raise SystemExit("there is no site feed")
        channel = read(tx, services.press, feed.id).channel
        served = {fmt: one.body for fmt, one in documents.of_feed(tx, feed.id).items()}
    return feed.id, channel, served


def increment(services: Services, number: int) -> float:
    """Change one article; return the seconds of a rebuild of the site's feed, per document."""
    feed_id, channel, _ = site(services)
    with services.database.write() as tx:
        chosen = sa.select(t.article.c.id).where(t.article.c.guid == channel.entries[3].guid)
        article_id = tx.execute(chosen).scalar_one()
        desk.edit(tx, services.door, article_id, desk.Edit(title=f"Edited {number}"))
    seconds = timed(lambda: build_feed(services.press, feed_id)) / _DOCUMENTS
    list(build_due(services.press))
    read_all_back(services)
    return seconds


def naive(channel: Channel) -> float:
    """Build the same feed as one would without us; return the seconds per document."""
    return statistics.mean(
        timed(lambda fmt=fmt: _naive(channel, fmt))  # type: ignore[misc]
        for fmt in (Format.RSS, Format.ATOM)
    )


def _naive(channel: Channel, fmt: Format) -> None:
    body = bare_feedgen(channel, fmt)
    gzip.compress(body, 6)
    bare_feedparser(body)


def from_nothing(services: Services) -> None:
    """Forget everything that was built and proven."""
    with services.database.write() as tx:
        tx.execute(sa.delete(t.proof))
        now = services.now()
        tx.execute(sa.update(t.feed).values(digest=None, build_due_at=now, built_at=None))


def swapped(services: Services, processes: int) -> int:
    """Build what is due; return how many feeds were swapped."""
    built, errors = build_now(services.press, processes=processes)
    if errors:
        raise SystemExit(f"builds failed: {errors[:3]}")
    return sum(1 for one in built if one.outcome is Outcome.SWAPPED)


def measure(articles: int, runs: int) -> Figures:
    """Fill a store and measure everything over it."""
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as name:
        clock = Ahead()
        services = newsroom(Path(name), clock)
        fill(services, articles)
        first = timed(lambda: swapped(services, cores))
        from_nothing(services)
        rebuild = timed(lambda: swapped(services, cores))
        fresh = newsroom(Path(name), clock)
        from_nothing(fresh)
        alone = timed(lambda: swapped(fresh, 1))
        read_all_back(services)
        mark_all_due(services.press, services.new_urn)
        start = time.perf_counter()
        written = swapped(services, cores)
        unchanged = time.perf_counter() - start
        publishing, reading = [], []
        for number in range(_SETTLING + runs):
            clock.advance(hours=2)
            publishing.append(publish(services, number, authors_of(articles)))
            reading.append(timed(lambda: read_all_back(services)))
        increments, naives = [], []
        for number in range(_SETTLING + max(5, runs // 3)):
            clock.advance(hours=2)
            increments.append(increment(services, number))
            naives.append(naive(site(services)[1]))
        audited = timed(lambda: list(audit(services.press, cores)))
        with services.database.read() as tx:
            count = len(feeds.all_feeds(tx))
        services.database.close()
        fresh.database.close()
    return Figures(
        articles,
        count,
        publishing[_SETTLING:],
        reading[_SETTLING:],
        increments[_SETTLING:],
        naives[_SETTLING:],
        first,
        rebuild,
        alone,
        unchanged,
        written,
        audited,
    )


def row(figures: Figures) -> str:
    """Return a row of the table."""
    ms = 1000
    slowest = statistics.quantiles(figures.publish, n=100)[98]
    made = _DOCUMENTS * figures.feeds
    one, other = statistics.median(figures.increment), statistics.median(figures.naive)
    cells = [
        f"{figures.articles:,}",
        f"{statistics.median(figures.publish) * ms:.0f} / {slowest * ms:.0f}",
        f"{statistics.median(figures.read_back) * ms:.0f}",
        f"{one * ms:.1f}",
        f"{other * ms:.1f}",
        f"{other / one:.1f}",
        f"{made / figures.rebuild:.0f} ({made / figures.rebuild_alone:.0f})",
        f"{figures.written} in {figures.unchanged:.2f} s"
        f" ({figures.unchanged / figures.rebuild * 100:.1f} %)",
        f"{made / figures.audited:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


COLUMNS = (
    "articles",
    "publish: p50 / p99",
    "then read back",
    "one document",
    "naive",
    "times",
    "rebuilt/s, all cores (one)",
    "all due, nothing changed",
    "audited/s",
)


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", default="1000,20000,200000", help="sizes of the stores")
    parser.add_argument("--runs", type=int, default=60)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    today = dt.datetime.now(dt.UTC).date()
    print(f"{today}, Python {platform.python_version()}, {os.cpu_count()} cores, SQLite.")
    print(f"Publish: one article into five feeds, {options.runs} runs; milliseconds.\n")
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|")
    found = []
    for articles in map(int, options.articles.split(",")):
        found.append(measure(articles, options.runs))
        print(row(found[-1]), flush=True)
    medians = [statistics.median(figures.publish) for figures in found]
    print(f"\nLargest store against smallest, p50: {medians[-1] / medians[0]:.2f} times.")


if __name__ == "__main__":
    main()
