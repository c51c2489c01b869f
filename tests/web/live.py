"""A real `feedsvc web`, and requests to it byte by byte: what comes back is seen as it was sent."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from feedsvc.model import Coding, Document, Format, Variant
from feedsvc.store import documents, feeds, serving, variants
from feedsvc.store.database import Database
from tests.cli.program import Program, make_program
from tests.cli.service import Running, free_port, running
from tests.newsroom import REPOSITORY


@dataclass(frozen=True)
class Raw:
    """An answer as it went over the wire; names of headers in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def lasting(self) -> dict[str, str]:
        """The headers that two equal answers share."""
        return {name: value for name, value in self.headers.items() if name != "date"}

    def __getitem__(self, name: str) -> str:
        """Return a header that must be there."""
        return self.headers[name]


def send(port: int, request: bytes) -> Raw:
    """Send a request that asks to close the connection, and read to the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    pairs = [(name.lower(), value.strip()) for name, _, value in (n.partition(":") for n in lines)]
    assert len(dict(pairs)) == len(pairs), f"a header twice: {pairs}"
    return Raw(int(line.split()[1]), dict(pairs), body)


@dataclass(frozen=True)
class Live:
    """A running web process over a store that tests may write to."""

    web: Running
    database: Database

    def ask(self, path: str, method: str = "GET", **headers: str) -> Raw:
        """Ask for a path; `If_None_Match="…"` sends that header."""
        sent = {"Host": f"127.0.0.1:{self.web.port}", "Connection": "close"} | headers
        lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in sent.items()]
        return self.send(f"{method} {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode())

    def send(self, request: bytes) -> Raw:
        """Send a request as it is."""
        return send(self.web.port, request)

    def document(self, name: str) -> Document:
        """Return a document as it is stored, by a name such as `section/news.rss`."""
        return self.web.program.served()[name]


def compress(database: Database) -> None:
    """Put a compressed variant of each coding beside every document."""
    with database.write() as tx:
        for feed in feeds.all_feeds(tx):
            made = {
                fmt: [
                    Variant(Coding.GZIP, "z", gzip.compress(document.body, 1, mtime=0)),
                    Variant(Coding.BROTLI, "b", b"brotli of " + document.etag.encode()),
                ]
                for fmt, document in documents.of_feed(tx, feed.id).items()
            }
            variants.put(tx, feed.id, made)
            serving.note_served(tx, [feed.id])


def put_deltas(database: Database, deltas: dict[str, bytes]) -> None:
    """Put what is new since earlier documents beside the site's, the same in each format."""
    packed = {base: gzip.compress(body, mtime=0) for base, body in deltas.items()}
    with database.write() as tx:
        site = feeds.all_feeds(tx)[0].id
        variants.put_deltas(tx, site, dict.fromkeys(Format, packed))
        serving.note_served(tx, [site])


def house(folder: Path) -> tuple[Program, Database]:
    """Return a program with the example stories, and its store."""
    program = make_program(folder, PORT=str(free_port()))
    program.run("import", REPOSITORY / "examples" / "stories")
    return program, Database(f"sqlite:///{folder}/var/feedsvc.db")


@contextmanager
def serving_live(folder: Path) -> Iterator[Live]:
    """Serve the example stories, compressed, with a delta for the site in each format."""
    program, database = house(folder)
    compress(database)
    put_deltas(database, {'"b1"': b"new since b1 " * 99, '"b2"': b"new since b2"})
    with running(program, "web") as web:
        yield Live(web.when_up(), database)
    database.close()
