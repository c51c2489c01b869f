"""The fast path: a WSGI application that answers requests for feeds before Flask sees them.

Every address below `/feeds/` with a dot in it is a feed's, or nobody's. Query and Host change
nothing: an answer depends on method, path and the headers that `conditions` reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from feedsvc.errors import StoreError
from feedsvc.settings import Settings
from feedsvc.web import conditions, guesses
from feedsvc.web.answer import NotHeldError
from feedsvc.web.replies import EMPTY, READING, Replies, Reply
from feedsvc.web.shelf import ROOT, Place, Shelf

# An answer may change, and what it must hold, while it is being completed.
_TRIES = 5


class Delivery:
    """Feeds from a shelf; everything else from another application."""

    def __init__(
        self, application: WSGIApplication, shelf: Shelf, settings: Settings, replies: Replies
    ) -> None:
        self._application = application
        self._shelf = shelf
        self._find = shelf.find
        self._settings = settings
        self._replies = replies

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        held = self._find(environ["PATH_INFO"])
        reply: Reply | None = None
        if held is not None and environ["REQUEST_METHOD"] in READING:
            try:
                reply = held.respond(environ)
            except NotHeldError:
                reply = None
        if reply is None and (reply := self._reply(environ)) is None:
            return self._application(environ, start_response)
        start_response(reply[0], reply[1])
        return reply[2]

    def _reply(self, environ: WSGIEnvironment) -> Reply | None:
        """Answer what is not on the shelf; None when it is not about feeds."""
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        reply: Reply | None
        try:
            if "\0" in path:  # a database may refuse to look for it
                reply = self._replies.not_found
            elif not (path.startswith(ROOT) and "." in path):
                reply = self._guessed(path, environ) if method in READING else None
            elif method == "OPTIONS":
                return self._replies.options
            elif method not in READING:
                return self._replies.not_allowed
            else:
                reply = self._document(path, environ)
        except StoreError:  # whoever watches the shelf says so in the log
            reply = self._replies.unavailable
        if reply is not None and method == "HEAD":
            return reply[0], reply[1], EMPTY
        return reply

    def _document(self, path: str, environ: WSGIEnvironment) -> Reply:
        place = self._shelf.place(path)
        if not isinstance(place, Place):
            return self._nothing(place)
        need = conditions.codings(environ.get("HTTP_ACCEPT_ENCODING"))[0]
        for _ in range(_TRIES):
            held = self._shelf.fetch(path, place, need)
            try:
                return held.respond(environ)
            except NotHeldError as error:
                need = error.need
        return self._replies.unavailable

    def _guessed(self, path: str, environ: WSGIEnvironment) -> Reply | None:
        """Lead from an address that somebody guessed to the feed that it means."""
        query = environ["QUERY_STRING"]
        if guesses.is_comments(path, query):
            return self._replies.not_found
        guess = guesses.guess(path, query)
        if guess is None:
            return None
        feed = self._shelf.feed(guess.path)
        if isinstance(feed, HTTPStatus):
            return self._replies.gone if feed is HTTPStatus.GONE else None
        url = self._settings.feed_url(self._shelf.path_of(feed) or guess.path, guess.format)
        return self._replies.moved(url)

    def _nothing(self, status: HTTPStatus) -> Reply:
        return self._replies.gone if status is HTTPStatus.GONE else self._replies.not_found
