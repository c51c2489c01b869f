"""Servers on one core, and wrk, which asks them, on another."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SERVER_CORE, LOAD_CORE = 0, 1
CONNECTIONS = 32
_PATIENCE_SECONDS = 30

_DONE = """
function done(summary, latency)
  local e = summary.errors
  print("figures", summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout)
end
"""
# Requests are made before the clock starts, and one of them is sent at random.
_AT_RANDOM = """
local requests = {}
function init(arguments)
  for path in io.lines(arguments[1]) do table.insert(requests, wrk.format("GET", path)) end
end
function request() return requests[math.random(#requests)] end
"""


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes:
        pid: Of its first process; others may be below it.
    """

    port: int
    pid: int

    @property
    def resident_bytes(self) -> int:
        """What its largest process holds in memory."""
        return max(map(_resident_bytes, _family(self.pid)))

    @property
    def cpu_seconds(self) -> float:
        """The processor time that all its processes have taken."""
        return sum(map(_cpu_seconds, _family(self.pid)))


@dataclass(frozen=True)
class Answer:
    """An answer to one request, its body as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Load:
    """What is asked for again and again.

    Attributes:
        paths: One of them at random, each time.
    """

    server: Server
    paths: Sequence[str]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """What came of a load.

    Attributes:
        cpu_us: Processor time of the server for one answer: the same on a busy machine, where the
            rate says more of who else was busy. A server that is alone answers no faster than this.
    """

    per_second: float
    cpu_us: float
    p50_ms: float
    p99_ms: float


def need(*programs: str) -> None:
    """End with a plain word when a program is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise SystemExit(
            f"benchmarks/serve.py drives {' and '.join(missing)}, which this system does not have;"
            f" on Debian: apt-get install {' '.join(missing)}"
        )
    if (os.cpu_count() or 1) < 2:
        raise SystemExit("benchmarks/serve.py needs two cores: one for servers, one for wrk")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], port: int, log: Path, variables: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run a server on its core until the block ends."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            ["taskset", "-c", str(SERVER_CORE), *command],
            env=os.environ | dict(variables or {}),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
    try:
        _wait_for(process, port, log)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"{process.args!r} did not start:\n{log.read_text()}")


def ask(server: Server, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask a server once."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "identity", **(headers or {})})
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, names, answer.read())
    finally:
        connection.close()


def measure(load: Load, seconds: int, folder: Path) -> Measured:
    """Ask as fast as the server answers, from many connections that stay open."""
    script, paths = folder / "load.lua", folder / "paths"
    is_one = len(load.paths) == 1
    script.write_text(_DONE if is_one else _DONE + _AT_RANDOM)
    paths.write_text("".join(f"{path}\n" for path in load.paths))
    headers = [f"-H{name}: {value}" for name, value in load.headers.items()]
    url = f"http://127.0.0.1:{load.server.port}{load.paths[0]}"
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script), *headers, url]
    command = ["taskset", "-c", str(LOAD_CORE), *words, "--", str(paths)]
    before = load.server.cpu_seconds
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    cpu_seconds = load.server.cpu_seconds - before
    line = next(line for line in output.splitlines() if line.startswith("figures"))
    requests, duration, p50, p99, errors = map(float, line.split()[1:])
    if errors:
        raise SystemExit(f"{url}: {errors:.0f} answers were wrong:\n{output}")
    return Measured(
        per_second=requests / duration * 1_000_000,
        cpu_us=cpu_seconds / requests * 1_000_000,
        p50_ms=p50 / 1_000,
        p99_ms=p99 / 1_000,
    )


def _family(pid: int) -> list[int]:
    """Return a process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _cpu_seconds(pid: int) -> float:
    """Return what a process has taken: `utime` and `stime` of proc_pid_stat(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_bytes(pid: int) -> int:
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
