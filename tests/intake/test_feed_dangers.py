"""Feeds that would do harm, or are none: refused in words, in little time, or read without it."""

from __future__ import annotations

import json
import time

import pytest

from feedsvc.errors import RejectedError
from feedsvc.intake.feed.parts import Broken, ReadEntry
from tests.intake.feeds import atom, entry, read, rss

BOMB = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
DEEP = 10_000
ITEM = "<rss version='2.0'><channel><item><title>%s</title></item></channel></rss>"
REFUSED = {
    "an entity bomb": (
        f'<!DOCTYPE r [<!ENTITY e0 "boom">{BOMB}]>' + ITEM % "&e12;",
        "declares entities",
    ),
    "a broad entity": (
        f'<!DOCTYPE r [<!ENTITY e "{"x" * 100_000}">]>' + ITEM % ("&e;" * 10_000),
        "declares entities",
    ),
    "an entity of a file": (
        '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + ITEM % "&e;",
        "declares entities",
    ),
    "an entity behind a comment": (
        '<!-- <rss> --><!DOCTYPE r [<!ENTITY e "x">]>' + ITEM % "&e; &broken",
        "declares entities",
    ),
    "a parameter entity": (
        '<!DOCTYPE r [<!ENTITY % e SYSTEM "http://127.0.0.1/x"> %e;]>' + ITEM % "x &broken",
        "declares entities",
    ),
    "deep XML": (ITEM.replace("<title>", "<a>" * DEEP + "<title>"), "nested more than 256 deep"),
    "deep XHTML": (
        atom(
            "<id>x</id><content type='xhtml'>" + "<b>" * DEEP + "</b>" * DEEP + "</content>"
        ).decode(),
        "nested more than 256 deep",
    ),
    "deep JSON": ("[" * 100_000, "nested too deeply"),
    "a web page": ("<!DOCTYPE html><html><title>x</title><p>Hello", "is a web page, no feed"),
    "text": ("Hello.", "is no feed"),
    "nothing": ("", "is empty"),
    "blanks": (" \n ", "is empty"),
    "other XML": ("<svg xmlns='http://www.w3.org/2000/svg'/>", "is no feed"),
    "other JSON": ('{"posts": []}', "is JSON, but no JSON Feed"),
    "a list": ("[]", "is JSON, but no JSON Feed"),
    "broken JSON": ('{"version": "https://jsonfeed.org/version/1",', "is no JSON"),
    "a number without end": (
        '{"version": "https://jsonfeed.org/version/1", "items": [%s]}' % ("9" * 10_000),
        "is no JSON",
    ),
    "no items": ('{"version": "https://jsonfeed.org/version/1.1"}', "has no list of items"),
    "malformed and large": (ITEM % ("&" * 1_100_000), "not well-formed XML, and with 1,1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_words_and_soon(name: str) -> None:
    body, reason = REFUSED[name]
    start = time.monotonic()

    with pytest.raises(RejectedError, match=reason):
        read(body.encode())

    assert time.monotonic() - start < 10


def test_a_web_page_that_names_its_feed_is_told_with_it() -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/feed/">'

    with pytest.raises(RejectedError, match=r"its feed is https://paper\.example/feed/"):
        read(f"<!DOCTYPE html><html><head>{link}</head><body><p>Hello</html>".encode())


@pytest.mark.parametrize(
    "body",
    [
        ('<?xml version="1.0" encoding="utf-8"?>' + ITEM % "Café – “oh”").encode("cp1252"),
        ('<?xml version="1.0" encoding="iso-8859-1"?>' + ITEM % "Café – “oh”").encode("cp1252"),
        ('<?xml version="1.0" encoding="nonsense"?>' + ITEM % "Café – “oh”").encode(),
        ('<?xml version="1.0" encoding="rot13"?>' + ITEM % "Café – “oh”").encode(),
        ('<?xml version="1.0" encoding="utf-16"?>' + ITEM % "Café – “oh”").encode(),
        ('<?xml version="1.0" encoding="us-ascii"?>' + ITEM % "Café – “oh”").encode(),
        (ITEM % "Café – “oh”").encode("utf-16"),
        ("\ufeff" + ITEM % "Café – “oh”").encode(),
        (ITEM % "Caf&eacute; &ndash; &ldquo;oh&rdquo;").encode(),
        (ITEM % "Ca\0fé\x0b – “oh”\ufffe\uffff").encode(),
        (ITEM % "Caf\udcc3\udca9 – “oh”").encode("utf-8", "surrogateescape"),
    ],
)
def test_a_wrong_charset_or_character_costs_no_word(body: bytes) -> None:
    title = entry(body).title

    assert title.replace("\x96", "–").replace("\x93", "“").replace("\x94", "”") == "Café – “oh”"


def test_a_lone_surrogate_costs_itself_alone() -> None:
    body = (ITEM % "Café \udced\udca0\udc80 – “oh”").encode("utf-8", "surrogateescape")

    assert entry(body).title.replace("\ufffd", "").split() == ["Café", "–", "“oh”"]


def test_a_feed_that_is_not_well_formed_is_read_as_readers_do() -> None:
    body = rss("<title>Tom & Jerry</title><guid>https://a.example/1</guid>", "<title>Two</title>")

    first, second = read(body).entries

    assert isinstance(first, ReadEntry)
    assert isinstance(second, ReadEntry)
    assert (first.title, first.guid, second.title) == ("Tom & Jerry", "https://a.example/1", "Two")


CHAPTERS = (
    '<c:chapters xmlns:c="http://podlove.org/simple-chapters"><c:chapter title="A"/></c:chapters>'
)
PLACE = '<g:pos xmlns:g="http://www.opengis.net/gml">1 2</g:pos>'


@pytest.mark.parametrize("odd", [CHAPTERS, PLACE])
def test_an_entry_at_which_feedparser_fails_costs_no_other(odd: str) -> None:
    good = [f"<title>{number}</title><guid>{number}</guid>" for number in range(9)]

    *others, broken = read(rss(*good[:4], f"<guid>odd</guid>{odd}", *good[4:])).entries

    assert [one.guid for one in others if isinstance(one, ReadEntry)] == [*"012345678"]
    assert isinstance(broken, Broken)
    assert broken.name == "odd"
    assert "it has something that cannot be read" in broken.error.reason
    assert odd[:12].encode() in broken.raw


@pytest.mark.parametrize(
    "body",
    [
        rss("<title>A</title>", head=PLACE),
        rss(*[PLACE] * 30),
        rss("<title>A</title>&#99999999999;"),
        rss(f"<title>A & B</title>{PLACE}"),
    ],
)
def test_a_feed_at_which_feedparser_fails_is_refused(body: bytes) -> None:
    with pytest.raises(RejectedError, match="cannot be read"):
        read(body)


@pytest.mark.parametrize("url", ["http://[/a", "https://[::1/a", "http://x]/a"])
def test_what_only_looks_like_an_address_is_none(url: str) -> None:
    assert entry(rss(f"<title>A</title><link>{url}</link>")).url is None


@pytest.mark.parametrize(
    "item", ["3", "[]", "null", '{"id": [1]}', '{"id": "a", "title": 7}', '{"tags": {}}']
)
def test_one_broken_item_of_json_costs_no_other(item: str) -> None:
    good = '{"id": "good", "title": "Good", "content_text": "x"}'
    body = f'{{"version": "https://jsonfeed.org/version/1.1", "items": [{item}, {good}]}}'

    broken, other = read(body.encode()).entries

    assert isinstance(broken, Broken)
    assert json.loads(broken.raw) == json.loads(item)
    assert isinstance(other, ReadEntry)
    assert other.title == "Good"
