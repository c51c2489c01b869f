"""The nouns of the press room, as frozen values without behaviour beyond what follows from them.

Every instant is an aware datetime in UTC. Text fields hold plain text unless the name ends in
`_html`, which is always cleaned HTML.
"""

from feedsvc.model.articles import (
    Article,
    Asset,
    Attribution,
    Change,
    Correction,
    Credit,
    Kind,
    Media,
    Resource,
    Status,
    StoredFile,
    Term,
)
from feedsvc.model.feeds import (
    SITE,
    Category,
    Channel,
    Coding,
    Document,
    Entry,
    Feed,
    FeedKey,
    Finding,
    Format,
    History,
    Person,
    Problem,
    Tombstone,
    Variant,
)
from feedsvc.model.intake import Rejection, Source, Submission

__all__ = [
    "SITE",
    "Article",
    "Asset",
    "Attribution",
    "Category",
    "Change",
    "Channel",
    "Coding",
    "Correction",
    "Credit",
    "Document",
    "Entry",
    "Feed",
    "FeedKey",
    "Finding",
    "Format",
    "History",
    "Kind",
    "Media",
    "Person",
    "Problem",
    "Rejection",
    "Resource",
    "Source",
    "Status",
    "StoredFile",
    "Submission",
    "Term",
    "Tombstone",
    "Variant",
]
