"""The processes of a newsroom over one store, started, killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from feedsvc.services import Services, make_services
from feedsvc.settings import load
from feedsvc.store.migrate import migrate
from tests.cli.program import Program
from tests.cli.service import Answer, Running, free_port, until
from tests.newsroom import REPOSITORY

PARTS = ("web", "worker")
SETTINGS = {
    "FEEDSVC_SITE__BASE_URL": "https://paper.example",
    "FEEDSVC_WORKER__LEASE_SECONDS": "5",
    "FEEDSVC_LOG__JSON_LINES": "true",
    # Everything is new here: without this the window would be the whole store.
    "FEEDSVC_FEEDS__WINDOW_HOURS": "0",
}


@dataclass(frozen=True)
class Death:
    """What was killed.

    Attributes:
        is_whole: True when the whole part ends with it.
        worker_starts: How often workers had started by then.
    """

    part: str
    leader: int
    is_whole: bool
    worker_starts: int


@dataclass
class House:
    """The web server and the worker of a store: each alone, or both below `feedsvc serve`.

    Attributes:
        is_supervised: True when `serve` runs them.
        starts: How many processes were started, which numbers their logs.
    """

    program: Program
    is_supervised: bool = False
    running: dict[str, Running] = field(default_factory=dict)
    starts: int = 0

    @property
    def logs(self) -> list[str]:
        """Every line that any of its processes ever wrote, each process' in its order."""
        files = sorted(self.program.folder.glob("*.log"))
        return [line for file in files for line in file.read_text("utf-8").splitlines()]

    def open(self, *, supervised: bool) -> None:
        """Start everything and wait until it works."""
        self.is_supervised = supervised
        for name in ("serve",) if supervised else PARTS:
            self._start(name)
        for part in PARTS:
            self._wait_until_up(part, 0)

    def close(self) -> None:
        """Tell everything to end, and make sure that it does."""
        for running in self.running.values():
            running.process.send_signal(signal.SIGTERM)
        for running in self.running.values():
            try:
                running.process.wait(30)
            finally:
                _kill_session(running)
        self.running.clear()

    def end(self, running: Running) -> None:
        """Kill a process that was spawned, if it has not ended."""
        _kill_session(running)

    def abandon(self) -> None:
        """Kill everything that is left."""
        for running in self.running.values():
            _kill_session(running)
        self.running.clear()

    def leader(self, part: str) -> int:
        """Return the process that leads the group of a part."""
        if not self.is_supervised:
            return self.running[part].process.pid
        return until(lambda: self.running["serve"].child(part))

    def name(self, part: str) -> str:
        """Return the name under which a part is connected to PostgreSQL."""
        running = self.running["serve" if self.is_supervised else part]
        return running.program.environ["PGAPPNAME"]

    def kill(self, part: str, pid: int) -> Death:
        """Kill a process of a part, all of which has been stopped.

        Alone, it goes with all that it has started, as platforms do it; below `serve` it is for
        `serve` to see to the rest.
        """
        leader = self.leader(part)
        death = Death(part, leader, pid == leader or part == "web", self._worker_starts())
        if self.is_supervised:
            os.kill(pid, signal.SIGKILL)
            with suppress(ProcessLookupError):
                os.killpg(leader, signal.SIGCONT)
        else:
            os.killpg(leader, signal.SIGKILL)
        return death

    def bring_back(self, death: Death) -> None:
        """Have a part that was killed started again, and wait until it works."""
        if not self.is_supervised:
            self.running[death.part].process.wait()
            self._start(death.part)
            self._wait_until_up(death.part, 0)
        elif death.is_whole:
            serve = self.running["serve"]
            until(lambda: serve.child(death.part) not in {death.leader, None})
            self._wait_until_up(death.part, death.worker_starts)

    def _wait_until_up(self, part: str, worker_starts: int) -> None:
        if part == "web":
            until(lambda: self.get("/healthz"))
        else:
            until(lambda: self._worker_starts() > worker_starts)

    def _worker_starts(self) -> int:
        """Return how often a worker started in what runs now."""
        running = self.running["serve" if self.is_supervised else "worker"]
        assert running.process.poll() is None or not self.is_supervised, running.log[-2_000:]
        return running.log.count("worker_started")

    def get(self, path: str) -> Answer | None:
        """Ask the web server, if there is one; None while nobody answers."""
        running = self.running.get("serve" if self.is_supervised else "web")
        return running.get(path) if running else None

    def _start(self, name: str) -> None:
        command = [sys.executable, "-m", "feedsvc", name]
        self.running[name] = self.spawn(name, command)

    def spawn(self, name: str, command: list[str], *, pipes: bool = False) -> Running:
        """Start any process of this program, in a session of its own.

        Args:
            pipes: Speak with it through its standard input and output.
        """
        self.starts += 1
        program = self.program.with_env(PGAPPNAME=f"{name}-{self.starts}")
        output = program.folder / f"{self.starts:04}-{name}.log"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=program.environment,
                stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipes else stream,
                stderr=stream,
                start_new_session=True,
            )
        return Running(process, output, int(program.environ["PORT"]), program)


def _kill_session(running: Running) -> None:
    running.process.kill()
    running.process.wait()
    for pid in running.family():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pipe in (running.process.stdin, running.process.stdout):
        if pipe is not None:
            pipe.close()


@contextmanager
def a_house(folder: Path, url: str, **environ: str) -> Iterator[tuple[House, Services]]:
    """Return the house of a new store, nothing of which runs yet, and a way into the store."""
    variables = {**SETTINGS, "DATABASE_URL": url, "PORT": str(free_port()), **environ}
    services = make_services(load(variables, Path(os.devnull)).settings)
    migrate(services.database)
    house = House(Program(folder, variables))
    try:
        yield house, services
    finally:
        house.abandon()
        services.database.close()
