"""The environment of Alembic: run the revisions against the database of the current application."""

import logging

from alembic import context
from flask import current_app
from sqlalchemy import Connection, Engine

import ideas.models  # noqa: F401 (fills the metadata)
from ideas.database import Base, Instant, Word

logging.getLogger("alembic").setLevel(logging.WARNING)


def _render_item(kind: str, item: object, _context: object) -> str | bool:
    """Render our column types as plain ones, so that revisions do not depend on our classes."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, Word):
        return "sa.String(length=20)"
    return False


def _upgrade(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=_render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


def _engine() -> Engine:
    return current_app.extensions["migrate"].db.engine


with _engine().connect() as connection:
    _upgrade(connection)
