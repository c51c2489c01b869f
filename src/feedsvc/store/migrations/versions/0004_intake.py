"""Intake: what imports keep back, old addresses, attribution, pictures and files, sources."""

import sqlalchemy as sa
from alembic import op

from feedsvc.store.tables import Instant

revision = "0004"
down_revision = "0003"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.add_column("article", sa.Column("hold", sa.Text()))
    op.add_column("media", sa.Column("caption", sa.Text()))
    op.add_column("media", sa.Column("credit", sa.Text()))
    op.create_table(
        "attribution",
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("feed_url", sa.Text()),
        sa.Column("rights", sa.Text()),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_attribution_article_id"),
        sa.PrimaryKeyConstraint("article_id", name="pk_attribution"),
    )
    op.create_table(
        "alias",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_alias_article_id"),
        sa.PrimaryKeyConstraint("path", name="pk_alias"),
    )
    op.create_index("ix_alias_article_id", "alias", ["article_id"])
    _files()
    _sources()


def _files() -> None:
    op.create_table(
        "asset",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("original", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("renditions", sa.JSON(), nullable=False),
        sa.Column("stored_at", Instant(), nullable=False),
        sa.Column("look_due_at", Instant()),
        sa.PrimaryKeyConstraint("hash", name="pk_asset"),
    )
    op.create_index("ix_asset_look_due_at", "asset", ["look_due_at"])
    op.create_index("ix_asset_original", "asset", ["original"])
    op.create_table(
        "resource",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text()),
        sa.Column("media_type", sa.Text()),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("due_at", Instant()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text()),
        sa.Column("checked_at", Instant()),
        sa.ForeignKeyConstraint(["asset"], ["asset.hash"], name="fk_resource_asset"),
        sa.PrimaryKeyConstraint("url", name="pk_resource"),
    )
    op.create_index("ix_resource_asset", "resource", ["asset"])
    op.create_index("ix_resource_due_at", "resource", ["due_at"])
    op.create_table(
        "article_resource",
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name="fk_article_resource_article_id"
        ),
        sa.ForeignKeyConstraint(["url"], ["resource.url"], name="fk_article_resource_url"),
        sa.PrimaryKeyConstraint("article_id", "url", name="pk_article_resource"),
    )
    op.create_index("ix_article_resource_url", "article_resource", ["url"])


def _sources() -> None:
    op.create_table(
        "source",
        sa.Column("id", _ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("first_url", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("section", sa.Text()),
        sa.Column("auto_publish", sa.Boolean(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("next_poll_at", Instant()),
        sa.Column("lease_until", Instant()),
        sa.Column("polled_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("status", sa.Integer()),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("digest", sa.Text()),
        sa.Column("minutes", sa.Integer()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_source"),
        sa.UniqueConstraint("url", name="uq_source_url"),
        sa.UniqueConstraint("first_url", name="uq_source_first_url"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_source_next_poll_at", "source", ["next_poll_at"])
    op.create_index("ix_source_host", "source", ["host"])
