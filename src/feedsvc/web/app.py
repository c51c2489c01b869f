"""The Flask application: which blueprints there are, what every answer carries, how errors look."""

from __future__ import annotations

import os
from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, render_template, request
from werkzeug.exceptions import HTTPException, NotFound

from feedsvc import settings as configuration
from feedsvc.logs import set_up_logging
from feedsvc.services import Services, make_services
from feedsvc.web import feeds, health, pages

# Pages need no script at all; pictures of articles may come from anywhere.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' https: http:; font-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_MAX_REQUEST_BYTES = 64 * 1024


def create_app(services: Services) -> Flask:
    """Return the WSGI application over these services."""
    app = Flask("feedsvc", static_folder=None)
    app.extensions["feedsvc"] = services
    app.config["MAX_CONTENT_LENGTH"] = _MAX_REQUEST_BYTES
    # Otherwise `/feeds//all.rss` is redirected to wherever the Host header says.
    app.url_map.merge_slashes = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(feeds.blueprint)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(pages.blueprint)
    app.after_request(_add_headers)
    app.register_error_handler(HTTPException, _explain)
    return app


def create_app_from_environment() -> Flask:
    """Return the application as a server process starts it.

    Raises:
        SchemaError: The store is not at this version's schema.
    """
    services = make_services(configuration.load(os.environ).settings)
    set_up_logging(services.settings)
    services.database.check_schema()
    return create_app(services)


def _add_headers(response: Response) -> Response:
    services: Services = current_app.extensions["feedsvc"]
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers["X-Frame-Options"] = "DENY"
    if urlsplit(services.settings.base_url).scheme == "https":
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _explain(error: HTTPException) -> Response:
    """Answer an error in the form that was asked for: plain text to feed readers, else a page.

    A page needs the store, which may be what is broken: a mistake of ours is told in plain text.
    """
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    text = pages.WORDS.get(status, error.description or status.phrase)
    if request.path.startswith("/feeds") or status is HTTPStatus.INTERNAL_SERVER_ERROR:
        response = Response(f"{status.value} {status.phrase}: {text}\n", mimetype="text/plain")
    else:
        body = render_template("error.html", status=status, text=text, **pages.frame())
        response = Response(body, mimetype="text/html")
    response.status_code = status
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    if not isinstance(error, NotFound):
        response.headers["Cache-Control"] = "no-store"
    return response
