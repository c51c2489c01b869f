"""Markdown with front matter, as Jekyll, Hugo and people write it."""

from __future__ import annotations

import datetime as dt
import html
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import RejectedError
from feedsvc.intake.files import Found
from feedsvc.intake.from_markdown import read_markdown
from feedsvc.intake.how import Overrides
from feedsvc.intake.opened import Opened
from feedsvc.model import Attribution, Submission
from feedsvc.settings import Settings
from feedsvc.settings.groups import Imports
from feedsvc.store.terms import fold
from tests.intake.pages import KNOWN

TEXT = "The cafeteria served pizza on Monday."


def outcome(
    text: str | bytes, path: str = "post.md", root: Path = Path("/nowhere"), **over: Any
) -> Submission | RejectedError:
    settings, known = over.pop("settings", Settings()), over.pop("known", KNOWN)
    source = Opened(Found(root / path, str(root), path), settings, Overrides(**over), known)
    try:
        return read_markdown(text if isinstance(text, bytes) else text.encode(), source)
    except RejectedError as error:
        return error


def read(text: str | bytes, path: str = "post.md", **more: Any) -> Submission:
    found = outcome(text, path, **more)
    assert isinstance(found, Submission), found
    return found


def refusal(text: str | bytes, path: str = "post.md", **more: Any) -> RejectedError:
    found = outcome(text, path, **more)
    assert isinstance(found, RejectedError), found
    return found


def post(*lines: str, body: str = TEXT, title: bool = True, date: bool = True) -> str:
    """Return a file with lines of YAML in front, right in all that is not given."""
    given = [*(["title: Pizza Returns"] if title else []), *(["date: 2024-11-15"] if date else [])]
    return "\n".join(["---", *given, *lines, "---", body])


# The three kinds of front matter

YAML = """---
title: "Pizza: Returns"
date: 2024-11-15T08:30:00-05:00
lastmod: 2024-11-16 09:00
authors: [Ann Lee, {name: Bob Ray, role: Editor}]
section: News
categories: [World]
tags: [food, kitchen]
summary: It is back.
slug: pizza
aliases: [/old/pizza/]
draft: false
image: https://pics.example/a.jpg
---
The cafeteria served pizza on Monday.
"""
TOML = """+++
title = "Pizza: Returns"
date = 2024-11-15T08:30:00-05:00
lastmod = 2024-11-16T09:00:00
authors = ["Ann Lee", {name = "Bob Ray", role = "Editor"}]
section = "News"
categories = ["World"]
tags = ["food", "kitchen"]
summary = "It is back."
slug = "pizza"
aliases = ["/old/pizza/"]
draft = false
image = "https://pics.example/a.jpg"
+++
The cafeteria served pizza on Monday.
"""
JSON = """{
  "title": "Pizza: Returns",
  "date": "2024-11-15T08:30:00-05:00",
  "lastmod": "2024-11-16 09:00",
  "authors": ["Ann Lee", {"name": "Bob Ray", "role": "Editor"}],
  "section": "News", "categories": ["World"], "tags": ["food", "kitchen"],
  "summary": "It is back.", "slug": "pizza", "aliases": ["/old/pizza/"], "draft": false,
  "image": "https://pics.example/a.jpg"
}
The cafeteria served pizza on Monday.
"""


@pytest.mark.parametrize("text", [YAML, TOML, JSON], ids=["yaml", "toml", "json"])
def test_all_fields_are_read_from_every_kind_of_front_matter(text: str) -> None:
    article = read(text)

    assert article.title == "Pizza: Returns"
    assert article.content_html == f"<p>{TEXT}</p>"
    assert article.date == dt.datetime(2024, 11, 15, 13, 30, tzinfo=dt.UTC)
    assert article.updated == dt.datetime(2024, 11, 16, 14, tzinfo=dt.UTC)
    assert article.byline == (("Ann Lee", None), ("Bob Ray", "Editor"))
    assert (article.sections, article.tags) == (("News", "World"), ("food", "kitchen"))
    assert (article.summary, article.slug, article.draft) == ("It is back.", "pizza", False)
    assert article.aliases == ("/old/pizza/",)
    assert [media.url for media in article.media] == ["https://pics.example/a.jpg"]


def test_a_plain_file_begins_with_its_title() -> None:
    article = read(f"# Pizza *Returns*\n\n{TEXT}\n", date=dt.date(2024, 11, 15))

    assert (article.title, article.content_html) == ("Pizza Returns", f"<p>{TEXT}</p>")
    assert article.date == dt.date(2024, 11, 15)


@pytest.mark.parametrize("name", ["2024-11-15-pizza.md", "2024-11-15-pizza/index.md"])
def test_a_files_name_may_say_date_and_slug(name: str) -> None:
    article = read(post(date=False), name)

    assert (article.date, article.slug) == (dt.date(2024, 11, 15), "pizza")


def test_windows_files_and_a_bom_read_alike() -> None:
    raw = b"\xef\xbb\xbf" + post().replace("\n", "\r\n").encode()

    assert read(raw).content_html == f"<p>{TEXT}</p>"


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("title: No", "No"),
        ("title: 1984", "1984"),
        ("title: 1:30", "1:30"),
        ("title: 'true'", "true"),
    ],
)
def test_a_title_stays_the_text_that_stands_there(line: str, title: str) -> None:
    assert read(post(line, title=False)).title == title


@pytest.mark.parametrize(
    ("lines", "byline"),
    [
        (["author: Ann Lee and Bob Ray"], (("Ann Lee", None), ("Bob Ray", None))),
        (["author: Ann Lee, Staff Writer"], (("Ann Lee", "Staff Writer"),)),
        (["author: {name: Ann Lee, title: Editor}"], (("Ann Lee", "Editor"),)),
        (["authors:", "  - Ann Lee", "  - Bob Ray"], (("Ann Lee", None), ("Bob Ray", None))),
        ([], ()),
    ],
)
def test_authors_are_a_text_a_list_or_tables(lines: list[str], byline: object) -> None:
    assert read(post(*lines)).byline == byline


@pytest.mark.parametrize(
    ("line", "sections"),
    [
        ("categories: [news, Gardening]", ("News", "Gardening")),
        ("category: Arts & Culture", ("Arts & Culture",)),
        ("categories: sports, opinion", ("Sports", "Opinion")),
    ],
)
def test_categories_are_sections_in_the_known_spelling(
    line: str, sections: tuple[str, ...]
) -> None:
    assert read(post(line)).sections == sections


def test_the_section_map_and_a_given_section_win() -> None:
    text = post("categories: [athletics, misc, News]")

    mapped = read(text, section_map={"athletics": "Sports", "misc": ""})

    assert mapped.sections == ("Sports", "News")
    assert read(text, section="Opinion").sections == ("Opinion",)


@pytest.mark.parametrize(
    ("line", "field"), [("section: Gardening", "sections"), ("edition: Spring 1999", "editions")]
)
def test_what_was_removed_is_not_brought_back_unasked(line: str, field: str) -> None:
    name = line.partition(": ")[2]
    known = replace(KNOWN, **{f"removed_{field}": (fold(name),)})

    error = refusal(post(line), known=known)

    assert error.field == "section"
    assert f"“{name}” was removed" in error.reason
    asked = read(post(line), known=known, auto_create=True)
    named = read(post(line), known=replace(known, **{field: (name,)}))
    for article in (asked, named):
        assert name in (*article.sections, article.edition)


def test_a_day_alone_a_naive_time_and_the_setting_for_days() -> None:
    settings = Settings(imports=Imports(day_first=True))

    assert read(post()).date == dt.date(2024, 11, 15)
    naive = read(post("date: 2024-11-15 08:30:00", date=False))
    assert naive.date == dt.datetime(2024, 11, 15, 13, 30, tzinfo=dt.UTC)
    day_first = read(post("date: 9/10/2024", date=False), settings=settings)
    assert day_first.date == dt.date(2024, 10, 9)


@pytest.mark.parametrize("line", ["draft: true", "published: false"])
def test_a_draft_stays_one_and_needs_no_date(line: str) -> None:
    article = read(post(line, date=False))

    assert (article.draft, article.date) == (True, None)


def test_first_published_elsewhere_is_said() -> None:
    article = read(post("canonical_url: https://other.example/pizza"))

    assert article.attribution == Attribution("https://other.example/pizza", "other.example")


# Jekyll


def test_a_jekyll_post_has_date_slug_and_old_address_from_its_name() -> None:
    article = read(post("categories: news world", date=False), "_posts/2024-11-15-pizza.md")

    assert (article.date, article.slug) == (dt.date(2024, 11, 15), "pizza")
    assert article.sections == ("News", "World")
    assert article.aliases == ("/news/world/2024/11/15/pizza.html",)


def test_a_jekyll_post_leaves_known_sections_whole() -> None:
    article = read(post("categories: arts & culture"), "_posts/2024-11-15-pizza.md")

    assert article.sections == ("Arts & Culture",)


@pytest.mark.parametrize(
    ("line", "aliases"),
    [
        ("permalink: /pizza/", ("/old/", "/pizza/")),
        ("permalink: /:year/:title/", ("/old/",)),
        ("permalink: pretty", ("/old/",)),
    ],
)
def test_a_permalink_is_an_old_address(line: str, aliases: tuple[str, ...]) -> None:
    article = read(post(line, "redirect_from: /old/"), "_posts/2024-11-15-pizza.md")

    assert article.aliases == aliases


def test_a_file_among_drafts_is_a_draft() -> None:
    assert read(post(date=False), "_drafts/pizza.md").draft


def test_html_with_front_matter_stays_html() -> None:
    article = read(post(body="<div>\n\n    <p>One.</p>\n</div>"), "_posts/2024-11-15-pizza.html")

    assert article.content_html.strip() == "<div>\n\n    <p>One.</p>\n</div>"


# Hugo


@pytest.mark.parametrize(
    ("path", "line", "alias"),
    [
        ("content/posts/Pizza Returns.md", "", "/posts/pizza-returns/"),
        ("content/posts/pizza/index.md", "", "/posts/pizza/"),
        ("content/posts/pizza.md", "slug: back", "/posts/back/"),
        ("content/posts/pizza.md", "url: /p/1", "/p/1"),
    ],
)
def test_a_hugo_page_has_its_old_address_from_its_place(path: str, line: str, alias: str) -> None:
    assert read(post(*[line] * bool(line)), path).aliases == (alias,)


def test_the_publish_date_wins_and_the_expiry_date_is_ignored() -> None:
    article = read(post("publishDate: 2024-11-20", "expiryDate: 2020-01-01"))

    assert article.date == dt.date(2024, 11, 20)


@pytest.mark.parametrize(
    "lines",
    [
        ["cover:", "  image: https://p.example/a.jpg", "  alt: A pie", "  caption: Hot"],
        ["params:", "  cover: {image: 'https://p.example/a.jpg', alt: A pie, caption: Hot}"],
        ["image: https://p.example/a.jpg", "image_alt: A pie", "image_caption: Hot"],
        ["images: [https://p.example/a.jpg]", "image_alt: A pie", "image_caption: Hot"],
    ],
)
def test_the_lead_picture_has_its_texts(lines: list[str]) -> None:
    (picture,) = read(post(*lines)).media

    assert (picture.url, picture.media_type) == ("https://p.example/a.jpg", "image/*")
    assert (picture.description, picture.caption) == ("A pie", "Hot")


# The text


def test_tables_notes_strikethrough_and_definitions_are_understood() -> None:
    text = "| a | b |\n|---|---|\n| 1 | 2 |\n\n~~no~~ yes[^1]\n\nTerm\n: Meaning\n\n[^1]: Note."

    content = read(post(body=text)).content_html

    for mark in ("<table>", "<td>1</td>", "<s>no</s>", "<dt>Term</dt>", "<p>Note. <a"):
        assert mark in content


def test_a_bracket_behind_a_caret_is_text() -> None:
    assert read(post(body="2^[1] is two.")).content_html == "<p>2^[1] is two.</p>"


def test_html_in_markdown_is_left_to_the_cleaner() -> None:
    assert (
        "<b onclick='x'>bold</b>" in read(post(body="A <b onclick='x'>bold</b> move")).content_html
    )


def test_the_title_is_not_repeated_and_other_headings_stay() -> None:
    repeated = read(post(body=f"# Pizza “Returns”\n\n# More\n\n{TEXT}"))
    other = read(post(body=f"# Overview\n\n{TEXT}"))

    assert repeated.content_html == f"<h1>More</h1>\n<p>{TEXT}</p>"
    assert other.content_html == f"<h1>Overview</h1>\n<p>{TEXT}</p>"


# What is refused


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("title: [a, b]", "title"),
        ("date: someday", "date"),
        ("date: 2024-02-30", "date"),
        ("draft: perhaps", "draft"),
        ("tags: {a: b}", "tags"),
        ("authors: [[a]]", "authors"),
        ("lastmod: soon", "lastmod"),
        ("summary: {a: b}", "summary"),
        ("image: {alt: a}", "image"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_its_line(line: str, field: str) -> None:
    error = refusal(post("layout: post", line, title=field != "title", date=field != "date"))

    assert (error.field, error.line) == (field, 4 if field in {"title", "date"} else 5)
    assert f"`{field}`" in error.reason


def test_a_file_without_title_or_date_is_refused() -> None:
    assert refusal(TEXT, date=dt.date(2024, 1, 2)).field == "title"
    error = refusal(f"# Pizza\n\n{TEXT}")
    assert error.field == "date"
    assert "--date" in error.reason


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]"


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        (f"---\n{BOMB}\n---\nx", "uses an alias", 3),
        ("---\ntitle: x\nno end", "no second ---", 1),
        ("---\ntitle: 'x\n---\nx", "not valid YAML", None),
        ("---\n- a\n---\nx", "must be names with values", 1),
        ("---\na: " + "[" * 30 + "]" * 30 + "\n---\nx", "nested more than 20 deep", 2),
        ("---\na: " + "[" * 9_000 + "\n---\nx", "nested more than 20 deep", 2),
        ("---\na: " + "x" * 70_000 + "\n---\nx", "more than the 64,000 allowed", 1),
        ("---\na: !!python/object/apply:os.system [ls]\n---\nx", "No title", 1),
        ("+++\ntitle = \n+++\nx", "not valid TOML", 2),
        ("+++\na = " + "[" * 9_000 + "\n+++\nx", "nested too deep", 1),
        ('{"title": }\nx', "not valid JSON", 1),
        ('{"a": ' + "[" * 60_000, "nested too deep", 1),
    ],
)
def test_damaged_and_dangerous_front_matter_is_refused(
    text: str, why: str, line: int | None
) -> None:
    error = refusal(text)

    assert why in error.reason
    assert line is None or error.line == line


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (">" * 10_000 + "x", "nested"),
        ("[" * 20_000, "opening brackets"),
        ("<div>" * 9 + "\0", "text"),
    ],
)
def test_a_text_made_to_keep_parsers_busy_is_refused(body: str, why: str) -> None:
    assert why in refusal(post(body=body)).reason


def test_deep_nesting_is_refused_with_its_line() -> None:
    assert refusal(post(body=f"One.\n\n{'> ' * 70}x")).line == 7


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: post(body=text).encode()))
def test_arbitrary_files_are_read_or_refused(raw: bytes) -> None:
    assert isinstance(outcome(raw), Submission | RejectedError)


@given(st.text(max_size=200), st.sampled_from(["yaml", "toml", "json"]))
def test_arbitrary_front_matter_is_read_or_refused(text: str, kind: str) -> None:
    opening, closing = {
        "yaml": ("---\n", "\n---\n"),
        "toml": ("+++\n", "\n+++\n"),
        "json": ("{", "}"),
    }[kind]

    assert isinstance(
        outcome(f"{opening}{text}{closing}x".encode("utf-8", "replace")), Submission | RejectedError
    )


FIELDS = (
    *("title", "date", "lastmod", "author", "authors", "section", "categories", "tags", "image"),
    *("cover", "images", "slug", "aliases", "permalink", "url", "canonical_url", "draft", "params"),
    *("summary", "lang", "edition", "redirect_from", "publishDate"),
)
odd = st.sampled_from(
    ["http://[x", "//[", "/a b/", ":", "[]", "https://x.example/a", "1", "\\", "Ü"]
)
value = st.recursive(
    st.none() | st.booleans() | st.integers() | odd | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "src", "image", "alt"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(FIELDS), value, max_size=6),
    st.sampled_from(["a.md", "_posts/2024-01-01-a.md", "content/a/index.md", "_posts/index.md"]),
)
def test_no_value_ends_in_a_traceback(values: dict[str, Any], path: str) -> None:
    values = {"title": "A", "date": "2024-11-15", **values}

    assert isinstance(outcome(f"{json.dumps(values)}\nx", path), Submission | RejectedError)


@given(st.lists(st.text(st.sampled_from("abcé ,.’&<3"), min_size=1).filter(str.strip), min_size=1))
def test_no_words_are_lost(paragraphs: list[str]) -> None:
    article = read(post(body="\n\n".join(f"w{text}" for text in paragraphs)))

    shown = html.unescape(re.sub("</?p>", "", article.content_html)).split()
    assert shown == " ".join(f"w{text}" for text in paragraphs).split()
