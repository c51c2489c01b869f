"""`feedsvc check --public`: what stands between us and a reader, and what it does to feeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler

import pytest

from feedsvc.model import Document
from tests.cli.program import Program
from tests.cli.server import Site, serving
from tests.cli.service import free_port, running
from tests.cli.test_feeds import change_store


@dataclass(frozen=True)
class Reply:
    """An answer on its way to a client."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def but(self, **headers: str) -> Reply:
        """Return it with other headers."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **given})

    def without(self, *names: str) -> Reply:
        """Return it without some headers."""
        kept = {name: value for name, value in self.headers.items() if name not in names}
        return replace(self, headers=kept)


Meddle = Callable[[Reply], Reply]
DATE = "Mon, 18 Nov 2024 15:00:00 GMT"


def right(document: Document, url: str, asked: BaseHTTPRequestHandler) -> Reply:
    """Answer as we should."""
    headers = {
        "Content-Type": document.format.content_type,
        "ETag": document.etag,
        "Last-Modified": DATE,
        "Access-Control-Allow-Origin": "*",
        "Link": f'<{url}>; rel="self", <https://hub.example/>; rel="hub"',
    }
    known = document.etag[:-1] in asked.headers.get("If-None-Match", "")
    if known or asked.headers.get("If-Modified-Since") == DATE:
        return Reply(304, headers, document.body)
    return Reply(200, headers, document.body)


@dataclass
class Front:
    """A server that stands in front of ours, and a program whose feeds it serves."""

    site: Site
    program: Program

    def serve(self, meddle: Meddle = lambda reply: reply) -> None:
        """Answer for every document, after a proxy has had its way."""
        for name, document in self.program.served().items():
            path = f"/feeds/{name}"
            self.site.pages[path] = self._handler(document, self.site.url + path, meddle)

    @staticmethod
    def _handler(
        document: Document, url: str, meddle: Meddle
    ) -> Callable[[BaseHTTPRequestHandler], None]:
        def handle(asked: BaseHTTPRequestHandler) -> None:
            reply = meddle(right(document, url, asked))
            body = b"" if reply.status == 304 else reply.body
            asked.send_response(reply.status)
            for name, value in reply.headers.items():
                asked.send_header(name, value)
            asked.end_headers()
            asked.wfile.write(body)

        return handle

    def found(self, *targets: str, status: int = 1) -> list[tuple[str, str]]:
        """Return the rules that are broken, and where."""
        rows = self.program.run("check", "--public", "--json", *targets, status=status).json
        assert all(row["message"] and row["remedy"].endswith(".") for row in rows)
        return [(row["rule"], row["place"]) for row in rows]


@pytest.fixture
def front(story: Program) -> Iterator[Front]:
    with serving() as site:
        program = story.with_env(FEEDSVC_SITE__BASE_URL=site.url)
        program.run("build", "--settings")
        change_store(program, "UPDATE document SET modified_at = '2024-11-18 15:00:00'")
        yield Front(site, program)


def test_feeds_that_come_as_they_should_are_fetched_and_found_right(front: Front) -> None:
    front.serve()

    done = front.program.run("check", "--public")

    assert (done.out, done.err) == ("", "12 checked, 120 checks, 0 findings\n")
    fetched = {line.removeprefix("GET /feeds/") for line in front.site.asked}
    assert fetched == set(front.program.served())
    assert len(front.site.asked) == 3 * 12  # plain, by ETag, by Last-Modified


def test_only_what_is_asked_for_is_fetched(front: Front) -> None:
    front.serve()

    assert front.found("section/news", "all.atom", status=0) == []
    assert front.found(f"{front.site.url}/feeds/all.json", status=0) == []

    fetched = {line.removeprefix("GET /feeds/") for line in front.site.asked}
    news = {f"section/news.{ending}" for ending in ("rss", "atom", "json")}
    assert fetched == {"all.atom", "all.json", *news}


@pytest.mark.parametrize("body", [b"", b"[" * 100_000])
def test_an_answer_with_nothing_to_read_in_it_is_a_finding(front: Front, body: bytes) -> None:
    front.serve(lambda reply: replace(reply, body=body))

    found = front.found("all.rss", "all.json")

    assert found.count(("format", "the whole feed")) == 2


@pytest.mark.parametrize("form", ["W/{}", '{}-gzip"', '{}.g1"'])
def test_an_etag_that_was_marked_on_the_way_is_still_ours(front: Front, form: str) -> None:
    def mark(reply: Reply) -> Reply:
        etag = reply.headers["ETag"]
        return reply.but(ETag=form.format(etag if form.startswith("W") else etag[:-1]))

    front.serve(mark)

    assert front.found("all.rss", status=0) == []


PAGE = b"<!DOCTYPE html><html><title>Just a moment...</title></html>"
BROKEN: dict[str, tuple[Meddle, list[tuple[str, str]]]] = {
    "a test for browsers": (
        lambda reply: Reply(403, {"cf-mitigated": "challenge", "Content-Type": "text/html"}, PAGE),
        [("challenge", "cf-mitigated")],
    ),
    "a web page with status 200": (
        lambda reply: Reply(200, {"Content-Type": "text/html"}, PAGE),
        [("challenge", "status 200")],
    ),
    "a web page under the right name": (
        lambda reply: replace(reply, body=PAGE),
        [("challenge", "status 200")],
    ),
    "a test with status 503": (
        lambda reply: Reply(503, {"Content-Type": "text/html"}, PAGE),
        [("challenge", "status 503")],
    ),
    "a rate limit": (
        lambda reply: Reply(429, {"Retry-After": "60"}),
        [("challenge", "status 429")],
    ),
    "a redirect": (
        lambda reply: Reply(301, {"Location": "https://elsewhere.example/"}),
        [("redirect", "status 301")],
    ),
    "nothing": (lambda reply: Reply(404, {}, b"no"), [("status", "status 404")]),
    "a server that is busy": (
        lambda reply: Reply(503, {"Retry-After": "60"}),
        [("status", "status 503")],
    ),
    "another type": (
        lambda reply: reply.but(Content_Type="text/xml"),
        [("content-type", "Content-Type")],
    ),
    "a cookie": (lambda reply: reply.but(Set_Cookie="a=1"), [("cookie", "Set-Cookie")]),
    "no CORS": (
        lambda reply: reply.without("Access-Control-Allow-Origin"),
        [("cors", "Access-Control-Allow-Origin")],
    ),
    "another address in the header": (
        lambda reply: reply.but(Link='<http://internal:8000/feeds/all.rss>; rel="self"'),
        [("self-link", "Link header")],
    ),
    "no ETag": (lambda reply: reply.without("ETag"), [("validators", "ETag")]),
    "no Last-Modified": (
        lambda reply: reply.without("Last-Modified"),
        [("validators", "Last-Modified")],
    ),
    "an ETag of the proxy's own": (
        lambda reply: reply.but(ETag='"5f3-61a2"'),
        [("validators", "ETag"), ("validators", "ETag")],
    ),
    "bytes that no reader takes": (
        lambda reply: replace(reply, body=reply.body[:-20]),
        [("format", "the whole feed"), ("stale", "the whole feed")],
    ),
    "conditions that nobody reads": (
        lambda reply: replace(reply, status=200),
        [("validators", "ETag"), ("validators", "Last-Modified")],
    ),
    "another address in the feed": (
        lambda reply: replace(reply, body=reply.body.replace(b"/feeds/all.rss", b"/feed")),
        [("self-link", "self link"), ("stale", "the whole feed")],
    ),
    "bytes from long ago": (
        lambda reply: replace(reply, body=reply.body.replace(b"<title>", b"<title>Old ")),
        [("stale", "the whole feed")],
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_done_to_a_feed_on_the_way_is_named(front: Front, what: str) -> None:
    meddle, expected = BROKEN[what]
    front.serve(meddle)

    assert front.found("all.rss") == expected


def test_a_cache_may_answer_for_as_long_as_we_said(front: Front) -> None:
    front.serve(BROKEN["bytes from long ago"][0])
    change_store(front.program, "UPDATE document SET modified_at = datetime('now')")

    assert front.found("all.rss", status=0) == []


def test_a_finding_says_what_where_and_what_to_do(front: Front) -> None:
    front.serve(BROKEN["a test for browsers"][0])

    done = front.program.run("check", "--public", "all.rss", status=1)

    what, remedy = done.out.splitlines()
    assert what == (
        f"{front.site.url}/feeds/all.rss: cf-mitigated: a plain client gets a web page"
        " with status 403 instead of the feed [challenge]"
    )
    assert remedy.startswith("    Exempt /feeds/ from the bot protection")


def test_a_server_that_does_not_answer_is_a_finding(front: Front) -> None:
    program = front.program.with_env(FEEDSVC_SITE__BASE_URL="http://127.0.0.1:1")

    done = program.run("check", "--public", "all.rss", status=1)

    assert "cannot be reached" in done.out
    assert "[unreachable]" in done.out


@pytest.mark.parametrize("target", ["nothing", "all.xml", "https://elsewhere.example/feed"])
def test_only_feeds_of_ours_are_checked_from_outside(front: Front, target: str) -> None:
    done = front.program.run("check", "--public", target, status=2)

    assert f"“{target}” is no feed of ours" in done.err
    assert front.site.asked == []


def test_without_a_public_address_it_says_whom_it_asks(story: Program) -> None:
    port = free_port()

    done = story.with_env(PORT=str(port)).run("check", "--public", "all.rss", status=1)

    assert f"`site.base_url` is not set: asking http://127.0.0.1:{port}," in done.err


def test_our_own_server_changes_nothing_on_the_way(story: Program) -> None:
    with running(story, "web") as web:
        web.program.run("build", "--settings")  # the port is part of every address
        web.when_up()

        rows = web.program.run("check", "--public", "--json", status=None).json

    assert rows == []
