"""Anybody's feed as Submissions: RSS 0.9 to 2.0, Atom, JSON Feed.

A feed that is imported is the newsroom's own, moving in: its stories keep their guids, their old
addresses lead to them, and nobody else is credited. A feed that is polled (`sources.py`) is
somebody else's: its stories keep their canonical address and say where they were first.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from feedsvc.errors import FetchError, RejectedError
from feedsvc.feeds.excerpt import summarise
from feedsvc.feeds.rules import is_count
from feedsvc.fetch import Fetched, Get, user_agent
from feedsvc.intake.bring import Item
from feedsvc.intake.checks import NAME_CHARS, NAMES, SUMMARY_CHARS
from feedsvc.intake.clean import clean_text, text_of_html
from feedsvc.intake.feed.parts import Broken, ReadEntry, ReadFeed, web_url
from feedsvc.intake.feed.read_json import read_json
from feedsvc.intake.feed.read_xml import read_xml, resolved
from feedsvc.intake.files import Found, read_bytes, refused
from feedsvc.intake.how import How
from feedsvc.model import Attribution, Media, Rejection, Submission
from feedsvc.store.terms import fold

VERSION = 1  # of this reading: another one makes submissions that are not equal to earlier ones
TITLE_CHARS = 80
_PATH_CHARS = 1_000
_PAGES = 1_000
_CHUNK_BYTES = 1 << 20
_SMALL = 10**8 - 1
_OK = 200
_ENTRY = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]|\"id\"\s*:")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_PAGE_ENDING = re.compile(r"\.(html?|php|aspx?|shtml)$", re.IGNORECASE)
_NO_NAMES = frozenset({"index", "default"})


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a feed is read for.

    Attributes:
        source: The name under which its articles come in.
        feed_url: Where it is; empty for a file.
        is_own: True for the newsroom's own stories, False for somebody else's.
        draft: True to let an editor decide about each.
    """

    source: str
    feed_url: str
    is_own: bool = True
    draft: bool = False


def read_feed(body: bytes, url: str, limit: int | None = None) -> ReadFeed:
    """Read a feed of any format.

    Args:
        url: Where it was fetched; empty for a file.
        limit: The most entries to read; None for all.

    Raises:
        RejectedError: It is no feed, or one that would do harm.
    """
    head = body[:100].removeprefix(b"\xef\xbb\xbf").lstrip()
    read = read_json if head.startswith((b"{", b"[")) else read_xml
    return read(body, url, limit)


def open_feed(found: Found, how: How) -> Iterator[Item]:
    """Yield the entries of a file that holds one of the newsroom's own feeds."""
    raw = b""
    try:
        raw = read_bytes(found.file, how.settings.imports.max_file_bytes)
        feed = read_feed(raw, "")
    except RejectedError as error:
        yield refused(found, error, raw)
        return
    home = feed.self_url or feed.home_url
    source = f"feed:{home}" if home else found.source
    yield from items(feed, how, Purpose(source, feed.self_url or ""))


def count(file: Path) -> int:
    """Return about how many entries a file has."""
    try:
        with file.open("rb") as stream:
            chunks = iter(partial(stream.read, _CHUNK_BYTES), b"")
            return sum(len(_ENTRY.findall(chunk)) for chunk in chunks)
    except OSError:
        return 1


def read_addresses(urls: Iterable[str], how: How, get: Get) -> Iterator[tuple[str, Item]]:
    """Yield what stands at addresses of the newsroom's own feeds, each item with its name."""
    for url in urls:
        for item in walk(url, how, get):
            yield f"{url}#{item.path}" if item.path != url else url, item


def walk(url: str, how: How, get: Get) -> Iterator[Item]:
    """Yield the entries of one of the newsroom's own feeds, and of its archive (RFC 5005 §4).

    Each entry once: of several versions the first that is met, which is the newest.

    Args:
        get: Fetches an address.
    """
    here: str | None = url
    source, seen, pages = "", set[str](), set[str]()
    while here and here not in pages and len(pages) < _PAGES:
        pages.add(here)
        try:
            answer = _answered(here, how, get)
            feed = read_feed(answer.body, answer.url)
        except (FetchError, RejectedError) as error:
            yield _unread(source or f"feed:{url}", here, error)
            return
        source = source or f"feed:{feed.self_url or url}"
        for item in items(feed, how, Purpose(source, url)):
            if item.path not in seen:
                seen.add(item.path or "")
                yield item
        here = feed.older_url


def _answered(url: str, how: How, get: Get) -> Fetched:
    named = {"User-Agent": user_agent(how.settings.base_url)}
    answer = get(url, max_bytes=how.settings.imports.max_file_bytes, headers=named)
    if answer.status != _OK:
        raise RejectedError(f"it answered with status {answer.status}", field="file")
    return answer


def _unread(source: str, url: str, error: FetchError | RejectedError) -> Rejection:
    reason = error.reason if isinstance(error, RejectedError) else str(error)
    field = error.field if isinstance(error, RejectedError) else "file"
    return Rejection(source, url, field, reason, None, b"")


def items(feed: ReadFeed, how: How, purpose: Purpose) -> Iterator[Item]:
    """Yield the entries of a feed as what comes to the door."""
    links = Counter(one.url for one in feed.entries if isinstance(one, ReadEntry) and not one.guid)
    seen: dict[str, str] = {}
    for entry in feed.entries:
        if isinstance(entry, Broken):
            yield _rejection(purpose, entry.name, entry.error, entry.raw)
            continue
        is_shared = not entry.guid and links[entry.url] > 1
        path = _path(entry, is_shared=is_shared)
        if is_shared and purpose.is_own:  # an address that cannot lead to both leads to neither
            entry = replace(entry, url=None)  # noqa: PLW2901
        try:
            submission = _submission(feed, entry, how, purpose)
        except RejectedError as error:
            yield _rejection(purpose, path, error, entry.raw)
            continue
        if path not in seen:
            seen[path] = submission.digest
            yield replace(submission, path=path)
        elif seen[path] != submission.digest:
            twice = RejectedError("it has the id of another entry of its feed", field="guid")
            yield _rejection(purpose, f"{path} again", twice, entry.raw)


def _rejection(purpose: Purpose, name: str, error: RejectedError, raw: bytes) -> Rejection:
    path = clean_text(name)[:_PATH_CHARS]
    return Rejection(purpose.source, path, error.field, error.reason, error.line, raw)


def _path(entry: ReadEntry, *, is_shared: bool) -> str:
    """Return what an entry is known by: its id, else its address, else its title and date."""
    name = entry.guid or ("" if is_shared else entry.url)
    if not name:
        text = f"{entry.title}\n{entry.published}\n{entry.url}"
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    path = clean_text(name)
    if len(path) <= _PATH_CHARS and path == name:
        return path
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


def _submission(feed: ReadFeed, entry: ReadEntry, how: How, purpose: Purpose) -> Submission:
    sections, tags = places(entry.categories, how)
    title = clean_text(entry.title) or _beginning(entry.content_html)
    summary = clean_text(entry.summary)
    language = (entry.language or "").strip().replace("_", "-")
    is_ours = language.casefold() == how.settings.site.language.casefold()
    submission = Submission(
        title=title,
        content_html=entry.content_html,
        byline=tuple((name, None) for name in entry.names if len(name) <= NAME_CHARS)[:NAMES],
        sections=sections,
        edition=how.overrides.edition or None,
        tags=tags,
        date=entry.published,
        updated=entry.updated,
        summary=summary if len(summary) <= SUMMARY_CHARS else None,
        language=language if _LANGUAGE.fullmatch(language) and not is_ours else None,
        media=tuple(_media(entry)),
        guid=_guid(entry),
        source=purpose.source,
        base_url=entry.base_url or None,
        draft=purpose.draft,
        yields=True,
    )
    submission = (
        _moved_in(submission, entry)
        if purpose.is_own
        else replace(submission, attribution=_attribution(feed, entry, purpose))
    )
    digest = hashlib.sha256(f"{VERSION} {submission!r}".encode("utf-8", "replace")).hexdigest()
    return replace(submission, digest=digest, raw=entry.raw)


def _beginning(content_html: str) -> str:
    """Return the first words of an entry without a title, as short notes have none."""
    text = html.escape(text_of_html(content_html), quote=False)
    return summarise(text, TITLE_CHARS) if text else ""


def _guid(entry: ReadEntry) -> str | None:
    """Return an entry's id verbatim, unless it is a small number: other feeds have that too."""
    guid = entry.guid
    return None if guid is None or is_count(guid, most=_SMALL) else guid


def _moved_in(submission: Submission, entry: ReadEntry) -> Submission:
    """Return a story of our own, at home here now.

    Without a guid readers knew it by its address, so that becomes its guid.
    """
    address = entry.url
    if address is None:
        return submission
    return replace(
        submission, guid=submission.guid or address, aliases=(address,), slug=_slug(address)
    )


def _slug(address: str) -> str | None:
    """Return the last part of an address, if it is a name and no number."""
    last = urlsplit(address).path.rstrip("/").rpartition("/")[2]
    name = _PAGE_ENDING.sub("", last)
    return None if not name or name.isdigit() or name.casefold() in _NO_NAMES else name


def _attribution(feed: ReadFeed, entry: ReadEntry, purpose: Purpose) -> Attribution:
    """Return where a story was first: the innermost source that is named, else this feed."""
    origin = entry.origin
    url = entry.url or web_url(entry.guid) or feed.home_url or purpose.feed_url
    rights = entry.rights or (origin.rights if origin else feed.rights)
    title = (origin.title if origin else "") or feed.title
    feed_url = origin.feed_url if origin else purpose.feed_url or feed.self_url
    return Attribution(url, title, feed_url, rights)


def _media(entry: ReadEntry) -> Iterator[Media]:
    for media in entry.media:
        url = resolved(media.url, entry.base_url)
        if url and clean_text(url) == url:
            yield replace(media, url=url)


def places(categories: tuple[str, ...], how: How) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the sections and tags that categories stand for.

    A section that was asked for wins. Else a category is the section that `section_map` says, or
    a section that is known by its name, or any with `auto_create`; all others are tags.
    """
    wishes, known = how.overrides, {fold(name): name for name in how.names.now().sections}
    sections: list[str] = []
    tags: list[str] = []
    for category in map(clean_text, categories):
        if not 0 < len(category) <= NAME_CHARS:
            continue
        mapped = wishes.section_map.get(category.casefold())
        name = mapped if mapped is not None else known.get(fold(category))
        if name is None:
            (sections if wishes.auto_create else tags).append(category)
        elif name:
            sections.append(name)
    if wishes.section is not None:
        tags = [*sections, *tags]
        sections = [wishes.section] if wishes.section else []
        tags = [tag for tag in tags if fold(tag) != fold(wishes.section)]
    return tuple(dict.fromkeys(sections))[:NAMES], tuple(dict.fromkeys(tags))[:NAMES]
