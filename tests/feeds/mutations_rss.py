"""Ways to break RSS."""

from __future__ import annotations

from tests.feeds.mutating import Row, append, element, sub

MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
URL, LENGTH = 'url="https://a.example/1.mp3"', 'length="1"'
AUDIO, IMAGE, MEDIUM = 'type="audio/mpeg"', 'type="image/png"', 'medium="image"'
ESCAPED_TWICE = "&amp;lt;p&amp;gt;x&amp;lt;/p&amp;gt;"


def _enclosure(*attributes: str) -> str:
    return f"<enclosure {' '.join(attributes)}/>"


def _media(*attributes: str) -> str:
    return f"<media:content {MEDIA} {' '.join(attributes)}/>"


_PICTURE = _media(URL, MEDIUM, IMAGE)
DOCUMENT: tuple[Row, ...] = (
    ("namespace-uris", "https", sub('"http://purl.org/rss/1.0', '"https://purl.org/rss/1.0')),
    (
        "namespace-uris",
        "a slash less",
        sub("<rss ", '<rss xmlns:m="http://search.yahoo.com/mrss" '),
    ),
    ("entry-id-unique", "an item twice", sub("(<item>.*?</item>)", r"\1\1")),
    ("absolute-urls", "the docs", sub("<docs>https:", "<docs>")),
    ("language", "none", element("language")),
    ("language", "in words", element("language", "<language>British English</language>")),
    ("self-link", "none", element("atom:link")),
    ("self-link", "two", sub("(<atom:link[^>]*/>)", r"\1\1")),
    ("self-link", "of HTML", sub("application/rss.xml", "text/html")),
    ("self-url", "elsewhere", sub('(<atom:link[^>]*href="https?://)', r"\1www.")),
    ("icons", "none", element("image")),
    ("date-format", "lastBuildDate in words", sub("<lastBuildDate>.*?<", "<lastBuildDate>today<")),
    ("date-future", "lastBuildDate", sub(r"(<lastBuildDate>.*?)\d{4}", r"\g<1>2999")),
    ("feed-date", "an old lastBuildDate", sub(r"(<lastBuildDate>.*?)\d{4}", r"\g<1>1999")),
    ("newest-first", "the first at the end", sub("(<item>.*?</item>)(.*</item>)", r"\2\1")),
    ("rss-root", "version 0.92", sub('version="2.0"', 'version="0.92"')),
    ("rss-root", "two channels", sub("</channel>", "</channel><channel/>")),
    ("rss-channel-elements", "no title", element("title")),
    ("rss-channel-elements", "a blank link", element("link", "<link/>")),
    ("rss-channel-elements", "no description", element("description")),
    ("rss-channel-housekeeping", "no ttl", element("ttl")),
    ("rss-channel-housekeeping", "no docs", element("docs")),
    ("rss-channel-housekeeping", "no generator", element("generator")),
    ("rss-channel-housekeeping", "no language", element("language")),
    ("rss-channel-housekeeping", "no lastBuildDate", element("lastBuildDate")),
    ("rss-element-once", "two titles", sub("<title>", "<title>x</title><title>")),
    ("rss-known-elements", "Newspack's tags", sub("<item>", "<tags>x</tags><item>")),
    ("rss-items-last", "ttl at the end", sub("(<ttl>.*?</ttl>)(.*)(</channel>)", r"\2\1\3")),
    ("rss-contact", "a webMaster without address", sub("<ttl>", "<webMaster>Ana</webMaster><ttl>")),
    ("rss-image", "no url", sub("<image><url>.*?</url>", "<image>")),
    ("rss-image-match", "another title", sub("(<image>.*?<title>)", r"\1x")),
    ("rss-image-match", "another link", sub("(<image>.*?<link>[^<]*)", r"\1x")),
    ("rss-image-size", "too wide", sub(r"<width>\d+", "<width>145")),
    ("rss-image-size", "too high", sub(r"<height>\d+", "<height>401")),
    ("rss-ttl", "zero", element("ttl", "<ttl>0</ttl>")),
    ("rss-ttl", "in words", element("ttl", "<ttl>an hour</ttl>")),
)

ENTRY: tuple[Row, ...] = (
    ("absolute-urls", "the link", element("link", "<link>/about</link>")),
    ("mixed-content", "the link", sub("<link>https:", "<link>http:")),
    (
        "html-escaped-once",
        "the text",
        element("content:encoded", f"<content:encoded>{ESCAPED_TWICE}</content:encoded>"),
    ),
    ("plain-text", "a tag", sub("<title>", "<title>&#x3C;i>New&#x3C;/i> ")),
    ("date-format", "no date", element("pubDate", "<pubDate>yesterday</pubDate>")),
    ("date-format", "a named zone", sub(r"\+0000</pubDate>", "EST</pubDate>")),
    ("date-format", "two digits", sub(r"(<pubDate>.*?)\d\d(\d\d \d\d:)", r"\1\2")),
    ("date-format", "another day", sub(r"<pubDate>\w+,", "<pubDate>Xxx,")),
    ("date-future", "pubDate", sub(r"(<pubDate>.*?)\d{4}", r"\g<1>2999")),
    ("date-required", "no pubDate", element("pubDate")),
    ("rss-item-elements", "no title", element("title")),
    ("rss-item-elements", "no link", element("link")),
    ("rss-item-elements", "no description", element("description")),
    ("rss-item-elements", "no guid", element("guid")),
    ("rss-item-elements", "a blank date", element("pubDate", "<pubDate> </pubDate>")),
    ("rss-element-once", "two guids", append('<guid isPermaLink="false">x</guid>')),
    ("rss-known-elements", "Newspack's updated", append("<updated>x</updated>")),
    ("rss-known-elements", "a tag in a title", sub("<title>", "<title><b>x</b>")),
    (
        "rss-description-first",
        "at the end",
        sub("(<description>.*?</description>)(.*)(</item>)", r"\2\1\3"),
    ),
    ("rss-guid", "blank", sub("(<guid[^>]*>)[^<]*", r"\1 ")),
    ("rss-guid", "a small number", sub("(<guid[^>]*>)[^<]*", r"\g<1>4711")),
    ("rss-guid-permalink", "by default", sub(' isPermaLink="false"', "")),
    ("rss-guid-permalink", "said so", sub('isPermaLink="false"', 'isPermaLink="true"')),
    ("rss-contact", "an author without address", append("<author>Ana</author>")),
    ("rss-creator", "blank", append(f"<dc:creator {DC}> </dc:creator>")),
    ("rss-enclosure", "two", append(2 * _enclosure(URL, LENGTH, AUDIO))),
    ("rss-enclosure", "no length", append(_enclosure(URL, AUDIO))),
    ("rss-enclosure", "no url", append(_enclosure(LENGTH, AUDIO))),
    ("rss-enclosure", "no type", append(_enclosure(URL, LENGTH))),
    ("rss-media", "no medium", append(_media(URL, IMAGE))),
    ("rss-media", "no url", append(_media(MEDIUM, IMAGE))),
    ("rss-media", "no type", append(_media(URL, MEDIUM))),
    ("rss-media", "a thumbnail without an address", append(f"<media:thumbnail {MEDIA}/>")),
    ("rss-media", "a thumbnail of no width", append(f'<media:thumbnail {MEDIA} {URL} width=""/>')),
    ("rss-media-group", "one alone", append(f"<media:group {MEDIA}>{_PICTURE}</media:group>")),
    ("rss-media", "no size", append(_media(URL, MEDIUM, IMAGE, 'fileSize="0"'))),
    ("rss-category", "no domain", sub("<category domain=[^>]*>", "<category>")),
    ("rss-category", "no name", sub("(<category[^>]*>)[^<]*", r"\1")),
    ("rss-source", "no url", append("<source>The Gazette</source>")),
    ("rss-source", "no name", append('<source url="https://a.example/feed"/>')),
    ("absolute-urls", "a source", append('<source url="/feed">x</source>')),
    ("rss-text-references", "a source", append(f"<source {URL}>&lt;b></source>")),
    ("rss-text-references", "rights", append(f"<dc:rights {DC}>&amp;copy;</dc:rights>")),
    ("rss-text-references", "a tag", sub("<title>", "<title>&lt;b>")),
    ("rss-text-references", "a reference", sub("<title>", "<title>&amp;#39;")),
    ("rss-text-references", "a name of HTML", sub("<title>", "<title>&amp;copy ")),
)
