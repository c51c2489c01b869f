"""Pages about feeds: the directory of all, and for each one how to follow it.

They stand beside the feeds, at the same addresses without an ending: `/feeds/section/news`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import quote

from flask import Blueprint, Response, abort, redirect
from werkzeug.exceptions import Gone
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.model import SITE, Article, Feed, FeedKey, Format, Kind
from feedsvc.store import articles, feeds, terms
from feedsvc.store.database import Transaction
from feedsvc.web.lists import OPML_TYPE, SHORTLY, kept
from feedsvc.web.pages import current, feed_groups, feed_links, local, page, render, view

blueprint = Blueprint("landing", __name__)

_LATEST = 5
# One script of ours, for the buttons that copy; the pages work without it.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' https: http:;"
    " font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def _added(before: str) -> Callable[[str], str]:
    return lambda url: before + quote(url, safe="")


# Where each reader takes the address of a feed, in the form that it documents. Programs of one's
# own register for `feed:`, and take the address behind it as it is.
READERS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "Feedly": _added("https://feedly.com/i/subscription/feed%2F"),
        "Inoreader": _added("https://www.inoreader.com/?add_feed="),
        "NewsBlur": _added("https://www.newsblur.com/?url="),
        "The Old Reader": _added("https://theoldreader.com/feeds/subscribe?url="),
        "Feedbin": _added("https://feedbin.com/?subscribe="),
        "Your own app": lambda url: f"feed:{url}",
    }
)


@blueprint.get("/feeds")
def directory() -> Response:
    """Show every public feed."""
    services = current()

    def make() -> Response:
        with services.database.read() as tx:
            found = feeds.public(tx)
        groups = feed_groups(found, services.settings)
        opml = {"url": services.settings.base_url + "/feeds.opml", "type": OPML_TYPE}
        return render("directory.html", groups=groups, opml=opml)

    return kept().answer("directory", make, SHORTLY)


@blueprint.get("/feeds/all")
def of_site() -> AnyResponse:
    """Show how to follow everything."""
    with current().database.read() as tx:
        feed = feeds.by_key(tx, SITE) or abort(HTTPStatus.NOT_FOUND)
        latest = _latest(tx, feed)
    return _landing(feed, latest)


@blueprint.get("/feeds/<any(section, author, edition):kind>/<string:slug>")
def of_term(kind: str, slug: str) -> AnyResponse:
    """Show how to follow a section, author or edition; an old slug leads to the new one."""
    settings = current().settings
    with current().database.read() as tx:
        term = terms.by_slug(tx, Kind(kind), slug) or abort(HTTPStatus.NOT_FOUND)
        if term.slug is None:  # it was removed
            raise Gone
        feed = feeds.by_key(tx, FeedKey(kind, term.id)) or abort(HTTPStatus.NOT_FOUND)
        if term.slug != slug:
            url = local(settings.landing_url(feed.path))
            return redirect(url, HTTPStatus.MOVED_PERMANENTLY)
        latest = _latest(tx, feed)
    return _landing(feed, latest)


def _latest(tx: Transaction, feed: Feed) -> list[Article]:
    return articles.load(tx, articles.public(tx, feed.key, offset=0, limit=_LATEST))


def _landing(feed: Feed, latest: list[Article]) -> Response:
    settings = current().settings
    links = feed_links(feed, settings)
    address = settings.feed_url(feed.path, Format.RSS)
    response = page(
        "landing.html",
        [links],
        feed=links,
        address=address,
        readers=[(name, form(address)) for name, form in READERS.items()],
        stories=[view(article, settings) for article in latest],
    )
    response.headers["Content-Security-Policy"] = _POLICY
    return response
