"""The servers that are compared, over one newsroom: nginx, feedsvc, and views of Flask."""

from __future__ import annotations

import gzip
import os
import random
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import swaps
from benchmarks.load import Server, ask, free_port, running
from benchmarks.stores import environment, fill, newsroom
from benchmarks.swaps import Place
from feedsvc.feeds.backlog import build_due
from feedsvc.feeds.finish import finish_next
from feedsvc.model import SITE, FeedKey, Format, Kind, Term
from feedsvc.services import Services
from feedsvc.store import documents, feeds, terms

_ARTICLES = 200
SITE_PATH = "/feeds/all.rss"
_MANY, _ITEMS = 2_500, 8  # documents, each of about 30 KB
_MOVING = 10  # and ten of about 160 KB
GZIP = {"Accept-Encoding": "gzip"}
_NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx-{port}.pid;
error_log stderr;
{user}
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  etag on;
  {more}
  gzip_static on;
  keepalive_requests 1000000000;
  default_type application/rss+xml;
  server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}
"""


@dataclass(frozen=True)
class Site:
    """A newsroom with its documents."""

    folder: Path
    body: bytes  # of the site's feed, about 160 KB
    many: list[str]  # paths of documents of about 30 KB
    moving: list[Place]  # feeds whose documents a publisher swaps


def make_site(folder: Path) -> Site:
    """Fill a store through the door and build its feeds; write further documents straight into it.

    Those are made of the site's items: building so many feeds takes minutes.
    """
    services = newsroom(folder)
    fill(services, _ARTICLES)
    list(build_due(services.press))
    while finish_next(services.press):
        pass
    with services.database.read() as tx:
        feed = feeds.by_key(tx, SITE)
        if feed is None:
            raise SystemExit("there is no site feed")
        body = documents.of_feed(tx, feed.id)[Format.RSS].body
    head, *items = body.split(b"<item>")
    items[-1], _, tail = items[-1].partition(b"</channel>")
    rng = random.Random(30)

    def small(number: int) -> bytes:
        chosen = b"<item>".join([head, *rng.sample(items, _ITEMS)])
        return swaps.numbered(chosen + b"</channel>" + tail, number)

    many = _add_feeds(services, _MANY, "many", small)
    moving = _add_feeds(services, _MOVING, "moving", lambda _: swaps.numbered(body, 0))
    services.database.close()
    return Site(folder, body, [place.url_path for place in many], moving)


def _add_feeds(
    services: Services, count: int, name: str, body: Callable[[int], bytes]
) -> list[Place]:
    """Write feeds of made-up authors, each with one document."""
    found: list[Place] = []
    now = services.now()
    with services.database.write() as tx:
        for number in range(count):
            slug = f"{name}-{number}"
            author = terms.resolve(tx, Kind.AUTHOR, slug)
            terms.save(tx, Term(Kind.AUTHOR, slug, slug, author.id))
            key = FeedKey(Kind.AUTHOR, author.id)
            feed_id = feeds.ensure(tx, [key], now=now, new_urn=services.new_urn)[key]
            found.append(Place(feed_id, f"/feeds/author/{slug}.rss"))
            swaps.put(tx, found[-1], body(number), now)
    return found


def start_servers(stack: ExitStack, site: Site) -> dict[str, Server]:
    """Start all servers over a site."""
    folder = site.folder
    ours = free_port()
    variables = environment(folder) | {"PORT": str(ours), "FEEDSVC_CONFIG": os.devnull}
    web = [sys.executable, "-m", "feedsvc", "web"]
    feedsvc = stack.enter_context(running(web, ours, folder / "web.log", variables))
    _write_files(feedsvc, [SITE_PATH, *site.many], folder / "www")
    views = free_port()
    flask = [sys.executable, "-m", "benchmarks.views", str(folder), str(views)]
    return {
        "nginx": _start_nginx(stack, folder, ""),
        "nginx, open": _start_nginx(stack, folder, "open_file_cache max=10000;"),
        "feedsvc": feedsvc,
        "Flask": stack.enter_context(running(flask, views, folder / "views.log")),
    }


def _start_nginx(stack: ExitStack, folder: Path, more: str) -> Server:
    port = free_port()
    user = "user root;" if os.geteuid() == 0 else ""  # files of a temporary folder are its owner's
    config = folder / f"nginx-{port}.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, user=user, more=more))
    command = ["nginx", "-e", "stderr", "-c", str(config), "-p", str(folder)]
    return stack.enter_context(running(command, port, config.with_suffix(".log")))


def _write_files(feedsvc: Server, paths: Sequence[str], root: Path) -> None:
    """Write what feedsvc answers as files for nginx, plain and compressed."""
    for path in paths:
        file = root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        packed = ask(feedsvc, path, GZIP).body
        file.write_bytes(gzip.decompress(packed))
        file.with_name(f"{file.name}.gz").write_bytes(packed)
