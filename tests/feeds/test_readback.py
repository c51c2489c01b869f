"""Reading back notices every field that differs from the channel, in every format."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import fields, replace

import pytest

from feedsvc.feeds import readback
from feedsvc.feeds.readback import Seen, SeenEntry
from feedsvc.feeds.validate import validate
from feedsvc.model import Attribution, Channel, Entry, Finding, Format, Media
from tests.feeds.mutating import Change, InEntry, put, sub
from tests.feeds.strategies import START, a_channel, an_entry, categories, people, render_as
from tests.feeds.varied import DRAWING, PAPER, PICTURE, SOUND

RSS, ATOM, JSON = Format.RSS, Format.ATOM, Format.JSON
NOW = START + dt.timedelta(days=1)
ENTRY = an_entry(
    5,
    title="A <b> & “c”",
    summary_text="What & why.",
    authors=people(["Ana Lee", "Bo O’Neil"]),
    categories=categories(["News", "Arts & Culture"]),
    media=(replace(PICTURE, credit="Bo"), SOUND, DRAWING),
    thumbnail=Media("https://media.example/small.jpg", "image/jpeg", 9, 600, 400),
    language="en-GB",
    attribution=Attribution("https://o.example/1", "Orig & Co", "https://o.example/f", "© Orig"),
)
SHORT = an_entry(6, content_html=None, media=(PAPER,))
CHANNEL = a_channel(an_entry(4, media=(PICTURE,)), ENTRY, SHORT)
BODIES = {fmt: render_as(fmt, CHANNEL) for fmt in Format}

Row = tuple[str, Format, Change]


def _link(rel: str) -> Change:
    return sub(rf'<link href="([^"]*)" rel="{rel}"', rf'<link href="\1x" rel="{rel}"')


def _shortened(body: bytes) -> bytes:
    return put(items=json.loads(body)["items"][:-1])(body)


# Whole documents: (field, format, what is changed).
HEAD: tuple[Row, ...] = (
    ("title", RSS, sub("<title>", "<title>x")),
    ("description", RSS, sub("<description>", "<description>x")),
    ("home_url", RSS, sub("(<link>[^<]*)", r"\1x")),
    ("self_url", RSS, sub('(<atom:link href="[^"]*)', r"\1x")),
    ("language", RSS, sub("<language>en", "<language>fr")),
    ("rights", RSS, sub("<copyright>", "<copyright>x")),
    ("updated_at", RSS, sub(r"(<lastBuildDate>.*?):00 ", r"\1:01 ")),
    ("updated_at", RSS, sub("<lastBuildDate>.*?</lastBuildDate>", "")),
    ("pictures", RSS, sub("(<image><url>[^<]*)", r"\1x")),
    ("id", ATOM, sub("(<id>[^<]*)", r"\1x")),
    ("title", ATOM, sub("<title>", "<title>x")),
    ("description", ATOM, sub("<subtitle>", "<subtitle>x")),
    ("home_url", ATOM, _link("alternate")),
    ("self_url", ATOM, _link("self")),
    ("language", ATOM, sub('xml:lang="en"', 'xml:lang="fr"')),
    ("rights", ATOM, sub("<rights>", "<rights>x")),
    ("updated_at", ATOM, sub(r"(<updated>.*?):00Z", r"\1:01Z")),
    ("pictures", ATOM, sub("(<icon>[^<]*)", r"\1x")),
    ("pictures", ATOM, sub("(<logo>[^<]*)", r"\1x")),
    ("title", JSON, put(title="x")),
    ("description", JSON, put(description="x")),
    ("home_url", JSON, put(home_page_url="https://a.example/")),
    ("self_url", JSON, put(feed_url="https://a.example/")),
    ("language", JSON, put(language="fr")),
    ("pictures", JSON, put(icon="https://a.example/")),
    ("pictures", JSON, put(favicon="https://a.example/")),
)
# The second entry: it has everything.
ENTRIES: tuple[Row, ...] = (
    ("id", RSS, sub("(<guid[^>]*>)", r"\1x")),
    ("url", RSS, sub("(<link>[^<]*)", r"\1x")),
    ("title", RSS, sub("<title>", "<title>x")),
    ("title", RSS, sub("&#x26;", "&#x26;amp;")),
    ("title", RSS, sub("<title>.*?</title>", "")),
    ("summary", RSS, sub("<description>", "<description>x")),
    ("content", RSS, sub("(<content:encoded>)", r"\1x")),
    ("content", RSS, sub("<content:encoded>.*?</content:encoded>", "")),
    ("published_at", RSS, sub("(<pubDate>.*?):55 ", r"\1:56 ")),
    ("published_at", RSS, sub(r"\+0000</pubDate>", "-0500</pubDate>")),
    ("authors", RSS, sub("<dc:creator>", "<dc:creator>x")),
    ("authors", RSS, sub("<dc:creator>.*?</dc:creator>", "")),
    ("authors", RSS, sub("(<dc:creator>.*?</dc:creator>)(<dc:creator>.*?</dc:creator>)", r"\2\1")),
    ("categories", RSS, sub("(<category[^>]*>)", r"\1x")),
    ("categories", RSS, sub("(<category.*?</category>)(<category.*?</category>)", r"\2\1")),
    ("category_urls", RSS, sub('domain="', 'domain="x')),
    ("files", RSS, sub('(<enclosure url=")', r"\1x")),
    ("files", RSS, sub('length="', 'length="1')),
    ("files", RSS, sub("audio/mpeg", "audio/ogg")),
    ("files", RSS, sub('(<media:content url=")', r"\1x")),
    ("files", RSS, sub('fileSize="', 'fileSize="1')),
    ("attribution", RSS, sub('(<source url=")', r"\1x")),
    ("attribution", RSS, sub("(<source[^>]*>)", r"\1x")),
    ("attribution", RSS, sub("<dc:rights>.*?</dc:rights>", "")),
    ("files", RSS, sub("<media:content.*?</media:content>", "")),
    ("picture", RSS, sub('width="', 'width="1')),
    ("picture", RSS, sub('(<media:thumbnail url=")', r"\1x")),
    ("picture", RSS, sub("(<media:credit>)", r"\1x")),
    ("id", ATOM, sub("(<id>[^<]*)", r"\1x")),
    ("url", ATOM, sub('(rel="alternate"[^>]*href="|href=")', r"\1x")),
    ("title", ATOM, sub("<title>", "<title>x")),
    ("summary", ATOM, sub("(<summary[^>]*>)", r"\1x")),
    ("content", ATOM, sub("(<content[^>]*>)", r"\1x")),
    ("published_at", ATOM, sub("(<published>.*?):55Z", r"\1:54Z")),
    ("updated_at", ATOM, sub("(<updated>.*?):55Z", r"\1:56Z")),
    ("authors", ATOM, sub("<name>", "<name>x")),
    ("authors", ATOM, sub("<author>.*?</author>", "")),
    ("author_urls", ATOM, sub("(<uri>[^<]*)", r"\1x")),
    ("categories", ATOM, sub('term="', 'term="x')),
    ("category_urls", ATOM, sub('scheme="', 'scheme="x')),
    ("files", ATOM, sub('(<link rel="enclosure" href="[^"]*)', r"\1x")),
    ("files", ATOM, sub('length="', 'length="1')),
    ("files", ATOM, sub("image/png", "image/gif")),
    ("files", ATOM, sub('<link rel="enclosure"[^>]*/>', "")),
    ("attribution", ATOM, sub('(<link href="https://o.example/1)', r"\1x")),
    ("attribution", ATOM, sub('title="Orig', 'title="x')),
    ("attribution", ATOM, sub("<rights>.*?</rights>", "")),
    ("id", JSON, put(id="x")),
    ("url", JSON, put(url="https://a.example/")),
    ("title", JSON, put(title="x")),
    ("summary", JSON, put(summary="x")),
    ("content", JSON, put(content_html="<p>x</p>")),
    ("published_at", JSON, put(date_published="2024-11-15T11:59:54Z")),
    ("updated_at", JSON, put(date_modified="2024-11-15T11:59:56Z")),
    ("authors", JSON, put(authors=[{"name": "Ana Lee"}])),
    ("author_urls", JSON, put(authors=[{"name": "Ana Lee"}, {"name": "Bo O’Neil"}])),
    ("categories", JSON, put(tags=["News"])),
    ("attribution", JSON, put(external_url="https://a.example/")),
    ("attribution", JSON, put(_feedsvc={"source": {"title": "Orig & Co"}})),
    ("files", JSON, put(attachments=[])),
    ("picture", JSON, put(image="https://a.example/other.png")),
    ("files", JSON, sub('"size_in_bytes":', '"size_in_bytes":1')),
)
COUNTS: tuple[Row, ...] = (
    ("count", RSS, sub("<item>.*?</item>", "")),
    ("count", ATOM, sub("<entry.*?</entry>", "")),
    ("count", JSON, _shortened),
)
UNREADABLE: tuple[Row, ...] = (
    ("parse", RSS, sub('version="2.0"', 'version="0.91"')),
    ("parse", ATOM, sub('xmlns="[^"]*"', 'xmlns="http://purl.org/atom/ns#" version="0.3"')),
    ("parse", JSON, put(items=None)),
    ("parse", JSON, put(items=["x"])),
    ("parse", JSON, put(items=[{"id": "x", "date_published": "yesterday"}])),
    ("parse", JSON, put(items=[{"id": "x", "attachments": [{"url": []}]}])),
)


def in_second(fmt: Format, change: Change) -> Change:
    entry = InEntry(fmt, change)
    return lambda body: entry(body, 1)


def named(
    prefix: str, rows: tuple[Row, ...], wrap: Callable[[Format, Change], Change]
) -> list[Row]:
    return [(f"{prefix}{field}".replace("_", "-"), fmt, wrap(fmt, ch)) for field, fmt, ch in rows]


READBACK = (
    *named("readback-", (*HEAD, *COUNTS, *UNREADABLE), lambda _, change: change),
    *named("readback-entry-", ENTRIES, in_second),
)


def label(value: object) -> str:
    return str(value) if isinstance(value, str | Format) else ""


def judge(fmt: Format, change: Change) -> list[Finding]:
    """Validate with one document broken and no structural rules at all."""
    bodies = {**BODIES, fmt: change(BODIES[fmt])}
    return list(validate(bodies, CHANNEL, NOW, rules=()).findings)


def test_sound_documents_are_read_back_as_they_were_meant() -> None:
    assert validate(BODIES, CHANNEL, NOW).findings == ()


@pytest.mark.parametrize(("rule", "fmt", "change"), READBACK, ids=label)
def test_a_difference_is_noticed_and_named(rule: str, fmt: Format, change: Change) -> None:
    found = [finding for finding in judge(fmt, change) if finding.rule == rule]

    assert found
    for finding in found:
        assert finding.format is fmt
        assert finding.atom_id == (ENTRY.atom_id if "-entry-" in rule else None)
        assert finding.message
        assert finding.remedy


@pytest.mark.parametrize(("rule", "fmt", "change"), named("", ENTRIES, in_second), ids=label)
def test_an_entrys_difference_is_noticed_by_its_own_comparison_alone(
    rule: str, fmt: Format, change: Change
) -> None:
    field = rule.replace("-", "_")
    seen, wanted = readback.read(fmt, change(BODIES[fmt])), readback.expected(CHANNEL, fmt)
    healed = replace(seen.entries[1], **{field: getattr(wanted.entries[1], field)})
    seen = replace(seen, entries=(seen.entries[0], healed, *seen.entries[2:]))

    names = {finding.rule for finding in readback.compare(seen, wanted, CHANNEL, fmt)}

    assert f"readback-entry-{rule}" not in names


def _has(fmt: Format, value: Seen | SeenEntry) -> set[tuple[str, Format]]:
    names = [field.name for field in fields(value) if field.name != "entries"]
    return {(name, fmt) for name in names if getattr(value, name) is not None}


@pytest.mark.parametrize("fmt", list(Format))
def test_every_field_that_a_format_has_is_broken_above(fmt: Format) -> None:
    wanted = readback.expected(CHANNEL, fmt)

    assert {(field, f) for field, f, _ in HEAD if f is fmt} == _has(fmt, wanted)
    assert {(field, f) for field, f, _ in ENTRIES if f is fmt} == _has(fmt, wanted.entries[1])


def test_the_text_of_a_summary_only_item_is_compared_too() -> None:
    broken = InEntry(JSON, put(content_text="x"))(BODIES[JSON], 2)

    (finding,) = validate({JSON: broken}, CHANNEL, NOW, rules=()).findings

    assert (finding.rule, finding.atom_id) == ("readback-entry-content", SHORT.atom_id)


def test_content_where_there_should_be_none_is_noticed() -> None:
    full = replace(CHANNEL, entries=(*CHANNEL.entries[:2], replace(SHORT, content_html="<p>x</p>")))

    for fmt in Format:
        body = render_as(fmt, full)
        rules = {f.rule for f in validate({fmt: body}, CHANNEL, NOW, rules=()).findings}
        assert rules == {"readback-entry-content"}


def test_entries_in_another_order_are_noticed() -> None:
    turned = replace(CHANNEL, entries=CHANNEL.entries[::-1])

    for fmt in Format:
        body = render_as(fmt, turned)
        rules = {f.rule for f in validate({fmt: body}, CHANNEL, NOW, rules=()).findings}
        assert "readback-entry-id" in rules


# Parity: RSS as it is, another format with a difference.

PARITY: tuple[Row, ...] = (
    ("id", ATOM, sub("(<id>[^<]*)", r"\1x")),
    ("id", JSON, put(id="x")),
    ("url", ATOM, sub('href="', 'href="x')),
    ("url", JSON, put(url="x")),
    ("title", ATOM, sub("<title>", "<title>x")),
    ("title", JSON, put(title="x")),
    ("summary", ATOM, sub("(<summary[^>]*>)", r"\1x")),
    ("summary", JSON, put(summary="x")),
    ("content", ATOM, sub("(<content[^>]*>)", r"\1x")),
    ("content", JSON, put(content_html="x")),
    ("date", ATOM, sub("(<published>.*?):55Z", r"\1:54Z")),
    ("date", JSON, put(date_published="2024-11-15T11:59:54Z")),
    ("authors", ATOM, sub("<author>.*?</author>", "")),
    ("authors", JSON, put(authors=[{"name": "Bo O’Neil"}, {"name": "Ana Lee"}])),
    ("files", ATOM, sub('<link rel="enclosure"[^>]*/>', "")),
    ("files", JSON, put(attachments=[])),
    ("picture", JSON, put(image="https://a.example/other.png")),
    ("categories", ATOM, sub("<category[^>]*>", "")),
    ("categories", JSON, put(tags=["Arts & Culture", "News"])),
)


def parity(fmt: Format, change: Change) -> list[Finding]:
    seen = {f: readback.read(f, BODIES[f]) for f in Format}
    seen[fmt] = readback.read(fmt, change(BODIES[fmt]))
    return list(readback.parity(seen, CHANNEL))


@pytest.mark.parametrize(("name", "fmt", "change"), named("", PARITY, in_second), ids=label)
def test_a_format_that_says_something_else_than_rss_is_noticed(
    name: str, fmt: Format, change: Change
) -> None:
    (finding,) = parity(fmt, change)

    assert (finding.rule, finding.format) == (f"parity-{name}", fmt)
    assert finding.atom_id == ENTRY.atom_id


@pytest.mark.parametrize(
    ("change", "fmt"), [(change, fmt) for _, fmt, change in COUNTS if fmt is not RSS]
)
def test_a_format_with_fewer_entries_than_rss_is_noticed(change: Change, fmt: Format) -> None:
    (finding,) = parity(fmt, change)

    assert (finding.rule, finding.format, finding.atom_id) == ("parity-count", fmt, None)


def test_a_mistake_in_rss_is_noticed_against_both_others() -> None:
    found = parity(RSS, in_second(RSS, sub("<title>", "<title>x")))

    assert {(finding.rule, finding.format) for finding in found} == {
        ("parity-title", ATOM),
        ("parity-title", JSON),
    }


def test_everything_that_parity_compares_is_broken_above() -> None:
    other = an_entry(
        99, content_html="<p>other</p>", authors=people(["X"]), categories=categories(["Y"])
    )
    other = replace(other, summary_text="other")
    channel = a_channel(other)
    seen = {fmt: readback.read(fmt, BODIES[fmt]) for fmt in Format}
    for fmt in (ATOM, JSON):
        strange = readback.read(fmt, render_as(fmt, channel)).entries[0]
        seen[fmt] = replace(seen[fmt], entries=(strange, *seen[fmt].entries[1:]))

    found = {(f.rule.removeprefix("parity-"), f.format) for f in readback.parity(seen, CHANNEL)}

    assert found == {(name, fmt) for name, fmt, _ in PARITY}


def test_only_where_the_guid_is_no_iri_may_atom_have_an_id_of_its_own() -> None:
    def rules(entry: Entry) -> list[str]:
        channel: Channel = a_channel(entry)
        seen = {f: readback.read(f, render_as(f, channel)) for f in Format}
        return [finding.rule for finding in readback.parity(seen, a_channel(honest))]

    honest = an_entry(1)
    odd = replace(honest, guid="4711-x")
    assert rules(odd) == ["parity-id"]
    honest = odd
    assert rules(odd) == []


def test_instants_are_compared_to_the_second() -> None:
    entry = an_entry(1)
    later = replace(entry, updated_at=entry.updated_at + dt.timedelta(milliseconds=999))
    next_second = replace(entry, updated_at=entry.updated_at + dt.timedelta(seconds=1))

    def rules(written: Entry) -> set[str]:
        bodies = {fmt: render_as(fmt, a_channel(written)) for fmt in Format}
        return {f.rule for f in validate(bodies, a_channel(entry), NOW, rules=()).findings}

    assert rules(later) == set()
    assert rules(next_second) == {"readback-entry-updated-at"}


@pytest.mark.parametrize("fmt", Format)
@pytest.mark.parametrize(
    "body", [b"", b" ", b"[" * 100_000, b"<a>" * 100_000, b"\0", b"{}", b"[1]"]
)
def test_what_is_no_feed_at_all_cannot_be_read(fmt: Format, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        readback.read(fmt, body)
