"""The addresses that people try and readers guess, and which feed each of them means.

They are those of WordPress, Hugo, Jekyll, Ghost and Substack. What is said here leads nowhere by
itself: whether there is such a feed, the caller knows.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import parse_qs

from feedsvc.model import Format

_RSS, _ATOM, _JSON = Format.RSS, Format.ATOM, Format.JSON
_WORDS = {"rss": _RSS, "rss2": _RSS, "rdf": _RSS, "feed": _RSS, "atom": _ATOM, "json": _JSON}
# What stands behind the address of the site, or of a section's page, without a slash at its end.
_TAILS = MappingProxyType(
    {
        **{name: _WORDS[name] for name in ("feed", "rss", "rss2", "atom")},
        **{f"feed/{word}": fmt for word, fmt in _WORDS.items()},
        **{f"{name}.xml": _RSS for name in ("feed", "rss", "index")},
        "atom.xml": _ATOM,
        "feed.rss": _RSS,
        "feed.atom": _ATOM,
        "feed.json": _JSON,
        "index.rdf": _RSS,
    }
)
_ENDINGS = MappingProxyType({**{fmt.value: fmt for fmt in Format}, "xml": _RSS})
_KINDS = MappingProxyType(
    {kind: kind for kind in ("section", "author", "edition")} | {"category": "section"}
)
_LONGEST = 1_000


class Guess(NamedTuple):
    """The feed that is meant: its path below `/feeds/` and its format."""

    path: str
    format: Format


def guess(address: str, query: str = "") -> Guess | None:
    """Return the feed that an address means; None when it means none.

    Args:
        address: The path of a URL, decoded.
        query: As it was sent.
    """
    if len(address) + len(query) > _LONGEST:
        return None
    parts = address.lower().strip("/").split("/")
    place, tail = "all", "/".join(parts)
    if parts[0] in _KINDS and len(parts) > 1:
        slug, dot, ending = parts[1].rpartition(".")
        if dot and len(parts) == 2 and ending in _ENDINGS:  # noqa: PLR2004 -- kind and slug
            return Guess(f"{_KINDS[parts[0]]}/{slug}", _ENDINGS[ending])
        place, tail = f"{_KINDS[parts[0]]}/{parts[1]}", "/".join(parts[2:])
    fmt = _TAILS.get(tail) if tail else _asked(query)
    return Guess(place, fmt) if fmt else None


def is_comments(address: str, query: str = "") -> bool:
    """Tell whether an address means a feed of comments, which there are not."""
    path = address.strip("/")
    is_asked = query.startswith("feed=comments") or "&feed=comments" in query
    return path == "comments/feed" or path.startswith("comments/feed/") or is_asked


def _asked(query: str) -> Format | None:
    """Return the format that `?feed=…` asks for, as WordPress without permalinks does."""
    if "feed=" not in query:
        return None
    try:
        asked = parse_qs(query, max_num_fields=20).get("feed", [""])
    except ValueError:
        return None
    return _WORDS.get(asked[0].lower())
