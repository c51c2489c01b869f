"""The rulebook: all rules, and the two functions that hold a document against them.

    findings = check(parse(Format.RSS, body, now=now, channel=channel))

`feedsvc check` prints the same findings for any feed.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedsvc.feeds import (
    rules_atom,
    rules_bytes,
    rules_content,
    rules_dates,
    rules_history,
    rules_html,
    rules_json,
    rules_rss,
    rules_xml,
)
from feedsvc.feeds.rules import Rule, Subject
from feedsvc.feeds.rules_parse import parse
from feedsvc.model import Finding

__all__ = ["RULES", "check", "parse"]

RULES: tuple[Rule, ...] = (
    *rules_bytes.RULES,
    *rules_xml.RULES,
    *rules_content.RULES,
    *rules_html.RULES,
    *rules_dates.RULES,
    *rules_rss.RULES,
    *rules_atom.RULES,
    *rules_json.RULES,
    *rules_history.RULES,
)


def check(subject: Subject, rules: Sequence[Rule] = RULES) -> list[Finding]:
    """Return what is wrong with a document, rule by rule; an empty list when nothing is."""
    return [
        finding
        for rule in rules
        if subject.format in rule.formats
        for finding in rule.check(subject)
    ]
