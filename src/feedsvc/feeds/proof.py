"""The proof of a build, at the price of what changed. The argument is in docs/decisions/0012.

Reading a document back as a reader does takes longer than everything else together, and most of
its entries were read back before. So an entry is read back once, in a small document with the
present head, and its *key* is remembered: a hash of the entry, of its bytes in every format and
of everything that read them. Then the whole documents are parsed strictly and held against every
rule; after the swap they are read back whole (`confirm.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from feedsvc.errors import RenderError
from feedsvc.feeds import as_read, attribution, readback, render, validate
from feedsvc.feeds.memory import Memory, Sealed
from feedsvc.feeds.press import Press
from feedsvc.model import Channel, Entry, Finding, Format
from feedsvc.store import proofs

_REMEDY = "This is a mistake of feedsvc or of a setting: see `feedsvc check`, then report it."


# Everything that says whether an entry is read back right.
VERSION = render.identify((readback, as_read, attribution, validate), ("feedparser",), sys.version)


@dataclass(frozen=True, slots=True)
class Proof:
    """Documents, and how they were proven.

    Attributes:
        bodies: Empty when they could not be written.
        keys: Of every entry, in order.
        is_whole: True when the documents themselves were read back, and not their parts.
        seals: Of every entry's bytes, in order; see `render.seal`.
    """

    bodies: Mapping[Format, bytes]
    findings: tuple[Finding, ...]
    checks: Mapping[Format, int]
    keys: tuple[str, ...] = ()
    is_whole: bool = True
    seals: tuple[str, ...] = ()


def key(digest: str, seal: str) -> str:
    """Return what an entry's proof is remembered under.

    Args:
        digest: The entry's own, over its whole content.
        seal: Of its bytes, see `render.seal`.
    """
    parts = [VERSION, render.VERSION, digest, seal]  # all of a fixed length
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def keys_of(press: Press, entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return the keys of entries, in order.

    Raises:
        RenderError: Some text cannot be written.
    """
    return _keys(press.memory, entries, press.memory.fragments(entries))


def _keys(memory: Memory, entries: Sequence[Entry], sealed: Sequence[Sealed]) -> tuple[str, ...]:
    pairs = zip(entries, sealed, strict=True)
    return tuple(key(memory.digest(entry), one.seal) for entry, one in pairs)


def prove_whole(channel: Channel, now: dt.datetime) -> Proof:
    """Render a channel from nothing, and validate and read back whole documents."""
    try:
        pieces = render.fragments(channel.entries)
        bodies = render.assemble(render.heads(channel), pieces)
    except RenderError as error:
        return _unwritten(error)
    verdict = validate.validate(bodies, channel, now)
    seals = tuple(map(render.seal, pieces))
    return Proof(bodies, verdict.findings, verdict.checks, seals=seals)


def prove(press: Press, channel: Channel, now: dt.datetime) -> Proof:
    """Put a channel's documents together and prove what is new in them.

    Findings may come of what is remembered and not of the channel: only `prove_whole` can tell.
    """
    memory, entries = press.memory, channel.entries
    try:
        sealed = memory.fragments(entries)
        pieces, seals = [one.fragment for one in sealed], tuple(one.seal for one in sealed)
        around = render.heads(channel)
        bodies = render.assemble(around, pieces)
        keys = _keys(memory, entries, sealed)
        known = _known(press, keys)
        fresh = [i for i, one in enumerate(keys) if one not in known]
        if 2 * len(fresh) >= len(entries):  # nearly as much work, and it needs no second look
            verdict = validate.validate(bodies, channel, now)
            return Proof(bodies, verdict.findings, verdict.checks, keys, seals=seals)
    except RenderError as error:
        return _unwritten(error)
    part = replace(channel, entries=tuple(entries[i] for i in fresh))
    parts = render.assemble(around, [pieces[i] for i in fresh])
    read = validate.validate(parts, part, now, rules=())
    rules = validate.validate_structure(bodies, channel, now)
    findings = (*read.findings, *rules.findings)
    return Proof(bodies, findings, rules.checks, keys, is_whole=False, seals=seals)


def _known(press: Press, keys: Sequence[str]) -> set[str]:
    known = press.memory.proven(keys)
    unknown = set(keys) - known
    if unknown:
        with press.database.read() as tx:
            stored = proofs.known(tx, unknown)
        press.memory.note_proven(stored)
        known |= stored
    return known


def _unwritten(error: RenderError) -> Proof:
    finding = Finding("render", "the whole document", str(error), _REMEDY)
    return Proof({}, (finding,), {})


def at_fault(
    channel: Channel, findings: Sequence[Finding], now: dt.datetime
) -> dict[str, list[Finding]]:
    """Return the findings of each entry at fault, by Atom id.

    Where no finding names an entry, each is tried in a document of its own.
    """
    guilty: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.atom_id is not None:
            guilty.setdefault(finding.atom_id, []).append(finding)
    if guilty or prove_whole(replace(channel, entries=()), now).findings:
        return guilty
    for entry in channel.entries:
        alone = prove_whole(replace(channel, entries=(entry,)), now).findings
        if alone:
            guilty[entry.atom_id] = [_blame(entry, finding) for finding in alone]
    return guilty


def _blame(entry: Entry, finding: Finding) -> Finding:
    if finding.atom_id is not None:
        return finding
    return replace(
        finding,
        place=f"the article “{entry.title[:60]}”",
        remedy="Open the article, remove unusual characters or markup, and save it again.",
        atom_id=entry.atom_id,
    )
