"""What a file is, whatever it is called."""

from __future__ import annotations

import io
import wave

import pytest

from feedsvc.intake.kinds import is_recording_or_pdf, kind_of
from tests.intake.images import a_picture, as_bytes


def _wave() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8_000)
        sound.writeframes(b"\x80" * 10)
    return out.getvalue()


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"ID3\4\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"OggS\0\2", "audio/ogg"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (_wave(), "audio/wav"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "audio/mp4"),
        (b"\0\0\0\x20ftypisom\0\0\0\0", "video/mp4"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\x82\x84webm", "video/webm"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\x82\x88matroska", None),
        (b"\0\0\0\x1cftypavif\0\0\0\0", None),
        (b"\0\0\0\x18ftypheic\0\0\0\0", None),
        (b"\xff\xd8\xff\xe0", None),
        (b"<html>%PDF-1.7", None),
        (b"MZ\x90\0", None),
        (b"", None),
    ],
)
def test_the_first_bytes_say_what_a_file_is(head: bytes, kind: str | None) -> None:
    assert kind_of(head) == kind


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_no_picture_is_taken_for_a_recording(kind: str) -> None:
    assert kind_of(as_bytes(a_picture(), kind)) is None


@pytest.mark.parametrize(
    ("media_type", "is_one"),
    [("audio/mpeg", True), ("Video/MP4", True), ("application/pdf", True), ("image/png", False)],
)
def test_rss_encloses_recordings_and_pdfs(media_type: str, *, is_one: bool) -> None:
    assert is_recording_or_pdf(media_type) is is_one
    assert not is_recording_or_pdf(None)
