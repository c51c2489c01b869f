"""Redirects: each hop is a request of its own, and only what is for good is remembered."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from feedsvc import fetch
from feedsvc.errors import FetchError
from tests.cli.server import Site, serving

PRIVATE = ("http://10.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://[::1]/x")


@pytest.fixture
def site() -> Iterator[Site]:
    """Return a web server on this machine."""
    with serving() as site:
        site.put("/end", b"hello")
        yield site


def chain(site: Site, *statuses: int, to: str = "/end") -> str:
    """Redirect from hop to hop with these statuses, and return where it begins."""
    for number, status in enumerate(statuses):
        last = number == len(statuses) - 1
        site.put(f"/{number}", b"", status, Location=to if last else f"/{number + 1}")
    return f"{site.url}/0"


@pytest.mark.parametrize(
    ("statuses", "moved_to"),
    [
        ((301,), "/end"),
        ((308,), "/end"),
        ((302,), None),
        ((303,), None),
        ((307,), None),
        ((301, 308, 301), "/end"),
        ((301, 302), "/1"),
        ((302, 301), None),
        ((308, 307, 301), "/1"),
    ],
)
def test_only_what_is_for_good_is_told_as_moved(
    site: Site, statuses: tuple[int, ...], moved_to: str | None
) -> None:
    found = fetch.get(chain(site, *statuses), trusted_url=site.url)

    assert (found.status, found.body, found.url) == (200, b"hello", f"{site.url}/end")
    assert found.moved_to == (site.url + moved_to if moved_to else None)


def test_without_a_redirect_nothing_has_moved(site: Site) -> None:
    assert fetch.get(f"{site.url}/end", trusted_url=site.url).moved_to is None


@pytest.mark.parametrize("private", PRIVATE)
@pytest.mark.parametrize("hops", [1, 3])
def test_no_hop_leads_into_a_private_network(site: Site, hops: int, private: str) -> None:
    """What is trusted is one place; it must not lead into the network behind it."""
    url = chain(site, *[301] * hops, to=private)

    with pytest.raises(FetchError, match="is not on the open internet"):
        fetch.get(url, trusted_url=site.url)

    assert len(site.asked) == hops


def test_our_own_server_does_not_lead_to_another_port_of_it(site: Site) -> None:
    with serving() as inside:
        secret = inside.put("/", b"secret")
        site.put("/moved", b"", 302, Location=secret)

        with pytest.raises(FetchError, match="is not on the open internet"):
            fetch.get(f"{site.url}/moved", trusted_url=site.url)

        assert inside.asked == []


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", "is no http or https address"),
        ("gopher://127.0.0.1:11211/_stats", "is no http or https address"),
        ("http://me:secret@paper.example/", "has a name or a password"),
        ("http://paper.example:25/", "has port 25"),
        ("http://[half", "is no address"),
        ("http://8.8.8.8\\@127.0.0.1/", "is no http or https address"),
        ("//127.0.0.1:8080/", "is not on the open internet"),
    ],
)
def test_a_redirect_is_refused_for_what_a_first_address_would_be(
    site: Site, location: str, reason: str
) -> None:
    site.put("/moved", b"", 301, Location=location)

    with pytest.raises(FetchError, match=reason):
        fetch.get(f"{site.url}/moved", trusted_url=site.url)


def test_redirects_end(site: Site) -> None:
    site.put("/round", b"", 302, Location="/round")

    with pytest.raises(FetchError, match="redirects more than 5 times"):
        fetch.get(f"{site.url}/round", trusted_url=site.url)

    assert len(site.asked) == 6


def test_a_redirect_without_a_place_is_an_answer(site: Site) -> None:
    site.put("/moved", b"nowhere", 301)

    found = fetch.get(f"{site.url}/moved", trusted_url=site.url)

    assert (found.status, found.body, found.moved_to) == (301, b"nowhere", None)


def test_what_is_encrypted_stays_so() -> None:
    with pytest.raises(FetchError, match="is not encrypted"):
        fetch._next("https://paper.example/feed", "http://paper.example/feed")

    assert fetch._next("http://a.example/x/", "https://a.example/y") == "https://a.example/y"
    assert fetch._next("https://a.example/x/", "../y#part") == "https://a.example/y"


def test_a_chain_has_as_long_as_one_request(site: Site) -> None:
    def slow(request: Any) -> None:
        time.sleep(0.3)
        request.send_response(302)
        request.send_header("Location", "/slow")
        request.end_headers()

    site.pages["/slow"] = slow

    with pytest.raises(FetchError, match=r"did not answer within 0\.5 seconds"):
        fetch.get(f"{site.url}/slow", trusted_url=site.url, timeout_seconds=0.5)


class Names:
    """A resolver that has another answer each time; the last one stays."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        """Answer as `socket.getaddrinfo` does."""
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))
            for address in answer
        ]


def test_a_name_that_changes_its_mind_gains_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: public when it is checked, private when it is connected to."""
    names = Names(("203.0.113.1",), ("127.0.0.1",))
    monkeypatch.setattr(socket, "getaddrinfo", names)
    port = site.url.rpartition(":")[2]

    for _ in range(2):
        with pytest.raises(FetchError, match="is not on the open internet"):
            fetch.get(f"http://paper.example:{port}/end")

    assert names.asked == 2  # once for each: there is no second answer to connect to
    assert site.asked == []


def test_the_address_that_is_checked_is_the_one_that_is_connected(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard sees each address that a socket is opened for, and none is opened unseen."""
    checked: list[str] = []
    real = fetch.is_public

    def is_public(address: str) -> bool:
        checked.append(address)
        return address == "127.0.0.1" or real(address)

    monkeypatch.setattr(fetch, "is_public", is_public)
    names = Names(("127.0.0.1",), ("10.0.0.1",))
    monkeypatch.setattr(socket, "getaddrinfo", names)

    found = fetch.get(f"http://paper.example:{site.url.rpartition(':')[2]}/end")

    assert found.body == b"hello"
    assert (checked, names.asked) == (["127.0.0.1"], 1)


@pytest.mark.parametrize("answer", [("10.0.0.1", "127.0.0.1"), ("::1", "127.0.0.1")])
def test_of_several_addresses_no_private_one_is_tried(
    site: Site, monkeypatch: pytest.MonkeyPatch, answer: tuple[str, ...]
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(answer))

    with pytest.raises(FetchError, match="is not on the open internet"):
        fetch.get(f"http://paper.example:{site.url.rpartition(':')[2]}/end")

    assert site.asked == []
