"""How fast stories come in, and what a document costs, beside bare feedgen and bare feedparser.

Run it with `make bench`; `--articles 2000 --runs 1` is a quick look.
Prints Markdown tables for docs/benchmarks.md; every figure is the median of several runs.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import io
import logging
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import feedparser
import structlog
from feedgen.feed import FeedGenerator

from feedsvc import settings as configuration
from feedsvc.feeds.build import RENDERERS, build_due, read_channel
from feedsvc.feeds.readback import compare, expected, read
from feedsvc.feeds.rulebook import check, parse
from feedsvc.feeds.validate import validate
from feedsvc.intake.files import find_files, import_files
from feedsvc.intake.from_text import Overrides
from feedsvc.model import Channel, Format
from feedsvc.services import Services, make_services
from feedsvc.store import feeds
from feedsvc.store.migrate import migrate

SECTIONS = 12
AUTHORS = 200
STORY_BYTES = 2_500
_WORDS = [
    "the",
    "school",
    "paper",
    "reports",
    "that",
    "students",
    "and",
    "teachers",
    "met",
    "on",
    "Monday",
    "to",
    "talk",
    "about",
    "a",
    "plan",
    "for",
    "the",
    "old",
    "library",
    "“which",
    "has",
    "stood",
    "for",
    "years”",
    "while",
    "the",
    "council’s",
    "budget",
    "is",
    "still",
    "open",
]


def write_pages(folder: Path, articles: int) -> None:
    """Write article pages laid out as newsrooms copy them, over 12 sections and 200 authors."""
    rng = random.Random(20)
    for number in range(articles):
        day = dt.date(2005, 1, 1) + dt.timedelta(days=number * 7_000 // articles)
        title = f"Story {number}: {' '.join(rng.choices(_WORDS, k=6))}"
        lines = [f"{day:%B} {day.day}, {day.year}", title]
        lines += [f"Section {number % SECTIONS:02} The Journal {day.year}", title]
        lines += [f"By: Author {chr(65 + number % 20)}. Number{number % AUTHORS:03}"]
        size = 0
        while size < STORY_BYTES:
            lines.append(" ".join(rng.choices(_WORDS, k=80)).capitalize() + ".")
            size += len(lines[-1])
        (folder / f"{number:06}.txt").write_text("\n\n".join([*lines, "Back To Top"]))


def timed(action: Callable[[], object], runs: int) -> float:
    """Return the median seconds of an action."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def newsroom(folder: Path) -> Services:
    """Return services over an empty store in a folder."""
    names = ", ".join(f"Section {number:02}" for number in range(SECTIONS))
    environ = {
        "DATABASE_URL": f"sqlite:///{folder}/feedsvc.db",
        "FEEDSVC_IMPORTS__SECTIONS": names,
    }
    services = make_services(configuration.load(environ, Path(os.devnull)).settings)
    migrate(services.database)
    return services


def import_once(pages: Path) -> tuple[Services, tempfile.TemporaryDirectory[str], float]:
    """Import all pages into a new store; return it, its folder and the seconds."""
    folder = tempfile.TemporaryDirectory(prefix="feedsvc-bench-")
    services = newsroom(Path(folder.name))
    found, _ = find_files([str(pages)])
    start = time.perf_counter()
    refused = [
        result
        for result in import_files(services.database, services.door, found, Overrides())
        if result.outcome is None
    ]
    seconds = time.perf_counter() - start
    if refused:
        raise SystemExit(f"{len(refused)} pages were refused: {refused[0]}")
    return services, folder, seconds


def bare_feedgen(channel: Channel, fmt: Format) -> bytes:
    """What a user would write with feedgen alone, for the same entries."""
    generator = FeedGenerator()
    generator.id(channel.ids[fmt])
    generator.title(channel.title)
    generator.link(href=channel.home_url)
    generator.description(channel.description)
    for entry in channel.entries:
        item = generator.add_entry(order="append")
        item.id(entry.guid)
        item.title(entry.title)
        item.link(href=entry.url)
        item.author([{"name": person.name} for person in entry.authors])
        item.description(entry.summary_text)
        item.content(entry.content_html, type="html")
        item.published(entry.published_at)
        item.updated(entry.updated_at)
    return bytes(generator.rss_str() if fmt is Format.RSS else generator.atom_str())


def bare_feedparser(body: bytes) -> None:
    """What a user would do to check a feed: parse it, and look at bozo."""
    if feedparser.parse(io.BytesIO(body)).bozo:
        raise SystemExit("feedparser found a document broken")


def documents_table(channel: Channel, runs: int) -> list[str]:
    """Return a table of what the parts of a build cost, by format."""
    now = dt.datetime.now(dt.UTC)
    bodies = {fmt: render(channel) for fmt, render in RENDERERS.items()}
    rows = [
        f"One feed, {len(channel.entries)} entries with full content; milliseconds:",
        "",
        "| format | bytes | render | bare feedgen | gzip | rules | read back | bare feedparser |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for fmt, body in bodies.items():
        xml = fmt is not Format.JSON

        def rules(fmt: Format = fmt, body: bytes = body) -> None:
            check(parse(fmt, body, now=now, channel=channel))

        def read_back(fmt: Format = fmt, body: bytes = body) -> None:
            list(compare(read(fmt, body), expected(channel, fmt), channel, fmt))

        cells = [
            timed(lambda fmt=fmt: RENDERERS[fmt](channel), runs),  # type: ignore[misc]
            timed(lambda fmt=fmt: bare_feedgen(channel, fmt), runs) if xml else None,  # type: ignore[misc]
            timed(lambda body=body: gzip.compress(body, 6), runs),  # type: ignore[misc]
            timed(rules, runs),
            timed(read_back, runs),
            timed(lambda body=body: bare_feedparser(body), runs) if xml else None,  # type: ignore[misc]
        ]
        shown = " | ".join("–" if cell is None else f"{cell * 1000:.1f}" for cell in cells)
        rows.append(f"| {fmt} | {len(body):,} | {shown} |")
    whole = timed(lambda: validate(bodies, channel, now), runs)
    rows += ["", f"Validating all three together, with parity: {whole * 1000:.1f} ms."]
    return rows


def build_all(services: Services) -> tuple[int, float, Channel]:
    """Build every feed; return the documents made, the seconds, and the site's channel."""
    start = time.perf_counter()
    built, errors = build_due(services.press)
    seconds = time.perf_counter() - start
    if errors:
        raise SystemExit(f"builds failed: {errors}")
    with services.database.read() as tx:
        site = next(feed for feed in feeds.all_feeds(tx) if feed.path == "all")
        _, channel, _ = read_channel(tx, site.id, services.settings)
    return 3 * len(built), seconds, channel


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    rates = []
    with tempfile.TemporaryDirectory(prefix="feedsvc-pages-") as name:
        write_pages(Path(name), options.articles)
        for run in range(options.runs):
            services, folder, seconds = import_once(Path(name))
            rates.append(options.articles / seconds)
            with folder:
                if run == options.runs - 1:
                    documents, build_seconds, channel = build_all(services)
                services.database.close()
    today = dt.datetime.now(dt.UTC).date()
    runs = ", ".join(f"{rate:,.0f}" for rate in rates)
    each = build_seconds / documents * 1000
    print(f"{today}, Python {platform.python_version()}, {os.cpu_count()} cores, SQLite.\n")
    print(f"Import through the one door: {options.articles:,} pages of {STORY_BYTES:,} bytes,")
    print(f"{SECTIONS} sections, {AUTHORS} authors, from files to a committed store:")
    print(f"**{statistics.median(rates):,.0f} articles/s** (runs: {runs}).\n")
    print(f"First build of all {documents} documents, proven, in one process:")
    print(f"{build_seconds:.1f} s, {each:.1f} ms a document.\n")
    print("\n".join(documents_table(channel, max(5, options.runs))))


if __name__ == "__main__":
    main()
