"""One document as it is served: in each coding, with every header it needs, made once.

Nothing is made while a request waits: its lists are handed to the server as they are.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from wsgiref.types import WSGIEnvironment

from werkzeug.urls import iri_to_uri

from feedsvc.model import Document, Variant
from feedsvc.settings import Settings
from feedsvc.web import conditions, guard
from feedsvc.web.replies import CORS, EMPTY, Headers, Reply

_VARY = ("Vary", "Accept-Encoding, A-IM")
_DAY_SECONDS = 86_400
# About what an answer takes besides its bodies: tuples, lists and strings.
_FRAME_BYTES = 4_096


class NotHeldError(LookupError):
    """An answer lacks what a request asks for: few ask for it, so it stayed in the store.

    Attributes:
        need: What to hold too: a coding, or `DELTAS`.
    """

    def __init__(self, need: str) -> None:
        super().__init__(need)
        self.need = need


DELTAS = "deltas"
Needs = frozenset[str]


@dataclass(frozen=True, slots=True)
class Stored:
    """A document with all that stands beside it, read in one moment.

    Attributes:
        version: How often documents had changed by then (`store.serving`).
        deltas: What is new since earlier documents, gzipped, by their entity tags.
        is_sealed: True for a page of an archive that hardly changes any more.
    """

    feed_id: int
    version: int
    document: Document
    variants: tuple[Variant, ...]
    deltas: Mapping[str, bytes] = field(default_factory=dict)
    is_sealed: bool = False


@dataclass(frozen=True, slots=True)
class Face:
    """A document in one coding.

    Attributes:
        coding: How its bytes are compressed; `identity` when they are not.
        full: Headers of 200.
        same: Headers of 304 (RFC 9110 §15.4.5).
        body: None when it is not held.
    """

    coding: str
    etag: str
    full: Headers
    same: Headers
    body: list[bytes] | None


@dataclass(frozen=True, slots=True)
class Absent:
    """A feed that has nothing to serve, or must not: before its first build, or by a withdrawal."""

    feed_id: int
    version: int
    reply: Reply
    needs: Needs = frozenset()
    size_bytes: int = _FRAME_BYTES

    def respond(self, environ: WSGIEnvironment) -> Reply:
        """Answer that there is nothing now."""
        status, headers, body = self.reply
        return status, headers, EMPTY if environ["REQUEST_METHOD"] == "HEAD" else body


@dataclass(frozen=True, slots=True)
class Answer:
    """All answers to GET and HEAD for one document.

    Attributes:
        tag: The entity tag of the plain bytes.
        faces: By coding; that of `identity` is always there.
        known: Faces by entity tag.
        deltas: By the entity tag of the plain bytes that they begin from; None when not held.
        delta_head: What all deltas carry.
        refused: The answer to a precondition that fails.
        needs: What somebody asked for, and is held if it is there: codings, `DELTAS`.
    """

    feed_id: int
    version: int
    tag: str
    last_modified: str
    modified_at: int
    faces: dict[str, Face]
    known: dict[str, Face]
    deltas: dict[str, bytes | None]
    delta_head: Headers = field(repr=False)
    refused: Reply = field(repr=False)
    needs: Needs
    size_bytes: int

    def respond(self, environ: WSGIEnvironment) -> Reply:
        """Answer GET or HEAD, in the order of RFC 9110 §13.2.2.

        Raises:
            NotHeldError: What is asked for must be read first.
        """
        if ("HTTP_IF_MATCH" in environ or "HTTP_IF_UNMODIFIED_SINCE" in environ) and self._differs(
            environ
        ):
            status, headers, text = self.refused
            return status, headers, EMPTY if environ["REQUEST_METHOD"] == "HEAD" else text
        face = self._face(environ.get("HTTP_ACCEPT_ENCODING"))
        had = environ.get("HTTP_IF_NONE_MATCH")
        if had is not None:
            same = self.known.get(had) or self._had(had, face)
            if same is not None:
                return "304 Not Modified", same.same, EMPTY
            if "HTTP_A_IM" in environ and (delta := self._delta(environ, face)):
                return delta
        elif self._is_unchanged(environ.get("HTTP_IF_MODIFIED_SINCE")):
            return "304 Not Modified", face.same, EMPTY
        if environ["REQUEST_METHOD"] == "HEAD":
            return "200 OK", face.full, EMPTY
        if face.body is None:
            raise NotHeldError(face.coding)
        return "200 OK", face.full, face.body

    def _face(self, accepted: str | None) -> Face:
        for coding in conditions.codings(accepted):
            if coding in self.faces:
                return self.faces[coding]
        return self.faces[conditions.IDENTITY]

    def _had(self, had: str, chosen: Face) -> Face | None:
        """Return the face whose tag a client has; the chosen one if that coding is no more."""
        if had.strip() == "*":
            return chosen
        if self.tag[1:-1] not in had:  # after a change, the usual case
            return None
        for tag in conditions.tags(had):
            if tag.document == self.tag:
                return self.known.get(tag.variant, chosen)
        return None

    def _is_unchanged(self, since: str | None) -> bool:
        if since is None:
            return False
        if since == self.last_modified:
            return True
        at = conditions.instant(since)
        return at is not None and self.modified_at <= at

    def _differs(self, environ: WSGIEnvironment) -> bool:
        """Tell whether If-Match, or without it If-Unmodified-Since, forbids an answer."""
        wanted = environ.get("HTTP_IF_MATCH")
        if wanted is not None:  # compared strongly: RFC 9110 §13.1.1
            tags = {tag.strip() for tag in wanted.split(",")}
            return "*" not in tags and tags.isdisjoint(self.known)
        at = conditions.instant(environ["HTTP_IF_UNMODIFIED_SINCE"])
        return at is not None and self.modified_at > at

    def _delta(self, environ: WSGIEnvironment, face: Face) -> Reply | None:
        """Return only what is new, if a base of it is named and wanted (RFC 3229, "feed")."""
        if not conditions.takes_deltas(environ["HTTP_A_IM"]):
            return None
        tags = conditions.tags(environ["HTTP_IF_NONE_MATCH"])
        bases = [tag for tag in tags if tag.document in self.deltas]
        if not bases:
            return None
        if DELTAS not in self.needs:
            raise NotHeldError(DELTAS)
        found = ((self.deltas[tag.document] or b"", tag.sent) for tag in bases)
        body, base = min(found, key=lambda one: len(one[0]))
        head = [*self.delta_head, ("Delta-Base", base), ("ETag", face.etag)]
        if "gzip" in conditions.codings(environ.get("HTTP_ACCEPT_ENCODING")):
            head.append(("Content-Encoding", "gzip"))
        else:
            body = gzip.decompress(body)
        head.append(("Content-Length", str(len(body))))
        return "226 IM Used", head, EMPTY if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _kept(seconds: int) -> tuple[str, str]:
    """Say how long a cache may keep an answer, and a little longer when there is trouble."""
    value = f"public, max-age={seconds}, stale-while-revalidate=30, stale-if-error=3600"
    return ("Cache-Control", value)


class Envelope:
    """What is the same for all answers of a process, made once from its settings."""

    def __init__(self, settings: Settings, refused: Reply) -> None:
        self._kept = {False: _kept(settings.feeds.ttl_minutes * 60), True: _kept(_DAY_SECONDS)}
        self._settings = settings
        self._refused = refused
        self._always = (_VARY, *CORS, *guard.always(settings))
        self._full = (_VARY, *CORS, *guard.guards(settings))

    def answer(self, stored: Stored, needs: Needs) -> Answer:
        """Return the answers for a document.

        Args:
            needs: The bodies to hold: codings, `DELTAS`.
        """
        document = stored.document
        last_modified = format_datetime(document.modified_at, usegmt=True)
        dated = (self._link(document), ("Last-Modified", last_modified))
        kind = ("Content-Type", document.format.content_type)
        bodies = {one.coding.value: (one.etag(document.etag), one.body) for one in stored.variants}
        bodies[conditions.IDENTITY] = (document.etag, document.body)
        # Soon after a swap there is one compressed variant: for whoever takes a better one too.
        is_poor = not needs <= bodies.keys() | {DELTAS}
        held = needs | bodies.keys() - {conditions.IDENTITY} if is_poor else needs
        faces = {
            coding: self._face(
                coding, etag, body, (*dated, kind, self._kept[stored.is_sealed]), coding in held
            )
            for coding, (etag, body) in bodies.items()
        }
        deltas = stored.deltas if DELTAS in needs else dict.fromkeys(stored.deltas)
        kept = [*(face.body[0] for face in faces.values() if face.body), *deltas.values()]
        return Answer(
            feed_id=stored.feed_id,
            version=stored.version,
            tag=document.etag,
            last_modified=last_modified,
            modified_at=int(document.modified_at.timestamp()),
            faces=faces,
            known={face.etag: face for face in faces.values()},
            deltas=dict(deltas),
            delta_head=[kind, *dated, ("IM", "feed"), ("Cache-Control", "no-store"), *self._always],
            refused=self._refused,
            needs=needs,
            size_bytes=_FRAME_BYTES + sum(len(body or b"") for body in kept),
        )

    def _link(self, document: Document) -> tuple[str, str]:
        """Return how the answer names itself: never by what the request called it."""
        url = iri_to_uri(self._settings.feed_url(document.path, document.format))
        return ("Link", ", ".join((f'<{url}>; rel="self"',)))

    def _face(
        self,
        coding: str,
        etag: str,
        body: bytes,
        head: tuple[tuple[str, str], ...],
        is_held: bool,
    ) -> Face:
        link, modified, kind, kept = head
        tagged = (("ETag", etag), link, modified)
        size = ("Content-Length", str(len(body)))
        coded = [] if coding == conditions.IDENTITY else [("Content-Encoding", coding)]
        full = [kind, size, *coded, *tagged, kept, *self._full]
        same = [*tagged, kept, *self._always]
        return Face(coding, etag, full, same, [body] if is_held else None)
