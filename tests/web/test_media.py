"""What is at `/media/`: files that never change, and nothing else of the machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from feedsvc.intake.media import take_file, take_in
from feedsvc.model import Asset, Media
from tests.cli.server import Site
from tests.intake.darkroom import Darkroom, a_darkroom
from tests.intake.images import a_picture, as_bytes
from tests.newsroom import Clock

BIG = as_bytes(a_picture(1_600, 1_200))


@pytest.fixture
def darkroom(tmp_path: Path, clock: Clock) -> Iterator[Darkroom]:
    """Return one at a public address."""
    site = Site("https://paper.example/journal")
    url = f"sqlite:///{tmp_path}/feedsvc.db"
    found = a_darkroom(url, clock, site, tmp_path / "media")
    yield found
    found.room.services.database.close()


def taken(darkroom: Darkroom, body: bytes = BIG) -> Asset:
    return take_in(darkroom.room.services.database, darkroom.room.services.door, body)


def get(darkroom: Darkroom, path: str, **options: Any) -> TestResponse:
    """Return an answer, read to its end."""
    return darkroom.room.client().open(path, buffered=True, **options)


def test_a_file_is_served_for_ever_with_its_type(darkroom: Darkroom) -> None:
    asset = taken(darkroom)

    for file in (asset.whole, *asset.offered):
        answer = get(darkroom, f"/media/{file.name}")

        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == file.media_type
        assert answer.content_length == file.size_bytes == len(answer.data)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["ETag"] == f'"{file.name.partition(".")[0]}"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.data == darkroom.path_of(file.name).read_bytes()
        assert not {"Set-Cookie", "Expires"} & set(answer.headers.keys())


def test_who_has_a_file_is_not_sent_it_again(darkroom: Darkroom) -> None:
    path = f"/media/{taken(darkroom).whole.name}"
    whole = get(darkroom, path)

    same = get(darkroom, path, headers={"If-None-Match": whole.headers["ETag"]})
    other = get(darkroom, path, headers={"If-None-Match": '"another"'})
    head = get(darkroom, path, method="HEAD")

    assert (same.status_code, same.data) == (304, b"")
    assert same.headers["Cache-Control"] == whole.headers["Cache-Control"]
    assert other.status_code == 200
    assert (head.status_code, head.data) == (200, b"")
    assert head.content_length == len(whole.data)


def test_a_part_of_a_file_is_served(darkroom: Darkroom, tmp_path: Path) -> None:
    (tmp_path / "talk.mp3").write_bytes(b"ID3" + bytes(range(256)))
    services = darkroom.room.services
    asset = take_file(services.database, services.door, tmp_path / "talk.mp3")
    path = f"/media/{asset.whole.name}"

    part = get(darkroom, path, headers={"Range": "bytes=3-6"})
    end = get(darkroom, path, headers={"Range": "bytes=-2"})
    beyond = get(darkroom, path, headers={"Range": "bytes=900-"})

    assert get(darkroom, path).headers["Accept-Ranges"] == "bytes"
    assert (part.status_code, part.data) == (206, b"\0\1\2\3")
    assert part.headers["Content-Range"] == "bytes 3-6/259"
    assert end.data == b"\xfe\xff"
    assert beyond.status_code == 416


def test_a_pdf_is_opened_by_a_program_and_not_by_the_page(
    darkroom: Darkroom, tmp_path: Path
) -> None:
    (tmp_path / "rules.pdf").write_bytes(b"%PDF-1.7")
    services = darkroom.room.services
    asset = take_file(services.database, services.door, tmp_path / "rules.pdf")

    answer = get(darkroom, f"/media/{asset.whole.name}")

    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == "attachment"


NAME = f"{'ab' * 32}.jpg"


@pytest.mark.parametrize(
    "path",
    [
        NAME,
        "",
        "..%2f..%2ffeedsvc.db",
        "../feedsvc.db",
        "..%5cfeedsvc.db",
        f"ab/ab/{NAME}",
        "%2fetc%2fpasswd",
        f"{NAME}%00",
        f"{NAME}%0a",
        NAME.upper(),
        NAME[:-4],
        f"{NAME[:-4]}.html",
        "unusable/x/y.jpg",
    ],
)
def test_nothing_else_is_there(darkroom: Darkroom, path: str) -> None:
    whole = taken(darkroom).whole.name
    hidden = darkroom.folder / "x.jpg"
    hidden.write_bytes(b"secret")

    answer = get(darkroom, f"/media/{path}")

    assert answer.status_code == 404
    assert get(darkroom, f"/media/{whole}").status_code == 200


def test_it_can_only_be_read(darkroom: Darkroom) -> None:
    path = f"/media/{taken(darkroom).whole.name}"

    assert darkroom.room.client().post(path).status_code == 405
    assert darkroom.room.client().delete(path).status_code == 405


def test_an_articles_page_shows_our_files_and_may_load_them(darkroom: Darkroom) -> None:
    asset = taken(darkroom)
    address = darkroom.room.services.settings.media_url(asset.whole.name)
    assert address.startswith("https://paper.example/journal/media/")
    article = darkroom.room.submit(
        content_html="<p>Words.</p>", media=(Media(address, "image/jpeg", description="A team"),)
    )

    page = darkroom.room.get(f"/articles/{article.permalink}")

    shown = re.findall(r'(?:src|srcset)="(/journal/media/[^"]*)"', page.text)
    assert len(shown) == 3  # WebP in each width, JPEG in each width, and for who knows neither
    for one in (part.split()[0] for value in shown for part in value.split(", ")):
        assert get(darkroom, one.removeprefix("/journal")).status_code == 200
    assert '<picture><source type="image/webp"' in page.text
    assert 'alt="A team" width="1200" height="900"' in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "img-src 'self' https: http:;" in policy
    assert "media-src 'self' https: http:;" in policy
    # Other sites are told the whole address.
    assert re.search(r'og:image" content="https://paper.example/journal/media/', page.text)
