"""The environment of Alembic: run the revisions against the database of the current application."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from alembic.util import CommandError
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
        transactional_ddl=True,  # in SQLite too: a run is done whole or not at all
    )
    with _without_references(connection), context.begin_transaction():
        context.run_migrations()
        _check_references(connection)


@contextmanager
def _without_references(connection: Connection) -> Iterator[None]:
    """Switch off SQLite's foreign keys: it changes a table by dropping it, to which rows of other tables refer."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.cursor()  # outside of a transaction, in which the switch would do nothing
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
        driver.close()


def _check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and (
        broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    ):
        raise CommandError(f"Nothing was changed: a row of the table {broken[0]} would refer to no row of {broken[2]}.")


def _engine() -> Engine:
    return current_app.extensions["migrate"].db.engine


with _engine().connect() as connection:
    _upgrade(connection)
