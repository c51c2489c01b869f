"""The programs that tests of the command line run.

A store with articles is made once and copied: each feed that an import builds takes its time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.house import House
from tests.cli.pages import import_story, write_page
from tests.cli.program import Program, copy_of_store, make_program
from tests.conftest import make_newsroom
from tests.newsroom import Clock


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return `feedsvc` with an empty store that is ready."""
    return make_program(tmp_path)


@pytest.fixture(scope="session")
def _story_store(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    program = make_program(tmp_path_factory.mktemp("story"))
    import_story(program)
    program.run("import", write_page(program.folder, "undated.txt", date=""), status=1)
    return copy_of_store(program)


@pytest.fixture
def story(tmp_path: Path, _story_store: bytes) -> Program:
    """Return a program with one public article, whose id is 1, and one page refused."""
    return make_program(tmp_path, _story_store)


@pytest.fixture(scope="session")
def _stories_store(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    program = make_program(tmp_path_factory.mktemp("stories"))
    import_story(program, "a.txt", title="A")
    import_story(program, "b.txt", title="B", byline="By: Bo Chen", filed="Sports Spring 2025")
    import_story(program, "c.txt", title="C", date="November 15, 2099")
    return copy_of_store(program)


@pytest.fixture
def stories(tmp_path: Path, _stories_store: bytes) -> Program:
    """Return a program with articles A and B, which have no place in common, and C to come."""
    return make_program(tmp_path, _stories_store)


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """Return an empty newsroom at the present time, and a program over it, on each database."""
    room = make_newsroom(database_url, Clock(dt.datetime.now(dt.UTC)))
    yield House(Program(tmp_path, {"DATABASE_URL": database_url}), room)
    room.services.database.close()
