"""A newsroom comes with an export and its old feed: to readers everything stays as it was."""

from __future__ import annotations

import io
from pathlib import Path

import feedparser
import pytest

from feedsvc.intake.accept import Outcome
from feedsvc.model import Format
from tests.intake.exports import a_post, a_wxr
from tests.intake.feeds import atom, file_with, rss
from tests.newsroom import Newsroom

SITE = "https://old.example.org"
NUMBERS = range(1, 6)
DATE = "2019-03-{:02}T12:00:00Z"


def old_rss(*numbers: int) -> bytes:
    """Return the old site's RSS, as WordPress writes it."""
    return rss(
        *(
            f"<title>Post {n}</title><link>{SITE}/2019/03/post-{n}/</link>"
            f'<guid isPermaLink="false">{SITE}/?p={n}</guid><dc:creator>Ana Lee</dc:creator>'
            f"<pubDate>{n:02} Mar 2019 12:00:00 +0000</pubDate>"
            f"<content:encoded><![CDATA[<p>Text {n}.</p>]]></content:encoded>"
            for n in numbers
        )
    )


def old_atom(*numbers: int) -> bytes:
    """Return the old site's Atom."""
    return atom(
        *(
            f'<title>Post {n}</title><link href="{SITE}/2019/03/post-{n}/"/><id>{SITE}/?p={n}</id>'
            f"<published>{DATE.format(n)}</published><updated>{DATE.format(n)}</updated>"
            f'<content type="html">&lt;p&gt;Text {n}.&lt;/p&gt;</content>'
            for n in numbers
        )
    )


def ids(body: bytes) -> set[str]:
    """Return what a reader knows entries by."""
    return {entry.id for entry in feedparser.parse(io.BytesIO(body)).entries}


@pytest.mark.parametrize(
    ("feed_first", "outcome"),
    [(False, Outcome.KNOWN), (True, None)],
    ids=["the export first", "the feed first"],
)
def test_a_reader_of_the_old_feed_sees_no_new_entry(
    sqlite_newsroom: Newsroom, tmp_path: Path, outcome: Outcome | None, *, feed_first: bool
) -> None:
    """Whatever comes second is left alone: an export is told so, as a feed has less than it."""
    export = file_with(tmp_path, a_wxr(*(a_post(n) for n in NUMBERS)).encode(), "export.xml")
    feed = file_with(tmp_path, old_rss(*NUMBERS), "feed.xml")
    files = (feed, export) if feed_first else (export, feed)

    first = sqlite_newsroom.import_paths(files[0])
    second = sqlite_newsroom.import_paths(files[1])
    sqlite_newsroom.build()

    assert {result.outcome for result in first} == {Outcome.CREATED}
    assert {result.outcome for result in second} == {outcome}
    assert all("already belongs to article" in result.reason for result in second if not outcome)
    documents = sqlite_newsroom.documents()
    assert len(ids(old_rss(*NUMBERS))) == 5
    assert ids(documents[Format.RSS].body) == ids(old_rss(*NUMBERS))
    assert ids(documents[Format.ATOM].body) == ids(old_atom(*NUMBERS))


def test_old_addresses_lead_to_what_came_by_a_feed(
    sqlite_newsroom: Newsroom, tmp_path: Path
) -> None:
    sqlite_newsroom.import_paths(file_with(tmp_path, old_atom(3), "feed.atom"))

    answer = sqlite_newsroom.get("/2019/03/post-3/")

    assert (answer.status_code, answer.location) == (301, "/articles/2019/03/post-3")
    assert "Text 3." in sqlite_newsroom.get(answer.location).text
