"""Article pages in the layout that `feedsvc import` reads."""

from __future__ import annotations

from pathlib import Path

from tests.cli.program import Program

BODY = (
    "The club won the final on Saturday, and nobody had expected it to.",
    "“We lost every practice game,” the captain said. “Every single one.”",
)


def a_page(
    *,
    title: str = "Chess Club Wins the State Title",
    date: str = "November 15, 2024",
    filed: str = "News The Journal 2024",
    byline: str = "By: Ana Lee",
    body: tuple[str, ...] = BODY,
) -> str:
    """Return a page; an empty string leaves its part out."""
    parts = (date, title, filed, title, byline, *body, "Back To Top")
    return "\n\n".join(part for part in parts if part) + "\n"


def write_page(folder: Path, name: str = "story.txt", **parts: str | tuple[str, ...]) -> Path:
    """Write a page into a file and return it."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(a_page(**parts), encoding="utf-8")  # type: ignore[arg-type]
    return file


def import_story(program: Program, name: str = "story.txt", **parts: str | tuple[str, ...]) -> int:
    """Import a page and return the article's id."""
    done = program.run("import", write_page(program.folder / "stories", name, **parts))
    return int(done.rows[0][1])
