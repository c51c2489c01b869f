"""Pictures are fetched, kept and shown; one that cannot be had holds up no article."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from PIL import Image

from feedsvc.errors import RejectedError
from feedsvc.feeds.pictures import fitting
from feedsvc.intake.media import sweep, take_file, take_in, withhold_withdrawn
from feedsvc.model import Article, Asset, Media
from feedsvc.store import resources
from tests.cli.server import serving
from tests.intake.darkroom import Darkroom, a_darkroom
from tests.intake.images import PHOTO, a_picture, as_bytes
from tests.newsroom import Clock

BIG = as_bytes(a_picture(1_600, 1_200))


@pytest.fixture
def darkroom(database_url: str, clock: Clock, tmp_path: Path) -> Iterator[Darkroom]:
    """Return an empty one, on each database."""
    with serving() as site:
        found = a_darkroom(database_url, clock, site, tmp_path / "media")
        yield found
        found.room.services.database.close()


LIMITS = {"FEEDSVC_MEDIA__MAX_BYTES": "100000", "FEEDSVC_MEDIA__MAX_PIXELS": "2000000"}


@pytest.fixture
def small(tmp_path: Path, clock: Clock) -> Iterator[Darkroom]:
    """Return one on SQLite that takes only small files, for what has nothing to do with that."""
    with serving() as site:
        url = f"sqlite:///{tmp_path}/feedsvc.db"
        found = a_darkroom(url, clock, site, tmp_path / "media", **LIMITS)
        yield found
        found.room.services.database.close()


def asset_of(darkroom: Darkroom, article: Article, url: str) -> Asset:
    asset = darkroom.known(article)[url].asset
    assert asset
    return asset


def test_a_picture_on_another_site_becomes_ours(darkroom: Darkroom) -> None:
    url = darkroom.site.put("/old/team.jpg", BIG)
    article = darkroom.story(url)
    darkroom.room.build()
    assert f'<img src="{url}" alt="A">' in darkroom.content()

    (done,) = darkroom.fetch()
    darkroom.room.clock.advance(seconds=10)
    darkroom.room.build()

    assert done.problem == ""
    asset = asset_of(darkroom, article, url)
    assert [one.width for one in asset.offered] == [600, 600, 1200, 1200]
    shown = fitting(asset)
    assert f'<img src="{darkroom.site.url}/media/{shown.name}" alt="A" ' in darkroom.content()
    assert 'width="1200" height="900"' in darkroom.content()
    assert darkroom.path_of(shown.name).stat().st_size == shown.size_bytes
    assert darkroom.kept() == sorted({one.name for one in (asset.whole, *asset.offered)})


def test_a_picture_that_comes_later_makes_nothing_newer(darkroom: Darkroom) -> None:
    article = darkroom.story(darkroom.site.put("/team.jpg", PHOTO))
    darkroom.room.build()
    before = darkroom.item()
    darkroom.room.clock.advance(hours=1)

    darkroom.fetch()
    darkroom.room.build()

    after = darkroom.item()
    assert after["content_html"] != before["content_html"]
    assert after["date_modified"] == before["date_modified"]
    assert after["date_published"] == before["date_published"]
    stored = darkroom.room.article(article.id)
    assert (stored.content_html, stored.updated_at) == (article.content_html, article.updated_at)


def test_every_feed_that_shows_it_is_built_again_and_no_other(darkroom: Darkroom) -> None:
    darkroom.story(darkroom.site.put("/team.jpg", PHOTO), sections=("News",), byline=())
    darkroom.room.submit(title="Other", sections=("Sports",), byline=(), edition=None)
    darkroom.room.build()
    darkroom.room.clock.advance(hours=1)

    darkroom.fetch()

    built = {one.path for one in darkroom.room.build()}
    assert built == {"all", "section/news", "edition/the-journal-2024"}


def test_a_picture_that_two_articles_show_is_fetched_once_and_kept_once(small: Darkroom) -> None:
    one, other = small.site.put("/a.jpg", PHOTO), small.site.put("/b.jpg", PHOTO)
    first, second = small.story(one, title="One"), small.story(one, other, title="Two")

    small.fetch()
    small.fetch()

    assert sorted(small.site.asked) == ["GET /a.jpg", "GET /b.jpg"]
    assert asset_of(small, first, one) == asset_of(small, second, other)


def test_an_edit_that_takes_a_picture_away_leaves_it_known(small: Darkroom) -> None:
    url = small.site.put("/a.jpg", PHOTO)
    article = small.story(url)
    small.fetch()

    small.room.edit(article, content_html="<p>Words alone.</p>")
    assert small.known(article) == {}
    small.room.edit(small.room.article(article.id), content_html=f'<p>W.<img src="{url}"></p>')

    assert small.known(article)[url].asset
    assert small.fetch() == []


def test_recordings_and_pdfs_stay_where_they_are_but_their_length_is_true(
    small: Darkroom,
) -> None:
    sound = small.site.url + "/talk"

    def only_parts(request: BaseHTTPRequestHandler) -> None:
        request.send_response(206)
        request.send_header("Content-Type", "audio/mpeg")
        request.send_header("Content-Range", "bytes 0-0/123456789")
        request.send_header("Content-Length", "1")
        request.end_headers()
        request.wfile.write(b"x")

    small.site.pages["/talk"] = only_parts
    paper = small.site.put("/rules.pdf", b"%PDF-1.7 and more", Content_Type="application/pdf")
    files = (Media(sound, "audio/*"), Media(paper, "application/pdf", 5))
    small.room.submit(media=files)

    small.fetch()
    small.room.build()

    assert small.item()["attachments"] == [
        {"url": sound, "mime_type": "audio/mpeg", "size_in_bytes": 123456789},
        {"url": paper, "mime_type": "application/pdf", "size_in_bytes": 17},
    ]
    assert small.kept() == []


@pytest.mark.parametrize("said", ["banana", "audio/", "audio/x y", "a/<b>", "*/*", "\xe4/\xe9"])
def test_a_type_that_is_none_counts_for_nothing(small: Darkroom, said: str) -> None:
    sound = small.site.put("/talk.mp3", b"12345", Content_Type=said)
    article = small.room.submit(media=(Media(sound, "audio/mpeg"),))

    small.fetch()
    small.room.build()

    assert small.room.article(article.id).quarantined_at is None
    assert small.item()["attachments"][0]["mime_type"] == "audio/mpeg"


def test_a_recording_that_is_gone_is_enclosed_no_more(small: Darkroom) -> None:
    small.room.submit(media=(Media(small.site.url + "/gone.mp3", "audio/mpeg", 5),))

    small.fetch()
    small.room.build()

    assert "attachments" not in small.item()
    assert [one.problem for one in small.troubles()] == ["the answer is 404 Not Found"]


def slowly(request: BaseHTTPRequestHandler) -> None:
    """Answer a byte at a time, for longer than anybody waits."""
    request.send_response(200)
    request.send_header("Content-Length", "5000")
    request.end_headers()
    with suppress(OSError):  # nobody waits for the end
        while True:
            request.wfile.write(b"\xff")
            request.wfile.flush()
            time.sleep(0.1)


def looping(request: BaseHTTPRequestHandler) -> None:
    request.send_response(302)
    request.send_header("Location", request.path)
    request.end_headers()


BOMB = as_bytes(Image.new("1", (20_000, 20_000)), "PNG")
BROKEN: dict[str, tuple[bytes, int, str]] = {
    "not there": (b"", 404, "404 Not Found"),
    "gone": (b"", 410, "410 Gone"),
    "not for us": (b"", 403, "403 Forbidden"),
    "a page": (b"<!DOCTYPE html><p>Not found</p>", 200, "a web page, not a picture"),
    "too many bytes": (b"\xff" * 100_001, 200, "larger than 100,000 bytes"),
    "too many pixels": (as_bytes(Image.new("L", (2_000, 1_001)), "PNG"), 200, "pixels"),
    "a bomb": (BOMB, 200, "far too large when unpacked"),
    "cut off": (PHOTO[:-300], 200, "damaged or cut off"),
    "a drawing that may hold programs": (b"<svg xmlns='x'/>", 200, "SVG"),
    "nothing": (b"", 200, "the file is empty"),
}


@pytest.mark.parametrize(("body", "status", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_picture_that_cannot_be_had_goes_out_and_the_article_stays(
    small: Darkroom, body: bytes, status: int, reason: str
) -> None:
    bad = small.site.put("/bad.jpg", body, status)
    good = small.site.put("/good.jpg", PHOTO)
    small.story(bad, good)
    small.room.build()

    for _ in range(5):  # it may be worth another try
        small.fetch()
        small.room.clock.advance(hours=4)
    small.room.build()

    (trouble,) = small.troubles()
    assert (trouble.url, trouble.due_at) == (bad, None)
    assert reason in trouble.problem
    assert bad not in small.content()
    assert small.content().startswith("<p>Words.</p><figure><img src=")
    assert small.content().count("<figure>") == 1
    assert small.room.build_all() is not None
    with small.room.services.database.read() as tx:
        assert resources.numbers(tx).failed == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x.jpg",
        "http://10.0.0.1/x.jpg",
        "http://169.254.169.254/latest/x.jpg",
        "http://[::1]/x.jpg",
        "http://0x7f.1/x.jpg",
        "http://localhost/x.jpg",
    ],
)
def test_no_picture_is_fetched_from_a_private_address(small: Darkroom, url: str) -> None:
    small.story(url)

    (done,) = small.fetch()

    assert "not on the open internet" in done.problem
    assert small.site.asked == []


@pytest.mark.slow
def test_a_server_that_is_slow_holds_up_nothing_else(tmp_path: Path, clock: Clock) -> None:
    with serving() as site:
        url, hasty = f"sqlite:///{tmp_path}/feedsvc.db", {"FEEDSVC_MEDIA__FETCH_SECONDS": "3"}
        darkroom = a_darkroom(url, clock, site, tmp_path / "media", **hasty)
        site.pages["/slow.jpg"] = slowly
        slow, good = site.url + "/slow.jpg", site.put("/good.jpg", PHOTO)
        darkroom.story(slow, good)
        began = time.monotonic()

        done = {one.url: one for one in darkroom.fetch()}

        assert time.monotonic() - began < 12
        assert "did not answer within 3 seconds" in done[slow].problem
        assert not done[slow].is_final
        assert done[good].problem == ""
        darkroom.room.services.database.close()


def test_a_redirect_that_never_ends_is_a_problem(small: Darkroom) -> None:
    small.site.pages["/round.jpg"] = looping
    small.story(small.site.url + "/round.jpg")

    (done,) = small.fetch()

    assert "redirects more than" in done.problem


def test_what_may_be_better_later_is_tried_again_a_few_times(small: Darkroom) -> None:
    url = small.site.put("/ill.jpg", b"", 503)
    small.story(url)
    small.room.build()
    tries = []
    for minutes in (0, 0.9, 0.2, 14, 2, 170, 20, 600):
        small.room.clock.advance(minutes=minutes)
        tries += [(minutes, one.is_final) for one in small.fetch()]

    assert tries == [(0, False), (0.2, False), (2, False), (20, True)]
    small.room.build()
    assert url not in small.content()


def test_until_then_readers_get_the_address_that_the_article_gives(small: Darkroom) -> None:
    url = small.site.put("/ill.jpg", b"", 503)
    small.story(url)
    small.fetch()
    small.room.build()

    assert f'<img src="{url}" alt="A">' in small.content()

    small.site.put("/ill.jpg", PHOTO)
    small.room.clock.advance(minutes=2)
    small.fetch()
    small.room.build()

    assert f'<img src="{small.site.url}/media/' in small.content()
    assert small.troubles() == []


def test_somebody_who_died_leaves_the_picture_to_the_next(darkroom: Darkroom) -> None:
    darkroom.story(darkroom.site.put("/a.jpg", PHOTO))
    now, lease = darkroom.room.clock.now(), dt.timedelta(minutes=5)
    with darkroom.room.services.database.write() as tx:
        assert len(resources.claim(tx, now=now, lease=lease, limit=4)) == 1
        assert resources.claim(tx, now=now, lease=lease, limit=4) == []
    assert darkroom.fetch() == []

    darkroom.room.clock.advance(minutes=6)

    assert [one.problem for one in darkroom.fetch()] == [""]


def test_a_picture_that_ends_its_worker_is_left_alone_in_the_end(small: Darkroom) -> None:
    small.story(small.site.put("/a.jpg", PHOTO))
    for _ in range(7):
        with small.room.services.database.write() as tx:
            now = small.room.clock.now()
            resources.claim(tx, now=now, lease=dt.timedelta(minutes=5), limit=4)
        small.room.clock.advance(minutes=6)

    (done,) = small.fetch()

    assert done.is_final
    assert "again and again" in done.problem
    assert small.site.asked == []


def test_a_clock_that_is_set_back_loses_no_picture(small: Darkroom) -> None:
    small.story(small.site.put("/a.jpg", PHOTO))
    small.room.clock.advance(days=-30)

    assert len(small.fetch()) == 1


def test_a_full_disk_is_no_fault_of_the_picture(small: Darkroom) -> None:
    small.folder.write_bytes(b"in the way")
    small.story(small.site.put("/a.jpg", PHOTO))

    (done,) = small.fetch()

    assert "Not a directory" in done.problem or "File exists" in done.problem
    assert not done.is_final


def test_sweeping_takes_what_only_withdrawn_articles_name(darkroom: Darkroom) -> None:
    shared = darkroom.site.put("/shared.jpg", PHOTO)
    own = darkroom.site.put("/own.jpg", as_bytes(a_picture(90, 70)))
    gone = darkroom.story(shared, own, title="Gone")
    stays = darkroom.story(shared, title="Stays")
    darkroom.fetch()
    left = asset_of(darkroom, stays, shared)
    darkroom.room.withdraw(gone)
    database, door = darkroom.room.services.database, darkroom.room.services.door
    assert sweep(database, door) == 0  # all of it is new

    darkroom.room.clock.advance(hours=2)
    for name in darkroom.kept():
        os.utime(darkroom.path_of(name), (1, 1))

    assert sweep(database, door) == 2
    assert darkroom.kept() == sorted(one.name for one in left.offered)
    assert asset_of(darkroom, stays, shared) == left
    assert darkroom.known(gone)[own].asset is None
    assert sweep(database, door) == 0


def swept(darkroom: Darkroom) -> int:
    """Sweep two hours later."""
    darkroom.room.clock.advance(hours=2)
    for name in darkroom.kept():
        os.utime(darkroom.path_of(name), (1, 1))
    return sweep(darkroom.room.services.database, darkroom.room.services.door)


def test_what_was_swept_is_fetched_again_for_an_article_that_names_it(small: Darkroom) -> None:
    url = small.site.put("/team.jpg", PHOTO)
    gone = small.story(url)
    small.fetch()
    small.room.withdraw(gone)
    assert swept(small)

    again = small.room.republish(gone)

    assert [one.problem for one in small.fetch()] == [""]
    assert small.known(again)[url].asset


def test_what_was_swept_and_brought_again_is_shown_again(small: Darkroom, tmp_path: Path) -> None:
    file = tmp_path / "team.jpg"
    file.write_bytes(PHOTO)
    database, door = small.room.services.database, small.room.services.door
    url = f"{small.site.url}/media/{take_file(database, door, file).whole.name}"
    gone = small.story(url)
    small.room.withdraw(gone)
    assert swept(small)

    take_file(database, door, file)
    again = small.story(url, title="Again")

    assert small.known(again)[url].asset
    assert not small.known(again)[url].is_broken
    assert small.fetch() == []


def test_what_was_given_up_is_tried_again_when_it_is_named_again(small: Darkroom) -> None:
    url = small.site.url + "/late.jpg"
    first = small.story(url)
    assert [one.is_final for one in small.fetch()] == [True]

    small.site.put("/late.jpg", PHOTO)
    small.story(url, title="Again")

    assert [one.problem for one in small.fetch()] == [""]
    assert small.known(first)[url].asset


def test_a_withdrawn_articles_pictures_are_served_no_more(darkroom: Darkroom) -> None:
    shared = darkroom.site.put("/shared.jpg", PHOTO)
    own = darkroom.site.put("/own.jpg", as_bytes(a_picture(90, 70)))
    gone = darkroom.story(shared, own, title="Gone")
    darkroom.story(shared, title="Stays")
    darkroom.fetch()
    database, door = darkroom.room.services.database, darkroom.room.services.door
    names = [one.name for one in asset_of(darkroom, gone, own).offered]
    others = [one.name for one in asset_of(darkroom, gone, shared).offered]

    darkroom.room.withdraw(gone)
    assert withhold_withdrawn(database, door) == 2

    assert not any(darkroom.path_of(name).exists() for name in names)
    assert all(darkroom.path_of(name).exists() for name in others)
    assert set(names) < set(darkroom.kept())  # out of sight, not lost
    assert darkroom.room.get(f"/media/{names[0]}").status_code == 404
    assert withhold_withdrawn(database, door) == 0

    darkroom.room.republish(gone)
    assert withhold_withdrawn(database, door) == 2
    assert all(darkroom.path_of(name).exists() for name in (*names, *others))


def test_a_picture_that_was_taken_back_comes_with_the_next_article_that_names_it(
    small: Darkroom,
) -> None:
    url = small.site.put("/a.jpg", PHOTO)
    gone = small.story(url, title="Gone")
    small.fetch()
    (name, *_) = [one.name for one in asset_of(small, gone, url).offered]
    database, door = small.room.services.database, small.room.services.door
    small.room.withdraw(gone)
    withhold_withdrawn(database, door)

    small.story(url, title="Another")
    withhold_withdrawn(database, door)

    assert small.path_of(name).exists()


# From files.


def test_the_same_file_is_worked_on_once(small: Darkroom, tmp_path: Path) -> None:
    database, door = small.room.services.database, small.room.services.door
    file = tmp_path / "x.jpg"
    file.write_bytes(PHOTO)
    first = take_file(database, door, file)
    written = small.path_of(first.whole.name).stat().st_mtime_ns

    assert take_file(database, door, file) == first
    assert take_in(database, door, PHOTO) == first
    assert small.path_of(first.whole.name).stat().st_mtime_ns == written


def test_a_file_that_was_lost_is_made_again(small: Darkroom) -> None:
    database, door = small.room.services.database, small.room.services.door
    first = take_in(database, door, PHOTO)
    small.path_of(first.offered[-1].name).unlink()

    assert take_in(database, door, PHOTO) == first
    assert small.path_of(first.offered[-1].name).is_file()


@pytest.mark.parametrize(
    ("name", "body", "media_type"),
    [
        ("wrongly-named.png", b"%PDF-1.7\nx", "application/pdf"),
        ("talk.bin", b"ID3\4\0" + b"x" * 200_000, "audio/mpeg"),
        ("film.mp4", b"\0\0\0\x20ftypisom\0\0\0\0", "video/mp4"),
    ],
)
def test_recordings_and_pdfs_are_taken_as_they_are(
    small: Darkroom, tmp_path: Path, name: str, body: bytes, media_type: str
) -> None:
    (tmp_path / name).write_bytes(body)

    asset = take_file(small.room.services.database, small.room.services.door, tmp_path / name)

    assert (asset.whole.media_type, asset.whole.size_bytes) == (media_type, len(body))
    assert asset.offered == ()
    assert small.path_of(asset.whole.name).read_bytes() == body


def test_a_file_that_is_none_is_refused_in_words(small: Darkroom, tmp_path: Path) -> None:
    database, door = small.room.services.database, small.room.services.door
    (tmp_path / "large.jpg").write_bytes(b"\xff" * 100_001)
    with pytest.raises(RejectedError, match=r"more than the 100,000 that `media\.max_bytes`"):
        take_file(database, door, tmp_path / "large.jpg")
    with pytest.raises(RejectedError, match="cannot be read or kept: No such file"):
        take_file(database, door, tmp_path / "none.jpg")
    with pytest.raises(RejectedError, match="cannot be read or kept: Is a directory"):
        take_file(database, door, tmp_path)
