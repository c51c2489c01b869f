"""Pages for people: the start page, every article, section, author, edition and tag."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlsplit

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    send_from_directory,
)
from markupsafe import Markup
from werkzeug.exceptions import Gone
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response as AnyResponse

from feedsvc import __version__
from feedsvc.feeds import pictures
from feedsvc.feeds.compose import description_of, local_day, title_of
from feedsvc.feeds.directory import in_groups
from feedsvc.feeds.excerpt import summarise
from feedsvc.intake.clean import clean_url
from feedsvc.model import SITE, Article, Feed, FeedKey, Format, Kind, Status, Term
from feedsvc.services import Services
from feedsvc.settings import Settings
from feedsvc.store import aliases, articles, feeds, terms
from feedsvc.store.database import Transaction
from feedsvc.web.newsarticle import describe, pictures_of

blueprint = Blueprint("pages", __name__)

PER_PAGE = 30
_MAX_PAGE = 100_000
PAGE_SECONDS = 60
_STATIC_SECONDS = 86_400
_ON_START = (SITE.kind, Kind.SECTION.value)  # the other feeds stand in the directory
WORDS: Mapping[HTTPStatus, str] = MappingProxyType(
    {
        HTTPStatus.NOT_FOUND: "There is nothing at this address.",
        HTTPStatus.GONE: "The newsroom has taken this down.",
        HTTPStatus.METHOD_NOT_ALLOWED: "This address can only be read.",
        HTTPStatus.SERVICE_UNAVAILABLE: "This is not available just now. Please try again soon.",
        HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on our side.",
    }
)


@dataclass(frozen=True)
class Link:
    """Words and where they lead."""

    name: str
    url: str
    role: str | None = None


@dataclass(frozen=True)
class FeedLinks:
    """A feed as a page offers it: its title and its address in each format."""

    kind: str
    name: str
    title: str
    description: str
    page_url: str
    landing_url: str
    formats: tuple[tuple[Format, str], ...]


@dataclass(frozen=True)
class ArticleView:
    """An article as a page shows it; days are the newsroom's, in words."""

    title: str
    url: str
    summary: str
    content_html: Markup
    byline: tuple[Link, ...]
    sections: tuple[Link, ...]
    edition: Link | None
    tags: tuple[Link, ...]
    corrections: tuple[tuple[str, str], ...]
    day: str
    published_at: dt.datetime
    updated_day: str | None
    updated_at: dt.datetime
    language: str


def current() -> Services:
    """Return the services of the application that answers now."""
    services: Services = current_app.extensions["feedsvc"]
    return services


def local(url: str) -> str:
    """Cut an address of ours to its path: a page works whatever name it is read by."""
    base = current().settings.base_url
    return urlsplit(base).path + url.removeprefix(base) if url.startswith(base) else url


def frame() -> dict[str, Any]:
    """What every page's template needs: the site, its sections, its own feed."""
    services = current()
    with services.database.read() as tx:
        sections = [
            Link(feed.name, local(services.settings.page_url(feed.path)))
            # Not by counting articles: this stands on every page, those that say 404 too.
            for feed in feeds.public(tx, (Kind.SECTION.value,))
        ]
        site_feed = feeds.by_key(tx, SITE)
    settings = services.settings
    site_links = feed_links(site_feed, settings) if site_feed else None
    return {
        "site": settings.site,
        "home_url": local(settings.base_url + "/"),
        "static_url": local(settings.base_url + "/static"),
        "sections": sections,
        "icon_url": settings.static_url("icon-512.png"),
        "directory_url": local(settings.base_url + "/feeds"),
        "site_feed": site_links,
        "alternates": [site_links] if site_links else [],
        "canonical_url": settings.base_url + request.path,
        "version": __version__,
    }


def feed_links(feed: Feed, settings: Settings) -> FeedLinks:
    """Return a feed as a page offers it."""
    return FeedLinks(
        kind=feed.key.kind,
        name=feed.name or settings.site.title,
        title=title_of(feed, settings),
        description=description_of(feed, settings),
        page_url=local(settings.page_url(feed.path)),
        landing_url=local(settings.landing_url(feed.path)),
        formats=tuple((fmt, settings.feed_url(feed.path, fmt)) for fmt in Format),
    )


def view(article: Article, settings: Settings) -> ArticleView:
    """Return a public article as a page shows it."""
    if article.published_at is None or article.updated_at is None or article.permalink is None:
        raise ValueError(f"article {article.id} is not published")
    day = local_day(article.published_at, settings)
    updated_day = local_day(article.updated_at, settings)
    return ArticleView(
        title=article.title,
        url=local(settings.article_url(article.permalink)),
        summary=article.summary_text
        or summarise(article.content_html, settings.feeds.summary_chars),
        content_html=_content(article, settings),
        byline=tuple(_link(c.author, settings, c.role) for c in article.byline),
        sections=tuple(_link(term, settings) for term in article.sections),
        edition=_link(article.edition, settings) if article.edition else None,
        tags=tuple(_link(term, settings) for term in article.tags),
        corrections=tuple((local_day(n.at, settings), n.note) for n in article.corrections),
        day=day,
        published_at=article.published_at,
        updated_day=updated_day if updated_day != day else None,
        updated_at=article.updated_at,
        language=article.language or settings.site.language,
    )


def _content(article: Article, settings: Settings) -> Markup:
    """Return an article's text with its pictures; those kept here by the name the page is read."""

    def address(name: str) -> str:
        return local(settings.media_url(name))

    shown = pictures.content(article, address, with_webp=True)
    return Markup(shown)  # noqa: S704 -- cleaned at the door


def _link(term: Term, settings: Settings, role: str | None = None) -> Link:
    return Link(term.name, local(settings.term_url(term.kind, term.slug or "")), role)


@blueprint.get("/")
def start() -> AnyResponse:
    """Show the latest stories and every feed."""
    services = current()
    moved = alias() if request.query_string else None  # such as WordPress's `/?p=123`
    if moved:
        return moved
    with services.database.read() as tx:
        found = feeds.public(tx, _ON_START)
        shown, pages = _page_of(tx, SITE)
    groups = feed_groups(found, services.settings)
    stories = [view(article, services.settings) for article in shown]
    return page("start.html", groups=groups, stories=stories, **pages)


def feed_groups(found: Iterable[Feed], settings: Settings) -> list[tuple[str, list[FeedLinks]]]:
    """Return feeds as pages offer them, in groups."""
    return [
        (name, [feed_links(feed, settings) for feed in group]) for name, group in in_groups(found)
    ]


@blueprint.get("/<any(section, author, edition, tag):kind>/<string:slug>")
def term_page(kind: str, slug: str) -> AnyResponse:
    """Show what is filed under a section, author, edition or tag."""
    services = current()
    settings = services.settings
    with services.database.read() as tx:
        term = terms.by_slug(tx, Kind(kind), slug) or abort(HTTPStatus.NOT_FOUND)
        if term.slug is None:
            raise Gone
        if term.slug != slug:
            url = local(settings.term_url(kind, term.slug))
            return redirect(url, HTTPStatus.MOVED_PERMANENTLY)
        feed = feeds.by_key(tx, FeedKey(kind, term.id))
        shown, pages = _page_of(tx, FeedKey(kind, term.id))
    links = feed_links(feed, settings) if feed else None
    stories = [view(article, settings) for article in shown]
    own = [links] if links else []
    return page("term.html", own, term=term, feed=links, stories=stories, **pages)


def _page_of(tx: Transaction, key: FeedKey) -> tuple[list[Article], dict[str, Any]]:
    """Return one page of public articles, newest first, and the numbers of its neighbours."""
    number = request.args.get("page", 1, type=int)
    if not 1 <= number <= _MAX_PAGE:
        abort(HTTPStatus.NOT_FOUND)
    ids = articles.public(tx, key, offset=(number - 1) * PER_PAGE, limit=PER_PAGE + 1)
    if number > 1 and not ids:
        abort(HTTPStatus.NOT_FOUND)
    older = number + 1 if len(ids) > PER_PAGE else None
    newer = number - 1 if number > 1 else None
    return articles.load(tx, ids[:PER_PAGE]), {"older": older, "newer": newer, "page": number}


@blueprint.get("/articles/<string:year>/<string:month>/<string:slug>")
def article_page(year: str, month: str, slug: str) -> AnyResponse:
    """Show an article; an old permalink leads to the present one, a withdrawn one is gone."""
    services = current()
    settings = services.settings
    path = f"{year}/{month}/{slug}"
    with services.database.read() as tx:
        article = articles.by_permalink(tx, path) or abort(HTTPStatus.NOT_FOUND)
        while article.status is Status.WITHDRAWN and article.replaced_by:
            article = articles.get(tx, article.replaced_by)
        follow = [feed_links(feed, settings) for feed in _feeds_of(tx, article)]
    if article.status is Status.WITHDRAWN or article.permalink is None:
        raise Gone
    if article.permalink != path:
        url = local(settings.article_url(article.permalink))
        return redirect(url, HTTPStatus.MOVED_PERMANENTLY)
    canonical = settings.article_url(article.permalink)
    if article.attribution:
        canonical = article.attribution.url
    shown = view(article, settings)
    sections = [links for links in follow if links.kind == Kind.SECTION]
    return page(
        "article.html",
        sections,
        article=shown,
        follow=follow,
        canonical_url=canonical,
        first=article.attribution,
        described=describe(article, settings),
        pictures=pictures_of(article, settings),
    )


def _feeds_of(tx: Transaction, article: Article) -> list[Feed]:
    """Return the feeds that a reader of an article may want to follow, the site's left out."""
    found = (feeds.by_key(tx, FeedKey(term.kind, term.id)) for term in article.terms)
    return [feed for feed in found if feed]


def alias() -> AnyResponse | None:
    """Lead an address from before the newsroom came here to its article; None for no such one.

    Raises:
        Gone: It led to an article that was withdrawn.
    """
    services, path = current(), "/" + request.path.strip("/")
    query = request.query_string.decode("ascii", "replace")
    paths = [clean_url(path)]
    wanted = [f"{paths[0]}?{query}", *paths] if query else paths
    with services.database.read() as tx:
        found = aliases.find(tx, wanted)
        article = articles.get(tx, found) if found else None
        while article and article.status is Status.WITHDRAWN and article.replaced_by:
            article = articles.get(tx, article.replaced_by)
    if article and article.status is Status.WITHDRAWN:
        raise Gone
    if article is None or article.permalink is None:
        return None
    url = local(services.settings.article_url(article.permalink))
    return redirect(url, HTTPStatus.MOVED_PERMANENTLY)


@blueprint.get("/static/<path:name>")
def static_file(name: str) -> AnyResponse:
    """Serve a file that ships with the service."""
    folder = f"{current_app.root_path}/static"
    response = send_from_directory(folder, name, max_age=_STATIC_SECONDS)
    response.headers.pop("Expires", None)  # says no more than max-age, by our clock
    return response


@blueprint.get("/favicon.ico")
def favicon() -> AnyResponse:
    """Serve the icon that browsers ask for unbidden."""
    return static_file("favicon-64.png")


def page(template: str, own: Iterable[FeedLinks] = (), **values: Any) -> Response:
    """Answer with a page that may be kept for a while.

    Args:
        own: The feeds that it is about; the site's stands behind them by itself.
    """
    response = render(template, own, **values)
    response.headers["Cache-Control"] = f"public, max-age={PAGE_SECONDS}"
    response.add_etag()
    response.make_conditional(request)
    return response


def render(template: str, own: Iterable[FeedLinks] = (), **values: Any) -> Response:
    """Return a page that tells readers of its feeds, in its head and in the answer's."""
    framed = frame()
    alternates = list(dict.fromkeys([*own, *framed["alternates"]]))
    body = render_template(template, **(framed | {"alternates": alternates} | values))
    response = Response(body, mimetype="text/html")
    if alternates:
        response.headers["Link"] = _link_header(dict.fromkeys([alternates[0], alternates[-1]]))
    return response


def _link_header(offered: Iterable[FeedLinks]) -> str:
    """Say in a `Link` header (RFC 8288) what `<link rel=alternate>` says in a page.

    Proxies have room for a few thousand bytes of headers: the first feed and the last are named.
    """
    return ", ".join(
        f'<{iri_to_uri(url)}>; rel="alternate"; type="{fmt.media_type}"'
        f"; title*=UTF-8''{quote(f'{feed.title} ({fmt.label})', safe='')}"
        for feed in offered
        for fmt, url in feed.formats
    )
