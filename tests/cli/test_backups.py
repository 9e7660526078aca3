"""A backup is complete while the server writes. A restored database gets new epochs."""

import contextlib
import sqlite3

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
