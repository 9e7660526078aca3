"""What is erased or deleted after a time: once, whatever crashes."""

import io
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from ideas import clock, forgetting, journal, leases
from ideas.blueprints import QuestionPlan
from ideas.database import db, write
from ideas.exports import FORMATS
from ideas.models import (
    Anonymity,
    Ballot,
    Exposure,
    JournalEntry,
    Mark,
    Operation,
    Participant,
    Round,
    StreamItem,
    Tally,
)
from ideas.queries.rankings import rankings_of
from ideas.services import finishing, retention
from ideas.services.assessing import assess_round
from tests import factories

DAY = timedelta(days=1)


@pytest.fixture
def later(monkeypatch):
    """Move the clock on."""

    def move(by: timedelta) -> None:
        now = clock.now() + by
        monkeypatch.setattr(clock, "now", lambda: now)

    return move


def content() -> list[str]:
    """The whole content of the database, as statements, without leases."""
    db.session.rollback()
    with closing(sqlite3.connect(db.engine.url.database)) as connection:
        return [line for line in connection.iterdump() if 'INTO "lease"' not in line]


def closed_room(**fields: object) -> factories.Room:
    """A closed room in which everybody voted, some changed a vote, and one person is done."""
    room = factories.room(**fields)
    people = [factories.participant(room) for _ in range(4)]
    found = [factories.idea(room, person) for person in people[:2]]
    questions = [question.id for question in room.round.questions]
    for voter in people[2:]:
        factories.mark(room, voter, dict.fromkeys(found, 1), question_id=questions[0])
        factories.mark(room, voter, {found[0]: -1}, question_id=questions[0])
        finishing.finish_ballot(voter.actor, questions[0])
    factories.close(room)
    assess_round(room.round_id)
    return room


@pytest.fixture
def room(app, noise):
    return closed_room(anonymity=Anonymity.FOR_GOOD, questions=(QuestionPlan("approval"), QuestionPlan("pairs")))


# Hidden for good


def test_ballots_are_forgotten_thirty_days_after_the_close(room, later):
    later(29 * DAY)
    retention.run_due()
    assert not room.round.is_forgotten
    assert db.session.query(Mark).filter_by(question_id=room.question_id).count() == 4

    later(DAY + timedelta(seconds=1))
    retention.run_due()

    db.session.rollback()
    assert room.round.key == b""
    assert set(db.session.scalars(select(Participant.secret).filter_by(challenge_id=room.id))) == {b""}
    assert db.session.query(Mark).filter_by(question_id=room.question_id).count() == 0
    assert db.session.scalars(select(JournalEntry.kind).filter_by(challenge_id=room.id)).all()[-1] == "forget"
    assert factories.journal_holds() == []


def test_counts_result_and_exports_stay(room, later):
    def figures() -> object:
        db.session.rollback()
        return [
            (r.turnout, r.done, [(p.place, p.figures) for p in r.places]) for r in rankings_of(db.session(), room.round)
        ]

    before, turnout = figures(), room.round.turnout
    later(31 * DAY)
    retention.run_due()

    assert figures() == before
    assert room.round.turnout == turnout
    for one in (one for one in FORMATS.values() if not one.shows_ballots):
        out = io.BytesIO()
        one.write(db.session(), room.round, out)
        assert out.getvalue()


def test_nothing_that_stays_joins_a_participant_to_a_mark(room, later):
    """The attacker holds the database and looks for a participant beside a number or a time of voting."""
    assert db.session.query(StreamItem).filter(StreamItem.lane.like("participant-%")).count()
    later(31 * DAY)
    retention.run_due()

    db.session.rollback()
    of_room = [p.handle for p in db.session.scalars(select(Participant).filter_by(challenge_id=room.id))]
    lanes = select(StreamItem.lane).filter_by(challenge_id=room.id).where(StreamItem.lane.in_(of_room))
    assert db.session.scalars(lanes).all() == []
    assert db.session.query(Operation).filter(Operation.owner.in_(of_room)).count() == 0
    assert db.session.query(Exposure).filter_by(question_id=room.question_id).count() == 0
    ended = set(db.session.scalars(select(Ballot.done_at).filter_by(question_id=room.question_id)))
    assert len(ended) == 1, "no order of those who are done"


def test_a_second_run_changes_nothing(room, later):
    later(31 * DAY)
    retention.run_due()
    before = content()

    retention.run_due()
    later(DAY)
    retention.run_due()

    assert content() == before


def test_a_run_that_dies_in_the_middle_leaves_everything_and_the_next_one_does_it(room, later, monkeypatch):
    later(31 * DAY)
    before = content()
    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "_forget_commands", lambda *_: 1 / 0)
        retention.run_due()
    assert content() == before

    retention.run_due()
    assert room.round.is_forgotten
    assert factories.journal_holds() == []


def test_only_one_process_works_at_a_time(room, later):
    later(31 * DAY)
    with leases.held(retention.LEASE, 60):
        retention.run_due()
    assert not room.round.is_forgotten

    retention.run_due()
    assert room.round.is_forgotten


@pytest.mark.parametrize("anonymity", [Anonymity.NAMED, Anonymity.UNTIL_RESULT])
def test_other_rounds_are_not_forgotten(app, later, anonymity):
    room = closed_room(anonymity=anonymity)
    later(400 * DAY)

    retention.run_due()

    assert not room.round.is_forgotten


def test_an_open_round_is_not_forgotten(app, later):
    room = factories.sealed_room()
    later(400 * DAY)

    retention.run_due()

    assert not room.round.is_forgotten


def test_a_result_that_was_not_assessed_yet_is_assessed_first(app, later):
    room = factories.sealed_room()
    people = [factories.participant(room) for _ in range(2)]
    factories.mark(room, people[1], {factories.idea(room, people[0]): 1})
    factories.close(room)
    later(31 * DAY)

    retention.run_due()

    [ranking] = rankings_of(db.session(), room.round)
    assert ranking.assessed is not None
    assert not assess_round(room.round_id)
    assert factories.journal_holds() == []


def test_the_check_still_finds_a_changed_count(room, later):
    later(31 * DAY)
    retention.run_due()
    with write() as transaction:
        transaction.session.execute(update(Tally).where(Tally.question_id == room.question_id).values(n=Tally.n + 1))

    [problem] = factories.journal_holds()
    assert "the counters are not the sums of the marks" in problem


def test_the_check_finds_ballots_that_were_forgotten_without_an_entry(room):
    with write() as transaction:
        transaction.session.execute(update(Round).where(Round.id == room.round_id).values(key=b""))

    [problem] = factories.journal_holds()
    assert "the forgotten rounds are not those of the journal" in problem


def test_the_check_finds_a_mark_that_came_back(room, later):
    kept = db.session.scalars(select(Mark).filter_by(question_id=room.question_id)).first()
    row = {column.name: getattr(kept, column.name) for column in Mark.__table__.columns}
    later(31 * DAY)
    retention.run_due()
    with write() as transaction:
        transaction.session.add(Mark(**row))

    assert factories.journal_holds()


def test_the_recount_of_a_journal_gives_the_counts(app):
    marks = journal.Recount()
    for seq, (person, value) in enumerate([("a", 1), ("b", 1), ("a", -1)], 1):
        marks.read(seq, {"kind": "mark", "p": person, "q": 7, "m": [[3, value]], "c": str(seq), "n": 1})

    assert marks.sums({7}) == {(7, 3, 0, 1): 1, (7, 3, 0, -1): 1}
    assert marks.sums({8}) == {}
