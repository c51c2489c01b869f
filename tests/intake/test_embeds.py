"""Pages within pages become links that every reader can show."""

from __future__ import annotations

import pytest

from feedsvc.intake.clean import clean_html
from feedsvc.settings.groups import EMBEDS, Imports

BASE = "https://paper.example/2024/story/"


def cleaned(html: str) -> str:
    return clean_html(html, BASE)


def figure(url: str, words: str) -> str:
    return f'<figure><a href="{url}">{words}</a></figure>'


PLACES = [
    (
        "https://www.youtube.com/embed/a-B_1?feature=oembed",
        "https://www.youtube.com/watch?v=a-B_1",
        "Video on YouTube",
    ),
    (
        "//www.youtube-nocookie.com/embed/abc?rel=0&amp;start=30",
        "https://www.youtube.com/watch?v=abc&amp;t=30s",
        "Video on YouTube",
    ),
    (
        "https://www.youtube.com/embed/videoseries?list=PL1",
        "https://www.youtube.com/playlist?list=PL1",
        "Video on YouTube",
    ),
    ("https://player.vimeo.com/video/123", "https://vimeo.com/123", "Video on Vimeo"),
    ("https://player.vimeo.com/video/1?h=ab", "https://vimeo.com/1/ab", "Video on Vimeo"),
    (
        "https://w.soundcloud.com/player/?url=https%3A//soundcloud.com/a/b&amp;color=0",
        "https://soundcloud.com/a/b",
        "Sound on SoundCloud",
    ),
    (
        "https://open.spotify.com/embed/episode/7x?theme=0",
        "https://open.spotify.com/episode/7x",
        "Sound on Spotify",
    ),
    (
        "https://www.google.com/maps/embed?pb=!1m18!1d3!2d-73.98!3d40.74!2m3",
        "https://www.google.com/maps?q=40.74,-73.98",
        "Map on Google Maps",
    ),
    (
        "https://docs.google.com/forms/d/e/1F/viewform?embedded=true",
        "https://docs.google.com/forms/d/e/1F/viewform",
        "Form on Google Forms",
    ),
    (
        "https://docs.google.com/document/d/e/2P/pub?embedded=true",
        "https://docs.google.com/document/d/e/2P/pub",
        "Document on Google Docs",
    ),
    (
        "https://e.issuu.com/embed.html?d=vol_1&amp;u=paper",
        "https://issuu.com/paper/docs/vol_1",
        "Publication on Issuu",
    ),
    (
        "https://www.instagram.com/p/Cx1/embed/captioned/",
        "https://www.instagram.com/p/Cx1/",
        "Post on Instagram",
    ),
    (
        "https://platform.twitter.com/embed/Tweet.html?dnt=true&amp;id=12",
        "https://x.com/i/status/12",
        "Post on X",
    ),
    (
        "https://www.facebook.com/plugins/video.php?href=https%3A%2F%2Fwww.facebook.com%2Fa%2F1&amp;x",
        "https://www.facebook.com/a/1",
        "Post on Facebook",
    ),
    (
        "https://archive.org/embed/paper_1",
        "https://archive.org/details/paper_1",
        "Item in the Internet Archive",
    ),
    (
        "https://www.flickr.com/photos/a/1/player/",
        "https://www.flickr.com/photos/a/1/",
        "Photo on Flickr",
    ),
    (
        "https://datawrapper.dwcdn.net/ab/1/",
        "https://datawrapper.dwcdn.net/ab/1/",
        "Chart on Datawrapper",
    ),
    ("/files/Issue%204.pdf", "https://paper.example/files/Issue%204.pdf", "Issue 4.pdf"),
]


@pytest.mark.parametrize(("embedded", "page", "words"), PLACES)
@pytest.mark.parametrize(
    "form",
    [
        '<iframe src="{}" width=560 allowfullscreen></iframe>',
        '<iframe src="about:blank" data-src="{}"></iframe>',
        '<embed src="{}">',
        '<object data="{0}"><embed src="{0}"></object>',
    ],
)
def test_an_embedded_page_becomes_a_link_for_people(
    form: str, embedded: str, page: str, words: str
) -> None:
    once = cleaned(form.format(embedded))

    assert once == figure(page, words)
    assert cleaned(once) == once


def test_its_title_says_what_it_is() -> None:
    frame = '<iframe src="https://www.youtube.com/embed/abc" title="{}"></iframe>'
    page = "https://www.youtube.com/watch?v=abc"

    assert cleaned(frame.format("The &lt;big&gt; game")) == figure(page, "The &lt;big&gt; game")
    assert cleaned(frame.format("YouTube video player")) == figure(page, "Video on YouTube")


@pytest.mark.parametrize(
    "html",
    [
        '<iframe src="https://ads.example/"></iframe>',
        '<iframe src="https://notyoutube.com/embed/x">No</iframe>',
        '<iframe src="https://youtube.com.evil.example/embed/x"></iframe>',
        '<iframe src="javascript:alert(1)"></iframe>',
        '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
        '<iframe src="https://www.youtube.com/embed/x" style="display:none"></iframe>',
        '<iframe src="https://www.facebook.com/plugins/like.php?href=x"></iframe>',
        '<iframe src="https://w.soundcloud.com/player/?url=https://a=b/"></iframe>',
        '<iframe src="https://w.soundcloud.com/player/?url=https://ads.example/"></iframe>',
        "<iframe></iframe>",
        '<embed src="/game.swf">',
    ],
)
def test_other_frames_vanish(html: str) -> None:
    assert cleaned(f"<p>a</p>{html}<p>b</p>") == "<p>a</p><p>b</p>"


def test_what_an_object_holds_for_those_who_cannot_show_it_stays() -> None:
    assert cleaned('<object data="/game.swf"><p>A game.</p></object>') == "<p>A game.</p>"


def test_a_link_stands_where_the_frame_stood() -> None:
    frame = '<iframe src="https://vimeo.com/1"></iframe>'
    link = '<a href="https://vimeo.com/1">Video on Vimeo</a>'

    assert cleaned(f"<p>{frame}</p>") == f"<figure>{link}</figure>"
    assert cleaned(f"<figure>{frame}<figcaption>A</figcaption></figure>") == (
        f"<figure>{link}<figcaption>A</figcaption></figure>"
    )
    assert cleaned(f"<p>a {frame} b</p>") == f"<div>a <figure>{link}</figure> b</div>"
    assert cleaned(f'<a href="https://b.example/">{frame}</a>') == (
        '<a href="https://b.example/">Video on Vimeo</a>'
    )


def test_a_bare_address_in_an_embedding_block_becomes_a_link() -> None:
    html = (
        '<figure class="wp-block-embed is-type-video"><div class="wp-block-embed__wrapper">\n'
        "https://www.youtube.com/watch?v=abc&amp;t=3s\n</div><figcaption>A</figcaption></figure>"
    )

    assert cleaned(html) == (
        '<figure><a href="https://www.youtube.com/watch?v=abc&amp;t=3s">Video on YouTube</a>'
        "<figcaption>A</figcaption></figure>"
    )


def test_a_quoted_post_keeps_its_words_and_leads_to_the_post() -> None:
    tweet = (
        '<blockquote class="twitter-tweet"><p lang="en" dir="ltr">We won!</p>— A (@a)'
        ' <a href="https://twitter.com/a/status/1">May 1</a></blockquote>'
        '<script async src="https://platform.twitter.com/widgets.js"></script>'
    )
    tiktok = (
        '<blockquote class="tiktok-embed" cite="https://www.tiktok.com/@a/video/1"'
        ' data-video-id="1"><section>We won!</section></blockquote>'
    )

    assert cleaned(tweet) == (
        '<figure><blockquote><p lang="en" dir="ltr">We won!</p>— A (@a)'
        ' <a href="https://twitter.com/a/status/1">May 1</a></blockquote></figure>'
    )
    assert cleaned(tiktok) == (
        '<figure><blockquote cite="https://www.tiktok.com/@a/video/1"><div>We won!</div>'
        '</blockquote><a href="https://www.tiktok.com/@a/video/1">Video on TikTok</a></figure>'
    )


@pytest.mark.parametrize(
    ("html", "page"),
    [
        (
            '<blockquote class="instagram-media"'
            ' data-instgrm-permalink="https://www.instagram.com/p/Cx1/?utm_source=ig">'
            "<div style='x'><div></div></div></blockquote>",
            ("https://www.instagram.com/p/Cx1/", "Post on Instagram"),
        ),
        (
            '<div class="fb-post" data-href="https://www.facebook.com/a/posts/1"></div>',
            ("https://www.facebook.com/a/posts/1", "Post on Facebook"),
        ),
    ],
)
def test_an_empty_post_becomes_a_link(html: str, page: tuple[str, str]) -> None:
    assert cleaned(html) == figure(*page)


def test_a_post_of_an_unknown_place_is_a_quotation() -> None:
    html = (
        '<blockquote class="twitter-tweet">We won! <a href="https://b.example/">A</a></blockquote>'
    )

    assert cleaned(html) == '<blockquote>We won! <a href="https://b.example/">A</a></blockquote>'


def test_the_newsroom_says_which_sites_are_linked() -> None:
    html = '<iframe src="https://maps.b.example/x"></iframe>'

    assert clean_html(html, BASE) == ""
    assert clean_html(html, BASE, embeds=("b.example",)) == figure(
        "https://maps.b.example/x", "Embedded from maps.b.example"
    )
    assert Imports().embeds == EMBEDS
