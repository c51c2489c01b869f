"""Keep one web and one worker process up, and stop both when told to."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from types import FrameType

import structlog

from feedsvc.errors import ServeError

log = structlog.get_logger()

NAMES = ("web", "worker")
# The variable that tells a child the number of its end of the pipe; no setting.
_LIFELINE = "_FEEDSVC_LIFELINE"
_LOOK_SECONDS = 0.2
_PATIENCE_SECONDS = 20
# A child that dies this often within this time is not going to stay up.
_DEATHS = 5
_WITHIN_SECONDS = 60
# Not so a worker that is killed: readers still have the web process. It rests in between.
_PAUSE_SECONDS = 10


class _Child:
    """A process that is started again when it dies.

    It leads a group of its own: what it started and left behind (granian serves from a process
    below it, which would keep the port) goes with it, and Ctrl-C reaches it only through us.

    Attributes:
        lifeline: The end of a pipe whose other end closes when we end, however we do.
    """

    def __init__(self, name: str, lifeline: int) -> None:
        self.name = name
        self.lifeline = lifeline
        self.deaths: deque[float] = deque(maxlen=_DEATHS)
        self.pause_until: float | None = None
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "feedsvc", self.name]
        environ = {**os.environ, _LIFELINE: str(self.lifeline)}
        return subprocess.Popen(  # noqa: S603 -- our own program
            command, process_group=0, pass_fds=[self.lifeline], env=environ
        )

    def look_after(self) -> None:
        """Start it again if it has died.

        Raises:
            ServeError: It dies again and again.
        """
        status, now = self.process.poll(), time.monotonic()
        if status is None:
            return
        if self.pause_until is not None:
            if now >= self.pause_until:
                self.pause_until = None
                self.process = self._start()
            return
        self.deaths.append(now)
        log.error("child_died", name=self.name, status=status, deaths=len(self.deaths))
        self._sweep()
        if len(self.deaths) == _DEATHS and now - self.deaths[0] < _WITHIN_SECONDS:
            if self.name == "worker" and status < 0:
                # Something that it works on ends it; it works on it less and less often.
                self.pause_until = now + _PAUSE_SECONDS
                return
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


def end_with_parent() -> None:
    """End this process and its group when the `serve` that started it has ended, if one did.

    Otherwise a `serve` that is killed would leave its children behind, with the port.
    """
    lifeline = os.environ.pop(_LIFELINE, None)

    def wait() -> None:
        os.read(int(lifeline or 0), 1)
        os.killpg(0, signal.SIGTERM)

    if lifeline is not None:
        threading.Thread(target=wait, daemon=True).start()


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
    lifeline, _ours = os.pipe()
    children = [_Child(name, lifeline) for name in NAMES]
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
