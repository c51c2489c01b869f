"""HTML in the place of WordPress's shortcodes and of addresses that it makes players from."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

_PICTURE = re.compile(
    r"\s*((?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?)(.*)", re.DOTALL | re.IGNORECASE
)
_URL = re.compile(r"https?://[^\s<>\"'\[\]]+", re.IGNORECASE)
_AUDIO = ("src", "mp3", "m4a", "ogg", "wav", "wma", "flac", "opus")
_VIDEO = ("src", "mp4", "m4v", "webm", "ogv", "mov", "wmv", "flv")

# Whose addresses WordPress turns into a player when they stand alone on a line.
_EMBEDDED = re.compile(
    r"(?:[\w-]+\.)*(?:youtube\.com|youtu\.be|vimeo\.com|dailymotion\.com|dai\.ly|flickr\.com"
    r"|flic\.kr|twitter\.com|x\.com|instagram\.com|facebook\.com|tiktok\.com|soundcloud\.com"
    r"|spotify\.com|mixcloud\.com|reverbnation\.com|slideshare\.net|scribd\.com|issuu\.com"
    r"|imgur\.com|giphy\.com|ted\.com|tumblr\.com|reddit\.com|pinterest\.com|kickstarter\.com"
    r"|speakerdeck\.com|crowdsignal\.com|polldaddy\.com|wordpress\.tv|videopress\.com"
    r"|amazon\.com|wolframcloud\.com|canva\.com|bsky\.app|pocketcasts\.com|anchor\.fm)",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"^[ \t]*(?:<p>[ \t]*)?(https?://[^\s<>\"]+)[ \t]*(?:</p>[ \t]*)?\r?$", re.MULTILINE
)
_WRAPPED = re.compile(
    r"<div[^<>]{0,200}\bwp-block-embed__wrapper\b[^<>]{0,200}>\s*(https?://[^\s<>\"]+)\s*</div>"
)


def figure(attributes: dict[str, str], inner: str) -> str:
    """Return a picture with what stands below it, from either form of `[caption]`."""
    found = _PICTURE.match(inner)
    if found is None:
        return ""
    caption = found[2].strip() or html.escape(attributes.get("caption", ""), quote=False)
    return f"<figure>{found[1]}{_caption(caption)}</figure>"


def picture(url: str, alt: str, caption: str) -> str:
    """Return an attachment as a figure.

    Args:
        caption: HTML.
    """
    image = f'<img src="{html.escape(url)}" alt="{html.escape(alt)}">'
    return f"<figure>{image}{_caption(caption.strip())}</figure>"


def _caption(text: str) -> str:
    return f"<figcaption>{text}</figcaption>" if text else ""


def link(url: str) -> str:
    """Return a link in the place of a player; it is called by its own address."""
    parts = urlsplit(url)
    name = f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}"
    name += f"?{parts.query}" if parts.query else ""
    text = html.escape(name, quote=False)
    return f'<figure><a href="{html.escape(url)}">{text}</a></figure>'


def embed(attributes: dict[str, str], inner: str, by_name: str) -> str:
    """Return a link to what is embedded.

    Args:
        by_name: What an address of this kind begins with, for what is named without one.
    """
    given = (inner, *attributes.values())
    found = next(
        (hit[0] for text in given for hit in [_URL.search(html.unescape(text))] if hit), ""
    )
    name = attributes.get("id") or attributes.get("0", "")
    if not found and by_name and re.fullmatch(r"[\w-]{3,30}", name):
        found = by_name + name
    return link(found) if _is_address(found) else ""


def _is_address(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


def audio(attributes: dict[str, str], inner: str) -> str:
    """Return a player for sound."""
    url = _file(attributes, inner, _AUDIO)
    return f'<audio controls src="{url}"><a href="{url}">{_name(url)}</a></audio>' if url else ""


def video(attributes: dict[str, str], inner: str) -> str:
    """Return a player for a film."""
    url = _file(attributes, inner, _VIDEO)
    poster = html.escape(attributes.get("poster", ""))
    shown = f' poster="{poster}"' if poster else ""
    return (
        f'<video controls src="{url}"{shown}><a href="{url}">{_name(url)}</a></video>'
        if url
        else ""
    )


def _file(attributes: dict[str, str], inner: str, names: tuple[str, ...]) -> str:
    named = (attributes[name] for name in (*names, "0") if attributes.get(name))
    found = _URL.search(html.unescape(inner))
    return html.escape(next(named, found[0] if found else ""))


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2] or url


def linked(text: str) -> str:
    """Return a text with links in the place of addresses that WordPress shows as players."""
    if "http" not in text:
        return text
    text = _WRAPPED.sub(lambda found: _player(found[0], html.unescape(found[1])), text)
    return _ALONE.sub(_alone, text)


def _alone(found: re.Match[str]) -> str:
    url = html.unescape(found[1])
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return found[0]
    return f"\n{link(url)}\n" if _EMBEDDED.fullmatch(host) else found[0]


def _player(found: str, url: str) -> str:
    if not _is_address(url):
        return found
    return f'<a href="{html.escape(url)}">{html.escape(url, quote=False)}</a>'
