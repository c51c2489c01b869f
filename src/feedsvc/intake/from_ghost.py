"""Reads what Ghost exports: tables of its database as JSON (Ghost 4 to 6).

What Ghost shows to its members alone never becomes public here: such posts are held, and parts of
public posts that only members see are left out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from feedsvc.errors import RejectedError
from feedsvc.intake import filing
from feedsvc.intake import ghost_tables as ghost
from feedsvc.intake.clean import clean_text, text_of_html
from feedsvc.intake.files import Found, refused
from feedsvc.intake.ghost_tables import Row
from feedsvc.intake.how import How
from feedsvc.model import Attribution, Media, Rejection, Submission

_VERSION = "1"  # of what is made of a post: another one makes unchanged posts be read anew
_KEPT_BYTES = 64 * 1024
_SITE = "__GHOST_URL__"
# Whatever it says, in however many lines; one that does not end hides what is behind it.
_GATE = re.compile(
    r"<!--\s*kg-gated-block:\s*(?:(end)\b)?(.*?)(?:-->|\Z)", re.IGNORECASE | re.DOTALL
)
_GATE_SAYS = re.compile(r"(\w+)\s*:\s*(\"[^\"]*\"|'[^']*'|[^\s\"']+)")
_PUBLIC = (None, "", "public")


def open_export(found: Found, how: How) -> Iterator[Submission | Rejection]:
    """Yield the posts of an export, and why others cannot come in."""
    try:
        filing.refuse_options_of_pages(how.overrides)
        export = _Export(ghost.tables(found.file), how, _site_url(how))
    except RejectedError as error:
        yield refused(found, error)
        return
    yield from export.items()


def count(file: Path) -> int:
    """Return how many posts an export has, without parsing it."""
    return ghost.count(file)


def _site_url(how: How) -> str:
    """Return where the site was, which Ghost leaves out of everything that it exports."""
    if how.overrides.site_url is None:
        raise RejectedError(
            "a Ghost export does not say where the site was; import it with its address, as in"
            " --site-url https://paper.example.org",
            field="file",
        )
    return how.overrides.site_url


class _Export:
    def __init__(self, tables: Row, how: How, site_url: str) -> None:
        self._how = how
        self._site_url = site_url
        self._source = f"ghost:{site_url}"
        self._posts = tables["posts"]
        self._users = {ghost.key(row): row for row in ghost.rows(tables, "users")}
        self._tags = {ghost.key(row): row for row in ghost.rows(tables, "tags")}
        self._authors_of = ghost.links(tables, "posts_authors", "author_id")
        self._tags_of = ghost.links(tables, "posts_tags", "tag_id")
        self._meta_of = {ghost.key(row, "post_id"): row for row in ghost.rows(tables, "posts_meta")}
        spoken = (
            ghost.text(row, "value")
            for row in ghost.rows(tables, "settings")
            if row.get("key") in {"locale", "lang", "default_locale"}
        )
        language = next(filter(None, spoken), None)
        self._language = filing.foreign_language(language, how.settings)

    def items(self) -> Iterator[Submission | Rejection]:
        for number, row in enumerate(self._posts, 1):
            post = row if isinstance(row, dict) else {}
            if post.get("type") == "page" or post.get("page") == 1:
                self._how.left_out["pages"] += 1
            else:
                yield self._item(post, number)

    def _item(self, post: Row, number: int) -> Submission | Rejection:
        path = ghost.key(post)
        try:
            return self._submission(post, path)
        except RejectedError as error:
            return Rejection(
                source=self._source,
                path=path or f"post {number}",
                field=error.field,
                reason=error.reason,
                line=None,
                raw=json.dumps(post).encode()[:_KEPT_BYTES],
            )

    def _submission(self, post: Row, path: str) -> Submission:
        if not path:
            raise RejectedError("the post has no id", field="guid")
        status = ghost.text(post, "status") or "draft"
        slug = ghost.text(post, "slug")
        meta = self._meta_of.get(ghost.key(post), {})
        primary, others = self._filed(post)
        submission = Submission(
            title=ghost.text(post, "title"),
            content_html=self._resolved(_body(post)),
            byline=tuple((name, None) for name in self._authors(post)),
            sections=primary,
            edition=self._how.overrides.edition or None,
            tags=others,
            date=_date(post, status),
            updated=ghost.instant(post, "updated_at"),
            summary=ghost.text(post, "custom_excerpt") or None,
            language=self._language,
            media=tuple(self._lead(post, meta)),
            guid=path,
            source=self._source,
            path=path,
            draft=status not in {"published", "scheduled", "sent"},
            slug=slug or None,
            base_url=f"{self._site_url}/{slug}/",
            aliases=(f"{self._site_url}/{slug}/",) if slug and status == "published" else (),
            hold=_hold(post, meta, status),
            attribution=self._attribution(post),
        )
        made_of = _VERSION + repr(submission)
        digest = hashlib.sha256(made_of.encode("utf-8", "surrogatepass")).hexdigest()
        return replace(submission, digest=digest)

    def _resolved(self, text: str) -> str:
        return text.replace(_SITE, self._site_url)

    def _authors(self, post: Row) -> Iterator[str]:
        """Yield the authors' names in their order; Ghost before 2.0 knew one for each post."""
        ids = self._authors_of.get(ghost.key(post)) or [ghost.key(post, "author_id")]
        for user in filter(None, map(self._users.get, ids)):
            if name := clean_text(ghost.text(user, "name")):
                yield name

    def _filed(self, post: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return sections and tags: the first public tag is where an article is filed."""
        found = [self._tags.get(tag, {}) for tag in self._tags_of.get(ghost.key(post), [])]
        names = [
            (html.escape(ghost.text(tag, "name")), ghost.text(tag, "slug"))
            for tag in found
            if ghost.text(tag, "visibility") != "internal"
            and not ghost.text(tag, "name").startswith("#")
        ]
        sections = filing.sections(names[:1], self._how.overrides)
        return sections, filing.tags(name for name, _ in names[1:])

    def _lead(self, post: Row, meta: Row) -> Iterator[Media]:
        address = self._resolved(ghost.text(post, "feature_image"))
        url = filing.web_address(address, f"{self._site_url}/") if address.strip() else ""
        if url:
            yield Media(
                url=url,
                media_type="image/*",
                description=ghost.text(meta, "feature_image_alt") or None,
                caption=text_of_html(ghost.text(meta, "feature_image_caption")) or None,
            )

    def _attribution(self, post: Row) -> Attribution | None:
        """Return where a post was first published, if its canonical address is another site's."""
        url = filing.web_address(self._resolved(ghost.text(post, "canonical_url")), "")
        host = filing.host_of(url)
        if not host or host == filing.host_of(self._site_url):
            return None
        return Attribution(url=url, title=host)


def _body(post: Row) -> str:
    """Return what of a post's HTML everybody may see.

    Raises:
        RejectedError: It has none.
    """
    content, plain = ghost.text(post, "html"), ghost.text(post, "plaintext")
    if content.strip():
        return public_part(content)
    if plain.strip():
        paragraphs = (part.strip() for part in plain.split("\n\n"))
        return "\n".join(f"<p>{html.escape(part, quote=False)}</p>" for part in paragraphs if part)
    if ghost.text(post, "lexical") or ghost.text(post, "mobiledoc"):
        raise RejectedError(
            "the post has no HTML in the export, only what Ghost's editor works with; open it"
            " there, save it, and export again",
            field="body",
        )
    raise RejectedError("the post has no text", field="body")


def public_part(content: str) -> str:
    """Return a post's HTML without the blocks that only members see.

    A block that does not end goes on to the end of the post.
    """
    kept: list[str] = []
    around: list[bool] = []  # of each block that is open: may everybody see it
    at = 0
    for gate in _GATE.finditer(content):
        if all(around):
            kept.append(content[at : gate.start()])
        at = gate.end()
        if not gate[1]:
            says = dict(_GATE_SAYS.findall(gate[2]))
            around.append(says.get("nonMember", "").strip("\"'") == "true")
        elif around:
            around.pop()
    return "".join([*kept, content[at:] if all(around) else ""])


def _hold(post: Row, meta: Row, status: str) -> str | None:
    if post.get("visibility") not in _PUBLIC:
        return "for members only in Ghost"
    if status == "sent" or meta.get("email_only") == 1:
        return "sent by email only in Ghost"
    return None


def _date(post: Row, status: str) -> dt.datetime | None:
    found = ghost.instant(post, "published_at")
    if status in {"published", "scheduled"} and found is None:
        given = post.get("published_at")
        raise RejectedError(f"the post has no date that exists: {given!r:.40}", field="date")
    return found or ghost.instant(post, "created_at")
