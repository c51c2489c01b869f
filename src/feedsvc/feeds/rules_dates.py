"""Rules about dates: how they are written, and that they make one story."""

from __future__ import annotations

import itertools

from feedsvc.feeds.rules import (
    ALL,
    PUBLISHED,
    UPDATED,
    XML,
    Faults,
    Rule,
    Subject,
    rule,
    shorten,
)
from feedsvc.model import Format

_REPORT = "If feedsvc wrote this document, please report it as a mistake of feedsvc."


@rule("date-format", ALL, "RSS 2.0 <pubDate>, RFC 4287 §3.3, JSON Feed 1.1, W3C InvalidRFC2822Date")
def date_format(subject: Subject) -> Faults:
    """Every date is written as its format wants it, with a numeric offset."""
    for part in subject.parts:
        for stamp in part.dates:
            if stamp.flaw:
                yield part.fault(
                    stamp.name,
                    f"The date {shorten(stamp.text)} {stamp.flaw}.",
                    f"Set the date again. {_REPORT}",
                )


@rule("date-future", ALL, "W3C ImplausibleDate")
def date_future(subject: Subject) -> Faults:
    """No date lies in the future."""
    for part in subject.parts:
        for stamp in part.dates:
            if stamp.at and stamp.at > subject.now:
                yield part.fault(
                    stamp.name,
                    f"The date {shorten(stamp.text)} lies in the future.",
                    "Check this machine's clock; an article that is to appear later must be"
                    " scheduled.",
                )


@rule("date-required", ALL, "house rule: without a date, readers show when they fetched it")
def date_required(subject: Subject) -> Faults:
    """Every entry says when it was published."""
    for part in subject.entries:
        if part.date(PUBLISHED) is None:
            yield part.fault("", "The entry has no date of publication.", "Give it a date.")


@rule("date-order", (Format.ATOM, Format.JSON), "house rule: nothing changes before it appears")
def date_order(subject: Subject) -> Faults:
    """No entry was updated before it was published."""
    for part in subject.entries:
        published, updated = part.date(PUBLISHED), part.date(UPDATED)
        if published and updated and published.at and updated.at and updated.at < published.at:
            yield part.fault(
                updated.name,
                f"The entry was updated at {shorten(updated.text)}, before it was published at"
                f" {shorten(published.text)}.",
                f"Correct the date of publication. {_REPORT}",
            )


@rule("feed-date", XML, "house rule: Feedly hides entries that are newer than their feed")
def feed_date(subject: Subject) -> Faults:
    """The feed's date is not before that of any entry."""
    whole = subject.head.date(UPDATED)
    if whole is None or whole.at is None:
        return
    names = ("updated", "pubDate")
    stamps = [stamp for part in subject.entries if (stamp := part.date(names))]
    newer = [stamp for stamp in stamps if stamp.at and stamp.at > whole.at]
    if newer:
        yield subject.head.fault(
            whole.name,
            f"The feed says it last changed at {shorten(whole.text)}, but it holds an entry of"
            f" {shorten(newer[0].text)}.",
            f"Build the feed again. {_REPORT}",
        )


@rule("newest-first", ALL, "house rule: old entries must not come back to the top")
def newest_first(subject: Subject) -> Faults:
    """Entries stand in the order of publication, newest first."""
    dated = [
        (part, stamp.at) for part in subject.entries if (stamp := part.date(PUBLISHED)) and stamp.at
    ]
    for (_, above), (part, at) in itertools.pairwise(dated):
        if at > above:
            yield part.fault(
                "",
                "The entry was published after the one that stands above it.",
                f"Build the feed again. {_REPORT}",
            )


RULES: tuple[Rule, ...] = (
    date_format,
    date_future,
    date_required,
    date_order,
    feed_date,
    newest_first,
)
