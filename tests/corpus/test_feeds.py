"""The corpus in feeds: proven, the same in every format, and the same to every reader."""

from __future__ import annotations

import io
from typing import Any

import feedparser
import pytest

from feedsvc.feeds.inspect import check_stored
from feedsvc.model import Format
from tests.corpus.conftest import Published
from tests.corpus.reading import visible
from tests.feeds.test_parity import Seen, by_feedparser, by_json, by_lxml_atom, by_lxml_rss

XML = (Format.RSS, Format.ATOM)


def as_feedparser_reads(seen: Seen) -> Seen:
    """Undo what feedparser does to texts that look wrongly decoded."""
    return Seen(**{name: _mended(value) for name, value in vars(seen).items()})


def _mended(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_mended, value))
    if not isinstance(value, str):
        return value
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def parsed(body: bytes, **options: bool) -> list[Any]:
    found = feedparser.parse(io.BytesIO(body), **options)
    assert not found.bozo
    return list(found.entries)


def differences(published: Published, ones: list[Any], others: list[Any]) -> str:
    """Name the files whose entries differ, and in what."""
    rows = zip(reversed(published.stories), ones, others, strict=True)
    found = [(name, one, other) for name, one, other in rows if one != other]
    return "\n".join(f"{name}: {one!r:.600} is not {other!r:.600}" for name, one, other in found)


def test_every_article_is_in_the_feeds_and_none_is_held_out(published: Published) -> None:
    stories = published.stories

    assert stories.keys() == published.files.keys()
    assert published.room.shown() == [article.atom_id for article in reversed(stories.values())]
    assert [
        name
        for name, article in stories.items()
        if published.room.article(article.id).quarantined_at is not None
    ] == []


def test_nothing_is_found_in_any_feed_of_the_corpus(published: Published) -> None:
    reports = check_stored(published.room.services.press)

    assert {report.where for report in reports} == set(published.room.all_documents())
    assert len(reports) > 3 * 10
    assert [finding for report in reports for finding in report.findings] == []


def test_the_formats_agree_to_the_letter(published: Published) -> None:
    items = by_json(published.body(Format.JSON))

    assert not differences(published, by_lxml_rss(published.body(Format.RSS)), items)
    assert not differences(published, by_lxml_atom(published.body(Format.ATOM)), items)


@pytest.mark.parametrize("fmt", XML)
def test_feedparser_reads_what_json_says(published: Published, fmt: Format) -> None:
    items = [as_feedparser_reads(item) for item in by_json(published.body(Format.JSON))]

    seen = by_feedparser(published.body(fmt), escaped_summary=fmt is Format.RSS)

    assert not differences(published, seen, items)


def test_titles_summaries_and_names_come_out_as_their_files_say(published: Published) -> None:
    items = by_json(published.body(Format.JSON))

    for name, item in zip(reversed(published.stories), items, strict=True):
        awkward = published.files[name]
        people = [" ".join(text.partition(" (")[0].split()) for text in awkward.all("byline")]
        assert item.title == awkward.title, name
        assert item.summary == (awkward.one("expected summary") or item.summary), name
        assert item.authors == tuple(people or ["Ana Lee"]), name
        assert item.categories[0] == awkward.section, name


def test_the_words_of_an_article_are_those_of_its_entries(published: Published) -> None:
    words = [visible(article.content_html) for article in reversed(published.stories.values())]

    for seen in (
        by_lxml_rss(published.body(Format.RSS)),
        by_lxml_atom(published.body(Format.ATOM)),
        by_json(published.body(Format.JSON)),
    ):
        read = [visible(entry.content) for entry in seen]
        assert not differences(published, read, words)


@pytest.mark.parametrize("fmt", XML)
def test_a_reader_that_sanitises_shows_the_same_words(published: Published, fmt: Format) -> None:
    body = published.body(fmt)
    as_it_is, sanitised = (
        [
            (entry.title, entry.summary, visible(entry.content[0].value))
            for entry in parsed(body, sanitize_html=on, resolve_relative_uris=on)
        ]
        for on in (False, True)
    )

    assert not differences(published, sanitised, as_it_is)
