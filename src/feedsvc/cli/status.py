"""`feedsvc status`: how the newsroom is doing, on one screen."""

from __future__ import annotations

import datetime as dt
import re
import sys
from typing import Any

import click
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from feedsvc.cli import words
from feedsvc.cli.context import open_services
from feedsvc.cli.output import json_option, one_line, show_one
from feedsvc.model import Problem
from feedsvc.services import Services
from feedsvc.settings import Settings
from feedsvc.store.jobs import Job
from feedsvc.store.overview import LATE_AFTER, Overview, overview, reading

# How many of the articles in quarantine are named; `feedsvc check` names all.
_NAMED = 3
_FINDINGS = re.compile(r"([\d,]+) findings?\b")
_WHY = "`feedsvc check` says why"


@click.command()
@json_option
def status(*, as_json: bool) -> None:
    """Show on one screen whether all is well.

    The clock, what is due, what is held out, the last audit, and how much there is.

    Exit status 1 when something needs a person: an article in quarantine, a feed that could not
    be built, findings of the audit, or work that waits because no worker runs.
    """
    services = open_services()
    found = _read(services)
    asked = needs(found)
    if as_json or not sys.stdout.isatty():
        row = _row(found, asked, services.settings)
        show_one(row if as_json else _flat(row), as_json=as_json)
    else:
        _show(found, asked, services.settings)
    if asked:
        raise SystemExit(1)


def _read(services: Services) -> Overview:
    with reading(services.database) as tx:
        return overview(tx, services.now(), services.press.lease)


def needs(found: Overview) -> list[str]:
    """Return what only a person can put right, each in a sentence with what to do."""
    asked = []
    if found.quarantined:
        held = words.number(found.quarantined, "article")
        is_or_are = "is" if found.quarantined == 1 else "are"
        asked.append(f"{held} {is_or_are} held out of feeds: {_WHY}")
    asked += [f"the feed {path} is not served: {_WHY}" for path in found.unavailable]
    failed = [path for path in found.failed if path not in found.unavailable]
    asked += [f"the feed {path} could not be rebuilt: {_WHY}" for path in failed]
    since, now = _waiting_since(found), found.pulse.at
    if found.pulse.is_silent and since and now - since > LATE_AFTER:
        asked.append(
            f"work has waited for {words.span(now - since)} and nobody does it:"
            " is `feedsvc worker` running?"
        )
    audit = found.jobs.get("audit")
    if audit and (audit.failed or findings_of(audit)):
        asked.append(f"the last audit came to {audit.note or 'nothing'}: {_WHY}")
    return asked


def _waiting_since(found: Overview) -> dt.datetime | None:
    """Return since when the clock has had something to do; None when it has not."""
    waits = (found.pulse.due_since, found.next_release_at)
    return min((at for at in waits if at and at <= found.pulse.at), default=None)


def findings_of(audit: Job) -> int:
    """Return how many findings an audit's note tells of: `36 documents, 0 findings`."""
    told = _FINDINGS.search(audit.note)
    return int(told[1].replace(",", "")) if told else 0


def _held(found: Overview) -> list[Problem]:
    """Return one problem for each of the first articles that are held out."""
    by_article = {p.article_id: p for p in reversed(found.problems) if p.article_id}
    return list(reversed(by_article.values()))[:_NAMED]


def _row(found: Overview, asked: list[str], settings: Settings) -> dict[str, Any]:
    """Everything, flat, with instants in the newsroom's time zone."""
    pulse, audit = found.pulse, found.jobs.get("audit")
    clock = pulse.clock

    def local(instant: dt.datetime | None) -> dt.datetime | None:
        return instant.astimezone(settings.tz) if instant else None

    return {
        "status": "needs a person" if asked else "well",
        "needs": asked,
        "at": local(pulse.at),
        "clock": ("silent" if pulse.is_silent else "going") if clock else "never ran",
        "clock_holder": clock.holder if clock else None,
        "clock_since": local(clock.since) if clock else None,
        "clock_beat_at": local(clock.beat_at) if clock else None,
        "feeds": found.feeds,
        "feeds_due": pulse.due,
        "feeds_due_since": local(pulse.due_since),
        "feeds_building": pulse.building,
        "feeds_failed": list(found.failed),
        "feeds_unavailable": list(found.unavailable),
        "read_backs": found.read_backs,
        "read_back_since": local(found.read_back_since),
        "finishes": found.finishes,
        "finish_since": local(found.finish_since),
        "pages": found.pages,
        "pages_since": local(found.pages_since),
        "next_release_at": local(found.next_release_at),
        "quarantined": found.quarantined,
        "quarantined_articles": [
            {"id": p.article_id, "title": p.article_title, "rule": p.rule} for p in _held(found)
        ],
        "audit_at": local(audit.started_at) if audit else None,
        "audit_seconds": audit.seconds if audit else None,
        "audit": audit.note if audit else None,
        "documents": found.documents,
        "document_bytes": found.document_bytes,
        **{f"articles_{status}": number for status, number in found.articles.items()},
        "media_problems": found.media_problems,
        "rejections": found.rejections,
        "sources": found.sources.total,
        "sources_troubled": found.sources.troubled,
        "store_bytes": found.store_bytes,
    }


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose sentences and titles, which may have commas, are still told apart."""
    held = (f"{p['id']} “{p['title']}” [{p['rule']}]" for p in row["quarantined_articles"])
    return {**row, "needs": "; ".join(row["needs"]), "quarantined_articles": "; ".join(held)}


def _show(found: Overview, asked: list[str], settings: Settings) -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _lines(found, settings).items():
        table.add_row(name, Text(value))
    console = Console(highlight=False)
    today = words.moment(found.pulse.at, found.pulse.at, settings.tz)
    head = Text.assemble((settings.site.title, "bold"), (f"  {today}", "dim"))
    parts: list[RenderableType] = [head, Text(""), *_verdict(found, asked), Text(""), table]
    for part in parts:
        console.print(Padding(part, (0, 2)))


def _verdict(found: Overview, asked: list[str]) -> list[Text]:
    if not asked:
        return [Text.assemble(("● ", "green"), "All is well.")]
    lines = [Text.assemble(("● ", "yellow"), one) for one in asked]
    held = [Text(f"  {one_line(str(p.article_title))}  [{p.rule}]") for p in _held(found)]
    more = found.quarantined - len(held)
    if held and more > 0:
        held.append(Text(f"  and {more} more"))
    return [*lines[:1], *held, *lines[1:]] if found.quarantined else lines


def _lines(found: Overview, settings: Settings) -> dict[str, str]:
    return {
        "clock": _clock(found),
        "builds": _builds(found),
        "read back": _read_back(found),
        "release": _release(found, settings),
        "audit": _audit(found, settings),
        "": "",
        "feeds": _feeds(found),
        "documents": f"{found.documents:,}, {words.size(found.document_bytes)}",
        "articles": _articles(found),
        "rejections": f"{found.rejections:,} open: `feedsvc rejections`"
        if found.rejections
        else "none open",
        **_sources(found),
        "pictures": f"{found.media_problems:,} could not be had: `feedsvc media`"
        if found.media_problems
        else "all that was looked for is there",
        "store": words.size(found.store_bytes),
    }


def _sources(found: Overview) -> dict[str, str]:
    """Feeds of others, where any are polled."""
    known = found.sources
    troubled = f", {known.troubled:,} in trouble: `feedsvc sources`" if known.troubled else ""
    return {"sources": f"{known.total:,} polled{troubled}"} if known.total else {}


def _clock(found: Overview) -> str:
    pulse = found.pulse
    if pulse.clock is None or pulse.silent_for is None:
        return "no worker has ever run"
    ago = words.span(pulse.silent_for)
    if pulse.is_silent:
        return f"silent for {ago}: is `feedsvc worker` running?"
    goes = words.span(pulse.at - pulse.clock.since)
    return f"{one_line(pulse.clock.holder)}, for {goes}; last heard of {ago} ago"


def _builds(found: Overview) -> str:
    pulse = found.pulse
    late = f", the oldest for {words.span(pulse.late_by)}" if pulse.due_since else ""
    due = f"{words.number(pulse.due, 'feed')} due{late}" if pulse.due else "nothing is due"
    return f"{due}; {pulse.building:,} being built" if pulse.building else due


def _read_back(found: Overview) -> str:
    if not found.read_backs:
        return "nothing waits"
    since = found.read_back_since or found.pulse.at
    waits = words.number(found.read_backs, "feed")
    return f"{waits} to read back whole, the oldest for {words.span(found.pulse.at - since)}"


def _release(found: Overview, settings: Settings) -> str:
    at, now = found.next_release_at, found.pulse.at
    if at is None:
        return "nothing is scheduled"
    return f"{words.moment(at, now, settings.tz)}, {words.distance(at, now)}"


def _audit(found: Overview, settings: Settings) -> str:
    audit, now = found.jobs.get("audit"), found.pulse.at
    if audit is None:
        return "none yet"
    when = words.moment(audit.started_at, now, settings.tz)
    if audit.seconds is None:
        return f"began {when}, not ended yet"
    return f"{when}, {audit.seconds:,.1f} s: {one_line(audit.note)}"


def _feeds(found: Overview) -> str:
    bad = sorted({*found.unavailable, *found.failed})
    return f"{found.feeds:,}" + (f", not right: {', '.join(bad)}" if bad else "")


def _articles(found: Overview) -> str:
    order = ("published", "scheduled", "draft", "withdrawn")
    numbers = {status.value: number for status, number in found.articles.items()}
    parts = [f"{numbers[name]:,} {name}" for name in order if numbers[name]]
    return ", ".join(parts) or "none yet"
