"""What guards every answer, whoever gives it: Flask or the fast path in front of it."""

from __future__ import annotations

from urllib.parse import urlsplit

from feedsvc.settings import Settings

Pairs = tuple[tuple[str, str], ...]

# Pages need no script at all; pictures and recordings of articles may come from anywhere, as long
# as they are not kept here.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' https: http:;"
    " media-src 'self' https: http:; font-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = (("X-Content-Type-Options", "nosniff"),)
_WITH_CONTENT = (
    ("Content-Security-Policy", _POLICY),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("X-Frame-Options", "DENY"),
)


def guards(settings: Settings) -> Pairs:
    """Return what an answer with content carries."""
    return (*always(settings), *_WITH_CONTENT)


def always(settings: Settings) -> Pairs:
    """Return what even an answer without content carries, such as 304."""
    if urlsplit(settings.base_url).scheme == "https":
        return (*_ALWAYS, ("Strict-Transport-Security", "max-age=31536000"))
    return _ALWAYS
