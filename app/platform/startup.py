"""The start of a server: it says in one line why it can't work, and locks its SQLite file against a second server."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import TimeoutError as PoolTimeout

import config
from app.platform import redis
from ideas import signing
from ideas.availability import LEAVING, PREPARE, note_away, obstacle
from ideas.database import db
from ideas.file_store import file_rules

MIGRATIONS = config.ROOT / "migrations"

# The modes of a process that serves and runs no command.
SERVERS = ("eventlet", "gevent")

LOCK, LOOKED = "schwarm-server-lock", "schwarm-ready"

READY_SECONDS = 1.0


def init_app(app: Flask) -> None:
    """Keep data out of errors: an error must not carry the values of a row into the log."""
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {}).setdefault("hide_parameters", True)


def require_workable(app: Flask) -> None:
    """Check what a server needs, and lock its database file. :raise SystemExit: with one sentence, if it can't work."""
    with app.app_context():
        if not app.config["SECRET_KEY"]:
            raise SystemExit(f"There is no secret key in {app.config['INSTANCE']}. {PREPARE}.")
        if problem := obstacle(db.engine, MIGRATIONS):
            raise SystemExit(problem)
        _require_files(file_rules().folder)
        if db.engine.dialect.name == "sqlite" and db.engine.url.database and not app.config["ALLOW_SECOND_SERVER"]:
            app.extensions[LOCK] = locked(Path(db.engine.url.database))


def _require_files(folder: Path) -> None:
    """:raise SystemExit: with one sentence, if no file can be stored there."""
    try:
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        problem = "" if os.access(folder, os.R_OK | os.W_OK | os.X_OK) else "this user may not write there"
    except OSError as error:
        problem = str(error.strerror)
    if problem:
        raise SystemExit(f"FILES_PATH: {folder} can't be the folder of files: {problem}.")


def prepare_if_needed(app: Flask) -> None:
    """Run the command `prepare` if the installation lacks anything, and begin again with what it made.

    In its own process, because a migration takes memory that a server does not need afterwards. Print the addresses.
    """
    from app.cli import preparing  # here, since only `make run` needs it

    with app.app_context():
        is_prepared = app.config["SECRET_KEY"] and signing.has_key() and not obstacle(db.engine, MIGRATIONS)
        if is_prepared:
            preparing.tell()
            return
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "prepare"]
    if code := subprocess.run(command, cwd=config.ROOT, check=False).returncode:
        raise SystemExit(code)
    os.execv(sys.executable, [sys.executable, str(config.ROOT / "wsgi.py")])  # noqa: S606 (this program again)


@dataclass(frozen=True)
class Workability:
    """Whether a server can work, in a few words that tell nothing of it."""

    is_ready: bool
    words: str


ENDING = Workability(False, "ending")
NOT_READY = Workability(False, "not ready")
READY = Workability(True, "ready")
# Redis is a hint: without it each process counts its own people, and a proxy that took them all out would end the site.
ALONE = Workability(True, "ready without Redis")


def readiness(app: Flask) -> Workability:
    """Whether a running server can work. The answer is at most `READY_SECONDS` old, since anybody may ask."""
    if app.extensions.get(LEAVING):
        return ENDING
    asked_at, answer = app.extensions.get(LOOKED, (-READY_SECONDS, NOT_READY))
    if time.monotonic() - asked_at >= READY_SECONDS:
        # Without a free connection this process is busy and not broken: if all of them left, nobody would be served.
        with contextlib.suppress(PoolTimeout):
            answer = _readiness(app)
        app.extensions[LOOKED] = (time.monotonic(), answer)
    return answer


def _readiness(app: Flask) -> Workability:
    if problem := obstacle(db.engine, MIGRATIONS):
        note_away(RuntimeError(problem))
        return NOT_READY
    return READY if redis.answers(app) else ALONE


def locked(database: Path) -> int:
    """The descriptor of the lock file beside a database; the lock ends with this process, however that ends.

    A lock of `lockf` belongs to one process: a child does not keep it. Of the commands `restore` alone asks for it.

    :raise SystemExit: with one sentence, if another server holds it.
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
