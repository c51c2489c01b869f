"""The clock: timetables, proofs of entries, documents to go back to, and what was done when."""

import sqlalchemy as sa
from alembic import op

from feedsvc.store.tables import Instant

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the tables to this revision."""
    for column in (
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("build_seconds", sa.Float()),
        sa.Column("inputs", sa.Text()),
        sa.Column("read_back_due_at", Instant()),
        sa.Column("admitted_seq", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("admitted_at", Instant()),
        sa.Column("admit_due_at", Instant()),
    ):
        op.add_column("feed", column)
    op.add_column(
        "feed_entry", sa.Column("added_seq", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_table(
        "fallback",
        sa.Column("feed_id", _ID, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("modified_at", Instant(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name="fk_fallback_feed_id"),
        sa.PrimaryKeyConstraint("feed_id", "format", name="pk_fallback"),
    )
    op.create_table(
        "proof",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("proven_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_proof"),
    )
    op.create_table(
        "job",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("seconds", sa.Float()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("total_seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_job"),
    )
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("beat_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clock"),
    )
