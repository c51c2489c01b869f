"""One story through the whole house."""

from __future__ import annotations

from feedsvc.model import Format
from tests.newsroom import Newsroom


def test_a_story_goes_in_and_comes_out_in_every_format(newsroom: Newsroom) -> None:
    article = newsroom.submit()

    newsroom.build()

    assert newsroom.shown("section/news") == [article.guid]
    for fmt in Format:
        answer = newsroom.get(f"/feeds/section/news.{fmt}")
        assert answer.status_code == 200
        assert answer.content_type == fmt.content_type
        assert article.guid.encode() in answer.data
