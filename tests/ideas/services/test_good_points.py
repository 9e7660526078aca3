"""Good points: one mark for each person and argument, sealed until the close."""

import json

import pytest
from sqlalchemy import select

from ideas import journal
from ideas.database import db, write
from ideas.errors import Barred, Forbidden, NotFound, OwnArgument, PhaseForbids, RoundIsClosed
from ideas.events import GoodPointMarked, GoodPointTakenBack
from ideas.forgetting import forget_ballots
from ideas.models import GoodPoint, JournalEntry, Round
from ideas.queries.ideas import argument_rows
from ideas.services import arguments, guests, moderation, participants
from tests import factories


@pytest.fixture
def critic(room):
    return factories.participant(room, "Critic")


@pytest.fixture
def reader(room):
    return factories.participant(room, "Reader")


@pytest.fixture
def remark(room, author, critic):
    return factories.argument(factories.idea(room, author), critic)


def holders():
    db.session.rollback()
    return sorted(db.session.scalars(select(GoodPoint.participant_id)))


def points_of(room, remark):
    [row] = argument_rows(db.session(), room.round, ids=[remark])
    return row.points


def test_a_second_press_takes_the_mark_back(reader, remark, recorded):
    assert arguments.toggle_good_point(reader.actor, remark) is True
    assert holders() == [reader.id]
    assert arguments.toggle_good_point(reader.actor, remark) is False

    assert holders() == []
    assert [type(event) for event in recorded if isinstance(event, GoodPointMarked | GoodPointTakenBack)] == [
        GoodPointMarked,
        GoodPointTakenBack,
    ]
    assert factories.journal_holds() == []


def test_a_press_on_what_changed_meanwhile_takes_nothing_back(reader, remark):
    for _ in range(2):  # a double click
        assert arguments.toggle_good_point(reader.actor, remark, was=False) is True
    assert holders() == [reader.id]
    for _ in range(2):
        assert arguments.toggle_good_point(reader.actor, remark, was=True) is False

    assert holders() == []


def test_nobody_else_hears_of_a_mark_and_the_journal_names_nobody(reader, remark, recorded):
    arguments.toggle_good_point(reader.actor, remark)

    assert factories.lane_updates(recorded) == [(f"participant-{reader.id}", (f"argument-{remark}",))]
    [body] = db.session.scalars(select(JournalEntry.body).where(JournalEntry.kind == "good"))
    told = json.loads(body)
    assert {key: told[key] for key in told.keys() - {"salt", "round"}} == {"kind": "good", "argument": remark}


def test_nobody_marks_their_own_argument(critic, remark):
    with pytest.raises(OwnArgument):
        arguments.toggle_good_point(critic.actor, remark)

    assert holders() == []


def test_counts_are_absent_until_the_close(room, reader, author, remark):
    for person in (reader, author):
        arguments.toggle_good_point(person.actor, remark)
    assert points_of(room, remark) is None

    factories.close(room)

    assert points_of(room, remark) == 2
    with pytest.raises(RoundIsClosed):
        arguments.toggle_good_point(reader.actor, remark)


def test_a_live_ranking_shows_them_at_once(app, recorded):
    room = factories.room(live_ranking=True)
    people = [factories.participant(room) for _ in range(2)]
    remark = factories.argument(factories.idea(room, people[0]), people[0])
    recorded.clear()

    arguments.toggle_good_point(people[1].actor, remark)

    lanes = {lane for lane, _ in factories.lane_updates(recorded)}
    assert lanes == {f"participant-{people[1].id}", "room", "facilitators"}
    assert points_of(room, remark) == 1


def test_only_a_debate_phase_takes_marks(app):
    room = factories.room(phases=factories.STEPS)
    author, reader = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author)
    factories.step(room, "debate")
    remark = factories.argument(idea, author)
    factories.step(room, "vote")

    with pytest.raises(PhaseForbids):
        arguments.toggle_good_point(reader.actor, remark)


def test_only_participants_mark_what_the_room_sees(room, noise, reader, remark):
    with pytest.raises(Forbidden):
        arguments.toggle_good_point(room.owner, remark)
    with pytest.raises(NotFound):
        arguments.toggle_good_point(reader.actor, 9999)
    with pytest.raises((Forbidden, NotFound)):
        arguments.toggle_good_point(noise.people[0].actor, remark)
    moderation.hide_argument(room.owner, remark, "insult")
    with pytest.raises(NotFound):
        arguments.toggle_good_point(reader.actor, remark)
    participants.bar_participant(room.owner, room.id, reader.id, "")
    with pytest.raises(Barred):
        arguments.toggle_good_point(reader.actor, remark)


def test_a_guest_who_signs_in_keeps_one_mark_and_none_on_their_own(room, reader, remark):
    holder = factories.account()
    account = factories.participant(room, actor=holder)
    own = factories.argument(factories.idea(room, account), account)
    for somebody, argument in ((reader, remark), (account, remark), (reader, own)):
        arguments.toggle_good_point(somebody.actor, argument)

    guests.adopt_guest(reader.actor.person_id, holder.account_id)

    assert holders() == [account.id]


def test_forgotten_ballots_leave_the_counts_and_no_person(room, reader, remark):
    arguments.toggle_good_point(reader.actor, remark)
    factories.close(room)

    with write() as transaction:
        assert forget_ballots(journal.locked(transaction, room.id), transaction.session.get_one(Round, room.round_id))

    assert holders() == [None]
    assert points_of(room, remark) == 1
