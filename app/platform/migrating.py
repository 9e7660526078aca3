"""Alembic through Flask-Migrate; the revisions are in migrations/."""

from alembic import op
from alembic.util import CommandError
from flask_migrate import Migrate
from sqlalchemy import text

import config

migrate = Migrate(directory=str(config.ROOT / "migrations"), render_as_batch=True, compare_type=True)


def refuse_downgrade_with(select: str, what: str) -> None:
    """Stop a downgrade if a query finds a row that the older tables can't hold.

    :raise CommandError: which `flask db` prints as one line.
    """
    if op.get_bind().execute(text(select)).first() is not None:
        raise CommandError(f"{what} Nothing was changed. To go back further, restore a backup of that version.")
