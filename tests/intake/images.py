"""Pictures made on the spot, for tests that need some."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image


def a_picture(
    width: int = 80, height: int = 60, colour: Any = (200, 30, 30), mode: str = "RGB"
) -> Image.Image:
    """Return a picture whose left upper quarter has another colour than the rest."""
    picture = Image.new(mode, (width, height), colour)
    corner = Image.new(mode, (max(1, width // 2), max(1, height // 2)))
    picture.paste(corner, (0, 0))
    return picture


def as_bytes(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """Return a picture as a file of a kind."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def opened(body: bytes) -> Image.Image:
    """Return what is in a file."""
    picture = Image.open(io.BytesIO(body))
    picture.load()
    return picture


PHOTO = as_bytes(a_picture())
