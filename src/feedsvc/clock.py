"""The clock: APScheduler ticks that ask the database what is due, and do it.

A tick carries no state: losing one costs the time to the next. Its grace is generous and missed
ticks are run once, because the default of one second drops ticks on a busy machine.
"""

from __future__ import annotations

import datetime as dt
import signal
import threading
from types import FrameType

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from feedsvc.feeds.build import build_due
from feedsvc.intake.desk import release_due
from feedsvc.services import Services
from feedsvc.store import articles

log = structlog.get_logger()


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


def tick(services: Services) -> None:
    """Release what is due, then build what is due; a release that fails holds up no build."""
    try:
        release(services)
    finally:
        build_due(services.press)


def make_scheduler(services: Services) -> BackgroundScheduler:
    """Return a scheduler with the ticks of a worker, not started yet; the first is due at once."""
    scheduler = BackgroundScheduler(
        timezone=dt.UTC,
        executors={"default": ThreadPoolExecutor(1)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    seconds, first = services.settings.worker.tick_seconds, services.now()
    scheduler.add_job(tick, "interval", [services], seconds=seconds, id="tick", next_run_time=first)
    return scheduler


def run_worker(services: Services) -> None:
    """Do what became due while no worker ran, then tick until SIGTERM or SIGINT."""
    stop = threading.Event()

    def stopped(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, stopped)
    signal.signal(signal.SIGINT, stopped)
    scheduler = make_scheduler(services)
    scheduler.start()
    log.info("worker_started", tick_seconds=services.settings.worker.tick_seconds)
    stop.wait()
    scheduler.shutdown(wait=True)
    log.info("worker_stopped")
