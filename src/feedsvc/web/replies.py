"""Answers to requests for feeds that are no feed, always in plain text: no reader takes a page."""

from __future__ import annotations

from http import HTTPStatus

from werkzeug.urls import iri_to_uri

from feedsvc.settings import Settings
from feedsvc.web.guard import Pairs, guards

Headers = list[tuple[str, str]]
# A status line, headers and a body, as a WSGI server takes them. Nobody ever changes the lists,
# so that the same ones serve any number of requests.
Reply = tuple[str, Headers, list[bytes]]

EMPTY = [b""]
READING = frozenset({"GET", "HEAD"})
# Scripts of any site may read feeds (https://fetch.spec.whatwg.org/#http-cors-protocol).
CORS: Pairs = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "ETag, Link, IM, Delta-Base, Retry-After"),
)
_ALLOW = ("Allow", "GET, HEAD, OPTIONS")
_PREFLIGHT = (
    ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
    ("Access-Control-Allow-Headers", "*"),
    ("Access-Control-Max-Age", "86400"),
)
_NEVER_KEPT = ("Cache-Control", "no-store")
# Short: a section may get a feed, an address may come to mean another one.
_KEPT_SHORTLY = ("Cache-Control", "public, max-age=60")
_KEPT_AN_HOUR = ("Cache-Control", "public, max-age=3600")
_RETRY = ("Retry-After", "60")


class Replies:
    """The answers of one process, made once from its settings."""

    def __init__(self, settings: Settings) -> None:
        self._guards = (*CORS, *guards(settings))
        nothing = "There is nothing at this address."
        self.not_found = self._text(HTTPStatus.NOT_FOUND, nothing, _KEPT_SHORTLY)
        removed = "This feed was removed by the newsroom."
        self.gone = self._text(HTTPStatus.GONE, removed, _KEPT_SHORTLY)
        later = "This is not available just now. Please try again soon."
        status = HTTPStatus.SERVICE_UNAVAILABLE
        self.unavailable = self._text(status, later, _NEVER_KEPT, _RETRY)
        only = "This address can only be read."
        self.not_allowed = self._text(HTTPStatus.METHOD_NOT_ALLOWED, only, _NEVER_KEPT, _ALLOW)
        other = "This is not what you have."
        self.refused = self._text(HTTPStatus.PRECONDITION_FAILED, other, _NEVER_KEPT)
        options: Headers = [("Content-Length", "0"), _ALLOW, *_PREFLIGHT, *self._guards]
        self.options: Reply = ("200 OK", options, EMPTY)

    def moved(self, url: str) -> Reply:
        """Return what leads from a guessed address to a feed's own."""
        target = iri_to_uri(url)
        return self._text(HTTPStatus.MOVED_PERMANENTLY, target, _KEPT_AN_HOUR, ("Location", target))

    def _text(self, status: HTTPStatus, text: str, *more: tuple[str, str]) -> Reply:
        line = f"{status.value} {status.phrase}"
        body = f"{line}: {text}\n".encode()
        size = ("Content-Length", str(len(body)))
        kind = ("Content-Type", "text/plain; charset=utf-8")
        return line, [kind, size, *more, *self._guards], [body]
