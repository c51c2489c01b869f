"""Prove a feed's documents before anybody sees them.

Four steps: a strict parse (for Atom with a schema), the structural rules, reading back with
feedparser and comparing every field with the channel, and parity between the formats.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from feedsvc.feeds import readback
from feedsvc.feeds.rulebook import RULES, check, parse
from feedsvc.feeds.rules import Rule
from feedsvc.model import Channel, Finding, Format


@dataclass(frozen=True, slots=True)
class Verdict:
    """What validation came to.

    Attributes:
        checks: How many checks each document went through.
    """

    findings: tuple[Finding, ...]
    checks: Mapping[Format, int]


def validate(
    bodies: Mapping[Format, bytes],
    channel: Channel,
    now: dt.datetime,
    rules: Sequence[Rule] = RULES,
) -> Verdict:
    """Hold a feed's documents against the rules, the channel and each other."""
    findings: list[Finding] = []
    seen: dict[Format, readback.Seen] = {}
    for fmt, body in bodies.items():
        subject = parse(fmt, body, now=now, channel=channel)
        findings += check(subject, rules)
        if subject.flaw is not None:
            continue
        try:
            seen[fmt] = readback.read(fmt, body)
        except ValueError as error:
            findings.append(unreadable(fmt, error))
            continue
        wanted = readback.expected(channel, fmt)
        findings += readback.compare(seen[fmt], wanted, channel, fmt)
    findings += readback.parity(seen, channel)
    return Verdict(tuple(findings), {fmt: _checks(fmt, channel, rules) for fmt in bodies})


def validate_structure(
    bodies: Mapping[Format, bytes], channel: Channel, now: dt.datetime
) -> Verdict:
    """Hold documents against every rule, and make sure that they have the channel's entries.

    For documents whose entries were read back before, in other documents.
    """
    findings: list[Finding] = []
    for fmt, body in bodies.items():
        subject = parse(fmt, body, now=now, channel=channel)
        findings += check(subject)
        wanted = [entry.atom_id if fmt is Format.ATOM else entry.guid for entry in channel.entries]
        if subject.flaw is None and [part.id for part in subject.entries] != wanted:
            findings.append(
                Finding(
                    rule="entries",
                    place="the whole document",
                    message="does not hold the feed's entries in their order",
                    remedy="This is a mistake of feedsvc: please report it with this line.",
                    format=fmt,
                )
            )
    return Verdict(tuple(findings), {fmt: _checks(fmt, channel, RULES) for fmt in bodies})


def unreadable(fmt: Format, error: ValueError) -> Finding:
    """The finding for a document that a reader's parser refuses."""
    return Finding(
        rule="readback-parse",
        place="the whole document",
        message=f"a reader cannot parse it: {error}",
        remedy="Look at the other findings first; if there are none, please report this line.",
        format=fmt,
    )


def _checks(fmt: Format, channel: Channel, rules: Sequence[Rule]) -> int:
    asked = sum(1 for rule in rules if fmt in rule.formats)
    fields = readback.FIELDS_PER_FEED + readback.FIELDS_PER_ENTRY * len(channel.entries)
    return asked + fields
