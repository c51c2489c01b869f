"""Addresses from before the newsroom came here lead to the article, at once and for good."""

from __future__ import annotations

import pytest

from tests.newsroom import Newsroom

OLD = "https://old.example.org"


@pytest.mark.parametrize(
    ("alias", "asked"),
    [
        ("/2019/05/the-game/", "/2019/05/the-game/"),
        ("/2019/05/the-game/", "/2019/05/the-game"),
        ("/2019/05/the-game", "/2019/05/the-game/?utm_source=x"),
        ("/?p=12", "/?p=12"),
        ("/story.php?id=4", "/story.php?id=4"),
        ("/é", "/%C3%A9"),
        ("/articles/2019/05/old-form", "/articles/2019/05/old-form"),
    ],
)
def test_an_old_address_leads_to_the_article(
    sqlite_newsroom: Newsroom, alias: str, asked: str
) -> None:
    article = sqlite_newsroom.submit(aliases=(OLD + alias,))

    answer = sqlite_newsroom.get(asked)

    assert (answer.status_code, answer.location) == (301, f"/articles/{article.permalink}")


@pytest.mark.parametrize("asked", ["/?p=13", "/?p=12&x=1", "/story.php", "/story.php?id=5"])
def test_an_address_that_only_looks_alike_leads_nowhere(
    sqlite_newsroom: Newsroom, asked: str
) -> None:
    sqlite_newsroom.submit(aliases=(f"{OLD}/?p=12", f"{OLD}/story.php?id=4"))

    assert sqlite_newsroom.get(asked).status_code in {200, 404}


def test_our_own_addresses_come_first(sqlite_newsroom: Newsroom) -> None:
    article = sqlite_newsroom.submit(aliases=("/feeds", "/section/news", "/robots.txt"))

    for path in ("/feeds", "/section/news", "/robots.txt", f"/articles/{article.permalink}"):
        assert sqlite_newsroom.get(path).status_code == 200


def test_an_old_address_keeps_an_embargo(sqlite_newsroom: Newsroom) -> None:
    draft = sqlite_newsroom.submit(aliases=("/a",), draft=True)
    assert sqlite_newsroom.get("/a").status_code == 404

    sqlite_newsroom.publish(draft)
    assert sqlite_newsroom.get("/a").status_code == 301


def test_an_old_address_of_a_withdrawn_article_is_gone(newsroom: Newsroom) -> None:
    article = newsroom.submit(aliases=("/a", "/?p=1"))
    newsroom.withdraw(article)

    assert newsroom.get("/a").status_code == 410
    assert newsroom.get("/?p=1").status_code == 410

    again = newsroom.republish(article)
    assert newsroom.get("/a").location == f"/articles/{again.permalink}"
