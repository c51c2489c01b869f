"""Draw the icons that feeds and pages point to, and write them into `src/feedsvc/static`.

One drawing, a front page with feed waves for its picture, at two levels of detail. Lengths are
fractions of the icon's side, so that every size shares the same geometry. Same code and same
Pillow give the same bytes. Run: `python tools/draw_icons.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw

STATIC = Path(__file__).resolve().parent.parent / "src" / "feedsvc" / "static"

SUPERSAMPLING = 4

ACCENT = (200, 68, 38, 255)
PAPER = (255, 252, 246, 255)
FOLD = (240, 211, 196, 255)
INK = (38, 44, 58, 255)
FAINT_INK = (158, 160, 166, 255)
CLEAR = (0, 0, 0, 0)


class Box(NamedTuple):
    """A rectangle in fractions of the icon's side."""

    left: float
    top: float
    right: float
    bottom: float


class Canvas:
    """A transparent square, drawn large and scaled down once at the end."""

    def __init__(self, side: int) -> None:
        self._side = side
        self._scale = side * SUPERSAMPLING
        self._image = Image.new("RGBA", (self._scale, self._scale), CLEAR)
        self._draw = ImageDraw.Draw(self._image)

    def block(self, box: Box, colour: tuple[int, ...], *, radius: float = 0.0) -> None:
        """Fill a rectangle with round corners."""
        corners = [round(value * self._scale) for value in box]
        corners[2] -= 1  # Pillow counts the last pixel in
        corners[3] -= 1
        self._draw.rounded_rectangle(corners, radius=radius * self._scale, fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: tuple[int, ...]) -> None:
        """Fill a circle around (x, y)."""
        corners = [(x - radius), (y - radius), (x + radius), (y + radius)]
        self._draw.ellipse([value * self._scale for value in corners], fill=colour)

    def wave(
        self, centre: tuple[float, float], radius: float, width: float, colour: tuple[int, ...]
    ) -> None:
        """Stroke the upper right quarter of a circle, with round ends."""
        x, y = centre
        outer = radius + width / 2
        corners = [x - outer, y - outer, x + outer, y + outer]
        self._draw.arc(
            [value * self._scale for value in corners],
            start=270,
            end=360,
            fill=colour,
            width=round(width * self._scale),
        )
        self.disc(x, y - radius, width / 2, colour)
        self.disc(x + radius, y, width / 2, colour)

    def finished(self) -> Image.Image:
        """Return the drawing at its true size."""
        return self._image.resize((self._side, self._side), Image.Resampling.BOX)


def front_page(side: int) -> Image.Image:
    """Draw the full motif: a folded paper with masthead, picture and columns."""
    canvas = Canvas(side)
    canvas.block(Box(0.0, 0.0, 1.0, 1.0), ACCENT, radius=0.2)
    canvas.block(Box(0.135, 0.33, 0.40, 0.83), FOLD, radius=0.05)
    canvas.block(Box(0.235, 0.17, 0.865, 0.83), PAPER, radius=0.05)

    canvas.block(Box(0.30, 0.24, 0.80, 0.325), INK, radius=0.018)
    _feed_waves(canvas, corner=(0.30, 0.69), reach=0.30)
    for top in (0.39, 0.47, 0.55, 0.63):
        canvas.block(Box(0.665, top, 0.80, top + 0.034), FAINT_INK, radius=0.017)
    canvas.block(Box(0.30, 0.735, 0.80, 0.769), FAINT_INK, radius=0.017)
    return canvas.finished()


def small_page(side: int) -> Image.Image:
    """Draw what is left of the motif in a browser tab: page, masthead and waves."""
    canvas = Canvas(side)
    canvas.block(Box(0.0, 0.0, 1.0, 1.0), ACCENT, radius=0.2)
    canvas.block(Box(0.15625, 0.125, 0.84375, 0.875), PAPER, radius=0.06)
    canvas.block(Box(0.25, 0.21875, 0.75, 0.296875), INK, radius=0.02)
    _feed_waves(canvas, corner=(0.29, 0.79), reach=0.42)
    return canvas.finished()


def _feed_waves(canvas: Canvas, *, corner: tuple[float, float], reach: float) -> None:
    """Draw a dot and two waves that fill the square of side `reach` above its lower left corner."""
    width = reach * 0.19
    dot = reach * 0.145
    centre = (corner[0] + dot, corner[1] - dot)
    canvas.disc(*centre, dot, ACCENT)
    outermost = reach - dot - width / 2
    for radius in (outermost * 0.533, outermost):
        canvas.wave(centre, radius, width, ACCENT)


def main() -> None:
    """Write every icon."""
    STATIC.mkdir(parents=True, exist_ok=True)
    icons = {
        "icon-512.png": front_page(512),
        "rss-image-144.png": front_page(144),
        "favicon-64.png": small_page(64),
    }
    for name, image in icons.items():
        image.save(STATIC / name, optimize=True)


if __name__ == "__main__":
    main()
