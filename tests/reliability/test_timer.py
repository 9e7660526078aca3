"""The clock starts each round and ends each phase exactly once: without browsers, after a restart, and with several
processes.
"""

import contextlib
import itertools
import json
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from ideas import clock
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.journal import chain_of
from ideas.models import Activity, JournalEntry, Round
from ideas.services import rounds
from tests import factories
from tests.conftest import replace_database
from tests.realtime.conftest import make_room
from tests.servers import Server

SOON_SECONDS = 30


def plans(*lengths):
    """Phases that end by the clock after so many seconds each."""
    words = itertools.cycle((("write", Activity.WRITE), ("debate", Activity.DEBATE), ("vote", Activity.VOTE)))
    return tuple(
        PhasePlan(word, (activity,), seconds=length, advances=True)
        for length, (word, activity) in zip(lengths, words, strict=False)
    )


def soon():
    """A start time that a busy machine has not passed when the challenge is published."""
    return clock.now() + timedelta(seconds=5)


@pytest.fixture
def serve(empty_database, tmp_path):
    """Start servers on one database. It has all tables."""
    started = []

    def start(address="", program=("wsgi.py",)):
        folder = tmp_path / str(len(started))
        folder.mkdir()
        environment = {"DATABASE_URL": address or f"sqlite:///{tmp_path / 'test.db'}", "ALLOW_SECOND_SERVER": "1"}
        server = Server(folder, program, **environment)
        if not started and not address:
            replace_database(empty_database, tmp_path / "test.db")
        started.append(server)
        return server

    yield start
    for server in started:
        server.kill()
        server.detach()


def round_of(room):
    db.session.rollback()
    return db.session.get_one(Round, room.round_id)


def until(condition, seconds=SOON_SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def steps_of(room):
    """The steps of the clock in the journal: entered positions, and "close". A publication that starts is none."""
    db.session.rollback()
    query = select(JournalEntry).filter_by(chain_id=chain_of(room.challenge_id)).order_by(JournalEntry.seq)
    found = [entry for entry in db.session.scalars(query) if entry.kind in ("phase", "close")]
    bodies = [(entry.kind, json.loads(entry.body)) for entry in found]
    steps = [(kind, body) for kind, body in bodies if kind == "close" or body["clock"]]
    assert len(bodies) - len(steps) <= 1, "only the start may be by hand"
    return ["close" if kind == "close" else body["position"] for kind, body in steps]


def starts_of(room):
    return [phase.started_at for phase in round_of(room).phases]


def test_a_round_starts_and_its_phases_end_while_no_browser_is_open(serve):
    server = serve().start()
    with server.app.app_context():
        room = make_room(server, people=0, phases=plans(1, 1, 1), starts_at=soon())
        assert round_of(room).is_in_lobby

        until(lambda: round_of(room).is_closed)

        assert steps_of(room) == [0, 1, 2, "close"]
        assert factories.journal_holds() == []


def test_a_restarted_server_makes_up_for_missed_phases_exactly_once(serve):
    server = serve().start()
    with server.app.app_context():
        room = make_room(server, people=0, phases=plans(1, 1, 1, 90))
        until(lambda: round_of(room).position == 1)
        server.kill()
        until(lambda: (clock.now() - starts_of(room)[1]).total_seconds() > 2.2)
        assert round_of(room).position == 1, "no server was there to end the phase"

        server.start()
        until(lambda: round_of(room).position == 3)
        time.sleep(1)

        assert steps_of(room) == [1, 2, 3]
        lengths = [(b - a).total_seconds() for a, b in itertools.pairwise(starts_of(room)[:4])]
        assert lengths == [1, 1, 1], "each phase began when the phase before it ended"
        assert factories.journal_holds() == []


def test_a_restarted_server_makes_up_for_a_missed_start_exactly_once(serve):
    server = serve().start()
    with server.app.app_context():
        noon = soon()
        waiting, continuing = (
            make_room(server, people=0, phases=phases, starts_at=noon)
            for phases in ((PhasePlan("write", (Activity.WRITE,), seconds=60),), plans(60, 60))
        )
        server.kill()
        until(lambda: clock.now() > noon)
        assert round_of(waiting).is_in_lobby, "no server was there to start the round"

        server.start()
        until(lambda: round_of(waiting).position == 0 and round_of(continuing).position == 0)
        time.sleep(1)

        assert (steps_of(waiting), steps_of(continuing)) == ([0], [0])
        assert starts_of(waiting)[0] > noon, "the phase has its whole length"
        assert starts_of(continuing)[0] == clock.from_ms(clock.to_ms(noon)), "the announced times stay"
        assert factories.journal_holds() == []


def test_two_servers_on_one_postgresql_start_a_round_and_end_a_phase_once(serve, postgres):
    address = postgres.new_database()
    servers = [serve(address).start(), serve(address).start()]
    with servers[0].app.app_context():
        rooms = [make_room(servers[0], people=0, phases=plans(1, 1, 1, 1), starts_at=soon()) for _ in range(4)]

        until(lambda: all(round_of(room).is_closed for room in rooms))
        time.sleep(1)

        assert [steps_of(room) for room in rooms] == [[0, 1, 2, 3, "close"]] * 4
        assert factories.journal_holds() == []
    for server in servers:
        assert "Traceback" not in server.log(), server.log()


@pytest.mark.acceptance
def test_a_clock_that_checks_before_the_transaction_is_caught(serve, postgres):
    address = postgres.new_database()
    program = ("-m", "tests.reliability.careless_clock")
    servers = [serve(address, program).start(), serve(address, program).start()]
    with servers[0].app.app_context():
        room = make_room(servers[0], people=0, phases=plans(1, 90, 90))

        until(lambda: round_of(room).position == 2)

        assert steps_of(room) == [1, 2], "the second phase, of 90 s, was skipped"


@pytest.mark.acceptance
def test_two_processes_on_one_sqlite_file_end_a_phase_once(serve):
    server = serve().start()
    stopped = threading.Event()

    def other_process():
        with server.app.app_context():
            while not stopped.is_set():
                rounds.advance_due_rounds()
                time.sleep(0.01)

    with server.app.app_context():
        room = make_room(server, people=0, phases=plans(1, 1, 1, 1))
    with busy(other_process, stopped), server.app.app_context():
        until(lambda: round_of(room).is_closed)
        time.sleep(0.7)

        assert steps_of(room) == [1, 2, 3, "close"]
        assert factories.journal_holds() == []
    assert "Traceback" not in server.log(), server.log()


@contextlib.contextmanager
def busy(act, stopped):
    thread = threading.Thread(target=act)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
