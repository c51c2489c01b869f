"""Who is the clock: one process at a time, whatever becomes of files and connections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from feedsvc.errors import StoreAwayError
from feedsvc.store.leader import Leadership, leadership
from tests.newsroom import Newsroom

TERMINATE = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    " AND objid::bigint = 4021553903 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
def two(newsroom: Newsroom) -> Iterator[tuple[Leadership, Leadership]]:
    """Return two locks of one store."""
    one, other = (leadership(newsroom.services.database) for _ in range(2))
    yield one, other
    one.give_up()
    other.give_up()


def test_one_at_a_time_holds_it(two: tuple[Leadership, Leadership]) -> None:
    one, other = two

    assert [one.hold(), other.hold(), one.hold()] == [True, False, True]
    one.give_up()
    assert [other.hold(), one.hold()] == [True, False]


def test_it_may_be_given_up_twice(two: tuple[Leadership, Leadership]) -> None:
    two[0].hold()
    two[0].give_up()
    two[0].give_up()

    assert two[1].hold()


def test_a_lock_whose_file_was_deleted_is_none(sqlite_newsroom: Newsroom) -> None:
    database = sqlite_newsroom.services.database
    one, other = leadership(database), leadership(database)
    assert one.hold()
    Path(f"{database.engine.url.database}.clock").unlink()
    assert other.hold()

    assert not one.hold()
    one.give_up()
    other.give_up()


def test_a_connection_that_broke_is_told_and_the_lock_is_free(
    newsroom: Newsroom, two: tuple[Leadership, Leadership]
) -> None:
    if newsroom.services.database.is_sqlite:
        return  # a file's lock needs no connection
    one, other = two
    assert one.hold()
    with newsroom.services.database.write() as tx:
        tx.execute(TERMINATE)

    with pytest.raises(StoreAwayError):
        one.hold()

    assert other.hold()
    assert not one.hold()
