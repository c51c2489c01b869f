"""Each awkward article at the door: what comes in is what its file expects."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from feedsvc import settings as configuration
from feedsvc.errors import RejectedError
from feedsvc.feeds.rules_markup import words
from feedsvc.intake.checks import checked
from feedsvc.intake.clean import clean_html
from feedsvc.model import Submission
from tests.corpus.awkward import KEYS, OFTEN, SITE, Awkward, admitted, corpus, refused, written_out
from tests.corpus.reading import addresses, elements, visible

SETTINGS = configuration.load({"FEEDSVC_SITE__BASE_URL": SITE}, Path(os.devnull)).settings
XML_TEXT = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
ALLOWED = words(
    "a abbr aside audio b bdi bdo blockquote br caption cite code col colgroup dd del details dfn"
    " div dl dt em figcaption figure h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p picture pre q rp"
    " rt ruby s samp section small source span strong sub summary sup table tbody td tfoot th thead"
    " time tr track u ul var video wbr"
)
ALLOWED_ATTRIBUTES = words(
    "abbr alt cite colspan controls datetime dir headers height href hreflang id kind label lang"
    " longdesc media open poster preload reversed rowspan scope sizes span src srclang srcset start"
    " title type value width"
)
ADDRESS = re.compile(r"https?://[^\s/]|mailto:.|tel:.|#ref-.")

each_admitted = pytest.mark.parametrize("awkward", admitted(), ids=lambda one: one.name)
each_refused = pytest.mark.parametrize("awkward", refused(), ids=lambda one: one.name)


def at_the_door(awkward: Awkward) -> Submission:
    return checked(awkward.submission(), SETTINGS)


def missing(awkward: Awkward, html: str) -> list[str]:
    """Return what a file expects and its HTML does not fulfil."""
    seen, small = visible(html), html.lower()
    text = awkward.one("text")
    return [
        *(f"does not show {said!r}" for said in awkward.all("shows") if said not in seen),
        *(f"has no {part!r}" for part in awkward.all("has") if not has(html, part)),
        *(f"still has {part!r}" for part in awkward.all("never") if part.lower() in small),
        *(f"has not one {part!r}" for part in awkward.all("once") if html.count(part) != 1),
        *([f"shows {seen!r}, not {text!r}"] if text not in {None, seen} else []),
    ]


def has(html: str, part: str) -> bool:
    return any(form in html for form in part.split(" | "))


@each_admitted
def test_what_comes_in_is_what_its_file_expects(awkward: Awkward) -> None:
    submission = at_the_door(awkward)

    assert missing(awkward, submission.content_html) == [], submission.content_html
    assert submission.title == awkward.title
    if (summary := awkward.one("expected summary")) and submission.summary:
        assert submission.summary == summary


@each_admitted
def test_what_comes_in_is_fit_for_every_reader(awkward: Awkward) -> None:
    html = at_the_door(awkward).content_html

    found = elements(html)
    assert {name for name, _ in found} <= ALLOWED
    assert {key for _, attributes in found for key in attributes} <= ALLOWED_ATTRIBUTES
    assert [url for url in addresses(html) if not ADDRESS.match(url) or not url.isascii()] == []
    assert XML_TEXT.fullmatch(html)


@each_admitted
def test_what_is_clean_stays_as_it_is(awkward: Awkward) -> None:
    html = at_the_door(awkward).content_html

    assert clean_html(html, SITE) == html


@each_refused
def test_what_cannot_come_in_is_told_why(awkward: Awkward) -> None:
    with pytest.raises(RejectedError) as error:
        at_the_door(awkward)

    field, said = awkward.refusal or ("", "")
    assert error.value.field == field
    assert said in error.value.reason.replace(",", "")


def test_the_corpus_is_large_and_every_file_says_what_it_is_about() -> None:
    descriptions = Counter(awkward.description for awkward in corpus())

    assert len(corpus()) >= 120
    assert "" not in descriptions
    assert [text for text, count in descriptions.items() if count > 1] == []


@pytest.mark.parametrize("awkward", corpus(), ids=lambda one: one.name)
def test_every_header_is_complete(awkward: Awkward) -> None:
    counts = Counter(awkward.keys)
    expected = set(awkward.keys) & {"shows", "text", "has", "rejected"}

    assert awkward.keys[0] == "description"
    assert set(awkward.keys) <= KEYS
    assert [key for key, count in counts.items() if count > 1 and key not in OFTEN] == []
    assert expected, "it does not say what must become of it"
    assert "html title" not in counts or "expected title" in counts
    assert "rejected" not in counts or awkward.refusal is not None


def test_a_file_writes_in_words_what_cannot_stand_in_it() -> None:
    assert written_out(r"\u{41}\u{FFFE}\u{D800}") == "A\ufffe\ud800"
    assert written_out(r"\repeat{2}{<b>\u{42}}\repeat{0}{x}") == "<b>B<b>B"
    assert written_out(r"C:\new \u0041 \u{5C}u{41}") == r"C:\new \u0041 \u{41}"
