"""The rules catch what they are for, say where it is, and survive anything."""

from __future__ import annotations

import dataclasses
import json
import re
from collections import Counter
from typing import Any
from xml.sax.saxutils import escape as xml_escape
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.feeds.rulebook import RULES, check, parse
from feedsvc.model import Channel, Finding, Format
from tests.feeds.mutations import (
    CHANNEL,
    MUTATIONS,
    NOW,
    SAMPLES,
    InEntry,
    Mutation,
    NothingToBreakError,
)

FORMATS = list(Format)
ATOM_IDS = [entry.atom_id for entry in CHANNEL.entries]


def judge(fmt: Format, body: bytes, channel: Channel | None = CHANNEL) -> list[Finding]:
    return check(parse(fmt, body, now=NOW, channel=channel))


def label(mutation: Mutation) -> str:
    return f"{mutation.rule}-{mutation.format}-{mutation.name.replace(' ', '-')}"


each_mutation = pytest.mark.parametrize("mutation", MUTATIONS, ids=label)
each_format = pytest.mark.parametrize("fmt", FORMATS)


@each_format
@pytest.mark.parametrize("channel", [CHANNEL, None], ids=["ours", "elsewhere"])
def test_a_valid_document_passes(fmt: Format, channel: Channel | None) -> None:
    assert judge(fmt, SAMPLES[fmt], channel) == []


@each_mutation
def test_a_broken_document_is_caught(mutation: Mutation) -> None:
    findings = judge(mutation.format, mutation.change(SAMPLES[mutation.format]))

    assert mutation.rule in {finding.rule for finding in findings}


@each_mutation
def test_without_its_rule_nobody_reports_under_its_name(mutation: Mutation) -> None:
    body = mutation.change(SAMPLES[mutation.format])
    others = [rule for rule in RULES if rule.name != mutation.rule]
    subject = parse(mutation.format, body, now=NOW, channel=CHANNEL)

    assert mutation.rule not in {finding.rule for finding in check(subject, others)}


@pytest.mark.parametrize("k", range(len(ATOM_IDS)))
@pytest.mark.parametrize(
    "mutation", [m for m in MUTATIONS if isinstance(m.change, InEntry)], ids=label
)
def test_a_finding_carries_the_id_of_its_entry(mutation: Mutation, k: int) -> None:
    assert isinstance(mutation.change, InEntry)
    try:
        body = mutation.change(SAMPLES[mutation.format], k)
    except NothingToBreakError:
        pytest.skip("this entry has no such thing")

    found = [f for f in judge(mutation.format, body) if f.rule == mutation.rule]

    assert {finding.atom_id for finding in found} == {ATOM_IDS[k]}


@each_mutation
def test_a_finding_says_where_and_what_in_sentences(mutation: Mutation) -> None:
    for finding in judge(mutation.format, mutation.change(SAMPLES[mutation.format])):
        number = re.match(r"entry (\d+)", finding.place)

        if number is None:
            assert finding.atom_id is None
        elif int(number[1]) <= len(ATOM_IDS):  # one mutation adds an entry
            assert finding.atom_id == ATOM_IDS[int(number[1]) - 1]
        assert finding.format is mutation.format
        for sentence in (finding.message, finding.remedy):
            assert sentence.endswith(".")
            assert len(sentence) < 250
            assert "\n" not in sentence
            sentence.encode()


def test_every_rule_has_a_mutation_for_each_of_its_formats() -> None:
    broken = {(mutation.rule, mutation.format) for mutation in MUTATIONS}
    wanted = {(rule.name, fmt) for rule in RULES for fmt in rule.formats}

    assert wanted - broken == set()
    assert {name for name, _ in broken} <= {rule.name for rule in RULES}


def test_every_rule_has_a_name_of_its_own_and_a_source() -> None:
    names = Counter(rule.name for rule in RULES)

    assert [name for name, count in names.items() if count > 1] == []
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)
    assert all(rule.source for rule in RULES)


def test_most_mutations_are_caught_without_the_channel_too() -> None:
    missed = {
        mutation.rule
        for mutation in MUTATIONS
        if mutation.rule
        not in {f.rule for f in judge(mutation.format, mutation.change(_sample(mutation)), None)}
    }

    assert missed <= {
        "self-url",
        "atom-feed-id",
        "deletions",
        "history-channel",
    }  # nothing to compare with


def _sample(mutation: Mutation) -> bytes:
    return SAMPLES[mutation.format]


def test_a_headline_about_html_is_plain_text_when_the_article_says_so() -> None:
    body = SAMPLES[Format.JSON].replace(b"A podcast", b"Use <b>bold</b> &amp; less")
    told = parse(Format.JSON, body, now=NOW, channel=_titled("Use <b>bold</b> &amp; less"))

    assert check(told) == []
    assert [f.rule for f in judge(Format.JSON, body)] == ["plain-text"]


def _titled(title: str) -> Channel:
    first, second, third = CHANNEL.entries
    entries = (first, dataclasses.replace(second, title=title), third)
    return dataclasses.replace(CHANNEL, entries=entries)


@pytest.mark.parametrize(
    ("fmt", "old", "new"),
    [
        (Format.RSS, "A podcast", "R&amp;D at AT&amp;T"),
        (Format.RSS, "A podcast", "&#x3C;headline> for 2 &lt; 3"),
        (Format.RSS, "<ttl>", "<webMaster>ana@journal.example (Ana)</webMaster><ttl>"),
        (Format.RSS, "<ttl>", '<atom:link rel="hub" href="https://hub.example/"/><ttl>'),
        (Format.ATOM, "A podcast", "&lt;/headline> &amp;nosuch; R&amp;D"),
        (Format.ATOM, "<icon>", '<link rel="hub" href="https://hub.example/"/><icon>'),
        (Format.ATOM, "<generator>", '<generator version="2" uri="https://a.example/">'),
        (Format.JSON, "<li>Un", "<li><a href='https://a.example/a b'>Un</a>"),
        (Format.JSON, '"items"', '"hubs": [{"type": "WebSub", "url": "https://a.b/"}], "items"'),
    ],
)
def test_what_is_allowed_passes(fmt: Format, old: str, new: str) -> None:
    body = SAMPLES[fmt].replace(old.encode(), new.encode(), 1)

    assert body != SAMPLES[fmt]
    assert judge(fmt, body) == []


def test_an_unreadable_document_has_one_reason() -> None:
    findings = judge(Format.RSS, b"<html><body>404</body></html>", None)

    assert [f.rule for f in findings] == ["well-formed", "first-bytes", "encoding"]
    assert findings[0].message == "This is not RSS: its root is <html> and not <rss>."


BAD = ["\x0b", "\x7f", "\x85", "\ufffd", "\ufffe", "\uffff"]
GOOD = ["\t", " ", "~", "\xa0", "é", "\u2028", "\ufeff", "\ufffc", "\U0001f600", "xmlns", "\\u"]


@each_format
@pytest.mark.parametrize("written", ["plainly", "decimal", "hexadecimal"])
@given(st.lists(st.sampled_from(BAD + GOOD), max_size=4))
def test_odd_characters_are_found_however_they_are_written(
    fmt: Format, written: str, pieces: list[str]
) -> None:
    title = "".join(pieces)
    if fmt is Format.JSON:
        new = json.dumps(title, ensure_ascii=written != "plainly")[1:-1]
    else:
        spelt = {"plainly": "%c", "decimal": "&#%d;", "hexadecimal": "&#x%X;"}[written]
        new = "".join(spelt % ord(character) for character in title)
    body = SAMPLES[fmt].replace(b"A podcast", new.encode())

    found = {f.message for f in judge(fmt, body) if f.rule == "characters"}

    bad = [piece for piece in pieces if piece in BAD][:1]
    assert found == {
        f"The text holds the character U+{ord(first):04X}, which readers cannot show."
        for first in bad
    }


@pytest.mark.parametrize("encoding", ["utf-16", "utf-7"])
def test_a_late_prefix_is_found_in_any_encoding(encoding: str) -> None:
    text = SAMPLES[Format.RSS].decode().replace("UTF-8", encoding, 1)
    late = text.replace("<pubDate>", '<x:y xmlns:x="urn:x"/><pubDate>', 1)

    found = {finding.rule for finding in judge(Format.RSS, late.encode(encoding))}

    assert "namespaces-on-root" in found


XML = (SAMPLES[Format.RSS] + SAMPLES[Format.ATOM]).decode()
NAMES = sorted({*re.findall(r"<([a-z][a-z:A-Z-]*)", XML), "div", "script"})
ATTRIBUTES = sorted(set(re.findall(r' ([a-zA-Z]+)="', XML)) - {"xmlns"})
PREFIXES = " ".join(sorted(set(re.findall(r'xmlns:\w+="[^"]*"', XML))))
ODD = ["", "html", "xhtml", "self", "1", "https://[", "<p>", "<a href=x>", "&lt;", "urn:uuid:1"]
DATES = ["Fri, 15 Nov 2024 13:00:00 +0000", "2024-11-15T13:00:00Z", "9999-12-31T23:59:59-12:00"]
words = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(ODD + DATES)


def _element(name: str, attributes: dict[str, str], inside: list[str]) -> str:
    written = "".join(f" {key}={quoteattr(_xml(value))}" for key, value in attributes.items())
    return f"<{name}{written}>{''.join(inside)}</{name}>"


def _xml(text: str) -> str:
    return re.sub("[\x00-\x1f\ufffe\uffff]", "", text)


nodes = st.recursive(
    words.map(_xml).map(xml_escape),
    lambda inner: st.builds(
        _element,
        st.sampled_from(NAMES),
        st.dictionaries(st.sampled_from(ATTRIBUTES), words, max_size=3),
        st.lists(inner, max_size=5),
    ),
    max_leaves=30,
)


@settings(max_examples=100)
@given(
    st.sampled_from([Format.RSS, Format.ATOM]),
    st.lists(nodes, max_size=8),
    st.sampled_from([CHANNEL, None]),
)
def test_no_xml_is_too_odd(fmt: Format, inside: list[str], channel: Channel | None) -> None:
    if fmt is Format.RSS:
        document = f"<rss {PREFIXES}><channel>{''.join(inside)}</channel></rss>"
    else:
        document = f'<feed xmlns="http://www.w3.org/2005/Atom" {PREFIXES}>{"".join(inside)}</feed>'

    findings = judge(fmt, document.encode(), channel)

    assert "well-formed" not in {finding.rule for finding in findings}


JSON_NAMES = sorted(set(re.findall(r'"(\w+)"\s*:', SAMPLES[Format.JSON].decode())))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(JSON_NAMES) | st.text(), inner, max_size=6)
    ),
    max_leaves=40,
)


@settings(max_examples=100)
@given(
    st.dictionaries(st.sampled_from([*JSON_NAMES, "hubs", "next_url", "_x"]), values),
    st.lists(st.dictionaries(st.sampled_from(JSON_NAMES), values) | values, max_size=4) | values,
    st.sampled_from([CHANNEL, None]),
)
def test_no_json_is_too_odd(feed: dict[str, Any], items: Any, channel: Channel | None) -> None:
    judge(Format.JSON, json.dumps({**feed, "items": items}).encode(), channel)


@settings(max_examples=100)
@given(st.sampled_from(FORMATS), st.binary(max_size=40), st.integers(0, 4000), st.integers(0, 60))
def test_no_accident_is_too_odd(fmt: Format, noise: bytes, at: int, lost: int) -> None:
    body = SAMPLES[fmt]

    judge(fmt, body[:at] + noise + body[at + lost :])


@pytest.mark.parametrize(
    "feed",
    [
        {"feed_url": "https://" + "a" * 300_000 + " "},
        {"language": "aa-" + "a1234-" * 50_000 + "!"},
        {"title": "</a" * 100_000 + " " * 100_000},
        {"items": [{"content_html": "<img srcset='" + "," * 300_000 + "'>"}]},
        {"items": [{"content_html": "<a href='" * 50_000}]},
    ],
    ids=["url", "language", "title", "srcset", "quotes"],
)
def test_no_text_is_read_in_quadratic_time(feed: dict[str, Any]) -> None:
    """Somebody else's feed must not occupy `feedsvc check` for minutes."""
    assert judge(Format.JSON, json.dumps(feed).encode(), None)


def test_no_contact_is_read_in_quadratic_time() -> None:
    hostile = b"<webMaster>a@" + b"a." * 150_000 + b"</webMaster><ttl>"

    assert "rss-contact" in {
        f.rule for f in judge(Format.RSS, SAMPLES[Format.RSS].replace(b"<ttl>", hostile))
    }
