"""All outbound HTTP: limits on time and size, and no way into a private network.

The address that a socket connects to is checked, not the name in the URL: a name may resolve to
something else a moment later, and an address may be written into the URL itself. Redirects are
followed here, each hop like a first request.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import aiohttp

from feedsvc import __version__
from feedsvc.errors import FetchError

TIMEOUT_SECONDS = 20
MAX_BYTES = 5_000_000
_REDIRECTS = 5
_SILENCE_SECONDS = 10
_HEADER_BYTES = 8_190
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# All that is routed on the open internet (RFC 4291 §2.4); the rest of IPv6 is for other uses.
_UNICAST = ipaddress.ip_network("2000::/3")
# Relays, protocol assignments and documentation that some Pythons take for global.
_OTHER_USES = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "3fff::/20"))
)
# An IPv4 address in the last half of an IPv6 one (RFC 5214 §6.1).
_ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})
_PORTS = {"http": 80, "https": 443}
# Below this, other ports belong to mail, files and shells, and a URL could talk to them.
_FREE_PORTS = 1_024
_STRAY = re.compile(r"[\x00-\x1f\x7f\\]")
_MOVED = frozenset({301, 302, 303, 307, 308})
_MOVED_FOR_GOOD = frozenset({301, 308})


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, read whole.

    Attributes:
        url: Where it came from in the end, after redirects.
        headers: Names in lower case.
        moved_to: Where it has moved for good (301, 308); None when it is where it was. Only as
            far as all redirects say so: behind a temporary one nothing is for good.
    """

    url: str
    status: int
    headers: dict[str, str]
    body: bytes
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """How to fetch: `trusted` is our own address, `limit` the most bytes to read.

    Attributes:
        method: HEAD, or GET.
        reads: False to leave the answer's body unread.
    """

    trusted: str
    seconds: float
    limit: int
    follow: bool
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    reads: bool = True


def check(url: str) -> None:
    """Make sure that an address may be fetched, as far as it says itself.

    Raises:
        FetchError: It is none, or has what no feed has: a password, another service's port, an
            address in a private network.
    """
    _checked(url, _Plan("", TIMEOUT_SECONDS, MAX_BYTES, follow=False))
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        is_elsewhere = is_public(host)
    except ValueError:  # a name: where that leads is seen when it is asked
        is_elsewhere = host != "localhost"
    if not is_elsewhere:
        raise FetchError(url, f"{host} is not on the open internet, and feedsvc only goes there")


def user_agent(base_url: str = "") -> str:
    """Return how we call ourselves, so that whoever is asked can ask back."""
    return f"feedsvc/{__version__}" + (f" (+{base_url}/)" if base_url else "")


def is_public(address: str) -> bool:
    """True for an address on the open internet.

    Addresses that stand for another one (IPv4-mapped, 6to4, Teredo, NAT64) are judged by that.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _inner(ip)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _UNICAST or int(ip) >> 32 & 0xFFFF_FFFF in _ISATAP:
            return False
    if any(ip in network for network in _OTHER_USES):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_unspecified


def _inner(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    teredo = ip.teredo
    return ip.ipv4_mapped or ip.sixtofour or (teredo[1] if teredo else None)


class Get(Protocol):
    """What `get` looks like to whoever is given it; what is trusted is settled then."""

    def __call__(
        self,
        url: str,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        max_bytes: int = MAX_BYTES,
        headers: Mapping[str, str] | None = None,
    ) -> Fetched:
        """Fetch a URL."""


def get(
    url: str,
    *,
    trusted_url: str = "",
    timeout_seconds: float = TIMEOUT_SECONDS,
    max_bytes: int = MAX_BYTES,
    headers: Mapping[str, str] | None = None,
) -> Fetched:
    """Fetch a URL; whatever its status, it is an answer.

    Args:
        trusted_url: Our own base URL: its host and port may be private, and no other's. Never
            something that came from outside.
        timeout_seconds: For all of it, redirects included.
        max_bytes: Of the body, unpacked.
        headers: To send; `User-Agent` names feedsvc if it is not among them.

    Raises:
        FetchError: It cannot be reached, takes too long, is too large, or is private.
    """
    named = {"User-Agent": user_agent(), **(headers or {})}
    return _fetch(url, _Plan(trusted_url, timeout_seconds, max_bytes, follow=True, headers=named))


def ask(url: str, *, headers: Mapping[str, str], trusted_url: str = "") -> Fetched:
    """Fetch exactly this URL, as a plain client does: a redirect is an answer like any other.

    Raises:
        FetchError: As `get` does.
    """
    plan = _Plan(trusted_url, TIMEOUT_SECONDS, MAX_BYTES, follow=False, headers=headers)
    return _fetch(url, plan)


def ask_headers(
    url: str,
    *,
    method: str = "HEAD",
    trusted_url: str = "",
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Fetched:
    """Ask what is at a URL, redirects followed, without reading it.

    Args:
        method: GET for a server that answers HEAD wrong: then one byte is asked for.

    Raises:
        FetchError: As `get` does.
    """
    # Compressed, its length would be another one.
    wanted = {"User-Agent": user_agent(trusted_url), "Accept-Encoding": "identity"}
    if method != "HEAD":
        wanted["Range"] = "bytes=0-0"
    plan = _Plan(trusted_url, timeout_seconds, 0, follow=True, headers=wanted)
    return _fetch(url, replace(plan, method=method, reads=False))


def _fetch(url: str, plan: _Plan) -> Fetched:
    try:
        return asyncio.run(_get(url, plan))
    except FetchError:
        raise
    except TimeoutError as error:
        is_silent = isinstance(error, aiohttp.ServerTimeoutError)
        seconds = min(plan.seconds, _SILENCE_SECONDS) if is_silent else plan.seconds
        raise FetchError(url, f"did not answer within {seconds} seconds") from error
    except aiohttp.InvalidURL as error:
        raise FetchError(url, "is no http or https address") from error
    except aiohttp.ClientConnectorError as error:
        reason = error.os_error.strerror or str(error.os_error)
        raise FetchError(url, f"cannot be reached: {reason}") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise FetchError(url, str(error) or type(error).__name__) from error


def _place(url: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port; None when it is no web address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, _PORTS[parts.scheme] if port is None else port


async def _get(url: str, plan: _Plan) -> Fetched:
    """Fetch, and follow redirects."""
    here, moved_to, is_for_good = url, None, True
    async with asyncio.timeout(plan.seconds):
        for _ in range(_REDIRECTS + 1):
            answer = await _ask(here, plan)
            location = answer.headers.get("location")
            if not plan.follow or answer.status not in _MOVED or not location:
                return replace(answer, moved_to=moved_to)
            here = _next(here, location)
            is_for_good = is_for_good and answer.status in _MOVED_FOR_GOOD
            moved_to = here if is_for_good else moved_to
    raise FetchError(url, f"redirects more than {_REDIRECTS} times")


def _next(here: str, location: str) -> str:
    """Return where a redirect leads."""
    try:
        there = urljoin(here, location.strip())
    except ValueError as error:
        raise FetchError(here, f"redirects to {location!r:.80}, which is no address") from error
    if here.startswith("https:") and not there.startswith("https:"):
        raise FetchError(here, f"redirects to {there:.80}, which is not encrypted")
    return there.partition("#")[0]


def _checked(url: str, plan: _Plan) -> bool:
    """Tell whether a URL is our own; refuse one that no feed or picture has."""
    place = _place(url)
    if place is None or _STRAY.search(url):
        raise FetchError(url, "is no http or https address")
    if "@" in urlsplit(url).netloc:
        raise FetchError(url, "has a name or a password in it; feedsvc sends none")
    if place == _place(plan.trusted):
        return True
    if place[2] < _FREE_PORTS and place[2] not in _PORTS.values():
        raise FetchError(url, f"has port {place[2]}, where no web server is")
    return False


async def _ask(url: str, plan: _Plan) -> Fetched:
    is_ours = _checked(url, plan)
    connector = aiohttp.TCPConnector(socket_factory=_open if is_ours else _open_public)
    timeout = aiohttp.ClientTimeout(total=plan.seconds, sock_read=_SILENCE_SECONDS)
    async with (
        aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            trust_env=False,
            headers=plan.headers,
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
        ) as session,
        session.request(plan.method, url, allow_redirects=False) as response,
    ):
        headers = {name.lower(): value for name, value in response.headers.items()}
        if plan.follow and response.status in _MOVED and "location" in headers:
            return Fetched(str(response.url), response.status, headers, b"")
        body = bytearray()
        # aiohttp unpacks as much as is asked for, so a bomb goes off no further than the limit.
        async for chunk in response.content.iter_chunked(65_536):
            if not plan.reads:
                break
            body += chunk
            if len(body) > plan.limit:
                raise FetchError(url, f"is larger than {plan.limit:,} bytes")
        return Fetched(str(response.url), response.status, headers, bytes(body))


def _open(info: Any) -> socket.socket:
    return socket.socket(info[0], info[1], info[2])


def _open_public(info: Any) -> socket.socket:
    address = info[4][0]
    if not is_public(address):
        raise OSError(f"{address} is not on the open internet, and feedsvc only goes there")
    return _open(info)
