"""Ways to break JSON Feed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from feedsvc.feeds.rules_bytes import MAX_BYTES
from tests.feeds.mutating import Change, NothingToBreakError, Row, drop, put, sub

FILE = "https://a.example/1.mp3"
AHEAD, LONG_AGO = "2999-01-01T00:00:00Z", "2001-01-01T00:00:00Z"


def _items(edit: Callable[[list[Any]], list[Any]]) -> Change:
    def change(body: bytes) -> bytes:
        before = json.loads(body)["items"]
        if len(before) < 2:
            raise NothingToBreakError
        return put(items=edit(before))(body)

    return change


def _deleted(edit: Callable[[list[Any], str], Any]) -> Change:
    """Edit what is announced as deleted, knowing the id of an item."""

    def change(body: bytes) -> bytes:
        feed = json.loads(body)
        if "_feedsvc" not in feed:
            raise NothingToBreakError
        deleted = edit(feed["_feedsvc"]["deleted"], feed["items"][0]["id"])
        return put(_feedsvc={**feed["_feedsvc"], "deleted": deleted})(body)

    return change


def _next_is_self(body: bytes) -> bytes:
    return put(next_url=json.loads(body)["feed_url"])(body)


DOCUMENT: tuple[Row, ...] = (
    ("well-formed", "cut short", lambda body: body[:-20]),
    ("well-formed", "a name twice", sub(r"\{", '{"title": "x", ')),
    ("well-formed", "not a number", sub(r"\{", '{"_x": NaN, ')),
    ("well-formed", "an array", lambda body: b"[" + body + b"]"),
    ("well-formed", "bottomless", lambda body: b"[" * 100_000),
    ("size", "a megabyte", lambda body: body + b" " * MAX_BYTES),
    ("first-bytes", "a byte order mark", lambda body: b"\xef\xbb\xbf" + body),
    ("first-bytes", "a blank line", lambda body: b"\n" + body),
    ("encoding", "a byte of Latin-1", lambda body: body.replace(b'"title"', b'"title\xe9"', 1)),
    ("absolute-urls", "the icon", put(icon="/icon.png")),
    ("absolute-urls", "the author's", put(authors=[{"name": "x", "url": "x"}])),
    ("language", "none", drop("language")),
    ("language", "in words", put(language="english")),
    ("self-link", "none", drop("feed_url")),
    ("self-url", "elsewhere", put(feed_url="https://a.example/feed.json")),
    ("icons", "no icon", drop("icon")),
    ("icons", "no favicon", drop("favicon")),
    ("json-version", "1.0", put(version="https://jsonfeed.org/version/1")),
    ("json-title", "none", drop("title")),
    ("json-home-page", "none", drop("home_page_url")),
    ("json-items", "none", drop("items")),
    ("json-items", "not an object", put(items=["x"])),
    ("json-authors", "version 1.0", put(author={"name": "x"})),
    ("entry-id-unique", "an item twice", _items(lambda items: [items[0], *items])),
    ("newest-first", "upside down", _items(lambda items: items[::-1])),
    ("json-next-url", "round in circles", _next_is_self),
    ("history-channel", "an older page", put(next_url="https://a.example/2024-10.json")),
    ("json-hubs", "no url", put(hubs=[{"type": "WebSub"}])),
    ("json-names", "an unknown one", put(subtitle="x")),
    ("json-kinds", "a number", put(title=4711)),
    ("json-kinds", "nothing", put(description=None)),
    ("json-extensions", "no about", put(_x={"y": 1})),
    ("json-extensions", "a dot", put(_x={"about": "https://a.example/", "y.z": 1})),
    ("json-extensions", "an odd name", put(_1={"about": "https://a.example/"})),
    ("absolute-urls", "our extension's", put(_feedsvc={"about": "feeds", "deleted": []})),
    ("date-format", "a deletion's", _deleted(lambda gone, _: [{**gone[0], "when": "2024-11-15"}])),
    ("date-format", "a deletion without", _deleted(lambda gone, _: [{"id": gone[0]["id"]}])),
    ("date-future", "a deletion's", _deleted(lambda gone, _: [{**gone[0], "when": AHEAD}])),
    ("deletions", "one kept quiet", drop("_feedsvc")),
    ("deletions", "one twice", _deleted(lambda gone, _: gone * 2)),
    ("deletions", "an item that is there", _deleted(lambda gone, i: [{**gone[0], "id": i}])),
    ("deletions", "in another year", _deleted(lambda gone, _: [{**gone[0], "when": LONG_AGO}])),
    ("json-deleted", "no array", _deleted(lambda gone, _: gone[0])),
    ("json-deleted", "ids alone", _deleted(lambda gone, _: [gone[0]["id"]])),
    ("json-deleted", "a blank id", _deleted(lambda gone, _: [{**gone[0], "id": " "}])),
    ("json-deleted", "a further name", _deleted(lambda gone, _: [{**gone[0], "by": "x"}])),
)

ENTRY: tuple[Row, ...] = (
    ("characters", "a vertical tab", put(title="x\x0b")),
    ("characters", "half a character", put(title="\ud83d")),
    ("absolute-urls", "the url", put(url="/about")),
    ("mixed-content", "the url", sub(r'("url"\s*:\s*")https:', r"\1http:")),
    ("html-escaped-once", "the text", put(content_html="&lt;p&gt;x&lt;/p&gt;")),
    ("plain-text", "a tag", put(title="<i>New</i> x")),
    ("plain-text", "a reference in a tag", put(tags=["AT&amp;T"])),
    ("language", "in words", put(language="english")),
    ("date-format", "a day", put(date_published="2024-11-15")),
    ("date-format", "no such day", put(date_published="2024-02-30T00:00:00Z")),
    ("date-future", "published", put(date_published="2999-01-01T00:00:00Z")),
    ("date-required", "not published", drop("date_published")),
    ("date-order", "modified before", put(date_modified="1999-01-01T00:00:00Z")),
    ("json-id", "none", drop("id")),
    ("json-id", "a number", put(id=4711)),
    ("json-id", "a small number", put(id="4711")),
    ("json-url", "none", drop("url")),
    ("json-content", "none", drop("content_html", "content_text")),
    ("json-authors", "nobody", put(authors=[{}])),
    ("json-authors", "a blank name", put(authors=[{"name": " ", "url": "https://a.example/"}])),
    ("json-tags", "blank", put(tags=[" "])),
    ("json-tags", "a number", put(tags=[1])),
    ("json-attachments", "no url", put(attachments=[{"mime_type": "audio/mpeg"}])),
    ("json-attachments", "no type", put(attachments=[{"url": FILE}])),
    (
        "json-attachments",
        "a size in words",
        put(attachments=[{"url": FILE, "mime_type": "audio/mpeg", "size_in_bytes": "1 MB"}]),
    ),
    ("json-names", "an unknown one", put(content="x")),
    ("json-kinds", "a number", put(summary=4711)),
    ("json-source", "nameless", put(_feedsvc={"about": FILE, "source": {"rights": "x"}})),
    ("json-source", "nowhere", put(_feedsvc={"about": FILE, "source": {"title": "x"}}, url="")),
    ("absolute-urls", "where it was first", put(external_url="/there")),
)
