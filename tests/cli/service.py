"""Run `feedsvc serve`, `web` or `worker` as a system does: started, watched, signalled, killed."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from tests.cli.program import Program

T = TypeVar("T")

# Long enough for a machine that is busy with other things; a test waits no longer than it has to.
PATIENCE_SECONDS = 60


def until(condition: Callable[[], T | None], seconds: float = PATIENCE_SECONDS) -> T:
    """Ask again and again, and return the first answer that is true."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"still {answer!r} after {seconds} seconds")
        time.sleep(0.01)
    return answer


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Running:
    """A process that runs until it is told to end, in a session of its own.

    Attributes:
        program: The same program for other commands, with the same port and so the same base URL.
    """

    process: subprocess.Popen[bytes]
    output: Path
    port: int
    program: Program

    @property
    def log(self) -> str:
        """All that it and its children have written."""
        return self.output.read_text(encoding="utf-8")

    def get(self, path: str) -> Answer | None:
        """Ask for a path; None while nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            found = connection.getresponse()
            return Answer(
                found.status, {k.lower(): v for k, v in found.headers.items()}, found.read()
            )
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def when_up(self) -> Running:
        """Wait until it serves, and return it."""
        until(lambda: self.get("/healthz") or self.process.poll() is not None)
        assert self.process.poll() is None, self.log
        return self

    def family(self) -> dict[int, str]:
        """Return the command lines of all processes in its session, by process id."""
        return {pid: _command(pid) for pid in _in_session(self.process.pid)}

    def child(self, name: str) -> int | None:
        """Return the process id of its child that runs `feedsvc NAME`."""
        for pid in _in_session(self.process.pid):
            if _parent(pid) == self.process.pid and _command(pid).endswith(f"feedsvc {name}"):
                return pid
        return None

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal it and return its exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def running(program: Program, command: str) -> Iterator[Running]:
    """Run a command until the block ends, and leave nothing of it behind."""
    port = int(program.environ.get("PORT") or free_port())
    program = program.with_env(PORT=str(port))
    output = program.folder / f"{command}-{port}.log"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "feedsvc", command],
            cwd=program.folder,
            env=program.environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    try:
        yield Running(process, output, port, program)
    finally:
        process.kill()
        process.wait()
        for pid in _in_session(process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _in_session(session: int) -> list[int]:
    """Return the processes of a session that have not ended."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("looks at processes as only Linux shows them")
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _fields(int(folder.name))
        if fields and fields[0] != "Z" and int(fields[3]) == session:
            found.append(int(folder.name))
    return found


def _parent(pid: int) -> int | None:
    fields = _fields(pid)
    return int(fields[1]) if fields else None


def _fields(pid: int) -> list[str]:
    """Return what /proc says of a process from its state on: state, parent, group, session."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def _command(pid: int) -> str:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    return ""
