"""Archives (RFC 5005): walking back from a feed's document gives every public article."""

from __future__ import annotations

import datetime as dt
import gzip
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedsvc.feeds import archive
from feedsvc.feeds.admit import admit_due, prepare
from feedsvc.feeds.audit import audit_feed
from feedsvc.feeds.backlog import mark_all_due
from feedsvc.feeds.inspect import check_stored
from feedsvc.model import Article, Format, Kind, Status
from feedsvc.settings import Settings
from feedsvc.store import archive_documents, archives, feeds, serving
from feedsvc.store import articles as store_articles
from tests.conftest import make_newsroom
from tests.feeds.walking import Step, all_titles, from_store, walk
from tests.newsroom import Clock, Newsroom

each_format = pytest.mark.parametrize("fmt", list(Format))
SMALL = {"window_entries": 4, "window_min_entries": 2, "window_hours": 0}
START = dt.datetime(2024, 9, 20, 12, tzinfo=dt.UTC)


def small(room: Newsroom, **more: object) -> Newsroom:
    """Let feeds show four entries."""
    values = room.services.settings.model_dump()
    values["feeds"] |= SMALL | more
    room.services = replace(room.services, settings=Settings.model_validate(values))
    return room


@pytest.fixture
def paper(sqlite_newsroom: Newsroom) -> Newsroom:
    """A newsroom whose feeds show four entries."""
    sqlite_newsroom.clock.at = START
    return small(sqlite_newsroom)


def stories(room: Newsroom, count: int, days: float = 3) -> list[Article]:
    """Publish stories one after another, each with its builds."""
    found = []
    for _ in range(count):
        number = len(everything(room))
        found.append(room.submit(title=f"Story {number}", date=None, tags=()))
        build(room)
        room.clock.advance(days=days)
    return found


def build(room: Newsroom) -> None:
    room.build()
    while archive.build_next(room.services.press):
        room.build()
    room.build()


def everything(room: Newsroom, path: str = "all") -> list[str]:
    """The titles of what a feed lists, newest first."""
    with room.services.database.read() as tx:
        feed_id = serving.routes(tx).get(path)
        ids = feeds.newest(tx, feed_id, 10_000) if feed_id else []
        return [article.title for article in store_articles.load(tx, ids)]


def walked(room: Newsroom, path: str = "all", fmt: Format = Format.ATOM) -> list[Step]:
    return list(walk(from_store(room), room.services.settings.feed_url(path, fmt)))


def names(steps: list[Step]) -> list[str]:
    return [step.url.rpartition("/")[2].partition(".")[0] for step in steps]


@each_format
def test_a_feed_that_shows_everything_is_complete(paper: Newsroom, fmt: Format) -> None:
    stories(paper, 4)
    (only,) = walked(paper, fmt=fmt)

    assert only.marks == (set() if fmt is Format.JSON else {"complete"})
    assert (only.older, only.newer) == (None, None)


@each_format
@pytest.mark.parametrize("path", ["all", "section/news", "author/ana-lee"])
def test_walking_back_gives_everything(paper: Newsroom, path: str, fmt: Format) -> None:
    stories(paper, 15)
    steps = walked(paper, path, fmt)

    assert all_titles(steps) == everything(paper, path)
    assert names(steps)[1:] == sorted(names(steps)[1:], reverse=True)
    for step in steps:
        assert step.self_url == step.url


def test_walking_back_on_both_databases(newsroom: Newsroom) -> None:
    newsroom.clock.at = START
    small(newsroom, soft_cap_bytes=10_000)
    old = stories(newsroom, 12)[2]
    newsroom.submit(title="Past", date=dt.date(2023, 5, 5))
    newsroom.withdraw(old)
    newsroom.rename(Kind.SECTION, "News", "World")
    build(newsroom)

    assert all_titles(walked(newsroom, "section/news")) == everything(newsroom, "section/world")
    assert len(everything(newsroom)) == 12


def test_pages_say_where_they_stand(paper: Newsroom) -> None:
    stories(paper, 15)
    first, *pages = walked(paper)

    assert (first.marks, first.newer, first.current) == (set(), None, None)
    assert {step.current for step in pages} == {first.url}
    assert {"archive"} == set().union(*(step.marks for step in pages))
    assert [step.newer for step in pages] == [None, *(step.url for step in pages[:-1])]
    assert names(pages) == ["2024-11", "2024-10", "2024-09"]


def test_publishing_rarely_builds_a_page(paper: Newsroom) -> None:
    stories(paper, 9, days=0.1)
    with paper.services.database.read() as tx:
        before = archives.of_feed(tx, 1)
    stories(paper, 1, days=0.1)
    with paper.services.database.read() as tx:
        assert archives.of_feed(tx, 1) == before


def test_an_article_is_on_its_page_long_before_it_leaves_the_document(paper: Newsroom) -> None:
    stories(paper, 12, days=0.1)
    current, newest, *_ = walked(paper)

    assert len({title for _, title in current.entries} & {t for _, t in newest.entries}) >= 2


def test_a_large_month_is_split_and_keeps_its_address(paper: Newsroom) -> None:
    small(paper, soft_cap_bytes=10_000)
    stories(paper, 40, days=0.1)
    steps = walked(paper)

    assert all_titles(steps) == everything(paper)
    assert names(steps)[1] == "2024-09"
    assert names(steps)[2:] == [f"2024-09-{n}" for n in range(len(steps) - 2, 0, -1)]
    assert len(steps) > 4
    sizes = [len(step.entries) for step in steps[1:]]
    assert min(sizes[1:]) >= max(sizes) / 2


@each_format
def test_an_edit_is_shown_on_its_page_and_not_in_the_document(paper: Newsroom, fmt: Format) -> None:
    old = stories(paper, 15)[2]
    before = {step.url: step for step in walked(paper, fmt=fmt)}
    paper.edit(old, title="Mended")
    build(paper)
    after = {step.url: step for step in walked(paper, fmt=fmt)}

    changed = [url for url, step in after.items() if step.entries != before[url].entries]
    assert [url.rpartition("/")[2] for url in changed] == [f"2024-09.{fmt}"]
    assert "Mended" in {title for _, title in after[changed[0]].entries}


def all_bytes(room: Newsroom) -> bytes:
    """Everything that any table serves or keeps to serve, unpacked."""
    with room.services.database.read() as tx:
        found = [one.body for one in room.all_documents().values()]
        for feed in feeds.all_feeds(tx):
            for page in archives.of_feed(tx, feed.id):
                for fmt in Format:
                    packed = archive_documents.served(tx, feed.id, page.name, fmt)
                    found += [gzip.decompress(packed.packed)] if packed else []
    return b"".join(found)


def test_nothing_is_left_of_a_withdrawn_article(paper: Newsroom) -> None:
    found = stories(paper, 15)
    for gone in (found[2], found[9], found[-1]):
        assert gone.guid.encode() in all_bytes(paper)
        paper.withdraw(gone)
        paper.build()
        while archive.build_next(paper.services.press, urgent=True):
            pass

        assert gone.guid.encode() not in all_bytes(paper).replace(
            f'ref="{gone.guid}"'.encode(), b""
        ).replace(f'"id":"{gone.guid}","when"'.encode(), b"")
    build(paper)
    assert all_titles(walked(paper)) == everything(paper)


def test_a_story_with_a_past_date_gets_its_place(paper: Newsroom) -> None:
    stories(paper, 15)
    for day in (dt.date(2024, 10, 3), dt.date(2023, 5, 5), dt.date(2024, 9, 21)):
        paper.submit(title=f"Of {day}", date=day)
    build(paper)
    steps = walked(paper)

    assert all_titles(steps) == everything(paper)
    assert names(steps)[-1] == "2023-05"


def test_a_story_that_moves_to_another_section_moves_in_the_archive_too(paper: Newsroom) -> None:
    old = stories(paper, 15)[2]
    paper.submit(title="Other", sections=("Sports",), date=None)
    paper.edit(old, sections=("Sports",))
    build(paper)

    assert old.title not in all_titles(walked(paper, "section/news"))
    assert old.title in all_titles(walked(paper, "section/sports"))
    assert old.title in all_titles(walked(paper))


def test_a_renamed_section_keeps_its_archive_at_both_addresses(paper: Newsroom) -> None:
    stories(paper, 15)
    paper.rename(Kind.SECTION, "News", "World")
    build(paper)
    steps = walked(paper, "section/world")

    assert all_titles(steps) == everything(paper)
    assert all("/section/world" in step.self_url for step in steps)
    old = walked(paper, "section/news")
    assert [step.entries for step in old] == [step.entries for step in steps]
    fetch = from_store(paper)
    there = paper.services.settings.feed_url("section/news/2024-09", Format.ATOM)
    assert b"section/world/2024-09.atom" in fetch(there)


def test_merged_sections_share_one_archive(paper: Newsroom) -> None:
    stories(paper, 10)
    for number in range(10):
        paper.submit(
            title=f"Match {number}", sections=("Sports",), date=dt.date(2024, 9, number + 1)
        )
    build(paper)
    paper.merge(Kind.SECTION, "Sports", "News")
    build(paper)

    assert len(everything(paper, "section/news")) == 20
    assert all_titles(walked(paper, "section/news")) == everything(paper, "section/news")
    with paper.services.database.read() as tx:
        known = {feed.id for feed in feeds.all_feeds(tx)}
        assert {page.feed_id for i in range(20) for page in archives.of_feed(tx, i)} <= known


def test_an_import_of_many_is_linked_when_it_is_archived(paper: Newsroom) -> None:
    small(paper, window_min_entries=1)
    for number in range(60):
        paper.submit(title=f"Old {number}", date=dt.date(2020 + number // 12, number % 12 + 1, 5))
    paper.build()
    (only,) = walked(paper)
    assert only.marks == set()
    assert only.older is None

    while archive.build_next(paper.services.press):
        pass
    paper.build()
    assert all_titles(walked(paper)) == everything(paper)


def test_other_settings_reach_every_page(paper: Newsroom) -> None:
    stories(paper, 15)
    values = paper.services.settings.model_dump()
    values["site"]["title"] = "The Other Paper"
    paper.services = replace(paper.services, settings=Settings.model_validate(values))
    press = paper.services.press
    mark_all_due(press, paper.services.new_urn)
    build(paper)
    fetch = from_store(paper)
    assert all(b"The Other Paper" in fetch(step.url) for step in walked(paper))

    with paper.services.database.read() as tx:
        before = archives.of_feed(tx, 1)
    mark_all_due(press, paper.services.new_urn)
    with paper.services.database.read() as tx:
        assert archives.of_feed(tx, 1) == before


def test_a_page_that_did_not_change_keeps_its_validators(paper: Newsroom) -> None:
    stories(paper, 15)
    with paper.services.database.read() as tx:
        page = archives.of_feed(tx, 1)[0]
        before = archive_documents.validators(tx, page)
    with paper.services.database.write() as tx:
        archives.mark_feed(tx, 1, now=paper.clock.at)
    build(paper)
    with paper.services.database.read() as tx:
        assert archive_documents.validators(tx, page) == before


def test_an_article_that_fails_its_proof_is_held_out_of_its_page(paper: Newsroom) -> None:
    old = stories(paper, 15)[2]
    with paper.services.database.write() as tx:
        store_articles.save(tx, replace(old, content_html="<p>\x0b</p>"), old)
        archives.mark_feed(tx, 1, now=paper.clock.at)
    build(paper)

    assert paper.article(old.id).quarantined_at is not None
    assert old.title not in all_titles(walked(paper))
    assert all_titles(walked(paper)) == everything(paper)


def test_what_a_timetable_keeps_back_is_on_no_page(paper: Newsroom) -> None:
    stories(paper, 10)
    small(paper, timetables={"all": "0 6 * * *"})
    prepare(paper.services.press)
    paper.clock.advance(days=1)
    admit_due(paper.services.press)
    paper.submit(title="Kept back", date=dt.date(2024, 9, 22))
    build(paper)
    assert "Kept back" not in all_titles(walked(paper))
    assert "Kept back" in all_titles(walked(paper, "section/news"))

    paper.clock.advance(days=1)
    assert admit_due(paper.services.press) == ["all"]
    build(paper)
    assert all_titles(walked(paper)) == everything(paper)


class Walker:
    """Somebody who reads one document after another while others publish."""

    def __init__(self, room: Newsroom, fmt: Format) -> None:
        self.met: set[str] = set()
        self._steps = walk(from_store(room), room.services.settings.feed_url("all", fmt))

    def step(self) -> bool:
        """Read one more; False at the end."""
        step = next(self._steps, None)
        self.met |= {guid for guid, _ in step.entries} if step else set()
        return step is not None

    def to_the_end(self) -> set[str]:
        """Read what is left, and return the ids of all that was met."""
        while self.step():
            pass
        return self.met


class Editors:
    """People who do one thing after another, whatever comes to their minds."""

    def __init__(self, room: Newsroom, data: st.DataObject) -> None:
        self.room = room
        self.draw = data.draw
        self.found: dict[str, Article] = {}

    def public(self) -> set[str]:
        """The ids of what is public now."""
        return {guid for guid, one in self.found.items() if one.status is Status.PUBLISHED}

    def act(self, action: str) -> None:
        """Do one thing, and build the feeds that it touches; pages are built now and then."""
        self.room.clock.advance(hours=self.draw(st.integers(1, 200)))
        if action == "page":
            archive.build_next(self.room.services.press)
        elif action in {"edit", "withdraw"} and self.public():
            self._change(self.found[self.draw(st.sampled_from(sorted(self.public())))], action)
        else:
            past = START.date() - dt.timedelta(days=self.draw(st.integers(0, 90)))
            date = past if action == "past" else None
            article = self.room.submit(title=f"Story {len(self.found)}", date=date)
            self.found[article.guid] = article
        self.room.build()

    def _change(self, article: Article, action: str) -> None:
        if action == "withdraw":
            self.found[article.guid] = self.room.withdraw(article)
        else:
            text = "x " * self.draw(st.integers(0, 900))
            self.found[article.guid] = self.room.edit(article, content_html=f"<p>{text}</p>")


ACTIONS = st.sampled_from(["publish", "publish", "past", "edit", "withdraw", "page"])


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    fmt=st.sampled_from(list(Format)),
    before=st.lists(ACTIONS, min_size=5, max_size=12),
    during=st.lists(st.tuples(ACTIONS, st.booleans()), min_size=5, max_size=16),
    data=st.data(),
)
def test_whoever_walks_while_others_publish_misses_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    fmt: Format,
    before: list[str],
    during: list[tuple[str, bool]],
    data: st.DataObject,
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('walk')}/feedsvc.db"
    room = small(make_newsroom(url, Clock(START)), soft_cap_bytes=10_000)
    with closing(room.services.database):
        editors = Editors(room, data)
        for action in [*(["publish"] * 6), *before]:
            editors.act(action)
        build(room)
        there, walker = editors.public(), Walker(room, fmt)
        walker.step()
        for action, goes_on in during:
            editors.act(action)
            if goes_on:
                walker.step()
        assert (there & editors.public()) - walker.to_the_end() == set()

        build(room)
        assert Walker(room, fmt).to_the_end() == editors.public()


def test_check_and_audit_look_at_pages_too(paper: Newsroom) -> None:
    stories(paper, 15)
    press = paper.services.press
    looked_at = {report.where for report in check_stored(press)}
    assert "section/news/2024-09.atom" in looked_at
    assert audit_feed(press, 1).findings == ()

    with paper.services.database.write() as tx:
        page = archives.of_feed(tx, 1)[0]
        (*_, one) = archive_documents.of_page(tx, page, "x").values()
        damaged = replace(one, body=one.body.replace(b"Story 1", b"Story 9"))
        archive_documents.swap(tx, page, [damaged])
    found = {finding.rule for finding in audit_feed(press, 1).findings}
    assert {"missing", "damaged"} <= found
    build(paper)
    assert audit_feed(press, 1).findings == ()
