"""`feedsvc config`: every setting, its value and where it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedsvc import settings as configuration
from tests.cli.program import Program


def rows(program: Program, *options: str) -> dict[str, tuple[str, str]]:
    """Return value and origin by setting."""
    return {
        row["setting"]: (row["value"], row["from"])
        for row in program.run(*options, "config", "--json").json
    }


def test_without_anything_set_all_are_defaults(program: Program) -> None:
    found = rows(program)

    assert list(found) == list(configuration.names())
    assert {origin for _, origin in found.values()} == {"default"}
    assert found["web.port"] == ("8000", "default")
    assert found["imports.auto_create"] == ("false", "default")
    assert found["imports.sections"][0].startswith("News, Opinion, ")


def test_each_value_names_its_file_or_variable(program: Program) -> None:
    (program.folder / "config").mkdir()
    (program.folder / "config" / "feedsvc.toml").write_text(
        "[site]\ntitle = 'From the File'\nlanguage = 'de'\n[web]\nport = 1\n"
    )

    found = rows(
        program.with_env(
            FEEDSVC_SITE__TITLE="From Outside", PORT="9000", DATABASE_URL="sqlite:///x"
        )
    )

    assert found["site.title"] == ("From Outside", "FEEDSVC_SITE__TITLE")
    assert found["site.language"] == ("de", "config/feedsvc.toml")
    assert found["web.port"] == ("9000", "PORT")
    assert found["store.database_url"] == ("sqlite:///x", "DATABASE_URL")
    assert found["web.host"] == ("127.0.0.1", "default")


def test_a_file_is_named_by_option_or_variable_and_the_option_wins(program: Program) -> None:
    for name in ("one", "two"):
        (program.folder / f"{name}.toml").write_text(f"[site]\ntitle = '{name}'\n")
    variable = program.with_env(FEEDSVC_CONFIG="one.toml")

    assert rows(variable)["site.title"] == ("one", "one.toml")
    assert rows(variable, "--config", "two.toml")["site.title"] == ("two", "two.toml")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://me:s3cret@db.example:5432/x", "me:…@db.example:5432/x"),
        ("postgres://me:s3cret%40x@h/x?sslmode=require", "me:…@h/x?sslmode=require"),
        ("postgres://me@h/x?password=s3cret&sslmode=require", "me@h/x?password=…&sslmode=require"),
        ("postgres://h/x?password=a@s3cret", "h/x?password=…"),
        ("postgres://me@h/x", "me@h/x"),
    ],
)
def test_a_password_is_hidden_wherever_it_stands(program: Program, url: str, shown: str) -> None:
    secretive = program.with_env(DATABASE_URL=url)

    assert rows(secretive)["store.database_url"][0] == f"postgresql+psycopg://{shown}"
    assert "s3cret" not in secretive.run("config").out
    assert "s3cret" not in secretive.on_terminal("config", columns=160).out


def test_it_needs_no_store(tmp_path: Path) -> None:
    assert rows(Program(tmp_path, {"DATABASE_URL": "postgres://127.0.0.1:1/x"}))
