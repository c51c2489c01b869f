"""Pictures: every kind comes out right, nothing beside the picture comes out at all."""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from feedsvc.errors import RejectedError
from feedsvc.intake.renditions import Limits, Made, make_files
from tests.intake.images import PHOTO, a_picture, as_bytes, opened

LIMITS = Limits(max_pixels=1_000_000, widths=(60, 120))
KINDS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")


def sizes(made: list[Made]) -> list[tuple[str, int, int]]:
    return [(one.media_type.removeprefix("image/"), one.width, one.height) for one in made]


def test_a_photograph_is_offered_in_each_width_twice_and_kept_whole() -> None:
    whole, offered = make_files(as_bytes(a_picture(400, 300)), LIMITS)

    assert (whole.media_type, whole.width, whole.height) == ("image/jpeg", 400, 300)
    assert sizes(offered) == [
        ("jpeg", 60, 45),
        ("webp", 60, 45),
        ("jpeg", 120, 90),
        ("webp", 120, 90),
    ]


def test_nothing_is_enlarged() -> None:
    whole, offered = make_files(as_bytes(a_picture(80, 60)), LIMITS)

    assert sizes(offered) == [
        ("jpeg", 60, 45),
        ("webp", 60, 45),
        ("jpeg", 80, 60),
        ("webp", 80, 60),
    ]
    assert offered[2] == whole


@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_what_is_said_of_a_file_is_true(width: int, height: int, kind: str) -> None:
    whole, offered = make_files(as_bytes(a_picture(width, height), kind), LIMITS)

    assert (whole.width, whole.height) == (width, height)
    for one in (whole, *offered):
        found = Image.open(io.BytesIO(one.body))
        assert found.size == (one.width, one.height)
        assert Image.MIME[found.format or ""] == one.media_type
    assert all(one.width <= min(width, 120) for one in offered)
    assert offered[0].width == min(width, 60)


@pytest.mark.parametrize(
    ("kind", "mode", "media_type"),
    [
        ("JPEG", "RGB", "image/jpeg"),
        ("JPEG", "L", "image/jpeg"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("PNG", "RGB", "image/png"),
        ("PNG", "RGBA", "image/png"),
        ("PNG", "LA", "image/png"),
        ("PNG", "1", "image/png"),
        ("PNG", "P", "image/png"),
        ("GIF", "P", "image/png"),  # a still one
        ("WEBP", "RGB", "image/jpeg"),  # mail programs know no WebP
        ("WEBP", "RGBA", "image/png"),
        ("AVIF", "RGB", "image/jpeg"),
        ("AVIF", "RGBA", "image/png"),
    ],
)
def test_each_kind_becomes_one_that_every_reader_shows(
    kind: str, mode: str, media_type: str
) -> None:
    picture = a_picture(150, 100).convert("RGB")
    if "A" in mode:
        picture.putalpha(Image.linear_gradient("L").resize((150, 100)))
    whole, offered = make_files(as_bytes(picture.convert(mode), kind), LIMITS)

    assert whole.media_type == media_type
    assert {one.media_type for one in offered} == {media_type, "image/webp"}
    assert opened(whole.body).mode in {"L", "RGB", "RGBA", "P"}


def near(picture: Image.Image, at: tuple[int, int], wanted: tuple[int, ...]) -> bool:
    found = picture.convert("RGBA" if len(wanted) > 3 else "RGB").getpixel(at)
    assert isinstance(found, tuple)
    return all(abs(a - b) <= 8 for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_colours_stay(kind: str) -> None:
    whole, offered = make_files(as_bytes(a_picture(200, 100), kind, quality=95), LIMITS)

    for one in (whole, *offered):
        found = opened(one.body)
        assert near(found, (one.width // 4, one.height // 4), (0, 0, 0))
        assert near(found, (one.width * 3 // 4, one.height * 3 // 4), (200, 30, 30))


def test_the_colours_of_print_become_those_of_screens() -> None:
    body = as_bytes(Image.new("CMYK", (90, 90), (0, 255, 255, 0)))

    whole, _ = make_files(body, LIMITS)

    assert near(opened(whole.body), (9, 9), (254, 0, 0))


def test_sixteen_bits_become_eight_and_not_all_white() -> None:
    body = as_bytes(Image.new("I;16", (90, 90), 0x8000), "PNG")

    whole, _ = make_files(body, LIMITS)

    assert near(opened(whole.body), (9, 9), (128, 128, 128))


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA"])
def test_holes_stay_holes(mode: str) -> None:
    picture = Image.new("RGBA", (150, 100), (9, 99, 199, 255))
    picture.paste((0, 0, 0, 0), (0, 0, 75, 100))
    made = picture.quantize(4) if mode == "P" else picture.convert(mode)
    whole, offered = make_files(as_bytes(made, "PNG"), LIMITS)

    for one in (whole, *offered):
        found = opened(one.body).convert("RGBA")
        assert found.getpixel((one.width // 4, 5))[3] == 0  # type: ignore[index]
        assert found.getpixel((one.width * 3 // 4, 5))[3] == 255  # type: ignore[index]


def test_other_colour_spaces_become_that_of_the_web() -> None:
    # Red and green changed places: if the profile is applied, so do the colours.
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red, green = swapped.find(b"rXYZ"), swapped.find(b"gXYZ")
    table = bytearray(swapped)
    table[red : red + 4], table[green : green + 4] = b"gXYZ", b"rXYZ"
    body = as_bytes(Image.new("RGB", (90, 90), (255, 0, 0)), "PNG", icc_profile=bytes(table))

    whole, offered = make_files(body, LIMITS)

    assert near(opened(whole.body), (9, 9), (0, 255, 0))
    assert all("icc_profile" not in opened(one.body).info for one in (whole, *offered))


@pytest.mark.parametrize("profile", [b"no profile", b"\0" * 200])
def test_a_broken_profile_counts_for_nothing(profile: bytes) -> None:
    body = as_bytes(Image.new("RGB", (90, 90), (255, 0, 0)), "PNG", icc_profile=profile)

    assert near(opened(make_files(body, LIMITS)[0].body), (9, 9), (255, 0, 0))


def with_place(orientation: int = 1) -> bytes:
    """Return a photograph that says where and by whom it was taken, and which side is up."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x013B] = "SECRET NAME"  # Artist
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)  # latitude
    exif.get_ifd(0x8825)[29] = "SECRET DAY"
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SECRET XMP</x:xmpmeta>"
    return as_bytes(a_picture(200, 100), exif=exif.tobytes(), xmp=xmp, comment=b"SECRET WORD")


def test_nothing_says_where_a_photograph_was_taken_or_by_whom() -> None:
    body = with_place()
    assert body.count(b"SECRET") == 4

    whole, offered = make_files(body, LIMITS)

    for one in (whole, *offered):
        assert b"SECRET" not in one.body
        assert not opened(one.body).getexif()


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_nor_do_other_kinds(kind: str) -> None:
    picture = a_picture(200, 100)
    options: dict[str, Any] = {"xmp": b"SECRET XMP"}
    if kind == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Author", "SECRET NAME")
        notes.add_itxt("XML:com.adobe.xmp", "SECRET XMP")
        options = {"pnginfo": notes}
    if kind == "GIF":
        picture, options = picture.quantize(8), {"comment": b"SECRET WORD"}
    body = as_bytes(picture, kind, **options)
    assert b"SECRET" in body

    whole, offered = make_files(body, LIMITS)

    assert not any(b"SECRET" in one.body for one in (whole, *offered))


@pytest.mark.parametrize(
    ("orientation", "size", "corner"),
    [
        (1, (200, 100), (20, 20)),
        (2, (200, 100), (180, 20)),
        (3, (200, 100), (180, 80)),
        (4, (200, 100), (20, 80)),
        (5, (100, 200), (20, 20)),
        (6, (100, 200), (80, 20)),
        (7, (100, 200), (80, 180)),
        (8, (100, 200), (20, 180)),
    ],
)
def test_a_photograph_stands_upright(
    orientation: int, size: tuple[int, int], corner: tuple[int, int]
) -> None:
    whole, _ = make_files(with_place(orientation), LIMITS)

    assert (whole.width, whole.height) == size
    assert near(opened(whole.body), corner, (0, 0, 0))


def moving(kind: str, frames: int = 4, side: int = 40) -> bytes:
    colours = [(number * 50 % 256, 0, 99) for number in range(frames)]
    first, *rest = [Image.new("RGB", (side, side), colour) for colour in colours]
    times = [50 + 10 * number for number in range(frames)]
    return as_bytes(first, kind, save_all=True, append_images=rest, duration=times, loop=3)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_what_moves_goes_on_moving(kind: str) -> None:
    whole, offered = make_files(moving(kind), LIMITS)

    assert offered == [whole]
    assert whole.media_type == f"image/{kind.lower()}"
    found = Image.open(io.BytesIO(whole.body))
    assert found.info["loop"] == 3
    seen = []
    for number in range(4):
        found.seek(number)
        found.load()
        seen.append((found.info["duration"], near(found, (5, 5), (number * 50, 0, 99))))
    assert seen == [(50, True), (60, True), (70, True), (80, True)]


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_what_moves_too_long_is_refused(kind: str) -> None:
    small = Limits(max_pixels=40 * 40, widths=(600,))
    make_files(moving(kind, frames=4), small)

    with pytest.raises(RejectedError, match="moves for more than 4 frames"):
        make_files(moving(kind, frames=5), small)


def test_frames_that_are_larger_than_the_first_count_as_they_are() -> None:
    small = as_bytes(Image.new("P", (1, 1)), "GIF")
    large = as_bytes(Image.new("P", (90, 90)), "GIF")
    after_colours = 13 + 3 * (2 << (large[10] & 7))
    body = small[:-1] + 3 * large[after_colours:-1] + b";"

    with pytest.raises(RejectedError, match="moves for more than 2 frames"):
        make_files(body, Limits(max_pixels=90 * 90 // 2, widths=(600,)))


@given(st.sampled_from(KINDS), st.integers(40, 300))
def test_the_same_bytes_make_the_same_files(kind: str, width: int) -> None:
    body = as_bytes(a_picture(width, 50), kind)

    assert make_files(body, LIMITS) == make_files(body, LIMITS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_is_cut_off_is_refused(kind: str) -> None:
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    body = as_bytes(noise.quantize(64) if kind == "GIF" else noise, kind)

    for part in (3, 10, 40, 90, 98):
        with pytest.raises(RejectedError):
            make_files(body[: len(body) * part // 100], LIMITS)


@given(st.data())
def test_a_damaged_picture_is_refused_or_shown_and_never_stops_anything(
    data: st.DataObject,
) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    body = bytearray(as_bytes(a_picture(70, 50), kind))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    with suppress(RejectedError):
        make_files(bytes(body), LIMITS)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    for side in (1_001, 12_000, 20_000):
        body = as_bytes(Image.new("1", (side, side)), "PNG")
        assert len(body) < 100_000

        with pytest.raises(RejectedError, match=r"pixels|far too large"):
            make_files(body, Limits(max_pixels=1_000_000, widths=(600,)))


def test_a_bomb_of_words_is_refused() -> None:
    words = zlib.compress(b"a" * 80_000_000)
    chunk = b"iTXt" + b"Comment\0\1\0\0\0" + words
    body = as_bytes(a_picture(), "PNG")
    end = 33  # behind the header
    check = struct.pack(">I", zlib.crc32(chunk))
    body = body[:end] + struct.pack(">I", len(chunk) - 4) + chunk + check + body[end:]

    with pytest.raises(RejectedError, match="damaged"):
        make_files(body, LIMITS)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the file is empty"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"  <!DOCTYPE html><title>Not found</title>", "a web page, not a picture"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (as_bytes(a_picture(), "BMP"), "BMP"),
        (as_bytes(a_picture(), "TIFF"), "TIFF"),
        (as_bytes(a_picture(), "ICO"), "no picture that can be read"),
        (b"%PDF-1.7", "PDF"),
        (b"8BPS\0\1", "Photoshop"),
        (b"#!/bin/sh\n", "no picture that can be read"),
        (PHOTO[:20], "damaged|no picture"),
    ],
)
def test_what_is_no_picture_to_publish_is_named(body: bytes, reason: str) -> None:
    with pytest.raises(RejectedError, match=reason) as found:
        make_files(body, LIMITS)

    assert found.value.field == "media"
