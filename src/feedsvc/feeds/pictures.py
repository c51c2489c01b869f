"""Pictures and files as feeds and pages show them: our own copies, in sizes that fit.

Pure. The store keeps the address that an article gave; here it becomes ours once the file is
kept here, stays while it is being fetched, and a picture that cannot be had goes out.
"""

from __future__ import annotations

import html
import mimetypes
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from urllib.parse import urlsplit

from feedsvc.model import Article, Asset, Media, Resource, StoredFile

# Where a file that is kept here is served, by its name.
Address = Callable[[str], str]

# Of more addresses than these, an article's further ones stay as they are.
_MOST = 500
_LEAST_LEAD = 200  # pixels: a narrower picture is an icon and stands for no article
_OURS = "/media/"
# A link to a file that is kept here, or was to be.
_FILE = re.compile(r"/media/(?:[0-9a-f]{64}\.[a-z0-9]+|unusable/[^?#]+)$")
_TAG = re.compile(r'<(img|audio|video|source|a)\b((?:[^>"]|"[^"]*")*)>')
_ATTRIBUTE = re.compile(r'([a-z-]+)(?:="([^"]*)")?')
_SAID = {"img": "image/*", "audio": "audio/*", "video": "video/*", "source": "video/*"}
# How a picture's name ends where a site has it in several sizes: `team-1024x683.jpg`.
_SIZE = re.compile(r"(?:-\d{1,5}x\d{1,5}|-scaled)?(\.[a-z]{3,4})$", re.IGNORECASE)
# Stands for a picture that went out; no cleaned text holds this character.
_GONE = "\0"
_DEEPEST = 10  # of empty elements within each other, further ones stay
_HOLLOW = re.compile(
    r"<(a|p|b|i|em|strong|span|div|figure)\b(?:[^>\"]|\"[^\"]*\")*>(?:\s*\0)+\s*</\1>"
    r"|\0\s*<figcaption>\s*</figcaption>"
)


def named(article: Article) -> dict[str, str | None]:
    """Return the addresses of pictures and files that an article names, with the types it says."""
    found: dict[str, str | None] = {media.url: media.media_type for media in article.media}
    for url, said in _in_body(article.content_html):
        found.setdefault(url, said)
    web = {url: said for url, said in found.items() if url.startswith(("https://", "http://"))}
    return dict(islice(web.items(), _MOST))


def _in_body(content_html: str) -> Iterator[tuple[str, str]]:
    for match in _tags(content_html):
        tag, values = match[1], _attributes(match[2])
        if "src" in values:
            yield values["src"], values.get("type", _SAID[tag])
        if "poster" in values:
            yield values["poster"], _SAID["img"]
        if _FILE.search(values.get("href", "")):
            yield values["href"], "application/*"


def _tags(content_html: str) -> Iterator[re.Match[str]]:
    starts = ("<img", "<audio", "<video", "<source", _OURS)
    if any(start in content_html for start in starts):  # most articles have none
        yield from _TAG.finditer(content_html)


def _attributes(source: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(source)}


def content(article: Article, at: Address, *, with_webp: bool = False) -> str:
    """Return an article's HTML with our own pictures, below its lead picture if it lacks that.

    Args:
        with_webp: True for a browser, which may choose a smaller file of the same picture.
    """
    known = {one.url: one for one in article.files}
    body = article.content_html
    if known:
        shown = _TAG.sub(lambda found: _shown(found, known, at, with_webp), body)
        body = _without_gaps(shown) if _GONE in shown else shown
    return _lead_figure(article, known, at, with_webp) + body


def _shown(
    match: re.Match[str], known: Mapping[str, Resource], at: Address, with_webp: bool
) -> str:
    values = _attributes(match[2])
    if match[1] == "img":
        found = known.get(values.get("src", ""))
        if found is None:
            return match[0]
        if found.is_broken:
            return _GONE
        if found.asset and found.asset.offered:
            return _image(found.asset, values, at, with_webp)
    changed = dict(values)
    for name in ("src", "href", "poster"):
        found = known.get(values.get(name, ""))
        if found and found.asset:
            changed[name] = at(fitting(found.asset).name)
        elif found and found.is_broken and name == "poster":
            del changed[name]
    return match[0] if changed == values else _written(match[1], changed)


def _image(asset: Asset, values: Mapping[str, str], at: Address, with_webp: bool) -> str:
    """Write a picture with its true size, and with every width that there is."""
    sizes = _of_type(asset, asset.whole.media_type)
    largest = sizes[-1]
    rest = {name: value for name, value in values.items() if name not in _REPLACED}
    tag = _written(
        "img",
        {
            "src": at(largest.name),
            **rest,
            "width": str(largest.width),
            "height": str(largest.height),
            **({"srcset": _srcset(sizes, at)} if len(sizes) > 1 else {}),
        },
    )
    small = _of_type(asset, "image/webp")
    if not with_webp or not small or small == sizes:
        return tag
    source = _written("source", {"type": "image/webp", "srcset": _srcset(small, at)})
    return f"<picture>{source}{tag}</picture>"


_REPLACED = {"src", "width", "height", "srcset", "sizes"}


def _of_type(asset: Asset, media_type: str) -> list[StoredFile]:
    return [one for one in asset.offered if one.media_type == media_type]


def _srcset(sizes: list[StoredFile], at: Address) -> str:
    return ", ".join(f"{at(one.name)} {one.width}w" for one in sizes)


def _written(tag: str, values: Mapping[str, str]) -> str:
    attributes = (f' {name}="{html.escape(value)}"' for name, value in values.items())
    return f"<{tag}{''.join(attributes)}>"


def _without_gaps(content_html: str) -> str:
    """Take out the pictures that are gone, and what held nothing else; captions stay."""
    for _ in range(_DEEPEST):
        content_html, removed = _HOLLOW.subn(_GONE, content_html)
        if not removed:
            break
    return content_html.replace(_GONE, "").strip()


def fitting(asset: Asset) -> StoredFile:
    """Return the file that a reader is shown: the largest that is offered, or all there is."""
    sizes = _of_type(asset, asset.whole.media_type)
    return sizes[-1] if sizes else asset.whole


def media_of(article: Article, at: Address) -> tuple[tuple[Media, ...], Media | None]:
    """Return an article's pictures and files as they are to be had, and its picture smaller.

    What cannot be had is left out, and so is what is still of no known type. An article that
    names no picture apart is represented by the first large one in its text.
    """
    known = {one.url: one for one in article.files}
    found = [(one, known.get(one.url)) for one in article.media]
    if not any(one.is_image for one, _ in found):
        found = [*_first_in_body(article, known), *found]
    shown = [(_present(one, resource, at), resource) for one, resource in found]
    lead = next((resource for one, resource in shown if one and one.is_image), None)
    thumbnail = _smallest(lead.asset, at) if lead and lead.asset else None
    return tuple(one for one, _ in shown if one), thumbnail


def _smallest(asset: Asset, at: Address) -> Media | None:
    """Return the narrowest file of a picture; None when there is only one."""
    sizes = _of_type(asset, asset.whole.media_type)
    if sizes[:1] == sizes:
        return None
    small = sizes[0]
    return Media(
        at(small.name),
        small.media_type,
        small.size_bytes,
        small.width,
        small.height,
    )


def _first_in_body(
    article: Article, known: Mapping[str, Resource]
) -> Iterator[tuple[Media, Resource]]:
    for match in _tags(article.content_html):
        values = _attributes(match[2]) if match[1] == "img" else {}
        found = known.get(values.get("src", ""))
        if found and found.asset and (found.asset.whole.width or 0) >= _LEAST_LEAD:
            alt = " ".join(values.get("alt", "").split())
            yield Media(found.url, "image/*", description=alt or None), found
            return


def _present(media: Media, found: Resource | None, at: Address) -> Media | None:
    """Return a picture or file as it is now; None when it cannot be had."""
    if found is None or not found.is_settled:
        if not media.media_type.endswith("/*"):
            return media
        guessed, _ = mimetypes.guess_type(urlsplit(media.url).path)
        return replace(media, media_type=guessed) if guessed else None
    if found.is_broken:
        return None
    if found.asset is None:
        size, kind = found.size_bytes or media.size_bytes, found.media_type or media.media_type
        return None if "*" in kind else replace(media, media_type=kind, size_bytes=size)
    file = fitting(found.asset)
    return replace(
        media,
        url=at(file.name),
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        width=file.width,
        height=file.height,
    )


def _lead_figure(
    article: Article, known: Mapping[str, Resource], at: Address, with_webp: bool
) -> str:
    """Return an article's picture as it stands above its text; nothing if it stands within."""
    lead = next((one for one in article.media if one.is_image), None)
    found = known.get(lead.url) if lead else None
    if lead is None or (found and found.is_broken) or _stands_in_body(lead, article, known):
        return ""
    values = {"src": lead.url, "alt": lead.description or ""}
    if found and found.asset and found.asset.offered:
        picture = _image(found.asset, values, at, with_webp)
    else:
        picture = _written("img", values)
    credit = f"({lead.credit})" if lead.credit and lead.caption else lead.credit
    words = " ".join(filter(None, (lead.caption, credit)))
    caption = f"<figcaption>{html.escape(words, quote=False)}</figcaption>" if words else ""
    return f"<figure>{picture}{caption}</figure>"


def _stands_in_body(lead: Media, article: Article, known: Mapping[str, Resource]) -> bool:
    """Tell whether a picture is in the text too, perhaps in another size."""
    mine = _identities(lead.url, known)
    tags = (match for match in _tags(article.content_html) if match[1] == "img")
    urls = (_attributes(match[2]).get("src", "") for match in tags)
    return any(mine & _identities(url, known) for url in urls)


def _identities(url: str, known: Mapping[str, Resource]) -> set[str]:
    found = known.get(url)
    kept = {found.asset.whole.name} if found and found.asset else set()
    return {_SIZE.sub(r"\1", url.partition("?")[0]), *kept}
