"""The corpus in a real browser: nothing runs, and nothing is fetched that an article does not show.

Each article's page is opened as it is served, and once more without its policy: then what
protects readers is the cleaning alone, as in every reader that knows no such policy.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, sync_playwright
from werkzeug.serving import make_server

from feedsvc.web.app import create_app
from tests.corpus.awkward import Awkward, corpus
from tests.corpus.conftest import Published

pytestmark = pytest.mark.program

POLICY = "Content-Security-Policy"
KEPT_AT_HOME = "net::ERR_PROXY_CONNECTION_FAILED"
NO_FRAMES = "frame-ancestors 'none'"
AT_ONCE = 70
SHOWN = {"image", "media", "texttrack"}
OPEN = """addresses => Promise.all(addresses.map(address => new Promise((done, give_up) => {
  const frame = document.createElement("iframe");
  frame.onload = done;
  frame.src = address;
  frame.style.visibility = "hidden";
  document.body.append(frame);
  setTimeout(() => give_up(new Error(address + " does not come to rest")), 30000);
})))"""
# What a browser makes of each article, whatever its HTML looks like; an article's own names
# must not deceive the test either, so nothing is asked of its own document.
SIGHTS = """() => [...document.querySelectorAll("iframe")].map(frame => {
  const of = frame.contentDocument, found = [];
  if (!of) return [frame.src, ["went elsewhere"]];
  const content = Document.prototype.querySelector.call(of, ".content");
  const banned = "script,style,link,meta,base,iframe,frame,object,embed,form,input,button,select," +
    "textarea,template,svg,math,noscript,portal,applet";
  for (const element of Element.prototype.querySelectorAll.call(content, "*")) {
    if (Element.prototype.matches.call(element, banned))
      found.push("element " + element.localName);
    for (const name of Element.prototype.getAttributeNames.call(element))
      if (/^on|^style$|^formaction$|^srcdoc$/.test(name)) found.push("attribute " + name);
    for (const name of ["href", "src", "cite", "poster"])
      if (element[name] && !/^(https?|mailto|tel):/.test(element[name]))
        found.push(name + " " + element[name]);
    if (element.id && !element.id.startsWith("ref-")) found.push("id " + element.id);
  }
  if (frame.contentWindow.__xss !== undefined) found.push("it ran: " + frame.contentWindow.__xss);
  if (Document.prototype.querySelectorAll.call(of, "h1").length !== 1) found.push("no title");
  return [frame.src, found];
})"""
RAN = "() => String(window.__xss)"


@dataclass
class Watch:
    """What a page and its frames did while they were open.

    Attributes:
        complaints: (address of the frame if known, what happened).
        asked: (address of the frame, kind, address) of requests that did not go to the server.
    """

    server: str
    complaints: list[tuple[str, str]] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Hear of everything that a page does."""
        page.on("console", self.on_console)
        page.on("request", self.on_request)
        page.on("dialog", self.on_dialog)
        page.on("pageerror", lambda error: self.complain(f"an error: {error}"))
        page.on("popup", lambda popup: self.complain(f"a window: {popup.url}"))
        page.on("download", lambda file: self.complain(f"a download: {file.url}"))
        page.on("worker", lambda worker: self.complain(f"a worker: {worker.url}"))

    def complain(self, what: str, frame: str = "") -> None:
        self.complaints.append((frame, what))

    def on_console(self, message: ConsoleMessage) -> None:
        # That a picture did not come is our doing: the browser is kept at home.
        if not message.text.startswith(f"Failed to load resource: {KEPT_AT_HOME}"):
            self.complain(f"on the console: {message.text}", message.location["url"])

    def on_dialog(self, dialog: Dialog) -> None:
        self.complain(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def on_request(self, request: Request) -> None:
        if not request.url.startswith(self.server):
            self.asked.append((request.frame.url, request.resource_type, request.url))


def in_frames(app: WSGIApplication, *, with_policy: bool) -> WSGIApplication:
    """Return an application whose pages may stand in frames, for the speed of it.

    Args:
        with_policy: True to let them keep the rest of their policy, which says what may run.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            others = {
                name: text for name, text in headers if name not in {POLICY, "X-Frame-Options"}
            }
            if with_policy:
                policy = dict(headers)[POLICY]
                assert NO_FRAMES in policy
                others[POLICY] = policy.replace(NO_FRAMES, "frame-ancestors 'self'")
            return start_response(status, list(others.items()), *more)

        if environ["PATH_INFO"] == "/frames":
            start_response("200 OK", [("Content-Type", "text/html")])
            return [b"<!doctype html>"]
        return app(environ, start)

    return answer


@contextmanager
def listening(app: WSGIApplication) -> Iterator[str]:
    """Serve an application and yield its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the system's Chromium; it is never downloaded."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None and os.environ.get("CI") == "true":
        pytest.fail("there is no chromium on the PATH, and CI must not leave these tests out")
    if program is None:
        pytest.skip("there is no chromium on the PATH")
    # Whatever is not our own server is asked for through a proxy that is not there.
    home = ["--proxy-server=127.0.0.1:9", "--proxy-bypass-list=127.0.0.1"]
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=[*flags, *home])
        yield running
        running.close()


def wrong(watch: Watch, page: Page, files: Mapping[str, Awkward]) -> Iterator[str]:
    """Tell what the frames of a page did that they must not."""
    names = {url: awkward.name for url, awkward in files.items()}
    for url, found in page.evaluate(SIGHTS):
        yield from (f"{names[url]}: {what}" for what in found)
    for url, what in watch.complaints:
        yield f"{names.get(url, url)}: {what}"
    for url, kind, address in watch.asked:
        if kind not in SHOWN or url not in names or address not in files[url].all("asks"):
            yield f"{names.get(url, url)}: asks for {kind} {address}"


@pytest.mark.parametrize("with_policy", [True, False], ids=["as served", "without the policy"])
def test_nothing_runs_and_nothing_is_fetched_from_elsewhere(
    published: Published, browser: Browser, with_policy: bool
) -> None:
    app = in_frames(create_app(published.room.services), with_policy=with_policy)
    failures: list[str] = []

    with listening(app) as server:
        files = {
            f"{server}articles/{article.permalink}": published.files[name]
            for name, article in published.stories.items()
        }
        addresses = list(files)
        for start in range(0, len(addresses), AT_ONCE):
            page, watch = browser.new_page(), Watch(server)
            watch.listen(page)
            page.goto(f"{server}frames")
            page.evaluate(OPEN, addresses[start : start + AT_ONCE])
            failures += wrong(watch, page, files)
            page.close()

    assert not failures, "\n".join(failures)


def test_the_same_articles_would_run_something_if_they_were_not_cleaned(browser: Browser) -> None:
    """The payloads are live: a browser that gets them as they arrive is taken over."""
    page, silent = browser.new_page(), []
    attacks = [awkward for awkward in corpus() if awkward.runs]
    for awkward in attacks:
        page.set_content(f"<!doctype html><h1>{awkward.title}</h1>{awkward.body}")
        if page.evaluate(RAN) == "undefined":
            silent.append(awkward.name)
        page.goto("about:blank")
    page.close()

    assert silent == []
    assert len(attacks) >= 12
