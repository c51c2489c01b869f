"""The audit proves what is served from nothing, and has what is wrong built anew."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import sqlalchemy as sa

from feedsvc.feeds.audit import audit, audit_feed
from feedsvc.model import SITE, Format
from feedsvc.store import feeds, proofs, records
from feedsvc.store import tables as t
from tests.newsroom import Newsroom


@pytest.fixture
def paper(sqlite_newsroom: Newsroom) -> Newsroom:
    """Return a newsroom with stories, built."""
    return sqlite_newsroom.with_stories(3)


def site_id(room: Newsroom) -> int:
    with room.services.database.read() as tx:
        site = feeds.by_key(tx, SITE)
    assert site
    return site.id


def damage(room: Newsroom, fmt: Format = Format.RSS, **values: Any) -> None:
    """Change a stored document of the site's feed behind everybody's back."""
    which = (t.document.c.feed_id == site_id(room), t.document.c.format == fmt.value)
    with room.services.database.write() as tx:
        tx.execute(sa.update(t.document).where(*which).values(**values))


def rules(room: Newsroom) -> set[str]:
    """Audit the site's feed and return the rules that were broken."""
    found = audit_feed(room.services.press, site_id(room))
    return {finding.rule for finding in found.findings}


def test_all_that_is_served_is_right(paper: Newsroom) -> None:
    found = list(audit(paper.services.press, 1))

    assert sorted(one.path for one in found) == sorted(paper.paths())
    assert sum(one.documents for one in found) == 3 * len(paper.paths())
    assert [one.findings for one in found] == [()] * len(found)


def test_a_damaged_document_is_found_and_built_anew(paper: Newsroom) -> None:
    before = paper.documents()
    damage(paper, body=before[Format.RSS].body.replace(b"Nobody", b"Somebody"))

    assert rules(paper) >= {"damaged", "readback-entry-content"}

    with paper.services.database.read() as tx:
        assert records.open_problems(tx)
    paper.build()
    assert paper.documents()[Format.RSS].body == before[Format.RSS].body
    with paper.services.database.read() as tx:
        assert records.open_problems(tx) == []


def test_a_lie_with_an_etag_to_match_is_found(paper: Newsroom) -> None:
    body = paper.documents()[Format.JSON].body.replace(b'"language":"en-US"', b'"language":"en"')
    damage(paper, Format.JSON, body=body, etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"')

    assert "differs" in rules(paper)


def test_a_damaged_variant_is_found_and_made_anew(paper: Newsroom) -> None:
    paper.finish()
    brotli = (t.variant.c.feed_id == site_id(paper), t.variant.c.coding == "br")
    with paper.services.database.write() as tx:
        whole = tx.execute(sa.select(t.variant.c.body).where(*brotli)).scalars().first()
        tx.execute(sa.update(t.variant).where(*brotli).values(body=bytes(whole or b"")[:-3]))

    assert rules(paper) == {"damaged"}

    paper.build()
    paper.finish()
    assert rules(paper) == set()


def test_a_lost_document_is_found(paper: Newsroom) -> None:
    with paper.services.database.write() as tx:
        tx.execute(sa.delete(t.document).where(t.document.c.format == "atom"))

    assert "missing" in rules(paper)
    paper.build()
    assert len(paper.documents()) == 3


def test_a_stale_feed_that_nobody_thinks_due_is_found(paper: Newsroom) -> None:
    paper.submit(title="Forgotten", date=None)
    with paper.services.database.write() as tx:
        tx.execute(sa.update(t.feed).values(build_due_at=None))

    assert rules(paper) == {"stale"}
    paper.build()
    assert len(paper.shown()) == 4


def test_a_feed_that_is_about_to_be_built_is_left_to_its_build(paper: Newsroom) -> None:
    paper.submit(title="New", date=None)

    found = audit_feed(paper.services.press, site_id(paper))

    assert (found.documents, found.findings) == (0, ())


def test_proofs_that_nothing_needs_are_dropped_and_no_others(newsroom: Newsroom) -> None:
    paper = newsroom.with_stories(3)
    with paper.services.database.write() as tx:
        proofs.add(tx, ["of an older version"], paper.clock.at)
        before = set(tx.execute(sa.select(t.proof.c.key)).scalars())
    paper.clock.advance(days=1)

    list(audit(paper.services.press, 1))

    with paper.services.database.read() as tx:
        after = set(tx.execute(sa.select(t.proof.c.key)).scalars())
    assert after == before - {"of an older version"}
    assert after


def test_it_shares_nothing_with_the_memory_of_builds(paper: Newsroom) -> None:
    press = paper.services.press
    channel = paper.channel()
    for entry, sealed in zip(channel.entries, press.memory.fragments(channel.entries), strict=True):
        assert press.memory._fragments.get(entry) is sealed
    press.memory._fragments.clear()

    audit_feed(press, site_id(paper))

    assert press.memory._fragments.get(channel.entries[0]) is None


def test_a_feed_that_cannot_be_audited_is_a_finding_and_not_the_end(
    sqlite_newsroom: Newsroom,
) -> None:
    room = sqlite_newsroom
    for number in range(3):
        room.submit(title=f"Story {number}", date=None, sections=(f"S{number}",))
    room.build()
    with room.services.database.write() as tx:
        damaged = sa.update(t.article).where(t.article.c.title == "Story 1")
        tx.execute(damaged.values(title="Sto\x01ry"))

    found = {one.path: one.findings for one in audit(room.services.press, 1)}

    assert sorted(found) == sorted(room.paths())
    assert found["section/s0"] == ()
    assert found["section/s1"]
    with room.services.database.read() as tx:
        assert {problem.feed_path for problem in records.open_problems(tx)} >= {"section/s1"}
