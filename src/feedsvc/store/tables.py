"""The tables, as SQLAlchemy Core sees them; `migrations/` brings a store to this shape.

Instants are UTC: `timestamptz` on PostgreSQL, ISO text on SQLite. A comment says when a column
is NULL.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, UniqueConstraint
from sqlalchemy.engine import Dialect


class Instant(sa.TypeDecorator[dt.datetime]):
    """An aware UTC datetime; a naive one is a bug and is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """Write as UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the store")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        """Read as UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return value.replace(tzinfo=dt.UTC)  # type: ignore[no-any-return]
        return value.astimezone(dt.UTC)  # type: ignore[no-any-return]


# Names for all constraints, so that later migrations can speak of them on both databases.
metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite only numbers rows by itself in an INTEGER column.
_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# Text that is looked up by how it begins: PostgreSQL must order it by code points for that.
_Prefixed = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
LAST_CHARACTER = "\U0010ffff"

article = Table(
    "article",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("guid", sa.Text, nullable=False, unique=True),
    Column("atom_id", sa.Text, nullable=False, unique=True),
    Column("guid_source", sa.Text, nullable=False),  # who may speak for this guid
    Column("status", sa.Text, nullable=False),
    Column("title", sa.Text, nullable=False),
    Column("content_html", sa.Text, nullable=False),
    Column("summary_text", sa.Text),  # NULL: feeds take the first paragraphs
    Column("language", sa.Text),  # NULL: the site's
    Column("slug", sa.Text),  # NULL until released
    Column("permalink", sa.Text),  # NULL until released
    Column("published_at", Instant),  # NULL until released
    Column("updated_at", Instant),  # NULL until released
    Column("release_at", Instant),  # NULL unless scheduled
    Column("withdrawn_at", Instant),  # NULL unless withdrawn
    Column("quarantined_at", Instant),  # NULL unless an entry of it failed validation
    Column("replaced_by", _Id, ForeignKey("article.id")),  # NULL unless republished
    Column("fingerprint", sa.Text),  # title, day and byline, hashed; NULL without a day
    Column("hold", sa.Text),  # why an import keeps it back; NULL when nothing does
    CheckConstraint(
        "status IN ('draft', 'scheduled', 'published', 'withdrawn')", name="status_is_known"
    ),
    CheckConstraint(
        "status <> 'published' OR (published_at IS NOT NULL AND updated_at IS NOT NULL"
        " AND permalink IS NOT NULL)",
        name="published_is_dated",
    ),
    CheckConstraint("status <> 'scheduled' OR release_at IS NOT NULL", name="scheduled_is_dated"),
    Index("ix_article_status_release_at", "status", "release_at"),
    Index("ix_article_published_at", "published_at"),
    Index("ix_article_updated_at", "updated_at"),
    Index("ix_article_fingerprint", "fingerprint"),
)

# Every permalink that ever was: a path is never given to a second article.
permalink = Table(
    "permalink",
    metadata,
    Column("path", _Prefixed, primary_key=True),
    Column("article_id", _Id, nullable=False, index=True),
)

origin = Table(
    "origin",
    metadata,
    Column("source", sa.Text, primary_key=True),
    Column("path", sa.Text, primary_key=True),
    Column("article_id", _Id, ForeignKey("article.id"), nullable=False, index=True),
    Column("digest", sa.Text, nullable=False),
    Column("date", sa.Text),  # as it was given; NULL for none
    Column("fingerprint", sa.Text),  # of what was given, whatever became of it; NULL without a day
    Index("ix_origin_fingerprint", "fingerprint"),
)

term = Table(
    "term",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("kind", sa.Text, nullable=False),
    Column("name", sa.Text, nullable=False),
    Column("slug", sa.Text),  # NULL until its first article is public
    Column("removed_at", Instant),  # NULL unless it was removed: its addresses are gone
    UniqueConstraint("kind", "slug"),
    CheckConstraint("kind IN ('section', 'author', 'edition', 'tag')", name="kind_is_known"),
)

# Every name a term goes by, folded: two spellings of one name are one term.
term_name = Table(
    "term_name",
    metadata,
    Column("kind", sa.Text, primary_key=True),
    Column("folded", sa.Text, primary_key=True),
    Column("term_id", _Id, ForeignKey("term.id"), nullable=False, index=True),
)

# Every slug a term ever had: old addresses keep leading to it.
term_slug = Table(
    "term_slug",
    metadata,
    Column("kind", sa.Text, primary_key=True),
    Column("slug", _Prefixed, primary_key=True),
    Column("term_id", _Id, ForeignKey("term.id"), nullable=False, index=True),
)

article_term = Table(
    "article_term",
    metadata,
    Column("article_id", _Id, ForeignKey("article.id"), primary_key=True),
    Column("term_id", _Id, ForeignKey("term.id"), primary_key=True),
    Column("position", sa.Integer, nullable=False),
    Column("role", sa.Text),  # NULL unless an author is credited for something in particular
    Column("spelling", sa.Text, nullable=False),  # the name as this article gives it
    Index("ix_article_term_term_id", "term_id"),
)

correction = Table(
    "correction",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("article_id", _Id, ForeignKey("article.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("note", sa.Text, nullable=False),
)

media = Table(
    "media",
    metadata,
    Column("article_id", _Id, ForeignKey("article.id"), primary_key=True),
    Column("position", sa.Integer, primary_key=True),
    Column("url", sa.Text, nullable=False),
    Column("media_type", sa.Text, nullable=False),
    Column("size_bytes", sa.BigInteger, nullable=False),  # 0 when unknown
    Column("width", sa.Integer),  # NULL when unknown or no image
    Column("height", sa.Integer),
    Column("description", sa.Text),
    Column("caption", sa.Text),
    Column("credit", sa.Text),
)

# Where an article was first published, when that was not here.
attribution = Table(
    "attribution",
    metadata,
    Column("article_id", _Id, ForeignKey("article.id"), primary_key=True),
    Column("url", sa.Text, nullable=False),
    Column("title", sa.Text, nullable=False),
    Column("feed_url", sa.Text),  # NULL when it came from no feed
    Column("rights", sa.Text),
)

# Addresses from before the newsroom came here: path and query, of any host.
alias = Table(
    "alias",
    metadata,
    Column("path", sa.Text, primary_key=True),
    Column("article_id", _Id, ForeignKey("article.id"), nullable=False, index=True),
)

# Files that we keep, each once, by the hash of their bytes.
asset = Table(
    "asset",
    metadata,
    Column("hash", sa.Text, primary_key=True),  # SHA-256 of what is served, in hex
    Column(
        "original", sa.Text, nullable=False, index=True
    ),  # of the bytes as they came, and of the widths wanted
    Column("media_type", sa.Text, nullable=False),
    Column("size_bytes", sa.BigInteger, nullable=False),
    Column("width", sa.Integer),  # NULL for what is no image
    Column("height", sa.Integer),
    Column(
        "renditions", sa.JSON, nullable=False
    ),  # [{name, media_type, size_bytes, width, height}, …]
    Column("stored_at", Instant, nullable=False),
    Column("look_due_at", Instant),  # when an article that names it was taken back or came anew
    Index("ix_asset_look_due_at", "look_due_at"),
)

# Every address of a picture or file that articles name, and what was found there.
resource = Table(
    "resource",
    metadata,
    Column("url", sa.Text, primary_key=True),
    Column("asset", sa.Text, ForeignKey("asset.hash"), index=True),  # NULL unless it is kept here
    Column("media_type", sa.Text),  # NULL until it is known
    Column("size_bytes", sa.BigInteger),  # NULL until it is known
    Column("due_at", Instant),  # NULL when it need not be fetched (again)
    Column("attempts", sa.Integer, nullable=False),
    Column("problem", sa.Text),  # NULL unless it could not be had
    Column("checked_at", Instant),  # NULL before the first try
    Index("ix_resource_due_at", "due_at"),
)

article_resource = Table(
    "article_resource",
    metadata,
    Column("article_id", _Id, ForeignKey("article.id"), primary_key=True),
    Column("url", sa.Text, ForeignKey("resource.url"), primary_key=True),
    Index("ix_article_resource_url", "url"),
)

# Feeds of others that are polled for articles.
source = Table(
    "source",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("url", sa.Text, nullable=False, unique=True),
    Column("first_url", sa.Text, nullable=False, unique=True),  # before it moved; names it
    Column("host", sa.Text, nullable=False),  # of `url`: one request at a time to each
    Column("title", sa.Text),  # NULL until it was read
    Column("section", sa.Text),  # NULL: as its entries say
    Column("auto_publish", sa.Boolean, nullable=False),
    Column("added_at", Instant, nullable=False),
    Column("next_poll_at", Instant),  # NULL when it is gone for good
    Column("lease_until", Instant),  # NULL when nobody polls it
    Column("polled_at", Instant),  # NULL before the first poll
    Column("changed_at", Instant),  # when it last had something new; NULL for never
    Column("status", sa.Integer),  # of the last answer; NULL without one
    Column("etag", sa.Text),
    Column("last_modified", sa.Text),
    Column("digest", sa.Text),  # of the last bytes that were read
    Column("minutes", sa.Integer),  # that the feed asks for between polls; NULL for none
    Column("failures", sa.Integer, nullable=False),  # polls that failed since one succeeded
    Column("problem", sa.Text),  # NULL when the last poll went well
    Index("ix_source_next_poll_at", "next_poll_at"),
    Index("ix_source_host", "host"),
    sqlite_autoincrement=True,
)

feed = Table(
    "feed",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("kind", sa.Text, nullable=False),
    Column("term_id", _Id, nullable=False),  # 0 for the site
    Column("rss_id", sa.Text, nullable=False),
    Column("atom_id", sa.Text, nullable=False),
    Column("json_id", sa.Text, nullable=False),
    Column("event_at", Instant, nullable=False),
    Column("event_seq", sa.BigInteger, nullable=False),
    Column("built_seq", sa.BigInteger, nullable=False),  # the last event that a swap has seen
    Column("content_changed_at", Instant),  # NULL before the first build
    Column("build_due_at", Instant),  # NULL when nothing is due
    Column("lease_until", Instant),  # NULL when nobody builds it
    Column("lease_token", sa.Text),
    Column("attempts", sa.Integer, nullable=False),  # builds begun since one came to its end
    Column("built_at", Instant),
    Column("build_seconds", sa.Float),  # how long the last build took; NULL before the first
    Column("inputs", sa.Text),  # hash of the rows that the last build read; NULL before it
    Column("digest", sa.Text),  # of the content of what is served; NULL before the first build
    Column("unavailable", sa.Boolean, nullable=False),
    Column("read_back_due_at", Instant),  # NULL when what is served was read back whole
    Column("admitted_seq", sa.BigInteger, nullable=False),  # the last event whose additions show
    Column("admitted_at", Instant),  # NULL before the feed's timetable let anything in
    Column("admit_due_at", Instant),  # NULL unless the feed has a timetable
    Column("served_version", sa.BigInteger, nullable=False),  # `serving`'s when it last changed
    Column("finish_due_at", Instant),  # NULL when deltas and variants are made
    UniqueConstraint("kind", "term_id"),
    Index("ix_feed_build_due_at", "build_due_at"),
    Index("ix_feed_served_version", "served_version"),
    Index("ix_feed_finish_due_at", "finish_due_at"),
)

# Newest-N of any feed is a range of this key, at any size of the store.
feed_entry = Table(
    "feed_entry",
    metadata,
    Column("feed_id", _Id, ForeignKey("feed.id"), primary_key=True),
    Column("published_at", Instant, primary_key=True),
    Column("article_id", _Id, ForeignKey("article.id"), primary_key=True),
    Column("added_seq", sa.BigInteger, nullable=False),  # the feed's event that brought it
    Index("ix_feed_entry_article_id", "article_id"),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("feed_id", _Id, ForeignKey("feed.id"), primary_key=True),
    Column("atom_id", sa.Text, primary_key=True),
    Column("at", Instant, nullable=False),
)


def _documents(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("feed_id", _Id, ForeignKey("feed.id"), primary_key=True),
        Column("format", sa.Text, primary_key=True),
        Column("etag", sa.Text, nullable=False),
        Column("modified_at", Instant, nullable=False),
        Column("size_bytes", sa.Integer, nullable=False),
        Column("checks", sa.Integer, nullable=False),
        Column("manifest", sa.JSON, nullable=False),  # [[atom id, hash], …]
        Column("body", sa.LargeBinary, nullable=False),
    )


document = _documents("document")

# What was served before, kept until what is served now has been read back whole.
fallback = _documents("fallback")

# Counters that web processes watch: something served has changed, or where it is served.
serving = Table(
    "serving",
    metadata,
    Column("name", sa.Text, primary_key=True),
    Column("version", sa.BigInteger, nullable=False),
)


def _per_document(name: str, *columns: Column[Any]) -> Table:
    return Table(
        name,
        metadata,
        Column("feed_id", _Id, ForeignKey("feed.id"), primary_key=True),
        Column("format", sa.Text, primary_key=True),
        *columns,
    )


# What is served, compressed.
variant = _per_document(
    "variant",
    Column("coding", sa.Text, primary_key=True),
    Column("mark", sa.Text, nullable=False),  # ends the entity tag: which compressor it was
    Column("body", sa.LargeBinary, nullable=False),
)

# What was served lately: enough to say what is new since then, and no text of it.
past = _per_document(
    "past",
    Column("etag", sa.Text, primary_key=True),
    Column("version", sa.BigInteger, nullable=False),  # the feed's `served_version` by then
    Column("manifest", sa.JSON, nullable=False),
)

# What is new since one of `past` (RFC 3229).
delta = _per_document(
    "delta",
    Column("base", sa.Text, primary_key=True),  # its etag
    Column("body", sa.LargeBinary, nullable=False),  # gzip
)

# Pages of what is older than a feed's document (RFC 5005 §4), each within one UTC month.
archive = Table(
    "archive",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("feed_id", _Id, ForeignKey("feed.id"), nullable=False),
    Column("name", sa.Text, nullable=False),  # `2024-11`, `2024-11-2`
    Column("from_at", Instant, nullable=False),  # shows what was published from here on …
    Column("until_at", Instant, nullable=False),  # … and before this
    Column("shown_from_at", Instant, nullable=False),  # `from_at` of what is served now
    Column("shown_until_at", Instant),  # `until_at` of it; NULL before the first build
    Column("seq", sa.BigInteger, nullable=False),  # counts what made it due
    Column("due_at", Instant),  # NULL when it is up to date
    Column("is_urgent", sa.Boolean, nullable=False),  # it may show what was withdrawn
    Column("lacks", sa.Boolean, nullable=False),  # it does not show what came to its span
    Column("changed_at", Instant),  # NULL before the first build
    Column("digest", sa.Text),  # of the content of what is served; NULL before the first build
    Column("made_with", sa.Text),  # hash of settings and renderer; NULL before the first build
    UniqueConstraint("feed_id", "name"),
    Index("ix_archive_feed_id_until_at", "feed_id", "until_at"),
    Index(
        "ix_archive_waiting",
        "from_at",
        "id",
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    ),
    Index(
        "ix_archive_urgent",
        "from_at",
        "id",
        sqlite_where=sa.text("is_urgent"),
        postgresql_where=sa.text("is_urgent"),
    ),
    # A page that is being built must not be taken for another that has its number since.
    sqlite_autoincrement=True,
)

archive_document = Table(
    "archive_document",
    metadata,
    Column("archive_id", _Id, ForeignKey("archive.id"), primary_key=True),
    Column("format", sa.Text, primary_key=True),
    Column("etag", sa.Text, nullable=False),
    Column("modified_at", Instant, nullable=False),
    Column("size_bytes", sa.Integer, nullable=False),
    Column("checks", sa.Integer, nullable=False),
    Column("manifest", sa.JSON, nullable=False),
    Column("packed", sa.LargeBinary, nullable=False),  # gzip: there are many, and few ask
)

# Entries that were read back and found right: see feeds/proof.py for what a key stands for.
proof = Table(
    "proof",
    metadata,
    Column("key", sa.Text, primary_key=True),
    Column("proven_at", Instant, nullable=False),
)

# Work that the clock does again and again: when it last did it, and what came of it.
job = Table(
    "job",
    metadata,
    Column("name", sa.Text, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("seconds", sa.Float),  # NULL until it has ended for the first time
    Column("note", sa.Text, nullable=False),
    Column("failed", sa.Boolean, nullable=False),
    Column("runs", sa.BigInteger, nullable=False),
    Column("failures", sa.BigInteger, nullable=False),
    Column("total_seconds", sa.Float, nullable=False),
)

# One row: who is the clock, and when it was last heard of.
clock = Table(
    "clock",
    metadata,
    Column("id", sa.Integer, primary_key=True),
    Column("holder", sa.Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
)

problem = Table(
    "problem",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("rule", sa.Text, nullable=False),
    Column("message", sa.Text, nullable=False),
    Column("remedy", sa.Text, nullable=False),
    Column("format", sa.Text),  # NULL when it is the same in every format
    Column("feed_id", _Id, ForeignKey("feed.id")),
    Column("article_id", _Id, ForeignKey("article.id")),  # NULL when no article is at fault
    Column("found_at", Instant, nullable=False),
    Column("resolved_at", Instant),  # NULL while it is open
    Index("ix_problem_resolved_at", "resolved_at"),
    Index("ix_problem_article_id", "article_id"),
)

rejection = Table(
    "rejection",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("source", sa.Text, nullable=False),
    Column("path", sa.Text, nullable=False),
    Column("digest", sa.Text, nullable=False),  # of the raw bytes
    Column("field", sa.Text, nullable=False),
    Column("reason", sa.Text, nullable=False),
    Column("line", sa.Integer),  # NULL when no line is at fault
    Column("raw", sa.LargeBinary, nullable=False),
    Column("rejected_at", Instant, nullable=False),
    Column("resolved_at", Instant),  # NULL until the same path is accepted
    UniqueConstraint("source", "path", "digest"),
)
