"""A command dies while it writes: the database is as before, and no half file has the name of a whole one.

The kernel kills a process that makes a file larger than its limit, so each command dies in the middle of its work.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing

import flask_migrate
import pytest

import config
from ideas import stored_files
from ideas.database import db
from ideas.file_store import MEGABYTE
from tests import factories, uploads
from tests.ideas.test_downgrades import counts, downgrade, revision

# More than the shared memory of SQLite (32 KiB), less than what each command writes.
BYTES_MAX = 40 * 1024

MORTAL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, {how})
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.argv = ["flask", "--app", "wsgi", *sys.argv[2:]]
from flask.cli import main
main()
"""
DIES, FAILS = (MORTAL.format(how=f"signal.{how}") for how in ("SIG_DFL", "SIG_IGN"))


@pytest.fixture
def run(app, tmp_path):
    """Run a command under the limit, on the database of the test. :return: its exit code and what it said"""
    environment = {
        **os.environ,
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "INSTANCE_PATH": str(tmp_path),
        "SECRET_KEY": "only for tests",
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def in_process(program: str, *arguments: str, bytes_max: int = BYTES_MAX) -> tuple[int, str]:
        db.session.remove()
        db.engine.dispose()
        command = [sys.executable, "-c", program, str(bytes_max), *arguments]
        done = subprocess.run(command, cwd=config.ROOT, env=environment, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stderr

    return in_process


def test_a_migration_that_is_killed_is_done_whole_or_not_at_all(app, run):
    room = factories.room()
    people = [factories.participant(room) for _ in range(2)]
    idea = factories.idea(room, people[0])
    factories.argument(idea, people[1])
    factories.mark(room, people[1], {idea: 1})
    before = counts()
    downgrade("0002")
    db.session.remove()

    assert run(DIES, "db", "upgrade")[0] == -signal.SIGXFSZ

    assert revision() == "0002"
    assert counts() == before
    flask_migrate.upgrade(directory=str(config.ROOT / "migrations"))
    assert counts() == before
    assert factories.journal_holds() == []


def test_a_backup_or_an_export_that_is_killed_leaves_no_half_file(app, run, tmp_path):
    room = factories.room()
    author = factories.participant(room)
    for _ in range(60):
        factories.idea(room, author, text="A long explanation. " * 40)
    factories.close(room)
    number = str(room.round_id)
    backup, export = tmp_path / "copy.db", tmp_path / "result.json"

    assert run(DIES, "backup", str(backup))[0] == -signal.SIGXFSZ
    assert run(DIES, "export", number, "--format", "json", "--output", str(export))[0] == -signal.SIGXFSZ
    assert not backup.exists()
    assert not export.exists()
    assert factories.journal_holds() == []

    code, said = run(FAILS, "backup", str(backup))
    assert (code, said.count("\n")) == (1, 1), said
    assert "can't be written" in said
    assert not list(tmp_path.glob("*copy.db*")), "nothing is left"

    assert app.test_cli_runner().invoke(args=["backup", str(backup)]).exit_code == 0
    with tarfile.open(backup) as archive:
        archive.extract("schwarm.db", tmp_path, filter="data")
    with closing(sqlite3.connect(tmp_path / "schwarm.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_backup_that_is_killed_between_two_files_leaves_nothing_that_looks_like_one(app, run, tmp_path, monkeypatch):
    monkeypatch.setitem(stored_files.FILE_OWNER_KINDS, uploads.KIND, uploads.FILES_OF_ROOMS)
    room = factories.room()
    for _ in range(3):
        uploads.store(room.id, os.urandom(MEGABYTE))
    backup, enough = tmp_path / "copy.tar", 2 * MEGABYTE + MEGABYTE // 2

    assert run(DIES, "backup", str(backup), bytes_max=enough)[0] == -signal.SIGXFSZ
    [part] = tmp_path.glob(".copy.tar.part")
    assert part.stat().st_size > MEGABYTE, "it died after the database and before the last file"
    assert not backup.exists()
    code, said = run(FAILS, "backup", str(backup), bytes_max=enough)

    assert (code, said.count("\n")) == (1, 1), said
    assert not list(tmp_path.glob("*copy.tar*")), "nothing is left"
    assert app.test_cli_runner().invoke(args=["backup", str(backup)]).exit_code == 0
    with tarfile.open(backup) as archive:
        assert (len(archive.getnames()), archive.getnames()[-1]) == (5, "complete")
