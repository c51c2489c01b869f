"""The documentation says what is there: every file, command, setting, address and link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from feedsvc import settings
from feedsvc.cli import commands
from feedsvc.web.app import create_app
from tests.newsroom import REPOSITORY, Newsroom

SOURCE = REPOSITORY / "src" / "feedsvc"
PAGES = sorted(
    page
    for page in REPOSITORY.rglob("*.md")
    if not {".venv", "var", ".pytest_cache", "node_modules", "examples"} & set(page.parts)
)
OPERATING = (REPOSITORY / "docs" / "operating.md").read_text()
README = (REPOSITORY / "README.md").read_text()
ARCHITECTURE = (REPOSITORY / "ARCHITECTURE.md").read_text()


def _source_files() -> list[str]:
    files = (file.relative_to(SOURCE).as_posix() for file in SOURCE.rglob("*.py"))
    return sorted(file for file in files if not file.endswith(("__init__.py", "__main__.py")))


def _commands(group: click.Group, name: str = "") -> Iterator[str]:
    for word, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{name}{word} ")
        else:
            yield f"{name}{word}"


@pytest.mark.parametrize("file", _source_files())
def test_every_source_file_stands_in_the_architecture(file: str) -> None:
    assert f"`{file}`" in ARCHITECTURE


def test_the_architecture_names_no_file_that_is_gone() -> None:
    named = re.findall(r"`([a-z_/0-9]+\.py)`", ARCHITECTURE)

    for file in named:
        assert (REPOSITORY / file).exists() or any(SOURCE.rglob(file)), file


def test_the_architecture_fits_in_150_lines() -> None:
    assert len(ARCHITECTURE.splitlines()) <= 150


def test_the_import_rule_is_the_one_that_is_proven() -> None:
    drawn = re.search(r"```\n(cli → .*)\n```", ARCHITECTURE)
    project = (REPOSITORY / "pyproject.toml").read_text()
    layers = re.search(r"^layers = \[(.*?)\]", project, re.DOTALL | re.MULTILINE)
    assert drawn
    assert layers

    assert drawn[1].split(" → ") == re.findall(r'"(.*?)"', layers[1])


@pytest.mark.parametrize("command", sorted(_commands(commands)))
def test_every_command_is_explained(command: str) -> None:
    group = command.split(maxsplit=1)[0]
    text = README + OPERATING

    assert f"feedsvc {command}" in text or f"feedsvc {group}" in text


@pytest.mark.parametrize("command", sorted(_commands(commands)))
def test_every_command_says_what_it_does(command: str) -> None:
    found: click.Command = commands
    for word in command.split():
        assert isinstance(found, click.Group)
        found = found.commands[word]

    assert found.help
    assert found.help.splitlines()[0].endswith((".", ":"))


@pytest.mark.parametrize("name", sorted(settings.names()))
def test_every_setting_is_in_the_file_that_ships(name: str) -> None:
    group, _, field = name.partition(".")
    text = (REPOSITORY / "config" / "feedsvc.toml").read_text()
    table = text.partition(f"\n[{group}]\n")[2].partition("\n[")[0]

    assert re.search(rf"^{field} = ", table, re.MULTILINE)


def test_every_address_is_described(sqlite_newsroom: Newsroom) -> None:
    described = (REPOSITORY / "docs" / "api.md").read_text()
    app = create_app(sqlite_newsroom.services)

    for rule in app.url_map.iter_rules():
        kinds = rule.rule.startswith("/<any")
        start = "/section/SLUG" if kinds else rule.rule.partition("<")[0].rstrip(".")
        assert f"`{start}" in described, rule


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{page}: {target}"


@pytest.mark.parametrize(
    "page", sorted((REPOSITORY / "docs" / "decisions").glob("*.md")), ids=lambda page: page.stem
)
def test_a_decision_has_its_five_parts(page: Path) -> None:
    text = page.read_text()

    assert text.startswith(f"# {page.stem[:4]} ")
    for part in ("Problem", "Choice", "Instead of", "Price", "When to change our mind"):
        assert f"**{part}.**" in text


def test_the_readme_fits_on_a_screen_or_two() -> None:
    assert len(README.splitlines()) <= 90


def test_the_changelog_names_the_version_or_what_comes() -> None:
    assert "## Unreleased" in (REPOSITORY / "CHANGELOG.md").read_text()
