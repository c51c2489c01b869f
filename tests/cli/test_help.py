"""Every command explains itself."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from feedsvc import __version__
from feedsvc.cli import commands
from tests.cli.program import Program


def _all(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from _all(command, *path, name)


ALL = dict(_all(commands))
each_command = pytest.mark.parametrize("path", ALL, ids=" ".join)


def _flat(text: str) -> str:
    return " ".join(text.split())


@each_command
def test_its_help_begins_with_one_sentence_on_what_it_does(
    program: Program, path: tuple[str, ...]
) -> None:
    done = program.run(*path, "--help")

    usage, _, text = done.out.partition("\n\n")
    sentence = text.partition("\n\n")[0].strip()
    assert usage.startswith(f"Usage: feedsvc {' '.join(path)} ")
    assert sentence[0].isupper()
    assert sentence[-1] == "."
    assert done.err == ""


@each_command
def test_its_help_explains_every_option(program: Program, path: tuple[str, ...]) -> None:
    shown = _flat(program.run(*path, "--help").out)

    for parameter in ALL[path].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert f"{parameter.opts[0]} " in shown
            assert _flat(parameter.help) in shown


@each_command
def test_its_help_names_every_argument(program: Program, path: tuple[str, ...]) -> None:
    usage = program.run(*path, "-h").out.splitlines()[0]

    for parameter in ALL[path].params:
        if isinstance(parameter, click.Argument):
            assert parameter.make_metavar(click.Context(ALL[path])) in usage


def test_the_list_of_commands_gives_each_a_line_that_ends(program: Program) -> None:
    lines = program.run("--help").out.partition("Commands:\n")[2].splitlines()

    assert sorted(line.split()[0] for line in lines) == sorted(commands.commands)
    assert [line for line in lines if line.endswith("...")] == []


@pytest.mark.parametrize("group", [path for path in ALL if isinstance(ALL[path], click.Group)])
def test_the_list_of_subcommands_gives_each_a_line_that_ends(
    program: Program, group: tuple[str, ...]
) -> None:
    lines = program.run(*group, "--help").out.partition("Commands:\n")[2].splitlines()

    assert lines
    assert [line for line in lines if line.endswith("...")] == []


def test_the_commands_are_the_ones_that_people_were_promised() -> None:
    groups = {"article", "section", "author", "edition"}
    assert set(commands.commands) == groups | {
        *("serve", "web", "worker", "migrate", "import", "sources", "rejections", "media"),
        *("feeds", "build", "check", "status", "schedule", "config"),
    }
    assert set(ALL) >= {("article", verb) for verb in (
        "list", "show", "edit", "correct", "publish", "schedule", "withdraw", "republish",
    )}  # fmt: skip
    assert set(ALL) >= {
        (kind, verb) for kind in groups - {"article"} for verb in ("list", "rename", "merge")
    }


def test_without_a_command_the_help_is_shown(program: Program) -> None:
    done = program.run(status=2)

    assert "Commands:" in done.err


def test_an_unknown_command_is_a_mistake(program: Program) -> None:
    done = program.run("imprt", status=2)

    assert "No such command 'imprt'" in done.err


def test_it_tells_its_version(program: Program) -> None:
    assert program.run("--version").out == f"feedsvc, version {__version__}\n"
