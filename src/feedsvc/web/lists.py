"""Lists for programs: subscriptions as OPML, sitemaps and `robots.txt`."""

from __future__ import annotations

import datetime as dt
from http import HTTPStatus

from flask import Blueprint, Response, abort, current_app
from werkzeug.exceptions import ServiceUnavailable

from feedsvc.feeds import sitemap
from feedsvc.feeds.directory import opml
from feedsvc.services import Services
from feedsvc.settings import Settings
from feedsvc.store import feeds, listing
from feedsvc.store.database import Transaction
from feedsvc.web.kept import MAX_AGE, KeptAnswers
from feedsvc.web.pages import current

blueprint = Blueprint("lists", __name__)
OPML_TYPE = "text/x-opml"
# For lists that are quickly made, or soon old: the directory, subscriptions, news.
SHORTLY = dt.timedelta(minutes=1)
_RETRY_SECONDS = 60


def kept() -> KeptAnswers:
    """Return the long answers that this process has made before."""
    found: KeptAnswers = current_app.extensions["feedsvc.kept"]
    return found


def _list(body: bytes, content_type: str = "application/xml; charset=utf-8") -> Response:
    response = Response(body, content_type=content_type)
    response.headers["Cache-Control"] = f"public, max-age={int(MAX_AGE.total_seconds())}"
    return response


@blueprint.get("/feeds.opml")
def subscriptions() -> Response:
    """List exactly the public feeds, for readers to import."""
    services = current()

    def make() -> Response:
        with services.database.read() as tx:
            found = feeds.public(tx)
        if not found:  # OPML cannot be empty
            raise ServiceUnavailable(retry_after=_RETRY_SECONDS)
        return _list(opml(found, services.settings), f"{OPML_TYPE}; charset=utf-8")

    return kept().answer("opml", make, SHORTLY)


@blueprint.get("/sitemap.xml")
def whole_sitemap() -> Response:
    """List every public page, or the parts of that list when it is long."""
    services = current()

    def make() -> Response:
        parts = _parts(services)
        if parts > 1:
            url = services.settings.base_url + "/sitemap-{}.xml"
            return _list(sitemap.index(map(url.format, range(1, parts + 1))))
        return _part(services, 1)

    return kept().answer("sitemap", make)


@blueprint.get("/sitemap-<int(min=1, max=50000):number>.xml")
def part_of_sitemap(number: int) -> Response:
    """List one part of the public pages."""
    services = current()
    if number > _parts(services):
        abort(HTTPStatus.NOT_FOUND)
    return kept().answer(f"sitemap-{number}", lambda: _part(services, number))


def _parts(services: Services) -> int:
    """Return how many parts the list of public pages has, or had within `MAX_AGE`.

    Counting takes as long as listing, and anybody may ask for parts that there are not.
    """

    def count() -> Response:
        with services.database.read() as tx:
            pages = len(_pages_of_ours(tx, services.settings)) + _count(tx, services.settings)
        return Response(str(-(-pages // sitemap.PER_FILE)))

    return int(kept().body("parts", count))


def _part(services: Services, number: int) -> Response:
    start = (number - 1) * sitemap.PER_FILE
    with services.database.read() as tx:
        known = _pages_of_ours(tx, services.settings)
        found = known[start : start + sitemap.PER_FILE]
        offset, room = max(start - len(known), 0), sitemap.PER_FILE - len(found)
        found += _articles(tx, services.settings, offset, room)
    return _list(sitemap.urlset(found or abort(HTTPStatus.NOT_FOUND)))


def _pages_of_ours(tx: Transaction, settings: Settings) -> list[sitemap.Page]:
    """Return the start page, the directory of feeds, and what articles are filed under."""
    urls = [settings.base_url + "/", settings.base_url + "/feeds"]
    urls += [settings.term_url(term.kind, term.slug or "") for term in listing.terms(tx)]
    return [(url, None) for url in urls]


def _articles_are_here(settings: Settings) -> bool:
    """Tell whether articles live below our address: a sitemap may list nothing else."""
    return settings.article_url("2024/11/slug").startswith(settings.base_url + "/")


def _count(tx: Transaction, settings: Settings) -> int:
    return listing.count(tx) if _articles_are_here(settings) else 0


def _articles(tx: Transaction, settings: Settings, offset: int, limit: int) -> list[sitemap.Page]:
    if not _articles_are_here(settings):
        return []
    found = listing.articles(tx, offset=offset, limit=limit)
    return [(settings.article_url(one.permalink), one.updated_at) for one in found]


@blueprint.get("/news-sitemap.xml")
def news_sitemap() -> Response:
    """List the articles of the last two days."""
    services = current()
    if not _articles_are_here(services.settings):
        abort(HTTPStatus.NOT_FOUND)

    def make() -> Response:
        # Nothing in it may be too old at the end of the time that it is kept.
        since = services.now() - sitemap.NEWS_AGE + SHORTLY
        with services.database.read() as tx:
            found = listing.recent(tx, since, sitemap.NEWS_PER_FILE)
        return _list(sitemap.news(found, services.settings))

    return kept().answer("news", make, SHORTLY)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Name the sitemaps; every page may be read by everybody."""
    settings = current().settings
    names = ["sitemap.xml"]
    if _articles_are_here(settings):
        names.append("news-sitemap.xml")
    lines = ["User-agent: *", "Disallow:", ""]
    lines += [f"Sitemap: {settings.base_url}/{name}" for name in names]
    return _list("\n".join([*lines, ""]).encode(), "text/plain; charset=utf-8")
