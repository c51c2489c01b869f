"""Rules of JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from feedsvc.feeds.rules import (
    Faults,
    Part,
    Rule,
    Subject,
    is_count,
    is_media_type,
    rule,
    shorten,
)
from feedsvc.feeds.rules_markup import words
from feedsvc.feeds.rules_parts import objects
from feedsvc.model import Format

VERSION = "https://jsonfeed.org/version/1.1"

_JSON = (Format.JSON,)
_REPORT = "If feedsvc wrote this document, please report it as a mistake of feedsvc."
_ARTICLE = f"Open the article and fill it in. {_REPORT}"
_UPLOAD = "Open the article, remove the file, upload it again and save."
_EXTENSION = re.compile(r"_[A-Za-z]\w*", re.ASCII)
_FEED_STRINGS = words(
    "version title home_page_url feed_url description user_comment next_url icon favicon language"
)
_ITEM_STRINGS = words(
    "id url external_url title content_html content_text summary image banner_image date_published"
    " date_modified language"
)
_FEED_LISTS = words("authors hubs items")
_ITEM_LISTS = words("authors tags attachments")


def _kinds(strings: frozenset[str], lists: frozenset[str]) -> dict[str, type]:
    return {**dict.fromkeys(strings, str), **dict.fromkeys(lists, list)}


_FEED_KINDS = {**_kinds(_FEED_STRINGS, _FEED_LISTS), "expired": bool}
_ITEM_KINDS = _kinds(_ITEM_STRINGS, _ITEM_LISTS)
_KIND_NAMES = {str: "a string", list: "an array", bool: "true or false"}


@rule("json-version", _JSON, "JSON Feed 1.1, version")
def json_version(subject: Subject) -> Faults:
    """The document says which version of JSON Feed it is."""
    version = subject.head.node.get("version")
    if version != VERSION:
        message = f"The version is {shorten(str(version))}, not {VERSION}."
        yield subject.head.fault("version", message, f"Write JSON Feed 1.1. {_REPORT}")


@rule("json-title", _JSON, "JSON Feed 1.1, title")
def json_title(subject: Subject) -> Faults:
    """The feed has a title."""
    if _blank(subject.head.node.get("title")):
        yield subject.head.fault("title", "The feed has no title.", "Set the site's title.")


@rule("json-home-page", _JSON, "JSON Feed 1.1, home_page_url")
def json_home_page(subject: Subject) -> Faults:
    """The feed names the page that shows the same."""
    if _blank(subject.head.node.get("home_page_url")):
        message = "The feed has no home_page_url."
        yield subject.head.fault("home_page_url", message, f"Set `base_url`. {_REPORT}")


@rule("json-items", _JSON, "JSON Feed 1.1, items")
def json_items(subject: Subject) -> Faults:
    """There is an array of items, even when it is empty, and it holds objects."""
    items = subject.head.node.get("items")
    if not isinstance(items, list):
        yield subject.head.fault("items", "The feed has no array of items.", _REPORT)
        return
    for part, item in zip(subject.entries, items, strict=True):
        if not isinstance(item, dict):
            yield part.fault("", "The item is not an object.", _REPORT)


@rule("json-id", _JSON, "JSON Feed 1.1, id; W3C NotSufficientlyUnique")
def json_id(subject: Subject) -> Faults:
    """Every item has an id: a string that can be told from those of other feeds."""
    for part in subject.entries:
        identity = part.node.get("id")
        if _blank(identity):
            yield part.fault("id", "The item has no id that is a string.", _REPORT)
        elif is_count(identity.strip(), most=10**8 - 1):
            message = f"The id {shorten(identity)} is a small number."
            yield part.fault("id", message, "Import the article under another identity.")


@rule("json-url", _JSON, "JSON Feed 1.1, url; house rule: every item leads to its page")
def json_url(subject: Subject) -> Faults:
    """Every item has the address of its page."""
    for part in subject.entries:
        if _blank(part.node.get("url")):
            yield part.fault("url", "The item has no url.", _ARTICLE)


@rule("json-content", _JSON, "JSON Feed 1.1, content_html and content_text")
def json_content(subject: Subject) -> Faults:
    """Every item has content, as HTML or as text; text may be blank beside a picture."""
    for part in subject.entries:
        contents = (part.node.get(name) for name in ("content_html", "content_text"))
        if not any(isinstance(content, str) for content in contents):
            yield part.fault("content_html", "The item has no content.", _ARTICLE)


@rule("json-authors", _JSON, "JSON Feed 1.1, authors")
def json_authors(subject: Subject) -> Faults:
    """Authors stand in an array, and each has a name, an address or a picture."""
    for part in subject.parts:
        if "author" in part.node:
            message = "`author` is version 1.0; readers of 1.1 look for `authors`."
            yield part.fault("author", message, f"Write `authors`. {_REPORT}")
        for author in _members(part, "authors"):
            node = author if isinstance(author, dict) else {}
            anonymous = all(_blank(node.get(name)) for name in ("name", "url", "avatar"))
            if anonymous or _blank(node.get("name", "-")):
                yield part.fault("authors", "An author has no name.", _ARTICLE)


@rule("json-tags", _JSON, "JSON Feed 1.1, tags")
def json_tags(subject: Subject) -> Faults:
    """Tags are strings with something in them."""
    for part in subject.entries:
        for tag in _members(part, "tags"):
            if _blank(tag):
                message = f"The tag {shorten(str(tag))} is blank or not a string."
                yield part.fault("tags", message, "Rename or remove the tag.")


@rule("json-attachments", _JSON, "JSON Feed 1.1, attachments")
def json_attachments(subject: Subject) -> Faults:
    """Attached files have an address, a media type and numbers for sizes."""
    for part in subject.entries:
        for attachment in _members(part, "attachments"):
            for flaw in _attachment_flaws(attachment):
                yield part.fault("attachments", f"An attached file has {flaw}.", _UPLOAD)


@rule("json-hubs", _JSON, "JSON Feed 1.1, hubs")
def json_hubs(subject: Subject) -> Faults:
    """Every hub has a type and an address."""
    for hub in _members(subject.head, "hubs"):
        if not isinstance(hub, dict) or _blank(hub.get("type")) or _blank(hub.get("url")):
            yield subject.head.fault("hubs", "A hub lacks its type or url.", _REPORT)


@rule("json-next-url", _JSON, "JSON Feed 1.1, next_url")
def json_next_url(subject: Subject) -> Faults:
    """The next page is another one."""
    following = subject.head.node.get("next_url")
    if following is not None and following == subject.head.node.get("feed_url"):
        message = "next_url leads back to this document; a reader would never come to an end."
        yield subject.head.fault("next_url", message, _REPORT)


@rule("json-names", _JSON, "JSON Feed 1.1, extensions")
def json_names(subject: Subject) -> Faults:
    """All names are JSON Feed's own or begin with an underscore."""
    for part in subject.parts:
        known = _FEED_KINDS if part is subject.head else _ITEM_KINDS
        for name in part.node:
            if name not in known and name != "author" and not name.startswith("_"):
                message = f"JSON Feed knows no {shorten(name)} here."
                yield part.fault(shorten(name), message, f"Leave it out. {_REPORT}")


@rule(
    "json-kinds", _JSON, "JSON Feed 1.1; house rule: readers in typed languages stop at a surprise"
)
def json_kinds(subject: Subject) -> Faults:
    """Strings are strings, arrays are arrays, and nothing is null."""
    for part in subject.parts:
        kinds = _FEED_KINDS if part is subject.head else _ITEM_KINDS
        for name, kind in kinds.items():
            if name in part.node and not isinstance(part.node[name], kind):
                message = f"`{name}` is not {_KIND_NAMES[kind]}."
                yield part.fault(name, message, f"Leave it out when it is unknown. {_REPORT}")


@rule("json-extensions", _JSON, "JSON Feed 1.1, extensions")
def json_extensions(subject: Subject) -> Faults:
    """Extensions are objects with proper names and say once what they are about."""
    explained: set[str] = set()
    for part in subject.parts:
        for name, value in _extensions(part):
            if not _EXTENSION.fullmatch(name):
                message = f"{shorten(name)} is not an underscore, a letter and word characters."
                yield part.fault(shorten(name), message, f"Rename it. {_REPORT}")
            for key in value if isinstance(value, dict) else ():
                if "." in key:
                    message = f"The name {shorten(key)} has a dot in it."
                    yield part.fault(shorten(name), message, f"Rename it. {_REPORT}")
            about = isinstance(value, dict) and not _blank(value.get("about"))
            if not about and name not in explained:
                message = "The extension does not say what it is about."
                yield part.fault(shorten(name), message, f"Add `about`. {_REPORT}")
            explained.add(name)


@rule("json-deleted", _JSON, "house rule: what `_feedsvc` means stands in docs/api.md")
def json_deleted(subject: Subject) -> Faults:
    """In our extension stands an array of what was deleted: an id, when, and nothing else."""
    for ours in objects(subject.head.node.get("_feedsvc")):
        deleted = ours.get("deleted", [])
        gone = deleted if isinstance(deleted, list) else [None]
        for one in gone:
            if not isinstance(one, dict) or one.keys() != {"id", "when"} or _blank(one["id"]):
                message = f"{shorten(str(one))} is not the id of an item and when it was deleted."
                yield subject.head.fault("_feedsvc, deleted", message, _REPORT)


@rule("json-source", _JSON, "house rule: what `_feedsvc` means stands in docs/api.md")
def json_source(subject: Subject) -> Faults:
    """An item that was first elsewhere names that place, and its address is `external_url`."""
    for part in subject.entries:
        for ours in objects(part.node.get("_feedsvc")):
            source = ours.get("source")
            if not isinstance(source, dict) or _blank(source.get("title")):
                message = "The item does not say what the place is called where it was first."
                yield part.fault("_feedsvc, source", message, _REPORT)
            elif _blank(part.node.get("external_url")):
                message = f"The item was first in {shorten(source['title'])}, but not where there."
                yield part.fault("external_url", message, _REPORT)


def _extensions(part: Part) -> Iterator[tuple[str, Any]]:
    """Yield the extensions of a part and of the objects right inside it."""
    groups = [part.node[name] for name in ("authors", "attachments", "hubs") if name in part.node]
    for holder in (part.node, *(inner for group in groups for inner in objects(group))):
        for name, value in holder.items():
            if name.startswith("_"):
                yield name, value


def _members(part: Part, name: str) -> list[Any]:
    """Return the members of an array; `json-kinds` says so when it is none."""
    value = part.node.get(name)
    return value if isinstance(value, list) else []


def _attachment_flaws(attachment: Any) -> Iterator[str]:
    node = attachment if isinstance(attachment, dict) else {}
    if _blank(node.get("url")):
        yield "no address"
    kind = node.get("mime_type")
    if not isinstance(kind, str) or not is_media_type(kind):
        yield "no media type"
    for name in ("size_in_bytes", "duration_in_seconds"):
        size = node.get(name, 0)
        if isinstance(size, bool) or not isinstance(size, int | float) or size < 0:
            yield f"a {name} that is no number"


def _blank(value: Any) -> bool:
    """True for everything but a string with something in it."""
    return not isinstance(value, str) or not value.strip()


RULES: tuple[Rule, ...] = (
    json_version,
    json_title,
    json_home_page,
    json_items,
    json_id,
    json_url,
    json_content,
    json_authors,
    json_tags,
    json_attachments,
    json_hubs,
    json_next_url,
    json_names,
    json_kinds,
    json_extensions,
    json_deleted,
    json_source,
)
