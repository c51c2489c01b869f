"""Reads Markdown with front matter as Jekyll, Hugo and people write it.

Front matter is a field of its own, so that what stands there is taken at its word; a value of the
wrong kind is refused with its line.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from feedsvc.errors import RejectedError
from feedsvc.intake.beside import files_beside, full_address, references
from feedsvc.intake.change import local_hour
from feedsvc.intake.checks import wanted_slug
from feedsvc.intake.dates import parse_date_line
from feedsvc.intake.decode import decode
from feedsvc.intake.files import Found, read_bytes, refused
from feedsvc.intake.how import How
from feedsvc.intake.markdown.body import markdown_html
from feedsvc.intake.markdown.front_matter import FrontMatter, Value, split_front_matter
from feedsvc.intake.markdown.template_calls import unfold
from feedsvc.intake.opened import Files, Opened
from feedsvc.intake.text.byline import parse_byline
from feedsvc.model import Attribution, Media, Rejection, Submission

_VERSION = "1"
_PICTURES = (
    *("image", "images", "cover", "featured_image", "feature_image", "featuredimage"),
    *("cover_image", "banner", "thumbnail", "teaser", "og_image"),
)
# Jekyll takes front matter on HTML too; then the text is what it is.
_LAYOUTS = frozenset({".html", ".htm", ".xhtml"})


def open_markdown(found: Found, how: How) -> Iterator[Submission | Rejection]:
    """Yield the article of a file, or why it cannot come in."""
    raw = b""
    try:
        raw = read_bytes(found.file, how.settings.imports.max_file_bytes)
        known = how.names.now()
        submission = read_markdown(raw, Opened(found, how.settings, how.overrides, known))
    except RejectedError as error:
        yield refused(found, error, raw)
        return
    how.names.learn(submission)
    yield submission


def read_markdown(raw: bytes, source: Opened) -> Submission:
    """Return the article of a file.

    Raises:
        RejectedError: Its title, date or text is missing, or a value is of the wrong kind.
    """
    settings, over = source.settings, source.overrides
    matter, text, above = split_front_matter(
        decode(raw), settings.tz, day_first=settings.imports.day_first
    )
    given = matter.text_of("title")
    printed, content = _content(source, unfold(text, given or ""), given, above)
    title = over.title or given or printed
    if not title:
        raise RejectedError(
            "No title: the front matter has none, and the text does not begin with “# Title”."
            " Write one, or use --title.",
            field="title",
            line=1,
        )
    draft = _is_draft(source, matter)
    date = _date(source, matter, is_needed=not draft)
    media, lead_files = _lead(source, matter)
    files = (*lead_files, *files_beside(source.found, references(content)))
    return Submission(
        title=title,
        content_html=content,
        byline=tuple(_byline(matter, source.known.authors)),
        sections=source.sections(_sections(source, matter)),
        edition=source.edition(matter.text_of("edition")),
        tags=matter.texts_of("tags", "tag", "keywords"),
        date=date,
        summary=matter.text_of("summary", "description", "excerpt"),
        language=matter.text_of("lang", "language"),
        media=media,
        guid=matter.text_of("guid"),
        source=source.found.source,
        path=source.found.path,
        draft=draft,
        digest=source.digest(_VERSION, raw, files),
        updated=_updated(source, matter),
        slug=_slug(source, matter),
        aliases=tuple(_aliases(source, matter, date)),
        attribution=_attribution(matter),
        files=files,
        raw=raw,
    )


def _content(source: Opened, text: str, given: str | None, above: int) -> tuple[str | None, str]:
    if source.path.suffix.lower() in _LAYOUTS:
        return None, text
    return markdown_html(text, given, above)


def _is_draft(source: Opened, matter: FrontMatter) -> bool:
    return bool(
        matter.flag_of("draft")
        or matter.flag_of("published") is False
        or "_drafts" in source.path.parts
    )


def _date(source: Opened, matter: FrontMatter, *, is_needed: bool) -> dt.date | dt.datetime | None:
    """Return when an article is published; a file's name may say it too.

    Raises:
        RejectedError: Nothing says it.
    """
    given = source.overrides.date or matter.date_of("publishdate", "pubdate", "date")
    in_name = source.dated_name[0]
    date = given or (parse_date_line(in_name, source.settings.tz) if in_name else None)
    if date is None and is_needed:
        raise RejectedError(
            "No publishing date: neither the front matter nor the file's name has one. Write"
            " `date: 2024-11-15`, name the file 2024-11-15-slug.md, or use --date.",
            field="date",
            line=1,
        )
    return date


def _updated(source: Opened, matter: FrontMatter) -> dt.datetime | None:
    date = matter.date_of("lastmod", "last_modified_at", "updated", "modified")
    if date is None or isinstance(date, dt.datetime):
        return date
    return local_hour(date, source.settings)


def _slug(source: Opened, matter: FrontMatter) -> str | None:
    return matter.text_of("slug") or source.dated_name[1] or None


def _sections(source: Opened, matter: FrontMatter) -> list[str]:
    """Return what an article is filed under, the section first.

    Jekyll cuts a text at its spaces; one that is the name of a known section is left whole.
    """
    found = list(matter.texts_of("section", "sections"))
    known = {*map(str.casefold, source.known.sections), *source.overrides.section_map}
    is_cut = source.is_jekyll and isinstance(matter.get("categories"), str)
    for text in matter.texts_of("categories"):
        found += text.split() if is_cut and text.casefold() not in known else [text]
    return [*found, *matter.texts_of("category")]


def _byline(matter: FrontMatter, known: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    name = matter.first("authors", "author", "byline")
    value = matter.get(name)
    if isinstance(value, str):
        yield from parse_byline(value, known)
        return
    for part in matter.list_of(name):
        if isinstance(part, str):
            yield part, None
        elif isinstance(part, dict) and isinstance(part.get("name"), str):
            yield part["name"], _pick(part, "role", "title", "job")
        else:
            raise matter.wrong(name, "names, or tables with a `name`", part)


def _lead(source: Opened, matter: FrontMatter) -> tuple[tuple[Media, ...], Files]:
    """Return the lead picture, and the file that it is if it lies beside the text."""
    name, picture = _picture(matter)
    if picture is None:
        return (), ()
    address = unfold(_pick(picture, "image", "src", "url", "path", "feature", "file") or "", "")
    url = full_address(f"{source.settings.base_url}/", address) if address else None
    if url is None:
        raise matter.wrong(name, "the address of a picture", address or picture)
    media = Media(
        url=url,
        media_type="image/*",
        description=_pick(picture, "alt") or _said(matter, "alt"),
        caption=_pick(picture, "caption", "title") or _said(matter, "caption"),
        credit=_pick(picture, "credit", "attribution", "attr") or _said(matter, "credit"),
    )
    return (media,), tuple((url, file) for _, file in files_beside(source.found, [address]))


def _picture(matter: FrontMatter) -> tuple[str, dict[str, Value] | None]:
    """Return the name and the parts of the first picture that the front matter names."""
    tables = (matter.values, matter.get("params"), matter.get("header"))
    for table in (table for table in tables if isinstance(table, Mapping)):
        for name in (name for name in _PICTURES if table.get(name)):
            value = table[name]
            first = value[0] if isinstance(value, list) else value
            if isinstance(first, dict):
                return name, first
            if isinstance(first, str):
                return name, {"src": first}
            raise matter.wrong(name, "the address of a picture", first)
    return _PICTURES[0], None


def _pick(table: Mapping[str, Value], *names: str) -> str | None:
    texts = (table.get(name) for name in names)
    return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), None)


def _said(matter: FrontMatter, what: str) -> str | None:
    return matter.text_of(*(f"{name}_{what}" for name in _PICTURES))


def _aliases(
    source: Opened, matter: FrontMatter, date: dt.date | dt.datetime | None
) -> Iterator[str]:
    """Yield the addresses that the article had: those written down, and the generator's own."""
    yield from (*matter.texts_of("aliases"), *matter.texts_of("redirect_from"))
    own = matter.text_of("permalink", "url")
    if own:
        # One with placeholders (`/:year/:title`) is a pattern, and no address.
        path = own.removeprefix("https:").removeprefix("http:")
        yield from [own] if "/" in own and ":" not in path else []
    elif source.is_jekyll and date:
        day = date.astimezone(source.settings.tz) if isinstance(date, dt.datetime) else date
        folders = (wanted_slug(name) for name in _sections(source, matter))
        name = f"{_slug(source, matter)}.html"
        yield "/".join(["", *filter(None, folders), f"{day:%Y/%m/%d}", name])
    elif "content" in source.path.parts[:-1]:
        yield _address_in_hugo(source, matter.text_of("slug"))


def _address_in_hugo(source: Opened, slug: str | None) -> str:
    parts = source.path.with_suffix("").parts
    below = list(parts[parts.index("content") + 1 :])
    if below[-1].lower() == "index" and len(below) > 1:
        below.pop()
    return "/".join(["", *below[:-1], slug or below[-1], ""]).lower().replace(" ", "-")


def _attribution(matter: FrontMatter) -> Attribution | None:
    """Return where an article was first published, when the front matter says: elsewhere."""
    url = matter.text_of("canonical_url", "canonicalurl", "canonical")
    there = full_address("", url) if url else None
    return Attribution(there, urlsplit(there).netloc) if there else None
