"""`feedsvc feeds`, `build` and `check`: what is served, made anew, and proven."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from feedsvc import fetch
from feedsvc.cli.context import build_with_bar, follow_up, open_services, tell_failures
from feedsvc.cli.output import json_option, show
from feedsvc.cli.progress import progress
from feedsvc.errors import FeedsvcError, NotFoundError
from feedsvc.feeds.backlog import mark_all_due
from feedsvc.feeds.build import Outcome
from feedsvc.feeds.inspect import Report, check_outside, check_stored
from feedsvc.feeds.outside import check_public
from feedsvc.model import Finding, Format
from feedsvc.services import Services
from feedsvc.store import documents, records
from feedsvc.store import feeds as store_feeds

_COLUMNS = ("feed", "format", "entries", "bytes", "checks", "url")


@click.command()
@json_option
def feeds(*, as_json: bool) -> None:
    """List every feed's documents and where they are served."""
    services = open_services()
    rows: list[dict[str, Any]] = []
    with services.database.read() as tx:
        for feed in store_feeds.all_feeds(tx):
            served = documents.of_feed(tx, feed.id)
            rows += [
                {
                    "feed": feed.path,
                    "title": feed.name or services.settings.site.title,
                    "format": fmt.value,
                    "entries": len(document.manifest),
                    "bytes": len(document.body),
                    "checks": document.checks,
                    "url": services.settings.feed_url(feed.path, fmt),
                    "etag": document.etag,
                    "modified": document.modified_at,
                    "served": not feed.unavailable,
                }
                for fmt, document in sorted(served.items())
            ]
    show(rows, _COLUMNS, as_json=as_json, empty="There are no feeds yet: `feedsvc import`.")


@click.command()
@click.option("--settings", "after_settings", is_flag=True, help="Take in changed settings.")
def build(*, after_settings: bool) -> None:
    """Build every feed that is due, and prove it.

    A worker does this by itself; after a change of settings, run it with --settings: it looks
    at every feed and rebuilds those whose content the new settings change.
    """
    services = open_services()
    if after_settings:
        mark_all_due(services.press, services.new_urn)
    built, errors = build_with_bar(services)
    counts = {outcome: sum(1 for one in built if one.outcome is outcome) for outcome in Outcome}
    follow_up(services)
    parts = [f"{number} {outcome}" for outcome, number in counts.items() if number]
    click.echo("feeds: " + (", ".join(parts) or "nothing was due"), err=True)
    tell_failures(built, errors)


@click.command()
@click.argument("targets", nargs=-1, metavar="[FEED|FILE|URL]…")
@click.option("--public", "as_public", is_flag=True, help="Fetch ours as readers do.")
@json_option
def check(*, targets: tuple[str, ...], as_public: bool, as_json: bool) -> None:
    """Validate feeds and print what is wrong, like a linter.

    Without an argument: every stored feed, from nothing, against the store. FEED is a path such
    as section/news; a FILE or URL may be anybody's feed.

    With --public: fetch our own feeds, all of them or each FEED, from their public addresses, and
    tell what proxies, caches and bot protection on the way do to them.

    Exit status 1 if anything was found.
    """
    services = open_services()
    reports = _public(services, targets) if as_public else _reports(services, targets)
    rows = [row for report in reports for row in _rows(report)]
    problems = [] if targets or as_public else _problems(services)
    if as_json:
        show([*rows, *problems], (), as_json=True)
    else:
        for row in (*rows, *problems):
            click.echo(f"{row['where']}: {row['place']}: {row['message']} [{row['rule']}]")
            click.echo(f"    {row['remedy']}")
        checks = sum(report.checks for report in reports)
        found = len(rows) + len(problems)
        summary = f"{len(reports)} checked, {checks:,} checks, {found} findings"
        click.echo(summary, err=True)
    if rows or problems:
        raise SystemExit(1)


def _reports(services: Services, targets: tuple[str, ...]) -> list[Report]:
    if not targets:
        with progress("checking") as bar:
            return check_stored(services.press, progress=bar.update)
    reports = []
    for target in targets:
        if target.startswith(("http://", "https://")):
            answer = fetch.get(target, trusted_url=services.settings.base_url)
            if answer.status != 200:  # noqa: PLR2004
                raise FeedsvcError(f"{target}: answered with status {answer.status}")
            reports.append(check_outside(answer.body, target, services.now()))
        elif Path(target).is_file():
            reports.append(check_outside(Path(target).read_bytes(), target, services.now()))
        else:
            reports += _stored(services, target)
    return reports


def _stored(services: Services, target: str) -> list[Report]:
    path, formats = _parts(target)
    wanted = formats[0] if len(formats) == 1 else None
    reports = check_stored(services.press, path=path, fmt=wanted) if path else []
    if not reports:
        raise NotFoundError(f"“{target}” is no feed, file or URL; `feedsvc feeds` lists the feeds")
    return reports


def _parts(target: str) -> tuple[str, list[Format]]:
    """Return the path and the formats that a target means; the path is empty if it means none."""
    path, _, ending = target.removeprefix("/feeds/").partition(".")
    if ending not in {"", *Format}:
        return "", []
    return path, [Format(ending)] if ending else list(Format)


def _public(services: Services, targets: tuple[str, ...]) -> list[Report]:
    base_url = services.settings.base_url
    if not services.settings.site.base_url:
        hint = f"`site.base_url` is not set: asking {base_url}, as only this machine can"
        click.echo(hint, err=True)
    with services.database.read() as tx:
        built = {feed.path: feed for feed in store_feeds.all_feeds(tx) if feed.content_changed_at}
    wanted = [(feed, fmt) for feed in built.values() for fmt in Format]
    if targets:
        wanted = []
        for target in targets:
            path, formats = _parts(target.removeprefix(base_url))
            if path not in built:
                raise NotFoundError(f"“{target}” is no feed of ours; `feedsvc feeds` lists them")
            wanted += [(built[path], fmt) for fmt in formats]
    with progress("fetching") as bar:
        return check_public(services.press, wanted, bar.update)


def _rows(report: Report) -> list[dict[str, Any]]:
    def row(finding: Finding) -> dict[str, Any]:
        return {
            "where": report.where,
            "rule": finding.rule,
            "place": finding.place,
            "message": finding.message,
            "remedy": finding.remedy,
        }

    return [row(finding) for finding in report.findings]


def _problems(services: Services) -> list[dict[str, Any]]:
    with services.database.read() as tx:
        found = records.open_problems(tx)
    return [
        {
            "where": f"article {one.article_id}" if one.article_id else f"feed {one.feed_path}",
            "rule": one.rule,
            "place": f"“{one.article_title}”" if one.article_title else one.feed_path,
            "message": one.message,
            "remedy": one.remedy,
        }
        for one in found
    ]
