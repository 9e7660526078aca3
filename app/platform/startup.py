"""The start of a server: it says in one line why it can't work, and locks its SQLite file against a second server."""

import fcntl
import os
import time
from pathlib import Path

from flask import Flask

import config
from ideas.availability import PREPARE, note_away, obstacle
from ideas.database import db

MIGRATIONS = config.ROOT / "migrations"

LOCK, READY = "schwarm-server-lock", "schwarm-ready"

READY_SECONDS = 1.0

# The longest silence of PostgreSQL, in a connect or in a statement, before it counts as away.
PATIENCE_SECONDS = 3


def init_app(app: Flask) -> None:
    """Limit how long a server waits for PostgreSQL. Commands wait longer: a migration may take minutes."""
    is_server = app.config["ASYNC_MODE"] in ("eventlet", "gevent")
    if is_server and str(app.config["SQLALCHEMY_DATABASE_URI"]).startswith("postgresql+pg8000:"):
        app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {"connect_args": {"timeout": PATIENCE_SECONDS}})


def require_workable(app: Flask) -> None:
    """Check what a server needs, and lock its database file. :raise SystemExit: with one sentence, if it can't work."""
    with app.app_context():
        if not app.config["SECRET_KEY"]:
            raise SystemExit(f"There is no secret key in {app.config['INSTANCE']}. {PREPARE}.")
        if problem := obstacle(db.engine, MIGRATIONS):
            raise SystemExit(problem)
        if db.engine.dialect.name == "sqlite" and db.engine.url.database and not app.config["ALLOW_SECOND_SERVER"]:
            app.extensions[LOCK] = _locked(Path(db.engine.url.database))


def is_ready(app: Flask) -> bool:
    """Whether a running server can work. The answer is at most `READY_SECONDS` old, since anybody may ask."""
    asked_at, answer = app.extensions.get(READY, (-READY_SECONDS, False))
    if time.monotonic() - asked_at < READY_SECONDS:
        return answer
    problem = obstacle(db.engine, MIGRATIONS)
    if problem:
        note_away(RuntimeError(problem))
    app.extensions[READY] = (time.monotonic(), problem is None)
    return problem is None


def _locked(database: Path) -> int:
    """The descriptor of the lock file beside a database; the lock ends with this process, however that ends.

    A lock of `lockf` belongs to one process: a child does not keep it. Commands ask for no lock.
    """
    path = database.with_name(database.name + ".server")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        other = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
        raise SystemExit(
            f"Another server (process {other}) uses the database {database}. Stop it first. Several servers need "
            "PostgreSQL: see README.md, Several processes."
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor
