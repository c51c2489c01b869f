"""What a WordPress export says of the whole site: its address, authors and attachments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from feedsvc.intake.wordpress.shortcode_html import audio, picture
from feedsvc.intake.wordpress.wxr import Break, Record, Wanted, read_records

_FIELDS = frozenset(
    [
        *("wp:post_id", "wp:post_type", "wp:post_parent", "wp:attachment_url", "excerpt:encoded"),
        *("wp:author_login", "wp:author_display_name", *("link", "language", "wp:post_name")),
        *("wp:base_site_url", "wp:base_blog_url"),
    ]
)
_META = frozenset({"_wp_attachment_image_alt", "cap-display_name", "cap-user_login"})
_MAX_ATTACHMENTS = 200_000
_TEXT_CHARS = 1_000
_URL_CHARS = 2_000
_GALLERY = 200
_IMAGES = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".svg", ".bmp", ".tif", ".tiff")


class Attachment(NamedTuple):
    """A file that was uploaded; `alt` is text, `caption` is HTML."""

    url: str
    alt: str
    caption: str


@dataclass
class Site:
    """What holds for all posts of an export.

    Attributes:
        url: The site's address without a slash at the end; empty when the export has none.
        names: Names of authors by login and by slug, both folded.
    """

    url: str = ""
    language: str | None = None
    names: dict[str, str] = field(default_factory=dict)
    _attachments: dict[int, bytes] = field(default_factory=dict)
    _children: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def attachment(self, number: int) -> Attachment | None:
        """Return what was uploaded under a number."""
        kept = self._attachments.get(number)
        return Attachment(*kept.decode().split("\0")) if kept is not None else None

    def children(self, number: int) -> list[int]:
        """Return the numbers of what was uploaded to a post."""
        return self._children.get(number, [])

    def add_attachment(self, number: int, attachment: Attachment, parent: int) -> None:
        """Keep an attachment, small: there may be very many."""
        if len(self._attachments) < _MAX_ATTACHMENTS:
            self._attachments[number] = "\0".join(attachment).encode("utf-8", "replace")
            if parent:
                self._children[parent].append(number)


class Pictures:
    """The attachments, for the shortcodes of one post.

    Attributes:
        missing: How many were asked for that are not in the export.
    """

    def __init__(self, site: Site, post: int) -> None:
        self._site = site
        self._post = post
        self.missing = 0

    def gallery(self, ids: list[int] | None) -> str:
        """Return figures of these attachments; None for all of the post's own."""
        numbers = self._site.children(self._post) if ids is None else ids
        found = (one for one in self._found(numbers) if _is_image(one.url))
        return "\n".join(picture(*one) for one in found)

    def playlist(self, ids: list[int]) -> str:
        """Return players of these attachments."""
        return "\n".join(audio({"src": one.url}, "") for one in self._found(ids))

    def _found(self, numbers: Iterable[int]) -> Iterator[Attachment]:
        for number in list(dict.fromkeys(numbers))[:_GALLERY]:
            found = self._site.attachment(number)
            if found is None:
                self.missing += 1
            else:
                yield found


def _is_image(url: str) -> bool:
    return url.partition("?")[0].lower().endswith(_IMAGES)


def read_site(file: Path, limit: int) -> Site:
    """Return what a file says of the whole site.

    Args:
        limit: All that is read of one record, in characters.

    Raises:
        RejectedError: It is no XML, or declares entities.
        OSError: It cannot be read.
    """
    site = Site()
    addresses: dict[str, str] = {}
    for record in read_records(file, Wanted(_FIELDS, _META, limit)):
        if isinstance(record, Break):  # whoever reads the posts says so
            continue
        if record.kind == "channel":
            addresses |= record.fields
        elif record.kind == "wp:author":
            _add_author(site, record)
        else:
            _add_item(site, record)
    found = (addresses.get(name) for name in ("wp:base_blog_url", "wp:base_site_url", "link"))
    site.url = next(filter(None, found), "").strip().rstrip("/")
    site.language = addresses.get("language")
    return site


def _add_author(site: Site, record: Record) -> None:
    login = record.fields.get("wp:author_login", "").strip()
    name = record.fields.get("wp:author_display_name", "").strip()
    if login and name:
        site.names[login.casefold()] = name[:_TEXT_CHARS]


def _add_item(site: Site, record: Record) -> None:
    fields, meta = record.fields, dict(reversed(record.meta))
    kind = fields.get("wp:post_type", "").strip()
    if kind == "attachment" and fields.get("wp:attachment_url"):
        attachment = Attachment(
            fields["wp:attachment_url"].strip()[:_URL_CHARS],
            " ".join(meta.get("_wp_attachment_image_alt", "").split())[:_TEXT_CHARS],
            fields.get("excerpt:encoded", "").strip()[:_TEXT_CHARS],
        )
        site.add_attachment(
            _number(fields.get("wp:post_id", "")),
            Attachment(*(text.replace("\0", "") for text in attachment)),
            _number(fields.get("wp:post_parent", "")),
        )
    elif kind == "guest-author" and meta.get("cap-display_name"):
        for key in (meta.get("cap-user_login", ""), fields.get("wp:post_name", "")):
            slug = key.strip().removeprefix("cap-").casefold()
            site.names.setdefault(slug, meta["cap-display_name"].strip()[:_TEXT_CHARS])


def _number(text: str) -> int:
    text = text.strip()[:15]
    return int(text) if text.isascii() and text.isdecimal() else 0
