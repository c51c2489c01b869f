"""The program that journeys go through."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import Program, make_program


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return `feedsvc` with an empty store that is ready."""
    return make_program(tmp_path)
