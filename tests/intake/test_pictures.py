"""Pictures that scripts would have loaded, and pictures that are none."""

from __future__ import annotations

import pytest

from feedsvc.intake.clean import clean_html

BASE = "https://paper.example/2024/story/"
REAL = '<img src="https://paper.example/real.jpg" alt="A">'
GREY = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


def cleaned(html: str) -> str:
    return clean_html(html, BASE)


@pytest.mark.parametrize(
    "html",
    [
        f'<img src="{GREY}" data-src="/real.jpg" alt="A">',
        '<img src="/wp-content/plugins/x/1x1.trans.gif" data-lazy-src="/real.jpg" alt="A">',
        '<img src="/images/placeholder.png" data-original="/real.jpg" alt="A">',
        '<img src="/small-blurred.jpg" data-src="/real.jpg" alt="A">',
        '<img src="" data-src="/real.jpg" alt="A">',
        f'<img src="{GREY}" alt="A"><noscript><img src="/real.jpg" alt="A"></noscript>',
        f'<noscript><img src="/real.jpg" alt="A"></noscript><img src="{GREY}"'
        ' data-src="/real.jpg" alt="A" class="lazyload">',
        '<img src="/real.jpg" alt="A"><noscript><img src="/real.jpg" alt="A"></noscript>',
        f'<picture><source data-srcset="/s.webp 300w"><img src="{GREY}" data-src="/real.jpg"'
        ' alt="A"></picture>',
        f'<picture><source srcset="/small.jpg 300w, /real.jpg 900w"><img src="{GREY}" alt="A">'
        "</picture>",
        '<picture><source srcset="/a.webp"><img src="/real.jpg" alt="A"></picture>',
        '<amp-img><noscript><img src="/real.jpg" alt="A" width="50%"></noscript></amp-img>',
    ],
)
def test_the_real_picture_takes_the_place_of_its_placeholder(html: str) -> None:
    out = cleaned(html)

    assert out.count("<img") == 1
    assert 'src="https://paper.example/real.jpg"' in out
    assert 'alt="A"' in out


def test_the_largest_of_several_is_shown_where_one_must_do() -> None:
    html = f'<img src="{GREY}" data-srcset="/s.jpg 300w, /l,1.jpg 1200w, /m.jpg 600w" alt="">'

    assert cleaned(html) == (
        '<img alt="" src="https://paper.example/l,1.jpg" srcset="https://paper.example/s.jpg 300w,'
        ' https://paper.example/l,1.jpg 1200w, https://paper.example/m.jpg 600w">'
    )


@pytest.mark.parametrize(
    "html",
    [
        f'<img src="{GREY}" alt="A">',
        "<img>",
        '<img alt="A">',
        '<img src="/pixel.gif">',
        '<img src="/loading.svg" alt="">',
        '<img src="/a.gif" width="1" height="1">',
        '<img src="/a.gif" width="0" height="0">',
        '<img src="/a.gif" height="1px">',
        '<img src="/a.gif" style="width:1px;height:1px">',
        '<img src="/a.gif" style="display:none">',
        '<img src="https://pixel.wp.com/b.gif?host=x">',
        '<img src="https://www.facebook.com/tr?id=1&amp;ev=PageView&amp;noscript=1">',
        '<img src="https://counter.theconversation.com/content/1/count.gif">',
        '<img src="https://stats.paper.example/matomo.php?idsite=1">',
        '<noscript><img height="1" width="1" src="https://a.example/x?id=1"></noscript>',
    ],
)
def test_what_is_no_picture_goes(html: str) -> None:
    assert cleaned(f"<p>a{html}b</p>") == "<p>ab</p>"
    assert cleaned(f"<p>a</p><a href=/x>{html}</a><p>b</p>") == "<p>a</p><p>b</p>"


@pytest.mark.parametrize(
    "html",
    [
        REAL,
        '<img src="https://a.example/blanket.jpg" alt="">',
        '<img src="https://a.example/loading-dock.html/photo.jpg" alt="">',
        '<img src="https://a.example/empty-stadium.jpg" alt="">',
        '<img src="https://a.example/grey-wolf.jpg" alt="">',
        '<img src="https://a.example/pixel-art.png" alt="">',
        '<img src="https://a.example/a.jpg" width="10" height="10" alt="">',
        '<img src="https://www.facebook.com/tree.jpg" alt="">',
        '<img src="https://a.example/a.jpg" alt="" sizes="100vw"'
        ' srcset="https://a.example/b,c.jpg 2x">',
        f"{REAL}<p>again</p>{REAL}",
    ],
)
def test_a_real_picture_is_left_as_it_is(html: str) -> None:
    assert cleaned(html) == html


def test_an_emoji_that_is_shown_late_is_the_emoji() -> None:
    html = '<p>Go <img alt="🙂" src="data:image/gif;base64,R0" data-lazy-src="https://s.w.org/images/core/emoji/e.png">!</p>'

    assert cleaned(html) == "<p>Go 🙂!</p>"


def test_a_picture_of_an_emoji_is_the_emoji() -> None:
    html = '<p>Go <img draggable="false" class="emoji" alt="🙂" src="https://s.w.org/images/core/emoji/14/svg/1f642.svg">!</p>'

    assert cleaned(html) == "<p>Go 🙂!</p>"
