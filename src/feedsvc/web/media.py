"""Pictures and files that are kept here: immutable, under the hash of their bytes.

Nothing is looked up in the store, and a name is never put together with a path unless it is a
hash and a known ending.
"""

from __future__ import annotations

from http import HTTPStatus
from types import MappingProxyType

from flask import Blueprint, Response, abort, current_app, send_file

from feedsvc.services import Services
from feedsvc.store import files

blueprint = Blueprint("media", __name__)

# Whatever a file pretends to be, a browser that opens it runs and loads nothing.
_HEADERS = MappingProxyType(
    {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
)


@blueprint.get("/media/<string:name>")
def media_file(name: str) -> Response:
    """Serve a file, or a part of it."""
    services: Services = current_app.extensions["feedsvc"]
    if not files.is_name(name):
        abort(HTTPStatus.NOT_FOUND)
    digest, _, ending = name.partition(".")
    path = files.path_of(services.settings.media.place, name)
    try:
        response = send_file(path, files.TYPES[ending], etag=digest)
    except FileNotFoundError:
        abort(HTTPStatus.NOT_FOUND)
    response.headers.update(_HEADERS)
    if ending == "pdf":  # browsers show none within a sandbox
        response.headers["Content-Disposition"] = "attachment"
    return response
