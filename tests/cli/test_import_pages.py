"""`feedsvc import` of Markdown, saved web pages and their addresses."""

from __future__ import annotations

import subprocess
import sys

from tests.cli.program import Program
from tests.newsroom import REPOSITORY

EXAMPLES = REPOSITORY / "examples"
SITES = tuple(EXAMPLES / "markdown" / name for name in ("jekyll", "hugo", "plain"))


def test_the_examples_come_in_prove_clean_and_are_known_again(program: Program) -> None:
    folders = (*SITES, EXAMPLES / "pages")

    first = program.run("import", *folders)
    check = program.run("check")
    again = program.run("import", *folders)

    assert "7 articles: 7 created" in first.err
    assert "7 articles: 7 unchanged" in again.err
    assert check.status == 0
    drafts = program.run("article", "list", "--status", "draft", "--json").json
    assert [article["title"] for article in drafts] == ["The Mayor Answers Twelve Questions"]


def test_an_address_is_only_fetched_from_the_open_internet(program: Program) -> None:
    done = program.run("import", "http://127.0.0.1/a.html", status=1)

    assert "http://127.0.0.1/a.html: " in done.err
    assert "not on the open internet" in done.err
    (kept,) = program.run("rejections", "--json").json
    assert kept["file"] == "web/http://127.0.0.1/a.html"


def test_the_command_does_not_load_what_only_some_pages_need() -> None:
    code = "import sys, feedsvc.cli; print('trafilatura' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert done.stdout == b"False\n"
