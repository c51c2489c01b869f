"""Files beside what is imported come in with it, outside of the transaction, and only once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from feedsvc.intake.accept import Outcome
from feedsvc.intake.bring import Result, bring_in
from feedsvc.model import Article, Media, Submission
from feedsvc.store import resources
from tests.cli.server import Site
from tests.conftest import make_newsroom
from tests.intake.darkroom import Darkroom, a_darkroom
from tests.intake.images import PHOTO, a_picture, as_bytes
from tests.newsroom import Clock, Newsroom, a_submission


@pytest.fixture
def darkroom(tmp_path: Path, clock: Clock) -> Iterator[Darkroom]:
    """Return an empty one."""
    site = Site("https://paper.example")
    found = a_darkroom(f"sqlite:///{tmp_path}/feedsvc.db", clock, site, tmp_path / "media")
    yield found
    found.room.services.database.close()


def bring(room: Newsroom, *items: Submission, **options: Any) -> list[Result]:
    named = [(str(item.path), item) for item in items]
    return list(bring_in(room.services.database, room.services.door, named, **options))


def story_of(room: Newsroom, result: Result) -> Article:
    assert result.article_id
    return room.article(result.article_id)


def a_page(folder: Path, html: str, *names: str, **fields: Any) -> Submission:
    files = tuple((name, folder / name) for name in names)
    fields = {"source": "folder", "path": "story.md", "digest": "1", **fields}
    return a_submission(content_html=html, files=files, **fields)


def test_a_picture_beside_a_page_comes_in_with_it(darkroom: Darkroom, tmp_path: Path) -> None:
    (tmp_path / "team one.jpg").write_bytes(PHOTO)
    page = a_page(
        tmp_path,
        '<p>W.</p><img src="team one.jpg" alt="A"><a href=\'team one.jpg\'>larger</a>',
        "team one.jpg",
        media=(Media("team one.jpg", "image/*", caption="The team."),),
    )

    (result,) = bring(darkroom.room, page)

    article = story_of(darkroom.room, result)
    (known,) = article.files
    assert known.asset
    assert known.url == f"https://paper.example/media/{known.asset.whole.name}"
    assert article.content_html == (
        f'<p>W.</p><img src="{known.url}" alt="A"><a href="{known.url}">larger</a>'
    )
    (lead,) = article.media
    assert (lead.url, lead.media_type, lead.width, lead.caption) == (
        known.url,
        "image/jpeg",
        80,
        "The team.",
    )
    darkroom.room.build()
    assert 'src="https://paper.example/media/' in darkroom.content()
    assert darkroom.fetch() == []  # it is known at once


def test_a_reference_is_found_as_html_and_as_text(darkroom: Darkroom, tmp_path: Path) -> None:
    (tmp_path / "a&b.jpg").write_bytes(PHOTO)
    page = a_page(tmp_path, '<p>W.<img src="a&amp;b.jpg"></p>', "a&b.jpg")

    (result,) = bring(darkroom.room, page)

    assert 'src="https://paper.example/media/' in story_of(darkroom.room, result).content_html


def test_importing_again_works_on_no_picture_again(darkroom: Darkroom, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(PHOTO)
    page = a_page(tmp_path, '<p>W.<img src="a.jpg"></p>', "a.jpg")
    bring(darkroom.room, page)
    (tmp_path / "a.jpg").unlink()  # it is not even looked at

    (result,) = bring(darkroom.room, page)

    assert result.outcome is Outcome.UNCHANGED
    with darkroom.room.services.database.read() as tx:
        assert resources.numbers(tx).failed == 0


def test_a_rehearsal_keeps_nothing(darkroom: Darkroom, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(PHOTO)

    lead = Media("a.jpg", "image/*")
    page = a_page(tmp_path, '<img src="a.jpg"> W', "a.jpg", media=(lead,))
    (result,) = bring(darkroom.room, page, is_rehearsal=True)

    assert result.outcome is Outcome.CREATED
    assert not darkroom.folder.exists()


@pytest.mark.parametrize("body", [None, b"", b"<svg/>", PHOTO[:-300]])
def test_a_file_that_is_no_good_is_a_problem_and_the_article_comes_in(
    darkroom: Darkroom, tmp_path: Path, body: bytes | None
) -> None:
    if body is not None:
        (tmp_path / "bad.jpg").write_bytes(body)
    lead = Media("bad.jpg", "image/*")
    page = a_page(tmp_path, '<p>Words.</p><img src="bad.jpg">', "bad.jpg", media=(lead,))

    (result,) = bring(darkroom.room, page)
    darkroom.room.build()

    assert result.outcome is Outcome.CREATED
    assert darkroom.content() == "<p>Words.</p>"
    (trouble,) = darkroom.troubles()
    assert trouble.problem.startswith(f"{tmp_path}/bad.jpg: ")
    assert trouble.due_at is None


def test_a_file_of_any_name_is_a_problem_that_can_be_told(
    darkroom: Darkroom, tmp_path: Path
) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9\x01.jpg")
    path.write_bytes(b"<svg/>")
    page = replace(a_page(tmp_path, '<p>W.<img src="x"></p>'), files=(("x", path),))

    (result,) = bring(darkroom.room, page)

    assert result.outcome is Outcome.CREATED
    assert "SVG" in darkroom.troubles()[0].problem


def test_a_file_that_is_mended_takes_its_place(darkroom: Darkroom, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    html = '<p>W.</p><img src="a.jpg">'
    bring(darkroom.room, a_page(tmp_path, html, "a.jpg"))
    (tmp_path / "a.jpg").write_bytes(PHOTO)

    (result,) = bring(darkroom.room, a_page(tmp_path, html, "a.jpg", digest="2"))

    assert "/media/unusable/" not in story_of(darkroom.room, result).content_html
    assert darkroom.troubles() == []


def test_after_a_move_to_another_domain_our_pictures_have_the_new_one(
    darkroom: Darkroom, tmp_path: Path, clock: Clock
) -> None:
    (tmp_path / "a.jpg").write_bytes(as_bytes(a_picture()))
    bring(darkroom.room, a_page(tmp_path, '<p>W.<img src="a.jpg"></p>', "a.jpg"))
    moved = make_newsroom(
        darkroom.room.services.database.url,
        clock,
        {"FEEDSVC_SITE__BASE_URL": "https://new.example"},
        seed=2,
    )

    moved.build_all()

    content = Darkroom(moved, darkroom.site).content()
    assert 'src="https://new.example/media/' in content
    assert "paper.example" not in content
    moved.services.database.close()
