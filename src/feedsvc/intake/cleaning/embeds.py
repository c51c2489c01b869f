"""What other sites put into a page, as an address that people can follow.

Feed readers and newsletters drop frames; a link with words is what they all can show. Only
hosts that the newsroom named become links: a frame may as well be an advert.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

from feedsvc.intake.cleaning.addresses import absolute
from feedsvc.intake.cleaning.markup import element, escape
from feedsvc.settings.groups import EMBEDS

__all__ = ["EMBEDS", "link_for", "linked_address", "page_of", "post_link"]

# Embedded address -> the page for people. The first that fits counts.
_PAGES = tuple(
    (re.compile(r"https?://(?:www\.)?" + pattern), page)
    for pattern, page in (
        (
            r"youtube(?:-nocookie)?\.com/embed/videoseries\?(?:.*&)?list=([\w-]+).*",
            r"https://www.youtube.com/playlist?list=\1",
        ),
        (
            r"youtube(?:-nocookie)?\.com/(?:embed|v)/([\w-]+)(?:\?(?:.*&)?start=(\d+).*)",
            r"https://www.youtube.com/watch?v=\1&t=\2s",
        ),
        (
            r"(?:youtube(?:-nocookie)?\.com/(?:embed|v)|youtu\.be)/([\w-]+).*",
            r"https://www.youtube.com/watch?v=\1",
        ),
        (r"player\.vimeo\.com/video/(\d+)\?(?:.*&)?h=(\w+).*", r"https://vimeo.com/\1/\2"),
        (r"player\.vimeo\.com/video/(\d+).*", r"https://vimeo.com/\1"),
        (
            r"open\.spotify\.com/embed(?:-podcast)?/(\w+)/(\w+).*",
            r"https://open.spotify.com/\1/\2",
        ),
        (
            r"google\.com/maps/embed\?pb=.*!2d(-?[\d.]+)!3d(-?[\d.]+).*",
            r"https://www.google.com/maps?q=\2,\1",
        ),
        (
            r"google\.com/maps/embed/v1/\w+\?(?:.*&)?q=([^&]+).*",
            r"https://www.google.com/maps?q=\1",
        ),
        (r"(docs\.google\.com/forms/.*/viewform)\?.*", r"https://\1"),
        (r"(docs\.google\.com/.*/)(?:embed|pub)\?.*", r"https://\1pub"),
        (r"(docs\.google\.com/.*/pubhtml)\?.*", r"https://\1"),
        (r"(drive\.google\.com/file/d/[\w-]+)/preview.*", r"https://\1/view"),
        (
            r"e\.issuu\.com/embed\.html\?d=([\w.-]+)&u=([\w.-]+).*",
            r"https://issuu.com/\2/docs/\1",
        ),
        (
            r"e\.issuu\.com/embed\.html\?(?:.*&)?u=([\w.-]+)&d=([\w.-]+).*",
            r"https://issuu.com/\1/docs/\2",
        ),
        (r"(instagram\.com/(?:p|reel|tv)/[\w-]+).*", r"https://www.\1/"),
        (r"(flickr\.com/photos/.*)/player/?.*", r"https://www.\1/"),
        (r"platform\.twitter\.com/embed/.*[?&]id=(\d+).*", r"https://x.com/i/status/\1"),
        (r"archive\.org/embed/([^/?#]+).*", r"https://archive.org/details/\1"),
        (r"dailymotion\.com/embed/video/(\w+).*", r"https://www.dailymotion.com/video/\1"),
        (r"embed\.(podcasts\.apple\.com/.*)", r"https://\1"),
        (r"embed\.(?:ted\.com)/(.*)", r"https://www.ted.com/\1"),
    )
)
# Players whose own address holds the page's: (player, name of the field).
_HOLDERS = (
    (re.compile(r"https?://w\.soundcloud\.com/player"), "url"),
    (re.compile(r"https?://www\.facebook\.com/plugins/"), "href"),
    (re.compile(r"https?://docs\.google\.com/(?:viewer|gview)"), "url"),
)
# Buttons and checks come from the same hosts, and say nothing.
_BUTTONS = re.compile(
    r"https?://(?:www\.facebook\.com/plugins/(?:like|share|follow|page|comments)"
    r"|platform\.twitter\.com/widgets/|www\.youtube\.com/subscribe_embed"
    r"|www\.google\.com/recaptcha)"
)
_NOT_FOR_PEOPLE = "https://api.soundcloud.com/"
_NAMES = (
    ("youtube.com", "Video on YouTube"),
    ("youtu.be", "Video on YouTube"),
    ("youtube-nocookie.com", "Video on YouTube"),
    ("vimeo.com", "Video on Vimeo"),
    ("dailymotion.com", "Video on Dailymotion"),
    ("ted.com", "Talk on TED"),
    ("tiktok.com", "Video on TikTok"),
    ("soundcloud.com", "Sound on SoundCloud"),
    ("spotify.com", "Sound on Spotify"),
    ("podcasts.apple.com", "Sound on Apple Podcasts"),
    ("bandcamp.com", "Music on Bandcamp"),
    ("calendar.google.com", "Calendar on Google"),
    ("docs.google.com/forms", "Form on Google Forms"),
    ("docs.google.com", "Document on Google Docs"),
    ("drive.google.com", "Document on Google Drive"),
    ("google.com", "Map on Google Maps"),
    ("openstreetmap.org", "Map on OpenStreetMap"),
    ("issuu.com", "Publication on Issuu"),
    ("flickr.com", "Photo on Flickr"),
    ("instagram.com", "Post on Instagram"),
    ("threads.net", "Post on Threads"),
    ("bsky.app", "Post on Bluesky"),
    ("twitter.com", "Post on X"),
    ("x.com", "Post on X"),
    ("facebook.com", "Post on Facebook"),
    ("archive.org", "Item in the Internet Archive"),
    ("datawrapper.de", "Chart on Datawrapper"),
    ("dwcdn.net", "Chart on Datawrapper"),
    ("infogram.com", "Chart on Infogram"),
    ("flourish.studio", "Chart on Flourish"),
)
# Posts that a script would have dressed up, and where their address is besides in a link.
_POSTS = {
    "bluesky-embed": "",
    "fb-post": "data-href",
    "fb-video": "data-href",
    "instagram-media": "data-instgrm-permalink",
    "text-post-media": "data-text-post-permalink",
    "tiktok-embed": "cite",
    "twitter-tweet": "",
    "twitter-video": "",
}
_LINKED = re.compile(r'<a [^>]*?href="([^"]*)"')
_BARE_ADDRESS = re.compile(
    r"\s*+(?:<div>\s*+)?(https?://[^\s<]++)\s*+(?:</div>\s*+)?(<figcaption>.*</figcaption>\s*+)?",
    re.DOTALL,
)
_SAYS_NOTHING = frozenset({"youtube video player", "embedded content", "iframe"})
_FRAME_SOURCES = ("data-src", "data-lazy-src", "src", "data")
_PDF = re.compile(r"https?://[^?#]*/([^/?#]+\.pdf)(?:[?#].*)?", re.IGNORECASE)


def _is_from(url: str, hosts: Iterable[str]) -> bool:
    """Tell whether an address is on one of these hosts, or below one."""
    host = (urlsplit(url).hostname or "").lower()
    return any(host == name or host.endswith(f".{name}") for name in hosts)


def page_of(url: str, embeds: Collection[str]) -> str | None:
    """Return the page for people behind an embedded address; None when it may not be shown.

    A PDF is a document like the text itself, whatever its host.
    """
    if not _is_from(url, embeds):
        return url if _PDF.fullmatch(url) else None
    if _BUTTONS.match(url):
        return None
    for player, field in _HOLDERS:
        held = parse_qs(urlsplit(url).query).get(field, [""])[0] if player.match(url) else ""
        if held and not held.startswith(_NOT_FOR_PEOPLE):
            inner = absolute(held, "")
            return inner if inner and (_is_from(inner, embeds) or _PDF.fullmatch(inner)) else None
    for pattern, page in _PAGES:
        if match := pattern.fullmatch(url):
            return match.expand(page)
    return url


def _words_for(url: str) -> str:
    """Return words for a link to an embedded page that brought none."""
    if pdf := _PDF.fullmatch(url):
        return unquote(pdf[1])
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    for name, words in _NAMES:
        place, slash, path = name.partition("/")
        if (host == place or host.endswith(f".{place}")) and parts.path.startswith(slash + path):
            return words
    return f"Embedded from {host}"


def link_for(attributes: Mapping[str, str], base_url: str, embeds: Collection[str]) -> str:
    """Return a link to the page behind a frame, "" when it may not be shown."""
    given = next((attributes[name] for name in _FRAME_SOURCES if attributes.get(name)), "")
    url = absolute(given, base_url) if given else None
    page = page_of(url, embeds) if url else None
    title = " ".join(attributes.get("title", "").split())
    return _link(page, "" if title.lower() in _SAYS_NOTHING else title)


def _link(page: str | None, words: str = "") -> str:
    url = absolute(page, "") if page else None
    return element("a", {"href": url}, escape(words or _words_for(url))) if url else ""


def linked_address(inner: str, embeds: Collection[str]) -> str:
    """Return the content of an embedding block, a bare address in it made a link."""
    match = _BARE_ADDRESS.fullmatch(inner)
    page = page_of(absolute(unescape(match[1]), "") or "", embeds) if match else None
    link = _link(page)
    return f"{link}{match[2] or ''}" if match and link else inner


def post_link(
    attributes: Mapping[str, str], inner: str, base_url: str, embeds: Collection[str]
) -> str:
    """Return a link to the post that a quotation stands for, "" when it is no such thing."""
    kind = next((name for name in attributes["class"].split() if name in _POSTS), None)
    if kind is None:
        return ""
    links = [unescape(href) for href in _LINKED.findall(inner)]
    given = absolute(attributes.get(_POSTS[kind]) or (links[-1] if links else ""), base_url)
    return _link(page_of(given, embeds)) if given else ""
