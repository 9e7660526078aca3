"""Alembic through Flask-Migrate; the revisions are in migrations/."""

from flask_migrate import Migrate

import config

migrate = Migrate(directory=str(config.ROOT / "migrations"), render_as_batch=True, compare_type=True)
