"""sfeed, a reader of small shell programs, polls a running server."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.service import running
from tests.journeys.gate import Gate
from tests.web.live import house

pytestmark = [pytest.mark.program, pytest.mark.slow]

SFEED = shutil.which("sfeed_update")
if SFEED is None and os.environ.get("CI") != "true":
    pytest.skip("sfeed is not installed", allow_module_level=True)

# By itself it asks unconditionally; its manual shows how its `fetch` is made to ask with ETags.
SFEEDRC = """
sfeedpath="$HOME/feeds"
fetch() {{
    curl -L --max-redirs 0 -f -s -m 15 --compressed \
        --etag-save "$HOME/$1.new" --etag-compare "$HOME/$1.etag" "$2"
    test ! -s "$HOME/$1.new" || cp "$HOME/$1.new" "$HOME/$1.etag"
}}
feeds() {{
    feed "news" "{url}"
}}
"""


def update(home: Path, url: str) -> list[str]:
    """Let sfeed read a feed and return the titles that it knows."""
    assert SFEED, "CI installs sfeed"
    (home / "sfeedrc").write_text(SFEEDRC.format(url=url))
    subprocess.run(
        [SFEED, str(home / "sfeedrc")],
        env={"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        check=True,
        timeout=60,
    )
    lines = (home / "feeds" / "news").read_text(encoding="utf-8").splitlines()
    return sorted(line.split("\t")[1] for line in lines)


def test_polling_again_is_answered_not_modified_and_loses_nothing(tmp_path: Path) -> None:
    program, database = house(tmp_path)
    with running(program, "web") as web, Gate(web.when_up().port) as gate:
        url = f"http://127.0.0.1:{gate.port}/feeds/all.atom"
        first = update(tmp_path, url)
        again = update(tmp_path, url)
    database.close()

    assert gate.statuses == [200, 304], gate.requests
    assert len(first) >= 10
    assert again == first
