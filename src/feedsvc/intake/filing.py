"""What the records of another system are filed under here."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from feedsvc.errors import RejectedError
from feedsvc.intake.clean import clean_url, text_of_html
from feedsvc.intake.how import Overrides
from feedsvc.settings import Settings

# What systems call the section of an article that is in none.
_NONE = frozenset(
    [
        *("uncategorized", "uncategorised", "unkategorisiert", "nicht kategorisiert"),
        *("non classé", "non-classe", "sin categoría", "sin-categoria", "sem categoria"),
        *("sem-categoria", "senza categoria", "senza-categoria", "niet gecategoriseerd"),
        *("未分类", "未分類", "미분류"),
    ]
)


def sections(theirs: Iterable[tuple[str, str]], overrides: Overrides) -> tuple[str, ...]:
    """Return the sections of a record.

    Args:
        theirs: What it is filed under there: (name, as HTML; slug). Both can be mapped.
    """
    if overrides.section is not None:
        return (overrides.section,) if overrides.section else ()
    return tuple(filter(None, (_section(name, slug, overrides) for name, slug in theirs)))


def _section(name: str, slug: str, overrides: Overrides) -> str:
    plain = text_of_html(name)
    keys = [plain.casefold(), slug.casefold()]
    for key in keys:
        if key in overrides.section_map:
            return overrides.section_map[key]
    return "" if _NONE.intersection(keys) else plain


def tags(theirs: Iterable[str]) -> tuple[str, ...]:
    """Return names, which are HTML, as text; empty ones are left out."""
    return tuple(filter(None, map(text_of_html, theirs)))


def refuse_options_of_pages(overrides: Overrides) -> None:
    """Make sure that nothing is asked for that only a single page can have.

    Raises:
        RejectedError: A title or a date is.
    """
    if overrides.title is not None or overrides.date is not None:
        raise RejectedError(
            "an export has many articles, each with its own title and date;"
            " import it without --title and --date",
            field="file",
        )


def foreign_language(language: str | None, settings: Settings) -> str | None:
    """Return the language of an export; None when it is that of the site."""
    found = (language or "").strip().replace("_", "-")
    ours = settings.site.language
    is_ours = found.casefold().partition("-")[0] == ours.casefold().partition("-")[0]
    return None if not found or is_ours else found


def host_of(url: str) -> str:
    """Return the host of an address on the web; empty when it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.hostname or "" if parts.scheme in {"http", "https"} else ""


def web_address(url: str, base: str) -> str:
    """Return an address of the web, absolute and in ASCII; empty when it is none."""
    try:
        found = clean_url(urljoin(base, url.strip()))
    except ValueError:
        return ""
    return found if host_of(found) else ""
