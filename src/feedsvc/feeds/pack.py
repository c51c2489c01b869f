"""Documents compressed: fast when they are swapped in, better soon after.

Equal bytes give equal bytes. What another compressor made has another mark, and so an entity tag
of its own. The figures behind the levels are in docs/decisions/0017.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping

import brotli

from feedsvc.model import Coding, Format, Variant

_FAST, _GOOD = 1, 6
_BROTLI = 8  # 9 takes four times as long for as many bytes


def fast(bodies: Mapping[Format, bytes]) -> dict[Format, list[Variant]]:
    """Compress documents so that their swap hardly waits for it."""
    return {fmt: [_gzip(body, _FAST, "g")] for fmt, body in bodies.items()}


def better(bodies: Mapping[Format, bytes]) -> dict[Format, list[Variant]]:
    """Compress documents well, in every coding."""
    return {fmt: [_gzip(body, _GOOD, "z"), _brotli(body)] for fmt, body in bodies.items()}


def gzipped(body: bytes) -> bytes:
    """Return bytes compressed well, with nothing in them that tells when."""
    return gzip.compress(body, _GOOD, mtime=0)


def _gzip(body: bytes, level: int, mark: str) -> Variant:
    return Variant(Coding.GZIP, mark, gzip.compress(body, level, mtime=0))


def _brotli(body: bytes) -> Variant:
    return Variant(Coding.BROTLI, "b", brotli.compress(body, quality=_BROTLI))


def unpacked(variant: Variant) -> bytes | None:
    """Return what was compressed; None when it is damaged."""
    unpack = gzip.decompress if variant.coding is Coding.GZIP else brotli.decompress
    try:
        return unpack(variant.body)
    except (OSError, EOFError, zlib.error, brotli.error):
        return None
