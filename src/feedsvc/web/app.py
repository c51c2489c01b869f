"""The Flask application: which blueprints there are, what every answer carries, how errors look."""

from __future__ import annotations

import os
from http import HTTPStatus
from wsgiref.types import WSGIApplication

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import Gone, HTTPException, NotFound
from werkzeug.wrappers import Response as AnyResponse

from feedsvc import settings as configuration
from feedsvc.logs import set_up_logging
from feedsvc.services import Services, make_services
from feedsvc.web import health, landing, lists, media, pages
from feedsvc.web.delivery import Delivery
from feedsvc.web.guard import guards
from feedsvc.web.kept import KeptAnswers
from feedsvc.web.replies import Replies
from feedsvc.web.shelf import Shelf
from feedsvc.web.watch import Watch

_MAX_REQUEST_BYTES = 64 * 1024


def create_app(services: Services) -> Flask:
    """Return the WSGI application over these services: feeds by the fast path, the rest by Flask.

    Its shelf, `extensions["shelf"]`, is kept up to date by whoever starts a `Watch` or looks.
    """
    app = Flask("feedsvc", static_folder=None)
    app.extensions["feedsvc"] = services
    app.extensions["feedsvc.kept"] = KeptAnswers(services)
    app.config["MAX_CONTENT_LENGTH"] = _MAX_REQUEST_BYTES
    # Otherwise `/feeds//all.rss` is redirected to wherever the Host header says.
    app.url_map.merge_slashes = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(health.blueprint)
    app.register_blueprint(landing.blueprint)
    app.register_blueprint(lists.blueprint)
    app.register_blueprint(media.blueprint)
    app.register_blueprint(pages.blueprint)
    app.after_request(_add_headers)
    app.register_error_handler(HTTPException, _explain)
    app.register_error_handler(NotFound, _find)
    settings, replies = services.settings, Replies(services.settings)
    shelf = app.extensions["shelf"] = Shelf(services.database, settings, replies)
    app.wsgi_app = Delivery(app.wsgi_app, shelf, settings, replies)  # type: ignore[method-assign]
    return app


def create_app_from_environment() -> WSGIApplication:
    """Return the application as a server process starts it; a thread keeps its feeds up to date.

    Raises:
        SchemaError: The store is not at this version's schema.
    """
    services = make_services(configuration.load(os.environ).settings, maps_store=False)
    set_up_logging(services.settings)
    services.database.check_schema()
    app = create_app(services)
    Watch(app.extensions["shelf"]).start()
    return app.wsgi_app


def _add_headers(response: Response) -> Response:
    services: Services = current_app.extensions["feedsvc"]
    for name, value in guards(services.settings):
        response.headers.setdefault(name, value)
    return response


def _find(error: NotFound) -> AnyResponse:
    """Lead on from an address that was right before the newsroom came here."""
    try:
        return pages.alias() or _explain(error)
    except Gone as gone:
        return _explain(gone)


def _explain(error: HTTPException) -> Response:
    """Answer an error in the form that was asked for: plain text to feed readers, else a page.

    A page needs the store, which may be what is broken: a mistake of ours is told in plain text.
    """
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    text = pages.WORDS.get(status, error.description or status.phrase)
    path = request.path
    of_a_feed = path.startswith("/feeds") and ("." in path or request.blueprint != "landing")
    if of_a_feed or status is HTTPStatus.INTERNAL_SERVER_ERROR:
        response = Response(f"{status.value} {status.phrase}: {text}\n", mimetype="text/plain")
    else:
        response = pages.render("error.html", status=status, text=text)
    response.status_code = status
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    if not isinstance(error, NotFound):
        response.headers["Cache-Control"] = "no-store"
    return response
