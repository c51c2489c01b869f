"""Archives as a reader meets them: over HTTP, from a real web process, while a worker builds."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from feedsvc import settings as configuration
from feedsvc.intake import desk
from feedsvc.intake.accept import accept
from feedsvc.intake.desk import Edit
from feedsvc.model import Format, Submission
from feedsvc.services import Services, make_services
from feedsvc.store import archives, articles, builds
from tests.cli.program import make_program
from tests.cli.service import Running, free_port, running, until
from tests.feeds.walking import Fetch, walk
from tests.web.live import Live

pytestmark = pytest.mark.slow
SMALL = {
    "FEEDSVC_FEEDS__WINDOW_ENTRIES": "10",
    "FEEDSVC_FEEDS__WINDOW_MIN_ENTRIES": "4",
    "FEEDSVC_FEEDS__WINDOW_HOURS": "0",
    "FEEDSVC_FEEDS__SOFT_CAP_BYTES": "40000",
}


@dataclass
class House:
    """A running service, and what its editors know.

    Attributes:
        public: Row ids of public articles by guid.
    """

    serve: Running
    services: Services
    public: dict[str, int] = field(default_factory=dict)

    def url(self, fmt: Format) -> str:
        return self.services.settings.feed_url("section/news", fmt)

    def publish(self, title: str, date: dt.date | None = None) -> None:
        body = f"<p>{'word ' * 200}</p>"
        story = Submission(title, body, (("Ana Lee", None),), ("News",), date=date)
        with self.services.database.write() as tx:
            made = accept(tx, self.services.door, story)
            self.public[articles.get(tx, made.article_id).guid] = made.article_id

    def withdraw(self, guid: str) -> None:
        with self.services.database.write() as tx:
            desk.withdraw(tx, self.services.door, self.public.pop(guid))

    def edit(self, guid: str, text: str) -> None:
        with self.services.database.write() as tx:
            desk.edit(tx, self.services.door, self.public[guid], Edit(content_html=text))

    def is_quiet(self) -> bool:
        """True when nothing waits to be built."""
        press = self.services.press
        with self.services.database.read() as tx:
            waits = builds.due(tx, press.now() + dt.timedelta(hours=1), press.lease)
            return not waits and not archives.count_due(tx)

    def met(self, fmt: Format) -> set[str]:
        """Walk to the end and return the ids of all entries."""
        fetch = over_http(self.serve)
        return {guid for step in walk(fetch, self.url(fmt)) for guid, _ in step.entries}


def over_http(serve: Running) -> Fetch:
    def fetch(url: str) -> bytes:
        answer = serve.get(url.partition(f":{serve.port}")[2])
        assert answer is not None, url
        assert answer.status == 200, (url, answer.status)
        return answer.body

    return fetch


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """Serve fifty stories of the last months, in feeds of ten."""
    program = make_program(folder, PORT=str(free_port())).with_env(**SMALL)
    environ = {**SMALL, "DATABASE_URL": f"sqlite:///{folder}/var/feedsvc.db"}
    environ["PORT"] = program.environ["PORT"]
    services = make_services(configuration.load(environ, Path(os.devnull)).settings)
    today = services.now().date()
    with running(program, "serve") as serve:
        found = House(serve.when_up(), services)
        for number in range(50):
            found.publish(f"Old {number}", today - dt.timedelta(days=3 * (50 - number)))
        until(found.is_quiet)
        until(lambda: found.met(Format.ATOM) == set(found.public))
        yield found
    services.database.close()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("archives")) as found:
        yield found


def test_whoever_walks_while_an_editor_works_misses_nothing(live: House) -> None:
    ended, rng = threading.Event(), random.Random(5)

    def work() -> None:
        for number in range(10_000):
            live.publish(f"New {number}")
            some = rng.sample(sorted(live.public), 2)
            live.edit(some[0], f"<p>{'other ' * rng.randrange(900)}</p>")
            if number % 3 == 0:
                live.withdraw(some[1])
            if ended.wait(0.15):
                return

    editor = threading.Thread(target=work)
    editor.start()
    walks, seen = 0, {fmt: set(live.public) for fmt in Format}
    try:
        began = time.monotonic()
        while time.monotonic() - began < 6:
            for fmt in Format:
                met = live.met(fmt)
                missed = (seen[fmt] & set(live.public)) - met
                assert missed == set()  # what was met once is met again
                seen[fmt] |= met
                walks += 1
    finally:
        ended.set()
        editor.join()
    until(live.is_quiet)
    for fmt in Format:
        until(lambda fmt=fmt: live.met(fmt) == set(live.public))  # type: ignore[misc]
    print(f"{walks} walks, {len(live.public)} stories")  # noqa: T201
    assert walks > 3


def test_a_page_is_answered_as_a_feed_is(live: House) -> None:
    steps = list(walk(over_http(live.serve), live.url(Format.ATOM)))
    newest, older = (step.url.partition(f":{live.serve.port}")[2] for step in (steps[1], steps[2]))
    web = Live(live.serve, live.services.database)
    found, again = web.ask(older), web.ask(newest)

    assert found["content-type"] == "application/atom+xml; charset=utf-8"
    assert found["cache-control"].startswith("public, max-age=86400,")
    assert found["link"] == f'<{steps[2].url}>; rel="self"'
    assert found["access-control-allow-origin"] == "*"
    assert again["cache-control"].startswith("public, max-age=300,")
    packed = web.ask(older, Accept_Encoding="gzip")
    assert gzip.decompress(packed.body) == found.body
    for etag in (found["etag"], packed["etag"]):
        assert web.ask(older, Accept_Encoding="gzip", If_None_Match=etag).status == 304
    for path in (older.replace(".atom", "-99.atom"), "/feeds/section/sports/2024-01.atom"):
        assert web.ask(path).status == 404


def test_what_is_withdrawn_is_gone_from_its_page_within_a_second(live: House) -> None:
    """Of three the quickest counts, for this machine may have other things to do."""
    until(live.is_quiet)
    fetch, seconds = over_http(live.serve), []
    for _ in range(3):
        steps = list(walk(fetch, live.url(Format.JSON)))
        last = [step for step in steps if step.entries][-1]
        guid, page = last.entries[0][0], last.url
        began = time.perf_counter()
        live.withdraw(guid)
        until(lambda page=page, guid=guid: guid.encode() not in fetch(page))  # type: ignore[misc]
        seconds.append(time.perf_counter() - began)
        until(live.is_quiet)
    print("gone after", *(f"{each:.2f} s" for each in seconds))  # noqa: T201
    assert min(seconds) < 1
