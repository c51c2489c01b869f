"""Check feeds from outside: fetched from their public addresses, as a plain reader does.

Between our server and a reader stand proxies, caches and guards against robots. Whatever they
change, somebody's reader stumbles over; here each change has a name and a remedy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from feedsvc import __version__, fetch
from feedsvc.errors import FetchError
from feedsvc.feeds import readback
from feedsvc.feeds.inspect import Report
from feedsvc.feeds.press import Press
from feedsvc.fetch import Fetched
from feedsvc.model import Document, Feed, Finding, Format
from feedsvc.store import documents

_AT_ONCE = 4
_CHECKS = 10  # kinds of findings below
_OK, _NOT_MODIFIED, _FORBIDDEN, _TOO_MANY, _UNAVAILABLE = 200, 304, 403, 429, 503
# Headers by which guards say that a browser would be let in after a test.
_CHALLENGES = ("cf-mitigated", "x-amzn-waf-action", "x-datadome", "x-sucuri-block")
_HTML = re.compile(rb"\s*<(!doctype html|html)\b", re.IGNORECASE)
_SELF = re.compile(r'<([^>]*)>\s*(?:;[^,]*?)?;\s*rel="?self"?', re.IGNORECASE)
# What proxies and compressors add to an entity tag: W/"x", "x-gzip", and our own "x.g1".
_TAG = re.compile(r'(?:W/)?"([^".-]*)')
_STALE_SECONDS = 30  # `stale-while-revalidate` of feeds

Wanted = tuple[Feed, Format]


@dataclass(frozen=True, slots=True)
class Visit:
    """What a plain client got.

    Attributes:
        first: The answer to a plain GET; None when there was none.
        by_tag: The answer when its ETag was given back; None when it had none.
        by_date: The answer when its Last-Modified was given back; None when it had none.
        error: Why there was no answer.
    """

    url: str
    first: Fetched | None = None
    by_tag: Fetched | None = None
    by_date: Fetched | None = None
    error: str = ""


def check_public(
    press: Press,
    wanted: Sequence[Wanted],
    progress: Callable[[int, int], None] = lambda _done, _known: None,
) -> list[Report]:
    """Fetch documents from where the settings say that they are, and judge what comes.

    Args:
        progress: Told how many are done and known, before each and at the end.
    """
    reports = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        # Judged where it is fetched: bodies of thousands of feeds would not fit into memory.
        for done, report in enumerate(pool.map(lambda one: _report(press, *one), wanted)):
            progress(done, len(wanted))
            reports.append(report)
    progress(len(wanted), len(wanted))
    return reports


def _report(press: Press, feed: Feed, fmt: Format) -> Report:
    url = press.settings.feed_url(feed.path, fmt)
    visit = _visit(url, press.settings.base_url)
    return Report(url, tuple(_findings(press, visit, feed, fmt)), _CHECKS)


def _visit(url: str, base_url: str) -> Visit:
    plain = {"User-Agent": f"feedsvc/{__version__} (+{base_url}/)", "Accept": "*/*"}

    def ask(name: str, value: str | None) -> Fetched | None:
        if value is None:
            return None
        return fetch.ask(url, headers={**plain, name: value}, trusted_url=base_url)

    try:
        first = fetch.ask(url, headers=plain, trusted_url=base_url)
        if first.status != _OK:
            return Visit(url, first)
        by_tag = ask("If-None-Match", first.headers.get("etag"))
        by_date = ask("If-Modified-Since", first.headers.get("last-modified"))
        return Visit(url, first, by_tag, by_date)
    except FetchError as error:
        return Visit(url, error=str(error).removeprefix(f"{url}: "))


def _findings(press: Press, visit: Visit, feed: Feed, fmt: Format) -> Iterator[Finding]:
    if visit.first is None:
        remedy = "Check `site.base_url`, DNS, certificate and firewall."
        yield _finding(fmt, "unreachable", "the address", visit.error, remedy)
        return
    refusal = _refusal(visit.first, fmt)
    if refusal:
        yield refusal
        return
    yield from _of_headers(visit.first, fmt)
    yield from _of_self(visit, fmt)
    yield from _of_validators(visit, visit.first, fmt)
    yield from _of_bytes(press, visit.first, feed, fmt)


def _finding(fmt: Format, rule: str, place: str, message: str, remedy: str) -> Finding:
    return Finding(rule, place, message, remedy, fmt)


def _refusal(answer: Fetched, fmt: Format) -> Finding | None:
    """Say why there is no feed at all in an answer."""
    status = answer.status
    if 300 <= status < 400 and status != _NOT_MODIFIED:  # noqa: PLR2004
        return _finding(
            fmt,
            "redirect",
            f"status {status}",
            f"leads to {answer.headers.get('location', 'nowhere')}",
            "Let `site.base_url` be the address that answers itself: not every reader goes on.",
        )
    guard = next((name for name in _CHALLENGES if name in answer.headers), None)
    is_html = bool(_HTML.match(answer.body)) or "html" in answer.headers.get("content-type", "")
    if guard or is_html or status in {_FORBIDDEN, _TOO_MANY}:
        shown = f"a web page with status {status}" if is_html else f"status {status}"
        return _finding(
            fmt,
            "challenge",
            guard or f"status {status}",
            f"a plain client gets {shown} instead of the feed",
            "Exempt /feeds/ from the bot protection of your CDN or proxy, and from rate limits.",
        )
    if status != _OK:
        return _finding(
            fmt,
            "status",
            f"status {status}",
            "is no feed",
            "`feedsvc check` and `feedsvc status` say what is wrong here; else ask the proxy.",
        )
    return None


def _of_headers(answer: Fetched, fmt: Format) -> Iterator[Finding]:
    headers = answer.headers
    found = headers.get("content-type", "")
    if found.partition(";")[0].strip().lower() != fmt.media_type:
        yield _finding(
            fmt,
            "content-type",
            "Content-Type",
            f"is “{found}” and should be {fmt.content_type}",
            "Let the proxy pass the header on as it is.",
        )
    if "set-cookie" in headers:
        yield _finding(
            fmt,
            "cookie",
            "Set-Cookie",
            "a cookie is set, which keeps shared caches from storing the feed",
            "Switch off session, tracking or load-balancing cookies for /feeds/.",
        )
    if headers.get("access-control-allow-origin") != "*":
        yield _finding(
            fmt,
            "cors",
            "Access-Control-Allow-Origin",
            "is not “*”: readers that run in a browser cannot read the feed",
            "Let the proxy pass the header on as it is.",
        )


def _of_self(visit: Visit, fmt: Format) -> Iterator[Finding]:
    """Compare what the feed says its address is with where it was found."""
    first = visit.first
    if first is None:
        return
    header = _SELF.search(first.headers.get("link", ""))
    if header and header[1] != visit.url:
        yield _finding(
            fmt,
            "self-link",
            "Link header",
            f"says that the feed is at {header[1]}",
            "Let the proxy pass it on as it is; `site.base_url` must be the public address.",
        )
    try:
        said = readback.read(fmt, first.body).self_url
    except ValueError as error:
        remedy = "Something on the way changes the bytes, or another server answers."
        yield _finding(fmt, "format", "the whole feed", f"cannot be read: {error}", remedy)
        return
    if said != visit.url:
        yield _finding(
            fmt,
            "self-link",
            "self link",
            f"says that the feed is at {said or 'no address'}, and readers would move there",
            "Set `site.base_url` to the public address and run `feedsvc build --settings`.",
        )


def _of_validators(visit: Visit, first: Fetched, fmt: Format) -> Iterator[Finding]:
    pairs = (("ETag", visit.by_tag), ("Last-Modified", visit.by_date))
    for name, again in pairs:
        if again is None:
            yield _finding(
                fmt,
                "validators",
                name,
                "is missing: readers fetch the whole feed each time",
                "Let the proxy pass the header on, also when it compresses.",
            )
        # A feed that was built meanwhile is rightly sent again.
        elif again.status != _NOT_MODIFIED and again.body == first.body:
            yield _finding(
                fmt,
                "validators",
                name,
                f"given back, it is answered with status {again.status} and not with 304",
                "Let the proxy pass conditional requests on, or answer them itself.",
            )


def _of_bytes(press: Press, answer: Fetched, feed: Feed, fmt: Format) -> Iterator[Finding]:
    """Compare an answer with what the store serves now."""
    with press.database.read() as tx:
        document = documents.get(tx, feed.id, fmt)
    if document is None:
        return
    if answer.body != document.body:
        if not _may_be_cached(press, document):
            yield _finding(
                fmt,
                "stale",
                "the whole feed",
                f"is not what is served here since {document.modified_at:%Y-%m-%d %H:%M} UTC",
                "Purge /feeds/ in the cache, and let it keep to Cache-Control.",
            )
    elif "etag" in answer.headers and _core(answer.headers["etag"]) != _core(document.etag):
        yield _finding(
            fmt,
            "validators",
            "ETag",
            f"is {answer.headers['etag']} and was {document.etag} when it was sent",
            "Let the proxy pass the header on: its own may differ from server to server.",
        )


def _may_be_cached(press: Press, document: Document) -> bool:
    """Tell whether a cache that obeys may still answer with what was before a document."""
    seconds = press.settings.feeds.ttl_minutes * 60 + _STALE_SECONDS
    return (press.now() - document.modified_at).total_seconds() < seconds


def _core(etag: str) -> str:
    found = _TAG.match(etag)
    return found[1] if found else etag
