"""Bytes with their validators: ETag and Last-Modified (RFC 9110 §8.8)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import replace

from feedsvc.feeds.proof import Proof
from feedsvc.model import Channel, Document, Format

Validators = Mapping[Format, tuple[str, dt.datetime]]


def make_documents(
    channel: Channel, proof: Proof, *, now: dt.datetime, before: Validators
) -> list[Document]:
    """Return proven bytes with their validators and manifests.

    Args:
        before: The ETags and Last-Modifieds of what is served until now.
    """
    # Of the bytes, not of what they were made from: a delta must tell what was written wrong.
    pairs = zip(channel.entries, proof.seals, strict=True)
    manifest = tuple((entry.atom_id, seal[:16]) for entry, seal in pairs)
    made = (
        make_document(channel.path, fmt, body, now=now, before=before.get(fmt))
        for fmt, body in proof.bodies.items()
    )
    return [replace(one, manifest=manifest, checks=proof.checks[one.format]) for one in made]


def etag_of(body: bytes) -> str:
    """Return the strong entity tag of a document's bytes, with its quotes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def make_document(
    path: str,
    fmt: Format,
    body: bytes,
    *,
    now: dt.datetime,
    before: tuple[str, dt.datetime] | None,
) -> Document:
    """Return bytes with their validators.

    `Last-Modified` is the instant of the swap, in whole seconds. It stays when the bytes do, and
    moves on when they do not, also within one second and when the clock was set back: otherwise
    a reader that asks with it alone would go on showing what was withdrawn.

    Args:
        before: The ETag and the Last-Modified of what is served until now.
    """
    etag = etag_of(body)
    modified = now.replace(microsecond=0)
    if before is not None:
        later = max(modified, before[1] + dt.timedelta(seconds=1))
        modified = before[1] if before[0] == etag else later
    return Document(path, fmt, body, etag, modified)
