"""One valid document of each format, written by hand, and the channel that all three show.

The first title looks like HTML, the second entry carries a sound, and the third has an identity
that was taken over from another system, so that its guid is not its Atom id.
"""

from __future__ import annotations

import datetime as dt

from feedsvc.model import Category, Channel, Entry, Format, Media, Person, Tombstone

NOW = dt.datetime(2024, 11, 20, 12, 0, tzinfo=dt.UTC)
SITE = "https://journal.example"


def _at(day: int, hour: int) -> dt.datetime:
    return dt.datetime(2024, 11, day, hour, 0, tzinfo=dt.UTC)


def _uuid(n: int) -> str:
    return f"urn:uuid:00000000-0000-4000-8000-{n:012d}"


CHANNEL = Channel(
    path="all",
    ids={Format.RSS: _uuid(90), Format.ATOM: _uuid(91), Format.JSON: _uuid(92)},
    title="The Journal",
    description="News from the school & the town",
    self_urls={fmt: f"{SITE}/feeds/all.{fmt}" for fmt in Format},
    home_url=f"{SITE}/",
    author="The Journal",
    site_url=f"{SITE}/",
    language="en-GB",
    rights="© 2024 The Journal",
    icon_url=f"{SITE}/icon-512.png",
    favicon_url=f"{SITE}/icon-64.png",
    image_url=f"{SITE}/icon-144.png",
    ttl_minutes=15,
    updated_at=_at(15, 13),
    entries=(
        Entry(
            guid=_uuid(1),
            atom_id=_uuid(1),
            url=f"{SITE}/articles/2024/11/the-b-tag",
            title="The <b> tag, “quoted” 🙂",
            summary_text="Why a < b & what <b> means.",
            content_html=f'<p>An <em>emphatic</em> <a href="{SITE}/about">link</a> &amp; more.</p>',
            published_at=_at(15, 12),
            updated_at=_at(15, 13),
            authors=(
                Person("Ana Sánchez", f"{SITE}/authors/ana"),
                Person("Bo O’Neil", f"{SITE}/authors/bo"),
            ),
            categories=(
                Category("News & Views", f"{SITE}/sections/news"),
                Category("html", f"{SITE}/tags/html"),
            ),
            media=(Media(f"{SITE}/media/1.jpg", "image/jpeg", 48213, 600, 400),),
        ),
        Entry(
            guid=_uuid(2),
            atom_id=_uuid(2),
            url=f"{SITE}/articles/2024/11/a-podcast",
            title="A podcast",
            summary_text="Listen to the first one.",
            content_html=f'<p>Listen.<br><img src="{SITE}/media/2.png" alt=""></p>',
            published_at=_at(14, 12),
            updated_at=_at(14, 12),
            authors=(Person("Ana Sánchez", f"{SITE}/authors/ana"),),
            categories=(Category("Audio", f"{SITE}/sections/audio"),),
            media=(Media(f"{SITE}/media/2.mp3", "audio/mpeg", 1234567),),
        ),
        Entry(
            guid="old-site-4711",
            atom_id=_uuid(3),
            url=f"{SITE}/articles/2024/11/du-vieux-site",
            title="Du vieux site",
            summary_text="Un article d’autrefois.",
            content_html="<ul><li>Un</li><li>Deux</li></ul>",
            published_at=_at(13, 12),
            updated_at=_at(13, 18),
            authors=(Person("Ana Sánchez", f"{SITE}/authors/ana"),),
            categories=(Category("Archive", f"{SITE}/sections/archive"),),
            language="fr",
        ),
    ),
    tombstones=(Tombstone("old-site-4710", _uuid(80), _at(15, 9)),),
)

RSS = """\
<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" \
xmlns:content="http://purl.org/rss/1.0/modules/content/" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"><channel>
<title>The Journal</title>
<link>https://journal.example/</link>
<description>News from the school &amp; the town</description>
<atom:link href="https://journal.example/feeds/all.rss" rel="self" type="application/rss+xml"/>
<copyright>© 2024 The Journal</copyright>
<docs>https://www.rssboard.org/rss-specification</docs>
<generator>feedsvc</generator>
<image><url>https://journal.example/icon-144.png</url><title>The Journal</title>\
<link>https://journal.example/</link><width>144</width><height>144</height></image>
<language>en-GB</language>
<lastBuildDate>Fri, 15 Nov 2024 13:00:00 +0000</lastBuildDate>
<ttl>15</ttl>
<item>
<title>The &#x3C;b> tag, “quoted” 🙂</title>
<link>https://journal.example/articles/2024/11/the-b-tag</link>
<description>Why a &amp;lt; b &amp;amp; what &amp;lt;b&amp;gt; means.</description>
<content:encoded>&lt;p&gt;An &lt;em&gt;emphatic&lt;/em&gt; \
&lt;a href="https://journal.example/about"&gt;link&lt;/a&gt; &amp;amp; more.&lt;/p&gt;\
</content:encoded>
<guid isPermaLink="false">urn:uuid:00000000-0000-4000-8000-000000000001</guid>
<category domain="https://journal.example/sections/news">News &amp; Views</category>
<category domain="https://journal.example/tags/html">html</category>
<pubDate>Fri, 15 Nov 2024 12:00:00 +0000</pubDate>
<dc:creator>Ana Sánchez</dc:creator><dc:creator>Bo O’Neil</dc:creator>
<media:content url="https://journal.example/media/1.jpg" medium="image" type="image/jpeg" \
width="600" height="400" fileSize="48213"/>
</item>
<item>
<title>A podcast</title>
<link>https://journal.example/articles/2024/11/a-podcast</link>
<description>Listen to the first one.</description>
<content:encoded>&lt;p&gt;Listen.&lt;br&gt;\
&lt;img src="https://journal.example/media/2.png" alt=""&gt;&lt;/p&gt;</content:encoded>
<guid isPermaLink="false">urn:uuid:00000000-0000-4000-8000-000000000002</guid>
<category domain="https://journal.example/sections/audio">Audio</category>
<pubDate>Thu, 14 Nov 2024 12:00:00 +0000</pubDate>
<dc:creator>Ana Sánchez</dc:creator>
<enclosure url="https://journal.example/media/2.mp3" type="audio/mpeg" length="1234567"/>
</item>
<item>
<title>Du vieux site</title>
<link>https://journal.example/articles/2024/11/du-vieux-site</link>
<description>Un article d’autrefois.</description>
<content:encoded>&lt;ul&gt;&lt;li&gt;Un&lt;/li&gt;&lt;li&gt;Deux&lt;/li&gt;&lt;/ul&gt;</content:encoded>
<guid isPermaLink="false">old-site-4711</guid>
<category domain="https://journal.example/sections/archive">Archive</category>
<pubDate>Wed, 13 Nov 2024 12:00:00 +0000</pubDate>
<dc:creator>Ana Sánchez</dc:creator>
</item>
</channel></rss>
""".encode()

ATOM = """\
<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0" \
xml:lang="en-GB">
<id>urn:uuid:00000000-0000-4000-8000-000000000091</id>
<title>The Journal</title>
<updated>2024-11-15T13:00:00Z</updated>
<author><name>The Journal</name><uri>https://journal.example/</uri></author>
<link rel="self" type="application/atom+xml" href="https://journal.example/feeds/all.atom"/>
<link rel="alternate" type="text/html" href="https://journal.example/"/>
<generator>feedsvc</generator>
<icon>https://journal.example/icon-512.png</icon>
<logo>https://journal.example/icon-512.png</logo>
<rights>© 2024 The Journal</rights>
<subtitle>News from the school &amp; the town</subtitle>
<at:deleted-entry ref="urn:uuid:00000000-0000-4000-8000-000000000080" when="2024-11-15T09:00:00Z"/>
<entry>
<id>urn:uuid:00000000-0000-4000-8000-000000000001</id>
<title>The &lt;b&gt; tag, “quoted” 🙂</title>
<updated>2024-11-15T13:00:00Z</updated>
<author><name>Ana Sánchez</name><uri>https://journal.example/authors/ana</uri></author>
<author><name>Bo O’Neil</name><uri>https://journal.example/authors/bo</uri></author>
<content type="html">&lt;p&gt;An &lt;em&gt;emphatic&lt;/em&gt; \
&lt;a href="https://journal.example/about"&gt;link&lt;/a&gt; &amp;amp; more.&lt;/p&gt;</content>
<link rel="alternate" type="text/html" href="https://journal.example/articles/2024/11/the-b-tag"/>
<link rel="enclosure" type="image/jpeg" length="48213" href="https://journal.example/media/1.jpg"/>
<summary type="text">Why a &lt; b &amp; what &lt;b&gt; means.</summary>
<category term="News &amp; Views" scheme="https://journal.example/sections/news" \
label="News &amp; Views"/>
<category term="html" scheme="https://journal.example/tags/html" label="html"/>
<published>2024-11-15T12:00:00Z</published>
</entry>
<entry>
<id>urn:uuid:00000000-0000-4000-8000-000000000002</id>
<title>A podcast</title>
<updated>2024-11-14T12:00:00Z</updated>
<author><name>Ana Sánchez</name><uri>https://journal.example/authors/ana</uri></author>
<content type="html">&lt;p&gt;Listen.&lt;br&gt;\
&lt;img src="https://journal.example/media/2.png" alt=""&gt;&lt;/p&gt;</content>
<link rel="alternate" type="text/html" href="https://journal.example/articles/2024/11/a-podcast"/>
<link rel="enclosure" type="audio/mpeg" length="1234567" href="https://journal.example/media/2.mp3"/>
<summary type="text">Listen to the first one.</summary>
<category term="Audio" scheme="https://journal.example/sections/audio" label="Audio"/>
<published>2024-11-14T12:00:00Z</published>
</entry>
<entry xml:lang="fr">
<id>urn:uuid:00000000-0000-4000-8000-000000000003</id>
<title>Du vieux site</title>
<updated>2024-11-13T18:00:00Z</updated>
<author><name>Ana Sánchez</name><uri>https://journal.example/authors/ana</uri></author>
<content type="html">&lt;ul&gt;&lt;li&gt;Un&lt;/li&gt;&lt;li&gt;Deux&lt;/li&gt;&lt;/ul&gt;</content>
<link rel="alternate" type="text/html" href="https://journal.example/articles/2024/11/du-vieux-site"/>
<summary type="text">Un article d’autrefois.</summary>
<category term="Archive" scheme="https://journal.example/sections/archive" label="Archive"/>
<published>2024-11-13T12:00:00Z</published>
</entry>
</feed>
""".encode()

JSON = """\
{"version": "https://jsonfeed.org/version/1.1",
 "title": "The Journal",
 "home_page_url": "https://journal.example/",
 "feed_url": "https://journal.example/feeds/all.json",
 "description": "News from the school & the town",
 "icon": "https://journal.example/icon-512.png",
 "favicon": "https://journal.example/icon-64.png",
 "authors": [{"name": "The Journal", "url": "https://journal.example/"}],
 "language": "en-GB",
 "_journal": {"about": "https://journal.example/about/feeds", "issue": 7},
 "_feedsvc": {"about": "https://journal.example/feeds#deleted",
              "deleted": [{"id": "old-site-4710", "when": "2024-11-15T09:00:00Z"}]},
 "items": [
  {"id": "urn:uuid:00000000-0000-4000-8000-000000000001",
   "url": "https://journal.example/articles/2024/11/the-b-tag",
   "title": "The <b> tag, “quoted” 🙂",
   "summary": "Why a < b & what <b> means.",
   "content_html":
    "<p>An <em>emphatic</em> <a href=\\"https://journal.example/about\\">link</a> &amp; more.</p>",
   "date_published": "2024-11-15T12:00:00Z",
   "date_modified": "2024-11-15T13:00:00Z",
   "authors": [{"name": "Ana Sánchez", "url": "https://journal.example/authors/ana"},
               {"name": "Bo O’Neil", "url": "https://journal.example/authors/bo"}],
   "tags": ["News & Views", "html"],
   "image": "https://journal.example/media/1.jpg",
   "attachments": [{"url": "https://journal.example/media/1.jpg", "mime_type": "image/jpeg",
                    "size_in_bytes": 48213}]},
  {"id": "urn:uuid:00000000-0000-4000-8000-000000000002",
   "url": "https://journal.example/articles/2024/11/a-podcast",
   "title": "A podcast",
   "summary": "Listen to the first one.",
   "content_html":
    "<p>Listen.<br><img src=\\"https://journal.example/media/2.png\\" alt=\\"\\"></p>",
   "date_published": "2024-11-14T12:00:00Z",
   "date_modified": "2024-11-14T12:00:00Z",
   "authors": [{"name": "Ana Sánchez", "url": "https://journal.example/authors/ana"}],
   "tags": ["Audio"],
   "attachments": [{"url": "https://journal.example/media/2.mp3", "mime_type": "audio/mpeg",
                    "size_in_bytes": 1234567}]},
  {"id": "old-site-4711",
   "url": "https://journal.example/articles/2024/11/du-vieux-site",
   "title": "Du vieux site",
   "summary": "Un article d’autrefois.",
   "content_html": "<ul><li>Un</li><li>Deux</li></ul>",
   "date_published": "2024-11-13T12:00:00Z",
   "date_modified": "2024-11-13T18:00:00Z",
   "authors": [{"name": "Ana Sánchez", "url": "https://journal.example/authors/ana"}],
   "tags": ["Archive"],
   "language": "fr"}
 ]}
""".encode()

SAMPLES = {Format.RSS: RSS, Format.ATOM: ATOM, Format.JSON: JSON}
