"""Finds what a page says of its article in schema.org's words, as JSON-LD."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import lxml.html

_ARTICLES = frozenset(
    {
        *("Article", "NewsArticle", "BlogPosting", "Report", "ReportageNewsArticle"),
        *("OpinionNewsArticle", "AnalysisNewsArticle", "BackgroundNewsArticle"),
        *("ReviewNewsArticle", "AskPublicNewsArticle", "LiveBlogPosting", "ScholarlyArticle"),
        *("SatiricalArticle", "AdvertiserContentArticle", "SocialMediaPosting", "TechArticle"),
    }
)
_WRAPPING = re.compile(r"\A\s*(?:<!--|//<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\]\]>|\]\]>|;)\s*\Z")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_MAX_CHARS = 1_000_000
_MOST = 2_000

Node = Mapping[str, Any]


class Graph:
    """The nodes of a page's JSON-LD; damaged pieces of it are passed over, as readers do.

    Attributes:
        article: The node of the article; empty where there is none.
    """

    def __init__(self, tree: lxml.html.HtmlElement, url: str = "") -> None:
        nodes = [node for text in _scripts(tree) for node in _nodes(_parsed(text))]
        self._by_id = {
            node["@id"]: node
            for node in nodes
            if isinstance(node.get("@id"), str) and len(node) > 1
        }
        articles = [node for node in nodes if _is_article(node)]
        same = [node for node in articles if url and url in _addresses(node)]
        self.article: Node = next(iter(same or articles), {})

    def texts(self, name: str) -> list[str]:
        """Return the texts of a property of the article, or the names of the nodes it leads to."""
        return [text for value in self.values(name) if (text := self.text(value))]

    def values(self, name: str) -> list[Any]:
        """Return the values of a property of the article, nodes in place of their ids."""
        value = self.article.get(name)
        values = value if isinstance(value, list) else [value]
        return [self._resolved(one) for one in values[:_MOST] if one]

    def text(self, value: object) -> str:
        """Return a text, or the name of a node."""
        if isinstance(value, Mapping):
            value = next((value[name] for name in ("name", "@value", "url") if name in value), "")
        if isinstance(value, list):
            value = value[0] if value else ""
        return " ".join(value.split()) if isinstance(value, str) else ""

    def _resolved(self, value: object) -> object:
        if isinstance(value, Mapping) and isinstance(value.get("@id"), str):
            return self._by_id.get(value["@id"], value)
        return value


def _scripts(tree: lxml.html.HtmlElement) -> Iterator[str]:
    for script in tree.iter("script"):
        kind = (script.get("type") or "").partition(";")[0].strip().lower()
        if kind == "application/ld+json" and script.text and len(script.text) <= _MAX_CHARS:
            yield script.text


def _parsed(text: str) -> object:
    text = _WRAPPING.sub("", _WRAPPING.sub("", text))
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", text)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(value: object) -> Iterator[dict[str, Any]]:
    """Yield all nodes in a value, from the outside in, without going into their properties."""
    waiting = [value]
    for _ in range(_MOST):
        if not waiting:
            return
        one = waiting.pop(0)
        if isinstance(one, list):
            waiting[:0] = one[:_MOST]
        elif isinstance(one, dict):
            yield one
            inner = (one.get(name) for name in ("@graph", "mainEntity", "mainEntityOfPage"))
            waiting[:0] = [part for part in inner if isinstance(part, list | dict)]


def _is_article(node: Node) -> bool:
    kinds = node.get("@type")
    names = kinds if isinstance(kinds, list) else [kinds]
    is_one = any(isinstance(n, str) and n.rpartition("/")[2] in _ARTICLES for n in names)
    return is_one and any(node.get(name) for name in ("headline", "name", "datePublished"))


def _addresses(node: Node) -> list[object]:
    page = node.get("mainEntityOfPage")
    inner = page.get("@id") if isinstance(page, dict) else page
    return [node.get("url"), node.get("@id"), inner]
