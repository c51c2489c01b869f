"""Pictures as feeds and pages show them: from values to HTML, without a store."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.feeds import pictures
from feedsvc.feeds.excerpt import paragraphs
from feedsvc.intake.clean import clean_html
from feedsvc.model import Article, Asset, Media, Resource, Status, StoredFile
from tests.feeds.strategies import html as any_html

OLD = "https://old.example/team.jpg"
LEAD = Media(OLD, "image/*", description="A team", caption="They won.", credit="Ana Lee")


def at(name: str) -> str:
    return f"https://paper.example/media/{name}"


def a_file(name: str, media_type: str, width: int | None = None, bytes_: int = 9) -> StoredFile:
    height = width * 3 // 4 if width else None
    return StoredFile(name, media_type, bytes_, width, height)


def a_picture(width: int = 4_000, name: str = "a") -> Asset:
    """Return a picture as it is kept: offered in each width that it has."""
    offered = []
    for wide in sorted({min(600, width), min(1_200, width)}):
        offered.append(a_file(f"{name}{wide}.jpg", "image/jpeg", wide))
        offered.append(a_file(f"{name}{wide}.webp", "image/webp", wide))
    whole = offered[-2] if width <= 1_200 else a_file(f"{name}.jpg", "image/jpeg", width)
    return Asset("0", whole, tuple(offered))


KEPT = Resource(OLD, a_picture())
PENDING = Resource(OLD, is_settled=False)
BROKEN = Resource(OLD, problem="404")
RETRIED = Resource(OLD, problem="503", is_settled=False)


def an_article(content_html: str, *files: Resource, **fields: Any) -> Article:
    return Article("g", "g", "T", content_html, Status.PUBLISHED, files=files, **fields)


def shown(content_html: str, *files: Resource, with_webp: bool = False, **fields: Any) -> str:
    return pictures.content(an_article(content_html, *files, **fields), at, with_webp=with_webp)


# In the text.


def test_a_picture_of_ours_stands_there_with_its_size_and_every_width() -> None:
    body = f'<p>W.</p><img src="{OLD}" alt="A &amp; B" width="1" height="2" title="t">'

    assert shown(body, KEPT) == (
        '<p>W.</p><img src="https://paper.example/media/a1200.jpg" alt="A &amp; B" title="t"'
        ' width="1200" height="900" srcset="https://paper.example/media/a600.jpg 600w,'
        ' https://paper.example/media/a1200.jpg 1200w">'
    )


def test_a_small_picture_needs_no_other_width() -> None:
    small = Resource(OLD, a_picture(500))

    assert shown(f'<img src="{OLD}">', small) == (
        '<img src="https://paper.example/media/a500.jpg" width="500" height="375">'
    )


def test_other_sizes_that_an_article_names_are_not_shown_beside_ours() -> None:
    body = f'<img src="{OLD}" srcset="https://old.example/2x.jpg 2x" sizes="100vw">'

    assert "old.example" not in shown(body, KEPT)
    assert "sizes" not in shown(body, KEPT)


def test_a_browser_may_take_smaller_files() -> None:
    assert shown(f'<p><img src="{OLD}"></p>', Resource(OLD, a_picture(500)), with_webp=True) == (
        '<p><picture><source type="image/webp" srcset="https://paper.example/media/a500.webp 500w">'
        '<img src="https://paper.example/media/a500.jpg" width="500" height="375"></picture></p>'
    )


def test_a_moving_picture_is_shown_as_it_is() -> None:
    moving = a_file("m.webp", "image/webp", 80)
    resource = Resource(OLD, Asset("0", moving, (moving,)))

    assert shown(f'<img src="{OLD}">', resource, with_webp=True) == (
        '<img src="https://paper.example/media/m.webp" width="80" height="60">'
    )


@pytest.mark.parametrize("resource", [PENDING, RETRIED, Resource("https://b.example/")])
def test_until_a_picture_is_here_its_own_address_stays(resource: Resource) -> None:
    body = f'<p>W.<img src="{OLD}" alt=">"></p>'

    assert shown(body, resource) == shown(body) == body


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("<p>W.</p>IMG", "<p>W.</p>"),
        ("<p>W. IMG X.</p>", "<p>W.  X.</p>"),
        ("<p>W.</p><p>IMG</p>", "<p>W.</p>"),
        ('<p>W.</p><p><a href="https://old.example/">IMG</a></p>', "<p>W.</p>"),
        ("<p>W.</p><figure>IMG</figure>", "<p>W.</p>"),
        ('<p>W.</p><div dir="ltr"><figure>\nIMG\n</figure></div>', "<p>W.</p>"),
        (
            "<figure>IMG<figcaption>The team.</figcaption></figure>",
            "<figure><figcaption>The team.</figcaption></figure>",
        ),
        ("<p>W.</p><figure>IMG<figcaption> </figcaption></figure>", "<p>W.</p>"),
        ("<p>W.</p><figure>IMGIMG</figure>", "<p>W.</p>"),
        ("<table><tbody><tr><td>IMG</td></tr></tbody></table>",) * 2,
        ("<p>W.</p><p></p>", "<p>W.</p><p></p>"),
        ("IMG", ""),
    ],
)
def test_a_picture_that_cannot_be_had_goes_out_with_what_held_nothing_else(
    body: str, left: str
) -> None:
    image = f'<img src="{OLD}" alt="A > B">'

    assert shown(body.replace("IMG", image), BROKEN) == left.replace("IMG", "")


def test_sounds_films_and_links_lead_to_our_files() -> None:
    sound = Resource("https://x.example/a.mp3", Asset("0", a_file("s.mp3", "audio/mpeg")))
    poster = Resource("https://x.example/p.jpg", a_picture())
    paper = Resource(
        "https://x.example/media/p.pdf", Asset("0", a_file("p.pdf", "application/pdf"))
    )
    body = (
        '<audio controls="" src="https://x.example/a.mp3"></audio>'
        '<video poster="https://x.example/p.jpg"><source src="https://x.example/v.mp4"></video>'
        '<a href="https://x.example/media/p.pdf">p</a>'
    )

    assert shown(body, sound, poster, paper) == (
        '<audio controls="" src="https://paper.example/media/s.mp3"></audio>'
        '<video poster="https://paper.example/media/a1200.jpg"><source'
        ' src="https://x.example/v.mp4"></video><a href="https://paper.example/media/p.pdf">p</a>'
    )


def test_a_film_whose_picture_cannot_be_had_stays() -> None:
    body = f'<video poster="{OLD}" src="https://x.example/v.mp4"></video>'

    assert shown(body, BROKEN) == '<video src="https://x.example/v.mp4"></video>'


@given(any_html, st.lists(st.sampled_from([KEPT, PENDING, BROKEN, RETRIED]), max_size=1))
def test_no_word_is_lost_and_text_without_pictures_stays(body: str, known: list[Resource]) -> None:
    body = clean_html(body, "https://a.example")
    addresses = [url for url, _ in pictures._in_body(body)]
    files = [replace(known[0], url=url) for url in addresses] if known else []

    made = shown(body, *files)

    assert " ".join(paragraphs(made)) == " ".join(paragraphs(body))
    if not addresses:
        assert made == body
    if files and files[0] is not PENDING and (files[0].asset or files[0].is_broken):
        assert not re.search(r'<img[^>]*src="https://a\.example', made)


# Above the text.


def test_a_lead_picture_stands_once_above_the_text() -> None:
    assert shown("<p>W.</p>", Resource(OLD, a_picture(500)), media=(LEAD,)) == (
        '<figure><img src="https://paper.example/media/a500.jpg" alt="A team" width="500"'
        ' height="375"><figcaption>They won. (Ana Lee)</figcaption></figure><p>W.</p>'
    )


@pytest.mark.parametrize(
    ("caption", "credit", "words"),
    [
        (None, None, ""),
        ("A <b>", None, "<figcaption>A &lt;b&gt;</figcaption>"),
        (None, "By Bo", "<figcaption>By Bo</figcaption>"),
    ],
)
def test_it_says_what_is_known_of_it(caption: str | None, credit: str | None, words: str) -> None:
    lead = replace(LEAD, caption=caption, credit=credit, description='"')

    assert shown("<p>W.</p>", PENDING, media=(lead,)) == (
        f'<figure><img src="{OLD}" alt="&quot;">{words}</figure><p>W.</p>'
    )


@pytest.mark.parametrize(
    "inside",
    [
        OLD,
        "https://old.example/team-1024x683.jpg",
        "https://old.example/team-scaled.jpg",
        f"{OLD}?w=9",
    ],
)
def test_a_lead_picture_that_is_in_the_text_too_is_shown_there_alone(inside: str) -> None:
    body = f'<p>W.</p><img src="{inside}">'

    assert shown(body, media=(LEAD,)) == body


def test_one_picture_at_two_addresses_is_one() -> None:
    copy = Resource("https://cdn.example/x.jpg", a_picture())
    body = f'<p>W.</p><img src="{copy.url}">'

    assert shown(body, KEPT, copy, media=(LEAD,)).count("<img") == 1


def test_another_picture_in_the_text_hides_no_lead() -> None:
    body = '<p>W.</p><img src="https://old.example/teams.jpg">'

    assert shown(body, media=(LEAD,)).count("<img") == 2


def test_a_lead_picture_that_cannot_be_had_is_not_shown() -> None:
    assert shown("<p>W.</p>", BROKEN, media=(LEAD,)) == "<p>W.</p>"


# Beside the text.


def media_of(*files: Resource, media: tuple[Media, ...], body: str = "<p>W.</p>") -> Any:
    return pictures.media_of(an_article(body, *files, media=media), at)


def test_beside_the_text_readers_get_our_file_and_newsletters_a_smaller_one() -> None:
    (found,), small = media_of(KEPT, media=(LEAD,))

    assert found == Media(
        at("a1200.jpg"), "image/jpeg", 9, 1_200, 900, "A team", "They won.", "Ana Lee"
    )
    assert small == Media(at("a600.jpg"), "image/jpeg", 9, 600, 450)


def test_a_small_picture_has_no_smaller_one() -> None:
    _, small = media_of(Resource(OLD, a_picture(500)), media=(LEAD,))

    assert small is None


@pytest.mark.parametrize(
    ("url", "said", "kind"),
    [
        ("https://x.example/a.png", "image/*", "image/png"),
        ("https://x.example/a", "image/gif", "image/gif"),
        ("https://x.example/a", "image/*", None),  # no format has a word for that
        ("https://x.example/a.mp3?x=1", "audio/*", "audio/mpeg"),
    ],
)
def test_what_is_not_here_yet_is_given_as_it_is_known(url: str, said: str, kind: str) -> None:
    found, small = media_of(Resource(url, is_settled=False), media=(Media(url, said),))

    assert [(one.url, one.media_type) for one in found] == ([(url, kind)] if kind else [])
    assert small is None


def test_what_cannot_be_had_is_left_out() -> None:
    assert media_of(BROKEN, media=(LEAD,)) == ((), None)


def test_a_recording_elsewhere_has_its_true_length_and_type() -> None:
    known = Resource(OLD, media_type="audio/mpeg", size_bytes=77)

    assert media_of(known, media=(Media(OLD, "audio/x-mp3", 5),)) == (
        (Media(OLD, "audio/mpeg", 77),),
        None,
    )


def test_without_a_lead_the_first_large_picture_of_the_text_stands_for_the_article() -> None:
    icon = Resource("https://x.example/i.png", a_picture(199, "i"))
    sound = Media("https://x.example/a.mp3", "audio/mpeg", 5)
    body = f'<img src="{icon.url}" alt="i"><img src="{OLD}" alt=" A\n B ">'

    found, small = media_of(icon, KEPT, media=(sound,), body=body)

    assert [one.url for one in found] == [at("a1200.jpg"), sound.url]
    assert found[0].description == "A B"
    assert small is not None


# What is looked for.

HASH = "0f" * 32


def test_an_article_names_its_pictures_and_files_with_what_it_says_of_them() -> None:
    body = (
        '<img src="https://x.example/a?b=1&amp;c=2"><audio src="https://x.example/s"></audio>'
        '<video poster="https://x.example/p" src="https://x.example/v"><source type="video/webm"'
        ' src="https://x.example/w"></video><a href="https://x.example/page">x</a>'
        f'<a href="https://x.example/media/{HASH}.pdf">x</a><img src="data:image/png,x">'
        '<a href="https://x.example/media/unusable/0f/a.pdf">x</a>'
        '<a href="https://x.example/media/story.html">another site\'s</a>'
    )

    assert pictures.named(an_article(body, media=(LEAD,))) == {
        OLD: "image/*",
        "https://x.example/a?b=1&c=2": "image/*",
        "https://x.example/s": "audio/*",
        "https://x.example/v": "video/*",
        "https://x.example/p": "image/*",
        "https://x.example/w": "video/webm",
        f"https://x.example/media/{HASH}.pdf": "application/*",
        "https://x.example/media/unusable/0f/a.pdf": "application/*",
    }


def test_of_very_many_pictures_the_first_are_looked_for() -> None:
    body = "".join(f'<img src="https://x.example/{number}">' for number in range(600))

    assert len(pictures.named(an_article(body))) == 500
