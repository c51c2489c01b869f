"""What cleaning HTML and making a picture's sizes costs, beside bare nh3 and bare Pillow."""

from __future__ import annotations

import io
import random
import statistics
import time
from collections.abc import Callable
from functools import partial

import nh3
from PIL import Image

from feedsvc.intake.clean import clean_html
from feedsvc.intake.renditions import Limits, make_files
from feedsvc.settings.groups import Media

BASE = "https://paper.example.org/2024/11/a-story/"
_BYTES = 6_000  # of the articles of a school paper, the longer half
_SENTENCE = (
    'The council voted 5–2, said <a href="/people/lee?from=news&amp;n=2">Ana Lee</a>, to begin'
    " at 8:30. “Nobody is awake at seven,” she said; <em>others</em> had asked since 2019. The"
    " buses are the trouble: nine of them also drive for the primary school across the harbor,"
    " and the ferry that two hundred pupils come with will not leave later than at 7:40."
)
_PICTURE = (
    '<!-- wp:image {"id":12} --><figure class="wp-block-image size-large"><img loading="lazy"'
    ' src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" data-src="/a-1024x683.jpg" width="1024"'
    ' height="683" alt="" srcset="/a-1024x683.jpg 1024w, /a-300x200.jpg 300w"><figcaption'
    ' class="wp-element-caption">The vote</figcaption></figure><!-- /wp:image -->'
)
PARAGRAPHS = {
    "plain paragraphs": f"<p>{_SENTENCE}</p>\n",
    "WordPress": f'<!-- wp:paragraph --><p class="has-text">{_SENTENCE}</p><!-- /wp:paragraph -->'
    + _PICTURE,
    "Google Docs": '<p dir="ltr" style="line-height:1.38"><span style="font-size:11pt;font-weight:'
    f'400">{_SENTENCE}</span><span style="font-weight:700"> Soon.</span></p>',
    "Word": '<p class="MsoNormal" style="mso-margin-top-alt:auto"><span style="font-family:Arial">'
    f"{_SENTENCE}<o:p></o:p></span></p>",
}


def cleaning(runs: int) -> list[str]:
    """Return a table of milliseconds for six kilobytes of each kind of HTML."""
    rows = ["| 6 KB of | cleaned, ms | bare nh3, ms |", "|---|---|---|"]
    for name, paragraph in PARAGRAPHS.items():
        text = paragraph * (_BYTES // len(paragraph.encode()))
        per_6_kb = _BYTES / len(text.encode())
        ours = _milliseconds(partial(clean_html, text, BASE), runs)
        bare = _milliseconds(partial(nh3.clean, text), runs)
        rows.append(f"| {name} | {ours * per_6_kb:.2f} | {bare * per_6_kb:.2f} |")
    return rows


def pictures(runs: int) -> list[str]:
    """Return a table of milliseconds for all sizes of a picture, and for one made bare."""
    settings = Media()
    limits = Limits(settings.max_pixels, settings.widths)
    rows = ["| picture | all files, ms | one JPEG of 1200 px by bare Pillow, ms |", "|---|---|---|"]
    for name, kind, size in (
        ("JPEG, 12 megapixels", "JPEG", (4_000, 3_000)),
        ("PNG, 2 megapixels", "PNG", (1_600, 1_250)),
    ):
        body = _photograph(kind, size)
        ours = _milliseconds(partial(make_files, body, limits), runs)
        bare = _milliseconds(partial(_one_size, body), runs)
        rows.append(f"| {name}, {len(body) / 1e6:.1f} MB | {ours:,.0f} | {bare:,.0f} |")
    return rows


def _milliseconds(action: Callable[[], object], runs: int) -> float:
    action()
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * 1_000


def _photograph(kind: str, size: tuple[int, int]) -> bytes:
    """Return a picture that packs about as well as one from a camera: soft, with some grain."""
    grain = random.Random(1).randbytes(96 * 72 * 3)
    small = Image.frombytes("RGB", (96, 72), grain)
    found = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).save(found, kind)
    return found.getvalue()


def _one_size(body: bytes) -> bytes:
    found = io.BytesIO()
    with Image.open(io.BytesIO(body)) as picture:
        picture.thumbnail((1_200, 1_200))
        picture.save(found, "JPEG", quality=85)
    return found.getvalue()
