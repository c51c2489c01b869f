"""One live web process for all tests that only read from it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.live import Live, serving_live


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Return a web process with the example stories, compressed, and deltas of the site."""
    with serving_live(tmp_path_factory.mktemp("live")) as live:
        yield live
