"""A backup is complete while the server writes. A restored database gets new epochs."""

import contextlib
import shutil
import sqlite3
import subprocess
import sys

import pytest

from ideas.database import db
from ideas.models import Challenge
from tests import factories


def test_a_backup_holds_the_committed_rows_and_overwrites_no_file(app, tmp_path):
    factories.noise()
    copy = tmp_path / "copy.db"

    done = app.test_cli_runner().invoke(args=["backup", str(copy)])

    assert done.exit_code == 0, done.output
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        [(ideas,)] = connection.execute("select count(*) from idea").fetchall()
        [(whole,)] = connection.execute("pragma integrity_check").fetchall()
    assert ideas == db.session.execute(db.text("select count(*) from idea")).scalar_one() > 0
    assert whole == "ok"
    assert copy.stat().st_mode & 0o077 == 0
    before = copy.read_bytes()
    again = app.test_cli_runner().invoke(args=["backup", str(copy)])
    assert again.exit_code == 1
    assert copy.read_bytes() == before


def test_the_restored_command_renews_every_epoch(app):
    factories.noise()
    before = {c.id: c.epoch for c in db.session.query(Challenge)}

    done = app.test_cli_runner().invoke(args=["restored"])

    db.session.rollback()
    after = {c.id: c.epoch for c in db.session.query(Challenge)}
    assert done.exit_code == 0, done.output
    assert before.keys() == after.keys()
    assert not set(before.values()) & set(after.values())


# `restore`, with real files


@pytest.fixture
def installed(make_app, database):
    """An application on a database with content, and a backup of it."""
    app = make_app()
    with app.app_context():
        factories.room()
        db.session.remove()
    copy = database.with_name("kept.db")
    copy.unlink(missing_ok=True)
    assert app.test_cli_runner().invoke(args=["backup", str(copy)]).exit_code == 0
    yield app, database, copy
    for left in database.parent.glob("*.before-*"):
        left.unlink()
    copy.unlink()


def content(database) -> tuple[int, str]:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        [row] = connection.execute("SELECT count(*), max(epoch) FROM chain").fetchall()
        return row


def test_a_backup_is_put_in_place_and_the_database_until_now_is_kept(installed):
    app, database, copy = installed
    with app.app_context():
        factories.room()
        db.session.remove()
        db.engine.dispose()

    done = app.test_cli_runner().invoke(args=["restore", str(copy)])

    assert done.exit_code == 0, done.output
    [aside] = [file for file in database.parent.glob(f"{database.name}.before-*") if not file.name.endswith("-wal")]
    assert str(aside) in done.output
    assert (content(database)[0], content(aside)[0], content(copy)[0]) == (1, 2, 1)
    assert content(database)[1] != content(copy)[1], "open pages reload"
    assert database.stat().st_mode & 0o077 == 0
    assert not database.with_name(f".{database.name}.part").exists()
    with app.app_context():
        assert db.session.query(Challenge).count() == 1


def test_the_epochs_of_a_backup_from_before_chains_are_renewed(installed):
    app, database, copy = installed
    with contextlib.closing(sqlite3.connect(copy)) as old:
        old.execute("ALTER TABLE challenge ADD COLUMN epoch TEXT DEFAULT 'of then'")
        old.execute("DROP TABLE chain")
        old.execute("UPDATE alembic_version SET version_num = '0059'")
        old.commit()

    done = app.test_cli_runner().invoke(args=["restore", str(copy)])

    assert "The backup is of an older version." in done.output
    with contextlib.closing(sqlite3.connect(database)) as restored:
        assert restored.execute("SELECT count(*) FROM challenge WHERE epoch <> 'of then'").fetchone() == (1,)


def test_nothing_is_restored_while_a_server_runs(installed):
    """The lock belongs to a process, so another one holds it."""
    app, database, copy = installed
    before = content(database)
    code = (
        "import fcntl, os, sys, time; d = os.open(sys.argv[1] + '.server', os.O_RDWR | os.O_CREAT);"
        "fcntl.lockf(d, fcntl.LOCK_EX); os.ftruncate(d, 0); os.pwrite(d, b'4711', 0);"
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdout.readline() == b"held\n"
        refused = app.test_cli_runner().invoke(args=["restore", str(copy)])
        server.stdin.close()

    assert refused.exit_code == 1
    assert "Another server (process 4711) uses the database" in str(refused.exception) + refused.output
    assert content(database) == before


def test_nothing_is_restored_while_another_process_has_the_database_open(installed):
    """A server with ALLOW_SECOND_SERVER holds no lock."""
    app, database, copy = installed
    with contextlib.closing(sqlite3.connect(database)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("SELECT count(*) FROM challenge").fetchall()
        refused = app.test_cli_runner().invoke(args=["restore", str(copy)])

    assert refused.exit_code == 1
    assert "Another process uses" in refused.output
    assert not list(database.parent.glob("*.before-*"))
    assert content(database)[0] == 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda file: file.write_bytes(b"no database at all"), "is no backup of Schwarm"),
        (lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]), "is"),
        (lambda file: file.with_name(f"{file.name}-wal").write_bytes(b"log"), "the copy of a live database"),
        (lambda file: change(file, "UPDATE alembic_version SET version_num = '9999'"), "of a newer version"),
        (lambda file: change(file, "DROP TABLE alembic_version"), "is no backup of Schwarm"),
    ],
    ids=["no database", "cut off", "live copy", "newer", "another program"],
)
def test_what_is_no_backup_is_refused_and_nothing_is_moved(installed, tmp_path, spoil, said):
    app, database, copy = installed
    before, wrong = database.read_bytes(), tmp_path / "wrong.db"
    shutil.copyfile(copy, wrong)
    spoil(wrong)

    refused = app.test_cli_runner().invoke(args=["restore", str(wrong)])

    assert refused.exit_code == 1
    assert said in refused.output
    assert database.read_bytes() == before


def change(file, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


def test_the_database_is_no_backup_of_itself(installed):
    app, database, _ = installed

    assert "the database itself" in app.test_cli_runner().invoke(args=["restore", str(database)]).output


def test_a_damaged_database_is_moved_aside_with_what_lies_beside_it(installed):
    app, database, copy = installed
    with app.app_context():
        db.engine.dispose()
    database.write_bytes(b"damaged")
    database.with_name(f"{database.name}-wal").write_bytes(b"its log")

    done = app.test_cli_runner().invoke(args=["restore", str(copy)])

    assert done.exit_code == 0, done.output
    assert content(database)[0] == 1
    kept = sorted(file.read_bytes() for file in database.parent.glob(f"{database.name}.before-*"))
    assert kept == [b"damaged", b"its log"]


def test_a_backup_without_a_name_goes_into_the_folder_of_the_installation(app, tmp_path):
    done = app.test_cli_runner().invoke(args=["backup"])

    assert done.exit_code == 0, done.output
    assert [file.name.startswith("schwarm-20") for file in (tmp_path / "backups").iterdir()] == [True]
