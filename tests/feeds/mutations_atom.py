"""Ways to break Atom."""

from __future__ import annotations

import re

from tests.feeds.mutating import Change, Row, append, element, sub

THR = 'xmlns:thr="http://purl.org/syndication/thread/1.0"'
AT = 'xmlns:at="http://purl.org/atompub/tombstones/1.0"'
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
DISTANT = 'src="https://a.example/" type="audio/mpeg"'
ESCAPED_TWICE = "&amp;lt;p&amp;gt;x&amp;lt;/p&amp;gt;"


def _gone(ref: str, *, year: int = 2020, inside: str = "") -> str:
    attributes = f'{AT} ref="{ref}" when="{year}-01-01T00:00:00Z"'
    return f"<at:deleted-entry {attributes}>{inside}</at:deleted-entry>"


def _link(rel: str, attribute: str = "") -> str:
    return f'<link rel="{rel}" href="https://a.example/" {attribute}/>'


def _xhtml(inside: str) -> Change:
    return element("content", f'<content type="xhtml">{inside}</content>')


DOCUMENT: tuple[Row, ...] = (
    (
        "namespace-uris",
        "https",
        sub('"http://www.w3.org/2005/Atom', '"https://www.w3.org/2005/Atom'),
    ),
    ("namespaces-used", "at without need", sub("<feed ", f"<feed {THR} ")),
    ("entry-id-unique", "an entry twice", sub(r"(<entry\b.*?</entry>)", r"\1\1")),
    ("absolute-urls", "the icon", element("icon", "<icon>/icon.png</icon>")),
    ("language", "none", sub(' xml:lang="[^"]*"', "")),
    ("language", "in words", sub(' xml:lang="[^"]*"', ' xml:lang="english"')),
    ("self-link", "none", sub("<link[^>]*application/atom.xml[^>]*>", "")),
    ("self-link", "two", sub("(<link[^>]*application/atom.xml[^>]*>)", r"\1\1")),
    ("self-link", "of HTML", sub("application/atom.xml", "text/html")),
    ("self-url", "elsewhere", sub(r'href="(https?://[^"]*\.atom")', r'href="x:\1')),
    ("icons", "no icon", element("icon")),
    ("icons", "no logo", element("logo")),
    ("date-format", "without T", sub("(<updated>[^T]*)T", r"\1 ")),
    ("date-future", "the feed's", sub(r"<updated>\d{4}", "<updated>2999")),
    ("date-future", "a tombstone's", sub("(<link)", _gone("urn:x:y", year=2999) + r"\1")),
    ("feed-date", "an old feed", sub(r"<updated>\d{4}", "<updated>1999")),
    ("newest-first", "the first at the end", sub(r"(<entry\b.*?</entry>)(.*</entry>)", r"\2\1")),
    ("atom-schema", "an unknown element", sub("<icon>", "<bogus/><icon>")),
    ("atom-schema", "an unknown attribute", sub("<link ", '<link bogus="x" ')),
    ("atom-schema", "an element without namespace", sub("<icon>", '<x xmlns=""/><icon>')),
    ("atom-feed-elements", "no id", element("id")),
    ("atom-feed-elements", "two ids", sub("<id>", "<id>urn:x:y</id><id>")),
    ("atom-feed-elements", "no title", element("title")),
    ("atom-feed-elements", "no date", element("updated")),
    ("atom-author", "nobody at all", lambda body: re.sub(b"<author>.*?</author>", b"", body)),
    ("atom-author", "a nameless feed", element("author", "<author><name/></author>")),
    ("atom-id", "a relative id", element("id", "<id>feeds/all</id>")),
    ("atom-id", "half a uuid", element("id", "<id>urn:uuid:12</id>")),
    ("atom-id", "blanks round the id", sub("<id>", "<id> ")),
    ("atom-feed-id", "a new one", element("id", "<id>urn:x:y</id>")),
    (
        "atom-feed-id",
        "an entry's",
        sub(r"<id>.*?</id>(.*?<entry[^>]*>\s*<id>(.*?)</id>)", r"<id>\2</id>\1"),
    ),
    ("atom-alternate", "no page", sub('<link[^>]*rel="alternate"[^>]*>', "")),
    ("atom-alternate-unique", "two pages", sub('(<link[^>]*rel="alternate"[^>]*>)', r"\1\1")),
    ("atom-link-relations", "an unknown one", sub('rel="alternate"', 'rel="canonical"')),
    (
        "atom-updated-distinct",
        "a date twice",
        sub("(<entry.*?<updated>)(.*?)(<.*?<entry.*?<updated>).*?<", r"\1\2\3\2<"),
    ),
    ("atom-tombstones", "no reference", sub("(<link)", _gone("x") + r"\1")),
    (
        "atom-tombstones",
        "with a comment",
        sub("(<link)", _gone("urn:x:y", inside="<at:comment>x</at:comment>") + r"\1"),
    ),
    (
        "deletions",
        "an entry that is there",
        sub(r"(<link.*?<entry[^>]*>\s*<id>(.*?)</id>)", _gone(r"\2") + r"\1"),
    ),
    ("deletions", "one kept quiet", element("at:deleted-entry")),
    ("deletions", "one twice", sub(r"(<at:deleted-entry[^>]*>)", r"\1\1")),
    ("deletions", "in another year", sub(r'(when=")\d{4}', r"\g<1>2001")),
    ("atom-generator", "none", element("generator")),
    ("atom-xhtml-div", "in the subtitle", sub("<subtitle[^>]*>", '<subtitle type="xhtml">')),
)

ENTRY: tuple[Row, ...] = (
    ("absolute-urls", "a link", sub('(<link[^>]*href=")https?://', r"\1/")),
    ("mixed-content", "the link", sub('href="https:', 'href="http:')),
    (
        "html-escaped-once",
        "the text",
        element("content", f'<content type="html">{ESCAPED_TWICE}</content>'),
    ),
    ("plain-text", "a tag", sub("<title>", "<title>&lt;i>New&lt;/i> ")),
    ("date-format", "no zone", sub("Z</published>", "</published>")),
    ("date-future", "updated", sub(r"<updated>\d{4}", "<updated>2999")),
    ("date-required", "not published", element("published")),
    ("date-order", "updated before", sub(r"<updated>\d{4}", "<updated>1999")),
    ("atom-schema", "an unknown element", append("<bogus/>")),
    ("atom-schema", "a relation without address", append('<link rel="via"/>')),
    ("atom-entry-elements", "no id", element("id")),
    ("atom-entry-elements", "a blank title", element("title", "<title/>")),
    ("atom-entry-elements", "no date", element("updated")),
    ("atom-entry-elements", "two summaries", append("<summary>x</summary><summary>y</summary>")),
    ("atom-author", "nameless", append("<author><name> </name></author>")),
    ("atom-id", "a relative id", element("id", "<id>articles/1</id>")),
    ("atom-alternate", "no page", sub('<link[^>]*rel="alternate"[^>]*>', "")),
    ("atom-alternate-unique", "two pages", sub('(<link[^>]*rel="alternate"[^>]*>)', r"\1\1")),
    ("atom-link-relations", "a page of the feed", append(_link("prev-archive"))),
    ("atom-enclosure", "no length", append(_link("enclosure", 'type="audio/mpeg"'))),
    ("atom-enclosure", "no type", append(_link("enclosure", 'length="1"'))),
    ("atom-content-type", "feedgen's CDATA", sub('<content type="html"', '<content type="CDATA"')),
    ("atom-content-type", "none", sub('<content type="html"', "<content")),
    ("atom-text-type", "an HTML title", sub("<title[^>]*>", '<title type="html">')),
    (
        "atom-text-type",
        "a summary of media type",
        sub("<summary[^>]*>", '<summary type="text/html">'),
    ),
    ("atom-xhtml-div", "no div", _xhtml(f"<p {XHTML}>x</p>")),
    ("atom-xhtml-div", "text beside it", _xhtml(f"x <div {XHTML}>x</div>")),
    ("unsafe-elements", "a script in XHTML", _xhtml(f"<div {XHTML}><script/></div>")),
    (
        "atom-summary",
        "content elsewhere",
        sub("<content.*</content>(.*)<summary.*</summary>", rf"<content {DISTANT}/>\1"),
    ),
    ("atom-category", "no scheme", append('<category term="x" label="x"/>')),
    ("atom-category", "no label", append('<category term="x" scheme="https://a.example/"/>')),
)
