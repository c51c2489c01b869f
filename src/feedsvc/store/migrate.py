"""Bring a store's tables to the shape that this version needs."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from feedsvc.store.database import HEAD, Database, newer_schema


def alembic_config() -> Config:
    """Alembic's configuration, without a file: the migrations lie in the package."""
    config = Config()
    config.set_main_option("script_location", "feedsvc.store:migrations")
    return config


def migrate(database: Database) -> tuple[str | None, str]:
    """Run every migration that is missing, inside one writing transaction.

    Two processes that start at once take turns; the second finds nothing to do.

    Returns:
        The revision before (None for an empty database) and after.

    Raises:
        SchemaError: A newer version made the tables.
    """
    config = alembic_config()
    with database.write() as tx:
        before = database.revision(tx)
        if before is not None and before > HEAD:
            raise newer_schema(before)
        config.attributes["connection"] = tx
        command.upgrade(config, "head")
    return before, HEAD
