"""Promise 1: an acknowledged mark survives `kill -9`; none is lost, none counts twice.

Forty voters cast and retry under the same number while the server is killed again and again.
"""

import asyncio
import contextlib
import random
import time
import uuid
from functools import partial

import pytest
import socketio
from sqlalchemy import func, select

from ideas import audit, policy
from ideas.database import db
from ideas.journal import chain_of
from ideas.models import JournalEntry, Mark, Operation
from tests.doubles import partly_here
from tests.postgres import Postgres
from tests.realtime.conftest import make_room
from tests.servers import Server, cookie_of
from tests.sockets import run

VOTERS = 40
IDEAS = 12
KILLS = 10
UPTIME_SECONDS = (0.4, 0.9)


class Voter:
    """Casts one mark after the other and repeats each under its number until it is acknowledged."""

    def __init__(self, server, actor, participant_id, round_id, entries, seed):
        self.server, self.participant_id, self.round_id, self.entries = server, participant_id, round_id, entries
        self.cookie = cookie_of(server.app, actor.person_id)
        self.client = str(uuid.uuid4())
        self.chance = random.Random(seed)
        self.acknowledged = []  # (op, n, entry, value)
        self.socket = socketio.AsyncClient(reconnection=False)

    async def vote(self, until):
        n = 0
        while not until.is_set():
            n += 1
            entry, value = self.chance.choice(self.entries), self.chance.choice([1, 0, -1])
            op = str(uuid.uuid4())
            command = {"op": op, "client": self.client, "n": n, "round": self.round_id, "marks": {str(entry): value}}
            if await self.cast(command):
                self.acknowledged.append((op, n, entry, value))
            await asyncio.sleep(0.06)
        await self.socket.disconnect()

    async def cast(self, command):
        while True:
            try:
                if not self.socket.connected:
                    await self.connect()
                answer = await self.socket.call("cast", command, timeout=2)
                if answer["ok"]:
                    return True
                assert answer["error"] == "busy", answer
            except (socketio.exceptions.SocketIOError, ConnectionError, OSError):
                pass
            await asyncio.sleep(0.1)

    async def connect(self):
        with contextlib.suppress(Exception):
            await self.socket.disconnect()
        self.socket = socketio.AsyncClient(reconnection=False)
        await self.socket.connect(self.server.url, headers={"Cookie": self.cookie}, transports=["websocket"])


async def storm(voters, faults):
    """Let everybody vote while faults happen; wait at the end until every cast is answered.

    Each fault, a function that returns when it is mended, comes at a random moment after the server has acknowledged as
    many further marks as there are voters, however slow the machine is.
    """
    over = asyncio.Event()
    crowd = asyncio.gather(*(voter.vote(over) for voter in voters))
    for fault in faults:
        enough = sum(len(voter.acknowledged) for voter in voters) + VOTERS
        while sum(len(voter.acknowledged) for voter in voters) < enough and not crowd.done():
            await asyncio.sleep(0.05)
        await asyncio.sleep(random.uniform(*UPTIME_SECONDS))
        await asyncio.to_thread(fault)
    await asyncio.sleep(1)
    over.set()
    await crowd


def complaints(voters, challenge_id):
    """Every difference between the stored and the acknowledged marks, in words."""
    found = [str(b) for b in audit.check(db.session())]
    for voter in voters:
        ops = set(db.session.scalars(select(Operation.op).filter_by(owner=f"participant-{voter.participant_id}")))
        found += [f"lost: {op}" for op, *_ in voter.acknowledged if op not in ops]
        latest = {entry: (n, value) for _, n, entry, value in voter.acknowledged}
        stored = {
            m.subject: (m.n, m.value)
            for m in db.session.scalars(select(Mark).filter_by(participant_id=voter.participant_id))
        }
        if stored != latest:
            found.append(f"voter {voter.participant_id}: stored {stored}, acknowledged {latest}")
    entries = db.session.scalar(
        select(func.count()).where(JournalEntry.chain_id == chain_of(challenge_id), JournalEntry.kind == "mark")
    )
    acknowledged = sum(len(v.acknowledged) for v in voters)
    if entries != acknowledged:
        found.append(f"{acknowledged} acknowledged, {entries} in the journal")
    return found


def killed(server):
    """A fault: the server dies at once, and starts again."""
    server.kill()
    server.start()


def crash(tmp_path, faults, program=("wsgi.py",), *, empty=None, **environment):
    """Run the storm; return `(marks acknowledged, complaints)`. Each of `faults` is called with the server. `empty`:
    the database that it begins with, unless the environment names one with all tables.
    """
    server = Server(tmp_path, program, **environment)
    if empty:
        server.lay(empty)
    try:
        with server.app.app_context():
            room = make_room(server, people=VOTERS)
            ideas = [room.submit(room.people[0], f"Idea {n}") for n in range(IDEAS)]
            entries = [room.entry(i) for i in ideas]
            voters = [
                Voter(
                    server,
                    actor,
                    policy.participation(db.session(), actor, room.challenge_id).id,
                    room.round_id,
                    entries,
                    n,
                )
                for n, actor in enumerate(room.people[1:], start=1)
            ]
            db.session.rollback()
            server.start()
            run(storm(voters, [partial(fault, server) for fault in faults]))
            db.session.remove()
            db.engine.dispose()  # its connections may be from before a fault
            found = complaints(voters, room.challenge_id)
            if "Traceback" in (log := server.log()):
                found.append(log)
            return sum(len(v.acknowledged) for v in voters), found
    finally:
        with server.app.app_context():
            db.session.remove()
            db.engine.dispose()
        server.kill()
        server.detach()


@pytest.mark.timeout(400)
@pytest.mark.parametrize("kills", partly_here([4, KILLS], 4))
def test_kills_lose_or_double_no_acknowledged_mark(tmp_path, empty_database, kills):
    acknowledged, found = crash(tmp_path, kills * [killed], empty=empty_database)

    print(f"{acknowledged} marks acknowledged across {kills} kills, {len(found)} complaints")
    assert acknowledged > kills * VOTERS
    assert found == []


@pytest.mark.acceptance
@pytest.mark.timeout(400)
def test_the_crash_test_catches_an_early_acknowledgement(tmp_path, empty_database):
    _, found = crash(tmp_path, 4 * [killed], ("-m", "tests.reliability.early_acknowledgement"), empty=empty_database)

    assert any(f.startswith("lost") for f in found)


@pytest.mark.acceptance
@pytest.mark.timeout(400)
def test_ten_kills_on_postgresql_lose_or_double_no_acknowledged_mark(mortal, tmp_path):
    acknowledged, found = crash(tmp_path, KILLS * [killed], DATABASE_URL=mortal.new_database())

    assert acknowledged > 10 * VOTERS
    assert found == []


def end_postgres(mortal, end):
    """A fault: PostgreSQL ends, stays away for a moment, and starts again."""

    def fault(server):
        end(mortal)
        time.sleep(1)
        mortal.go_on()

    return fault


@pytest.mark.acceptance
@pytest.mark.timeout(400)
@pytest.mark.parametrize("end", [Postgres.halt, Postgres.kill])
def test_an_end_of_postgresql_loses_or_doubles_no_acknowledged_mark(mortal, tmp_path, end):
    """The server goes on without a restart."""
    acknowledged, found = crash(tmp_path, 5 * [end_postgres(mortal, end)], DATABASE_URL=mortal.new_database())

    assert acknowledged > 5 * VOTERS
    assert found == []


@pytest.mark.acceptance
@pytest.mark.timeout(400)
def test_the_crash_test_catches_commits_that_do_not_wait_for_postgresql(mortal, tmp_path):
    program = ("-m", "tests.reliability.hasty_commits")
    faults = 5 * [end_postgres(mortal, Postgres.kill)]

    _, found = crash(tmp_path, faults, program, DATABASE_URL=mortal.new_database())

    assert any(f.startswith("lost") for f in found)
