"""What a file is, by its first bytes: its name and its sender may be wrong."""

from __future__ import annotations

import re
from types import MappingProxyType

HEAD_BYTES = 1024
_MP4 = re.compile(rb".{4}ftyp(?P<brand>.{4})", re.DOTALL)
_AUDIO_BRANDS = (b"M4A ", b"M4B ", b"F4A ")
# These share MP4's form and are pictures.
_PICTURE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1")
_STARTS = MappingProxyType(
    {
        b"%PDF-": "application/pdf",
        b"ID3": "audio/mpeg",
        b"OggS": "audio/ogg",
        b"fLaC": "audio/flac",
    }
)
# A frame of MPEG audio, layer III, without tags before it.
_MPEG_FRAME = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")


def kind_of(head: bytes) -> str | None:
    """Return the media type of a recording or PDF; None for anything else, such as a picture."""
    for start, media_type in _STARTS.items():
        if head.startswith(start):
            return media_type
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "audio/wav"
    if head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head[:64]:
        return "video/webm"
    if _MPEG_FRAME.match(head):
        return "audio/mpeg"
    return _kind_of_mp4(head)


def _kind_of_mp4(head: bytes) -> str | None:
    found = _MP4.match(head)
    if found is None or found["brand"] in _PICTURE_BRANDS:
        return None
    return "audio/mp4" if found["brand"] in _AUDIO_BRANDS else "video/mp4"


def is_recording_or_pdf(media_type: str | None) -> bool:
    """Tell whether something is played or opened on its own: what RSS encloses."""
    kind = (media_type or "").lower()
    return kind.startswith(("audio/", "video/")) or kind == "application/pdf"
