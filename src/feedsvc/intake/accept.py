"""The door: every article, whoever brings it, comes in through `accept`.

It cleans, decides whether the submission is a new article or a new version of one, gives it its
identity and its dates, and stores it with all that follows (`change.record`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from feedsvc.errors import RejectedError
from feedsvc.intake import identity
from feedsvc.intake.change import (
    Door,
    distinct_instant,
    distinct_second_of_day,
    fingerprint,
    local_hour,
    record,
    resolve_term,
    uncrowded_second,
    whole_second,
)
from feedsvc.intake.checks import checked
from feedsvc.intake.clean import clean_text
from feedsvc.model import (
    Article,
    Correction,
    Credit,
    Kind,
    Rejection,
    Status,
    Submission,
    Term,
)
from feedsvc.settings import Settings
from feedsvc.store import aliases, articles, records
from feedsvc.store.articles import Origin
from feedsvc.store.database import Transaction

# RFC 3987 in short: a scheme and something behind it without spaces or quotes.
# What only begins like a UUID is none, and would be refused on the way out.
_ABSOLUTE_IRI = re.compile(
    r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|(?!urn:uuid:)[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+",
    re.IGNORECASE,
)


class Outcome(StrEnum):
    """What became of a submission."""

    CREATED = "created"
    UPDATED = "updated"
    CORRECTED = "corrected"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"  # it was withdrawn here, and no import brings it back
    KNOWN = "known"  # it is here already, from elsewhere, and that is left alone


@dataclass(frozen=True, slots=True)
class Accepted:
    """A submission that came in."""

    outcome: Outcome
    article_id: int


def accept(
    tx: Transaction,
    door: Door,
    submission: Submission,
    *,
    note: str | None = None,
) -> Accepted:
    """Let a submission in, as a new article or as a new version of one.

    Args:
        note: Makes it a correction, with these words, if it changes an article.

    Raises:
        RejectedError: It cannot come in; the error says what is wrong with which field.
    """
    known = _origin(tx, submission)
    if known and submission.digest and known.digest == submission.digest:
        # What was refused in between was not let in, and now stands there no more.
        _resolve_rejection(tx, door, submission)
        return Accepted(Outcome.UNCHANGED, known.article_id)
    clean = checked(submission, door.settings)
    mark = _fingerprint(clean, door)
    if known is None and clean.yields:
        elsewhere = identity.elsewhere(tx, clean)
        if elsewhere is not None:
            return Accepted(Outcome.KNOWN, elsewhere)
    existing = known.article_id if known else identity.same_article(tx, clean, mark)
    if existing is None:
        accepted = _create(tx, door, clean)
    else:
        is_redated = known.date != _date_text(clean) if known else clean.guid is not None
        version = _Version(clean, clean_text(note or ""), is_redated, known.date if known else None)
        accepted = _renew(tx, door, version, articles.get(tx, existing))
    aliases.give(tx, clean.aliases, accepted.article_id)
    if clean.path is not None:
        origin = Origin(accepted.article_id, clean.digest, _date_text(clean), mark)
        articles.save_origin(tx, clean.source, clean.path, origin, is_new=known is None)
        _resolve_rejection(tx, door, clean)
    return accepted


def _resolve_rejection(tx: Transaction, door: Door, submission: Submission) -> None:
    """Close what was refused from the same path before, if anything was."""
    key = (submission.source, submission.path or "")
    memo = door.memo
    if memo is not None:
        if memo.rejected is None:
            memo.rejected = records.rejected_paths(tx)
        if key not in memo.rejected:
            return
    records.resolve_rejection(tx, *key, door.now())


@dataclass(frozen=True, slots=True)
class _Version:
    """A new version of an article.

    Attributes:
        note: What was wrong, if it changes anything; empty when it is no correction.
        is_redated: True when it gives another date than the version before.
        dated_before: The date that the version before gave, as text; None when it gave none.
    """

    submission: Submission
    note: str
    is_redated: bool
    dated_before: str | None = None

    @property
    def is_kept_back(self) -> bool:
        """True when it is not for the public where it comes from; of others' feeds we decide."""
        submission = self.submission
        return bool(submission.hold or (submission.draft and not submission.yields))


def reject(tx: Transaction, door: Door, rejection: Rejection) -> None:
    """Keep what was refused, with its raw text, so that nothing is lost."""
    records.save_rejection(tx, replace(rejection, rejected_at=door.now()))
    if door.memo is not None and door.memo.rejected is not None:
        door.memo.rejected.add((rejection.source, rejection.path))


def _origin(tx: Transaction, submission: Submission) -> Origin | None:
    if submission.path is None:
        return None
    return articles.origin(tx, submission.source, submission.path)


def _fingerprint(submission: Submission, door: Door) -> str | None:
    day = submission.date
    if day is None:
        return None
    if isinstance(day, dt.datetime):
        day = day.astimezone(door.settings.tz).date()
    return fingerprint(submission.title, day, tuple(name for name, _ in submission.byline))


def _date_text(submission: Submission) -> str | None:
    date = submission.date
    if isinstance(date, dt.datetime):
        date = date.astimezone(dt.UTC)
    return date.isoformat() if date else None


def _instant(date_text: str | None, settings: Settings) -> dt.datetime | None:
    """Return when an article with such a date is released."""
    if date_text is None:
        return None
    if len(date_text) == len("2024-11-15"):
        return local_hour(dt.date.fromisoformat(date_text), settings)
    return whole_second(dt.datetime.fromisoformat(date_text))


def _printed(door: Door, submission: Submission) -> Correction | None:
    """Return the correction that is part of a submission; it came in just now."""
    note = submission.correction
    return Correction(whole_second(door.now()), note) if note else None


def _create(tx: Transaction, door: Door, submission: Submission) -> Accepted:
    correction = _printed(door, submission)
    guid = submission.guid or door.new_urn()
    absolute = _ABSOLUTE_IRI.fullmatch(guid) is not None
    article = Article(
        guid=guid,
        atom_id=guid if absolute else door.new_urn(),
        title=submission.title,
        content_html=submission.content_html,
        status=Status.DRAFT,
        summary_text=submission.summary,
        language=submission.language,
        media=submission.media,
        corrections=(correction,) if correction else (),
        slug=submission.slug,
        hold=submission.hold,
        attribution=submission.attribution,
    )
    article = filed(tx, door, article, submission)
    if not submission.draft and not submission.hold:
        article = _changed_since(tx, door, dated(tx, door, article, submission.date), submission)
    if correction and article.updated_at and correction.at > article.updated_at:
        article = replace(article, updated_at=distinct_instant(tx, "updated_at", correction.at))
    stored = record(tx, door, article, guid_source=submission.source)
    return Accepted(Outcome.CREATED, stored.id)


def _changed_since(
    tx: Transaction, door: Door, article: Article, submission: Submission
) -> Article:
    """Return an article as last changed when its submission says; never in the future."""
    at = submission.updated
    if at is None or article.updated_at is None or not article.updated_at < at <= door.now():
        return article
    return replace(article, updated_at=distinct_instant(tx, "updated_at", at))


def filed(tx: Transaction, door: Door, article: Article, submission: Submission) -> Article:
    """Return an article under the terms that a submission names."""

    def term(kind: Kind, name: str) -> Term:
        return resolve_term(tx, door, kind, name)

    def distinct(kind: Kind, names: Iterable[str]) -> tuple[Term, ...]:
        return tuple({found.id: found for name in names for found in [term(kind, name)]}.values())

    # Two names may lead to one author, since a rename or merge: who stands first counts.
    people: dict[int, Credit] = {}
    for name, role in submission.byline:
        author = term(Kind.AUTHOR, name)
        people.setdefault(author.id, Credit(author, role))
    edition = submission.edition
    return replace(
        article,
        sections=distinct(Kind.SECTION, submission.sections),
        edition=term(Kind.EDITION, edition) if edition else None,
        tags=distinct(Kind.TAG, submission.tags),
        byline=tuple(people.values()),
    )


def dated(
    tx: Transaction, door: Door, article: Article, date: dt.date | dt.datetime | None
) -> Article:
    """Release an article as of a date, or schedule it when that lies ahead.

    None and today mean now. A day alone gets the configured hour and a second of its own.
    """
    settings, now = door.settings, door.now()
    if isinstance(date, dt.datetime):
        if date > now:
            return replace(article, status=Status.SCHEDULED, release_at=whole_second(date))
        published = min(uncrowded_second(tx, date), whole_second(now))
    else:
        today = now.astimezone(settings.tz).date()
        if date is not None and date > today:
            at = local_hour(date, settings)
            return replace(article, status=Status.SCHEDULED, release_at=at)
        past = date is not None and date < today
        published = distinct_second_of_day(tx, date, settings) if date and past else now
    return released(tx, article, published)


def released(tx: Transaction, article: Article, at: dt.datetime) -> Article:
    """Return an article as public since an instant."""
    published = whole_second(at)
    return replace(
        article,
        status=Status.PUBLISHED,
        published_at=published,
        updated_at=distinct_instant(tx, "updated_at", published),
        release_at=None,
    )


def _renew(tx: Transaction, door: Door, version: _Version, before: Article) -> Accepted:
    """Store a new version of an article; its dates of release stay what they are.

    A date of a scheduled article only counts when it is a new one: whoever scheduled it
    otherwise meanwhile knew better, and when it is late `desk.release_due` sees to it.
    """
    if before.status is Status.WITHDRAWN:
        return Accepted(Outcome.WITHDRAWN, before.id)
    after = _restated(tx, door, version, before)
    if after == before:
        return Accepted(Outcome.UNCHANGED, before.id)
    if version.note:
        correction = Correction(whole_second(door.now()), version.note)
        after = replace(after, corrections=(*after.corrections, correction))
    if before.status is Status.PUBLISHED and is_significant(before, after):
        after = touched(tx, door, after)
    record(tx, door, after, before)
    corrected = len(after.corrections) > len(before.corrections)
    return Accepted(Outcome.CORRECTED if corrected else Outcome.UPDATED, before.id)


def _restated(tx: Transaction, door: Door, version: _Version, before: Article) -> Article:
    """Return an article as a new version has it, in the state that this one is in.

    Raises:
        RejectedError: It is not for the public any more, and somebody here has made it public.
    """
    submission = version.submission
    after = _revised(tx, door, submission, before)
    if version.is_kept_back and before.status is not Status.DRAFT:
        return _kept_back(door, after, version, before)
    if submission.draft or submission.hold or before.status is Status.PUBLISHED:
        return after
    if before.status is Status.DRAFT:
        return _changed_since(tx, door, dated(tx, door, after, submission.date), submission)
    return dated(tx, door, after, submission.date) if version.is_redated else after


def _kept_back(door: Door, after: Article, version: _Version, before: Article) -> Article:
    """Return an article whose release was only planned, and by an import, as a draft again."""
    planned_at = _instant(version.dated_before, door.settings)
    if before.status is Status.SCHEDULED and before.release_at == planned_at:
        return replace(after, status=Status.DRAFT, release_at=None, hold=version.submission.hold)
    raise RejectedError(
        f"it is {version.submission.hold or 'a draft'} now, and {before.status} here: article"
        f" {before.id} was left as it was. `feedsvc article withdraw {before.id}` takes it back,"
        " for good",
        field="status",
    )


def _revised(tx: Transaction, door: Door, submission: Submission, before: Article) -> Article:
    """Return an article as a new version has it, but for its dates."""
    correction = _printed(door, submission)
    after = replace(
        filed(tx, door, before, submission),
        title=submission.title,
        content_html=submission.content_html,
        summary_text=submission.summary,
        language=submission.language,
        media=submission.media,
        hold=submission.hold if before.status is Status.DRAFT else before.hold,
        attribution=submission.attribution,
    )
    if correction and correction.note not in [old.note for old in before.corrections]:
        after = replace(after, corrections=(*before.corrections, correction))
    return after


def is_significant(before: Article, after: Article) -> bool:
    """True when what a reader reads has changed, not only how it is filed."""
    fields = ("title", "content_html", "summary_text", "corrections")
    return any(getattr(before, name) != getattr(after, name) for name in fields)


def touched(tx: Transaction, door: Door, article: Article) -> Article:
    """Return a public article as significantly changed now; never before it was last."""
    now = door.now()
    if article.updated_at is not None:
        now = max(now, article.updated_at)
    return replace(article, updated_at=distinct_instant(tx, "updated_at", now))
