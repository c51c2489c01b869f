"""What a feed contains at one moment: articles and settings in, a format-neutral Channel out.

Pure, and a function of the store alone: nothing here may depend on the present time, or two
builds of one state would differ.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from feedsvc.feeds import pictures
from feedsvc.feeds.excerpt import summarise
from feedsvc.model import (
    Article,
    Attribution,
    Category,
    Channel,
    Correction,
    Entry,
    Feed,
    Format,
    Media,
    Person,
    Term,
    Tombstone,
)
from feedsvc.settings import Settings

# What an entry weighs in the largest format besides its text: element names and dates.
_ENTRY_BYTES = 800
_WORST = 6  # bytes of one character: `&#x3C;`
_CHANNEL_BYTES = 4_000
# Only in tags: a text about HTML may have the same characters.
_FRAGMENT = re.compile(r"""(<a(?: [a-z]+="[^"]*")*? href=")#""")
_TOMBSTONE_BYTES = 150
Weigh = Callable[[Entry], int]
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def compose(
    feed: Feed,
    entries: Iterable[Entry],
    tombstones: tuple[Tombstone, ...],
    settings: Settings,
    *,
    weigh: Weigh | None = None,
) -> Channel:
    """Return the channel of a feed; what stands behind it is for `history.py` to say.

    Args:
        entries: Of its articles, newest first, at least as many as the window may want.
        weigh: `weight`, or something that remembers what it said.
    """
    # The store lists articles in this order; should a date be damaged, only its own moves.
    newest = sorted(entries, key=lambda entry: entry.published_at, reverse=True)
    shown = tuple(window(newest, settings, tombstones=len(tombstones), weigh=weigh or weight))
    return replace(
        compose_page(feed, feed.path, shown, feed.event_at, settings), tombstones=tombstones
    )


def compose_page(
    feed: Feed, path: str, entries: tuple[Entry, ...], event_at: dt.datetime, settings: Settings
) -> Channel:
    """Return a channel of a feed with just these entries.

    Args:
        path: Where it is served, below `/feeds/`: the feed's own path, or a page's of its archive.
        event_at: The instant of the event that made it what it is.
    """
    return Channel(
        path=path,
        ids=feed.ids,
        title=title_of(feed, settings),
        description=description_of(feed, settings),
        self_urls={fmt: settings.feed_url(path, fmt) for fmt in Format},
        home_url=settings.page_url(feed.path),
        author=settings.site.title,
        site_url=settings.base_url + "/",
        language=settings.site.language,
        rights=settings.site.rights,
        icon_url=settings.static_url("icon-512.png"),
        favicon_url=settings.static_url("favicon-64.png"),
        image_url=settings.static_url("rss-image-144.png"),
        ttl_minutes=settings.feeds.ttl_minutes,
        updated_at=max([event_at, *(entry.updated_at for entry in entries)]),
        entries=entries,
    )


def title_of(feed: Feed, settings: Settings) -> str:
    """A feed's title: distinct for every feed, the newsroom's name at the end."""
    site = settings.site.title
    return f"{feed.name} – {site}" if feed.name else site


def description_of(feed: Feed, settings: Settings) -> str:
    """A plain sentence about a feed."""
    site = settings.site.title
    sentences = {
        "site": settings.site.description,
        "section": f"The latest in {feed.name} from {site}.",
        "author": f"Everything by {feed.name} in {site}.",
        "edition": f"The stories of {feed.name}, an edition of {site}.",
    }
    return sentences[feed.key.kind]


def compose_entry(article: Article, settings: Settings, *, in_full: bool = True) -> Entry:
    """Return an article as feeds show it.

    Args:
        in_full: False for a feed that carries summaries only.
    """
    if article.published_at is None or article.updated_at is None or article.permalink is None:
        raise ValueError(f"article {article.id} is not published")
    url = settings.article_url(article.permalink)
    content = corrections_html(article.corrections, settings)
    content += pictures.content(article, settings.media_url)
    media, thumbnail = pictures.media_of(article, settings.media_url)
    summary = article.summary_text or summarise(article.content_html, settings.feeds.summary_chars)
    edition = (article.edition,) if article.edition else ()
    return Entry(
        guid=article.guid,
        atom_id=article.atom_id,
        url=url,
        title=article.title,
        summary_text=summary or article.title,
        content_html=absolute_fragments(content, url) if in_full else None,
        published_at=article.published_at,
        updated_at=article.updated_at,
        authors=tuple(
            Person(credit.author.name, _url(credit.author, settings)) for credit in article.byline
        ),
        categories=tuple(
            Category(term.name, _url(term, settings))
            for term in (*article.sections, *edition, *article.tags)
        ),
        media=media,
        language=article.language,
        attribution=article.attribution,
        thumbnail=thumbnail,
    )


def absolute_fragments(content_html: str, url: str) -> str:
    """Have links to a place in the text lead to the article: readers know no other page."""
    if 'href="#' not in content_html:
        return content_html
    start = html.escape(url)
    return _FRAGMENT.sub(lambda tag: f"{tag[1]}{start}#", content_html)


def _url(term: Term, settings: Settings) -> str:
    return settings.term_url(term.kind, term.slug or str(term.id))


def corrections_html(corrections: Sequence[Correction], settings: Settings) -> str:
    """The dated notes that stand at the top of a corrected article, oldest first."""
    return "".join(
        f"<p><strong>Correction, {local_day(note.at, settings)}:</strong> "
        f"{html.escape(note.note, quote=False)}</p>"
        for note in corrections
    )


def local_day(at: dt.datetime, settings: Settings) -> str:
    """An instant's day in the newsroom, in words: `November 15, 2024`, whatever the locale."""
    day = at.astimezone(settings.tz)
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"


def window(
    entries: Sequence[Entry], settings: Settings, *, tombstones: int = 0, weigh: Weigh | None = None
) -> list[Entry]:
    """Cut a feed's entries, newest first, to what its documents show.

    The newest `window_entries`, or everything within `window_hours` of the newest if that is
    more. The soft cap trims the oldest of them, but only beyond both `window_min_entries` and
    `window_hours`; the hard cap trims whatever is left. Hours count back from the newest
    entry, not from now: otherwise the bytes would change without an event.

    Args:
        tombstones: How many stand beside the entries; they take room too.
    """
    if not entries:
        return []
    weigh, limits = weigh or weight, settings.feeds
    since = entries[0].published_at - dt.timedelta(hours=limits.window_hours)
    recent = sum(1 for entry in entries if entry.published_at >= since)
    shown: list[Entry] = []
    size = _CHANNEL_BYTES + _TOMBSTONE_BYTES * tombstones
    for entry in entries[: max(limits.window_entries, recent)]:
        size += weigh(entry)
        promised = len(shown) < max(limits.window_min_entries, recent)
        soft_cap = limits.hard_cap_bytes if promised else limits.soft_cap_bytes
        if shown and size > min(soft_cap, limits.hard_cap_bytes):
            break
        shown.append(entry)
    return shown


def weight(entry: Entry) -> int:
    """Return an upper limit for an entry's bytes in any format.

    Text grows when it is escaped: HTML in XML, backslashes and line ends in JSON, and a
    summary twice in RSS.
    """
    summary = html.escape(entry.summary_text, quote=False)
    named = [(item.name, item.url) for item in entry.authors]
    named += [(item.name, item.url) for item in entry.categories]
    return (
        _ENTRY_BYTES
        + _WORST * len(entry.title)
        + _escaped(summary)
        + _escaped(entry.content_html or summary)
        + sum(map(_escaped, (entry.guid, entry.atom_id, entry.url)))
        # Atom says a category's name twice, JSON the address of the first picture.
        + sum(100 + 2 * _WORST * len(name) + _escaped(url) for name, url in named)
        + _weight_of(entry.attribution)
        + sum(map(_weight_of_file, (*entry.media, *filter(None, [entry.thumbnail]))))
    )


def _weight_of(attribution: Attribution | None) -> int:
    """Return an upper limit for the bytes that say where an entry was first."""
    if attribution is None:
        return 0
    urls = _escaped(attribution.url) + _escaped(attribution.feed_url or "")
    return 200 + urls + _WORST * (len(attribution.title) + len(attribution.rights or ""))


def _weight_of_file(media: Media) -> int:
    """RSS says all there is of a picture, JSON its address twice."""
    words = (media.description or "", media.credit or "")
    return 250 + 2 * _escaped(media.url) + len(media.media_type) + sum(map(_escaped, words))


def _escaped(text: str) -> int:
    """Return the bytes of a text in XML or in JSON, whichever takes more."""
    forms = (html.escape(text, quote=False), json.dumps(text, ensure_ascii=False))
    return max(len(form.encode("utf-8", "replace")) for form in forms)


def digest(
    channel: Channel, renderer: str, *, digest_of: Callable[[Entry], str] | None = None
) -> str:
    """Hash everything that decides the bytes but the instant of the last event.

    Equal digests mean equal content: then an event changed nothing and nothing is rendered.

    Args:
        digest_of: `entry_digest`, or something that remembers what it said.
    """
    digest_of = digest_of or entry_digest
    head = replace(channel, updated_at=dt.datetime.min.replace(tzinfo=dt.UTC), entries=())
    entries = [digest_of(entry) for entry in channel.entries]
    text = f"{renderer}\n{head!r}\n{entries!r}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def entry_digest(entry: Entry) -> str:
    """Hash an entry's whole content, so that anybody can tell whether it changed."""
    return hashlib.sha256(repr(entry).encode("utf-8", "surrogatepass")).hexdigest()
