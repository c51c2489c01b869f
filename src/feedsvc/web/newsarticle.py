"""What search engines and other sites are told of an article: schema.org and Open Graph."""

from __future__ import annotations

import datetime as dt
from typing import Any

from feedsvc.feeds.compose import compose_entry
from feedsvc.feeds.pictures import media_of
from feedsvc.model import Article, Media
from feedsvc.settings import Settings

_CONTEXT = "https://schema.org"


def describe(article: Article, settings: Settings) -> dict[str, Any]:
    """Return a public article as a schema.org NewsArticle, ready to be written as JSON-LD."""
    entry = compose_entry(article, settings)
    paper = _newsroom(settings)
    found: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "NewsArticle",
        "mainEntityOfPage": {"@type": "WebPage", "@id": entry.url},
        "headline": entry.title,
        "description": entry.summary_text,
        "datePublished": _instant(entry.published_at),
        "dateModified": _instant(entry.updated_at),
        "author": [
            {"@type": "Person", "name": person.name, "url": person.url} for person in entry.authors
        ]
        or [paper],
        "publisher": paper,
        "inLanguage": entry.language or settings.site.language,
        "isAccessibleForFree": True,
    }
    if images := [media for media in entry.media if media.is_image]:
        found["image"] = [image.url for image in images]
    if article.sections:
        found["articleSection"] = [section.name for section in article.sections]
    if article.tags:
        found["keywords"] = [tag.name for tag in article.tags]
    return found


def pictures_of(article: Article, settings: Settings) -> list[Media]:
    """Return the pictures that stand for an article."""
    return [media for media in media_of(article, settings.media_url)[0] if media.is_image]


def _newsroom(settings: Settings) -> dict[str, Any]:
    return {
        "@type": "NewsMediaOrganization",
        "name": settings.site.title,
        "url": settings.base_url + "/",
        "logo": {
            "@type": "ImageObject",
            "url": settings.static_url("icon-512.png"),
            "width": 512,
            "height": 512,
        },
    }


def _instant(at: dt.datetime) -> str:
    return at.isoformat(timespec="seconds")
