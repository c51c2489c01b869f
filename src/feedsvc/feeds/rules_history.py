"""Rules of feed history (RFC 5005): complete feeds, archives, and the links between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from feedsvc.feeds.rules import ALL, ATOM, HISTORY, XML, Faults, Part, Rule, Subject, rule, shorten

_REPORT = "If feedsvc wrote this document, please report it as a mistake of feedsvc."
_STEPS = frozenset({"prev-archive", "next-archive"})
_RELATIONS = _STEPS | {"current"}


@rule("history-complete", XML, "RFC 5005 §2, W3C FeedRelInCompleteFeed")
def history_complete(subject: Subject) -> Faults:
    """A document that is complete leads to no archive and is none."""
    if not _is_marked(subject, "complete"):
        return
    beside = sorted({rel for rel, _ in _links(subject.head)} & _STEPS)
    beside += ["archive"] if _is_marked(subject, "archive") else []
    for what in beside:
        message = f"The feed says that it is complete, and has {what} too."
        yield subject.head.fault("complete", message, _REPORT)


@rule("history-archive", XML, "RFC 5005 §4, W3C ArchiveIncomplete, MissingCurrentInArchive")
def history_archive(subject: Subject) -> Faults:
    """A page of an archive leads to the feed that it belongs to."""
    if _is_marked(subject, "archive") and "current" not in dict(_links(subject.head)):
        message = "A page of the archive does not say where its feed is."
        yield subject.head.fault("archive", message, f"Link to it with rel=current. {_REPORT}")


@rule("history-links", XML, "RFC 5005 §4, W3C LinkPastEnd, FeedHistoryRelInEntry")
def history_links(subject: Subject) -> Faults:
    """Links to other pages stand once, in the head, and lead away from the document."""
    found = [(rel, url) for rel, url in _links(subject.head) if rel in _RELATIONS]
    for rel, count in Counter(rel for rel, _ in found).items():
        if count > 1:
            message = f"There are {count} links to {rel}."
            yield subject.head.fault("link", message, _REPORT)
    own = {url for rel, url in _links(subject.head) if rel == "self"}
    for rel, url in found:
        if url in own and rel in _STEPS:
            message = f"The link to {rel} leads back to this document."
            yield subject.head.fault("link", message, _REPORT)
    for part in subject.entries:
        for rel, _ in _links(part):
            if rel in _RELATIONS:
                message = f"A link to {rel} belongs to the feed and not to an entry."
                yield part.fault("link", message, _REPORT)


@rule("history-channel", ALL, "RFC 5005; house rule: documents lead where the archive is")
def history_channel(subject: Subject) -> Faults:
    """The document says of its history what is so."""
    if subject.channel is None:
        return
    history, fmt = subject.channel.history, subject.format
    wanted = {rel: urls[fmt] for rel, urls in history.links}
    if subject.data is not None:
        following = subject.data.get("next_url")
        found = {"prev-archive": following} if isinstance(following, str) else {}
        wanted = {rel: url for rel, url in wanted.items() if rel == "prev-archive"}
    else:
        found = {rel: url for rel, url in _links(subject.head) if rel in _RELATIONS}
        marks = {"complete": history.is_complete, "archive": history.is_archive}
        for mark, is_so in marks.items():
            if _is_marked(subject, mark) != is_so:
                message = f"The document {'does not say' if is_so else 'says'} that it is {mark}."
                yield subject.head.fault(mark, message, _REPORT)
    for rel in sorted(wanted.keys() | found.keys()):
        if wanted.get(rel) != found.get(rel):
            message = f"The link to {rel} is {shorten(str(found.get(rel)))}."
            yield subject.head.fault("link", message, _REPORT)


def _is_marked(subject: Subject, mark: str) -> bool:
    return bool(subject.head.children(f"{HISTORY}{mark}"))


def _links(part: Part) -> Iterator[tuple[str, str]]:
    for link in part.children(f"{ATOM}link"):
        yield link.get("rel", "alternate"), link.get("href", "")


RULES: tuple[Rule, ...] = (history_complete, history_archive, history_links, history_channel)
