"""Which feeds a change touches.

Planning too much costs a rebuild with identical bytes; planning too little leaves a stale feed.
When in doubt, plan.
"""

from __future__ import annotations

from feedsvc.model import SITE, Article, FeedKey, Kind, Status

# Tags are keywords, not places: they have no feed yet.
_WITH_FEED = frozenset({Kind.SECTION, Kind.AUTHOR, Kind.EDITION})


def shown_in(article: Article | None) -> frozenset[FeedKey]:
    """Return the feeds that list an article: none unless it is public and not quarantined."""
    if article is None or article.quarantined_at:
        return frozenset()
    return _filed_in(article)


def _filed_in(article: Article) -> frozenset[FeedKey]:
    if article.status is not Status.PUBLISHED:
        return frozenset()
    own = (FeedKey(term.kind, term.id) for term in article.terms if term.kind in _WITH_FEED)
    return frozenset((SITE, *own))


def affected_feeds(before: Article | None, after: Article | None) -> frozenset[FeedKey]:
    """Return the feeds to rebuild when an article goes from `before` to `after`.

    Args:
        before: The stored article, or None when it is new.
        after: The article as it will be stored.

    Returns:
        Keys of feeds that showed the article or will show it. Empty when nothing changes, and
        when neither version is public: saving a draft touches no feed. A withdrawal also
        touches those that it was quarantined from: their readers may have had it before.
    """
    if before == after:
        return frozenset()
    versions = [article for article in (before, after) if article is not None]
    if any(article.status is Status.WITHDRAWN for article in versions):
        return frozenset().union(*map(_filed_in, versions))
    return shown_in(before) | shown_in(after)
