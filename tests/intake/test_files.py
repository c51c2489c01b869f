"""Files come in, or are kept as refused with all they say."""

from __future__ import annotations

import os
import random
import tracemalloc
from pathlib import Path

import pytest

from feedsvc.intake.accept import Outcome
from feedsvc.intake.bring import BATCH, Result
from feedsvc.intake.files import find_files
from feedsvc.intake.how import Overrides
from feedsvc.intake.importers import format_of, import_files
from feedsvc.model import Rejection
from feedsvc.store import records
from tests.intake.papers import a_page, write_page
from tests.newsroom import Newsroom
from tests.store.reading import all_rows, column, count


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    return folder


def rejections(newsroom: Newsroom, *, resolved: bool = False) -> list[Rejection]:
    with newsroom.services.database.read() as tx:
        return records.rejections(tx, resolved=resolved)


def found_in(*paths: Path | str) -> list[str]:
    return [found.path for found in find_files(map(str, paths))[0]]


def reasons(results: list[Result]) -> list[str]:
    return [result.reason for result in results]


# What paths stand for


def test_a_folder_is_searched_to_the_bottom_in_order(pages: Path) -> None:
    for name in ("b.txt", "a.txt", "2024/deep/c.txt", ".hidden.txt", ".git/d.txt", "x/.y/e.txt"):
        write_page(pages / name)

    found, missing = find_files([str(pages)])

    assert [item.path for item in found] == ["2024/deep/c.txt", "a.txt", "b.txt"]
    assert {item.source for item in found} == {str(pages.resolve())}
    assert missing == []


def test_a_single_file_belongs_to_its_folder(pages: Path) -> None:
    file = write_page(pages / "deep" / "a.txt")

    ((item,), missing) = find_files([str(file)])

    assert (item.file, item.source, item.path) == (file, str(file.parent.resolve()), "a.txt")
    assert missing == []


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("*.txt", ["a.txt", "b.txt"]),
        ("**/*.txt", ["a.txt", "b.txt", "deep/c.txt", "deep/deeper/d.txt"]),
        ("deep/**/?.txt", ["c.txt", "deeper/d.txt"]),
        ("[!a].txt", ["b.txt"]),
        ("*", ["a.txt", "b.txt"]),
    ],
)
def test_a_pattern_counts_from_its_fixed_part(pages: Path, pattern: str, wanted: list[str]) -> None:
    for name in ("a.txt", "b.txt", "deep/c.txt", "deep/deeper/d.txt"):
        write_page(pages / name)

    assert found_in(f"{pages}/{pattern}") == wanted


def test_a_pattern_may_be_relative(pages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_page(pages / "a.txt")
    monkeypatch.chdir(pages.parent)

    assert found_in("pages/*.txt") == found_in("./pages/*.txt") == found_in("pages") == ["a.txt"]
    (item,) = find_files(["pages/*.txt"])[0]
    assert item.source == str(pages.resolve())
    monkeypatch.chdir(pages)
    assert found_in("*.txt") == found_in(".") == ["a.txt"]


def test_a_file_that_is_named_twice_comes_in_once(pages: Path) -> None:
    file = write_page(pages / "a.txt")
    (pages / "link.txt").symlink_to(file)

    assert found_in(pages, file, f"{pages}/*.txt") == ["a.txt"]


def test_a_name_with_pattern_characters_is_a_name_first(pages: Path) -> None:
    write_page(pages / "[a].txt")
    write_page(pages / "a.txt")

    assert found_in(pages / "[a].txt") == ["[a].txt"]


def test_what_is_not_there_is_told(pages: Path) -> None:
    (pages / "empty").mkdir()
    (pages / "dangling.txt").symlink_to(pages / "nowhere")
    asked = [str(pages / name) for name in ("none.txt", "none/*.txt", "dangling.txt", "empty")]

    found, missing = find_files(asked)

    assert found == []
    assert [result.name for result in missing] == asked
    assert reasons(missing) == [
        *["there is no such file or folder"] * 3,
        "the folder is empty",
    ]
    assert {result.outcome for result in missing} == {None}


# Names


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "It’s “here”",
        "日本",
        "new\nline",
        "[x]*?",
        "back\\slash",
        "%41",
        "-rf",
        "a'b\"c",
        "😀",
    ],
)
def test_odd_names_come_in_and_are_known_again(
    sqlite_newsroom: Newsroom, pages: Path, name: str
) -> None:
    write_page(pages / name / f"{name}.txt")

    (first,) = sqlite_newsroom.import_paths(pages)
    (again,) = sqlite_newsroom.import_paths(pages / name)

    assert first.outcome is Outcome.CREATED
    assert (again.outcome, again.article_id) == (Outcome.UNCHANGED, first.article_id)
    assert set(column(sqlite_newsroom.services.database, "origin.path")) == {
        f"{name}.txt",
        f"{name}/{name}.txt",
    }


def test_a_name_that_is_no_text_comes_in_too(newsroom: Newsroom, pages: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(pages) + b"/\xff\xe9"))
    write_page(folder / "a.txt")
    bad = folder / os.fsdecode(b"\xfe.txt")
    bad.write_text("This is no page.")

    outcomes = {Path(r.name).name: r.outcome for r in newsroom.import_paths(folder)}

    assert outcomes == {"a.txt": Outcome.CREATED, bad.name: None}
    assert column(newsroom.services.database, "origin.source") == [f"{pages}/\\xff\\xe9"]
    assert [kept.path for kept in rejections(newsroom)] == ["\\xfe.txt"]


# What comes in


def test_pages_come_in_and_are_known_by_their_path(newsroom: Newsroom, pages: Path) -> None:
    for number in range(3):
        write_page(pages / f"{number}.txt", f"Story {number}")

    results = newsroom.import_paths(pages)

    assert [(Path(r.name).name, r.outcome, r.article_id) for r in results] == [
        (f"{number}.txt", Outcome.CREATED, number + 1) for number in range(3)
    ]
    assert column(newsroom.services.database, "origin.path") == ["0.txt", "1.txt", "2.txt"]


def test_equal_names_in_two_folders_are_two_articles(
    sqlite_newsroom: Newsroom, pages: Path
) -> None:
    write_page(pages / "one" / "a.txt", "First")
    write_page(pages / "two" / "a.txt", "Second")

    sqlite_newsroom.import_paths(pages / "one", pages / "two")

    assert column(sqlite_newsroom.services.database, "article.title") == ["First", "Second"]


def test_a_changed_page_updates_its_article(sqlite_newsroom: Newsroom, pages: Path) -> None:
    file = write_page(pages / "a.txt", "Old Title")
    sqlite_newsroom.import_paths(pages)
    now = sqlite_newsroom.clock.advance(days=1)

    (result,) = sqlite_newsroom.import_paths(write_page(file, "New Title"))

    after = sqlite_newsroom.article(1)
    assert (result.outcome, after.title, after.updated_at) == (Outcome.UPDATED, "New Title", now)


def test_a_correction_note_goes_to_changed_pages_only(newsroom: Newsroom, pages: Path) -> None:
    for name in ("changed", "same"):
        write_page(pages / f"{name}.txt", f"The {name} one")
    newsroom.import_paths(pages)
    write_page(pages / "changed.txt", "The changed one", body="Now it is right.")
    write_page(pages / "new.txt", "The new one")

    results = newsroom.import_paths(pages, correction="A score was wrong.", auto_create=True)

    assert {Path(result.name).stem: result.outcome for result in results} == {
        "changed": Outcome.CORRECTED,
        "new": Outcome.CREATED,
        "same": Outcome.UNCHANGED,
    }
    assert column(newsroom.services.database, "correction.article_id") == [1]


def test_many_pages_come_in_in_batches(sqlite_newsroom: Newsroom, pages: Path) -> None:
    names = ["Ana Lee", "Bo Chen", "Cy Day"]
    for number in range(BATCH + 20):
        write_page(pages / f"{number:04}.txt", f"Story {number}", byline=names[number % 3])

    results = sqlite_newsroom.import_paths(pages)

    assert [result.article_id for result in results] == list(range(1, BATCH + 21))
    database = sqlite_newsroom.services.database
    assert column(database, "term.kind").count("author") == 3
    assert len(set(column(database, "article.published_at"))) == BATCH + 20
    assert count(database, "feed_entry") == 5 * (BATCH + 20) - (BATCH + 20)


def test_what_is_imported_is_due_at_once(newsroom: Newsroom, pages: Path) -> None:
    write_page(pages / "a.txt")

    newsroom.import_paths(pages)

    assert len(newsroom.build()) == 4
    assert len(newsroom.shown()) == 1
    assert set(column(newsroom.services.database, "feed.event_at")) == {newsroom.clock.at}


# What is refused


def test_a_refused_file_is_kept_with_all_it_says(newsroom: Newsroom, pages: Path) -> None:
    raw = b"No date here.\r\n\xff\x00 \xe2\x80\x9cquoted\xe2\x80\x9d"
    (pages / "bad.txt").write_bytes(raw)
    good = write_page(pages / "good.txt")

    results = {Path(result.name): result for result in newsroom.import_paths(pages)}

    assert results[good].outcome is Outcome.CREATED
    (kept,) = rejections(newsroom)
    refused = results[pages / "bad.txt"]
    assert (refused.outcome, refused.reason, refused.line) == (None, kept.reason, kept.line)
    assert (kept.source, kept.path) == (str(pages.resolve()), "bad.txt")
    assert kept.raw == raw
    assert kept.rejected_at == newsroom.clock.at
    assert kept.resolved_at is None


def test_a_file_refused_again_is_kept_once(newsroom: Newsroom, pages: Path) -> None:
    (pages / "bad.txt").write_text("No date.")
    newsroom.import_paths(pages)
    now = newsroom.clock.advance(days=1)

    newsroom.import_paths(pages)

    assert [kept.rejected_at for kept in rejections(newsroom)] == [now]
    assert rejections(newsroom, resolved=True) == []


def test_no_version_of_a_refused_file_is_lost(newsroom: Newsroom, pages: Path) -> None:
    for text in ("One.", "Two.", "One."):
        (pages / "bad.txt").write_text(text)
        newsroom.import_paths(pages)

    assert [kept.raw for kept in rejections(newsroom)] == [b"One."]
    assert [kept.raw for kept in rejections(newsroom, resolved=True)] == [b"Two."]


def test_a_mended_file_is_refused_no_more(newsroom: Newsroom, pages: Path) -> None:
    (pages / "a.txt").write_text("No date.")
    (pages / "b.txt").write_text("No date.")
    newsroom.import_paths(pages)
    now = newsroom.clock.advance(days=1)

    newsroom.import_paths(write_page(pages / "a.txt"))

    assert [kept.path for kept in rejections(newsroom)] == ["b.txt"]
    (mended,) = rejections(newsroom, resolved=True)
    assert (mended.path, mended.raw, mended.resolved_at) == ("a.txt", b"No date.", now)


def test_a_file_put_back_as_it_was_is_refused_no_more(
    sqlite_newsroom: Newsroom, pages: Path
) -> None:
    file = write_page(pages / "a.txt")
    sqlite_newsroom.import_paths(pages)
    file.write_text("Broken.")
    sqlite_newsroom.import_paths(pages)
    assert len(rejections(sqlite_newsroom)) == 1

    (result,) = sqlite_newsroom.import_paths(write_page(pages / "a.txt"))

    assert result.outcome is Outcome.UNCHANGED
    assert rejections(sqlite_newsroom) == []


def test_a_refused_change_leaves_the_article_as_it_was(newsroom: Newsroom, pages: Path) -> None:
    file = write_page(pages / "a.txt")
    newsroom.import_paths(pages)
    newsroom.build()
    before = all_rows(newsroom.services.database, "rejection")

    newsroom.import_paths(file.parent, title="t" * 301)

    assert len(rejections(newsroom)) == 1
    assert all_rows(newsroom.services.database, "rejection") == before


@pytest.mark.parametrize("name", ["pipe", "/dev/zero", "", "x" * 300])
def test_what_is_no_file_is_told_and_not_opened(pages: Path, name: str) -> None:
    os.mkfifo(pages / "pipe")
    asked = str(pages / name) if name == "pipe" else name
    write_page(pages / "a.txt")

    found, missing = find_files([asked, str(pages)])

    assert [one.path for one in found] == ["a.txt"]
    assert [result.name for result in missing] == [asked]
    assert reasons(missing)[0].startswith(("it is no file", "no name is given", "it cannot be"))


def test_an_enormous_file_is_refused_without_being_read(
    sqlite_newsroom: Newsroom, pages: Path
) -> None:
    with (pages / "big.txt").open("wb") as stream:
        stream.write(a_page().encode())
        stream.truncate(50_000_000)

    tracemalloc.start()
    (result,) = sqlite_newsroom.import_paths(pages)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert "the file has 50,000,000 bytes, more than the 5,000,000 allowed" in result.reason
    assert "imports.max_file_bytes" in result.reason
    assert peak < 5_000_000
    (kept,) = rejections(sqlite_newsroom)
    assert kept.raw.startswith(a_page().encode())
    assert len(kept.raw) == 64 * 1024


def test_a_file_that_cannot_be_read_stops_no_other(newsroom: Newsroom, pages: Path) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        write_page(pages / name, f"Story {name}")
    found, _ = find_files([str(pages)])
    (pages / "a.txt").unlink()
    (pages / "b.txt").unlink()
    (pages / "b.txt").mkdir()

    services = newsroom.services
    results = list(import_files(services.database, services.door, found, Overrides()))

    assert reasons(results) == [
        "the file cannot be read: No such file or directory",
        "the file cannot be read: Is a directory",
        "",
    ]
    assert [(kept.path, kept.raw) for kept in rejections(newsroom)] == [
        ("a.txt", b""),
        ("b.txt", b""),
    ]


HOSTILE = ["\0", "\x01", "\ufffe", "\u2028", "\x85", "\ud800", "<script>", "&#1;", "\r", "😀", "|"]


def spoilt(chance: random.Random, number: int) -> bytes:
    """Return a page with characters that do not belong there, or bytes that are no page."""
    if number % 5 == 0:
        return chance.randbytes(chance.randrange(400))
    text = list(a_page(f"Story {number}", body="Correction: It was wrong.\n\nText, more text."))
    for _ in range(chance.randrange(6)):
        text.insert(chance.randrange(len(text)), chance.choice(HOSTILE))
    page = "".join(text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return page.encode(chance.choice(["utf-8", "utf-8", "utf-16", "latin-1"]), "replace")


def test_any_bytes_come_in_or_are_kept(newsroom: Newsroom, pages: Path) -> None:
    chance = random.Random(4)
    wanted = {f"{number:03}.txt": spoilt(chance, number) for number in range(150)}
    for name, raw in wanted.items():
        (pages / name).write_bytes(raw)

    results = newsroom.import_paths(pages)
    newsroom.build()

    kept = {one.path: one.raw for one in rejections(newsroom)}
    refused = {Path(result.name).name for result in results if result.outcome is None}
    assert kept == {name: wanted[name] for name in refused}
    assert 30 < len(refused) < 120
    assert set(column(newsroom.services.database, "article.quarantined_at")) == {None}
    with newsroom.services.database.read() as tx:
        assert records.open_problems(tx) == []


# Folders of sites and saved pages


def touched(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_what_lies_beside_articles_is_left_out(pages: Path) -> None:
    parts = (
        "a_files/x.png",
        "a_files/site.CSS",
        "a_files/x.js",
        "b.mp3",
        "c.mp4",
        "d.woff2",
        "e.toml",
    )
    touched(pages, "a.html", "b.md", *parts)

    assert found_in(pages) == ["a.html", "b.md"]
    assert found_in(pages / "b.mp3") == ["b.mp3"]


def test_of_a_jekyll_site_only_posts_and_drafts_are_articles(pages: Path) -> None:
    posts = ("_drafts/b.md", "_posts/2024-01-01-a.md", "sports/_posts/2024-01-01-c.md")
    touched(
        pages, *posts, "_config.yml", "_layouts/default.html", "index.md", "README.md", "Gemfile"
    )

    assert found_in(pages) == sorted(posts)


@pytest.mark.parametrize("mark", ["hugo.toml", "config.yaml", "config/_default/hugo.toml"])
def test_of_a_hugo_site_only_the_content_is_articles(pages: Path, mark: str) -> None:
    content = ("content/a.md", "content/b/index.md")
    touched(pages, *content, mark, "content/_index.md", "layouts/x.html", "themes/t/README.md")

    assert found_in(pages) == sorted(content)


@pytest.mark.parametrize(
    ("name", "text", "fmt"),
    [
        ("a.md", "# A", "markdown"),
        ("a.html", "<p>", "html"),
        ("a.txt", "<!DOCTYPE html><title>", "html"),
        ("a.txt", "<!-- x -->\n<html lang=en>", "html"),
        ("a.txt", '<?xml version="1.0"?><!DOCTYPE html><html xmlns="x">', "html"),
        ("a.txt", "\ufeff---\r\ntitle: A\r\n---\r\n", "markdown"),
        ("a.html", "---\n# a comment\n\nlayout : post\n---\n<p>", "markdown"),
        ("a.txt", "+++\ntitle = 'A'\n+++\n", "markdown"),
        ("a.txt", "---\nTwo lines\n---\n", "text"),
        ("a.txt", "November 15, 2024", "text"),
        ("a.txt", "\n" * 4_000 + "November 15, 2024", "text"),
        ("a.txt", " <?x?>\n<!-- x -->" * 200, "text"),
    ],
)
def test_a_file_says_what_it_is(pages: Path, name: str, text: str, fmt: str) -> None:
    (pages / name).write_text(text, newline="")

    assert format_of(pages / name) == fmt
