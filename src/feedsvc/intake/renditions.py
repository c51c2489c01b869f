"""Pictures as they are kept and served: bytes in, bytes in every size out.

Pure. A picture is decoded and written anew, so that nothing of what a camera or a program wrote
beside it goes out: no place where it was taken, no name, no thumbnail of what was cut away. It
stands upright, in the colours of sRGB, which are all that mail programs know.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

from feedsvc.errors import RejectedError

# Pillow's own alarm for pictures that are huge when unpacked; our limit is lower.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
_MOVING = {"GIF": "image/gif", "WEBP": "image/webp"}
_MAX_FRAMES = 500
# All frames of a moving picture together may have so many times the pixels of a still one.
_MOVING_FACTOR = 4
_JPEG_QUALITY = 85
_WEBP_QUALITY = 80
_JPEG_SIDE = 65_535  # the largest that the format can say
_WEBP_SIDE = 16_383


@dataclass(frozen=True, slots=True)
class Limits:
    """What pictures may be like, and how wide they are wanted.

    Attributes:
        max_pixels: Width times height.
        widths: In pixels, ascending.
    """

    max_pixels: int
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A picture's bytes in one size and type."""

    body: bytes
    media_type: str
    width: int
    height: int


def make_files(body: bytes, limits: Limits) -> tuple[Made, list[Made]]:
    """Return a picture whole, and in the sizes in which it is offered, the narrowest first.

    JPEG and PNG stay what they are; what mail programs may not know (WebP, AVIF) becomes one of
    them. Each size is there as WebP too. A moving picture is offered as it is.

    Raises:
        RejectedError: It is no picture, too large, of a kind that is not taken, or damaged.
    """
    try:
        with Image.open(io.BytesIO(body), formats=_FORMATS) as picture:
            _check_size(picture.size, limits)
            if picture.format in _MOVING and getattr(picture, "is_animated", False):
                moving = _moving(picture, limits)
                return moving, [moving]
            return _still(picture, limits)
    except UnidentifiedImageError as error:
        raise _no_picture(body) from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise RejectedError("the picture is far too large when unpacked", field="media") from error
    except RejectedError:
        raise
    except Exception as error:  # for a damaged file, Pillow's readers raise nearly anything
        reason = f"the picture is damaged or cut off ({error}); save it again"
        raise RejectedError(reason, field="media") from error


def _check_size(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width * height > limits.max_pixels:
        raise RejectedError(
            f"the picture has {width:,} × {height:,} pixels, more than the {limits.max_pixels:,}"
            " in all that `media.max_pixels` allows; make it smaller",
            field="media",
        )


# How files begin that are often taken for pictures to publish.
_KINDS: tuple[tuple[int, tuple[bytes, ...], str], ...] = (
    (4, (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"), "is HEIC, which browsers lack"),
    (0, (b"II*\0", b"MM\0*"), "is TIFF, which browsers lack"),
    (0, (b"BM",), "is BMP, which is far too large"),
    (0, (b"8BPS",), "is a Photoshop file"),
    (0, (b"%PDF-",), "is a PDF"),
)


def _no_picture(body: bytes) -> RejectedError:
    head = body[:1024].lstrip().lower()
    remedy = "save it as JPEG or PNG"
    for offset, starts, what in _KINDS:
        if body[offset:].startswith(starts):
            return RejectedError(f"the picture {what}; {remedy}", field="media")
    if b"<svg" in head:
        reason = f"the picture is SVG, which can hold programs; {remedy}"
    elif head.startswith((b"<!doctype html", b"<html", b"<head", b"<!--")):
        reason = "there is a web page, not a picture; give the address of the picture itself"
    elif not body:
        reason = "the file is empty"
    else:
        reason = f"this is no picture that can be read; {remedy}"
    return RejectedError(reason, field="media")


def _still(picture: Image.Image, limits: Limits) -> tuple[Made, list[Made]]:
    loses = picture.format in {"JPEG", "MPO"}
    plain = _plain(picture)
    # What is given as WebP or AVIF may be a photograph or a drawing with holes in it.
    media_type = "image/png"
    if loses or (picture.format in {"WEBP", "AVIF"} and plain.mode in {"L", "RGB"}):
        media_type = "image/jpeg"
    whole = _written(plain, media_type)
    offered: list[Made] = []
    for width in limits.widths:
        if width < plain.width:
            size = (width, max(1, round(plain.height * width / plain.width)))
            resized = _with_colours(plain).resize(size, Image.Resampling.LANCZOS, reducing_gap=3)
            offered += [_written(resized, media_type), *_as_webp(resized)]
    if plain.width <= limits.widths[-1]:
        offered += [whole, *_as_webp(_with_colours(plain))]
    return whole, offered


def _plain(picture: Image.Image) -> Image.Image:
    """Return a picture upright and in sRGB: grey, in colours, with holes, or with a palette."""
    profile = picture.info.get("icc_profile")
    upright = ImageOps.exif_transpose(picture)
    if upright.mode == "P" and not profile:
        upright.info = {k: v for k, v in upright.info.items() if k == "transparency"}
        return upright
    plain = _in_srgb(_shallow(upright), profile)
    plain.info = {}
    if plain.mode == "RGBA" and plain.getchannel("A").getextrema() == (255, 255):
        return plain.convert("RGB")
    return plain


def _shallow(picture: Image.Image) -> Image.Image:
    """Return a picture with eight bits for each colour, in a mode that is not rare."""
    mode = picture.mode
    if mode in {"I", "F"} or mode.startswith("I;16"):
        # `convert` would make all that is not nearly black white.
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    if mode in {"P", "PA", "LA", "La", "RGBa"} or "transparency" in picture.info:
        return picture.convert("RGBA")
    if mode == "1":
        return picture.convert("L")
    return picture


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture whose colours mean what they do on the web.

    A profile that is damaged, or of other colours than the picture's, counts for nothing.
    """
    holes = picture.getchannel("A") if picture.mode == "RGBA" else None
    if profile and picture.mode in {"RGB", "RGBA", "CMYK"}:
        source = picture.convert("RGB") if holes else picture
        try:
            found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(source, found, _SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            converted = None
        if converted is not None:
            if holes:
                converted.putalpha(holes)
            return converted
    return picture if picture.mode in {"L", "RGB", "RGBA"} else picture.convert("RGB")


_SRGB = ImageCms.createProfile("sRGB")


def _with_colours(picture: Image.Image) -> Image.Image:
    """Return a picture without a palette, which cannot be made smaller well."""
    if picture.mode != "P":
        return picture
    return picture.convert("RGBA" if "transparency" in picture.info else "RGB")


def _written(picture: Image.Image, media_type: str) -> Made:
    out = io.BytesIO()
    if media_type == "image/jpeg":
        if max(picture.size) > _JPEG_SIDE:
            raise RejectedError("the picture is too long for its kind", field="media")
        picture.save(out, "JPEG", quality=_JPEG_QUALITY, optimize=True, progressive=True)
    else:
        picture.save(out, "PNG")
    return Made(out.getvalue(), media_type, *picture.size)


def _as_webp(picture: Image.Image) -> Iterator[Made]:
    if max(picture.size) <= _WEBP_SIDE:
        out = io.BytesIO()
        picture.save(out, "WEBP", quality=_WEBP_QUALITY, method=4)
        yield Made(out.getvalue(), "image/webp", *picture.size)


def _moving(picture: Image.Image, limits: Limits) -> Made:
    """Return a moving picture, its frames and their times as they are."""
    pixels, most = 0, limits.max_pixels * _MOVING_FACTOR
    frames: list[Image.Image] = []
    for frame in ImageSequence.Iterator(picture):
        pixels += frame.width * frame.height  # a GIF's later frames may be larger than its first
        if len(frames) == _MAX_FRAMES or pixels > most:
            raise RejectedError(
                f"the picture moves for more than {len(frames)} frames; make it shorter or smaller,"
                " or use a video",
                field="media",
            )
        frames.append(_frame(frame))
    media_type = _MOVING[str(picture.format)]
    times = [int(frame.info.get("duration") or 100) for frame in frames]
    options = {"save_all": True, "append_images": frames[1:], "duration": times}
    if "loop" in picture.info:  # a GIF without it is shown once
        options["loop"] = picture.info["loop"]
    out = io.BytesIO()
    if media_type == "image/webp":
        frames[0].save(out, "WEBP", quality=_WEBP_QUALITY, method=3, **options)
    else:
        frames[0].save(out, "GIF", disposal=2, **options)
    return Made(out.getvalue(), media_type, *picture.size)


def _frame(frame: Image.Image) -> Image.Image:
    """Return one frame, whole, with nothing beside its time."""
    copy = frame.convert("RGBA")
    copy.info = {"duration": frame.info.get("duration")}
    return copy
