"""The write transaction: one writer, immediate, durable; its events are published after the commit."""

import logging
import sqlite3
import threading
import time
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import text

from ideas import database, events
from ideas.database import db, write
from ideas.errors import Busy, NotFound
from ideas.events import DeviceSignedOut, MembershipChanged
from ideas.models import Organisation
from ideas.services.organisations import add_organisation
from tests import factories

pytestmark = pytest.mark.usefixtures("app")


@contextmanager
def other_process():
    """A separate connection, as another process has one."""
    with closing(sqlite3.connect(db.engine.url.database, timeout=0, isolation_level=None)) as connection:
        yield connection


def undone_by(error: type[Exception] | None) -> None:
    """Write a row and record an event, then fail with `error`."""
    with write() as transaction:
        add_organisation(transaction.session, "Undone")
        transaction.record(DeviceSignedOut(1))
        if error:
            raise error


def names() -> list[str]:
    with other_process() as other:
        return [name for (name,) in other.execute("SELECT name FROM organisation ORDER BY id")]


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 100)]
)
def test_every_connection_is_durable_and_strict(pragma, value):
    assert db.session.scalar(text(f"PRAGMA {pragma}")) == value

    db.session.remove()
    db.engine.dispose()

    assert db.session.scalar(text(f"PRAGMA {pragma}")) == value


def test_a_write_holds_the_write_lock_from_its_start():
    with other_process() as other:
        with write(), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")

        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")


def test_a_read_does_not_hold_the_write_lock():
    db.session.scalar(text("SELECT count(*) FROM organisation"))

    with other_process() as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")


def test_a_write_does_not_block_readers():
    with write() as transaction:
        add_organisation(transaction.session, "Half done")

        assert names() == []


def test_a_write_sees_rows_that_others_wrote_since_the_last_read():
    with write() as transaction:
        number = add_organisation(transaction.session, "Before").id
    seen = db.session.get_one(Organisation, number)
    assert seen.name == "Before"
    with other_process() as other:
        other.execute("UPDATE organisation SET name = 'After'")
    assert seen.name == "Before", "the read transaction should still show its snapshot"

    with write():
        assert seen.name == "After"
        assert db.session.get_one(Organisation, number).name == "After"


def test_a_change_outside_a_write_is_discarded():
    with write() as transaction:
        number = add_organisation(transaction.session, "Real").id
    db.session.get_one(Organisation, number).name = "Never written"

    with write():
        pass

    assert names() == ["Real"]


def test_an_error_rolls_back_and_frees_the_next_write():
    with pytest.raises(NotFound):
        undone_by(NotFound)

    with write() as transaction:
        add_organisation(transaction.session, "Done")
    assert names() == ["Done"]


def test_events_are_published_after_the_commit_in_order():
    seen: list[object] = []
    events.subscribe(events.Event, lambda event: seen.append((event, names())))

    with write() as transaction:
        transaction.record(DeviceSignedOut(1))
        add_organisation(transaction.session, "Mill")
        transaction.record(MembershipChanged(1, 2))
        assert seen == []

    assert seen == [(DeviceSignedOut(1), ["Mill"]), (MembershipChanged(1, 2), ["Mill"])]


def test_a_rolled_back_transaction_publishes_nothing(recorded):
    with pytest.raises(ZeroDivisionError):
        undone_by(ZeroDivisionError)

    assert recorded == []


def test_a_failed_commit_publishes_nothing(recorded, monkeypatch):
    def fail() -> None:
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(db.session(), "commit", fail)

    with pytest.raises(sqlite3.OperationalError):
        undone_by(None)

    assert recorded == []
    assert names() == []


def test_a_failing_subscriber_does_not_stop_the_others(recorded, caplog):
    def broken(event: events.Event) -> None:
        raise ZeroDivisionError

    events.unsubscribe(recorded.append)
    events.subscribe(events.Event, broken)
    events.subscribe(events.Event, recorded.append)

    with caplog.at_level(logging.ERROR), write() as transaction:
        add_organisation(transaction.session, "Mill")
        transaction.record(DeviceSignedOut(1))
        transaction.record(DeviceSignedOut(2))

    assert recorded == [DeviceSignedOut(1), DeviceSignedOut(2)]
    assert names() == ["Mill"]
    assert "ZeroDivisionError" in caplog.text


def test_an_unsubscribed_function_gets_no_events(recorded):
    events.unsubscribe(recorded.append)

    with write() as transaction:
        transaction.record(DeviceSignedOut(1))

    assert recorded == []


def test_a_database_that_stays_locked_raises_busy_and_works_afterwards(monkeypatch):
    monkeypatch.setattr(database, "LOCK_PATIENCE_SECONDS", 0.2)
    with other_process() as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(Busy) as refusal, write():
            pytest.fail("the body must not run")

        other.execute("ROLLBACK")
    assert refusal.value.retry_after >= 1
    with write() as transaction:
        add_organisation(transaction.session, "Afterwards")
    assert names() == ["Afterwards"]


def test_a_write_waits_a_short_time_for_another_process():
    with closing(sqlite3.connect(db.engine.url.database, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        letting_go = threading.Timer(0.3, lambda: other.execute("ROLLBACK"))
        letting_go.start()
        began = time.monotonic()

        with write() as transaction:
            add_organisation(transaction.session, "Patient")

        letting_go.join()
    assert time.monotonic() - began > 0.25
    assert names() == ["Patient"]


def test_threads_take_turns(app):
    with write() as transaction:
        number = add_organisation(transaction.session, "0").id

    def count() -> None:
        with app.app_context():
            for _ in range(10):
                with write() as transaction:
                    found = transaction.session.get_one(Organisation, number)
                    found.name = str(int(found.name) + 1)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert names() == ["80"]


def test_foreign_keys_are_enforced():
    room = factories.room()

    with pytest.raises(Exception, match="FOREIGN KEY"), write() as transaction:
        transaction.session.execute(text("DELETE FROM organisation WHERE id = :i"), {"i": room.organisation_id})


def test_the_migrations_create_the_tables_of_the_models():
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from ideas.database import Base

    context = MigrationContext.configure(db.session.connection(), opts={"compare_type": False})

    assert compare_metadata(context, Base.metadata) == []
