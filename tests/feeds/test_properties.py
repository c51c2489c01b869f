"""Whatever the door lets in becomes documents in which nothing is wrong."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from feedsvc.errors import RejectedError
from feedsvc.feeds.compose import compose, compose_entry
from feedsvc.feeds.proof import prove_whole
from feedsvc.intake.accept import Accepted, accept
from feedsvc.intake.checks import checked
from feedsvc.model import (
    SITE,
    Article,
    Channel,
    Credit,
    Feed,
    Finding,
    Format,
    Kind,
    Status,
    Submission,
    Term,
)
from feedsvc.settings import Settings
from feedsvc.settings.groups import Site
from tests.feeds.strategies import (
    START,
    TRAPS,
    a_channel,
    an_entry,
    categories,
    files,
    names,
    people,
    submissions,
    texts,
)
from tests.newsroom import Newsroom, a_submission

CONFIGURED = Settings(site=Site(base_url="https://paper.example"))
FEED = Feed(
    id=1,
    key=SITE,
    path="all",
    name="",
    ids={fmt: f"urn:uuid:00000000-0000-4000-9000-{i:012d}" for i, fmt in enumerate(Format)},
    event_at=START,
    event_seq=0,
)
NOW = START + dt.timedelta(hours=2)


def article_of(submission: Submission, number: int) -> Article:
    """What the door makes of a submission, in short."""
    known = Counter[str]()

    def term(kind: Kind, name: str) -> Term:
        known[kind] += 1
        return Term(kind, name, f"{kind}-{known[kind]}")

    urn = f"urn:uuid:00000000-0000-4000-8000-{number:012d}"
    guid = submission.guid or urn
    opaque = " " in guid or ":" not in guid or "<" in guid or "&#" in guid
    at = START - dt.timedelta(seconds=number, microseconds=number * 300_001)
    edition = submission.edition
    return Article(
        guid=guid,
        atom_id=urn if opaque else guid,
        title=submission.title,
        content_html=submission.content_html,
        status=Status.PUBLISHED,
        byline=tuple(Credit(term(Kind.AUTHOR, name), role) for name, role in submission.byline),
        sections=tuple(term(Kind.SECTION, name) for name in submission.sections),
        edition=term(Kind.EDITION, edition) if edition else None,
        tags=tuple(term(Kind.TAG, name) for name in submission.tags),
        media=submission.media,
        summary_text=submission.summary,
        language=submission.language,
        permalink=f"2024/11/{number}",
        published_at=at.replace(microsecond=0),
        updated_at=at,
    )


def findings(channel: Channel) -> list[Finding]:
    return list(prove_whole(channel, NOW).findings)


@settings(max_examples=150)
@given(st.lists(submissions, min_size=1, max_size=3, unique_by=lambda s: s.guid or id(s)))
def test_any_article_that_comes_in_goes_out_without_a_finding(found: list[Submission]) -> None:
    try:
        clean = [checked(submission, CONFIGURED) for submission in found]
    except RejectedError:
        assume(False)
    articles = [article_of(submission, number) for number, submission in enumerate(clean)]

    entries = [compose_entry(article, CONFIGURED) for article in articles]

    assert findings(compose(FEED, entries, (), CONFIGURED)) == []


@settings(max_examples=100)
@given(names, names, names, st.lists(names, max_size=3), st.lists(files, max_size=3))
def test_any_head_and_any_summary_only_entry_pass(
    title: str, description: str, rights: str, who: list[str], media: list[object]
) -> None:
    title, description, rights = (" ".join(x.split()) for x in (title, description, rights))
    who = [" ".join(name.split()) for name in who]
    fields = {"title": title, "description": description, "rights": rights, "author": title}
    entry = an_entry(
        title=title,
        summary_text=description,
        content_html=None,
        authors=people(who),
        categories=categories(who),
        media=tuple(media),
    )

    assert findings(a_channel(entry, **fields)) == []


@pytest.mark.parametrize("trap", TRAPS, ids=ascii)
def test_every_trap_is_harmless_in_every_field(trap: str) -> None:
    word = " ".join(f"a {trap}b {trap}".replace("\x0b", "").split())
    entry = an_entry(
        title=word,
        summary_text=word,
        content_html=f"<p>{word.replace('&', '&amp;').replace('<', '&lt;')}</p>",
        authors=people([word, "Ana", word[::-1]]),
        categories=categories([word, "News", word[::-1]]),
    )
    bare = dataclasses.replace(entry, guid=word.strip() + "x", content_html=None)
    head = {"title": word, "description": word, "rights": word, "author": word}

    assert findings(a_channel(entry, **head)) == []
    assert findings(a_channel(bare)) == []


@settings(max_examples=200)
@given(st.lists(texts, min_size=1, max_size=4))
@example(["Ana (ana@example.org)", "Bo"])
@example(["a@b.co (X) c@d.org", "a@b.co a@b.co", "()a@b.co()", "<>&lt;&gt; x@y.zz"])
@example(["Ã©@b.co", "ä@b.co", "(", "()"])
def test_no_byline_is_too_odd(who: list[str]) -> None:
    clean = list(dict.fromkeys(" ".join(f"{name}.".replace("\x0b", "").split()) for name in who))

    assert findings(a_channel(an_entry(authors=people(clean)))) == []


def test_the_whole_house_lets_every_trap_through(sqlite_newsroom: Newsroom) -> None:
    room = sqlite_newsroom
    accepted: list[Accepted] = []
    with room.services.database.write() as tx:
        for number, trap in enumerate(TRAPS):
            plain = f"{trap}{number} {trap}"
            submission = a_submission(
                title=plain,
                content_html=f"<p>{plain.replace('<', '&lt;')}</p>",
                summary=plain if number % 2 else None,
                byline=((f"{plain} Lee", None), ("Ana Lee", None)),
                sections=("News", plain),
                edition=plain if number % 3 == 0 else None,
                tags=(plain,),
            )
            accepted.append(accept(tx, room.services.door, submission))

    built = {done.path: done for done in room.build()}

    assert len(accepted) == len(TRAPS) > 90
    assert len(built) > 200
    assert [done.quarantined for done in built.values() if done.quarantined] == []
    assert room.get("/healthz").json == {"status": "ok", "problems": [], "unavailable": []}
