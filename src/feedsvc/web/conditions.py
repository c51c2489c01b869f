"""What a request asks for besides an address: RFC 9110 §12.5.3 and §13, RFC 3229 §10.5.3.

Every function takes a header as it was sent and raises nothing: what cannot be read asks for
nothing. Headers longer than any honest client sends are not read at all.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from werkzeug.http import parse_date

from feedsvc.model import Coding

IDENTITY = "identity"
# What is sent to whoever takes several codings alike: the smallest first.
_PREFERRED = (Coding.BROTLI.value, Coding.GZIP.value)
_LONGEST_LIST = 8_192
_LONGEST_CHOICE = 256

# A tag in its quotes, with what a careless proxy has put behind them; or one that lost them.
_TAG = re.compile(r'(?:W/)?(?:"([^"]*)"([^\s,"]*)|([^\s,"]+))')
# What proxies put at the end of a tag when they compress: Apache, Jetty, Caddy.
_PROXY = re.compile(r"(?:--?|;)(?:gzip|br|zstd|deflate)$")
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


class Tag(NamedTuple):
    """An entity tag that a client has.

    Attributes:
        sent: As it was sent, without `W/`.
        variant: Without what proxies add to it.
        document: Of the plain bytes that the variant was made from (`Variant.etag`).
    """

    sent: str
    variant: str
    document: str


def tags(value: str) -> list[Tag]:
    """Return the entity tags of If-None-Match, to be compared weakly (RFC 9110 §8.8.3.2)."""
    return [_tag(match) for match in _TAG.finditer(value)] if len(value) <= _LONGEST_LIST else []


def _tag(match: re.Match[str]) -> Tag:
    quoted, behind, bare = match.groups()
    opaque = bare if quoted is None else quoted
    variant = _PROXY.sub("", opaque)
    if behind and not _PROXY.fullmatch(behind):
        variant = opaque + behind  # no tag of ours
    return Tag(f'"{opaque}"', f'"{variant}"', f'"{variant.partition(".")[0]}"')


def codings(value: str | None) -> tuple[str, ...]:
    """Return the codings that an Accept-Encoding takes, the best first; the last is `identity`.

    That stands there even when it is refused: a reader gets what it may be able to read.
    """
    if value is None or len(value) > _LONGEST_CHOICE:
        return (IDENTITY,)
    return _codings(value)


@lru_cache(maxsize=256)
def _codings(value: str) -> tuple[str, ...]:
    weights = _weights(value)
    if "x-gzip" in weights:  # RFC 9110 §8.4.1.3
        weights.setdefault("gzip", weights["x-gzip"])
    others = weights.get("*", 0.0)
    found = [(weights.get(one, others), one) for one in _PREFERRED]
    # Compressing is better than not, unless the client has said what it thinks of not.
    found.append((weights.get(IDENTITY, 0.001), IDENTITY))
    ranked = sorted((each for each in found if each[0] > 0), key=lambda each: -each[0])
    names = tuple(name for _, name in ranked)
    return names if IDENTITY in names else (*names, IDENTITY)


@lru_cache(maxsize=256)
def _takes_deltas(value: str) -> bool:
    return _weights(value).get("feed", 0.0) > 0


def takes_deltas(value: str) -> bool:
    """Tell whether an A-IM asks for what is new only (RFC 3229, "feed")."""
    return len(value) <= _LONGEST_CHOICE and _takes_deltas(value)


def _weights(value: str) -> dict[str, float]:
    """Return the members of a list by their names in small letters; a bad weight counts as 0."""
    found: dict[str, float] = {}
    for member in value.lower().split(","):
        name, mark, parameters = member.partition(";")
        weight = _WEIGHT.fullmatch("".join(parameters.split())) if mark else None
        found[name.strip()] = float(weight[1]) if weight else float(not mark)
    return found


def instant(value: str) -> int | None:
    """Return an HTTP-date in any of its three forms as a POSIX timestamp; None for a bad one."""
    try:
        found = parse_date(value) if len(value) <= _LONGEST_CHOICE else None
        return int(found.timestamp()) if found else None
    except (ArithmeticError, ValueError):
        return None
