"""Acts on more ideas than one statement takes values."""

import sqlite3

import pytest

from ideas import clock
from ideas.blueprints import PhasePlan, QuestionPlan
from ideas.database import db, write
from ideas.entries import new_idea
from ideas.models import Activity, Decision, Entry, EntryStatus, Outcome, Participant, Round
from ideas.services import deleting, grouping, merging
from ideas.services.next_rounds import How, NextRound, Selection, begin_next_round
from ideas.services.outcomes import set_outcomes
from tests import factories

# SQLite takes 32,766 values; this database takes so many, so that the test is quick.
VALUES = 250
IDEAS = 300


@pytest.fixture
def room(app):
    room = factories.room()
    author = factories.participant(room)
    with write() as transaction:
        session = transaction.session
        who = session.get_one(Participant, author.id)
        for n in range(IDEAS):
            idea, version = new_idea(who, f"Idea {n}", "", None, clock.now())
            status = EntryStatus.VISIBLE
            session.add_all((idea, Entry(round_id=room.round_id, idea=idea, version=version, status=status)))
    return room


@pytest.fixture
def few_values(room):
    connection = db.session.connection().connection.driver_connection
    before = connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, VALUES)
    db.session.rollback()
    yield
    connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, before)


def entries(room):
    return list(db.session.scalars(db.select(Entry.id).filter_by(round_id=room.round_id).order_by(Entry.id)))


def test_all_ideas_are_answered_and_go_on(room, few_values):
    ids = entries(room)
    ideas = list(db.session.scalars(db.select(Entry.idea_id).where(Entry.id.in_(ids[:3]))))
    with pytest.raises(Exception, match="too many SQL variables"):
        db.session.scalars(db.select(Entry.id).where(Entry.id.in_(ids))).all()
    db.session.rollback()
    grouping.group_ideas(room.owner, room.round_id, ideas[:2])
    merging.merge_ideas(room.owner, ideas[2], ideas[0])
    factories.close(room)

    answered = set_outcomes(room.owner, room.round_id, None, Decision.TAKEN_FURTHER, "Good", seen=0)
    again = set_outcomes(room.owner, room.round_id, [*{*ids} - {ids[2]}], Decision.CHOSEN, "Better", seen=10**6)
    plans = (PhasePlan("vote", (Activity.VOTE,)),)
    later = begin_next_round(
        room.owner, room.round_id, NextRound(Selection(How.TOP, IDEAS - 1), plans, (QuestionPlan("approval"),))
    )

    assert (answered, again) == (IDEAS - 1, IDEAS - 1)
    assert db.session.query(Outcome).count() == 2 * (IDEAS - 1)
    assert db.session.query(Entry).filter_by(round_id=later).count() == IDEAS
    assert db.session.query(Round).count() == 2
    factories.rounds.close_round(room.owner, later)
    deleting.delete_challenge(room.owner, room.id, room.round.challenge.title)
    assert db.session.query(Entry).count() == 0
