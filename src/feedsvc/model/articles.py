"""What editors own and the store keeps."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where an article is in its life."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Kind(StrEnum):
    """What a term is."""

    SECTION = "section"
    AUTHOR = "author"
    EDITION = "edition"
    TAG = "tag"


class Change(StrEnum):
    """What an edit means to a reader. Only UPDATE and CORRECTION move `updated_at`."""

    SILENT = "silent"
    UPDATE = "update"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Term:
    """A section, author, edition or tag: a named thing that articles are filed under.

    Attributes:
        id: Row id; 0 while it is not stored.
        slug: Part of its URLs; None until its first article is public, because a slug or a
            spelling taken by an embargoed article would show through.
    """

    kind: Kind
    name: str
    slug: str | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Credit:
    """One name in a byline, with the role it is credited for."""

    author: Term
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """A file that belongs to an article and lives at a URL of its own.

    Attributes:
        size_bytes: True length; 0 when unknown, as RSS wants it.
        media_type: `image/*` for a picture of a kind that is not known yet.
        width: Pixels, None when unknown or not an image.
        description: What is to be seen, for those who do not see it (`alt`).
        caption: What stands below it.
        credit: Who made it.
    """

    url: str
    media_type: str
    size_bytes: int = 0
    width: int | None = None
    height: int | None = None
    description: str | None = None
    caption: str | None = None
    credit: str | None = None

    @property
    def is_image(self) -> bool:
        """True for anything that a reader shows as a picture."""
        return self.media_type.startswith("image/")

    @property
    def is_enclosed(self) -> bool:
        """True for what is played or opened on its own: RSS encloses nothing else."""
        return self.media_type.startswith(("audio/", "video/", "application/pdf"))


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Bytes that we keep and serve, under a name made of their hash.

    Attributes:
        name: SHA-256 in hex, a dot and the ending of its type.
        width: Pixels, None for what is no picture.
    """

    name: str
    media_type: str
    size_bytes: int
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """A picture or file that was taken in.

    Attributes:
        original: Hash of the bytes as they came, and of how they were worked on.
        whole: All of it; a picture without what its camera wrote into it.
        offered: A picture in the sizes that pages and feeds show, the narrowest first; each as
            the same type as the whole, and as WebP. Empty for what is no picture.
    """

    original: str
    whole: StoredFile
    offered: tuple[StoredFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """What is known of a picture or file at an address that an article names.

    Attributes:
        asset: None unless it is kept here.
        media_type: None until it is known.
        size_bytes: True length of what is not kept here; None until it is known.
        problem: Why it could not be had; None when nothing went wrong.
        is_settled: False while it is still to be fetched, or to be tried again.
    """

    url: str
    asset: Asset | None = None
    media_type: str | None = None
    size_bytes: int | None = None
    problem: str | None = None
    is_settled: bool = True

    @property
    def is_broken(self) -> bool:
        """True for what cannot be had, whoever asks for it."""
        return self.is_settled and self.problem is not None


@dataclass(frozen=True, slots=True)
class Correction:
    """A dated note that stands at the top of a corrected article."""

    at: dt.datetime
    note: str


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where an article was first published, when that was not here.

    Attributes:
        url: Its permalink there, which stays the canonical one.
        title: The name of that site or feed.
        feed_url: None when it came from no feed.
        rights: What is said there about who may use it.
    """

    url: str
    title: str
    feed_url: str | None = None
    rights: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """The unit that editors own and the store keeps.

    Attributes:
        id: Row id; 0 while it is not stored.
        guid: Permanent identity, in RSS and JSON verbatim.
        atom_id: The guid where it is an absolute IRI, otherwise a urn:uuid minted for it.
        summary_text: The newsroom's own summary; None lets feeds take the first paragraphs.
        slug: None until released: a slug must not betray an embargoed title.
        permalink: Path below `/articles/`, `yyyy/mm/slug`; None until released.
        published_at: The real instant of release; None until then.
        updated_at: The last significant change; None until released.
        release_at: When a scheduled article is due.
        replaced_by: Row id of the copy that `republish` made.
        hold: Why an import keeps it back, such as a password; None when nothing does.
        attribution: Where it was first published; None for the newsroom's own.
        files: What is known of the pictures and files that it names.
    """

    guid: str
    atom_id: str
    title: str
    content_html: str
    status: Status
    byline: tuple[Credit, ...] = ()
    sections: tuple[Term, ...] = ()
    edition: Term | None = None
    tags: tuple[Term, ...] = ()
    media: tuple[Media, ...] = ()
    corrections: tuple[Correction, ...] = ()
    summary_text: str | None = None
    language: str | None = None
    slug: str | None = None
    permalink: str | None = None
    published_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    release_at: dt.datetime | None = None
    withdrawn_at: dt.datetime | None = None
    quarantined_at: dt.datetime | None = None
    replaced_by: int | None = None
    hold: str | None = None
    attribution: Attribution | None = None
    files: tuple[Resource, ...] = ()
    id: int = 0

    @property
    def terms(self) -> tuple[Term, ...]:
        """Everything that it is filed under, in the order in which feeds name it."""
        edition = (self.edition,) if self.edition else ()
        return (*self.sections, *edition, *self.tags, *(credit.author for credit in self.byline))
