"""Feeds over HTTP: finished bytes from the store, with validators. Nothing is built here."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, abort, current_app, redirect, request
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response as AnyResponse

from feedsvc.model import SITE, Document, Feed, FeedKey, Format, Kind
from feedsvc.services import Services
from feedsvc.store import documents, feeds, terms
from feedsvc.store.database import Transaction

blueprint = Blueprint("feeds", __name__)
_RETRY_SECONDS = 60


@blueprint.get("/feeds/all.<string:ending>")
def site_feed(ending: str) -> AnyResponse:
    """Answer with the whole site's feed."""
    fmt = _format(ending)
    services: Services = current_app.extensions["feedsvc"]
    with services.database.read() as tx:
        feed = feeds.by_key(tx, SITE) or abort(HTTPStatus.NOT_FOUND)
        document = _document(tx, feed, fmt)
    return _answer(document, services)


@blueprint.get("/feeds/<any(section, author, edition):kind>/<string:slug>.<string:ending>")
def term_feed(kind: str, slug: str, ending: str) -> AnyResponse:
    """Answer with the feed of a section, author or edition; an old slug leads to the new one."""
    fmt = _format(ending)
    services: Services = current_app.extensions["feedsvc"]
    with services.database.read() as tx:
        term = terms.by_slug(tx, Kind(kind), slug) or abort(HTTPStatus.NOT_FOUND)
        feed = feeds.by_key(tx, FeedKey(kind, term.id)) or abort(HTTPStatus.NOT_FOUND)
        if term.slug != slug:
            target = services.settings.feed_url(feed.path, fmt)
            return redirect(target, HTTPStatus.MOVED_PERMANENTLY)
        document = _document(tx, feed, fmt)
    return _answer(document, services)


def _format(ending: str) -> Format:
    try:
        return Format(ending)
    except ValueError:
        abort(HTTPStatus.NOT_FOUND)


def _document(tx: Transaction, feed: Feed, fmt: Format) -> Document:
    if feed.unavailable:
        raise ServiceUnavailable(retry_after=_RETRY_SECONDS)
    return documents.get(tx, feed.id, fmt) or abort(HTTPStatus.NOT_FOUND)


def _answer(document: Document, services: Services) -> Response:
    response = Response(document.body, content_type=document.format.content_type)
    response.headers["ETag"] = document.etag
    response.last_modified = document.modified_at
    seconds = services.settings.feeds.ttl_minutes * 60
    response.headers["Cache-Control"] = (
        f"public, max-age={seconds}, stale-while-revalidate=30, stale-if-error=3600"
    )
    response.make_conditional(request)
    return response
