"""The connection, the schema, and how instants are kept."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine.default import DefaultDialect

from feedsvc.errors import SchemaError, StoreAwayError, StoreError
from feedsvc.store.database import HEAD, Database
from feedsvc.store.migrate import migrate
from feedsvc.store.tables import Instant, metadata
from tests.newsroom import Newsroom
from tests.store.reading import all_rows, count
from tests.store.running import finish_together, start

NOW = dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC)


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    """Return a database without tables."""
    database = Database(database_url)
    yield database
    database.close()


def pretend_revision(database: Database, revision: str) -> None:
    with database.write() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = :new"), {"new": revision})


# Schema


def test_migrations_make_the_tables_that_the_code_knows(empty: Database) -> None:
    assert migrate(empty) == (None, HEAD)

    with empty.write() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_second_migration_has_nothing_to_do(newsroom: Newsroom) -> None:
    newsroom.submit()
    before = all_rows(newsroom.services.database)

    assert migrate(newsroom.services.database) == (HEAD, HEAD)

    assert all_rows(newsroom.services.database) == before


def test_processes_that_migrate_at_once_take_turns(empty: Database) -> None:
    url = empty.engine.url.render_as_string(hide_password=False)
    running = [start("migrate", url) for _ in range(2)]

    assert sorted(finish_together(running)) == [f"{HEAD} {HEAD}", f"None {HEAD}"]
    empty.check_schema()


def test_a_store_of_this_version_passes(newsroom: Newsroom) -> None:
    newsroom.services.database.check_schema()


def test_an_empty_store_says_what_to_run(empty: Database) -> None:
    with pytest.raises(SchemaError) as refused:
        empty.check_schema()

    assert str(refused.value) == "the store is empty. Run `feedsvc migrate` to create its tables."


def test_an_old_store_says_what_to_run(newsroom: Newsroom) -> None:
    pretend_revision(newsroom.services.database, "0000")

    with pytest.raises(SchemaError) as refused:
        newsroom.services.database.check_schema()

    assert str(refused.value) == (
        f"the store is at schema 0000, this version needs {HEAD}. Run `feedsvc migrate`."
    )


def test_a_newer_store_is_neither_used_nor_migrated(newsroom: Newsroom) -> None:
    pretend_revision(newsroom.services.database, "9999")

    database = newsroom.services.database
    for step in (database.check_schema, lambda: migrate(database)):
        with pytest.raises(SchemaError) as refused:
            step()
        assert str(refused.value) == (
            f"the store is at schema 9999, this version only knows {HEAD}. Install a newer feedsvc."
        )


def test_a_migration_that_fails_leaves_nothing_behind(empty: Database) -> None:
    with empty.write() as tx:
        tx.execute(sa.text("CREATE TABLE tombstone (in_the_way INTEGER)"))

    with pytest.raises((sa.exc.ProgrammingError, StoreError), match="tombstone"):
        migrate(empty)

    with empty.read() as tx:
        assert sa.inspect(tx).get_table_names() == ["tombstone"]


@pytest.mark.parametrize(
    "values",
    [
        {"status": "lost"},
        {"status": "published", "permalink": None},
        {"status": "published", "published_at": None},
        {"status": "published", "updated_at": None},
        {"status": "scheduled", "release_at": None},
        {"guid": None},
        {"replaced_by": 77},
    ],
)
def test_the_database_itself_refuses_an_article_that_cannot_be(
    newsroom: Newsroom, values: dict[str, object]
) -> None:
    newsroom.submit()

    with pytest.raises(sa.exc.IntegrityError), newsroom.services.database.write() as tx:
        tx.execute(sa.update(metadata.tables["article"]).values(values))


# Transactions


def test_a_transaction_that_fails_leaves_nothing_behind(newsroom: Newsroom) -> None:
    def submit_and_fail() -> None:
        with newsroom.services.database.write() as tx:
            tx.execute(
                sa.insert(metadata.tables["term"]), {"kind": "section", "name": "Half Written"}
            )
            raise RuntimeError

    with pytest.raises(RuntimeError):
        submit_and_fail()

    assert count(newsroom.services.database, "term") == 0


def test_a_reader_sees_one_moment_while_others_write(newsroom: Newsroom) -> None:
    newsroom.submit(title="Before")
    with newsroom.services.database.read() as tx:
        titles = sa.select(metadata.tables["article"].c.title)
        assert list(tx.execute(titles).scalars()) == ["Before"]

        newsroom.submit(title="Meanwhile")

        assert list(tx.execute(titles).scalars()) == ["Before"]
    assert count(newsroom.services.database, "article") == 2


def test_a_second_writer_waits_for_the_first(newsroom: Newsroom) -> None:
    database, order = newsroom.services.database, list[str]()
    began = threading.Event()

    def second() -> None:
        began.set()
        with database.write() as tx:
            found = tx.execute(sa.select(metadata.tables["term"].c.name)).scalar()
            order.append(f"second saw {found}")

    with database.write() as tx:
        other = threading.Thread(target=second)
        other.start()
        began.wait()
        tx.execute(sa.insert(metadata.tables["term"]), {"kind": "section", "name": "the first"})
        order.append("first")
    other.join()

    assert order == ["first", "second saw the first"]


def test_a_store_that_cannot_be_opened_is_told_without_its_password() -> None:
    url = "postgresql+psycopg://ana:secret@127.0.0.1:1/feedsvc"

    with pytest.raises(StoreError) as refused, Database(url).read():
        pass

    assert "127.0.0.1" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_new_sqlite_store_makes_its_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("new") / "var" / "deep" / "feedsvc.db"
    database = Database(f"sqlite:///{file}")

    migrate(database)

    assert file.exists()
    with database.read() as tx:
        assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert tx.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    database.close()


# Instants

INSTANTS = st.builds(
    lambda seconds, zone: dt.datetime.fromtimestamp(seconds, dt.UTC).astimezone(zone),
    st.floats(-5e9, 7e9),  # from 1811 to 2191
    st.timezones(),
)


@given(INSTANTS)
def test_an_instant_is_the_same_from_either_database(instant: dt.datetime) -> None:
    kind, dialects = Instant(), (DefaultDialect(), DefaultDialect())
    for dialect, name in zip(dialects, ("sqlite", "postgresql"), strict=True):
        dialect.name = name
        stored = kind.process_bind_param(instant, dialect)
        found = kind.process_result_value(stored, dialect)
        assert found is not None
        assert found == instant
        assert found.tzinfo is dt.UTC


def test_a_naive_datetime_is_refused(newsroom: Newsroom) -> None:
    newsroom.submit()
    naive = NOW.replace(tzinfo=None)

    with (
        pytest.raises(sa.exc.StatementError, match="a naive datetime has no place in the store"),
        newsroom.services.database.write() as tx,
    ):
        tx.execute(sa.update(metadata.tables["article"]).values(withdrawn_at=naive))


def test_an_instant_is_stored_as_utc_to_the_microsecond(newsroom: Newsroom) -> None:
    newsroom.submit()
    local = dt.datetime(
        2024, 11, 3, 1, 30, 0, 123_456, dt.timezone(dt.timedelta(hours=5, minutes=30))
    )
    article = metadata.tables["article"]
    with newsroom.services.database.write() as tx:
        tx.execute(sa.update(article).values(withdrawn_at=local))

    with newsroom.services.database.read() as tx:
        found = tx.execute(sa.select(article.c.withdrawn_at)).scalar_one()
        assert found.isoformat() == "2024-11-02T20:00:00.123456+00:00"


def test_no_password_is_told_wherever_it_stands() -> None:
    url = "postgresql+psycopg://u:hunter1@127.0.0.1:1/db?password=hunter2&connect_timeout=1"

    with pytest.raises(StoreAwayError) as caught, Database(url).read():
        pass

    assert "hunter" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
