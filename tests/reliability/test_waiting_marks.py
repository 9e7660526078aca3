"""A mark waits for a change by another process, and then it is judged by what that process committed.

The change is a transaction on a connection of its own. While it holds the lock, a mark is cast; the writer has cast
before, so its statements are prepared.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, delete, insert, select, text, update
from sqlalchemy.pool import NullPool

from ideas import clock, devices, journal, statements
from ideas.database import db, write
from ideas.errors import Busy
from ideas.marks import Sender
from ideas.models import ChainEnd, Challenge, Device, Entry, EntryStatus, JournalEntry, Participant, Person, Round
from ideas.services import ballots
from tests import factories
from tests.servers import Server

WAIT_SECONDS = 30


@pytest.fixture(params=["sqlite", "postgresql"])
def app(request, tmp_path):
    if request.param == "sqlite":
        served = Server(tmp_path).lay(request.getfixturevalue("empty_database"))
    else:
        served = Server(tmp_path, DATABASE_URL=request.getfixturevalue("postgres").new_database())
    with served.app.app_context():
        yield served.app
        db.session.remove()
        db.engine.dispose()
    served.detach()


@pytest.fixture
def room(app):
    return factories.room()


def answer_after(app, room, change, command):
    """Cast while another process holds the challenge. `change` is what that process commits."""
    [answer] = done_after(app, room, change, lambda: ballots.cast_ballots([command]))
    return answer


def done_after(app, room, change, act):
    """Do an act while another process holds the challenge. `change` is what that process commits."""

    def do():
        with app.app_context():
            return act()

    db.session.remove()
    other = create_engine(db.engine.url, poolclass=NullPool)
    with ThreadPoolExecutor(1) as pool:
        with closing(other.connect().execution_options(immediate=True)) as connection:
            connection.execute(select(Challenge.id).filter_by(id=room.id).with_for_update())
            future = pool.submit(do)
            await_waiting(other)
            change(connection)
            connection.commit()
        return future.result(WAIT_SECONDS)


def await_waiting(engine):
    """Wait until a transaction waits for a lock. SQLite can't tell, and there the order makes no difference."""
    until = time.monotonic() + WAIT_SECONDS
    while engine.dialect.name == "postgresql" and time.monotonic() < until:
        with engine.connect() as asking:
            if asking.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                return
        time.sleep(0.02)


def test_what_another_process_committed_decides_on_a_mark_that_waited(app, room):
    author, *people = (factories.participant(room) for _ in range(6))
    idea, hidden = factories.idea(room, author), factories.idea(room, author)
    for person in people:
        assert factories.mark(room, person, {idea: 1, hidden: 1}).ok
    entry = factories.entry_id(hidden)

    def answer(change, person, marks):
        return answer_after(app, room, lambda c: c.execute(change), factories.cast(room, person, marks)).error

    barred, left, judge, late, _ = people
    now = clock.now()
    assert answer(update(Participant).filter_by(id=barred.id).values(barred_at=now), barred, {idea: -1}) == "barred"
    assert answer(update(Participant).filter_by(id=left.id).values(left_at=now), left, {idea: -1}) == "not_found"
    hiding = update(Entry).filter_by(id=entry).values(status=EntryStatus.HIDDEN)
    assert answer(hiding, judge, {hidden: -1}) == "not_found"
    assert answer(update(Challenge).filter_by(id=room.id).values(title="Else"), judge, {idea: -1}) is None
    assert answer(update(Round).filter_by(id=room.round_id).values(closed_at=now), late, {idea: -1}) == "closed"


def test_a_browser_that_another_process_signed_out_casts_no_mark(app, room):
    author, voter = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author)
    with write() as transaction:
        device, token = devices.add_device(transaction.session, voter.actor.person_id)
        device_id = device.id
    sender = Sender(devices.digest_of(token), voter.actor.person_id)
    command = replace(factories.cast(room, voter, {idea: 1}), participant_id=0, sender=sender)
    assert ballots.cast_ballot(command).ok

    gone = delete(Device).filter_by(id=device_id)
    again = replace(command, op=factories.op(), n=2)
    answer = answer_after(app, room, lambda connection: connection.execute(gone), again)

    assert answer.is_signed_out
    assert db.session.get(Person, voter.actor.person_id) is not None


def appending(room):
    """What another process does that appends an entry to the journal of a room."""

    def append(connection):
        columns = (ChainEnd.id, ChainEnd.seq, ChainEnd.head)
        end = journal.End(*connection.execute(select(*columns).join(Challenge).filter_by(id=room.id)).one())
        row = journal.added(end, "time", {}, room.round_id)
        names = ("chain_id", "seq", "round_id", "kind", "body", "h")
        connection.execute(insert(JournalEntry).values(dict(zip(names, row, strict=True))))
        connection.execute(update(ChainEnd).filter_by(id=end.id).values(seq=row[1], head=row[-1]))

    return append


def test_an_act_follows_the_entry_that_another_process_appended(app, room):
    """The lock of a challenge waits for one row, and the end of its chain, another row, is read as it is after that."""
    before = room.round.challenge.seq

    def act():
        with write() as transaction:
            return journal.locked(transaction, room.id).append("test", {})

    assert done_after(app, room, appending(room), act) == before + 2
    assert factories.journal_holds() == []


def test_a_mark_follows_the_entry_that_another_process_appended(app, room):
    author, voter = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author)
    assert factories.mark(room, voter, {idea: 1}).ok

    answer = answer_after(app, room, appending(room), factories.cast(room, voter, {idea: -1}, n=2))

    rows = db.session.scalars(select(JournalEntry).filter_by(chain_id=room.chain_id).order_by(JournalEntry.seq)).all()
    assert [row.kind for row in rows[-2:]] == ["time", "mark"]
    assert rows[-1].seq == answer.seq == rows[-2].seq + 1
    assert rows[-1].h == journal.link(rows[-2].h, rows[-1].body)


@pytest.mark.parametrize("app", ["postgresql"], indirect=True)
def test_behind_a_pooler_statements_are_no_longer_prepared(app, room, monkeypatch):
    """Such a pooler gives each transaction another connection, without what was prepared on the one before."""
    monkeypatch.setattr(statements.Preparing, "is_on", True)
    author, voter = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author)
    assert factories.mark(room, voter, {idea: 1}).ok
    command = factories.cast(room, voter, {idea: -1}, n=2)

    db.session.execute(text("DEALLOCATE ALL"))
    with pytest.raises(Busy):
        ballots.cast_ballot(command)

    assert ballots.cast_ballot(command).ok
    assert not statements.Preparing.is_on
    assert factories.journal_holds() == []
