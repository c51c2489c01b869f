"""Outbound HTTP: only to the open internet, only so much, and only for so long."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from feedsvc import fetch
from feedsvc.errors import FetchError
from tests.cli.server import Site, serving

PUBLIC = (
    *("8.8.8.8", "1.1.1.1", "93.184.215.14", "223.255.255.1", "100.63.255.255", "100.128.0.1"),
    *("172.15.255.255", "172.32.0.1", "192.167.255.255", "169.253.1.1", "11.0.0.1", "126.0.0.1"),
    *("2001:4860:4860::8888", "2606:4700::1111", "2a00:1450:4001:81b::200e"),
    "::ffff:8.8.8.8",  # IPv4-mapped
    "2002:808:808::1",  # 6to4 of 8.8.8.8
    "2001:0:4136:e378:8000:63bf:f7f7:f7f7",  # Teredo of 8.8.8.8
    "64:ff9b::8.8.8.8",  # NAT64
)
NOT_PUBLIC = {
    "loopback": ("127.0.0.1", "127.255.255.254", "::1"),
    "private": ("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1"),
    "link-local": ("169.254.0.1", "169.254.169.254", "fe80::1", "fe80::1%eth0"),
    "shared by carriers": ("100.64.0.1", "100.127.255.255"),
    "multicast": ("224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"),
    "unspecified": ("0.0.0.0", "::"),
    "this network": ("0.0.0.1", "0.255.255.255"),
    "broadcast and reserved": ("255.255.255.255", "240.0.0.1"),
    "documentation and tests": ("192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1"),
    "documentation in IPv6": ("2001:db8::1",),
    "site-local": ("fec0::1", "feff::1"),
    "discard": ("100::1",),
    "segment routing": ("5f00::1",),
    "IPv4-mapped": ("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    "IPv4-compatible": ("::127.0.0.1", "::10.0.0.1"),
    "IPv4-translated": ("::ffff:0:127.0.0.1",),
    "6to4": ("2002:7f00:1::1", "2002:a00:1::1", "2002:c0a8:101::1"),
    "Teredo": ("2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:0:4136:e378:8000:63bf:f5ff:fffe"),
    "NAT64": ("64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::192.168.1.1"),
    "NAT64 of a network": ("64:ff9b:1::127.0.0.1", "64:ff9b:1::8.8.8.8"),
    "ISATAP": ("2a01:1:2:3:0:5efe:127.0.0.1", "2a01:1:2:3:200:5efe:10.0.0.1"),
    "relays and assignments": ("192.88.99.1", "192.0.0.9", "2001:20::1", "2001:2::1"),
    "newer documentation": ("3fff::1", "3fff:fff::1"),
}


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_on_the_open_internet_is_public(address: str) -> None:
    assert fetch.is_public(address)


@pytest.mark.parametrize(
    "address",
    [pytest.param(one, id=f"{kind}: {one}") for kind, all_ in NOT_PUBLIC.items() for one in all_],
)
def test_an_address_elsewhere_is_not(address: str) -> None:
    assert not fetch.is_public(address)


@pytest.fixture
def site() -> Iterator[Site]:
    """Return a web server on this machine."""
    with serving() as site:
        site.put("/", b"hello")
        yield site


def port_of(site: Site) -> str:
    """Return a site's port."""
    return site.url.rpartition(":")[2]


HOSTS = (
    *("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1"),
    *("017700000001", "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *("LOCALHOST", "localhost.", "LocalHost.", "127.0.0.1.", "①②⑦.0.0.1", "①②⑦.⓪.⓪.①"),
    *("user:password@127.0.0.1", "public@127.0.0.1", "8.8.8.8@127.0.0.1", "8.8.8.8%40127.0.0.1"),
    *(
        "127%2e0%2e0%2e1",
        "%31%32%37.0.0.1",
        "loc%61lhost",
        "127。0。0。1",
        "127｡0｡0｡1",
        "１２７.0.0.1",
    ),
    *("[::ffff:127.0.0.1%25lo]", "[::1%25lo]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "127.0.1"),
    *("0x7F.0x0.0x0.0x1", "0177.0.0.01", "127.0x0.1", "00000127.0.0.1", "4294967297", "ⓛocalhost"),
    *("8.8.8.8\\@127.0.0.1", "127.0.0.1\\@8.8.8.8", "ip6-localhost", "١٢٧.٠.٠.١", "127.0.0.1\t"),
    "１２７.0.0.1",
)


@pytest.mark.parametrize("host", HOSTS)
def test_no_spelling_of_this_machine_is_reached(site: Site, host: str) -> None:
    with pytest.raises(FetchError):
        fetch.get(f"http://{host}:{port_of(site)}/")

    assert site.asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1"])
def test_a_refusal_names_the_address_that_was_refused(site: Site, host: str) -> None:
    url = f"http://{host}:{port_of(site)}/"

    with pytest.raises(FetchError, match=r"127\.0\.0\.1 is not on the open internet") as caught:
        fetch.get(url)

    assert caught.value.url == url


@pytest.mark.parametrize(
    "url", ["http://10.255.255.1/", "http://169.254.169.254/latest/meta-data", "https://[fd00::1]/"]
)
def test_a_private_address_is_refused_without_waiting(url: str) -> None:
    start = time.monotonic()

    with pytest.raises(FetchError, match="is not on the open internet"):
        fetch.get(url)

    assert time.monotonic() - start < 5


def test_our_own_base_url_is_reached_with_all_below_it(site: Site) -> None:
    site.put("/feeds/all.rss", b"<rss/>", Content_Type="application/rss+xml", ETag='"x"')

    found = fetch.get(f"{site.url}/feeds/all.rss", trusted_url=f"{site.url}/below")

    assert (found.status, found.body, found.url) == (200, b"<rss/>", f"{site.url}/feeds/all.rss")
    assert (found.headers["content-type"], found.headers["etag"]) == ("application/rss+xml", '"x"')


@pytest.mark.parametrize(
    "trusted",
    [
        "http://localhost:{port}",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://127.0.0.2:{port}",
        "http://paper.example",
        "nonsense",
        "",
    ],
)
def test_an_address_beside_our_base_url_is_refused(site: Site, trusted: str) -> None:
    with pytest.raises(FetchError, match="is not on the open internet"):
        fetch.get(f"{site.url}/", trusted_url=trusted.format(port=port_of(site)))

    assert site.asked == []


def test_the_usual_port_may_be_written_or_not() -> None:
    """Port 80 may be taken or not; what matters is that the guard lets us try."""
    for url, trusted in (
        ("http://127.0.0.1:80/none", "http://127.0.0.1"),
        ("http://127.0.0.1/none", "http://127.0.0.1:80"),
    ):
        try:
            fetch.get(url, trusted_url=trusted)
        except FetchError as error:
            assert "open internet" not in str(error)  # noqa: PT017


def test_a_plain_client_says_what_it_is_told_to_and_stays_where_it_is(site: Site) -> None:
    heard: list[dict[str, str]] = []

    def listen(handler: BaseHTTPRequestHandler) -> None:
        heard.append(dict(handler.headers))
        handler.send_response(302)
        handler.send_header("Location", "/")
        handler.end_headers()

    site.pages["/feed"] = listen
    headers = {"User-Agent": "reader", "If-None-Match": '"x"'}

    found = fetch.ask(f"{site.url}/feed", headers=headers, trusted_url=site.url)

    assert (found.status, found.headers["location"]) == (302, "/")
    assert site.asked == ["GET /feed"]
    assert {name: heard[0][name] for name in headers} == headers


def test_a_plain_client_goes_into_no_private_network_either(site: Site) -> None:
    with pytest.raises(FetchError, match="is not on the open internet"):
        fetch.ask(f"{site.url}/", headers={})

    assert site.asked == []


def test_an_answer_may_be_as_large_as_the_limit_and_no_larger(site: Site) -> None:
    fits, exceeds = site.put("/fits", b"x" * 1_000), site.put("/exceeds", b"x" * 1_001)

    assert len(fetch.get(fits, trusted_url=site.url, max_bytes=1_000).body) == 1_000
    with pytest.raises(FetchError, match="is larger than 1,000 bytes"):
        fetch.get(exceeds, trusted_url=site.url, max_bytes=1_000)


def test_a_small_answer_that_unpacks_to_a_large_one_is_refused(site: Site) -> None:
    packed = gzip.compress(b"\0" * 50_000_000)
    assert len(packed) < 60_000
    url = site.put("/bomb", packed, Content_Encoding="gzip")

    with pytest.raises(FetchError, match="is larger than 5,000,000 bytes"):
        fetch.get(url, trusted_url=site.url)


def test_an_answer_without_end_is_cut_off(site: Site) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"x" * 65_536)
        except OSError:  # hung up on
            return

    site.pages["/endless"] = endless

    with pytest.raises(FetchError, match="is larger than 100,000 bytes"):
        fetch.get(f"{site.url}/endless", trusted_url=site.url, max_bytes=100_000)


def test_an_answer_that_drips_is_given_up_in_time(site: Site) -> None:
    """Each byte comes soon enough; all of them together do not."""

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:  # hung up on
            return

    site.pages["/drip"] = drip
    start = time.monotonic()

    with pytest.raises(FetchError, match=r"did not answer within 0\.5 seconds"):
        fetch.get(f"{site.url}/drip", trusted_url=site.url, timeout_seconds=0.5)

    assert time.monotonic() - start < 5


def test_who_never_answers_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(FetchError, match="did not answer within"):
            fetch.get(url, trusted_url=url, timeout_seconds=0.3)


def test_no_proxy_of_the_environment_is_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.upper(), proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)

        assert fetch.get(f"{site.url}/", trusted_url=site.url).body == b"hello"
        with pytest.raises(FetchError, match="is not on the open internet"):
            fetch.get("http://10.0.0.1/")

        assert proxy.asked == []


def test_a_password_file_of_the_user_is_not_sent(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password s3cret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    sent: list[str | None] = []

    def note(request: BaseHTTPRequestHandler) -> None:
        sent.append(request.headers.get("Authorization"))
        request.send_response(204)
        request.end_headers()

    site.pages["/note"] = note
    fetch.get(f"{site.url}/note", trusted_url=site.url)

    assert sent == [None]


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "/feeds/all.rss", "ftp://a.example/", "file:///etc/passwd", "data:,x"),
        *("http://", "http:///x", "http://[half", "http://a.example:99999/", "http://a.example:x/"),
        *("javascript:alert(1)", "gopher://127.0.0.1:11211/_stats", "//a.example/"),
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(FetchError, match="is no http or https address"):
        fetch.get(url, trusted_url="http://127.0.0.1:8000")


@pytest.mark.parametrize(
    "url", ["http://none.invalid/", "http://.../", f"http://{'a' * 70}.example/", "http://a b/"]
)
def test_a_host_that_is_nowhere_is_told(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetch.get(url)

    assert str(caught.value).startswith(f"{url}: ")


def test_who_hangs_up_is_told(site: Site) -> None:
    def hang_up(request: BaseHTTPRequestHandler) -> None:
        request.connection.close()

    site.pages["/"] = hang_up

    with pytest.raises(FetchError):
        fetch.get(f"{site.url}/", trusted_url=site.url)


def test_where_nobody_listens_is_told() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/"
        with pytest.raises(FetchError, match="cannot be reached: "):
            fetch.get(url, trusted_url=url)


def test_of_an_answer_only_the_headers_can_be_asked_for(site: Site) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "999999999")
        request.end_headers()
        if request.command == "GET":
            request.wfile.write(b"x" * 100_000)

    site.pages["/large"] = endless

    for method in ("HEAD", "GET"):
        found = fetch.ask_headers(site.url + "/large", method=method, trusted_url=site.url)

        assert found.headers["content-length"] == "999999999"
        assert found.body == b""
    assert site.asked == ["HEAD /large", "GET /large"]


def test_headers_of_private_addresses_are_not_asked_for_either(site: Site) -> None:
    with pytest.raises(FetchError, match="not on the open internet") as found:
        fetch.ask_headers(site.url + "/")

    assert not found.value.reason.startswith("http")
    assert site.asked == []
