"""Reads what WordPress exports: the posts of a whole site in one file (WXR).

The file is read twice, because what a post names may stand behind it: first authors and
attachments, then posts. Pages, comments and the like are counted and left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from feedsvc.errors import RejectedError
from feedsvc.intake import filing
from feedsvc.intake.clean import text_of_html
from feedsvc.intake.files import Found, refused
from feedsvc.intake.how import How
from feedsvc.intake.wordpress import fields as fields_of
from feedsvc.intake.wordpress.content import post_html
from feedsvc.intake.wordpress.site import Pictures, Site, read_site
from feedsvc.intake.wordpress.wxr import Break, Record, Wanted, read_records
from feedsvc.model import Media, Rejection, Submission

_VERSION = "1"  # of what is made of a post: another one makes unchanged posts be read anew
_FIELDS = frozenset(
    [
        *("title", "link", "guid", "pubDate", "dc:creator", "content:encoded", "excerpt:encoded"),
        *("wp:post_id", "wp:post_date", "wp:post_date_gmt", "wp:post_modified", "wp:post_name"),
        *("wp:post_modified_gmt", "wp:post_type", "wp:status", "wp:post_password"),
    ]
)
_LEAD = "_thumbnail_id"
_META = frozenset({_LEAD, "enclosure"})
_LACKING = "pictures that posts name and the export lacks"
_NEVER_SEEN = frozenset({"trash", "auto-draft", "inherit"})
_POSTS = re.compile(rb"<wp:post_type>(?:<!\[CDATA\[)?post[<\]]")
_KEPT_BYTES = 64 * 1024
_PLURALS = {
    "": "items without a wp:post_type",
    "page": "pages",
    "attachment": "attachments (their files are taken from where posts name them)",
    "revision": "revisions",
    "nav_menu_item": "menu entries",
    "guest-author": "guest authors (their names stand on their articles)",
}
_CHUNK_BYTES = 1 << 20
_OVERLAP = 40


def open_export(found: Found, how: How) -> Iterator[Submission | Rejection]:
    """Yield the posts of an export, and why others cannot come in."""
    try:
        filing.refuse_options_of_pages(how.overrides)
        _refuse_packed(found.file)
        site = read_site(found.file, how.settings.imports.max_file_bytes)
        site.url = how.overrides.site_url or site.url
        yield from _Export(found, how, site).items()
    except RejectedError as error:
        yield refused(found, error)
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}"
        yield refused(found, RejectedError(reason, field="file"))


def count(file: Path) -> int:
    """Return how many posts an export has, without parsing it."""
    number, rest = 0, b""
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                text = rest + chunk
                hits = [hit.end() for hit in _POSTS.finditer(text)]
                number += len(hits)
                rest = text[max([len(text) - _OVERLAP, *hits[-1:]]) :]
    except OSError:  # whoever opens it says why
        return 0
    return number


def _refuse_packed(file: Path) -> None:
    with file.open("rb") as stream:
        head = stream.read(4)
    if head.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        raise RejectedError(
            "the file is packed; unpack it, and import the .xml file that is in it", field="file"
        )
    if not head:
        raise RejectedError("the file is empty; export the posts again", field="file")


class _Export:
    """One file, on its second reading."""

    def __init__(self, found: Found, how: How, site: Site) -> None:
        self._found = found
        self._how = how
        self._site = site
        if not site.url:
            raise RejectedError(
                "the export does not say which site it is of; import it with its address, as in"
                " --site-url https://paper.example.org",
                field="file",
            )
        self._source = f"wordpress:{site.url}"
        self._language = filing.foreign_language(site.language, how.settings)

    def items(self) -> Iterator[Submission | Rejection]:
        wanted = Wanted(_FIELDS, _META, self._how.settings.imports.max_file_bytes)
        for record in read_records(self._found.file, wanted):
            if isinstance(record, Break):
                yield refused(self._found, _broken(record))
            elif record.kind == "item" and self._is_post(record):
                yield self._item(record)

    def _is_post(self, record: Record) -> bool:
        """Tell posts from what is counted and left out."""
        left_out = self._how.left_out
        kind = record.fields.get("wp:post_type", "").strip()
        status = record.fields.get("wp:status", "").strip()
        if kind != "post":
            left_out[_PLURALS.get(kind, f"of the type “{kind[:40]}”")] += 1
        elif status in _NEVER_SEEN:
            left_out[f"posts in the state “{status}”"] += 1
        else:
            if record.comments:
                left_out["comments"] += record.comments
            return True
        return False

    def _item(self, record: Record) -> Submission | Rejection:
        path = record.fields.get("wp:post_id", "").strip()
        try:
            return self._submission(record, path)
        except RejectedError as error:
            return Rejection(
                source=self._source,
                path=path or f"line {record.line}",
                field=error.field,
                reason=error.reason,
                line=record.line,
                raw=repr(record.fields).encode("utf-8", "replace")[:_KEPT_BYTES],
            )

    def _submission(self, record: Record, path: str) -> Submission:
        if record.is_cut:
            limit = self._how.settings.imports.max_file_bytes
            raise RejectedError(
                f"the post has more than {limit:,} characters (`imports.max_file_bytes`)",
                field="body",
            )
        if not path:
            raise RejectedError("the post has no wp:post_id", field="file")
        fields, link = record.fields, record.fields.get("link", "").strip()
        pictures = Pictures(self._site, fields_of.number(path))
        status = fields.get("wp:status", "").strip()
        submission = Submission(
            title=text_of_html(fields.get("title", "")),
            content_html=post_html(fields.get("content:encoded", ""), pictures),
            byline=tuple((name, None) for name in self._authors(record)),
            sections=filing.sections(fields_of.filed(record, "category", ""), self._how.overrides),
            edition=self._how.overrides.edition or None,
            tags=filing.tags(name for name, _ in fields_of.filed(record, "post_tag", "tag")),
            date=fields_of.date(fields, status, self._how.settings.tz),
            updated=fields_of.instant(fields, "wp:post_modified", self._how.settings.tz),
            summary=fields_of.summary(fields.get("excerpt:encoded", ""), pictures),
            language=self._language,
            media=self._media(record, link),
            guid=fields.get("guid", "").strip() or None,
            source=self._source,
            path=path,
            draft=status not in {"publish", "future", "private"},
            slug=fields.get("wp:post_name", "").strip() or None,
            base_url=link if filing.host_of(link) else self._site.url,
            aliases=tuple(self._aliases(fields, path)),
            hold=fields_of.hold(fields, status),
        )
        missing = pictures.missing
        if missing:
            self._how.left_out[_LACKING] += missing
        made_of = _VERSION + repr(submission)
        digest = hashlib.sha256(made_of.encode("utf-8", "surrogatepass")).hexdigest()
        return replace(submission, digest=digest)

    def _authors(self, record: Record) -> Iterator[str]:
        """Yield the names of all authors: those that a plugin lists, or else the one there is."""
        listed = [entry for entry in record.categories if entry[0] == "author"]
        names = self._site.names
        for _, nicename, login in listed:
            by_slug = names.get(nicename.removeprefix("cap-").casefold())
            yield text_of_html(names.get(login.strip().casefold()) or by_slug or login)
        creator = record.fields.get("dc:creator", "").strip()
        if not listed and creator:
            yield text_of_html(names.get(creator.casefold(), creator))

    def _aliases(self, fields: dict[str, str], path: str) -> Iterator[str]:
        for address in (fields.get("link", "").strip(), fields.get("guid", "").strip()):
            if filing.host_of(address):
                yield address
        if path.isascii() and path.isdecimal():
            yield f"{self._site.url}/?p={path}"

    def _media(self, record: Record, link: str) -> tuple[Media, ...]:
        """Return the featured picture, then what was attached for players of podcasts."""
        wanted = next((fields_of.number(value) for key, value in record.meta if key == _LEAD), 0)
        found = self._site.attachment(wanted) if wanted else None
        lead = fields_of.featured(found, link) if found else None
        if wanted and lead is None:
            self._how.left_out[_LACKING] += 1
        return tuple(filter(None, (lead, *fields_of.enclosures(record))))


def _broken(found: Break) -> RejectedError:
    after = f"after post {found.after}" if found.after else "before the first post"
    if found.is_end:
        reason = (
            f"the file breaks off {after} ({found.reason}); what came behind it is missing:"
            " export the posts again"
        )
    else:
        reason = (
            f"what stands {after} is not well-formed XML ({found.reason}) and was left out;"
            " reading went on with the next post"
        )
    return RejectedError(reason, field="file", line=found.line)
