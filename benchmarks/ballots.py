"""Measure the cost of voting, including the database: `.venv/bin/python -m benchmarks.ballots [CASE …]`.

Print one JSON line for each case and exit with 1 if a target is missed. The room has 1,000 entries and 2,000 people,
each of whom was dealt and has marked 25 entries, in an SQLite file. Times are CPU times of this process, the least of
several turns.
"""

import argparse
import json
import sys
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import process_time

import flask_migrate
from sqlalchemy import insert

import config
from app import create_app
from ideas import clock
from ideas.actor import Actor
from ideas.blueprints import QuestionPlan
from ideas.database import db, write
from ideas.exposures import move_reads
from ideas.marks import Cast
from ideas.models import Entry, EntryStatus, Exposure, Idea, IdeaVersion, Organisation, Participant, Person, Round, Tier
from ideas.queries.ballots import spreads_of_reads, turnout_of
from ideas.queries.rankings import live_ranking_of
from ideas.queries.readiness import readiness_of
from ideas.queries.rooms import figures_of
from ideas.queries.rounds import current_round
from ideas.services import challenges
from ideas.services.ballots import cast_ballots
from ideas.services.feeds import deal
from ideas.services.readiness import measure_readiness

ENTRIES, PEOPLE, EACH = 1_000, 2_000, 25
BATCH = 100
TURNS = 5

_names = count(1)


@dataclass(frozen=True)
class Hall:
    """A round in its voting phase: the ids of its records."""

    round_id: int
    question_id: int
    entries: list[int]
    people: list[int]
    persons: list[int]

    @property
    def round(self) -> Round:
        return db.session.get_one(Round, self.round_id)


def hall(rule: str = "approval") -> Hall:
    """Make a full room in which everybody has voted."""
    challenge_id = _challenge(rule)
    round = current_round(db.session(), challenge_id)
    round_id, question_id = round.id, round.questions[0].id
    persons, people, entries = _crowd(challenge_id, round_id)
    found = Hall(round_id, question_id, entries, people, persons)
    pairs = rule == "pairs"
    casts, exposures = [], []
    for n, person in enumerate(people):
        subjects = [_subject(entries, n, k, pairs) for k in range(EACH)]
        marks = {s: 1 if (n * 7 + i * 3) % 5 else -1 for i, s in enumerate(subjects)}
        casts.append(Cast(person, round_id, str(uuid.uuid4()), str(uuid.uuid4()), 1, marks))
        keys = [s if pairs else (s, 0) for s in subjects]
        exposures += [(person, turn, *key) for turn, key in enumerate(dict.fromkeys(keys))]
    for start in range(0, len(casts), BATCH):
        assert all(answer.ok for answer in cast_ballots(casts[start : start + BATCH]))
    _expose(question_id, exposures)
    return found


def _subject(entries: list[int], n: int, k: int, pairs: bool) -> int | tuple[int, int]:
    one = (n * 13 + k * 40) % len(entries)
    if not pairs:
        return entries[one]
    other = (one + 1 + (n * 17 + k * 29) % (len(entries) - 1)) % len(entries)
    return entries[min(one, other)], entries[max(one, other)]


def _challenge(rule: str) -> int:
    profile = challenges.ChallengeForm(
        f"Benchmark {next(_names)}",
        blueprint="open_contest",
        capacity=20_000,
        questions=(QuestionPlan(rule),),
        live_ranking=True,
    )
    with write() as transaction:
        organisation = Organisation(name="Benchmark", created_at=clock.now())
        transaction.session.add(organisation)
        transaction.session.flush()
        organisation_id = organisation.id
    operator = Actor(is_operator=True)
    challenge_id = challenges.draft_challenge(operator, organisation_id, profile)
    challenges.publish_challenge(operator, challenge_id)
    return challenge_id


def _crowd(challenge_id: int, round_id: int) -> tuple[list[int], list[int], list[int]]:
    """Store persons, participants and entries; one more participant is the author of every idea."""
    at = clock.now()
    with write() as transaction:
        session = transaction.session
        persons = [Person(return_nonce=uuid.uuid4().hex[:22], created_at=at) for _ in range(PEOPLE + 1)]
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
        ideas = [Idea(challenge_id=challenge_id, author_id=people[-1].id, created_at=at) for _ in range(ENTRIES)]
        session.add_all(ideas)
        session.flush()
        versions = [
            IdeaVersion(idea_id=idea.id, n=1, title=f"Idea {idea.id}", text="", salt=bytes(16), written_at=at)
            for idea in ideas
        ]
        session.add_all(versions)
        session.flush()
        entries = [
            Entry(round_id=round_id, idea_id=idea.id, version_id=version.id, status=EntryStatus.VISIBLE)
            for idea, version in zip(ideas, versions, strict=True)
        ]
        session.add_all(entries)
        session.flush()
        return [p.id for p in persons[:-1]], [p.id for p in people[:-1]], [entry.id for entry in entries]


def _expose(question_id: int, exposures: list[tuple[int, int, int, int]]) -> None:
    at = clock.now()
    reads: dict[int, int] = {}
    for _, _, *key in exposures:
        for entry in filter(None, key):
            reads[entry] = reads.get(entry, 0) + 1
    rows = [
        {"question_id": question_id, "participant_id": p, "turn": t, "subject": s, "versus": v, "dealt_at": at}
        for p, t, s, v in exposures
    ]
    with write() as transaction:
        transaction.session.execute(insert(Exposure), rows)
        move_reads(transaction.session, question_id, reads)


def least(do: Callable[[], object], turns: int = TURNS) -> float:
    """The least CPU time of several turns in seconds, each in its own session."""
    found = []
    for _ in range(turns):
        db.session.remove()
        begin = process_time()
        do()
        found.append(process_time() - begin)
    return min(found)


def console() -> float:
    """The share of voting in a refresh of the console: figures, turnout, spread of reads, readiness."""
    at = hall()
    measure_readiness(at.round_id)

    def refresh() -> None:
        session, round = db.session(), at.round
        figures_of(session, round)
        turnout_of(session, round)
        readiness_of(session, round)
        spreads_of_reads(session, round)

    return least(refresh)


def ranking() -> float:
    """A live ranking of 1,000 entries, with their texts."""
    at = hall()
    return least(lambda: live_ranking_of(db.session(), at.round))


def deal_entries() -> float:
    """Deal ten more cards to a participant."""
    at = hall()
    persons = iter(at.persons)
    return least(lambda: deal(Actor(next(persons)), at.question_id, 10))


def deal_pairs() -> float:
    """Deal five more pairs to a participant, with known strengths."""
    at = hall("pairs")
    persons = iter(at.persons)
    deal(Actor(next(persons)), at.question_id, 5)
    return least(lambda: deal(Actor(next(persons)), at.question_id, 5))


def cast() -> float:
    """Cast one mark, in a batch of 100."""
    at = hall()
    turns = count(2)

    def batch() -> None:
        n = next(turns)
        casts = [
            Cast(
                person, at.round_id, str(uuid.uuid4()), f"page {person}", n, {at.entries[(n * 7 + person) % ENTRIES]: 1}
            )
            for person in at.people[:BATCH]
        ]
        assert all(answer.ok for answer in cast_ballots(casts))

    return least(batch, turns=20) / BATCH


@dataclass(frozen=True)
class Case:
    measure: Callable[[], float]
    seconds: float


CASES = {
    "console": Case(console, 0.050),
    "live-ranking": Case(ranking, 0.250),
    "deal-entries": Case(deal_entries, 0.050),
    "deal-pairs": Case(deal_pairs, 0.100),
    "cast": Case(cast, 0.001),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ballots", description=__doc__.splitlines()[0])
    parser.add_argument("case", nargs="*", help=f"all when none is named: {', '.join(CASES)}")
    arguments = parser.parse_args()
    if unknown := set(arguments.case) - CASES.keys():
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    is_missed = False
    for name in arguments.case or CASES:
        case = CASES[name]
        with tempfile.TemporaryDirectory() as folder:
            seconds = _alone(case, folder)
        line = {"case": name, "seconds": round(seconds, 6), "target_seconds": case.seconds, "entries": ENTRIES}
        line |= {"people": PEOPLE, "marks": PEOPLE * EACH, "missed": ["seconds"] if seconds > case.seconds else []}
        is_missed |= bool(line["missed"])
        print(json.dumps(line), flush=True)
    return int(is_missed)


def _alone(case: Case, folder: str) -> float:
    """Measure a case on its own database."""
    settings = {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/b.db", "SECRET_KEY": "x", "INSTANCE": Path(folder)}
    app = create_app({"TESTING": True, **settings})
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
