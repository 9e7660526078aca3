"""A backup is complete while the server writes. A restored database gets new epochs."""

import contextlib
import hashlib
import shutil
import sqlite3
import subprocess
import sys
import tarfile

import pytest

from app.cli import archives
from ideas import file_store, stored_files
from ideas.database import db, write
from ideas.models import Challenge, StoredFile
from ideas.services import stored_files as stored_services
from tests import factories, uploads


def test_a_backup_holds_the_committed_rows_and_overwrites_no_file(app, tmp_path):
    factories.noise()
    copy = tmp_path / "copy.db"

    done = app.test_cli_runner().invoke(args=["backup", str(copy)])

    assert done.exit_code == 0, done.output
    with contextlib.closing(sqlite3.connect(database_in(copy, tmp_path))) as connection:
        [(ideas,)] = connection.execute("select count(*) from idea").fetchall()
        [(whole,)] = connection.execute("pragma integrity_check").fetchall()
    assert ideas == db.session.execute(db.text("select count(*) from idea")).scalar_one() > 0
    assert whole == "ok"
    assert copy.stat().st_mode & 0o077 == 0
    before = copy.read_bytes()
    again = app.test_cli_runner().invoke(args=["backup", str(copy)])
    assert again.exit_code == 1
    assert copy.read_bytes() == before


def database_in(archive, folder):
    """The database of a backup, in a file of its own, as backups were before there were uploaded files."""
    with tarfile.open(archive) as read:
        read.extract("schwarm.db", folder, filter="data")
    return folder / "schwarm.db"


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


def whole(archive, folder) -> tuple[int, str]:
    return content(database_in(archive, folder))


def test_a_backup_is_put_in_place_and_the_database_until_now_is_kept(installed, tmp_path):
    app, database, copy = installed
    with app.app_context():
        factories.room()
        db.session.remove()
        db.engine.dispose()

    done = app.test_cli_runner().invoke(args=["restore", str(copy)])

    assert done.exit_code == 0, done.output
    [aside] = [file for file in database.parent.glob(f"{database.name}.before-*") if not file.name.endswith("-wal")]
    assert str(aside) in done.output
    assert (content(database)[0], content(aside)[0], whole(copy, tmp_path)[0]) == (1, 2, 1)
    assert content(database)[1] != whole(copy, tmp_path)[1], "open pages reload"
    assert database.stat().st_mode & 0o077 == 0
    assert not database.with_name(f".{database.name}.part").exists()
    with app.app_context():
        assert db.session.query(Challenge).count() == 1


def test_the_epochs_of_a_backup_from_before_chains_are_renewed(installed, tmp_path):
    app, database, archive = installed
    copy = database_in(archive, tmp_path)
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
    shutil.move(database_in(copy, tmp_path), wrong)
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


# Uploaded files


@pytest.fixture
def uploaded(installed, tmp_path):
    """An application with a backup that has uploaded files: `(application, database, archive, room)`."""
    app, database, _copy = installed
    stored_files.register_file_owners(uploads.FILES_OF_ROOMS)
    with app.app_context():
        room = db.session.scalars(db.select(Challenge.id)).first()
        for content_ in (b"one", b"two", b"two"):
            uploads.store(room, content_)
        db.session.remove()
    archive = tmp_path / "with-files.tar"
    done = app.test_cli_runner().invoke(args=["backup", str(archive)])
    assert done.exit_code == 0, done.output
    yield app, database, archive, room
    del stored_files.FILE_OWNER_KINDS[uploads.KIND]


def files() -> list[str]:
    return sorted(path.read_text() for path in file_store.file_rules().folder.rglob("*") if path.is_file())


def lose_files() -> None:
    shutil.rmtree(file_store.file_rules().folder)


def test_a_backup_brings_lost_files_back(uploaded):
    app, database, archive, _room = uploaded
    lose_files()
    check = app.test_cli_runner().invoke(args=["journal", "check"])
    assert (check.exit_code, check.output.count("it is missing in FILES_PATH")) == (1, 3)

    done = app.test_cli_runner().invoke(args=["restore", str(archive)])

    assert done.exit_code == 0, done.output
    assert files() == ["one", "two"]
    assert {path.stat().st_mode & 0o077 for path in file_store.file_rules().folder.rglob("*")} == {0}
    check = app.test_cli_runner().invoke(args=["journal", "check"])
    assert (check.exit_code, check.output.splitlines()[-1]) == (0, "Every uploaded file is whole: 3.")
    assert sorted(path.name for path in database.parent.glob(".*")) == []


def test_a_backup_of_before_there_were_files_is_put_in_place(uploaded, tmp_path):
    app, _database, archive, _room = uploaded
    old = database_in(archive, tmp_path)
    change(old, "DROP TABLE stored_file")

    done = app.test_cli_runner().invoke(args=["restore", str(old)])

    assert done.exit_code == 0, done.output
    assert files() == ["one", "two"], "no file is removed: the database until now names them"


@pytest.mark.parametrize("how", ["cut off", "changed", "foreign"])
def test_a_damaged_archive_says_so(uploaded, tmp_path, how):
    app, database, archive, _room = uploaded
    wrong, before = tmp_path / "wrong.tar", content(database)
    data = archive.read_bytes()
    if how == "cut off":
        wrong.write_bytes(data[: data.rindex(b"two") - 100])
    elif how == "changed":
        wrong.write_bytes(data[: data.rindex(b"two")] + b"TWO" + data[data.rindex(b"two") + 3 :])
    else:
        with tarfile.open(wrong, "w") as out:
            out.add(__file__, "../../files/x")
    lose_files()

    done = app.test_cli_runner().invoke(args=["restore", str(wrong)])

    assert done.exit_code == 1
    if how == "changed":
        assert "1 uploaded files of the backup are missing or damaged" in done.output
        assert files() == ["one"]
    else:
        assert content(database) == before
        assert not list(database.parent.glob("*.before-*"))


def test_uploads_and_deletions_during_a_backup_leave_no_row_without_its_file(uploaded, tmp_path, monkeypatch):
    """Between the snapshot and the copies a file is stored and another one loses its last row."""
    app, _database, _archive, room = uploaded
    archive, look, rounds = tmp_path / "meanwhile.tar", archives.missing_files, []

    def missing_files(snapshot):
        if not rounds:
            with app.app_context():
                uploads.store(room, b"three")
                with write() as transaction:
                    gone = transaction.session.scalars(db.select(StoredFile).order_by(StoredFile.id)).first()
                    stored_files.drop_file(transaction.session, gone)
                stored_services.remove_unnamed(grace_seconds=0)
                stored_services.remove_unnamed(grace_seconds=0)
                assert files() == ["three", "two"]
                db.session.remove()
        rounds.append(snapshot)
        return look(snapshot)

    monkeypatch.setattr(archives, "missing_files", missing_files)
    done = app.test_cli_runner().invoke(args=["backup", str(archive)])

    assert done.exit_code == 0, done.output
    with tarfile.open(archive) as read:
        held = {name.rpartition("/")[2] for name in read.getnames() if name.startswith("files/")}
    with contextlib.closing(sqlite3.connect(database_in(archive, tmp_path))) as snapshot:
        assert held == {digest for (digest,) in snapshot.execute("SELECT DISTINCT digest FROM stored_file")}
    assert len(held) == 2


def test_a_backup_without_one_of_its_files_is_written_and_says_so(uploaded, tmp_path):
    app, _database, _archive, _room = uploaded
    file_store.path_of(hashlib.sha256(b"one").hexdigest()).unlink()

    done = app.test_cli_runner().invoke(args=["backup", str(tmp_path / "rest.tar")])

    assert done.exit_code == 1
    assert "1 uploaded files could not be saved" in done.output
    assert (tmp_path / "rest.tar").exists()
