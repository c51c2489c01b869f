"""What a server may send: so many bytes unpacked, so long a header, to whom it knows."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import brotli
import pytest

from feedsvc import __version__, fetch
from feedsvc.errors import FetchError
from tests.cli.server import Site, serving

BOMB_BYTES = 60_000_000


@pytest.fixture
def site() -> Iterator[Site]:
    """Return a web server on this machine."""
    with serving() as site:
        yield site


def _packed(data: bytes, coding: str) -> bytes:
    if coding == "br":
        return bytes(brotli.compress(data, quality=4))
    return gzip.compress(data) if coding == "gzip" else zlib.compress(data)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_bomb_is_unpacked_no_further_than_allowed(site: Site, coding: str) -> None:
    packed = _packed(b"\0" * BOMB_BYTES, coding)
    url = site.put("/bomb", packed, Content_Encoding=coding)

    tracemalloc.start()
    with pytest.raises(FetchError, match="is larger than 1,000,000 bytes"):
        fetch.get(url, trusted_url=site.url, max_bytes=1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < BOMB_BYTES / 10


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "unheard-of"])
def test_what_is_not_packed_as_it_says_is_told(site: Site, coding: str) -> None:
    url = site.put("/broken", b"\xff" * 100, Content_Encoding=coding)

    if coding == "unheard-of":
        assert fetch.get(url, trusted_url=site.url).body == b"\xff" * 100
    else:
        with pytest.raises(FetchError):
            fetch.get(url, trusted_url=site.url)


def test_a_header_may_only_be_so_long(site: Site) -> None:
    fits, exceeds = (
        site.put("/fits", b"x", X="x" * 8_000),
        site.put("/exceeds", b"x", X="x" * 9_000),
    )

    assert fetch.get(fits, trusted_url=site.url).status == 200
    with pytest.raises(FetchError):
        fetch.get(exceeds, trusted_url=site.url)


def test_headers_without_end_are_cut_off(site: Site) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        try:
            for number in range(10_000_000):
                request.wfile.write(b"X-%d: %s\r\n" % (number, b"x" * 1_000))
        except OSError:  # hung up on
            return

    site.pages["/endless"] = endless

    with pytest.raises(FetchError):
        fetch.get(f"{site.url}/endless", trusted_url=site.url, timeout_seconds=5)


@pytest.mark.parametrize("status", [204, 304, 400, 404, 410, 429, 500, 503])
def test_any_status_is_an_answer_with_its_headers(site: Site, status: int) -> None:
    url = site.put("/x", b"", status, Retry_After="120", ETag='"x"')

    found = fetch.get(url, trusted_url=site.url)

    assert (found.status, found.headers["retry-after"], found.headers["etag"]) == (
        status,
        "120",
        '"x"',
    )


def test_who_is_asked_hears_who_asks_and_what_for(site: Site) -> None:
    heard: list[dict[str, str]] = []

    def listen(handler: BaseHTTPRequestHandler) -> None:
        heard.append(dict(handler.headers))
        handler.send_response(304)
        handler.end_headers()

    site.pages["/feed"] = listen
    url = f"{site.url}/feed"

    fetch.get(url, trusted_url=site.url)
    agent = fetch.user_agent("https://paper.example")
    fetch.get(url, trusted_url=site.url, headers={"User-Agent": agent, "If-None-Match": '"x"'})

    assert heard[0]["User-Agent"] == f"feedsvc/{__version__}"
    assert heard[1]["User-Agent"] == f"feedsvc/{__version__} (+https://paper.example/)"
    assert heard[1]["If-None-Match"] == '"x"'


def test_a_cookie_is_not_kept(site: Site) -> None:
    heard: list[str | None] = []

    def listen(handler: BaseHTTPRequestHandler) -> None:
        heard.append(handler.headers.get("Cookie"))
        handler.send_response(302)
        handler.send_header("Set-Cookie", "who=you")
        handler.send_header("Location", "/end")
        handler.end_headers()

    site.pages["/cookie"] = listen
    site.pages["/end"] = listen

    with pytest.raises(FetchError):
        fetch.get(f"{site.url}/cookie", trusted_url=site.url)

    assert set(heard) == {None}


@pytest.mark.parametrize("port", [1, 22, 25, 53, 110, 143, 445, 993, 1023])
def test_a_port_of_other_services_is_not_talked_to(port: int) -> None:
    with pytest.raises(FetchError, match=f"has port {port}"):
        fetch.get(f"http://8.8.8.8:{port}/")


def test_no_name_or_password_is_sent(site: Site) -> None:
    with pytest.raises(FetchError, match="has a name or a password"):
        fetch.get(site.url.replace("//", "//me:secret@") + "/", trusted_url=site.url)

    assert site.asked == []
