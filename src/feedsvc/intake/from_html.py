"""Reads an article's web page, from a file or from its address.

What the page says in so many words counts; nothing is guessed from how it looks, but for the text
itself, and that only with the extra `pages` installed.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from feedsvc.errors import FetchError, RejectedError
from feedsvc.fetch import Fetched, Get, user_agent
from feedsvc.intake.beside import files_beside, full_address, references
from feedsvc.intake.bring import Item
from feedsvc.intake.files import Found, read_bytes, refused
from feedsvc.intake.how import How
from feedsvc.intake.html.body import find_body, whole_body
from feedsvc.intake.html.facts import Facts, page_facts
from feedsvc.intake.html.tree import page_text, parse_page
from feedsvc.intake.opened import Files, Opened
from feedsvc.model import Attribution, Media, Rejection, Submission

_VERSION = "1"
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_OK = 200
_SOURCE = "web"


@dataclass(frozen=True)
class Answer:
    """A page's bytes.

    Attributes:
        url: Where they came from in the end; empty for a file.
        charset: What the server said; empty where it said nothing.
    """

    body: bytes
    url: str = ""
    charset: str = ""


def open_html(found: Found, how: How) -> Iterator[Submission | Rejection]:
    """Yield the article of a page that was saved, or why it cannot come in."""
    try:
        page = Answer(read_bytes(found.file, how.settings.imports.max_file_bytes))
    except RejectedError as error:
        yield refused(found, error)
        return
    yield _read(page, found, how)


def read_pages(urls: Iterable[str], how: How, get: Get) -> Iterator[tuple[str, Item]]:
    """Yield the articles of pages, each with its address, or why they cannot come in."""
    for url in urls:
        found = Found(Path(url), _SOURCE, url)
        try:
            named = {"User-Agent": user_agent(how.settings.base_url)}
            limit = how.settings.imports.max_file_bytes
            page = page_of(get(url, max_bytes=limit, headers=named))
        except RejectedError as error:
            yield url, refused(found, error)
        except FetchError as error:
            yield url, refused(found, RejectedError(_reason(error), field="file"))
        else:
            yield url, _read(page, found, how)


def _reason(error: FetchError) -> str:
    """Return what went wrong, without the address, which stands in front anyway."""
    return str(error).removeprefix(f"{error.url}: ")


def _read(page: Answer, found: Found, how: How) -> Submission | Rejection:
    try:
        source = Opened(found, how.settings, how.overrides, how.names.now())
        submission = read_html(page, source)
    except RejectedError as error:
        return refused(found, error, page.body)
    how.names.learn(submission)
    return submission


def read_html(page: Answer, source: Opened) -> Submission:
    """Return the article of a page.

    Raises:
        RejectedError: It has no title, date or text that can be told.
    """
    found, over = source.found, source.overrides
    tree = parse_page(page.body, page.charset)
    facts = page_facts(tree, page.url, source.settings.tz)
    title = over.title or facts.title
    date = over.date or facts.date
    if not title or date is None:
        raise _incomplete(title, has_date=date is not None)
    content = _content(tree, facts, title, page)
    base = facts.url or page.url
    media, lead_files = _lead(source, facts, page)
    beside = () if page.url else files_beside(found, references(content))
    files = (*lead_files, *beside)
    return Submission(
        title=title,
        content_html=content,
        byline=facts.byline,
        sections=source.sections(facts.sections),
        edition=source.edition(),
        tags=facts.tags,
        date=date,
        summary=facts.summary,
        language=facts.language,
        media=media,
        source=found.source,
        path=found.path,
        digest=source.digest(_VERSION, page.body, files, page.url),
        updated=facts.updated,
        slug=_slug(base),
        base_url=base or None,
        aliases=_aliases(facts, page, found.path),
        attribution=_attribution(facts, page),
        files=files,
        raw=page.body,
    )


def page_of(answer: Fetched) -> Answer:
    """Return the page that a server answered with.

    Raises:
        RejectedError: It answered with an error, or with something that is no page.
    """
    kind, _, more = answer.headers.get("content-type", "").partition(";")
    if answer.status != _OK:
        raise RejectedError(f"{answer.url} answers with status {answer.status}", field="file")
    if kind.strip().lower() not in _HTML_TYPES:
        what = kind.strip() or "something of no type"
        raise RejectedError(f"{answer.url} is {what}, and no web page", field="file")
    names = (part.partition("=") for part in more.split(";"))
    charset = next((value for name, _, value in names if name.strip().lower() == "charset"), "")
    return Answer(answer.body, answer.url, charset)


def _incomplete(title: str, *, has_date: bool) -> RejectedError:
    lacks = [name for name, is_there in (("title", title), ("date", has_date)) if not is_there]
    options = " and ".join(f"--{name}" for name in lacks)
    return RejectedError(
        f"The page does not say its {' and '.join(lacks)}, neither as JSON-LD nor in <meta> or"
        f" <time>; is it an article? Use {options}.",
        field=lacks[0],
    )


def _content(tree: HtmlElement, facts: Facts, title: str, page: Answer) -> str:
    content = find_body(tree, title)
    if content:
        return content
    if facts.text:
        return _paragraphs(facts.text)
    return _guessed(page, title)


def _paragraphs(text: str) -> str:
    lines = (" ".join(html.unescape(line).split()) for line in text.splitlines())
    return "\n".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines if line)


def _guessed(page: Answer, title: str) -> str:
    """Let trafilatura find the text, which takes seconds to load: only where nothing else helps."""
    try:
        import trafilatura  # noqa: PLC0415
    except ImportError as error:
        raise RejectedError(
            "The page does not say where its text is (no articleBody, <article> or <main>);"
            ' install what can guess it, pip install "feedsvc[pages]", and import it again.',
            field="body",
        ) from error
    text = page_text(page.body, page.charset)
    found = trafilatura.extract(
        text, output_format="html", include_images=True, include_links=True, include_tables=True
    )
    content = whole_body(parse_page(found.encode()), title) if found else ""
    if not content:
        raise RejectedError("No text of an article can be found on the page.", field="body")
    return content


def _lead(source: Opened, facts: Facts, page: Answer) -> tuple[tuple[Media, ...], Files]:
    """Return the picture that the page names for itself, and its file if it lies beside it."""
    picture = facts.picture
    if picture is None:
        return (), ()
    base = facts.url or page.url or f"{source.settings.base_url}/"
    url = full_address(base, picture.url)
    if url is None:
        return (), ()
    files = () if page.url else files_beside(source.found, [picture.url])
    return (replace(picture, url=url),), tuple((url, file) for _, file in files)


def _slug(url: str) -> str | None:
    """Return the last part of an address that is made of words."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    name = parts[-1] if parts else ""
    if name.partition(".")[0].lower() == "index" and len(parts) > 1:
        name = parts[-2]
    name = name.rsplit(".", 1)[0]
    return name if any(char.isalpha() for char in name) else None


def _aliases(facts: Facts, page: Answer, asked: str) -> tuple[str, ...]:
    """Return the addresses that the article had; not one of somebody else's."""
    own = "" if _is_elsewhere(facts, page) else facts.url
    fetched = (asked, page.url) if page.url else ()
    return tuple(dict.fromkeys(filter(None, (own, *fetched))))


def _attribution(facts: Facts, page: Answer) -> Attribution | None:
    """Return where an article was first published, when its page says that it is a copy."""
    if not _is_elsewhere(facts, page):
        return None
    return Attribution(facts.url, urlsplit(facts.url).netloc)


def _is_elsewhere(facts: Facts, page: Answer) -> bool:
    """True when a page was fetched from one host and says that it belongs to another."""
    return bool(page.url and facts.url) and _host(page.url) != _host(facts.url)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
