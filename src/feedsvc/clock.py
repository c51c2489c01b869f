"""The clock: APScheduler ticks that ask the database what is due, and do it.

A tick carries no state: losing one costs the time to the next. Its grace is generous and missed
ticks are run once, because the default of one second drops ticks on a busy machine. Of several
workers one is the clock; the others stand by and ask for its lock.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import FrameType

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from feedsvc import timetable
from feedsvc.errors import StoreError
from feedsvc.feeds.admit import admit_due, prepare
from feedsvc.feeds.archive import build_next
from feedsvc.feeds.audit import Audited, audit
from feedsvc.feeds.backlog import Failed, build_due
from feedsvc.feeds.build import void_leases
from feedsvc.feeds.confirm import confirm_next
from feedsvc.feeds.finish import finish_next
from feedsvc.feeds.press import Press
from feedsvc.intake.desk import release_due
from feedsvc.intake.media import fetch_due, withhold_withdrawn
from feedsvc.intake.sources import poll_due
from feedsvc.services import Services
from feedsvc.store import articles, builds, jobs, sources
from feedsvc.store.leader import Leadership, leadership

log = structlog.get_logger()

BEAT_SECONDS = 5
_LOOK_SECONDS = 60  # how often timetables are looked at
_MEDIA_SECONDS = 2  # how often somebody asks for pictures to fetch
_MEDIA_PATIENCE = dt.timedelta(minutes=1)
_WATCH_SECONDS = 1
_POLL_SECONDS = 2  # how often sources are asked for that are due
_STEP = dt.timedelta(seconds=2)  # a wall clock that goes wrong by as much has been set
_PATIENCE_SECONDS = 5
_BUILDER = "clock:"


@dataclass
class Clock:
    """The work of one worker.

    Attributes:
        holder: How this worker is called: `host:pid`.
        stopping: Set when the worker is to end: a long backlog is left where it is.
    """

    services: Services
    holder: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._lock: Leadership = leadership(self.services.database)
        self._leads = False
        self._beat_at = self._looked_at = -float("inf")
        self._lost_leases = False
        builder = f"{_BUILDER}{self.holder}:"
        self._press: Press = replace(self.services.press, builder=builder)

    def tick(self) -> None:
        """Do what is due, if this worker is the clock.

        Raises:
            StoreError: The store could not be read or written; the next tick tries again.
        """
        if not self._is_clock():
            return
        self._beat()
        if self._lost_leases:
            void_leases(self._press, self._press.builder)
            self._lost_leases = False
        trouble = self._let_in()
        self._take_back()
        trouble = self._build(trouble)
        if trouble is not None:  # it held up no build
            raise trouble
        self._in_peace("read-back", confirm_next, "read back")
        self._in_peace("finish", finish_next, "finished")
        self._in_peace("archive", build_next, "pages")

    def _is_clock(self) -> bool:
        try:
            leads = self._lock.hold()
        except StoreError:
            self._leads = False
            raise
        if leads and not self._leads:
            # Whoever was the clock before is gone, with the feeds that it was building.
            void_leases(self._press, _BUILDER)
            self._looked_at = self._beat_at = -float("inf")
            log.info("clock_taken", holder=self.holder)
        self._leads = leads
        return leads

    def _beat(self) -> None:
        """Say that the clock goes, and see to the timetables, both every so often."""
        present = time.monotonic()
        if present - self._beat_at >= BEAT_SECONDS:
            with self.services.database.write() as tx:
                jobs.beat(tx, self.holder, self.services.now())
            self._beat_at = present
        if present - self._looked_at >= _LOOK_SECONDS:
            prepare(self._press)
            self._looked_at = present

    def _let_in(self) -> Exception | None:
        """Release articles and let waiting ones into their feeds; return what went wrong."""
        began = time.perf_counter()
        try:
            released = release(self.services)
            admitted = len(admit_due(self._press))
        except Exception as error:  # noqa: BLE001 -- raised when the tick has built
            return error
        if released:
            self._note("release", began, f"{released} released")
        if admitted:
            self._note("admit", began, f"{admitted} feeds")
        return None

    def _build(self, trouble: Exception | None) -> Exception | None:
        """Build what is due; releases do not wait until a long backlog is worked off."""
        began, done, failed = time.perf_counter(), 0, 0
        for result in build_due(self._press, processes=self.services.processes):
            done += 1
            if isinstance(result, Failed):
                failed += 1
                self._lost_leases = True
            if self.stopping.is_set():
                break
            self._beat()
            trouble = self._let_in() or trouble
            self._take_back()
        if done:
            self._note("build", began, f"{done} built, {failed} failed", failed=bool(failed))
        return trouble

    def _in_peace(self, job: str, step: Callable[[Press], bool], word: str) -> None:
        """Do what can wait behind a swap, until something more urgent is due."""
        self._work_off(job, lambda: not self._has_work() and step(self._press), word)

    def _take_back(self) -> None:
        """Build archive pages that may show what was withdrawn: nothing is more urgent."""
        self._work_off("archive", lambda: build_next(self._press, urgent=True), "pages")

    def _work_off(self, job: str, step: Callable[[], bool], word: str) -> None:
        began, done = time.perf_counter(), 0
        while not self.stopping.is_set() and step():
            self._beat()
            done += 1
        if done:
            self._note(job, began, f"{done} {word}")

    def _has_work(self) -> bool:
        now = self.services.now()
        with self.services.database.read() as tx:
            return bool(
                articles.due_for_release(tx, now)
                or builds.admissions_due(tx, now)
                or builds.due(tx, now, self._press.lease)
            )

    def _note(self, name: str, began: float, note: str, *, failed: bool = False) -> None:
        seconds = round(time.perf_counter() - began, 4)
        now = self.services.now()
        with self.services.database.write() as tx:
            jobs.begin(tx, name, now - dt.timedelta(seconds=seconds))
            jobs.end(tx, name, seconds=seconds, note=note, failed=failed)

    def poll_if_due(self) -> None:
        """Poll the sources that are due; drafts come of it, or articles that builds then find."""
        if not self._leads:
            return
        with self.services.database.read() as tx:
            if not sources.any_due(tx, self.services.now()):
                return
        began, done, new, failed = time.perf_counter(), 0, 0, 0
        services = self.services
        for polled in poll_due(
            services.database, services.door, services.get, is_stopped=self.stopping.is_set
        ):
            done, new = done + 1, new + polled.new
            failed += polled.source.problem is not None
        if done:
            self._note("poll", began, f"{done} polled, {new} new, {failed} failed")

    def audit_if_due(self) -> None:
        """Prove every document from nothing when the timetable says so, also when it is late."""
        if not self._leads:
            return
        with self.services.database.read() as tx:
            last = jobs.all_jobs(tx).get("audit")
        if last is None:  # a new store has nothing to audit before its first night
            with self.services.database.write() as tx:
                jobs.begin(tx, "audit", self.services.now())
            return
        settings, now = self.services.settings, self.services.now()
        due_at = timetable.parse(settings.worker.audit).next_after(last.started_at, settings.tz)
        # A start that lies ahead is from before the clock was set back.
        if due_at <= now or last.started_at > now + _STEP:
            self._audit(last.started_at)

    def fetch_media(self) -> None:
        """Take back the pictures of withdrawn articles, and fetch those that others name."""
        if not self._leads:
            return
        database, door = self.services.database, self.services.door
        withhold_withdrawn(database, door)
        if not self.services.settings.media.fetch:
            return
        began, done, failed = time.perf_counter(), 0, 0
        stops = self.stopping.is_set
        for one in fetch_due(database, door, is_stopping=stops, patience=_MEDIA_PATIENCE):
            done += 1
            failed += bool(one.problem)
        if done:
            self._note("media", began, f"{done} fetched, {failed} failed")

    def _audit(self, before: dt.datetime) -> None:
        """Prove every document from nothing, in processes of their own.

        Args:
            before: When the last audit began; it stays the last one if this one does not end.
        """
        began, done, found = time.perf_counter(), 0, 0
        with self.services.database.write() as tx:
            jobs.begin(tx, "audit", self.services.now())
        try:
            for result in audit(self._press, max(1, self.services.processes - 1)):
                done += result.documents
                found += len(result.findings)
                self._tell(result)
                if self.stopping.is_set():
                    with self.services.database.write() as tx:
                        jobs.begin(tx, "audit", before)
                    return
        except Exception as error:
            note = f"stopped by {type(error).__name__}: {done} documents, {found} findings"
            self._end_audit(began, note, failed=True)
            raise
        self._end_audit(began, f"{done} documents, {found} findings", failed=bool(found))
        seconds = round(time.perf_counter() - began, 3)
        log.info("audited", documents=done, findings=found, seconds=seconds)

    def _tell(self, result: Audited) -> None:
        for finding in result.findings:
            log.error("audit_found", feed=result.path, rule=finding.rule, place=finding.place)
        if result.findings:  # what is built from nothing is built from nothing remembered either
            self._press.memory.clear()

    def _end_audit(self, began: float, note: str, *, failed: bool) -> None:
        seconds = round(time.perf_counter() - began, 3)
        with self.services.database.write() as tx:
            jobs.end(tx, "audit", seconds=seconds, note=note, failed=failed)

    def end(self) -> None:
        """Let another worker be the clock."""
        self._lock.give_up()


def release(services: Services) -> int:
    """Make public what is due and return how many articles that were."""
    with services.database.read() as tx:
        waiting = articles.due_for_release(tx, services.now())
    if not waiting:
        return 0
    with services.database.write() as tx:
        released = release_due(tx, services.door)
    for article in released:
        log.info("article_released", article=article.id, title=article.title)
    return len(released)


class _Patient:
    """Calls a job; when the store fails it says so in one line, and waits longer each time."""

    def __init__(self, name: str, job: Callable[[], None]) -> None:
        self._name = name
        self._job = job
        self._failures = 0
        self._again_at = -float("inf")

    def __call__(self) -> None:
        if time.monotonic() < self._again_at:
            return
        try:
            self._job()
        except StoreError as error:
            log.error("store_failed", job=self._name, reason=str(error))  # noqa: TRY400 -- no bug
            self._wait()
        except Exception:
            log.exception("tick_failed", job=self._name)
            self._wait()
        else:
            self._failures = 0

    def _wait(self) -> None:
        self._failures += 1
        self._again_at = time.monotonic() + min(_PATIENCE_SECONDS, 0.1 * 2**self._failures)


def make_scheduler(clock: Clock) -> BackgroundScheduler:
    """Return a scheduler with the jobs of a worker, not started yet; the first is due at once.

    The audit, sources and pictures have threads of their own: the ticks go on meanwhile.
    """
    names = ("default", "audit", "poll", "media")
    scheduler = BackgroundScheduler(
        timezone=dt.UTC,
        executors={name: ThreadPoolExecutor(1) for name in names},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    seconds, first = clock.services.settings.worker.tick_seconds, clock.services.now()
    tick = _Patient("tick", clock.tick)
    scheduler.add_job(tick, "interval", seconds=seconds, id="tick", next_run_time=first)
    look = _Patient("audit", clock.audit_if_due)
    scheduler.add_job(look, "interval", seconds=_LOOK_SECONDS, id="audit", executor="audit")
    poll = _Patient("poll", clock.poll_if_due)
    scheduler.add_job(poll, "interval", seconds=_POLL_SECONDS, id="poll", executor="poll")
    media = _Patient("media", clock.fetch_media)
    scheduler.add_job(media, "interval", seconds=_MEDIA_SECONDS, id="media", executor="media")
    return scheduler


def wake(scheduler: BackgroundScheduler) -> None:
    """Have jobs run now that wait for a time which the wall clock had before it was set back."""
    now = dt.datetime.now(dt.UTC)
    for job in scheduler.get_jobs():
        ahead = job.next_run_time - now
        if ahead > job.trigger.interval + _STEP:
            log.warning("wall_clock_set_back", job=job.id, seconds=round(ahead.total_seconds()))
            job.modify(next_run_time=now)


def run_worker(services: Services) -> None:
    """Do what became due while no worker ran, then tick until SIGTERM or SIGINT."""
    clock = Clock(services)

    def stopped(_signal: int, _frame: FrameType | None) -> None:
        clock.stopping.set()

    signal.signal(signal.SIGTERM, stopped)
    signal.signal(signal.SIGINT, stopped)
    scheduler = make_scheduler(clock)
    scheduler.start()
    log.info("worker_started", tick_seconds=services.settings.worker.tick_seconds)
    while not clock.stopping.wait(_WATCH_SECONDS):
        wake(scheduler)
    scheduler.shutdown(wait=True)
    clock.end()
    log.info("worker_stopped")
