"""Feeds as articles: the newsroom's own move in, those of others say where they are from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from feedsvc import fetch
from feedsvc.intake.accept import Outcome
from feedsvc.intake.bring import bring_in
from feedsvc.intake.from_feed import items, read_addresses, walk
from feedsvc.intake.importers import format_of
from feedsvc.model import Attribution, Media, Rejection, Status, Submission
from feedsvc.store import records
from tests.cli.server import Site, serving
from tests.intake.feeds import (
    EXAMPLES,
    OWN,
    THEIRS,
    URL,
    a_how,
    file_with,
    read,
    rss,
    submissions,
)
from tests.newsroom import Newsroom

LINK = "<link>https://paper.example/2024/11/a-story.html</link>"
GUID = '<guid isPermaLink="false">https://paper.example/?p=7</guid>'
TEXT = "<description>Some text.</description>"


@pytest.fixture
def site() -> Iterator[Site]:
    """Return a web server on this machine."""
    with serving() as site:
        yield site


def test_a_story_of_our_own_keeps_its_guid_and_its_old_address(sqlite_newsroom: Newsroom) -> None:
    (found,) = submissions(sqlite_newsroom, rss(f"<title>A Story</title>{LINK}{GUID}{TEXT}"))

    assert (found.guid, found.path) == ("https://paper.example/?p=7",) * 2
    assert found.aliases == ("https://paper.example/2024/11/a-story.html",)
    assert (found.slug, found.attribution, found.draft) == ("a-story", None, False)
    assert found.yields


@pytest.mark.parametrize(
    ("address", "slug"),
    [
        ("https://a.example/2024/my-story/", "my-story"),
        ("https://a.example/story.php?id=3", "story"),
        ("https://a.example/?p=7", None),
        ("https://a.example/archive/1234", None),
        ("https://a.example/my-story/index.html", None),
    ],
)
def test_a_slug_is_the_last_part_of_an_address_if_it_is_a_name(
    sqlite_newsroom: Newsroom, address: str, slug: str | None
) -> None:
    (found,) = submissions(sqlite_newsroom, rss(f"<title>T</title><link>{address}</link>{TEXT}"))

    assert found.slug == slug


def test_without_a_guid_a_story_of_our_own_is_known_by_its_address(
    sqlite_newsroom: Newsroom,
) -> None:
    (found,) = submissions(sqlite_newsroom, rss(f"<title>T</title>{LINK}{TEXT}"))

    assert found.guid == found.path == "https://paper.example/2024/11/a-story.html"


@pytest.mark.parametrize("number", ["7", "12345678"])
def test_a_small_number_is_no_identity_among_feeds(sqlite_newsroom: Newsroom, number: str) -> None:
    body = rss(f'<title>T</title>{LINK}<guid isPermaLink="false">{number}</guid>{TEXT}')

    (ours,), (theirs,) = (submissions(sqlite_newsroom, body, what) for what in (OWN, THEIRS))

    assert (ours.path, ours.guid) == (number, "https://paper.example/2024/11/a-story.html")
    assert (theirs.path, theirs.guid) == (number, None)


def test_what_somebody_else_published_says_so(sqlite_newsroom: Newsroom) -> None:
    head = "<copyright>All ours</copyright>"
    first, second = submissions(
        sqlite_newsroom,
        rss(
            f"<title>A</title>{LINK}{GUID}{TEXT}",
            f'<title>B</title><guid>x</guid>{TEXT}<source url="https://o.example/f">Orig</source>',
            head=head,
        ),
        THEIRS,
    )

    assert first.attribution == Attribution(
        "https://paper.example/2024/11/a-story.html", "Paper", URL, "All ours"
    )
    assert (first.guid, first.aliases, first.draft) == ("https://paper.example/?p=7", (), True)
    assert second.attribution == Attribution(
        "https://paper.example/", "Orig", "https://o.example/f", None
    )


def test_without_guid_and_address_it_is_known_by_title_and_date(sqlite_newsroom: Newsroom) -> None:
    body = rss(f"<title>A</title>{TEXT}", f"<title>B</title>{TEXT}")

    once, again = (submissions(sqlite_newsroom, body) for _ in range(2))

    assert [one.path for one in once] == [one.path for one in again]
    assert len({one.path for one in once}) == 2
    assert {one.guid for one in once} == {None}


def test_an_address_that_two_entries_share_is_the_identity_of_neither(
    sqlite_newsroom: Newsroom,
) -> None:
    home = "<link>https://paper.example/</link>"
    body = rss(f"<title>A</title>{home}{TEXT}", f"<title>B</title>{home}{TEXT}")

    assert len({one.path for one in submissions(sqlite_newsroom, body, THEIRS)}) == 2
    ours = submissions(sqlite_newsroom, body)
    assert len({one.path for one in ours}) == 2
    assert [(one.guid, one.aliases) for one in ours] == [(None, ()), (None, ())]


def test_one_id_twice_in_a_feed_is_refused_unless_it_is_the_same(sqlite_newsroom: Newsroom) -> None:
    a, b = f"<title>A</title>{GUID}{TEXT}", f"<title>B</title>{GUID}{TEXT}"

    found = list(items(read(rss(a, a, b)), a_how(sqlite_newsroom), OWN))

    assert [type(one) for one in found] == [Submission, Rejection]
    assert isinstance(found[1], Rejection)
    assert "the id of another entry" in found[1].reason


@pytest.mark.parametrize(
    ("wishes", "sections", "tags"),
    [
        ({}, ("News",), ("Boats", "sports cars")),
        ({"section": "Sports"}, ("Sports",), ("News", "Boats", "sports cars")),
        ({"section": ""}, (), ("News", "Boats", "sports cars")),
        ({"section_map": {"boats": "Features"}}, ("News", "Features"), ("sports cars",)),
        ({"section_map": {"news": "", "boats": ""}}, (), ("sports cars",)),
        ({"auto_create": True}, ("News", "Boats", "sports cars"), ()),
    ],
)
def test_categories_are_sections_or_tags(
    sqlite_newsroom: Newsroom,
    wishes: dict[str, Any],
    sections: tuple[str, ...],
    tags: tuple[str, ...],
) -> None:
    names = ("NEWS", "Boats", "sports cars", " ", "x" * 500)
    written = "".join(f"<category>{name}</category>" for name in names)

    (found,) = submissions(sqlite_newsroom, rss(f"<title>A</title>{TEXT}{written}"), **wishes)

    assert (found.sections, tuple(tag.replace("NEWS", "News") for tag in found.tags)) == (
        sections,
        tags,
    )


def test_an_entry_without_a_title_begins_with_its_first_words(sqlite_newsroom: Newsroom) -> None:
    text = "The first sentence stands here. " + "More words follow it. " * 20

    (found,) = submissions(sqlite_newsroom, rss(f"<description>{text}</description>"))

    assert (
        found.title == "The first sentence stands here. More words follow it. More words follow it."
    )


def test_another_language_is_kept_and_our_own_is_not(sqlite_newsroom: Newsroom) -> None:
    def language(text: str) -> str | None:
        head = f"<language>{text}</language>"
        return submissions(sqlite_newsroom, rss(f"<title>A</title>{TEXT}", head=head))[0].language

    assert [language(text) for text in ("de", "pt_BR", "en-us", "!", "")] == [
        "de",
        "pt-BR",
        None,
        None,
        None,
    ]


def test_files_without_a_web_address_are_left_out(sqlite_newsroom: Newsroom) -> None:
    files = "".join(
        f'<media:content url="{url}" medium="image"/>'
        for url in (
            "/a b.jpg",
            "data:image/png;base64,AA",
            "file:///x.jpg",
            "ok.jpg",
            "//c.example/d",
        )
    )

    (found,) = submissions(sqlite_newsroom, rss(f"<title>A</title>{LINK}{TEXT}{files}"))

    assert found.media == (
        Media("https://paper.example/2024/11/ok.jpg", "image/jpeg"),
        Media("https://c.example/d", "image/*"),
    )


def test_equal_entries_have_equal_digests_and_wishes_count(sqlite_newsroom: Newsroom) -> None:
    body = rss(f"<title>A</title>{GUID}{TEXT}")
    changed = rss(f"<title>A</title>{GUID}<description>Other.</description>")

    digests = [
        submissions(sqlite_newsroom, *rest, **wishes)[0].digest  # type: ignore[arg-type]
        for rest, wishes in (
            ((body,), {}),
            ((body,), {}),
            ((changed,), {}),
            ((body, THEIRS), {}),
            ((body,), {"section": "News"}),
        )
    ]

    assert digests[0] == digests[1]
    assert len(set(digests)) == 4


def test_a_file_is_imported_once_and_what_changed_again(newsroom: Newsroom, tmp_path: Path) -> None:
    file = file_with(tmp_path, rss(f"<title>A</title>{LINK}{GUID}{TEXT}"))

    first = newsroom.import_paths(file)
    second = newsroom.import_paths(file)
    file.write_bytes(rss(f"<title>A</title>{LINK}{GUID}<description>Other.</description>"))
    moved = file.rename(tmp_path / "elsewhere.xml")
    third = newsroom.import_paths(moved)

    outcomes = [result.outcome for result in (*first, *second, *third)]
    assert outcomes == [Outcome.CREATED, Outcome.UNCHANGED, Outcome.UPDATED]
    assert newsroom.article(1).content_html == "<p>Other.</p>"


def test_a_story_that_was_withdrawn_does_not_come_back(newsroom: Newsroom, tmp_path: Path) -> None:
    file = file_with(tmp_path, rss(f"<title>A</title>{LINK}{GUID}{TEXT}"))
    newsroom.import_paths(file)
    newsroom.withdraw(newsroom.article(1))
    file.write_bytes(rss(f"<title>A new title</title>{LINK}{GUID}{TEXT}"))

    (result,) = newsroom.import_paths(file)

    assert result.outcome is Outcome.WITHDRAWN
    assert newsroom.article(1).status is Status.WITHDRAWN


def test_a_guid_that_came_from_elsewhere_is_left_alone(
    sqlite_newsroom: Newsroom, tmp_path: Path
) -> None:
    sqlite_newsroom.submit(guid="https://paper.example/?p=7", source="wordpress:x", path="7")
    file = file_with(tmp_path, rss(f"<title>Another</title>{LINK}{GUID}{TEXT}"))

    (result,) = sqlite_newsroom.import_paths(file)

    assert result.outcome is Outcome.KNOWN
    assert sqlite_newsroom.article(1).title == "Chess Club Wins the State Title"


def test_a_file_of_fifty_megabytes_is_refused_unread(
    sqlite_newsroom: Newsroom, tmp_path: Path
) -> None:
    file = file_with(tmp_path, b"<rss version='2.0'>")
    with file.open("ab") as stream:
        stream.truncate(50_000_000)

    (result,) = sqlite_newsroom.import_paths(file)

    assert "50,000,000 bytes, more than the 5,000,000 allowed" in result.reason


def test_a_file_that_is_no_feed_is_kept_as_refused(newsroom: Newsroom, tmp_path: Path) -> None:
    file = file_with(tmp_path, b"<rss version='2.0'><channel>" + b"<a>" * 300)

    (result,) = newsroom.import_paths(file)

    assert result.outcome is None
    with newsroom.services.database.read() as tx:
        (kept,) = records.rejections(tx)
    assert (kept.path, kept.raw[:4]) == ("feed.xml", b"<rss")


@pytest.mark.parametrize(
    ("head", "fmt"),
    [
        (b"<rss version='2.0'>", "feed"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a --><!-- b -->\n<feed xmlns='x'>", "feed"),
        (b"<?xml-stylesheet href='x'?><rdf:RDF>", "feed"),
        (b'{\n "version": "https:\\/\\/jsonfeed.org\\/version\\/1",', "feed"),
        (b'{ "posts": []', "text"),
        (b"November 15, 2024\n\nHow to read an <rss> feed", "text"),
        (b"<!--" * 1_000, "text"),
    ],
)
def test_a_feed_is_known_by_how_it_begins(tmp_path: Path, head: bytes, fmt: str) -> None:
    assert format_of(file_with(tmp_path, head, "x.bin")) == fmt


def test_an_export_of_wordpress_is_not_taken_for_a_feed(tmp_path: Path) -> None:
    head = b'<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/">'

    assert format_of(file_with(tmp_path, head)) != "feed"


def pages(site: Site, count: int, *, last: str = "") -> str:
    """Put an archive of pages with two stories each, of which one stands on both neighbours."""
    for number in range(count):
        older = f"{site.url}/{number + 1}" if number < count - 1 else last
        head = f'<atom:link rel="prev-archive" href="{older}"/>' if older else ""
        stories = (
            f"<title>S{n}</title><guid>g{n}</guid><description>From page {number}.</description>"
            for n in (number, number + 1)
        )
        site.put(f"/{number}", rss(*stories, head=head))
    return f"{site.url}/0"


def test_a_whole_archive_comes_in_and_each_story_once(
    sqlite_newsroom: Newsroom, site: Site
) -> None:
    url = pages(site, 4)
    get = partial(fetch.get, trusted_url=site.url)

    found = list(walk(url, a_how(sqlite_newsroom), get))

    assert [one.path for one in found] == ["g0", "g1", "g2", "g3", "g4"]
    assert [one.content_html for one in found if isinstance(one, Submission)] == [
        f"<p>From page {number}.</p>" for number in (0, 0, 1, 2, 3)
    ]
    assert {one.source for one in found} == {f"feed:{url}"}


def test_an_archive_that_leads_back_to_itself_ends(sqlite_newsroom: Newsroom, site: Site) -> None:
    url = pages(site, 3, last=f"{site.url}/0")

    list(walk(url, a_how(sqlite_newsroom), partial(fetch.get, trusted_url=site.url)))

    assert len(site.asked) == 3


def test_a_page_that_is_missing_is_told_and_the_rest_stays(newsroom: Newsroom, site: Site) -> None:
    url = pages(site, 2, last=f"{site.url}/gone")
    how, services = a_how(newsroom), newsroom.services
    get = partial(fetch.get, trusted_url=site.url)

    results = list(bring_in(services.database, services.door, read_addresses([url], how, get)))

    assert [result.outcome for result in results] == [Outcome.CREATED] * 3 + [None]
    assert results[-1].reason == "it answered with status 404"
    assert f"{site.url}/gone" in results[-1].name


def test_an_archive_does_not_lead_into_a_private_network(
    sqlite_newsroom: Newsroom, site: Site
) -> None:
    url = pages(site, 1, last="http://10.0.0.1/")

    found = list(walk(url, a_how(sqlite_newsroom), partial(fetch.get, trusted_url=site.url)))

    assert isinstance(found[-1], Rejection)
    assert "is not on the open internet" in found[-1].reason


def test_the_examples_hold_what_they_seem_to(sqlite_newsroom: Newsroom) -> None:
    found = [
        one
        for name in ("harbor-gazette.rss", "hill-school.atom", "valley-radio.json")
        for one in submissions(sqlite_newsroom, (EXAMPLES / name).read_bytes())
    ]
    radio = found[4]

    assert [one.title for one in found] == [
        "Ferry & bus now meet at the pier",
        "The cannery clock strikes again",
        "The greenhouse feeds the whole kitchen",
        "Chess club moves to the attic",
        "Seventy-seven: the beekeepers",
        "The swarm was late. We talked about the river instead, and how it got its name.",
    ]
    assert radio.byline == (("Lena Fox", None), ("Omar Haddad", None))
    assert (radio.sections, radio.tags, found[5].path) == (("Features",), ("bees",), "76")
    assert radio.date == dt.datetime(2024, 11, 10, 23, tzinfo=dt.UTC)
    assert [(file.media_type, file.size_bytes) for file in radio.media] == [
        ("image/jpeg", 0),
        ("audio/mpeg", 20_480_000),
    ]
