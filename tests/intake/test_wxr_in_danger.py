"""Exports that are broken or meant to do harm: told clearly, and the rest comes in."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.intake.how import How
from feedsvc.intake.utf8 import utf8_pieces
from feedsvc.intake.wordpress.wxr import Record, Wanted, read_records
from feedsvc.model import Rejection, Submission
from tests.intake.exports import HEAD, TAIL, a_how, a_meta, a_post, a_wxr, an_attachment, read
from tests.newsroom import REPOSITORY

BARE = HEAD.partition("?>")[2]


@pytest.fixture
def how(tmp_path: Path) -> How:
    return a_how(tmp_path)


def read_all(
    export: str | bytes, how: How, folder: Path
) -> tuple[list[Submission], list[Rejection]]:
    items = read("wordpress", export, how, folder)
    good = [item for item in items if isinstance(item, Submission)]
    return good, [item for item in items if isinstance(item, Rejection)]


def only_refusal(export: str | bytes, how: How, folder: Path) -> Rejection:
    good, (bad,) = read_all(export, how, folder)
    assert good == []
    return bad


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>',
        f'<!DOCTYPE r [<!ENTITY a "{"ha" * 50_000}">]>',
        '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE r [<!ENTITY a SYSTEM "http://127.0.0.1:1/x">]>',
        '<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd">',
        '<!DOCTYPE r PUBLIC "-//X//Y" "file:///etc/passwd">',
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>',
    ],
    ids=["laughs", "quadratic", "file", "http", "dtd", "public", "parameter"],
)
def test_entities_are_refused_before_anything_is_read(
    doctype: str, how: How, tmp_path: Path
) -> None:
    export = doctype + BARE + a_post(content="x]]>&a;&c;<![CDATA[") + TAIL

    assert "declares a document type" in only_refusal(export, how, tmp_path).reason


def test_an_entity_that_nobody_declared_costs_its_post(how: How, tmp_path: Path) -> None:
    good, (bad,) = read_all(a_wxr(a_post(1), a_post(2, "<x>&a;</x>"), a_post(3)), how, tmp_path)

    assert [post.path for post in good] == ["1", "3"]
    assert "undefined entity" in bad.reason


def test_a_file_that_breaks_off_brings_what_came_before(how: How, tmp_path: Path) -> None:
    export = a_wxr(a_post(1), a_post(2), a_post(3))
    cut = export[: export.index("The text of post 3")]

    good, (bad,) = read_all(cut, how, tmp_path)

    assert [post.path for post in good] == ["1", "2"]
    assert bad.line == cut.count("\n") + 1
    assert "breaks off after post 2" in bad.reason
    assert "is missing" in bad.reason


def test_a_post_that_is_not_well_formed_costs_no_other(how: How, tmp_path: Path) -> None:
    broken = a_post(2, "<b>unclosed & bare\n")
    export = a_wxr(a_post(1), broken, a_post(3), broken, a_post(4))

    good, bad = read_all(export, how, tmp_path)

    assert [post.path for post in good] == ["1", "3", "4"]
    lines = [number for number, line in enumerate(export.split("\n"), 1) if "& bare" in line]
    assert [one.line for one in bad] == lines
    assert "after post 1 is not well-formed" in bad[0].reason


def test_attachments_behind_a_break_are_found(how: How, tmp_path: Path) -> None:
    export = a_wxr(
        a_post(1, content='[gallery ids="9"]'),
        a_post(2, "</b>"),
        an_attachment(9, "https://old.example.org/9.jpg"),
    )

    (good,), _ = read_all(export, how, tmp_path)

    assert "9.jpg" in good.content_html


def test_what_breaks_again_and_again_is_given_up(how: How, tmp_path: Path) -> None:
    _, bad = read_all(a_wxr(*["<item></x>"] * 5_000), how, tmp_path)

    assert "no XML that WordPress writes" in bad[-1].reason
    assert len(bad) < 200


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "is empty"),
        (b"\n \n", "no XML"),
        (b"Dear all, here is the export.", "no XML"),
        (b"\x00" * 1_000, "no XML"),
        (gzip.compress(a_wxr(a_post()).encode()), "unpack it"),
        (b"PK\x03\x04", "unpack it"),
        (b"<rss>" * 100_000, "does not say which site"),
    ],
)
def test_what_is_no_export_is_refused(raw: bytes, reason: str, how: How, tmp_path: Path) -> None:
    assert reason in read_all(raw, how, tmp_path)[1][0].reason


def test_ten_thousand_nested_elements_are_skipped(how: How, tmp_path: Path) -> None:
    deep = "<a>" * 10_000 + "</a>" * 10_000

    good, bad = read_all(a_wxr(a_post(1, deep), a_post(2)), how, tmp_path)

    assert ([post.path for post in good], bad) == (["1", "2"], [])


def test_a_tag_without_end_is_not_held(how: How, tmp_path: Path) -> None:
    export = HEAD + "<!--" + "x" * 9_000_000 + "-->" + TAIL

    assert "a tag or a comment of more than" in only_refusal(export, how, tmp_path).reason


def test_a_post_that_is_too_long_is_refused_and_named(tmp_path: Path) -> None:
    how = a_how(tmp_path, {"FEEDSVC_IMPORTS__MAX_FILE_BYTES": "5000"})
    many = "".join(f'<category domain="post_tag" nicename="t{n}">t</category>' for n in range(99))

    good, bad = read_all(
        a_wxr(a_post(1, content="x" * 9_000), a_post(2, many), a_post(3)), how, tmp_path
    )

    assert [post.path for post in good] == ["3"]
    assert [(one.path, one.field) for one in bad] == [("1", "body"), ("2", "body")]
    assert "more than 5,000 characters (`imports.max_file_bytes`)" in bad[0].reason
    assert b"Post 1" in bad[0].raw


def test_of_a_post_that_is_too_long_little_is_held_whatever_it_consists_of(tmp_path: Path) -> None:
    many = "".join(f"<category>{'x' * 900}{n}</category>" for n in range(500))
    file = tmp_path / "x"
    file.write_text(a_wxr(a_post(1, many, content="y" * 4_000)))

    wanted = Wanted({"wp:post_id", "title", "content:encoded"}, (), 5_000)
    *_, found = (one for one in read_records(file, wanted) if isinstance(one, Record))

    assert found.is_cut
    assert found.fields == {"title": "Post 1", "wp:post_id": "1"}
    assert sum(len(name) for _, _, name in found.categories) <= 5_000


def test_elements_within_a_text_do_not_end_it(how: How, tmp_path: Path) -> None:
    post = a_post(1).replace("<![CDATA[Post 1]]>", "Rowers <em>win</em> again")

    (good,), _ = read_all(a_wxr(post), how, tmp_path)

    assert good.title == "Rowers win again"


_MEASURED = """
import resource, sys
from pathlib import Path
from tests.intake.exports import a_how
from feedsvc.intake.files import Found
from feedsvc.intake.importers import FORMATS
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
file = Path(sys.argv[1])
how, before = a_how(file.parent), peak()
items = list(FORMATS["wordpress"].open(Found(file, "x", "y"), how))
print(len(items), items[0].field, (peak() - before) // 1024)
"""


@pytest.mark.slow
def test_a_post_of_100_megabytes_is_refused_without_being_held(tmp_path: Path) -> None:
    before, _, behind = a_wxr(a_post(1, content="HERE"), a_post(2)).partition("HERE")
    file = tmp_path / "large.xml"
    with file.open("w") as stream:
        stream.write(before)
        for _ in range(100):
            stream.write("All work and no play. " * 50_000)
        stream.write(behind)

    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(file)],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    number, field, megabytes = done.stdout.split()
    assert (number, field) == ("2", "body")
    assert int(megabytes) < 40


@pytest.mark.parametrize(
    "address", ["http://[", "javascript:x", "//", "http://", "\u202e", "c:\\x"]
)
def test_addresses_that_are_none_do_no_harm(address: str, tmp_path: Path) -> None:
    how = a_how(tmp_path, site_url="https://x.org")
    metas = a_meta("_thumbnail_id", "9") + a_meta("enclosure", f"{address}\n1\naudio/mpeg")
    text = f'[embed]{address}[/embed] [audio src="{address}"] [gallery ids="9"]\n{address}\n'
    post = a_post(1, metas, content=text, link=address, guid=address)
    head = HEAD.replace("<wp:base_blog_url>https://old.example.org", f"<wp:base_blog_url>{address}")

    (good,), bad = read_all(a_wxr(post, an_attachment(9, address), head=head), how, tmp_path)

    assert (good.media, bad) == ((), [])


EXAMPLE = (REPOSITORY / "examples" / "wordpress" / "lighthouse-log.xml").read_bytes()
PIECES = (
    b"<",
    b"&",
    b"]]>",
    b"\0",
    b"\xff",
    b"<item>",
    b"</item>",
    b"[caption",
    b"http://[",
    b"9" * 20,
)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, len(EXAMPLE)), st.sampled_from(PIECES)), max_size=6))
def test_an_export_with_anything_in_it_raises_nothing(
    changes: list[tuple[int, bytes]],
) -> None:
    raw = EXAMPLE
    for at, piece in changes:
        raw = raw[:at] + piece + raw[at + 3 :]

    with TemporaryDirectory() as folder:
        items = read("wordpress", raw, a_how(Path(folder)), Path(folder))

    assert all(isinstance(item, Submission | Rejection) for item in items)
    assert len({item.path for item in items if isinstance(item, Submission)}) <= 4


# What stands in the bytes.


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"a\x00b\x01c\x0bd", "abc d"),
        (b"a&#0;b&#x1F;c&#65;&#xD800;&#9;&#1114112;", "abc&#65;&#9;"),
        (b"a\xef\xbf\xbeb\xef\xbf\xbfc", "abc"),
        (b"caf\xe9 caf\xc3\xa9 \x93q\x94", "café café “q”"),
        (b"\xed\xa0\xbd\xed\xb8\x80 \xed\xa0\xbd", "😀 "),
        ("\ufeffä".encode(), "ä"),
    ],
)
def test_illegal_characters_are_taken_out_and_stray_bytes_read(
    raw: bytes, text: str, tmp_path: Path
) -> None:
    file = tmp_path / "x"
    file.write_bytes(
        b"<x>" + raw if not raw.startswith(b"\xef\xbb") else raw[:3] + b"<x>" + raw[3:]
    )

    assert b"".join(utf8_pieces(file)).decode() == f"<x>{text}"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("ISO-8859-1", "utf-8"),
        ("UTF-8", "cp1252"),
        ("ISO-8859-1", "cp1252"),
        ("windows-1251", "windows-1251"),
        ("UTF-16", "utf-16"),
        ("UTF-16", "utf-16-le"),
        ("UTF-16", "utf-8"),
        ("klingon", "utf-8"),
        ("hex", "utf-8"),
        ("", "utf-8"),
    ],
)
def test_a_wrong_or_missing_declaration_does_no_harm(
    declared: str, encoding: str, how: How, tmp_path: Path
) -> None:
    title = "Приплыли" if encoding == "windows-1251" else "“Crème brûlée”"
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    export = (head + BARE.replace("ü", "u") + a_post(title=title) + TAIL).encode(encoding)

    (good,), bad = read_all(export, how, tmp_path)

    assert (good.title, bad) == (title, [])


def test_blank_lines_and_warnings_before_the_file_are_passed_over(how: How, tmp_path: Path) -> None:
    export = "\n\nWarning: session_start() failed in wp-config.php on line 3\n"
    export += a_wxr(a_post(), "<item>\n</b>")

    good, (bad,) = read_all(export, how, tmp_path)

    assert len(good) == 1
    assert export.split("\n")[(bad.line or 0) - 1] == "</b></channel></rss>"


def test_characters_and_references_may_fall_on_the_edge_of_a_piece(tmp_path: Path) -> None:
    """Pieces have 256 KiB; here every offset around the edge is tried."""
    file = tmp_path / "x"
    for shift in range(14):
        text = "é" + "x" * ((1 << 18) - 10 - shift) + "é😀&#8217;é&amp;😀"
        file.write_text("<x>" + text)

        pieces = list(utf8_pieces(file))

        assert b"".join(pieces).decode() == "<x>" + text
        assert all(piece.decode() is not None for piece in pieces)
        assert b"&#8217;" in pieces[0] or b"&#8217;" in pieces[1]


def test_a_long_file_has_true_lines(tmp_path: Path) -> None:
    file = tmp_path / "x"
    broken = "<item>\n<b></item>\n"
    parts = [a_post(n) if n % 100 else broken for n in range(1, 2_001)]
    file.write_text(a_wxr(*parts))
    at = {n + 1: line for n, line in enumerate(file.read_text().split("\n"))}

    found = list(read_records(file, Wanted({"wp:post_id"}, (), 1_000)))

    assert sum(isinstance(one, Record) and one.kind == "item" for one in found) == 1_980
    for one in found:
        if isinstance(one, Record):
            assert one.kind != "item" or at[one.line] == "<item>"
        else:
            assert at[one.line] == "<b></item>"
