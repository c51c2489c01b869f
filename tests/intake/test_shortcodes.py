"""Shortcodes are unfolded, brackets of prose are not touched, and nothing takes long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.intake.wordpress.shortcode_html import linked
from feedsvc.intake.wordpress.shortcodes import unfold

IMG = '<img src="/a.jpg">'


class Shelf:
    """A library that says what it was asked for."""

    def gallery(self, ids: list[int] | None) -> str:
        return f"<gallery {ids}>"

    def playlist(self, ids: list[int]) -> str:
        return f"<playlist {ids}>"


def unfolded(text: str) -> str:
    return unfold(text, Shelf()).strip()


@pytest.mark.parametrize(
    ("shortcode", "html"),
    [
        (
            f'[caption id="a_1" width="300"]{IMG} Low <em>tide</em>[/caption]',
            f"<figure>{IMG}<figcaption>Low <em>tide</em></figcaption></figure>",
        ),
        (
            f'[caption id="a_1" caption="Tom &amp; Co"]<a href="/b">{IMG}</a>[/caption]',
            f'<figure><a href="/b">{IMG}</a><figcaption>Tom &amp; Co</figcaption></figure>',
        ),
        (f"[caption width=300]{IMG}[/caption]", f"<figure>{IMG}</figure>"),
        ('[gallery ids="3,1, 2" columns="2"]', "<gallery [3, 1, 2]>"),
        ("[gallery ids=”3,1”]", "<gallery [3, 1]>"),
        ("[gallery include='4']", "<gallery [4]>"),
        ("[gallery]", "<gallery None>"),
        ('[playlist ids="7,8"]', "<playlist [7, 8]>"),
        (
            "[embed]https://youtu.be/x?t=1&amp;v=2[/embed]",
            '<figure><a href="https://youtu.be/x?t=1&amp;v=2">youtu.be/x?t=1&amp;v=2</a></figure>',
        ),
        (
            "[youtube=http://www.youtube.com/watch?v=abc]",
            '<figure><a href="http://www.youtube.com/watch?v=abc">youtube.com/watch?v=abc</a>'
            "</figure>",
        ),
        (
            '[youtube id="dQw4"]',
            '<figure><a href="https://www.youtube.com/watch?v=dQw4">youtube.com/watch?v=dQw4</a>'
            "</figure>",
        ),
        ("[vimeo 12345]", '<figure><a href="https://vimeo.com/12345">vimeo.com/12345</a></figure>'),
        (
            '[audio src="https://e.org/a.mp3"]',
            '<audio controls src="https://e.org/a.mp3"><a href="https://e.org/a.mp3">a.mp3</a>'
            "</audio>",
        ),
        (
            '[video mp4="/v.mp4" poster="/p.jpg"][/video]',
            '<video controls src="/v.mp4" poster="/p.jpg"><a href="/v.mp4">v.mp4</a></video>',
        ),
    ],
)
def test_a_shortcode_becomes_html(shortcode: str, html: str) -> None:
    assert unfolded(shortcode) == html


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("[dropcap]T[/dropcap]he tide", "The tide"),
        ('[vc_row][vc_column width="1/2"]Text[/vc_column][/vc_row]', "Text"),
        ('Before [contact-form-7 id="5" title="Write"] after', "Before  after"),
        ('[su_button url="https://e.org/]x"]Go[/su_button]', "Go"),
        ("[latest_posts /]x", "x"),
        ('[caption width="300 caption=x]Text only[/caption]', "Text only"),
        ("[/caption]x", "x"),
        ("[embed]no address[/embed]", "no address"),
    ],
)
def test_other_shortcodes_go_and_the_text_between_stays(text: str, left: str) -> None:
    assert unfolded(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "He said “we was robbed” [sic], see [1] and […] or [...].",
        "[Editor's note: names were changed]",
        "[Read more](https://example.org) [x] [ ] []",
        "array[0] = [a, b]; [laughs] [VIDEO] [/sic]",
        "[[1]] [[two words]] [",
    ],
)
def test_brackets_of_prose_are_left_alone(text: str) -> None:
    assert unfold(text, Shelf()) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[[escaped]]", "[escaped]"),
        ('Write [[gallery ids="1"]].', 'Write [gallery ids="1"].'),
        ("[[dropcap]T[/dropcap]] is it", "[dropcap]T[/dropcap] is it"),
    ],
)
def test_an_escaped_shortcode_is_shown_as_one(text: str, shown: str) -> None:
    assert unfold(text, Shelf()) == shown


def test_shortcodes_stand_within_each_other() -> None:
    inner = f"[caption width=1]{IMG} [dropcap]A[/dropcap] b[/caption]"

    html = unfolded(f"[box x=1]{inner}[/box]")

    assert html == f"<figure>{IMG}<figcaption>A b</figcaption></figure>"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10_000,
        '[a x="' * 10_000,
        "[caption]" * 10_000,
        "[caption]" * 10_000 + "[/caption]" * 10_000,
        "[b y=1]" * 10_000 + "[/b]" * 10_000,
        "[[a]" * 10_000,
        "[gallery <" * 10_000,
        "[/caption]" * 10_000,
        "[a " + "'" * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_ten_thousand_brackets_take_no_time(text: str) -> None:
    start = time.process_time()
    unfold(text, Shelf())

    assert time.process_time() - start < 1  # 0.05 as a rule; in the square of it, minutes


@given(
    st.lists(
        st.sampled_from(["[caption]", "[/caption]", "[x a=1]", "[/x]", "[[x]]", "[sic]", "é", " "])
    ).map("".join)
)
def test_no_words_are_lost(text: str) -> None:
    kept = re.sub(r"<[^<>]*>|\s", "", unfold(text, Shelf()))

    assert kept.count("é") == text.count("é")
    assert kept.count("[sic]") == text.count("[sic]")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "Look:\nhttps://youtu.be/x?a=1&amp;b=2\nNice.",
            'Look:\n\n<figure><a href="https://youtu.be/x?a=1&amp;b=2">youtu.be/x?a=1&amp;b=2</a>'
            "</figure>\n\nNice.",
        ),
        (
            "<p>https://vimeo.com/1</p>",
            '\n<figure><a href="https://vimeo.com/1">vimeo.com/1</a></figure>\n',
        ),
        (
            '<div class="wp-block-embed__wrapper">\nhttps://e.org/a\n</div>',
            '<a href="https://e.org/a">https://e.org/a</a>',
        ),
    ],
)
def test_an_address_that_wordpress_makes_a_player_from_becomes_a_link(text: str, html: str) -> None:
    assert linked(text) == html


@pytest.mark.parametrize(
    "text", ["https://example.org/x", "See https://youtu.be/x there", "https://youtu.be.evil.org/"]
)
def test_other_addresses_stay_text(text: str) -> None:
    assert linked(text) == text
