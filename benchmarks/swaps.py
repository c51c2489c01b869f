"""A publisher that swaps documents while they are read, and a reader that looks at every byte.

Both are processes of their own on the load generator's core, and give way to it. Every document
ends with its number, and its entity tag is a hash of it: a torn one cannot pass for whole.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import http.client
import multiprocessing
import os
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from benchmarks.load import LOAD_CORE
from benchmarks.stores import newsroom
from feedsvc.feeds import pack
from feedsvc.feeds.stamp import make_document
from feedsvc.model import Format
from feedsvc.store import documents, variants
from feedsvc.store.database import Transaction

_EVERY_SECONDS = 0.1  # one swap: ten a second over all feeds
_PAUSE_SECONDS = 0.005  # between two requests of the reader
_NICENESS = 19
_NUMBER = re.compile(rb"<!-- (\d+) -->\Z")
TORN = -1


class Place(NamedTuple):
    """A feed, and where its document is served."""

    feed_id: int
    url_path: str


class Seen(NamedTuple):
    """A document's number at an instant of the monotonic clock: swapped in, or read."""

    url_path: str
    number: int
    at: float


def put(tx: Transaction, place: Place, body: bytes, now: dt.datetime) -> None:
    """Swap a document in with its compressed variant, as the end of a build does."""
    document = make_document("", Format.RSS, body, now=now, before=None)
    documents.swap(tx, place.feed_id, [document], now=document.modified_at)
    variants.put(tx, place.feed_id, pack.fast({Format.RSS: body}))


def numbered(body: bytes, number: int) -> bytes:
    """Return a document that says its number at its end."""
    return b"%s\n<!-- %d -->" % (body, number)


def workers() -> ProcessPoolExecutor:
    """Return the processes in which `publish` and `read` run."""
    fresh = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(2, mp_context=fresh, initializer=_give_way)


def _give_way() -> None:
    os.sched_setaffinity(0, {LOAD_CORE})
    os.nice(_NICENESS)


def publish(
    folder: Path, places: Sequence[Place], body: bytes, first: int, seconds: float
) -> list[Seen]:
    """Swap one document after the other; return each with the instant after its commit."""
    services = newsroom(folder)
    done: list[Seen] = []
    start = time.monotonic()
    while (elapsed := time.monotonic() - start) < seconds:
        if elapsed < len(done) * _EVERY_SECONDS:
            time.sleep(len(done) * _EVERY_SECONDS - elapsed)
        number = first + len(done)
        place = places[number % len(places)]
        with services.database.write() as tx:
            put(tx, place, numbered(body, number), services.now())
        done.append(Seen(place.url_path, number, time.monotonic()))
    services.database.close()
    return done


def read(port: int, places: Sequence[Place], seconds: float) -> list[Seen]:
    """Read documents at random; return which each was, and the instant when it had come."""
    rng = random.Random(port)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    found: list[Seen] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        path = rng.choice(places).url_path
        coding = rng.choice(("gzip", "identity"))
        connection.request("GET", path, headers={"Accept-Encoding": coding})
        number = _number(connection.getresponse(), coding)
        found.append(Seen(path, number, time.monotonic()))
        time.sleep(_PAUSE_SECONDS)
    connection.close()
    return found


def _number(answer: http.client.HTTPResponse, coding: str) -> int:
    """Return the number of a document; TORN when it is not what its headers say."""
    try:
        body = answer.read()  # raises when it is shorter than its Content-Length
        plain = gzip.decompress(body) if coding == "gzip" else body
    except (http.client.IncompleteRead, OSError, EOFError):
        return TORN
    tag = answer.headers.get("ETag", "").strip('"').partition(".")[0]
    match = _NUMBER.search(plain)
    is_whole = answer.status == 200 and tag == hashlib.sha256(plain).hexdigest()[:32]
    return int(match[1]) if match and is_whole else TORN


def stalest(swaps: Iterable[Seen], answers: Iterable[Seen]) -> float:
    """Return how long ago what was read had been replaced, at most; seconds."""
    replaced_at: dict[tuple[str, int], float] = {}
    by_path: defaultdict[str, list[Seen]] = defaultdict(list)
    for swap in sorted(swaps, key=lambda one: one.number):
        of_path = by_path[swap.url_path]
        replaced_at[swap.url_path, of_path[-1].number if of_path else 0] = swap.at
        of_path.append(swap)
    ages = [one.at - replaced_at.get((one.url_path, one.number), one.at) for one in answers]
    return max([0.0, *ages])
