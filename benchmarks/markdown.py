"""How fast Markdown comes in, whole, beside bare markdown-it-py on the same texts."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from markdown_it import MarkdownIt

from benchmarks.stores import newsroom, stories
from feedsvc.intake.files import find_files
from feedsvc.intake.how import Overrides
from feedsvc.intake.importers import import_files

_EXTRAS = """
## What else

- *One* [thing](https://example.org/one)
- **Another**, with `code`

| Leaves | Arrives |
|--------|---------|
| 6:20   | 6:38    |

It was said[^1].

[^1]: By somebody.
"""


def write_posts(folder: Path, count: int) -> int:
    """Write Markdown files with front matter; return the bytes of one on average."""
    written = 0
    for number, story in enumerate(stories(count)):
        body = story.content_html.replace("<p>", "").replace("</p>", "\n\n")
        names = f"author: {story.byline[0][0]}\nsection: {story.sections[0]}"
        front = f"title: '{story.title}'\ndate: {story.date:%Y-%m-%dT%H:%M:%SZ}\n{names}"
        written += (folder / f"{number:06}.md").write_text(f"---\n{front}\n---\n{body}{_EXTRAS}")
    return written // count


def markdown(count: int) -> list[str]:
    """Return a table of whole imports: new files, the same files again, and the bare parser."""
    with tempfile.TemporaryDirectory(prefix="feedsvc-bench-") as name:
        folder = Path(name) / "posts"
        folder.mkdir()
        size = write_posts(folder, count)
        new, again = _imported(Path(name), folder), _imported(Path(name), folder)
        bare = _bare(folder)
    per_second = " | ".join(f"{count / seconds:,.0f}" for seconds in (new, again, bare))
    return [
        "| files | bytes each | whole import, files/s | again, unchanged | bare markdown-it-py |",
        "|---|---|---|---|---|",
        f"| {count:,} | {size:,} | {per_second} |",
    ]


def _imported(store: Path, folder: Path) -> float:
    services = newsroom(store)
    started = time.perf_counter()
    found, _ = find_files([str(folder)])
    results = list(import_files(services.database, services.door, found, Overrides()))
    seconds = time.perf_counter() - started
    services.database.close()
    if refused := [result.reason for result in results if result.outcome is None]:
        raise RuntimeError(refused[0])
    return seconds


def _bare(folder: Path) -> float:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    started = time.perf_counter()
    for file in sorted(folder.iterdir()):
        parser.render(file.read_text())
    return time.perf_counter() - started
