"""Summaries are the first paragraphs, cut where a sentence ends."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedsvc.feeds.excerpt import paragraphs, summarise
from tests.feeds.strategies import texts
from tests.newsroom import Newsroom

MORE = " And so on, and so on, and so on, until nobody reads it any more."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They won.", "They won."),
        ("They won. Nobody expected it.", "They won. Nobody expected it."),
        ("Did they? They did! Fine.", "Did they? They did! Fine."),
        ("“We won!”", "“We won!”"),
        ("It was over (at last).", "It was over (at last)."),
        ("Was it over…?", "Was it over…?"),
        ("It cost $3.50 in 2.0 shops.", "It cost $3.50 in 2.0 shops."),
        ("It was 1999.", "It was 1999."),
        ("The U.S. team of Lloyd J. Austin won.", "The U.S. team of Lloyd J. Austin won."),
        ("Dr. Lee and St. John’s met Gov. Mills.", "Dr. Lee and St. John’s met Gov. Mills."),
        ("We left at 5 p.m. on Sept. 13.", "We left at 5 p.m. on Sept. 13."),
        ("J.R.R. Tolkien, e.g. or i.e. Bilbo.", "J.R.R. Tolkien, e.g. or i.e. Bilbo."),
        ("Ana Lee Jr. vs. Bo.", "Ana Lee Jr. vs. Bo."),
        ("هل فاز؟ نعم فاز.", "هل فاز؟ نعم فاز."),
        ("کیا وہ جیتے؟ وہ جیت گئے۔", "کیا وہ جیتے؟ وہ جیت گئے۔"),
        ("वे जीत गए। किसने सोचा था।", "वे जीत गए। किसने सोचा था।"),
        ("Wir siegten. Ö!", "Wir siegten. Ö!"),
    ],
)
def test_whole_sentences_are_kept(text: str, expected: str) -> None:
    content = f"<p>{text}{MORE}</p>"

    assert summarise(content, len(text) + 20) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("他们赢了。没有人想到。", "他们赢了。没有人想到。"),
        ("「勝った！」彼らは笑った。", "「勝った！」彼らは笑った。"),
        ("वे जीत गए।किसने सोचा था॥", "वे जीत गए।किसने सोचा था॥"),
    ],
)
def test_full_stops_of_other_scripts_need_no_space_behind_them(text: str, expected: str) -> None:
    assert summarise(f"<p>{text}{'然' * 60}</p>", len(text) + 20) == expected


def test_an_abbreviation_alone_does_not_end_a_summary() -> None:
    content = "<p>The delegation of the U.S. and Dr. Lee of St. Paul met no one there.</p>"

    assert summarise(content, 50) == "The delegation of the U.S. and Dr. Lee of St.…"


def test_a_sentence_may_end_exactly_at_the_limit() -> None:
    content = "<p>12345678. abc. More.</p>"

    assert summarise(content, 9) == "12345678."
    assert summarise(content, 14) == "12345678. abc."
    assert summarise(content, 13) == "12345678."


def test_a_text_that_fits_is_kept_whole_even_without_a_full_stop() -> None:
    assert summarise("<p>No stop here</p>", 12) == "No stop here"
    assert summarise("<p>No stop here</p>", 11) == "No stop…"


def test_without_a_sentence_end_whole_words_are_kept() -> None:
    content = "<p>words and words, and then – words without end</p>"

    assert summarise(content, 21) == "words and words, and…"
    assert summarise(content, 20) == "words and words…"
    assert summarise(content, 17) == "words and words…"
    assert summarise(content, 27) == "words and words, and then…"


def test_without_a_space_characters_are_kept() -> None:
    assert summarise(f"<p>{'長' * 30}</p>", 10) == "長" * 9 + "…"
    assert summarise(f"<p>{'🏆' * 30}</p>", 10) == "🏆" * 9 + "…"


def test_accented_letters_and_joined_emoji_are_not_cut_in_two() -> None:
    family = "👩\u200d👩\u200d👧"

    assert summarise(family * 9, 10) == family + "…"
    assert summarise("ke\u0301" * 9, 6) == "ke\u0301k…"
    assert summarise("👍🏽" * 9, 6) == "👍🏽" * 2 + "…"


def test_something_is_left_of_a_letter_with_a_thousand_accents() -> None:
    assert len(summarise("e" + "\u0301" * 1000, 10)) == 10


def test_paragraphs_are_joined_until_the_limit() -> None:
    content = "<p>One.</p><p>Two.</p><p>Three is longer than that.</p>"

    assert summarise(content, 15) == "One. Two."


def test_blocks_are_apart_and_inline_elements_are_not() -> None:
    content = (
        "a<p>b <b>c</b>d<br>e</p><ul><li>f</li><li>g</li></ul>h<blockquote><p>i</p></blockquote>"
    )

    assert paragraphs(content) == ["a", "b cd", "e", "f", "g", "h", "i"]


def test_captions_and_tables_are_no_part_of_the_text() -> None:
    content = (
        "<figure><img src='https://a.example/x' alt='alt'><figcaption>A caption.</figcaption>"
        "</figure>Behind.<table><tr><td>Cell</td></tr></table><p>Text.</p>"
    )

    assert paragraphs(content) == ["Behind.", "Text."]


def test_references_are_decoded_once_and_white_space_is_folded() -> None:
    content = "<p>a &lt;b&gt; &amp;lt;&nbsp;\n\n  c\u2028d</p>"

    assert summarise(content, 400) == "a <b> &lt; c d"


@pytest.mark.parametrize("content", ["", "  ", "<p></p>", "<p>\u00a0</p>", "<img src='x'>"])
def test_nothing_comes_of_nothing(content: str) -> None:
    assert summarise(content, 400) == ""


def test_nested_beyond_reason_is_no_reason_to_fail() -> None:
    assert summarise("<div>" * 50_000 + "x", 400) in {"x", ""}
    assert summarise("<b>" * 200 + "Deep.", 400) == "Deep."


@given(st.lists(texts, max_size=4), st.integers(10, 60))
@example(["\u0301" * 100], 10)
@example(["\u200d" * 100], 10)
def test_a_summary_is_short_and_begins_as_the_text_does(lines: list[str], limit: int) -> None:
    content = "".join(f"<p>{line}</p>" for line in lines)
    whole = " ".join(paragraphs(content))

    summary = summarise(content, limit)

    assert len(summary) <= limit
    assert summary == " ".join(summary.split())
    assert whole.startswith(summary.removesuffix("…"))
    assert bool(summary) == bool(whole)


def test_an_own_summary_goes_before_the_first_paragraphs(sqlite_newsroom: Newsroom) -> None:
    sqlite_newsroom.submit(summary="In short: they won.")
    sqlite_newsroom.submit(title="Other")

    summaries = [entry.summary_text for entry in sqlite_newsroom.channel().entries]

    assert summaries == ["The club won on Saturday. Nobody expected it.", "In short: they won."]


def test_a_correction_is_not_what_a_story_begins_with(sqlite_newsroom: Newsroom) -> None:
    sqlite_newsroom.correct(sqlite_newsroom.submit(), "It was Sunday.")

    (entry,) = sqlite_newsroom.channel().entries

    assert entry.summary_text == "The club won on Saturday. Nobody expected it."
    assert entry.content_html == (
        "<p><strong>Correction, November 18, 2024:</strong> It was Sunday.</p>"
        "<p>The club won on Saturday. Nobody expected it.</p>"
    )


def test_a_story_without_words_is_summarised_by_its_title(sqlite_newsroom: Newsroom) -> None:
    sqlite_newsroom.submit(content_html='<img src="https://a.example/x.png" alt="">')

    (entry,) = sqlite_newsroom.channel().entries

    assert entry.summary_text == entry.title == "Chess Club Wins the State Title"
