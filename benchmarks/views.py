"""What feeds would cost if Flask served them: finished bytes through a view, and made each time.

Run it with `python -m benchmarks.views FOLDER PORT`: on the same server as `feedsvc web`, with the
same options, over the store of `benchmarks.stores`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from flask import Flask, Response, request
from granian.constants import Interfaces
from granian.server import Server as Granian

from benchmarks.naive import bare_feedgen
from benchmarks.stores import newsroom
from feedsvc.feeds import pack
from feedsvc.feeds.press import read
from feedsvc.model import SITE, Format
from feedsvc.store import documents, feeds, variants
from feedsvc.web.answer import Answer, Envelope, Stored
from feedsvc.web.replies import Replies


def create_app(folder: Path) -> Flask:
    """Return an application that serves the site's feed below `/view` and below `/naive`."""
    services = newsroom(folder)
    with services.database.read() as tx:
        feed = feeds.by_key(tx, SITE)
        if feed is None:
            raise SystemExit("there is no site feed")
        channel = read(tx, services.press, feed.id).channel
        document = documents.of_feed(tx, feed.id)[Format.RSS]
        compressed = variants.of_document(tx, feed.id, Format.RSS)
    stored = Stored(feed.id, 0, document, compressed)
    envelope = Envelope(services.settings, Replies(services.settings).refused)
    answer = envelope.answer(stored, frozenset({"identity", "gzip"}))
    held = {f"{feed.path}.rss": answer}
    app = Flask("views", static_folder=None)

    @app.get("/view/feeds/<path:path>")
    def view(path: str) -> Response:
        return _respond(held[path])

    @app.get("/naive/feeds/all.rss")
    def naive() -> Response:
        """Answer as a small script does: all bytes made anew; the entries are at hand already."""
        response = Response(bare_feedgen(channel, Format.RSS), mimetype="application/rss+xml")
        if request.accept_encodings["gzip"]:
            response.data = pack.gzipped(response.data)
            response.headers["Content-Encoding"] = "gzip"
        return response

    return app


def _respond(answer: Answer) -> Response:
    """Answer with what feedsvc answers with, byte by byte, the way a view does."""
    coding = "gzip" if request.accept_encodings["gzip"] else "identity"
    face = answer.faces[coding]
    if request.if_none_match.contains_weak(face.etag.strip('"')):
        return Response(status=304, headers=face.same)
    return Response(face.body, headers=face.full)


def create_app_from_arguments() -> Flask:
    """Return the application as a server process starts it."""
    return create_app(Path(sys.argv[1]))


def main() -> None:
    """Serve as `feedsvc web` does (cli/run.py)."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    Granian(
        "benchmarks.views:create_app_from_arguments",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        websockets=False,
        blocking_threads=newsroom(folder).settings.web.threads,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    main()
