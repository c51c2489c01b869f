"""Pictures and files that lie beside a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedsvc.intake.beside import files_beside, references
from feedsvc.intake.files import Found
from tests.intake.test_from_html import DATE, TITLE
from tests.newsroom import Newsroom
from tests.store.reading import column


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    for name in ("posts/near.png", "top.png", "static/kept.png", "assets/a b.png", "posts/é.pdf"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    (tmp_path / "secret.png").write_bytes(b"x")
    (root / "out.png").symlink_to(tmp_path / "secret.png")
    (root / "loop.png").symlink_to(root / "loop.png")
    (root / "within.png").symlink_to(root / "top.png")
    return root


def beside(root: Path, *addresses: str) -> dict[str, str]:
    found = Found(root / "posts" / "a.md", str(root), "posts/a.md")
    return {name: str(file.relative_to(root)) for name, file in files_beside(found, addresses)}


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("near.png", "posts/near.png"),
        ("./near.png?v=2#x", "posts/near.png"),
        ("../top.png", "top.png"),
        ("/top.png", "top.png"),
        ("top.png", "top.png"),
        ("/kept.png", "static/kept.png"),
        ("/a%20b.png", "assets/a b.png"),
        ("%C3%A9.pdf", "posts/é.pdf"),
        ("/within.png", "top.png"),
    ],
)
def test_a_file_is_found_beside_the_page_and_from_the_root(
    site: Path, address: str, file: str
) -> None:
    assert beside(site, address) == {address: file}


@pytest.mark.parametrize(
    "address",
    [
        *(
            "../../secret.png",
            "/../secret.png",
            "/out.png",
            "/loop.png",
            "%2e%2e/%2e%2e/secret.png",
        ),
        *(
            "/etc/passwd",
            "missing.png",
            "",
            "#x",
            "posts",
            "/",
            "a\0b.png",
            "x" * 5_000,
            "http://[x",
        ),
        *(
            "https://x.example/top.png",
            "//x.example/top.png",
            "data:image/png;base64,x",
            "file:top.png",
        ),
    ],
)
def test_nothing_else_is_taken(site: Path, address: str) -> None:
    assert beside(site, address) == {}


def test_addresses_are_told_as_they_stand() -> None:
    content = (
        '<img alt="a" src="a.png?x=1&amp;y=2"><video poster=\'p.jpg\'></video>'
        '<audio><source src="s.mp3"></audio><a href="/d.pdf">d</a><a href="e.html">e</a>'
    )

    assert list(references(content)) == ["a.png?x=1&y=2", "p.jpg", "s.mp3", "/d.pdf"]


def test_an_article_comes_in_without_what_is_missing(
    sqlite_newsroom: Newsroom, tmp_path: Path
) -> None:
    text = f"<!doctype html>{TITLE}{DATE}<article><p>One.</p><img src='gone.png'></article>"
    files = (tmp_path / "2024-11-15-a.md", tmp_path / "b.html")
    for file, words in zip(files, ("# A\n\n![x](missing.png)\n", text), strict=True):
        file.write_text(words)

    results = sqlite_newsroom.import_paths(*files)

    assert [result.reason for result in results] == ["", ""]
    assert column(sqlite_newsroom.services.database, "article.title") == ["A", "Pizza Returns"]


def test_an_article_is_read_again_when_its_picture_is_there(
    sqlite_newsroom: Newsroom, tmp_path: Path
) -> None:
    file = tmp_path / "2024-11-15-a.md"
    file.write_text("# A\n\n![x](late.png)\n")
    sqlite_newsroom.import_paths(file)
    (before,) = column(sqlite_newsroom.services.database, "origin.digest")
    (tmp_path / "late.png").write_bytes(b"x")

    sqlite_newsroom.import_paths(file)

    assert column(sqlite_newsroom.services.database, "origin.digest") != [before]
