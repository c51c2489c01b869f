"""`feedsvc section|author|edition list|rename|merge|remove`."""

from __future__ import annotations

import json

import pytest

from tests.cli.program import Program

KINDS = {
    "section": ("News", "news", "Sports", "sports"),
    "author": ("Ana Lee", "ana-lee", "Bo Chen", "bo-chen"),
    "edition": ("The Journal 2024", "the-journal-2024", "Spring 2025", "spring-2025"),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
def test_a_list_counts_what_is_public_and_all(stories: Program, kind: str) -> None:
    name, slug, other, other_slug = KINDS[kind]

    rows = stories.run(kind, "list").rows

    assert sorted(rows) == sorted([[name, slug, "1", "2"], [other, other_slug, "1", "1"]])


@each_kind
def test_a_new_name_moves_the_feed_and_keeps_the_articles(stories: Program, kind: str) -> None:
    name, slug, _, _ = KINDS[kind]
    before = stories.served()

    done = stories.run(kind, "rename", name, "A Ḃrand New Name")

    assert done.out == f"“{name}” is “A Ḃrand New Name” now\n"
    after = stories.served()
    assert f"{kind}/{slug}.rss" not in after
    old, new = (
        json.loads(documents[f"{kind}/{path}.json"].body)["items"]
        for documents, path in ((before, slug), (after, "a-brand-new-name"))
    )
    assert [item["id"] for item in new] == [item["id"] for item in old]
    stories.run("check")


@each_kind
def test_a_merge_moves_the_articles_and_removes_the_feed(stories: Program, kind: str) -> None:
    name, slug, other, other_slug = KINDS[kind]

    done = stories.run(kind, "merge", other_slug, name.upper())

    assert done.out == f"“{other}” is part of “{name}” now: 1 articles moved\n"
    assert stories.run(kind, "list").rows == [[name, slug, "2", "3"]]
    documents = stories.served()
    assert f"{kind}/{other_slug}.rss" not in documents
    assert len(json.loads(documents[f"{kind}/{slug}.json"].body)["items"]) == 2
    stories.run("check")


@each_kind
def test_a_name_of_another_leads_to_merging(stories: Program, kind: str) -> None:
    name, _, other, _ = KINDS[kind]

    done = stories.run(kind, "rename", name, other, status=2)

    assert f'`feedsvc {kind} merge "{name}" "{other}"`' in done.err
    assert sorted(row[0] for row in stories.run(kind, "list").rows) == sorted([name, other])


@each_kind
def test_a_place_is_removed_once_nothing_is_filed_there(stories: Program, kind: str) -> None:
    name, slug, other, other_slug = KINDS[kind]
    before = stories.served()
    refused = stories.run(kind, "remove", other, status=2)
    assert f"1 article is filed under the {kind} “{other}”, public or not" in refused.err
    assert stories.served() == before

    done = stories.run(kind, "remove", other_slug, "--unfile")

    assert done.out == f"“{other}” is removed; taken off 1 articles\n"
    assert stories.run(kind, "list").rows == [[name, slug, "1", "2"]]
    assert f"{kind}/{other_slug}.rss" not in stories.served()
    items = json.loads(stories.served()["all.json"].body)["items"]
    assert [item["id"] for item in items] == [
        item["id"] for item in json.loads(before["all.json"].body)["items"]
    ]
    again = stories.run(kind, "remove", other, status=2)
    assert f"the {kind} “{other}” was removed" in again.err
    stories.run("check")


def test_a_removal_says_when_an_import_would_undo_it(stories: Program) -> None:
    done = stories.run("section", "remove", "Sports", "--unfile")

    assert "`imports.sections` names it: an import brings it back" in done.err
