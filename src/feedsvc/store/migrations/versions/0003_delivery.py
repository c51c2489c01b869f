"""Delivery: what web processes watch, compressed variants, deltas, archives, removed terms."""

import sqlalchemy as sa
from alembic import op

from feedsvc.store.tables import Instant

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the tables to this revision."""
    serving = op.create_table(
        "serving",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_serving"),
    )
    op.bulk_insert(serving, [{"name": "documents", "version": 0}, {"name": "routes", "version": 0}])
    for column in (
        sa.Column("served_version", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("finish_due_at", Instant()),
    ):
        op.add_column("feed", column)
    op.create_index("ix_feed_served_version", "feed", ["served_version"])
    op.create_index("ix_feed_finish_due_at", "feed", ["finish_due_at"])
    op.add_column("term", sa.Column("removed_at", Instant()))
    _per_document(
        "variant",
        sa.Column("coding", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        key="coding",
    )
    _per_document(
        "past",
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        key="etag",
    )
    _per_document(
        "delta",
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        key="base",
    )
    _archives()


def _per_document(name: str, *columns: sa.Column[object], key: str) -> None:
    op.create_table(
        name,
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=f"fk_{name}_feed_id"),
        sa.PrimaryKeyConstraint("feed_id", "format", key, name=f"pk_{name}"),
    )


def _archives() -> None:
    op.create_table(
        "archive",
        sa.Column("id", _ID, nullable=False),
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("from_at", Instant(), nullable=False),
        sa.Column("until_at", Instant(), nullable=False),
        sa.Column("shown_from_at", Instant(), nullable=False),
        sa.Column("shown_until_at", Instant()),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("due_at", Instant()),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("lacks", sa.Boolean(), nullable=False),
        sa.Column("changed_at", Instant()),
        sa.Column("digest", sa.Text()),
        sa.Column("made_with", sa.Text()),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_archive_feed_id"),
        sa.PrimaryKeyConstraint("id", name="pk_archive"),
        sa.UniqueConstraint("feed_id", "name", name="uq_archive_feed_id_name"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_archive_feed_id_until_at", "archive", ["feed_id", "until_at"])
    for name, condition in (
        ("ix_archive_waiting", sa.text("due_at IS NOT NULL")),
        ("ix_archive_urgent", sa.text("is_urgent")),
    ):
        op.create_index(
            name,
            "archive",
            ["from_at", "id"],
            sqlite_where=condition,
            postgresql_where=condition,
        )
    op.create_table(
        "archive_document",
        sa.Column("archive_id", _ID, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("modified_at", Instant(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["archive.id"], name="fk_archive_document_archive_id"
        ),
        sa.PrimaryKeyConstraint("archive_id", "format", name="pk_archive_document"),
    )
