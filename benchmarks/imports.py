"""How fast stories come in, and what a document costs, beside bare feedgen and bare feedparser.

Run it with `make bench`; `--articles 2000 --runs 1` is a quick look.
Prints Markdown tables for docs/benchmarks.md; every figure is the median of several runs.
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
from pathlib import Path

import structlog

from benchmarks.naive import bare_feedgen, bare_feedparser
from benchmarks.stores import AUTHORS, SECTIONS, STORY_BYTES, newsroom, stories
from feedsvc.feeds import render_json, render_xml
from feedsvc.feeds.backlog import build_now
from feedsvc.feeds.press import read
from feedsvc.feeds.readback import compare, expected
from feedsvc.feeds.readback import read as read_document
from feedsvc.feeds.render import render
from feedsvc.feeds.rulebook import check, parse
from feedsvc.feeds.validate import validate
from feedsvc.intake.files import find_files
from feedsvc.intake.how import Overrides
from feedsvc.intake.importers import import_files
from feedsvc.model import Channel, Format
from feedsvc.services import Services
from feedsvc.store import feeds


def write_pages(folder: Path, articles: int) -> None:
    """Write article pages laid out as newsrooms copy them."""
    for number, story in enumerate(stories(articles)):
        day = story.date or dt.datetime.now(dt.UTC)
        lines = [f"{day:%B} {day.day}, {day.year}", story.title]
        lines += [f"{story.sections[0]} {story.edition}", story.title]
        lines += [f"By: {story.byline[0][0]}"]
        lines += story.content_html.removeprefix("<p>").removesuffix("</p>").split("</p><p>")
        (folder / f"{number:06}.txt").write_text("\n\n".join([*lines, "Back To Top"]))


def timed(action: Callable[[], object], runs: int) -> float:
    """Return the median seconds of an action."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


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


def documents_table(channel: Channel, runs: int) -> list[str]:
    """Return a table of what the parts of a build cost, by format."""
    now = dt.datetime.now(dt.UTC)
    bodies = render(channel)
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
            list(compare(read_document(fmt, body), expected(channel, fmt), channel, fmt))

        cells = [
            timed(lambda fmt=fmt: render_as(fmt, channel), runs),  # type: ignore[misc]
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


def render_as(fmt: Format, channel: Channel) -> None:
    """Write a channel in one format, from nothing."""
    if fmt is Format.JSON:
        render_json.head(channel)
        render_json.fragments(channel.entries)
    else:
        render_xml.head(channel, fmt)
        render_xml.fragments(channel.entries, fmt)


def build_all(services: Services) -> tuple[int, float, Channel]:
    """Build every feed; return the documents made, the seconds, and the site's channel."""
    start = time.perf_counter()
    built, errors = build_now(services.press)
    seconds = time.perf_counter() - start
    if errors:
        raise SystemExit(f"builds failed: {errors}")
    with services.database.read() as tx:
        site = next(feed for feed in feeds.all_feeds(tx) if feed.path == "all")
        channel = read(tx, services.press, site.id).channel
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
