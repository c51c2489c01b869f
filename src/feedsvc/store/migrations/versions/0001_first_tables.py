"""The first tables."""

import sqlalchemy as sa
from alembic import op

from feedsvc.store.tables import Instant

revision = "0001"
down_revision = None

# Looked up by how they begin: PostgreSQL must order them by code points.
_PREFIXED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "feed",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("term_id", _ID, nullable=False),
        sa.Column("rss_id", sa.Text(), nullable=False),
        sa.Column("atom_id", sa.Text(), nullable=False),
        sa.Column("json_id", sa.Text(), nullable=False),
        sa.Column("event_at", Instant(), nullable=False),
        sa.Column("event_seq", sa.BigInteger(), nullable=False),
        sa.Column("built_seq", sa.BigInteger(), nullable=False),
        sa.Column("content_changed_at", Instant()),
        sa.Column("build_due_at", Instant()),
        sa.Column("lease_until", Instant()),
        sa.Column("lease_token", sa.Text()),
        sa.Column("built_at", Instant()),
        sa.Column("digest", sa.Text()),
        sa.Column("unavailable", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed"),
        sa.UniqueConstraint("kind", "term_id", name="uq_feed_kind_term_id"),
    )
    op.create_index("ix_feed_build_due_at", "feed", ["build_due_at"])

    op.create_table(
        "permalink",
        sa.Column("path", _PREFIXED, nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("path", name="pk_permalink"),
    )
    op.create_index("ix_permalink_article_id", "permalink", ["article_id"])

    op.create_table(
        "rejection",
        sa.Column("id", _ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer()),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("rejected_at", Instant(), nullable=False),
        sa.Column("resolved_at", Instant()),
        sa.PrimaryKeyConstraint("id", name="pk_rejection"),
        sa.UniqueConstraint("source", "path", "digest", name="uq_rejection_source_path_digest"),
    )
    op.create_table(
        "term",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text()),
        sa.CheckConstraint(
            "kind IN ('section', 'author', 'edition', 'tag')", name="ck_term_kind_is_known"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_term"),
        sa.UniqueConstraint("kind", "slug", name="uq_term_kind_slug"),
    )
    op.create_table(
        "article",
        sa.Column("id", _ID, nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("atom_id", sa.Text(), nullable=False),
        sa.Column("guid_source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content_html", sa.Text(), nullable=False),
        sa.Column("summary_text", sa.Text()),
        sa.Column("language", sa.Text()),
        sa.Column("slug", sa.Text()),
        sa.Column("permalink", sa.Text()),
        sa.Column("published_at", Instant()),
        sa.Column("updated_at", Instant()),
        sa.Column("release_at", Instant()),
        sa.Column("withdrawn_at", Instant()),
        sa.Column("quarantined_at", Instant()),
        sa.Column("replaced_by", _ID),
        sa.Column("fingerprint", sa.Text()),
        sa.CheckConstraint(
            "status <> 'published' OR (published_at IS NOT NULL AND updated_at IS NOT NULL"
            " AND permalink IS NOT NULL)",
            name="ck_article_published_is_dated",
        ),
        sa.CheckConstraint(
            "status <> 'scheduled' OR release_at IS NOT NULL", name="ck_article_scheduled_is_dated"
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'scheduled', 'published', 'withdrawn')",
            name="ck_article_status_is_known",
        ),
        sa.ForeignKeyConstraint(["replaced_by"], ["article.id"], name="fk_article_replaced_by"),
        sa.PrimaryKeyConstraint("id", name="pk_article"),
        sa.UniqueConstraint("atom_id", name="uq_article_atom_id"),
        sa.UniqueConstraint("guid", name="uq_article_guid"),
    )
    op.create_index("ix_article_fingerprint", "article", ["fingerprint"])
    op.create_index("ix_article_published_at", "article", ["published_at"])
    op.create_index("ix_article_status_release_at", "article", ["status", "release_at"])
    op.create_index("ix_article_updated_at", "article", ["updated_at"])

    op.create_table(
        "document",
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("modified_at", Instant(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_document_feed_id"),
        sa.PrimaryKeyConstraint("feed_id", "format", name="pk_document"),
    )
    op.create_table(
        "term_name",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("term_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name="fk_term_name_term_id"),
        sa.PrimaryKeyConstraint("kind", "folded", name="pk_term_name"),
    )
    op.create_index("ix_term_name_term_id", "term_name", ["term_id"])

    op.create_table(
        "term_slug",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slug", _PREFIXED, nullable=False),
        sa.Column("term_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name="fk_term_slug_term_id"),
        sa.PrimaryKeyConstraint("kind", "slug", name="pk_term_slug"),
    )
    op.create_index("ix_term_slug_term_id", "term_slug", ["term_id"])

    op.create_table(
        "tombstone",
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("atom_id", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_tombstone_feed_id"),
        sa.PrimaryKeyConstraint("feed_id", "atom_id", name="pk_tombstone"),
    )
    op.create_table(
        "article_term",
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("term_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text()),
        sa.Column("spelling", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_article_term_article_id"),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name="fk_article_term_term_id"),
        sa.PrimaryKeyConstraint("article_id", "term_id", name="pk_article_term"),
    )
    op.create_index("ix_article_term_term_id", "article_term", ["term_id"])

    op.create_table(
        "correction",
        sa.Column("id", _ID, nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_correction_article_id"),
        sa.PrimaryKeyConstraint("id", name="pk_correction"),
    )
    op.create_index("ix_correction_article_id", "correction", ["article_id"])

    op.create_table(
        "feed_entry",
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_feed_entry_article_id"),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_feed_entry_feed_id"),
        sa.PrimaryKeyConstraint("feed_id", "published_at", "article_id", name="pk_feed_entry"),
    )
    op.create_index("ix_feed_entry_article_id", "feed_entry", ["article_id"])

    op.create_table(
        "media",
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("description", sa.Text()),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_media_article_id"),
        sa.PrimaryKeyConstraint("article_id", "position", name="pk_media"),
    )
    op.create_table(
        "origin",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("date", sa.Text()),
        sa.Column("fingerprint", sa.Text()),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_origin_article_id"),
        sa.PrimaryKeyConstraint("source", "path", name="pk_origin"),
    )
    op.create_index("ix_origin_article_id", "origin", ["article_id"])
    op.create_index("ix_origin_fingerprint", "origin", ["fingerprint"])

    op.create_table(
        "problem",
        sa.Column("id", _ID, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("format", sa.Text()),
        sa.Column("feed_id", _ID),
        sa.Column("article_id", _ID),
        sa.Column("found_at", Instant(), nullable=False),
        sa.Column("resolved_at", Instant()),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_problem_article_id"),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_problem_feed_id"),
        sa.PrimaryKeyConstraint("id", name="pk_problem"),
    )
    op.create_index("ix_problem_article_id", "problem", ["article_id"])
    op.create_index("ix_problem_resolved_at", "problem", ["resolved_at"])
