"""A mistake of the user's is one clear line on standard error and status 2, never a traceback."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
from pathlib import Path

import pytest

from tests.cli.program import Done, Program

STORE = "sqlite:///var/feedsvc.db"


def is_one_line(done: Done, *parts: str) -> bool:
    """Tell whether it says these things in one line of its own on standard error, and no more."""
    (line,) = done.err.splitlines()
    assert line.startswith("feedsvc: ")
    assert [part for part in parts if part not in line] == []
    assert done.out == ""
    assert "Traceback" not in done.err
    assert not re.search(r"\b[A-Z]\w+Error\b", line)  # such words say nothing to an editor
    return True


UNKNOWN: dict[str, tuple[tuple[str, ...], str]] = {
    "article by id": (("article", "show", "99"), "there is no article 99"),
    "article by an endless id": (("article", "show", "9" * 5000), "there is no article"),
    "article by guid": (("article", "withdraw", "urn:uuid:1"), "there is no article “urn:uuid:1”"),
    "article by address": (
        ("article", "publish", "http://127.0.0.1:8000/articles/2024/11/nothing"),
        "there is no article “http://127.0.0.1:8000/articles/2024/11/nothing”",
    ),
    "rejection": (("rejections", "--raw", "7"), "there is no such rejection: 7"),
    "section in a list": (("article", "list", "--section", "Nwes"), "did you mean “News”?"),
    "section to rename": (("section", "rename", "Nwes", "New"), "did you mean “News”?"),
    "section to merge": (("section", "merge", "News", "Sprots"), "there is no section “Sprots”"),
    "author": (("author", "rename", "Anna Lee", "Ana"), "did you mean “Ana Lee”?"),
    "edition": (("edition", "rename", "The Journal", "X"), "did you mean “The Journal 2024”?"),
    "feed": (("check", "section/nwes"), "“section/nwes” is no feed, file or URL"),
    "format of a feed": (("check", "all.xml"), "“all.xml” is no feed, file or URL"),
    "empty name of a feed": (("check", ""), "“” is no feed, file or URL"),
    "section of an edit": (
        ("article", "edit", "1", "--section", "Sprots"),
        "did you mean “Sports”?",
    ),
}


@pytest.mark.parametrize(("arguments", "says"), UNKNOWN.values(), ids=UNKNOWN)
def test_a_name_that_is_not_known_is_told(
    story: Program, arguments: tuple[str, ...], says: str
) -> None:
    assert is_one_line(story.run(*arguments, status=2), says)


WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "date of an import": (("import", "--date", "Novembr 15", "x.txt"), "'Novembr 15' is no date"),
    "day that is none": (("import", "--date", "2024-02-30", "x.txt"), "“November 15, 2024”"),
    "date of a schedule": (("article", "schedule", "1", "soon"), "“soon” is no date"),
    "schedule of what is public": (("article", "schedule", "1", "2099-01-01"), "public already"),
    "publishing twice": (("article", "publish", "1"), "public already"),
    "republishing what is public": (("article", "republish", "1"), "is not withdrawn"),
    "two filters": (("article", "list", "--author", "A", "--section", "B"), "give one of"),
    "correction without a note": (("article", "correct", "1", "  "), "needs a note"),
    "slug": (("article", "edit", "1", "--slug", "No Good"), "may only have a-z"),
    "media without a type": (("article", "edit", "1", "--media", "http://a.example/x"), "its type"),
    "media of five parts": (("article", "edit", "1", "--media", "a b 1 2x2 c"), "at most"),
    "media with a size in words": (("article", "edit", "1", "--media", "a b big"), "are numbers"),
    "media at no address": (("article", "edit", "1", "--media", "x.jpg"), "no web address"),
    "empty title": (("article", "edit", "1", "--title", " "), "the title is empty"),
    "body that is binary": (("article", "edit", "1", "--body", "var/feedsvc.db"), "is not text"),
    "merging with itself": (("section", "merge", "News", "news"), "are the same section"),
    "address that is none": (("check", "http://[half"), "is no http or https address"),
    "port that is none": (("check", "http://a.example:99999/"), "is no http or https address"),
}


@pytest.mark.parametrize(("arguments", "says"), WRONG.values(), ids=WRONG)
def test_a_value_that_makes_no_sense_is_told(
    story: Program, arguments: tuple[str, ...], says: str
) -> None:
    assert is_one_line(story.run(*arguments, status=2), says)


USAGE: dict[str, tuple[tuple[str, ...], str]] = {
    "missing argument": (("import",), "Missing argument"),
    "unknown option": (("build", "--setings"), "No such option"),
    "unknown status": (("article", "list", "--status", "public"), "'public' is not one of"),
    "limit of nothing": (("article", "list", "--limit", "0"), "0 is not in the range"),
    "missing body": (("article", "edit", "1", "--body", "none.txt"), "does not exist"),
}


@pytest.mark.parametrize(("arguments", "says"), USAGE.values(), ids=USAGE)
def test_a_wrong_call_shows_the_usage(
    program: Program, arguments: tuple[str, ...], says: str
) -> None:
    done = program.run(*arguments, status=2)

    assert done.err.startswith(f"Usage: feedsvc {arguments[0]} ")
    assert says in done.err.splitlines()[-1]
    assert done.out == ""


SETTINGS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "unknown name": (
        {"FEEDSVC_SITE__TITEL": "x"},
        ("no setting `FEEDSVC_SITE__TITEL`", "Did you mean `FEEDSVC_SITE__TITLE`?"),
    ),
    "one underscore": ({"FEEDSVC_SITE_TITLE": "x"}, ("Did you mean `FEEDSVC_SITE__TITLE`?",)),
    "number in words": ({"PORT": "http"}, ("PORT: `web.port` = 'http'", "valid integer")),
    "port too high": ({"PORT": "65536"}, ("PORT: `web.port`", "65535")),
    "empty title": ({"FEEDSVC_SITE__TITLE": ""}, ("`site.title` = ''", "at least 1 character")),
    "time zone": ({"FEEDSVC_SITE__TIMEZONE": "Mars"}, ("= 'Mars': is no time zone",)),
    "base URL": ({"FEEDSVC_SITE__BASE_URL": "paper.example"}, ("must begin with http://",)),
    "base URL without a host": ({"FEEDSVC_SITE__BASE_URL": "http://"}, ("must name a host",)),
    "template": (
        {"FEEDSVC_ARTICLES__PERMALINK_TEMPLATE": "https://a.example/{slug.x}"},
        ("may only contain {yyyy}, {mm} and {slug}",),
    ),
    "missing file": ({"FEEDSVC_CONFIG": "none.toml"}, ("none.toml: cannot be read: No such file",)),
    "folder as file": ({"FEEDSVC_CONFIG": "var"}, ("var: cannot be read: Is a directory",)),
    "scheme of the store": (
        {"DATABASE_URL": "mysql://u:secret@h/x"},
        ("must begin with sqlite:///",),
    ),
    "store in memory": ({"DATABASE_URL": "sqlite:///:memory:"}, ("must name a file",)),
    "store without a name": ({"DATABASE_URL": "sqlite:///"}, ("must name a file",)),
    "port of the store": ({"DATABASE_URL": "postgres://u:secret/1@h/x"}, ("as its port",)),
}


@pytest.mark.parametrize(("environ", "says"), SETTINGS.values(), ids=SETTINGS)
def test_a_wrong_setting_is_told_with_its_place(
    program: Program, environ: dict[str, str], says: tuple[str, ...]
) -> None:
    done = program.with_env(**environ).run("article", "list", status=2)

    assert is_one_line(done, *says)
    assert "secret" not in done.err


FILES: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "unknown name": (b"[site]\ntitel = 'x'", ("no setting `site.titel`", "mean `site.title`?")),
    "unknown group": (b"[sites]\ntitle = 'x'", ("no setting `sites.title`", "`site.title`?")),
    "value without a group": (b"title = 'x'", ("there is no setting `title`",)),
    "wrong kind": (b"[web]\nport = [1]", ("`web.port` = [1]",)),
    "not TOML": (b"[site\n", ("is not valid TOML", "line 1")),
    "not UTF-8": (b"[site]\ntitle = '\xff'", ("is not valid TOML",)),
}


@pytest.mark.parametrize(("content", "says"), FILES.values(), ids=FILES)
def test_a_wrong_settings_file_is_told(
    program: Program, content: bytes, says: tuple[str, ...]
) -> None:
    (program.folder / "mine.toml").write_bytes(content)

    done = program.run("--config", "mine.toml", "config", status=2)

    assert is_one_line(done, "feedsvc: mine.toml: ", *says)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_settings_file_that_may_not_be_read_is_told(program: Program) -> None:
    (program.folder / "mine.toml").touch(mode=0)

    done = program.run("--config", "mine.toml", "config", status=2)

    assert is_one_line(done, "mine.toml: cannot be read: Permission denied")


NEEDS_STORE = (
    *(("article", "list"), ("feeds",), ("build",), ("check",), ("import", "x"), ("rejections",)),
    *(("section", "list"), ("web",), ("worker",), ("serve",)),
)


@pytest.mark.parametrize("command", NEEDS_STORE, ids=" ".join)
def test_without_tables_it_says_which_command_makes_them(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = Program(tmp_path).run(*command, status=2)

    assert is_one_line(done, "the store is empty. Run `feedsvc migrate`")


@pytest.mark.parametrize("command", [("article", "list"), ("worker",), ("web",)], ids=" ".join)
@pytest.mark.parametrize(
    ("revision", "says"),
    [("0000", "Run `feedsvc migrate`"), ("9999", "Install a newer feedsvc")],
)
def test_tables_of_another_version_are_told(
    program: Program, command: tuple[str, ...], revision: str, says: str
) -> None:
    _set_revision(program, revision)

    assert is_one_line(program.run(*command, status=2), f"at schema {revision}", says)


def test_tables_of_a_newer_version_are_not_migrated(program: Program) -> None:
    _set_revision(program, "9999")

    assert is_one_line(program.run("migrate", status=2), "Install a newer feedsvc")


def _set_revision(program: Program, revision: str) -> None:
    with sqlite3.connect(program.folder / "var" / "feedsvc.db") as store:
        store.execute("UPDATE alembic_version SET version_num = ?", [revision])
    store.close()


PLACES = {
    "not a database": ("sqlite:///page.txt", "page.txt is no SQLite database"),
    "folder": ("sqlite:///var", "unable to open database file"),
    "below a file": ("sqlite:///page.txt/feedsvc.db", "cannot hold the store: "),
    "where nothing can be written": ("sqlite:////proc/none/feedsvc.db", "cannot hold the store: "),
    "where no file can be made": ("sqlite:////proc/feedsvc.db", "unable to open database file"),
    "no PostgreSQL there": ("postgres://me:secret@127.0.0.1:1/x", "onnection refused"),
    "no such host": ("postgresql://me:secret@none.invalid/x", "none.invalid"),
}


@pytest.mark.parametrize("command", [("migrate",), ("article", "list")], ids=" ".join)
@pytest.mark.parametrize(("url", "says"), PLACES.values(), ids=PLACES)
def test_a_store_that_cannot_be_used_is_told_without_its_password(
    tmp_path: Path, command: tuple[str, ...], url: str, says: str
) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "page.txt").write_text("This is not a database, but a page of text.")

    done = Program(tmp_path, {"DATABASE_URL": url}).run(*command, status=2)

    assert is_one_line(done, says)
    assert "secret" not in done.err


@pytest.mark.parametrize("command", ["web", "serve"])
def test_a_port_that_is_taken_is_told(program: Program, command: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        done = program.with_env(PORT=str(port)).run(command, status=2)

    assert is_one_line(done, f"cannot listen on 127.0.0.1 port {port}", "PORT")


def test_a_host_that_is_not_here_is_told(program: Program) -> None:
    done = program.with_env(FEEDSVC_WEB__HOST="192.0.2.1").run("web", status=2)

    assert is_one_line(done, "cannot listen on 192.0.2.1 port 8000", "`web.host`")
