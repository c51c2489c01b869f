"""Rules that all formats share: identities, addresses, plain text and language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5

from feedsvc.feeds.rules import (
    ALL,
    ATOM,
    Faults,
    Part,
    Rule,
    Subject,
    is_web_url,
    rule,
    shorten,
)
from feedsvc.feeds.rules_markup import ELEMENTS
from feedsvc.model import Channel, Format

_REPORT = "If feedsvc wrote this document, please report it as a mistake of feedsvc."
_ICONS = {
    Format.RSS: ("image, url",),
    Format.ATOM: ("icon", "logo"),
    Format.JSON: ("icon", "favicon"),
}
_END_TAG = re.compile(r"</([a-z][a-z0-9]*)\s*>", re.IGNORECASE)
_REFERENCE = re.compile(r"&(#\d+|#x[0-9a-f]+|[a-z][a-z0-9]*);", re.IGNORECASE)
_NETWORK_PATH = re.compile(r"https?://([^/?#\s]+)", re.IGNORECASE)
_LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*"
    r"(?:-x(?:-[a-z0-9]{1,8})+)?|x(?:-[a-z0-9]{1,8})+)",
    re.IGNORECASE | re.ASCII,
)


@rule("entry-id-unique", ALL, "RFC 4287 §4.1.1, W3C DuplicateIds and DuplicateEntries")
def entry_id_unique(subject: Subject) -> Faults:
    """No two entries share an identity."""
    seen: dict[str, str] = {}
    for part in subject.entries:
        if part.id and seen.setdefault(part.id, part.label) != part.label:
            yield part.fault(
                "id",
                f"The identity {shorten(part.id)} is already that of {seen[part.id]}.",
                "Withdraw one of the two articles; two imports may have brought in the same.",
            )


@rule("absolute-urls", ALL, "RFC 4287 §4.2.7.1, W3C InvalidFullLink")
def absolute_urls(subject: Subject) -> Faults:
    """Every address outside HTML is an absolute http or https URL."""
    for part in subject.parts:
        for where, url in part.urls:
            if not is_web_url(url):
                yield part.fault(
                    where,
                    f"{shorten(url)} is not an absolute web address.",
                    "Write the whole address, beginning with https:// and with blanks as %20.",
                )


@rule("mixed-content", ALL, "house rule: an https site does not send readers to http")
def mixed_content(subject: Subject) -> Faults:
    """No http address on a host of the newsroom's own that is served over https."""
    hosts = _secure_hosts(subject)
    for part in subject.parts:
        for where, url in (*part.urls, *_part_references(part)):
            host = _NETWORK_PATH.match(url) if url[:5].lower() == "http:" else None
            if host and host[1].lower() in hosts:
                yield part.fault(
                    where,
                    f"{shorten(url)} is an http address on a site that has https.",
                    "Open the article and write https:// instead of http://.",
                )


@rule("plain-text", ALL, "RFC 4287 §3.1.1.1, JSON Feed 1.1, W3C ContainsHTML")
def plain_text(subject: Subject) -> Faults:
    """Titles, names and summaries hold neither tags nor HTML's references.

    A headline about HTML may look like markup: what the channel has word for word is text.
    """
    suspects = [
        (part, where, text, found)
        for part in subject.parts
        for where, text in part.texts
        if (found := _markup_in(text))
    ]
    meant = _plain_texts(subject.channel) if suspects and subject.channel else frozenset()
    for part, where, text, found in suspects:
        if text not in meant:
            yield part.fault(
                where,
                f"{shorten(text)} is to be plain text, but holds {shorten(found)}.",
                "Type it again without formatting.",
            )


@rule("language", ALL, "RFC 5646 §2.1, W3C InvalidLanguage; house rule: a feed names its language")
def language(subject: Subject) -> Faults:
    """The feed names its language, and language tags are well-formed."""
    remedy = "Set `language` to a tag such as en, en-GB or zh-Hant in the settings."
    if not subject.head.language:
        yield subject.head.fault("language", "The feed does not name its language.", remedy)
    for part in subject.parts:
        if part.language and not _LANGUAGE.fullmatch(part.language):
            message = f"{shorten(part.language)} is not a language tag."
            yield part.fault("language", message, remedy)


@rule("self-link", ALL, "RSS Advisory Board profile, RFC 4287 §4.1.1, W3C MissingAtomSelfLink")
def self_link(subject: Subject) -> Faults:
    """The document says where it lives: once, and with its media type."""
    remedy = f"Give the feed one self link with its type. {_REPORT}"
    links = _self_links(subject)
    if len(links) != 1:
        yield subject.head.fault("self link", f"The feed has {len(links)} self links.", remedy)
    for _, kind in links:
        if kind != subject.format.media_type:
            message = f"The self link's type is {shorten(kind)}, not {subject.format.media_type}."
            yield subject.head.fault("self link", message, remedy)


@rule("self-url", ALL, "WebSub §4, W3C SelfDoesntMatchLocation")
def self_url(subject: Subject) -> Faults:
    """The self link is the address that the feed is served at; readers move to it."""
    wanted = subject.channel.self_urls.get(subject.format) if subject.channel else None
    for url, _ in _self_links(subject):
        if wanted is not None and url != wanted:
            yield subject.head.fault(
                "self link",
                f"The self link is {shorten(url)}, but the feed lives at {shorten(wanted)}.",
                f"Set `base_url` to the site's public address. {_REPORT}",
            )


@rule("icons", ALL, "house rule: a feed without a picture gets a letter or somebody else's")
def icons(subject: Subject) -> Faults:
    """The feed brings its picture in every size that its format has a place for."""
    for name in _ICONS[subject.format]:
        if name not in {where for where, url in subject.head.urls if url}:
            message = f"The feed has no picture ({name})."
            yield subject.head.fault(name, message, f"Set the site's icon. {_REPORT}")


def _part_references(part: Part) -> Iterator[tuple[str, str]]:
    return (
        (where, reference.url) for where, markup in part.markup for reference in markup.references
    )


def _secure_hosts(subject: Subject) -> set[str]:
    """Return the hosts that this feed's own site is served from over https."""
    channel = subject.channel
    if channel:
        urls = [channel.site_url, channel.home_url, *channel.self_urls.values()]
    else:
        urls = [url for url, _ in _self_links(subject)] + [_home_url(subject)]
    matches = (_NETWORK_PATH.match(url) for url in urls if url[:6].lower() == "https:")
    return {match[1].lower() for match in matches if match}


def _home_url(subject: Subject) -> str:
    if subject.data is not None:
        url = subject.data.get("home_page_url")
        return url if isinstance(url, str) else ""
    if subject.format is Format.RSS:
        return subject.head.child_text("link")
    return next((url for rel, url, _ in _atom_links(subject) if rel == "alternate"), "")


def _self_links(subject: Subject) -> list[tuple[str, str]]:
    """Return (URL, type) of every self link; JSON Feed's `feed_url` has its type by nature."""
    if subject.data is not None:
        url = subject.data.get("feed_url")
        return [(url, subject.format.media_type)] if isinstance(url, str) else []
    return [(url, kind) for rel, url, kind in _atom_links(subject) if rel == "self"]


def _atom_links(subject: Subject) -> Iterator[tuple[str, str, str]]:
    for link in subject.head.children(f"{ATOM}link"):
        yield link.get("rel", "alternate"), link.get("href", ""), link.get("type", "")


@rule("deletions", (Format.ATOM, Format.JSON), "RFC 6721 §3; house rule: JSON Feed says the same")
def deletions(subject: Subject) -> Faults:
    """What is announced as deleted is really gone, and nothing that was withdrawn is kept quiet."""
    entries = {part.id: part for part in subject.entries}
    announced = [identity for identity, _ in subject.head.deleted]
    for identity in announced:
        if identity in entries:
            message = f"The entry {shorten(identity)} is announced as deleted and still there."
            yield entries[identity].fault("id", message, f"Build the feed again. {_REPORT}")
    if len(set(announced)) < len(announced):
        yield subject.head.fault("", "An entry is announced as deleted twice.", _REPORT)
    if subject.channel is None:
        return
    is_atom = subject.format is Format.ATOM
    stones = subject.channel.tombstones
    wanted = [(stone.atom_id if is_atom else stone.guid, stone.at) for stone in stones]
    if [(identity, stamp.at) for identity, stamp in subject.head.deleted] != wanted:
        message = "What is announced as deleted is not what was withdrawn."
        yield subject.head.fault("", message, f"Build the feed again. {_REPORT}")


def _plain_texts(channel: Channel) -> frozenset[str]:
    texts = [channel.title, channel.description, channel.rights, channel.author]
    for entry in channel.entries:
        texts += [entry.title, entry.summary_text]
        texts += [person.name for person in entry.authors]
        texts += [category.name for category in entry.categories]
    return frozenset(text.strip() for text in texts)


def _markup_in(text: str) -> str | None:
    """Return the first end tag or HTML reference in a text that should have none."""
    for match in _END_TAG.finditer(text) if "</" in text else ():
        if match[1].lower() in ELEMENTS:
            return match[0]
    for match in _REFERENCE.finditer(text) if "&" in text else ():
        if match[1].startswith("#") or f"{match[1]};" in html5:
            return match[0]
    return None


RULES: tuple[Rule, ...] = (
    entry_id_unique,
    absolute_urls,
    mixed_content,
    plain_text,
    language,
    self_link,
    self_url,
    icons,
    deletions,
)
