"""Which article a submission from an unknown path is another version of, if of any."""

from __future__ import annotations

from feedsvc.errors import RejectedError
from feedsvc.model import Submission
from feedsvc.store import aliases, articles
from feedsvc.store.database import Transaction


def elsewhere(tx: Transaction, submission: Submission) -> int | None:
    """Return the article that has a submission's guid already, from another source."""
    found = articles.by_guid(tx, submission.guid) if submission.guid else None
    return found[0] if found and found[1] != submission.source else None


def same_article(tx: Transaction, submission: Submission, mark: str | None) -> int | None:
    """Find the article that an unknown path is another version of.

    By its guid where it brings one; failing that, by equal title, day and byline.

    Args:
        mark: The fingerprint of these three; None without a date.

    Raises:
        RejectedError: The guid is another source's.
    """
    if submission.guid is None:
        return articles.by_fingerprint(tx, mark) if mark and submission.path is not None else None
    found = articles.by_guid(tx, submission.guid)
    if found and found[1] != submission.source:
        raise RejectedError(
            f"the guid {submission.guid} already belongs to article {found[0]}, which came"
            f" from {found[1]}; import it from there or give it another guid",
            field="guid",
        )
    return found[0] if found else _under_another_guid(tx, submission, mark)


def _under_another_guid(tx: Transaction, submission: Submission, mark: str | None) -> int | None:
    """Return the article that an entry of a feed is, although the feed has changed its guid.

    Some do at every poll. Then not only title, day and byline must be equal but also source
    and address.
    """
    found = articles.by_fingerprint(tx, mark) if mark and submission.yields else None
    if found is None:
        return None
    article, theirs = articles.get(tx, found), submission.attribution
    if theirs is None:
        is_there = aliases.find(tx, submission.aliases) == found
    else:
        is_there = article.attribution is not None and article.attribution.url == theirs.url
    owner = articles.by_guid(tx, article.guid)
    return found if is_there and owner and owner[1] == submission.source else None
