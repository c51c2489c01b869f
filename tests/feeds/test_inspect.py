"""Checking documents that are served already, or somebody else's."""

from __future__ import annotations

import datetime as dt
import json

import pytest
import sqlalchemy as sa

from feedsvc.feeds.inspect import check_outside, check_stored, guess_format
from feedsvc.feeds.readback import read
from feedsvc.model import Format
from feedsvc.store import tables as t
from tests.feeds.mutations import MUTATIONS, NOW, SAMPLES, Mutation
from tests.feeds.varied import fill
from tests.newsroom import Newsroom

# JSON Feed 1.1 asks for no more than this, and the home page of a public feed.
MINIMAL = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "T",
    "home_page_url": "https://a.example/",
    "feed_url": "https://a.example/feed.json",
    "items": [{"id": "a-1", "content_text": "x"}],
}


def tamper(room: Newsroom, path: str, fmt: Format, old: bytes, new: bytes) -> None:
    body = room.documents(path)[fmt].body
    assert old in body
    with room.services.database.write() as tx:
        tx.execute(
            sa.update(t.document)
            .where(t.document.c.body == body, t.document.c.format == fmt.value)
            .values(body=body.replace(old, new, 1))
        )


# Our own.


def test_what_was_built_is_found_sound(newsroom: Newsroom) -> None:
    fill(newsroom)

    reports = check_stored(newsroom.services.press)

    assert {report.where for report in reports} == set(newsroom.all_documents())
    assert [finding for report in reports for finding in report.findings] == []
    assert all(report.checks > 50 for report in reports)


def test_nothing_is_found_in_an_empty_store(newsroom: Newsroom) -> None:
    assert check_stored(newsroom.services.press) == []


@pytest.mark.parametrize(
    ("fmt", "old", "new", "rule"),
    [
        (Format.RSS, b"A Plain Story", b"A Plain Lie", "readback-entry-title"),
        (Format.ATOM, b"A Plain Story", b"A Plain Lie", "readback-entry-title"),
        (Format.JSON, b"A Plain Story", b"A Plain Lie", "readback-entry-title"),
        (Format.RSS, b"<ttl>5</ttl>", b"", "rss-channel-housekeeping"),
        (Format.JSON, b"{", b"[", "well-formed"),
    ],
)
def test_a_document_that_was_tampered_with_is_found_out(
    sqlite_newsroom: Newsroom, fmt: Format, old: bytes, new: bytes, rule: str
) -> None:
    fill(sqlite_newsroom)
    tamper(sqlite_newsroom, "all", fmt, old, new)

    reports = check_stored(sqlite_newsroom.services.press)

    found = {report.where: {f.rule for f in report.findings} for report in reports}
    assert rule in found.pop(f"all.{fmt}")
    assert all("section" not in where or not rules for where, rules in found.items())


def test_a_missing_document_makes_its_feed_stale(newsroom: Newsroom) -> None:
    newsroom.submit()
    newsroom.build()
    with newsroom.services.database.write() as tx:
        tx.execute(sa.delete(t.document).where(t.document.c.format == "atom"))

    reports = check_stored(newsroom.services.press, path="all")

    assert {(r.where, r.findings[0].rule) for r in reports} == {
        (f"all.{fmt}", "stale") for fmt in Format
    }


def test_what_is_not_built_yet_is_stale_and_says_since_when(newsroom: Newsroom) -> None:
    story = newsroom.submit()
    newsroom.build()
    newsroom.clock.advance(minutes=5)
    newsroom.edit(story, title="New")

    (report,) = check_stored(newsroom.services.press, path="section/news", fmt=Format.JSON)

    (finding,) = report.findings
    assert (report.where, finding.rule) == ("section/news.json", "stale")
    assert "due since 2024-11-18 15:05 UTC" in finding.message


def test_one_feed_or_one_format_can_be_asked_for(sqlite_newsroom: Newsroom) -> None:
    fill(sqlite_newsroom)
    press = sqlite_newsroom.services.press

    assert [r.where for r in check_stored(press, path="section/news")] == [
        f"section/news.{fmt}" for fmt in Format
    ]
    assert {r.where.rpartition(".")[2] for r in check_stored(press, fmt=Format.ATOM)} == {"atom"}
    assert check_stored(press, path="section/nowhere") == []


def test_articles_of_one_second_pass_within_that_second(newsroom: Newsroom) -> None:
    for number in range(3):
        newsroom.submit(title=f"Story {number}", date=None)
    newsroom.build()

    reports = check_stored(newsroom.services.press)

    assert [finding for report in reports for finding in report.findings] == []


# Somebody else's.


@pytest.mark.parametrize("fmt", list(Format))
def test_a_valid_document_from_elsewhere_passes(fmt: Format) -> None:
    report = check_outside(SAMPLES[fmt], "https://a.example/feed", NOW)

    assert (report.where, report.findings) == ("https://a.example/feed", ())
    assert report.checks > 20


def test_json_feed_may_leave_out_what_the_standard_does_not_ask_for() -> None:
    report = check_outside(json.dumps(MINIMAL).encode(), "x", NOW)

    assert "readback-parse" not in {finding.rule for finding in report.findings}
    seen = read(Format.JSON, json.dumps(MINIMAL).encode())
    assert (seen.entries[0].id, seen.entries[0].content) == ("a-1", "x")
    assert (seen.description, seen.entries[0].published_at) == ("", None)


@pytest.mark.parametrize(
    "items",
    [
        *([{"id": 4711}], [{"id": "a", "title": ["x"]}], ["x"], [None], "x", 7, {"id": "a"}),
        *([{"id": "a", "authors": [None]}], [{"id": "a", "tags": [1]}], [{"id": "a", "tags": 7}]),
        *([{"id": "a", "date_published": "soon"}], [{"id": "a", "attachments": [{"url": {}}]}]),
    ],
    ids=str,
)
def test_json_of_the_wrong_kind_is_unreadable_and_no_crash(items: object) -> None:
    report = check_outside(json.dumps({**MINIMAL, "items": items}).encode(), "x", NOW)

    assert "readback-parse" in {finding.rule for finding in report.findings}


@pytest.mark.parametrize(
    "mutation",
    [m for m in MUTATIONS if m.name in {"cut short", "another root", "an array", "version 0.92"}],
    ids=lambda m: f"{m.format}-{m.name}",
)
def test_a_broken_document_from_elsewhere_is_reported(mutation: Mutation) -> None:
    report = check_outside(mutation.change(SAMPLES[mutation.format]), "x", NOW)

    assert report.findings


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"hello", b"<!doctype html><html></html>", b"<html><body>404</body></html>"],
    ids=repr,
)
def test_what_is_no_feed_at_all_has_one_finding(body: bytes) -> None:
    report = check_outside(body, "x", NOW)

    assert [finding.rule for finding in report.findings] == ["format"]
    assert "web page" in report.findings[0].remedy


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'<?xml version="1.0"?>\n<!-- x --><!DOCTYPE rss>\n<rss version="2.0">', Format.RSS),
        (b"\xef\xbb\xbf<rss>", Format.RSS),
        (b"  \n<rdf:RDF xmlns:rdf='x'>", Format.RSS),
        (b"<feed xmlns='x'>", Format.ATOM),
        (b"<atom:feed xmlns:atom='x'>", Format.ATOM),
        (b'<?xml version="1.0"?><?xml-stylesheet href="x"?><feed>', Format.ATOM),
        (b'\xef\xbb\xbf {"version": ""}', Format.JSON),
        (b"[1]", Format.JSON),
        (b"<feedback>", None),
        (b"<opml>", None),
        (b"<", None),
        (b"<?xml", None),
        (b"<!--" * 20_000, None),
        (b"<?x ?>" * 20_000, None),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_the_format_follows_from_the_first_element(body: bytes, expected: Format | None) -> None:
    assert guess_format(body) is expected


def test_a_check_is_judged_by_the_clock_it_is_given() -> None:
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)

    report = check_outside(SAMPLES[Format.RSS], "x", long_ago)

    assert {finding.rule for finding in report.findings} == {"date-future"}
