"""What `make run` does on a fresh machine, and that doing it again changes nothing."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from feedsvc.model import Document
from tests.cli.program import Program
from tests.cli.service import free_port, running, until
from tests.newsroom import REPOSITORY

STORIES = REPOSITORY / "examples" / "stories"


@pytest.fixture
def commands(tmp_path: Path) -> list[list[str]]:
    """Return the `feedsvc` commands of `make run`, as make would run them after pip."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    recipe = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "-f", REPOSITORY / "Makefile",
         "-o", ".venv/installed", "run", f"STORIES={STORIES}"],
        cwd=tmp_path, check=True, capture_output=True, text=True,
    )  # fmt: skip
    lines = [shlex.split(line) for line in recipe.stdout.splitlines()]
    return [line[line.index(".venv/bin/feedsvc") + 1 :] for line in lines]


def run(program: Program, commands: list[list[str]]) -> dict[str, Document]:
    """Run all but the last and return what is served then."""
    for command in commands:
        if "||" in command:
            command = command[: command.index("||")]  # noqa: PLW2901
        program.run(*command)
    return program.served()


def test_it_migrates_imports_builds_lists_and_serves(commands: list[list[str]]) -> None:
    assert [command[0] for command in commands] == ["migrate", "import", "build", "feeds", "serve"]


def test_from_nothing_every_story_is_served(tmp_path: Path, commands: list[list[str]]) -> None:
    program = Program(tmp_path)

    served = run(program, commands[:-1])

    assert program.run("rejections").out == ""
    articles = program.run("article", "list", "--json").json
    assert len(articles) == len(list(STORIES.glob("*.txt")))
    public = [row["title"] for row in articles if row["status"] == "published"]
    assert [item["title"] for item in json.loads(served["all.json"].body)["items"]] == public
    assert program.run("check").err.endswith(" 0 findings\n")


@pytest.mark.slow
def test_all_of_it_a_second_time_changes_no_byte(tmp_path: Path, commands: list[list[str]]) -> None:
    """Guids, ETags and Last-Modified stay too, also while the service runs in between."""
    program = Program(tmp_path, {"PORT": str(free_port())})
    first = run(program, commands[:-1])
    articles = program.run("article", "list", "--json").out

    with running(program, commands[-1][0]) as service:
        until(lambda: "worker_started" in service.when_up().log)
        second = run(program, commands[:-1])
        headers = {}
        for name in second:
            answer = service.get(f"/feeds/{name}")
            assert answer
            headers[name] = (answer.status, answer.headers["etag"], answer.body)
        assert service.end() == 0

    assert second == first
    assert program.run("article", "list", "--json").out == articles
    assert headers == {name: (200, doc.etag, doc.body) for name, doc in first.items()}
