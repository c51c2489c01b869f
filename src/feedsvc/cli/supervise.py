"""Keep one web and one worker process up, and stop both when told to."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import deque
from types import FrameType

import structlog

from feedsvc.errors import ServeError

log = structlog.get_logger()

NAMES = ("web", "worker")
_LOOK_SECONDS = 0.2
_PATIENCE_SECONDS = 20
# A child that dies this often within this time is not going to stay up.
_DEATHS = 5
_WITHIN_SECONDS = 60


class _Child:
    """A process that is started again when it dies.

    It leads a group of its own: what it started and left behind (granian serves from a process
    below it, which would keep the port) goes with it, and Ctrl-C reaches it only through us.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.deaths: deque[float] = deque(maxlen=_DEATHS)
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "feedsvc", self.name]
        return subprocess.Popen(command, process_group=0)  # noqa: S603 -- our own program

    def look_after(self) -> None:
        """Start it again if it has died.

        Raises:
            ServeError: It dies again and again.
        """
        status = self.process.poll()
        if status is None:
            return
        now = time.monotonic()
        self.deaths.append(now)
        log.error("child_died", name=self.name, status=status, deaths=len(self.deaths))
        self._sweep()
        if len(self.deaths) == _DEATHS and now - self.deaths[0] < _WITHIN_SECONDS:
            raise ServeError(
                f"`feedsvc {self.name}` died {_DEATHS} times within {_WITHIN_SECONDS} seconds"
                f" (last exit status {status}); run it alone to see why"
            )
        self.process = self._start()

    def stop(self, deadline: float) -> None:
        """Wait for it to end after its SIGTERM; kill it when its time is up."""
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("child_killed", name=self.name)  # noqa: TRY400 -- no surprise
        self._sweep()
        self.process.wait()

    def _sweep(self) -> None:
        """Kill what is left of its group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


def supervise() -> None:
    """Run until SIGTERM, SIGINT or SIGHUP (the terminal was closed).

    Raises:
        ServeError: A child could not be kept up.
    """
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as after nohup
            signal.signal(number, stop)
    children = [_Child(name) for name in NAMES]
    try:
        while not stopping:
            for child in children:
                child.look_after()
            time.sleep(_LOOK_SECONDS)
    finally:
        _stop_all(children)


def _stop_all(children: list[_Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for child in children:
        child.stop(deadline)
