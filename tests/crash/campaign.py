"""Kill a newsroom's processes again and again while it works, and look after each kill.

Everything random follows from a seed and the number of the kill; what the machine makes of it
does not, so a seed brings back the same steps, not the same instant.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from feedsvc.model import Status
from feedsvc.services import Services
from tests.cli.pages import write_page
from tests.cli.service import Running, until
from tests.crash import checks, phase, stream
from tests.crash.house import Death, House
from tests.crash.ledger import Journal, Ledger, Try, settle
from tests.crash.phase import Phase
from tests.crash.reader import Reader

# Within this time everything is in order again; a lease of a dead builder may last five of them.
RECOVERY_SECONDS = 30
INSIDE = frozenset({Phase.BUILDING, Phase.WRITING})
_VICTIMS = {"worker": 45, "web": 20, "stream": 20, "command": 15}
_AIMED = 0.6  # of the kills wait until the victim is in the middle of something
_WANTED = {
    "worker": INSIDE,
    "web": frozenset({Phase.READING}),
    "stream": frozenset({Phase.WRITING}),
    "command": INSIDE,
}
_HUNT_SECONDS = 8.0
_DELAY_SECONDS = 1.0
_CHANGES = (4, 9)
_SHIFT = 6
# `serve` gives up when a child dies five times within a minute, and is to.
_DEATHS_OF_A_CHILD = 4


class BrokenError(AssertionError):
    """Something that must always be true was not."""


@dataclass(frozen=True)
class Kill:
    """What was killed in the middle of what, and how long it took until all was in order."""

    number: int
    seed: int
    victim: str
    phases: frozenset[Phase]
    is_aimed: bool
    seconds: float

    @property
    def is_inside(self) -> bool:
        """True when it hit a build or a writing transaction."""
        return bool(self.phases & INSIDE)

    def __str__(self) -> str:
        doing = "+".join(sorted(self.phases)) or "idle"
        how = "aimed" if self.is_aimed else "random"
        return (
            f"kill {self.number} (seed {self.seed}) {how}: {self.victim}, {doing};"
            f" in order after {self.seconds:.1f} s"
        )


@dataclass(frozen=True)
class Target:
    """A group of processes to strike.

    Attributes:
        name: Under which it is connected to PostgreSQL.
    """

    leader: int
    victim: str
    name: str


@dataclass
class Campaign:
    """A newsroom at work, and whoever kills it.

    Attributes:
        tell: Is told of each kill.
        settled: Changes that a kill cut off, so that nobody knew what had become of them.
    """

    house: House
    services: Services
    seed: int
    tell: Callable[[str], None]
    kills: list[Kill] = field(default_factory=list)
    settled: int = 0
    _released: dict[int, dt.datetime] = field(default_factory=dict)
    _shift: Counter[str] = field(default_factory=Counter)
    _stream: Running | None = None

    @property
    def journal(self) -> Journal:
        """Where acknowledgements are written down."""
        return Journal(self.house.program.folder / "journal")

    def run(self, kills: int) -> Reader:
        """Kill that often, and return the reader that read meanwhile.

        Raises:
            BrokenError: Something was wrong after a kill.
        """
        reader = Reader(self.house.get)
        self.house.open(supervised=False)
        self._work(20)
        self._rest()
        self._wait_until_in_order()
        with reader.reading():
            number = 0
            while len(self.kills) < kills:
                number += 1
                self._strike(number, reader)
            self._end_stream()
            self._finish(reader)
        self.house.close()
        return reader

    def _finish(self, reader: Reader) -> None:
        """Wait until all is released that was scheduled, and look at everything once more."""
        database = self.services.database
        until(lambda: not checks.is_anything_scheduled(database), RECOVERY_SECONDS)
        self._wait_until_in_order()
        window = checks.wrong_window(self.services, self.journal.read())
        self._make_sure(f"seed {self.seed}, at the end", [*self._wrong(reader), *window])

    def _strike(self, number: int, reader: Reader) -> None:
        """Work, kill, wait until all is in order, and look; a victim may have ended before."""
        dice = random.Random(f"{self.seed}/{number}")
        (victim,) = dice.choices(list(_VICTIMS), list(_VICTIMS.values()))
        is_aimed = dice.random() < _AIMED
        self._begin_shift(victim)
        self._work(dice.randint(*_CHANGES))
        kill = {"stream": self._kill_stream, "command": self._kill_command}.get(victim)
        phases, began = kill(dice, is_aimed) if kill else self._kill_part(victim, dice, is_aimed)
        self._rest()
        self._wait_until_in_order()
        known = f"kill {number} (seed {self.seed}) of {victim}"
        if phases is not None:
            seconds = time.monotonic() - began
            self.kills.append(Kill(number, self.seed, victim, phases, is_aimed, seconds))
            known = str(self.kills[-1])
            self.tell(known)
        self._make_sure(known, self._wrong(reader))

    def _begin_shift(self, victim: str) -> None:
        """Have `serve` take over from the two alone, or they from it, every few kills."""
        self._shift["all"] += 1
        self._shift[victim] += 1
        if self._shift["all"] > _SHIFT or self._shift[victim] > _DEATHS_OF_A_CHILD:
            self.house.close()
            self.house.open(supervised=not self.house.is_supervised)
            self._shift = Counter({"all": 1, victim: 1})

    # What is killed. Each returns what it was doing, None if it had ended, and since when it is
    # to be brought back.

    def _kill_part(
        self, part: str, dice: random.Random, is_aimed: bool
    ) -> tuple[frozenset[Phase] | None, float]:
        target = Target(self.house.leader(part), part, self.house.name(part))
        phases = self._stop(target, dice, is_aimed)
        assert phases is not None, f"{part} had died by itself"
        pids = phase.members(target.leader)
        # Below `feedsvc worker` there may be builders, and below `feedsvc web` there are servers.
        death: Death = self.house.kill(part, dice.choice([target.leader, *pids]))
        began = time.monotonic()
        self.house.bring_back(death)
        return phases, began

    def _kill_stream(
        self, dice: random.Random, is_aimed: bool
    ) -> tuple[frozenset[Phase] | None, float]:
        assert self._stream
        name = self._stream.program.environ["PGAPPNAME"]
        target = Target(self._stream.process.pid, "stream", name)
        phases = self._stop(target, dice, is_aimed)
        self._stream.process.kill()
        self._stream.process.wait()
        return phases, time.monotonic()

    def _kill_command(
        self, dice: random.Random, is_aimed: bool
    ) -> tuple[frozenset[Phase] | None, float]:
        attempt, arguments = self._some_command(dice)
        self.journal.begin(attempt)
        command = self.house.spawn("command", [sys.executable, "-m", "feedsvc", *arguments])
        target = Target(command.process.pid, "command", command.program.environ["PGAPPNAME"])
        phases = self._stop(target, dice, is_aimed)
        command.process.kill()
        status = command.process.wait()
        assert status in {0, -signal.SIGKILL}, command.log
        self._settle("command", target.name)
        return phases if status else None, time.monotonic()

    def _some_command(self, dice: random.Random) -> tuple[Try, list[str]]:
        key = f"command {self.seed}/{len(self.kills)}/{self.house.starts}"
        title = f"Page {self.house.starts} of Seed {self.seed}"
        known = self.journal.read().of("command", Status.PUBLISHED)
        choice = dice.random()
        if not known or choice < 0.5:
            folder = self.house.program.folder / "pages"
            page = write_page(folder, f"{self.house.starts}.txt", title=title)
            return Try(key, "command", title=title, status=Status.PUBLISHED), ["import", str(page)]
        piece = dice.choice(known)
        if choice < 0.8:
            attempt = Try(key, "command", id=piece.id, title=title)
            edit = ["article", "edit", str(piece.id), "--title", title, "--update"]
            return attempt, edit
        attempt = Try(key, "command", id=piece.id, status=Status.WITHDRAWN)
        return attempt, ["article", "withdraw", str(piece.id)]

    def _stop(self, target: Target, dice: random.Random, is_aimed: bool) -> frozenset[Phase] | None:
        """Stop a group at random, or when it is in the middle of something; None if it ended."""
        deadline = time.monotonic() + _HUNT_SECONDS
        time.sleep(0 if is_aimed else dice.uniform(0, _DELAY_SECONDS))
        while True:
            try:
                phase.stop(target.leader)
                found = self._look(target)
            except (ProcessLookupError, PermissionError):
                return None
            if not is_aimed or found & _WANTED[target.victim] or time.monotonic() > deadline:
                return frozenset(found) if phase.members(target.leader) else None
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(target.leader, signal.SIGCONT)
            time.sleep(dice.uniform(0.001, 0.02))

    def _look(self, target: Target) -> set[Phase]:
        database, pids = self.services.database, phase.members(target.leader)
        only_builder = target.victim == "worker"
        found = phase.look(database, pids, target.name, only_builder=only_builder)
        # Below `serve` PostgreSQL knows both by one name, and the web server never writes.
        return found - INSIDE if target.victim == "web" else found

    # Who works.

    def _work(self, changes: int) -> None:
        """Have the stream make changes."""
        if self._stream is None:
            seed = f"{self.seed}.{self.house.starts}"
            command = [sys.executable, "-m", "tests.crash.stream", str(self.journal.file), seed]
            self._stream = self.house.spawn("stream", command, pipes=True)
        assert self._stream.process.stdin
        self._stream.process.stdin.write(f"{changes}\n".encode())
        self._stream.process.stdin.flush()

    def _rest(self) -> None:
        """Wait until the stream has made its changes, or settle what its death cut off."""
        assert self._stream
        assert self._stream.process.stdout
        answer = self._stream.process.stdout.readline()
        if answer == b"done\n" and self._stream.process.poll() is None:
            return
        assert self._stream.process.wait() == -signal.SIGKILL, self._stream.log
        name = self._stream.program.environ["PGAPPNAME"]
        self._end_stream()
        self._settle(stream.OWNER, name)

    def _settle(self, owner: str, name: str) -> None:
        phase.wait_until_disconnected(self.services.database, name)
        self.settled += settle(self.services.database, self.journal, owner)

    def _end_stream(self) -> None:
        if self._stream is not None:
            self.house.end(self._stream)
            self._stream = None

    # What must be true.

    def _wait_until_in_order(self) -> None:
        database = self.services.database
        try:
            until(lambda: checks.has_nothing_due(database), RECOVERY_SECONDS)
        except TimeoutError as error:
            raise BrokenError(
                f"seed {self.seed}: due still: {checks.what_is_due(database)}"
            ) from error

    def _wrong(self, reader: Reader) -> Iterable[str]:
        ledger = self.journal.read()
        return [
            *self._wrong_documents(),
            *checks.wrong_articles(self.services.database, ledger),
            *checks.wrong_releases(self.house.logs),
            *self._moved_releases(ledger),
            *reader.judge(ledger),
        ]

    def _wrong_documents(self) -> list[str]:
        """Return what is wrong with documents at a moment when nothing happens to them."""
        database = self.services.database
        while True:
            self._wait_until_in_order()
            before = checks.events(database)
            found = checks.wrong_documents(self.services)
            if not found or before == checks.events(database):
                return found

    def _moved_releases(self, ledger: Ledger) -> list[str]:
        before = self._released
        self._released = checks.instants_of_release(self.services.database)
        return [
            f"{ledger.pieces.get(number)} was released at {at}, and again"
            for number, at in before.items()
            if self._released.get(number) != at
        ]

    def _make_sure(self, when: str, wrong: Iterable[str]) -> None:
        found = list(wrong)
        if found:
            raise BrokenError("\n".join([f"{when}: {len(found)} things are wrong:", *found[:20]]))
