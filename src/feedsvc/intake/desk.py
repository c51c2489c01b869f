"""What editors do with an article that is in: edit, publish, schedule, withdraw, republish.

Every function takes the article's id, checks that the step makes sense, and ends in
`change.record`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from feedsvc.errors import RefusedError
from feedsvc.intake.accept import filed, released, touched
from feedsvc.intake.change import Door, record, whole_second
from feedsvc.intake.checks import checked, checked_slug
from feedsvc.intake.clean import clean_text
from feedsvc.model import (
    Article,
    Change,
    Correction,
    Media,
    Status,
    Submission,
)
from feedsvc.store import articles
from feedsvc.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Edit:
    """New values for an article; None leaves a field as it is, "" or () empties it.

    Attributes:
        change: What it means to readers; UPDATE and CORRECTION move `updated_at`.
        note: What was wrong; needed for a correction.
    """

    title: str | None = None
    content_html: str | None = None
    summary: str | None = None
    slug: str | None = None
    byline: tuple[tuple[str, str | None], ...] | None = None
    sections: tuple[str, ...] | None = None
    edition: str | None = None
    tags: tuple[str, ...] | None = None
    media: tuple[Media, ...] | None = None
    change: Change = Change.SILENT
    note: str | None = None


def edit(tx: Transaction, door: Door, article_id: int, changes: Edit) -> Article:
    """Change an article; a quarantined one comes back to its feeds for another try.

    Raises:
        RefusedError: The article is withdrawn, or a correction lacks its note.
        RejectedError: A new value is not acceptable.
    """
    before = _alive(tx, article_id)
    after = _changed(tx, door, before, changes)
    if changes.change is Change.CORRECTION:
        text = clean_text(changes.note or "")
        if not text:
            raise RefusedError("a correction needs a note that says what was wrong")
        correction = Correction(whole_second(door.now()), text)
        after = replace(after, corrections=(*after.corrections, correction))
    if changes.change is not Change.SILENT and before.status is Status.PUBLISHED:
        after = touched(tx, door, after)
    if after == before and not before.quarantined_at:
        return before
    return record(tx, door, after, before)


def _alive(tx: Transaction, article_id: int) -> Article:
    article = articles.get(tx, article_id)
    if article.status is Status.WITHDRAWN:
        raise RefusedError(
            f"article {article_id} is withdrawn, and that is final; `feedsvc article republish"
            f" {article_id}` makes a copy of it under a new identity"
        )
    return article


def _changed(tx: Transaction, door: Door, before: Article, changes: Edit) -> Article:
    """Return an article with its changes, checked like any submission."""
    wanted: dict[str, Any] = {
        "title": before.title,
        "content_html": before.content_html,
        "summary": before.summary_text,
        "byline": tuple((credit.author.name, credit.role) for credit in before.byline),
        "sections": tuple(term.name for term in before.sections),
        "edition": before.edition.name if before.edition else None,
        "tags": tuple(term.name for term in before.tags),
        "media": before.media,
    }
    given = {name: getattr(changes, name) for name in wanted}
    wanted |= {name: value for name, value in given.items() if value is not None}
    clean = checked(Submission(**wanted), door.settings)
    after = replace(
        before,
        title=clean.title,
        content_html=clean.content_html,
        summary_text=clean.summary,
        media=clean.media,
    )
    after = filed(tx, door, after, clean)
    if changes.slug is not None and changes.slug != before.slug:
        # Without a permalink it gets a new one; the old one goes on leading to it.
        after = replace(after, slug=checked_slug(changes.slug), permalink=None)
    return after


def publish(tx: Transaction, door: Door, article_id: int) -> Article:
    """Make a draft or scheduled article public now.

    Raises:
        RefusedError: It is public already, or withdrawn.
    """
    before = _alive(tx, article_id)
    if before.status is Status.PUBLISHED:
        raise RefusedError(
            f"article {article_id} is public already; `feedsvc article edit {article_id}`"
            " changes it"
        )
    return record(tx, door, released(tx, replace(before, hold=None), door.now()), before)


def schedule(tx: Transaction, door: Door, article_id: int, at: dt.datetime) -> Article:
    """Have a draft or scheduled article made public at an instant.

    Raises:
        RefusedError: It is public already or withdrawn, or the instant has passed.
    """
    before = _alive(tx, article_id)
    if before.status is Status.PUBLISHED:
        raise RefusedError(
            f"article {article_id} is public already and cannot be scheduled; `feedsvc article"
            f" withdraw {article_id}` takes it back, for good"
        )
    if at <= door.now():
        raise RefusedError(
            f"{at.isoformat()} has passed; `feedsvc article publish {article_id}` releases it now"
        )
    at = whole_second(at)
    after = replace(before, status=Status.SCHEDULED, release_at=at, hold=None)
    return record(tx, door, after, before)


def release_due(tx: Transaction, door: Door) -> list[Article]:
    """Make every scheduled article public whose time has come, also when it is late.

    `published_at` is the real instant: readers and newsletter tools judge what is new by it.
    """
    found = []
    for article_id in articles.due_for_release(tx, door.now()):
        before = articles.get(tx, article_id)
        found.append(record(tx, door, released(tx, before, door.now()), before))
    return found


def withdraw(tx: Transaction, door: Door, article_id: int) -> Article:
    """Take an article back for good; feeds that listed it announce that.

    Raises:
        RefusedError: It is withdrawn already.
    """
    before = _alive(tx, article_id)
    at = whole_second(door.now())
    after = replace(before, status=Status.WITHDRAWN, withdrawn_at=at, release_at=None)
    return record(tx, door, after, before)


def republish(tx: Transaction, door: Door, article_id: int) -> Article:
    """Publish a copy of a withdrawn article under a new guid; its old address leads there.

    Raises:
        RefusedError: It is not withdrawn, or was republished already.
    """
    old = articles.get(tx, article_id)
    if old.status is not Status.WITHDRAWN:
        raise RefusedError(f"article {article_id} is not withdrawn; there is nothing to republish")
    if old.replaced_by is not None:
        raise RefusedError(f"article {article_id} was republished as article {old.replaced_by}")
    guid = door.new_urn()
    copy = replace(
        old,
        id=0,
        guid=guid,
        atom_id=guid,
        status=Status.DRAFT,
        permalink=None,
        withdrawn_at=None,
        quarantined_at=None,
    )
    new = record(tx, door, released(tx, copy, door.now()), guid_source="desk")
    record(tx, door, replace(old, replaced_by=new.id), old)
    return new
