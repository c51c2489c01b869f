"""Article pages as files, to import."""

from __future__ import annotations

from pathlib import Path


def a_page(
    title: str = "Chess Club Wins the State Title",
    *,
    date: str = "November 15, 2024",
    filed: str = "News | The Journal 2024",
    byline: str = "Ana Lee",
    body: str = "The club won on Saturday. Nobody expected it.",
) -> str:
    """Return a page that is right in all that is not given."""
    return f"{date}\n{title}\n{filed}\n{title}\nBy: {byline}\n\n{body}\n\nBack To Top\n"


def write_page(file: Path, title: str = "Chess Club Wins the State Title", **fields: str) -> Path:
    """Write a page into a file, whose folder is made where it is missing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(a_page(title, **fields), encoding="utf-8")
    return file
