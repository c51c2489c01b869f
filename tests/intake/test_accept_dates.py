"""When an article came out and when it changed: dates that are given, and those that are not."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from feedsvc.model import Kind, Status
from tests.conftest import make_newsroom
from tests.intake.papers import write_page
from tests.newsroom import REPOSITORY, Clock, Newsroom, a_submission
from tests.store.reading import column

SECOND = dt.timedelta(seconds=1)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def room_at(tmp_path: Path, now: str, **environ: str) -> Newsroom:
    return make_newsroom(f"sqlite:///{tmp_path}/feedsvc.db", Clock(utc(now)), environ)


@pytest.mark.parametrize(
    ("date", "published"),
    [
        (dt.date(2024, 11, 15), "2024-11-15 13:00"),
        (dt.date(2024, 7, 4), "2024-07-04 12:00"),
        (dt.date(1999, 1, 1), "1999-01-01 13:00"),
        (utc("2024-11-15 22:31:07"), "2024-11-15 22:31:07"),
        (utc("2024-11-15 22:31:07.9"), "2024-11-15 22:31:07"),
        (utc("1850-01-01 00:00"), "1850-01-01 00:00"),
    ],
)
def test_a_past_date_is_kept(
    sqlite_newsroom: Newsroom, date: dt.date | dt.datetime, published: str
) -> None:
    article = sqlite_newsroom.submit(date=date)

    assert article.status is Status.PUBLISHED
    assert article.published_at == article.updated_at == utc(published)


def test_no_second_is_so_crowded_that_an_archive_could_not_part_it(
    sqlite_newsroom: Newsroom,
) -> None:
    then, now = utc("2010-01-01 05:00"), sqlite_newsroom.clock.now()
    early = [sqlite_newsroom.submit(title=f"Story {number}", date=then) for number in range(45)]
    late = [sqlite_newsroom.submit(title=f"Late {number}", date=now) for number in range(25)]

    published = [article.published_at for article in early]
    assert [published.count(then + SECOND * number) for number in range(4)] == [20, 20, 5, 0]
    assert {article.published_at for article in late} == {now}


@pytest.mark.parametrize("date", [None, dt.date(2024, 11, 18)])
def test_today_without_a_time_means_now(sqlite_newsroom: Newsroom, date: dt.date | None) -> None:
    sqlite_newsroom.clock.at = utc("2024-11-18 05:30:15.7")  # 00:30 in New York

    article = sqlite_newsroom.submit(date=date)

    assert article.published_at == article.updated_at == utc("2024-11-18 05:30:15")


def test_today_is_the_newsrooms_day_and_not_the_machines(sqlite_newsroom: Newsroom) -> None:
    sqlite_newsroom.clock.at = utc("2024-11-19 04:30")  # still the 18th in New York

    today = sqlite_newsroom.submit(title="Today", date=dt.date(2024, 11, 18))
    tomorrow = sqlite_newsroom.submit(title="Tomorrow", date=dt.date(2024, 11, 19))

    assert today.published_at == sqlite_newsroom.clock.at
    assert tomorrow.release_at == utc("2024-11-19 13:00")


@pytest.mark.parametrize("days_late", [0, 9])
def test_a_future_date_waits_and_gets_the_real_instant(newsroom: Newsroom, days_late: int) -> None:
    waiting = newsroom.submit(date=dt.date(2024, 11, 20))
    assert waiting.status is Status.SCHEDULED
    assert waiting.release_at == utc("2024-11-20 13:00")
    assert waiting.published_at is waiting.updated_at is None
    newsroom.clock.at = utc("2024-11-20 13:00") - SECOND
    assert newsroom.release() == []

    newsroom.clock.at = utc("2024-11-20 13:00:00.4") + dt.timedelta(days=days_late)
    (released,) = newsroom.release()

    assert released == newsroom.article(waiting.id)
    assert released.status is Status.PUBLISHED
    assert released.published_at == utc("2024-11-20 13:00") + dt.timedelta(days=days_late)
    assert released.release_at is None
    assert newsroom.release() == []


def test_a_late_scheduled_article_is_not_backdated_by_an_import(sqlite_newsroom: Newsroom) -> None:
    waiting = sqlite_newsroom.submit(path="a", digest="1", date=dt.date(2024, 11, 20))
    now = sqlite_newsroom.clock.advance(days=5)

    changed = a_submission(path="a", digest="2", date=dt.date(2024, 11, 20), content_html="<p>B")
    sqlite_newsroom.accept(changed)
    (released,) = sqlite_newsroom.release()

    assert (released.id, released.published_at) == (waiting.id, now)
    assert released.content_html == "<p>B</p>"


def test_a_changed_page_does_not_undo_what_the_desk_scheduled(sqlite_newsroom: Newsroom) -> None:
    waiting = sqlite_newsroom.submit(path="a", digest="1", date=dt.date(2024, 11, 20))
    sqlite_newsroom.schedule(waiting, utc("2024-12-24 12:00"))
    sqlite_newsroom.clock.advance(days=5)

    sqlite_newsroom.accept(
        a_submission(path="a", digest="2", date=dt.date(2024, 11, 20), content_html="<p>B")
    )

    after = sqlite_newsroom.article(waiting.id)
    assert (after.status, after.release_at) == (Status.SCHEDULED, utc("2024-12-24 12:00"))


@pytest.mark.parametrize(
    ("date", "status"),
    [(dt.date(2024, 11, 25), Status.SCHEDULED), (dt.date(2024, 11, 10), Status.PUBLISHED)],
)
def test_another_date_on_the_page_moves_a_scheduled_article(
    sqlite_newsroom: Newsroom, date: dt.date, status: Status
) -> None:
    waiting = sqlite_newsroom.submit(path="a", digest="1", date=dt.date(2024, 11, 20))

    sqlite_newsroom.accept(a_submission(path="a", digest="2", date=date))

    after = sqlite_newsroom.article(waiting.id)
    assert after.status is status
    assert (after.published_at or after.release_at) == utc(f"{date} 13:00")


def test_articles_of_one_day_get_a_second_each(newsroom: Newsroom) -> None:
    found = [newsroom.submit(title=f"Story {number}") for number in range(5)]

    start = utc("2024-11-15 13:00")
    assert [article.published_at for article in found] == [start + n * SECOND for n in range(5)]
    assert [article.updated_at for article in found] == [article.published_at for article in found]


def test_the_second_of_a_day_is_stored_once(sqlite_newsroom: Newsroom) -> None:
    first = sqlite_newsroom.submit(title="First", path="a", digest="1")
    second = sqlite_newsroom.submit(title="Second", path="b", digest="1")
    sqlite_newsroom.withdraw(first)

    sqlite_newsroom.accept(a_submission(title="Second!", path="b", digest="2"))

    assert sqlite_newsroom.article(second.id).published_at == utc("2024-11-15 13:00:01")
    third = sqlite_newsroom.submit(title="Third", path="c", digest="1")
    assert third.published_at == utc("2024-11-15 13:00:02")


def test_an_evening_story_does_not_draw_a_days_others_to_it(sqlite_newsroom: Newsroom) -> None:
    sqlite_newsroom.submit(title="Evening", date=utc("2024-11-16 04:59:59"))  # 23:59:59 local

    found = [sqlite_newsroom.submit(title=f"Story {number}") for number in range(2)]

    start = utc("2024-11-15 13:00")
    assert [article.published_at for article in found] == [start, start + SECOND]


def test_a_full_hour_goes_on_into_the_rest_of_the_day(sqlite_newsroom: Newsroom) -> None:
    sqlite_newsroom.submit(title="Last of the hour", date=utc("2024-11-15 13:59:59"))

    article = sqlite_newsroom.submit()

    assert article.published_at == utc("2024-11-15 14:00")


def test_a_full_day_ends_within_itself(tmp_path: Path) -> None:
    room = room_at(tmp_path, "2024-11-18 15:00", FEEDSVC_ARTICLES__DATE_ONLY_HOUR="23")
    room.submit(title="Last of the day", date=utc("2024-11-16 04:59:59"))

    found = [room.submit(title=f"Story {number}") for number in range(2)]

    assert {article.published_at for article in found} == {utc("2024-11-16 04:59:59")}
    assert len({article.updated_at for article in found}) == 2
    room.services.database.close()


def test_equal_times_are_kept_and_told_apart_by_their_updates(newsroom: Newsroom) -> None:
    at = utc("2024-11-15 20:15")

    found = [newsroom.submit(title=f"Story {number}", date=at) for number in range(3)]

    assert {article.published_at for article in found} == {at}
    assert [article.updated_at for article in found] == [
        at + dt.timedelta(milliseconds=number) for number in range(3)
    ]


def test_the_configured_hour_is_the_newsrooms(tmp_path: Path) -> None:
    zones = {"FEEDSVC_SITE__TIMEZONE": "Asia/Kolkata", "FEEDSVC_ARTICLES__DATE_ONLY_HOUR": "6"}
    room = room_at(tmp_path, "2024-11-18 15:00", **zones)

    article = room.submit()

    assert article.published_at == utc("2024-11-15 00:30")
    room.services.database.close()


@pytest.mark.parametrize(
    ("hour", "day", "published"),
    [
        (0, dt.date(2024, 11, 3), "2024-11-03 04:00"),
        (1, dt.date(2024, 11, 3), "2024-11-03 05:00"),  # the first of two
        (2, dt.date(2024, 11, 3), "2024-11-03 07:00"),
        (8, dt.date(2024, 11, 3), "2024-11-03 13:00"),
        (23, dt.date(2024, 11, 3), "2024-11-04 04:00"),
        (1, dt.date(2024, 3, 10), "2024-03-10 06:00"),
        (2, dt.date(2024, 3, 10), "2024-03-10 07:00"),  # there is none: it is 3 o'clock
        (8, dt.date(2024, 3, 10), "2024-03-10 12:00"),
        (8, dt.date(2024, 3, 9), "2024-03-09 13:00"),
    ],
)
def test_the_hour_holds_on_the_days_when_clocks_change(
    tmp_path: Path, hour: int, day: dt.date, published: str
) -> None:
    room = room_at(tmp_path, "2024-11-18 15:00", FEEDSVC_ARTICLES__DATE_ONLY_HOUR=str(hour))

    found = [room.submit(title=f"Story {number}", date=day) for number in range(3)]

    start = utc(published)
    assert [article.published_at for article in found] == [start + n * SECOND for n in range(3)]
    room.services.database.close()


def test_a_schedule_keeps_its_hour_over_a_change_of_clocks(tmp_path: Path) -> None:
    room = room_at(tmp_path, "2025-03-08 15:00")

    waiting = room.submit(date=dt.date(2025, 3, 9))

    assert waiting.release_at == utc("2025-03-09 12:00")
    room.clock.at = utc("2025-03-09 11:59:59")
    assert room.release() == []
    room.clock.at = utc("2025-03-09 12:00")
    assert [article.id for article in room.release()] == [waiting.id]
    room.services.database.close()


def live_through_two_changes_of_clocks(folder: Path) -> dict[str, list[str | None]]:
    """Import, edit, release and withdraw round two changes of clocks; return every instant."""
    room = room_at(folder, "2024-11-02 15:00")
    pages = folder / "pages"
    for day in ("October 31", "November 1", "November 2", "November 3", "November 3"):
        name = f"{len(list(pages.glob('*')))}.txt"
        write_page(pages / name, f"Of {day}: {name}", date=f"{day}, 2024")
    write_page(pages / "time.txt", "With a Time", date="November 3, 2024 at 1:30 AM")
    write_page(pages / "spring.txt", "In Spring", date="March 9, 2025")
    room.import_paths(pages)
    for instant in ("2024-11-03 05:45", "2024-11-03 06:45", "2024-11-03 13:00", "2025-03-09 07:00"):
        room.clock.at = utc(instant)
        room.release()
        room.correct(room.article(1), f"Wrong at {instant}.")
        room.submit(title=f"Now, at {instant}", date=None)
    room.build()
    room.rename(Kind.SECTION, "News", "Local News")
    room.withdraw(room.article(2))
    room.clock.at = utc("2025-03-09 12:00")
    room.release()
    room.build()
    found = {
        name: [str(value) if value else None for value in column(room.services.database, name)]
        for name in INSTANTS
    }
    room.services.database.close()
    return found


INSTANTS = (
    "article.published_at",
    "article.updated_at",
    "article.release_at",
    "article.withdrawn_at",
    "article.permalink",
    "correction.at",
    "feed.event_at",
    "feed.content_changed_at",
    "feed.built_at",
    "feed_entry.published_at",
    "tombstone.at",
    "document.modified_at",
    "document.etag",
)


def test_the_machines_time_zone_changes_no_instant_and_no_byte(tmp_path: Path) -> None:
    zones = ("UTC", "Asia/Kolkata", "America/New_York")
    command = [sys.executable, "-m", "tests.intake.test_accept_dates"]
    running = [
        subprocess.Popen(
            [*command, str(tmp_path / str(number))],
            cwd=REPOSITORY,
            env={**os.environ, "TZ": zone},
            stdout=subprocess.PIPE,
            text=True,
        )
        for number, zone in enumerate(zones)
    ]
    told = [process.communicate(timeout=60)[0] for process in running]

    assert [process.returncode for process in running] == [0, 0, 0]
    first = json.loads(told[0].splitlines()[-1])
    assert first["article.published_at"][:4] == [
        "2024-10-31 12:00:00+00:00",
        "2024-11-01 12:00:00+00:00",
        "2024-11-02 15:00:00+00:00",
        "2024-11-03 13:00:00+00:00",
    ]
    assert all(first.values())
    for other in told[1:]:
        assert json.loads(other.splitlines()[-1]) == first


if __name__ == "__main__":
    home = Path(sys.argv[1])
    home.mkdir()
    print(json.dumps(live_through_two_changes_of_clocks(home)))  # noqa: T201
