"""Measure the cost of a full room: `.venv/bin/python -m benchmarks.console [CASE …]`.

Print one JSON line for each case and exit with 1 if a target is missed. The room has 1,000 people, of whom 500 wrote
1,000 visible ideas and 1,000 pending ones, and 1,000 arguments, in an SQLite file. Times are CPU times of this process
for one whole request (routing, viewer, queries, template), the least of several turns; `bytes` is the answer before
compression.

Only the console and its frames have a target; the other cases are for information. `reveal` is one transaction, and
`entries` counts the rows that it stores in the streams of lanes; `deliver-reveal` is the delivery of its frames to the
queues of 1,000 sockets. After a change of phase each page requests `room-parts`, and after a large reveal also
`room-list`.
"""

import argparse
import json
import sys
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import flask_migrate
from engineio.socket import Socket as EngineSocket
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import config
from app import create_app
from ideas import clock, journal
from ideas.actor import Actor
from ideas.blueprints import PhasePlan
from ideas.database import db, write
from ideas.marks import Cast
from ideas.models import (
    Activity,
    Argument,
    Challenge,
    Entry,
    EntryStatus,
    Idea,
    IdeaVersion,
    Participant,
    Person,
    Round,
    Stance,
    StreamItem,
    Tier,
)
from ideas.people import add_account
from ideas.queries.rounds import current_round
from ideas.services import accounts, challenges, organisations, rounds
from ideas.services.ballots import cast_ballots
from ideas.services.readiness import measure_readiness
from realtime import fragments
from realtime.connections import Connection
from realtime.server import RealtimeServer

PEOPLE, AUTHORS, SHOWN, PENDING, ARGUMENTS = 1_000, 500, 1_000, 1_000, 1_000
MARKS_EACH = 10
TURNS = 15

PLANS = (
    PhasePlan("write", (Activity.WRITE,), others_visible=False),
    PhasePlan("debate", (Activity.WRITE, Activity.DEBATE)),
    PhasePlan("vote", (Activity.VOTE,)),
)
WRITE, DEBATE, VOTE = range(3)

# Typical contributions: a headline, and often a few more lines.
WORDS = (
    "Bread from yesterday goes into a box by the door, half the price, first come first served. *Nobody* has to ask."
    "\n\nWhat is left at noon goes to the kitchen for the soup."
)


@dataclass(frozen=True)
class Hall:
    """A full room: its owner, and its people as ids of person and participant, authors first."""

    challenge_id: int
    round_id: int
    owner: Actor
    people: list[tuple[int, int]]
    entries: list[int]

    @property
    def slug(self) -> str:
        return db.session.get_one(Challenge, self.challenge_id).slug

    @property
    def round(self) -> Round:
        return db.session.get_one(Round, self.round_id)


def hall(position: int, *, sealed: bool = False) -> Hall:
    """Make the room in the phase at `position`. `sealed`: the ideas are sealed and none is pending."""
    with write() as transaction:
        account_id = add_account(transaction, "owner@example.org", "no password").id
    owner = Actor(accounts.person_of_account(account_id), account_id)
    organisation_id = organisations.create_organisation(owner, "Benchmark")
    profile = challenges.ChallengeForm(
        "A full hall", blueprint="open_contest", capacity=20_000, phases=PLANS, approval=not sealed
    )
    challenge_id = challenges.draft_challenge(owner, organisation_id, profile)
    challenges.publish_challenge(owner, challenge_id)
    round_id = current_round(db.session(), challenge_id).id
    for step in range(1, position + 1):
        rounds.step_to_phase(owner, round_id, step)
    people, entries = _crowd(challenge_id, round_id, sealed)
    return Hall(challenge_id, round_id, owner, people, entries)


def _crowd(challenge_id: int, round_id: int, sealed: bool) -> tuple[list[tuple[int, int]], list[int]]:
    at = clock.now()
    with write() as transaction:
        session = transaction.session
        persons = [Person(return_nonce=uuid.uuid4().hex[:22], created_at=at) for _ in range(PEOPLE)]
        session.add_all(persons)
        session.flush()
        people = [
            Participant(
                challenge_id=challenge_id,
                person_id=person.id,
                name=f"Person {n}",
                name_key=f"person{n}",
                look_key=f"person{n}",
                tier=Tier.OPEN,
                secret=uuid.uuid4().bytes,
                joined_at=at,
            )
            for n, person in enumerate(persons)
        ]
        session.add_all(people)
        session.flush()
        shown = _ideas(session, round_id, people, SHOWN, EntryStatus.VISIBLE, sealed)
        if not sealed:
            _ideas(session, round_id, people, PENDING, EntryStatus.PENDING, sealed)
            session.add_all(
                Argument(
                    idea_id=shown[n % len(shown)].idea_id,
                    author_id=people[n % PEOPLE].id,
                    stance=tuple(Stance)[n % 3],
                    text=f"Remark {n}: what if nobody comes before noon?",
                    salt=bytes(16),
                    status=EntryStatus.VISIBLE,
                    written_at=at,
                )
                for n in range(ARGUMENTS)
            )
        return [(p.person_id, p.id) for p in people], [entry.id for entry in shown]


def _ideas(
    session: Session, round_id: int, people: list[Participant], n: int, status: EntryStatus, sealed: bool
) -> list[Entry]:
    at = clock.now()
    challenge_id = people[0].challenge_id
    ideas = [Idea(challenge_id=challenge_id, author_id=people[k % AUTHORS].id, created_at=at) for k in range(n)]
    session.add_all(ideas)
    session.flush()
    versions = [
        IdeaVersion(
            idea_id=idea.id,
            n=1,
            title=f"Idea {idea.id}: a box for yesterday's bread",
            text=f"{WORDS} ({idea.id})" if idea.id % 3 else "",
            salt=bytes(16),
            written_at=at,
        )
        for idea in ideas
    ]
    session.add_all(versions)
    session.flush()
    entries = [
        Entry(round_id=round_id, idea_id=idea.id, version_id=version.id, status=status, sealed=sealed)
        for idea, version in zip(ideas, versions, strict=True)
    ]
    session.add_all(entries)
    session.flush()
    return entries


def vote(at: Hall) -> None:
    """Deal ten ideas to everybody but one, and store their marks."""
    casts = []
    for n, (_, participant_id) in enumerate(at.people[:-1]):
        marks = {at.entries[(n * 13 + k * 40 + 7) % SHOWN]: 1 if (n + k) % 3 else -1 for k in range(MARKS_EACH)}
        casts.append(Cast(participant_id, at.round_id, str(uuid.uuid4()), str(uuid.uuid4()), 1, marks))
    for start in range(0, len(casts), 100):
        cast_ballots(casts[start : start + 100])
    measure_readiness(at.round_id)


@dataclass(frozen=True)
class Measured:
    seconds: float
    bytes: int
    frames: int | None = None
    entries: int | None = None


def least(do: Callable[[], object], turns: int = TURNS) -> float:
    """The least CPU time of several turns in seconds, each in its own session."""
    found = []
    for _ in range(turns):
        db.session.remove()
        begin = process_time()
        do()
        found.append(process_time() - begin)
    return min(found)


def browser_of(person_id: int) -> FlaskClient:
    token = accounts.new_device(person_id)
    browser = current_app.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = token
        session["_fresh"] = True
    return browser


def request(browser: FlaskClient, path: str, **more: str) -> Measured:
    def ask() -> None:
        answer = browser.get(path, headers={"Accept": "text/html", "Accept-Language": "de", **more})
        assert answer.status_code == 200, answer.status
        found.append(len(answer.data))

    found: list[int] = []
    ask()  # statements and templates are compiled once
    return Measured(least(ask), found[-1])


def page(path: str, position: int = DEBATE, *, facilitates: bool = True, **headers: str) -> Callable[[], Measured]:
    """A case that requests an address as owner or participant; `{s}` is the slug of the challenge, `{c}` its number."""

    def measure() -> Measured:
        at = hall(position)
        if position == VOTE:
            vote(at)
        person_id = (at.owner.person_id or 0) if facilitates else at.people[-1][0]
        return request(browser_of(person_id), path.format(c=at.challenge_id, s=at.slug), **headers)

    return measure


def closed() -> Measured:
    """The console after the close, with the buttons for the big screen."""
    at = hall(VOTE)
    vote(at)
    rounds.close_round(at.owner, at.round_id)
    return request(browser_of(at.owner.person_id or 0), f"/challenges/{at.slug}/console")


def pushed(lane: str, handles: int) -> Callable[[], Measured]:
    """A frame for a lane with so many ideas."""

    def measure() -> Measured:
        at = hall(DEBATE)
        ids = db.session.scalars(select(Entry.idea_id).filter_by(round_id=at.round_id).limit(handles)).all()
        touched = [f"idea-{i}" for i in ids] + ["figures"]
        sizes: list[int] = []

        def tell() -> None:
            with current_app.test_request_context():
                _, payload = fragments.frame(at.round, lane, touched, "de", after=0, seq=1)
            sizes.append(len(json.dumps(payload)))

        tell()
        return Measured(least(tell), sizes[-1])

    return measure


def reveal() -> Measured:
    """The transaction of a reveal; `entries`: the rows that it stores in the streams of lanes."""
    at = hall(WRITE, sealed=True)
    begin = process_time()
    rounds.step_to_phase(at.owner, at.round_id, DEBATE)
    seconds = process_time() - begin
    db.session.rollback()
    entries = db.session.scalar(select(func.count()).select_from(StreamItem))
    return Measured(seconds, 0, entries=entries)


def deliver_reveal() -> Measured:
    """Render the frames of a reveal and put them into the queue of every socket; sending is not included."""
    at = hall(WRITE, sealed=True)
    server = current_app.extensions["schwarm-realtime"]
    server.is_listening = True
    _connect_everybody(server, at)
    rounds.step_to_phase(at.owner, at.round_id, DEBATE)
    begin = process_time()
    with server.context():
        server.publisher.flush()
    seconds = process_time() - begin
    sockets = list(current_app.extensions["socketio"].server.eio.sockets.values())
    sent = [packet.encode() for socket in sockets for packet in list(socket.queue.queue)]
    return Measured(seconds, sum(map(len, sent)), frames=len(sent))


def _connect_everybody(to: RealtimeServer, at: Hall) -> None:
    """Connect everybody in the room and its facilitator with a socket that never sends its queue."""
    server = current_app.extensions["socketio"].server
    lanes = [(person, ["room", f"participant-{participant}"]) for person, participant in at.people]
    for n, (person_id, of) in enumerate([*lanes, (at.owner.person_id, ["room", "facilitators"])]):
        server.eio.sockets[f"socket{n}"] = EngineSocket(server.eio, f"socket{n}")
        sid = server.manager.connect(f"socket{n}", "/")
        connection = Connection(sid, "", Actor(person_id), n, "de", lanes={at.challenge_id: of})
        to.connections.add(connection)
        to.audiences.enter(sid, at.challenge_id, of, "de")


@dataclass(frozen=True)
class Case:
    measure: Callable[[], Measured]
    seconds: float | None = None


CASES = {
    "console": Case(page("/challenges/{s}/console"), 0.050),
    "console-vote": Case(page("/challenges/{s}/console", VOTE), 0.050),
    "console-readiness": Case(page("/challenges/{c}/console/parts?only=readiness", VOTE), 0.050),
    "console-page-9": Case(page("/challenges/{s}/console?ideas=9"), 0.050),
    "console-search": Case(page("/challenges/{s}/console?find_ideas=kitchen+77"), 0.100),
    "console-check": Case(page("/challenges/{c}/console/parts?only=check"), 0.050),
    "console-closed": Case(closed),
    "console-frame-1": Case(pushed(journal.FACILITATORS, 1), 0.050),
    "console-frame-50": Case(pushed(journal.FACILITATORS, 50), 0.050),
    "room-frame-1": Case(pushed(journal.ROOM, 1), 0.050),
    "room": Case(page("/challenges/{s}", facilitates=False)),
    "room-vote": Case(page("/challenges/{s}", VOTE, facilitates=False)),
    "room-parts": Case(page("/challenges/{c}/parts", facilitates=False)),
    "room-list": Case(page("/challenges/{c}/idea-list", facilitates=False, **{"Accept-Encoding": "gzip"})),
    "room-mine": Case(page("/challenges/{c}/mine", facilitates=False)),
    "screen": Case(page("/challenges/{s}/screen")),
    "ballot": Case(page("/challenges/{s}/ballot", VOTE, facilitates=False)),
    "ballot-marks": Case(page("/challenges/{s}/ballot/marks", VOTE, facilitates=False)),
    "reveal": Case(reveal),
    "deliver-reveal": Case(deliver_reveal),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console", description=__doc__.splitlines()[0])
    parser.add_argument("case", nargs="*", help=f"all when none is named: {', '.join(CASES)}")
    arguments = parser.parse_args()
    if unknown := set(arguments.case) - CASES.keys():
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    is_missed = False
    for name in arguments.case or CASES:
        case = CASES[name]
        with tempfile.TemporaryDirectory() as folder:
            measured = _alone(case, folder)
        line = {"case": name} | {key: value for key, value in measured.__dict__.items() if value is not None}
        line["seconds"] = round(measured.seconds, 4)
        if case.seconds is not None:
            line |= {"target_seconds": case.seconds, "missed": measured.seconds > case.seconds}
            is_missed |= line["missed"]
        print(json.dumps(line), flush=True)
    return int(is_missed)


def _alone(case: Case, folder: str) -> Measured:
    """Measure a case on its own database."""
    settings = {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/b.db", "SECRET_KEY": "x", "INSTANCE": Path(folder)}
    app = create_app({"TESTING": True, "REGISTRATION": "open", **settings})
    with app.app_context():
        flask_migrate.upgrade(directory=str(config.ROOT / "migrations"))
        try:
            return case.measure()
        finally:
            db.session.remove()
            db.engine.dispose()
            app.extensions["schwarm-realtime"].detach()


if __name__ == "__main__":
    sys.exit(main())
