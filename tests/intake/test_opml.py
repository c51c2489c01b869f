"""OPML: lists of feeds, of any nesting and up to a size."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from feedsvc.errors import RefusedError
from feedsvc.intake.opml import ROWS, Row, read_opml
from tests.intake.feeds import EXAMPLES


def rows(folder: Path, body: str, head: str = '<opml version="2.0">') -> list[Row]:
    """Return what a list holds."""
    file = folder / "list.opml"
    file.write_text(f"{head}<body>{body}</body></opml>")
    return list(read_opml(file))


def a_feed(url: str, **attributes: str) -> str:
    """Return the outline of a feed."""
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<outline type="rss" xmlUrl="{url}"{more}/>'


def test_a_feed_stands_in_the_nearest_group(tmp_path: Path) -> None:
    a, b, c, d = (a_feed(f"https://{name}.example/", text=name.upper()) for name in "abcd")
    body = f'{a}<outline text="News">{b}<outline title="World">{c}</outline>{d}</outline>'

    found = rows(tmp_path, body)

    assert [(row.title, row.group) for row in found] == [
        ("A", None),
        ("B", "News"),
        ("C", "World"),
        ("D", "News"),
    ]
    assert [row.url for row in found] == [f"https://{name}.example/" for name in "abcd"]
    assert {row.problem for row in found} == {None}


@pytest.mark.parametrize(
    ("outline", "url"),
    [
        ('<outline xmlUrl="https://a.example/x"/>', "https://a.example/x"),
        ('<outline type="rss" xmlurl="https://a.example/x"/>', "https://a.example/x"),
        ('<outline type="RSS" url="https://a.example/x"/>', "https://a.example/x"),
        (a_feed("feed://a.example/x"), "http://a.example/x"),
        (a_feed("feed:https://a.example/x#top"), "https://a.example/x"),
        (a_feed("  https://a.example/x?a=1&amp;b=2 "), "https://a.example/x?a=1&b=2"),
    ],
)
def test_old_ways_to_name_a_feed_are_understood(tmp_path: Path, outline: str, url: str) -> None:
    (found,) = rows(tmp_path, outline, '<opml version="1.0">')

    assert (found.url, found.problem) == (url, None)


@pytest.mark.parametrize(
    ("outline", "problem"),
    [
        ('<outline text="A page" type="link" url="https://a.example/"/>', "is no feed"),
        ('<outline text="An empty group"/>', "is no feed"),
        (a_feed("nonsense"), "is no http or https address"),
        (a_feed("ftp://a.example/"), "is no http or https address"),
        (a_feed("https://me:secret@a.example/"), "has a name or a password"),
        (a_feed("http://127.0.0.1/feed"), "is not on the open internet"),
        (a_feed("http://localhost/feed"), "is not on the open internet"),
        (a_feed("http://a.example:22/"), "has port 22"),
        (a_feed("http://a.example/" + "é" * 450), "is longer than 900 bytes"),
    ],
)
def test_what_cannot_be_polled_is_told_with_its_line(
    tmp_path: Path, outline: str, problem: str
) -> None:
    good, bad = rows(tmp_path, f"\n{a_feed('https://b.example/')}\n{outline}")

    assert good.problem is None
    assert bad.problem
    assert problem in bad.problem
    assert (good.line, bad.line) == (2, 3)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no OPML"),
        ("<rss/>", "it begins with <rss>"),
        ("<opml><body>", "is no OPML"),
        ('<!DOCTYPE opml [<!ENTITY a "x">]><opml><body/></opml>', "declares entities"),
        ("<opml><body>" + "<outline>" * 10_000, "is no OPML"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "x.opml"
    file.write_text(text)

    with pytest.raises(RefusedError, match=reason):
        list(read_opml(file))


def test_a_list_may_have_so_many_rows_and_no_more(tmp_path: Path) -> None:
    file = tmp_path / "long.opml"
    outlines = (a_feed(f"https://s{number}.example/feed") for number in range(ROWS + 1))
    file.write_text(f"<opml><body>{''.join(outlines)}</body></opml>")
    found = read_opml(file)

    assert all(row.problem is None for row in islice(found, 100_000))
    with pytest.raises(RefusedError, match=r"has more than 100,000 rows; split it"):
        next(found)


def test_the_example_is_a_list_with_one_outline_that_is_no_feed() -> None:
    found = list(read_opml(EXAMPLES / "neighbors.opml"))

    assert [(row.title, row.group) for row in found if not row.problem] == [
        ("The Harbor Gazette", "News"),
        ("Hill School News", "News"),
        ("Valley Radio", "Features"),
    ]
    assert [row.title for row in found if row.problem] == ["A page, no feed"]
