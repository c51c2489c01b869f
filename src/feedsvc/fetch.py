"""All outbound HTTP: limits on time and size, and no way into a private network.

The address that a socket connects to is checked, not the name in the URL: a name may resolve to
something else a moment later, and an address may be written into the URL itself.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from feedsvc.errors import FetchError

TIMEOUT_SECONDS = 20
MAX_BYTES = 5_000_000
_REDIRECTS = 5
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# All that is routed on the open internet (RFC 4291 §2.4); the rest of IPv6 is for other uses.
_UNICAST = ipaddress.ip_network("2000::/3")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, read whole.

    Attributes:
        url: Where it came from in the end, after redirects.
        headers: Names in lower case.
    """

    url: str
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Plan:
    """How to fetch: `trusted` is our own address, `limit` the most bytes to read."""

    trusted: bool
    seconds: float
    limit: int
    follow: bool
    headers: Mapping[str, str] = field(default_factory=dict)


def is_public(address: str) -> bool:
    """True for an address on the open internet.

    Addresses that stand for another one (IPv4-mapped, 6to4, Teredo, NAT64) are judged by that.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _inner(ip)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _UNICAST:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_unspecified


def _inner(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    teredo = ip.teredo
    return ip.ipv4_mapped or ip.sixtofour or (teredo[1] if teredo else None)


def get(
    url: str,
    *,
    trusted_url: str = "",
    timeout_seconds: float = TIMEOUT_SECONDS,
    max_bytes: int = MAX_BYTES,
) -> Fetched:
    """Fetch a URL.

    Args:
        trusted_url: Our own base URL: its host and port may be private, and lead nowhere else.

    Raises:
        FetchError: It cannot be reached, takes too long, is too large, or is private.
    """
    trusted = _is_trusted(url, trusted_url)
    return _fetch(url, _Plan(trusted, timeout_seconds, max_bytes, follow=not trusted))


def ask(url: str, *, headers: Mapping[str, str], trusted_url: str = "") -> Fetched:
    """Fetch exactly this URL, as a plain client does: a redirect is an answer like any other.

    Raises:
        FetchError: As `get` does.
    """
    trusted = _is_trusted(url, trusted_url)
    return _fetch(url, _Plan(trusted, TIMEOUT_SECONDS, MAX_BYTES, follow=False, headers=headers))


def _is_trusted(url: str, trusted_url: str) -> bool:
    place = _place(url)
    if place is None:
        raise FetchError(url, "is no http or https address")
    return place == _place(trusted_url)


def _fetch(url: str, plan: _Plan) -> Fetched:
    try:
        return asyncio.run(_get(url, plan))
    except FetchError:
        raise
    except TimeoutError as error:
        raise FetchError(url, f"did not answer within {plan.seconds} seconds") from error
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
    connector = aiohttp.TCPConnector(socket_factory=_open if plan.trusted else _open_public)
    timeout = aiohttp.ClientTimeout(total=plan.seconds)
    async with (
        aiohttp.ClientSession(
            connector=connector, timeout=timeout, trust_env=False, headers=plan.headers
        ) as session,
        session.get(url, allow_redirects=plan.follow, max_redirects=_REDIRECTS) as response,
    ):
        body = bytearray()
        async for chunk in response.content.iter_chunked(65_536):
            body += chunk
            if len(body) > plan.limit:
                raise FetchError(url, f"is larger than {plan.limit:,} bytes")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Fetched(str(response.url), response.status, headers, bytes(body))


def _open(info: Any) -> socket.socket:
    return socket.socket(info[0], info[1], info[2])


def _open_public(info: Any) -> socket.socket:
    address = info[4][0]
    if not is_public(address):
        raise OSError(f"{address} is not on the open internet, and feedsvc only goes there")
    return _open(info)
