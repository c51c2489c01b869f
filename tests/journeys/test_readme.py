"""The README's own commands, run as a reader would, from a copy in an empty directory."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from tests.newsroom import REPOSITORY

README = (REPOSITORY / "README.md").read_text()
BLOCKS = re.findall(r"```\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]
DAY = [line for line in COMMANDS if line.startswith(".venv/bin/feedsvc ")]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of what a clone holds, with this run's environment in place of a new one."""
    folder = tmp_path / "feedsvc"
    folder.mkdir()
    for name in ("examples", "config", "Makefile", "pyproject.toml", "README.md", "Procfile"):
        source = REPOSITORY / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "src").symlink_to(REPOSITORY / "src")
    (folder / ".venv").symlink_to(REPOSITORY / ".venv")
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    ours = ("FEEDSVC_", "DATABASE_URL", "PORT")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def test_the_readme_shows_the_commands_that_are_run_here() -> None:
    assert "make run" in COMMANDS
    assert "make test" in COMMANDS
    assert "make run STORIES=some/folder PORT=9000" in COMMANDS
    assert len(DAY) >= 6


@pytest.mark.slow
def test_a_newsrooms_day_works_as_written(copy: Path) -> None:
    subprocess.run([".venv/bin/feedsvc", "migrate"], cwd=copy, env=_environment(), check=True)

    for line in DAY:
        subprocess.run(line, shell=True, cwd=copy, env=_environment(), check=True)


@pytest.mark.slow
@pytest.mark.skipif(not (REPOSITORY / ".venv").exists(), reason="there is no .venv: not by make")
def test_make_run_prints_the_feeds_and_serves_them(copy: Path) -> None:
    port = _free_port()
    # What a first `make run` would have left; installing again would change the shared .venv.
    stamps = [f"-o.venv/{name}" for name in ("installed", "installed-test", "installed-check")]
    with (copy / "output").open("w") as output:
        process = subprocess.Popen(
            ["make", *stamps, "run", f"PORT={port}"],
            cwd=copy,
            env=_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            body = _wait_for(f"http://127.0.0.1:{port}/feeds/section/news.rss")
        finally:
            os.killpg(process.pid, 15)
            process.wait(30)
    printed = (copy / "output").read_text()

    assert b"<rss" in body
    assert f"http://127.0.0.1:{port}/feeds/section/news.rss" in printed
    assert "17 created" in printed


def _wait_for(url: str) -> bytes:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bytes(answer.read())
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
