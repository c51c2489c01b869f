"""Two web processes and a worker over one store: what one of them does, all of them show."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from feedsvc import settings as configuration
from feedsvc.intake import desk
from feedsvc.services import Services, make_services
from feedsvc.store import articles
from tests.cli.service import running, until
from tests.web.live import house, send

pytestmark = pytest.mark.slow


def withdraw(services: Services, number: int) -> float:
    """Withdraw an article, leave the builds to the worker, and return when that was committed."""
    with services.database.write() as tx:
        desk.withdraw(tx, services.door, number)
    return time.perf_counter()


def listed(port: int) -> set[str]:
    """Return the guids of the stories that a web process lists."""
    answer = send(port, b"GET /feeds/all.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.status == 200
    return {item["id"] for item in json.loads(answer.body)["items"]}


def test_a_withdrawal_is_seen_by_both_web_processes_within_a_second(tmp_path: Path) -> None:
    """Of three the quickest counts, for this machine may have other things to do."""
    program, database = house(tmp_path)
    loaded = configuration.load({"DATABASE_URL": database.url}, Path(os.devnull))
    services = make_services(loaded.settings)
    numbers = (1, 2, 3)
    with database.read() as tx:
        guids = [articles.get(tx, number).guid for number in numbers]
    alike = program.with_env(FEEDSVC_SITE__BASE_URL="https://paper.example")

    seconds = []
    elsewhere = alike.with_env(PORT="")
    with (
        running(alike, "web") as one,
        running(elsewhere, "web") as two,
        running(elsewhere, "worker") as worker,
    ):
        until(lambda: "worker_started" in worker.log)
        ports = (one.when_up().port, two.when_up().port)
        for number, guid in zip(numbers, guids, strict=True):
            assert all(guid in listed(port) for port in ports)
            began = withdraw(services, number)
            until(lambda gone=guid: not any(gone in listed(port) for port in ports))  # type: ignore[misc]
            seconds.append(time.perf_counter() - began)
    services.database.close()
    database.close()

    print("seen by both after", *(f"{each:.2f} s" for each in seconds))  # noqa: T201
    assert min(seconds) < 1
