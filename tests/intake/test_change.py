"""What follows from a change: addresses, terms that become public, feeds that are due."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feedsvc.feeds.plan import affected_feeds, shown_in
from feedsvc.intake.change import distinct_instant, fingerprint, whole_second
from feedsvc.model import SITE, Article, Credit, FeedKey, Finding, Kind, Status, Term
from feedsvc.store import articles, feeds, records, terms
from tests.conftest import make_newsroom
from tests.newsroom import Newsroom
from tests.store.reading import all_rows, column, count

SOON = dt.datetime(2024, 11, 20, 12, tzinfo=dt.UTC)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


# Permalinks


def test_nothing_has_an_address_before_it_is_released(newsroom: Newsroom) -> None:
    draft = newsroom.submit(draft=True)
    waiting = newsroom.submit(title="Under Embargo", date=SOON)

    assert [draft.slug, draft.permalink, waiting.slug, waiting.permalink] == [None] * 4
    assert count(newsroom.services.database, "permalink") == 0

    newsroom.clock.at = SOON
    newsroom.release()

    assert newsroom.article(waiting.id).permalink == "2024/11/under-embargo"
    assert newsroom.publish(draft).permalink == "2024/11/chess-club-wins-the-state-title"


def test_a_scheduled_title_may_change_without_a_trace(sqlite_newsroom: Newsroom) -> None:
    waiting = sqlite_newsroom.submit(title="Too Early to Say", date=SOON)
    sqlite_newsroom.edit(waiting, title="Now It Can Be Said")
    sqlite_newsroom.clock.at = SOON

    sqlite_newsroom.release()

    assert column(sqlite_newsroom.services.database, "permalink.path") == [
        "2024/11/now-it-can-be-said"
    ]


def test_equal_titles_of_a_month_are_numbered(newsroom: Newsroom) -> None:
    days = (15, 14, 1)
    found = [newsroom.submit(title="Menu", date=dt.date(2024, 11, day)) for day in days]
    earlier = newsroom.submit(title="Menu", date=dt.date(2024, 10, 31))

    assert [article.permalink for article in (*found, earlier)] == [
        "2024/11/menu",
        "2024/11/menu-2",
        "2024/11/menu-3",
        "2024/10/menu",
    ]
    assert [article.slug for article in found] == ["menu", "menu-2", "menu-3"]


def test_a_number_in_a_title_is_not_given_twice(sqlite_newsroom: Newsroom) -> None:
    titles = ("Menu 2", "Menus", "Menu", "Menu")

    found = [sqlite_newsroom.submit(title=title) for title in titles]

    assert [article.slug for article in found] == ["menu-2", "menus", "menu", "menu-3"]


def test_the_month_of_an_address_is_the_newsrooms(sqlite_newsroom: Newsroom) -> None:
    article = sqlite_newsroom.submit(title="Late", date=utc("2024-11-01 03:59"))

    assert article.permalink == "2024/10/late"


def test_an_old_address_stays_taken_and_still_leads_to_its_article(newsroom: Newsroom) -> None:
    article = newsroom.submit(title="Menu")
    moved = newsroom.edit(article, slug="lunch")
    other = newsroom.submit(title="Menu", byline=())

    assert moved.permalink == "2024/11/lunch"
    assert other.permalink == "2024/11/menu-2"
    with newsroom.services.database.read() as tx:
        assert articles.by_permalink(tx, "2024/11/menu") == moved
        assert articles.by_permalink(tx, "2024/11/lunch") == moved
        assert articles.by_permalink(tx, "2024/11/nothing") is None


def test_an_article_can_go_back_to_its_old_address(sqlite_newsroom: Newsroom) -> None:
    article = sqlite_newsroom.submit(title="Menu")
    sqlite_newsroom.edit(article, slug="lunch")

    back = sqlite_newsroom.edit(article, slug="menu")

    assert back.permalink == article.permalink
    assert column(sqlite_newsroom.services.database, "permalink.path") == [
        "2024/11/lunch",
        "2024/11/menu",
    ]


def test_a_chosen_slug_never_takes_an_address_from_another(sqlite_newsroom: Newsroom) -> None:
    first = sqlite_newsroom.submit(title="Menu")
    second = sqlite_newsroom.submit(title="Lunch")

    taken = sqlite_newsroom.edit(second, slug="menu")

    assert taken.permalink == "2024/11/menu-2"
    assert sqlite_newsroom.article(first.id).permalink == "2024/11/menu"


def test_the_address_of_a_withdrawn_article_is_never_given_away(sqlite_newsroom: Newsroom) -> None:
    gone = sqlite_newsroom.withdraw(sqlite_newsroom.submit(title="Menu"))

    other = sqlite_newsroom.submit(title="Menu", byline=())

    assert other.permalink == "2024/11/menu-2"
    assert sqlite_newsroom.get("/articles/2024/11/menu").status_code == 410
    assert sqlite_newsroom.article(gone.id).permalink == "2024/11/menu"


def test_a_title_without_letters_gets_digits_of_its_guid(sqlite_newsroom: Newsroom) -> None:
    minted = sqlite_newsroom.submit(title="!!!", path="a")
    taken_over = sqlite_newsroom.submit(title="???", guid="post-1", source="x")
    shouted = sqlite_newsroom.submit(
        title="…", guid="urn:uuid:6A5B1C1E-0000-4000-8000-00000000ABCD", source="x"
    )

    digits = minted.guid.removeprefix("urn:uuid:")[:8]
    assert minted.permalink == f"2024/11/{digits}"
    assert taken_over.slug == taken_over.atom_id.removeprefix("urn:uuid:")[:8]
    assert shouted.slug == "6a5b1c1e"


def test_a_long_title_makes_a_slug_of_whole_words(sqlite_newsroom: Newsroom) -> None:
    article = sqlite_newsroom.submit(title="Wonderful " * 25)

    assert article.slug == "-".join(["wonderful"] * 8)


def test_a_template_puts_articles_on_another_site(sqlite_newsroom: Newsroom) -> None:
    sqlite_newsroom.submit(title="Menu")
    environ = {"FEEDSVC_ARTICLES__PERMALINK_TEMPLATE": "https://paper.example/{yyyy}-{mm}/{slug}/"}
    url = sqlite_newsroom.services.settings.store.database_url

    room = make_newsroom(url, sqlite_newsroom.clock, environ, seed=2)
    room.build_all()

    assert room.channel().entries[0].url == "https://paper.example/2024-11/menu/"
    room.services.database.close()


# Terms


def test_a_term_gets_its_slug_with_its_first_public_article(newsroom: Newsroom) -> None:
    draft = newsroom.submit(draft=True, tags=("chess",))
    waiting = newsroom.submit(title="Waiting", date=SOON, sections=("Secret Section",))
    assert column(newsroom.services.database, "term.slug") == [None] * 5
    assert count(newsroom.services.database, "term_slug") == 0
    assert newsroom.paths() == []

    newsroom.publish(draft)
    with newsroom.services.database.read() as tx:
        found = {term.name: term.slug for term in newsroom.article(draft.id).terms}
        assert found == {
            "News": "news",
            "The Journal 2024": "the-journal-2024",
            "chess": "chess",
            "Ana Lee": "ana-lee",
        }
        assert terms.by_slug(tx, Kind.SECTION, "secret-section") is None
    assert newsroom.paths() == ["all", "section/news", "author/ana-lee", "edition/the-journal-2024"]
    newsroom.clock.at = SOON
    newsroom.release()
    assert newsroom.article(waiting.id).sections[0].slug == "secret-section"


def test_an_embargoed_spelling_is_not_the_public_one(newsroom: Newsroom) -> None:
    waiting = newsroom.submit(title="Waiting", date=SOON, byline=(("JERRY ZHANG", None),))

    public = newsroom.submit(byline=(("Jerry Zhang", None),))

    assert public.byline[0].author.name == "Jerry Zhang"
    assert newsroom.channel("author/jerry-zhang").entries[0].authors[0].name == "Jerry Zhang"
    newsroom.clock.at = SOON
    newsroom.release()
    assert newsroom.article(waiting.id).byline == public.byline


def test_each_unpublished_article_keeps_its_own_spelling(sqlite_newsroom: Newsroom) -> None:
    first = sqlite_newsroom.submit(title="A", draft=True, byline=(("JERRY ZHANG", None),))
    second = sqlite_newsroom.submit(title="B", date=SOON, byline=(("Jerry  Zhang", None),))

    found = [sqlite_newsroom.article(article.id).byline[0].author for article in (first, second)]

    assert [author.name for author in found] == ["JERRY ZHANG", "Jerry Zhang"]
    assert found[0].id == found[1].id


def test_an_embargoed_name_takes_no_slug(sqlite_newsroom: Newsroom) -> None:
    waiting = sqlite_newsroom.submit(title="Waiting", date=SOON, byline=(("Jerry-Zhang", None),))

    public = sqlite_newsroom.submit(byline=(("Jerry Zhang", None),))

    assert public.byline[0].author.slug == "jerry-zhang"
    sqlite_newsroom.clock.at = SOON
    sqlite_newsroom.release()
    assert sqlite_newsroom.article(waiting.id).byline[0].author.slug == "jerry-zhang-2"


def test_the_second_spelling_of_a_public_name_changes_nothing(sqlite_newsroom: Newsroom) -> None:
    first = sqlite_newsroom.submit(byline=(("Jerry Zhang", None),))

    second = sqlite_newsroom.submit(title="Another", byline=(("JERRY ZHANG", None),))

    assert second.byline == first.byline


def test_a_name_without_letters_gets_a_slug_all_the_same(sqlite_newsroom: Newsroom) -> None:
    article = sqlite_newsroom.submit(sections=("???",), tags=("…", "!!!"))

    wanted = hashlib.sha256(b"???").hexdigest()[:8]
    assert article.sections[0].slug == wanted
    assert len({tag.slug for tag in article.tags}) == 2


def test_equal_slugs_of_different_kinds_do_not_meet(sqlite_newsroom: Newsroom) -> None:
    article = sqlite_newsroom.submit(sections=("Chess",), tags=("chess",), edition="Chess")

    assert {term.slug for term in article.terms if term.kind is not Kind.AUTHOR} == {"chess"}


# Tombstones and what is due


def test_a_withdrawal_leaves_a_tombstone_in_every_feed_that_listed_it(newsroom: Newsroom) -> None:
    article = newsroom.submit(sections=("News", "Sports"))
    newsroom.submit(title="Unconcerned", sections=("Opinion",), byline=(), edition=None)
    at = newsroom.clock.advance(hours=1)

    newsroom.withdraw(article)

    announcing = {path for path in newsroom.paths() if newsroom.channel(path).tombstones}
    assert announcing == {
        "all",
        "section/news",
        "section/sports",
        "author/ana-lee",
        "edition/the-journal-2024",
    }
    (stone,) = newsroom.channel("section/sports").tombstones
    assert (stone.atom_id, stone.at) == (article.atom_id, at)
    assert newsroom.channel("section/sports").entries == ()


@pytest.mark.parametrize("fields", [{"draft": True}, {"date": SOON}])
def test_what_was_never_public_leaves_no_tombstone(
    newsroom: Newsroom, fields: dict[str, object]
) -> None:
    newsroom.withdraw(newsroom.submit(**fields))

    assert count(newsroom.services.database, "tombstone") == 0
    assert newsroom.paths() == []


def quarantine(newsroom: Newsroom, article: Article) -> None:
    """Do what a build does to an article that fails validation."""
    finding = Finding("a-rule", "entry 1", "It is wrong.", "Mend it.", atom_id=article.atom_id)
    with newsroom.services.database.write() as tx:
        feed_id = min(feeds.listed_in(tx, article.id))
        articles.quarantine(tx, article.id, newsroom.clock.at)
        feeds.list_article(tx, article, ())
        records.add_problems(
            tx, [finding], feed_id=feed_id, article_id=article.id, now=newsroom.clock.at
        )


def test_a_quarantined_article_that_is_withdrawn_leaves_its_tombstones(newsroom: Newsroom) -> None:
    article = newsroom.submit()
    quarantine(newsroom, article)

    newsroom.withdraw(article)

    assert [bool(newsroom.channel(path).tombstones) for path in newsroom.paths()] == [True] * 4
    with newsroom.services.database.read() as tx:
        assert records.open_problems(tx) == []


def test_a_mended_article_comes_back_into_its_feeds(newsroom: Newsroom) -> None:
    article = newsroom.submit()
    newsroom.build()
    quarantine(newsroom, article)
    assert newsroom.channel().entries == ()

    mended = newsroom.edit(article, title="Mended")

    assert mended.quarantined_at is None
    assert [entry.title for entry in newsroom.channel().entries] == ["Mended"]
    assert len(newsroom.build()) == 4
    with newsroom.services.database.read() as tx:
        assert records.open_problems(tx) == []


def test_only_feeds_that_show_an_article_are_due(sqlite_newsroom: Newsroom) -> None:
    article = sqlite_newsroom.submit(sections=("News",))
    sqlite_newsroom.submit(title="Other", sections=("Sports",), byline=(), edition=None)
    sqlite_newsroom.build()

    sqlite_newsroom.edit(article, sections=("Opinion",))

    assert sorted(built.path for built in sqlite_newsroom.build()) == [
        "all",
        "author/ana-lee",
        "edition/the-journal-2024",
        "section/news",
        "section/opinion",
    ]


def test_what_is_not_public_makes_nothing_due(sqlite_newsroom: Newsroom) -> None:
    draft = sqlite_newsroom.submit(draft=True)
    sqlite_newsroom.edit(draft, title="Still a Draft")
    sqlite_newsroom.schedule(draft, SOON)

    assert sqlite_newsroom.build() == []
    assert all_rows(sqlite_newsroom.services.database)["feed"] == []


# Instants


def test_a_crowded_second_never_gives_an_instant_of_the_next_one(
    sqlite_newsroom: Newsroom,
) -> None:
    second = utc("2024-11-15 13:00")
    article = sqlite_newsroom.submit(date=second)
    crowded = [("13:00:00.999", "13:00:00.999001"), ("13:00:00.999999", "13:00:00.998")]

    for latest, wanted in crowded:
        with sqlite_newsroom.services.database.write() as tx:
            before = articles.get(tx, article.id)
            articles.save(tx, replace(before, updated_at=utc(f"2024-11-15 {latest}")), before)
            found = distinct_instant(tx, "updated_at", second + dt.timedelta(microseconds=5))
        assert found == utc(f"2024-11-15 {wanted}")


def test_an_instant_is_cut_to_its_second_in_utc() -> None:
    local = dt.datetime(2024, 11, 3, 1, 30, 5, 999_999, dt.timezone(dt.timedelta(hours=-4)))

    assert whole_second(local).isoformat() == "2024-11-03T05:30:05+00:00"


def test_a_fingerprint_is_blind_to_spelling_and_nothing_else() -> None:
    day = dt.date(2024, 11, 15)
    one = fingerprint("Café  Opens", day, ("Ana Lee", "Bo Chen"))

    assert fingerprint("CAFE\u0301 opens", day, ("ana lee", "BO  CHEN")) == one
    assert fingerprint("Café Opens", day, ("Bo Chen", "Ana Lee")) != one
    assert fingerprint("Café Opens", dt.date(2024, 11, 16), ("Ana Lee", "Bo Chen")) != one


# The plan

KINDS = st.sampled_from(Kind)
TERMS = st.builds(Term, KINDS, st.just("x"), st.just("x"), st.integers(1, 4))
CREDITS = st.builds(lambda number: Credit(Term(Kind.AUTHOR, "x", "x", number)), st.integers(1, 4))
VERSIONS = st.builds(
    Article,
    guid=st.just("urn:uuid:1"),
    atom_id=st.just("urn:uuid:1"),
    title=st.sampled_from("ab"),
    content_html=st.just(""),
    status=st.sampled_from(Status),
    byline=st.lists(CREDITS, max_size=3).map(tuple),
    sections=st.lists(TERMS, max_size=3).map(tuple),
    edition=st.none() | TERMS,
    tags=st.lists(st.builds(Term, st.just(Kind.TAG), st.just("x")), max_size=2).map(tuple),
    quarantined_at=st.none() | st.just(SOON),
)
MAYBE = st.none() | VERSIONS


@given(MAYBE, MAYBE)
def test_undoing_a_change_touches_the_same_feeds(one: Article | None, two: Article | None) -> None:
    assert affected_feeds(one, two) == affected_feeds(two, one)


@given(MAYBE, MAYBE)
def test_every_feed_that_shows_a_version_is_touched(
    one: Article | None, two: Article | None
) -> None:
    assume(one != two)

    assert affected_feeds(one, two) >= shown_in(one) | shown_in(two)


@given(MAYBE)
def test_no_change_touches_no_feed(one: Article | None) -> None:
    assert affected_feeds(one, one) == frozenset()


@given(MAYBE, VERSIONS)
def test_what_nobody_sees_touches_no_feed(one: Article | None, two: Article) -> None:
    hidden = [Status.DRAFT, Status.SCHEDULED, Status.WITHDRAWN]
    before = one and replace(one, status=hidden[len(one.byline) % 3])

    for status in hidden:
        assert affected_feeds(before, replace(two, status=status)) == frozenset()
        assert shown_in(replace(two, status=status)) == frozenset()


@given(VERSIONS)
def test_a_public_article_is_shown_where_it_is_filed_and_on_the_site(article: Article) -> None:
    public = replace(article, status=Status.PUBLISHED, quarantined_at=None)
    filed = {FeedKey(term.kind, term.id) for term in public.terms if term.kind is not Kind.TAG}

    assert shown_in(public) == {SITE, *filed}
    assert shown_in(replace(public, quarantined_at=SOON)) == frozenset()
