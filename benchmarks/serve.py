"""How fast feeds are served: by nginx, feedsvc, a Flask view and a naive one, the same bytes.

Servers share one core, wrk has another. Needs nginx and wrk. Run it with `make bench`;
`python -m benchmarks.serve --seconds 1 --rounds 1` is a quick look.
Prints Markdown tables for docs/benchmarks.md: medians of rounds in which everybody has a turn.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import logging
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from benchmarks import swaps
from benchmarks.load import CONNECTIONS, Load, Measured, Server, ask, measure, need
from benchmarks.servers import GZIP, SITE_PATH, Site, make_site, start_servers


@dataclass
class Row:
    """One thing that is asked of one server, and what came of it round by round."""

    name: str
    case: str
    load: Load
    rounds: list[Measured] = field(default_factory=list)

    def median(self, part: Callable[[Measured], float]) -> float:
        """Return the median of a figure."""
        return statistics.median(map(part, self.rounds))

    @property
    def per_second(self) -> float:
        """Answers in a second."""
        return self.median(lambda one: one.per_second)

    @property
    def cpu_us(self) -> float:
        """Processor time for one answer, microseconds."""
        return self.median(lambda one: one.cpu_us)

    @property
    def p50_ms(self) -> float:
        """What half of all answers take at most."""
        return self.median(lambda one: one.p50_ms)

    @property
    def p99_ms(self) -> float:
        """What all answers but one in a hundred take at most."""
        return self.median(lambda one: one.p99_ms)


def rows_of(site: Site, servers: dict[str, Server]) -> list[Row]:
    """Return everything that is asked."""
    found: list[Row] = []
    for name, server, prefix in (
        ("nginx, files", servers["nginx"], ""),
        ("nginx, files kept open", servers["nginx, open"], ""),
        ("feedsvc", servers["feedsvc"], ""),
        ("the same bytes through a Flask view", servers["Flask"], "/view"),
        ("Flask and feedgen at each request", servers["Flask"], "/naive"),
    ):
        one = [prefix + SITE_PATH]
        found.append(Row(name, "200 gzip", Load(server, one, GZIP)))
        found.append(Row(name, "200 identity", Load(server, one)))
        if prefix != "/naive":  # feedgen writes the time into each answer: none is ever the same
            had = {**GZIP, "If-None-Match": ask(server, one[0], GZIP).headers["etag"]}
            found.append(Row(name, "304", Load(server, one, had)))
        if not prefix:
            found.append(Row(name, "one of 30 KB", Load(server, site.many[:1], GZIP)))
            found.append(Row(name, "2,500 of them", Load(server, site.many, GZIP)))
    return found


def check(rows: Sequence[Row], site: Site) -> None:
    """Make sure that everybody answers as asked, with the same bytes."""
    for row in rows:
        answer = ask(row.load.server, row.load.paths[0], row.load.headers)
        is_packed = answer.headers.get("content-encoding") == "gzip"
        body = gzip.decompress(answer.body) if is_packed else answer.body
        is_right = answer.status == (304 if row.case == "304" else 200)
        is_right = is_right and (row.case == "304" or is_packed == bool(row.load.headers))
        if row.case.startswith("200") and "feedgen" not in row.name:
            is_right = is_right and body == site.body
        if not is_right:
            raise SystemExit(f"{row.name}, {row.case}: not what was asked for: {answer.headers}")


def measure_all(rows: Sequence[Row], seconds: int, rounds: int, folder: Path) -> None:
    """Measure everything round by round, so that a bad moment of the machine hits all alike."""
    for row in rows:
        measure(row.load, 1, folder)
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
        for row in rows:
            row.rounds.append(measure(row.load, seconds, folder))


@dataclass
class Moving:
    """What came of reading documents that stay, and of reading them while they are swapped."""

    quiet: Row
    swapping: Row
    swapped: list[swaps.Seen] = field(default_factory=list)
    answers: list[swaps.Seen] = field(default_factory=list)

    @property
    def torn(self) -> int:
        """How many answers were not what their headers said."""
        return sum(one.number == swaps.TORN for one in self.answers)


def measure_moving(site: Site, feedsvc: Server, seconds: int, rounds: int) -> Moving:
    """Measure ten documents of about 160 KB, in turns with and without a publisher.

    The reader who looks at every byte reads in both: only the swaps make the difference.
    """
    load = Load(feedsvc, [place.url_path for place in site.moving], GZIP)
    found = Moving(Row("quiet", "", load), Row("swapping", "", load))
    with swaps.workers() as pool:
        for _ in range(rounds):
            for row, publishes in ((found.quiet, False), (found.swapping, True)):
                reading = pool.submit(swaps.read, feedsvc.port, site.moving, seconds)
                first = len(found.swapped) + 1
                job = (site.folder, site.moving, site.body, first, seconds)
                publishing = pool.submit(swaps.publish, *job) if publishes else None
                row.rounds.append(measure(load, seconds, site.folder))
                found.answers += reading.result()
                found.swapped += publishing.result() if publishing else []
    return found


def table(rows: Sequence[Row]) -> str:
    """Return a table: a line for each server, a column for each thing that is asked."""
    cases = list(dict.fromkeys(row.case for row in rows))
    best = {row.case: row.per_second for row in rows if row.name == rows[0].name}
    cells = {(row.name, row.case): _cell(row, best[row.case]) for row in rows}
    lines = [f"| | {' | '.join(cases)} |", f"|---{'|---' * len(cases)}|"]
    for name in dict.fromkeys(row.name for row in rows):
        of_name = (cells.get((name, case), "") for case in cases)
        lines.append(f"| {name} | {' | '.join(of_name)} |")
    return "\n".join(lines)


def _cell(row: Row, best: float) -> str:
    times = f"{row.per_second / best:.2f}" if row.per_second > best / 20 else "–"
    return f"{row.per_second:,.0f} ({times}) {row.p50_ms:.1f} / {row.p99_ms:.1f}; {row.cpu_us:.0f}"


def aims(rows: Sequence[Row], moving: Moving, feedsvc: Server) -> str:
    """Return a table of what was aimed at, and what was reached."""
    found = {(row.name, row.case): row for row in rows}

    def ours(case: str, other: tuple[str, str]) -> str:
        one, two = found["feedsvc", case], found[other]
        by_time = two.cpu_us / one.cpu_us
        return f"{one.per_second / two.per_second:.2f} (by processor time {by_time:.2f})"

    slower = moving.swapping.p99_ms / moving.quiet.p99_ms
    stale = swaps.stalest(moving.swapped, moving.answers)
    lines = [
        ("200 gzip, of nginx's rate", "≥ 0.7", ours("200 gzip", ("nginx, files", "200 gzip"))),
        ("304, of nginx's rate", "≥ 0.5", ours("304", ("nginx, files", "304"))),
        (
            "2,500 documents at random, of our own rate with one",
            "≥ 0.7",
            ours("2,500 of them", ("feedsvc", "one of 30 KB")),
        ),
        ("resident memory, MB", "≤ 150", f"{feedsvc.resident_bytes / 1_000_000:.0f}"),
        (
            f"p99 while {len(moving.swapped)} documents are swapped, of the quiet p99",
            "≤ 2",
            f"{slower:.2f} ({moving.swapping.p99_ms:.1f} / {moving.quiet.p99_ms:.1f} ms)",
        ),
        (f"torn, of {len(moving.answers):,} answers", "0", f"{moving.torn}"),
        ("stale, at most", "1 s", f"{stale:.2f} s"),
    ]
    head = ["| | aim | reached |", "|---|---|---|"]
    return "\n".join([*head, *(f"| {' | '.join(line)} |" for line in lines)])


def overflow(site: Site, feedsvc: Server, seconds: int) -> str:
    """Say what becomes of a process that is asked for more than it may hold (`web.cache_bytes`)."""
    found = measure(Load(feedsvc, site.many), seconds, site.folder)
    return (
        f"All {len(site.many):,} uncompressed, more than the cache holds: {found.per_second:,.0f}"
        f" a second, p99 {found.p99_ms:.0f} ms, then {feedsvc.resident_bytes / 1_000_000:.0f} MB."
    )


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    need("nginx", "wrk", "taskset")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        site = make_site(Path(name))
        servers = start_servers(stack, site)
        rows = rows_of(site, servers)
        check(rows, site)
        measure_all(rows, options.seconds, options.rounds, site.folder)
        moving = measure_moving(site, servers["feedsvc"], options.seconds, options.rounds)
        print(f"{dt.datetime.now(dt.UTC).date()}, Python {platform.python_version()}, SQLite;")
        print(f"one core for servers, one for wrk with {CONNECTIONS} connections.")
        print("Answers a second (of nginx's), then p50 / p99 in ms, then µs of processor;", end=" ")
        print(f"medians of {options.rounds} rounds of {options.seconds} s.\n")
        print(table(rows), end="\n\n")
        print(aims(rows, moving, servers["feedsvc"]), end="\n\n")
        print(overflow(site, servers["feedsvc"], options.seconds))


if __name__ == "__main__":
    main()
