"""Discussion in turns: dealing to the people at the table, one duty at a time, and nothing lost by what happens."""

import json
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from ideas import clock
from ideas.blueprints import PhasePlan
from ideas.database import db, write
from ideas.entries import IdeaForm
from ideas.errors import Conflict, EditTimeOver, Forbidden, Invalid, NotFound, NumberReused, PhaseForbids, TurnOver
from ideas.models import (
    Activity,
    Anonymity,
    Argument,
    Exchange,
    JournalEntry,
    Seat,
    Stance,
    StreamItem,
    Turn,
    TurnRole,
    TurnState,
)
from ideas.services import arguments, ideas, merging, moderation, participants, rounds, steering, turns
from ideas.services.leaving import Parting, leave_challenge
from ideas.services.turns import Chosen, TurnsForm
from ideas.turns import move_turns
from tests import factories

pytestmark = pytest.mark.usefixtures("app")

PHASES = (
    PhasePlan("write", (Activity.WRITE, Activity.DEBATE)),
    PhasePlan("turns", (Activity.TURNS,)),
    PhasePlan("vote", (Activity.VOTE,)),
)


def made(anonymity=Anonymity.NAMED, people=4, ideas=1):
    """A room in its phase for turns: the first person wrote the ideas, all sit at the table."""
    room = factories.room(phases=PHASES, anonymity=anonymity)
    crowd = [factories.participant(room, f"Person {n}") for n in range(people)]
    written = [factories.idea(room, crowd[0], f"Idea {n}") for n in range(ideas)]
    rounds.step_to_phase(room.owner, room.round_id, 1)
    for person in crowd:
        turns.take_seat(person.actor, room.id)
    return room, crowd, written


def start(room, chosen=Chosen.ALL, n=0, seconds=120):
    return turns.start_turns(room.owner, room.round_id, TurnsForm(chosen, seconds, n))


def rows(**where):
    db.session.rollback()
    return db.session.scalars(select(Turn).filter_by(**where).order_by(Turn.id)).all()


def open_turns():
    return {turn.participant_id: turn for turn in rows(state=TurnState.OPEN)}


def by_id(crowd):
    return {person.id: person for person in crowd}


def write_all(crowd):
    """Everybody who has a turn takes it, until nobody has one. :return: who wrote as what."""
    known, found = by_id(crowd), []
    while held := open_turns():
        for person, turn in held.items():
            found.append((person, turn.role, turn.stance))
            turns.write_turn(known[person].actor, turn.id, f"Words of {person}", factories.op())
    return found


@pytest.fixture
def later(monkeypatch):
    """Let time pass."""
    now = clock.now
    passed = timedelta()

    def pass_by(**time):
        nonlocal passed
        passed += timedelta(**time)
        monkeypatch.setattr(clock, "now", lambda: now() + passed)

    return pass_by


class TestStart:
    def test_two_respondents_are_dealt_the_idea_and_then_its_author_answers(self):
        room, crowd, _ = made(people=3)

        assert start(room) == 1
        assert crowd[0].id not in open_turns()
        said = write_all(crowd)

        assert [(role, stance) for _, role, stance in said] == [
            (TurnRole.RESPOND, Stance.AGAINST),
            (TurnRole.RESPOND, Stance.FOR),
            (TurnRole.ANSWER, Stance.FOR),
        ]
        assert said[2][0] == crowd[0].id
        assert factories.journal_holds() == []

    def test_the_answer_is_signed_for_the_idea(self):
        room, crowd, _ = made(people=3)
        start(room)
        write_all(crowd)

        db.session.rollback()
        written = db.session.execute(select(Argument.for_idea, Argument.author_id).order_by(Argument.id)).all()
        assert [for_idea for for_idea, _ in written] == [False, False, True]
        assert written[2].author_id == crowd[0].id

    def test_nobody_is_dealt_a_second_turn_before_the_first_is_over(self):
        room, crowd, _ = made(people=3, ideas=4)
        start(room)

        assert len(open_turns()) == 2  # the author of all has nothing to respond to
        said = Counter(person for person, role, _ in write_all(crowd) if role == TurnRole.RESPOND)
        assert set(said.values()) == {4}

    def test_only_a_facilitator_starts_and_only_in_its_phase(self):
        room, crowd, _ = made()
        with pytest.raises(Forbidden):
            turns.start_turns(crowd[0].actor, room.round_id, TurnsForm(Chosen.ALL, 120))
        with pytest.raises(Conflict):
            turns.start_turns(room.owner, room.round_id, TurnsForm(Chosen.ALL, 120), since=0)
        rounds.step_to_phase(room.owner, room.round_id, 2)
        with pytest.raises(PhaseForbids):
            start(room)

    @pytest.mark.parametrize(
        ("form", "problem"),
        [
            (TurnsForm(Chosen.ALL, 5), "seconds"),
            (TurnsForm(Chosen.FEWEST, 60), "n"),
            (TurnsForm(Chosen.GROUP, 60, 9), "chosen"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, form, problem):
        room, *_ = made(people=1)
        with pytest.raises(Invalid) as refused:
            turns.start_turns(room.owner, room.round_id, form)
        assert list(refused.value.problems) == [problem]

    def test_those_with_the_fewest_arguments_come_first(self):
        room = factories.room(phases=PHASES)
        author, critic = factories.participant(room), factories.participant(room)
        first, second = factories.idea(room, author, "One"), factories.idea(room, author, "Two")
        factories.argument(first, critic)
        rounds.step_to_phase(room.owner, room.round_id, 1)

        start(room, Chosen.FEWEST, 1)

        [exchange] = db.session.scalars(select(Exchange)).all()
        assert exchange.entry.idea_id == second
        assert start(room) == 1  # the other one
        with pytest.raises(Invalid):
            start(room)


class TestTurn:
    def test_a_repeated_command_writes_once(self):
        room, crowd, _ = made()
        start(room)
        [person, turn] = next(iter(open_turns().items()))
        actor, op = by_id(crowd)[person].actor, factories.op()

        first = turns.write_turn(actor, turn.id, "Too dear", op)

        assert turns.write_turn(actor, turn.id, "Too dear", op) == first
        with pytest.raises(NumberReused):
            turns.write_turn(actor, turn.id, "Other words", op)
        with pytest.raises(TurnOver):
            turns.write_turn(actor, turn.id, "Twice", factories.op())

    def test_a_turn_is_its_persons_alone(self):
        room, crowd, _ = made()
        start(room)
        person, turn = next(iter(open_turns().items()))
        other = next(one for one in crowd if one.id != person)

        for act in (turns.pass_turn, lambda actor, key: turns.write_turn(actor, key, "Mine", factories.op())):
            with pytest.raises(NotFound):
                act(other.actor, turn.id)

    def test_a_passed_turn_goes_to_somebody_else(self):
        room, crowd, _ = made(people=5)
        start(room)
        person, turn = next(iter(open_turns().items()))

        turns.pass_turn(by_id(crowd)[person].actor, turn.id)
        turns.pass_turn(by_id(crowd)[person].actor, turn.id)  # a double click

        held = open_turns()
        assert person not in held
        assert len(held) == 3
        assert {held[p].place for p in held} == {0, 1, 2}

    def test_a_person_whose_time_ran_out_is_replaced_and_asked_no_more_until_they_say_so(self, later):
        room, crowd, _ = made(people=5)
        start(room)
        late = set(open_turns())

        later(seconds=124)
        assert turns.run_turns() == 1

        held = open_turns()
        assert not late & set(held)
        assert len(held) == 1  # the only other one; the author is not asked
        assert turns.run_turns() == 0
        turns.take_seat(by_id(crowd)[next(iter(late))].actor, room.id)
        assert {seat.is_away for seat in db.session.scalars(select(Seat)) if seat.participant_id in late} == {True}

    def test_words_that_come_before_the_turn_went_to_others_still_count(self, later):
        room, crowd, _ = made()
        start(room)
        person, turn = next(iter(open_turns().items()))

        later(seconds=200)

        assert turns.write_turn(by_id(crowd)[person].actor, turn.id, "Slow, but here", factories.op())

    def test_a_late_comer_is_dealt_in(self):
        room, *_ = made(people=2)
        start(room)
        assert len(open_turns()) == 1
        comer = factories.participant(room)

        turns.take_seat(comer.actor, room.id)

        assert comer.id in open_turns()

    def test_at_a_large_table_the_loop_deals_to_those_who_come(self, monkeypatch):
        monkeypatch.setattr(turns, "DEALT_AT_ONCE_MAX", 2)
        room, *_ = made(people=2)
        start(room)
        comer = factories.participant(room)

        turns.take_seat(comer.actor, room.id)

        assert comer.id not in open_turns()
        assert turns.run_turns() == 1
        assert comer.id in open_turns()

    def test_a_person_whose_page_is_gone_is_replaced_at_once(self):
        room, *_ = made(people=5)
        start(room)
        gone = next(iter(open_turns()))

        turns.leave_table(room.id, [gone])

        assert gone not in open_turns()
        assert len(open_turns()) == 3

    def test_by_days_nobody_has_to_keep_the_page_open(self):
        room, _, _ = made()
        start(room, seconds=86_400)
        before = set(open_turns())

        turns.leave_table(room.id, list(before))

        assert set(open_turns()) == before


class TestWhatHappensMeanwhile:
    @pytest.mark.parametrize("act", ["leave", "bar", "hide", "merge"])
    def test_a_turn_ends_with_its_person_and_with_its_idea(self, act):
        room, crowd, [first, second] = made(people=5, ideas=2)
        start(room, Chosen.FEWEST, 1)
        person, turn = next(iter(open_turns().items()))
        of = db.session.get_one(Exchange, turn.exchange_id).entry.idea_id

        if act == "leave":
            leave_challenge(by_id(crowd)[person].actor, room.id, Parting.NOTHING)
        elif act == "bar":
            participants.bar_participant(room.owner, room.id, person, "spam")
        elif act == "hide":
            moderation.hide_idea(room.owner, of, "off topic")
        else:
            merging.merge_ideas(room.owner, of, second if of == first else first)
        turns.run_turns()

        assert db.session.get_one(Turn, turn.id).state in (TurnState.VOID, TurnState.LAPSED)
        assert bool(open_turns()) == (act in ("leave", "bar"))
        if act == "hide":
            with pytest.raises((TurnOver, NotFound)):
                turns.write_turn(by_id(crowd)[person].actor, turn.id, "Too late", factories.op())
            moderation.restore_idea(room.owner, of)
            turns.run_turns()
            assert len(open_turns()) == 3
        assert factories.journal_holds() == []

    def test_who_is_silent_while_the_clock_stands_has_a_moment_to_come_back_when_it_goes_on(self, later):
        room, crowd, _ = made(people=5)
        start(room)
        gone, back, *_ = open_turns()
        steering.lock_writing(room.owner, room.round_id)
        turns.run_turns()
        later(minutes=10)
        turns.run_turns()
        assert {gone, back} < set(open_turns())

        steering.unlock_writing(room.owner, room.round_id)
        turns.run_turns()
        assert {gone, back} < set(open_turns())
        turns.take_seat(by_id(crowd)[back].actor, room.id)
        for position in (0, 1):
            rounds.step_to_phase(room.owner, room.round_id, position)
            turns.run_turns()
        later(seconds=31)
        assert turns.are_turns_due()
        turns.run_turns()

        assert set(open_turns()) == {back}

    def test_the_clock_of_a_turn_stands_while_writing_is_locked_or_the_phase_is_left(self, later):
        room, crowd, _ = made()
        start(room)
        before = set(open_turns())
        for stop, go_on in (
            (
                lambda: steering.lock_writing(room.owner, room.round_id),
                lambda: steering.unlock_writing(room.owner, room.round_id),
            ),
            (
                lambda: rounds.step_to_phase(room.owner, room.round_id, 0),
                lambda: rounds.step_to_phase(room.owner, room.round_id, 1),
            ),
        ):
            later(seconds=30)
            stop()
            turns.run_turns()
            assert all(turn.ends_at is None for turn in open_turns().values())
            person, turn = next(iter(open_turns().items()))
            with pytest.raises(PhaseForbids):
                turns.write_turn(by_id(crowd)[person].actor, turn.id, "Now", factories.op())

            later(hours=1)
            turns.run_turns()
            go_on()
            turns.run_turns()
            held = open_turns()

            assert set(held) == before
            assert all(
                timedelta(seconds=20) < turn.ends_at - clock.now() < timedelta(seconds=91) for turn in held.values()
            )

    def test_a_restart_loses_nothing(self):
        """All state is in rows: a process that knows nothing goes on from there."""
        room, crowd, _ = made()
        start(room)
        before = {person: turn.id for person, turn in open_turns().items()}
        db.session.remove()

        turns.run_turns()

        assert {person: turn.id for person, turn in open_turns().items()} == before
        assert write_all(crowd)

    def test_the_close_ends_open_turns(self):
        room, _, _ = made()
        start(room)
        rounds.close_round(room.owner, room.round_id)

        turns.run_turns()

        assert open_turns() == {}
        assert turns.run_turns() == 0

    def test_nobody_is_dealt_an_idea_that_grew_from_their_own(self):
        room = factories.room(phases=PHASES)
        crowd = [factories.participant(room) for _ in range(3)]
        parent = factories.idea(room, crowd[0])
        ideas.submit_idea(crowd[1].actor, room.id, IdeaForm("Child", parents=(parent,)), factories.op())
        rounds.step_to_phase(room.owner, room.round_id, 1)
        for person in crowd:
            turns.take_seat(person.actor, room.id)

        start(room)
        said = write_all(crowd)

        assert Counter(person for person, role, _ in said if role == TurnRole.RESPOND) == {
            crowd[1].id: 1,
            crowd[2].id: 2,
        }


class TestDefend:
    def test_another_person_answers_if_the_author_does_not(self):
        room, crowd, _ = made()
        start(room)
        turns.leave_table(room.id, [crowd[0].id])
        write_all(crowd)
        [exchange] = db.session.scalars(select(Exchange)).all()

        turns.defend(crowd[3].actor, exchange.id)

        [turn] = open_turns().values()
        assert (turn.participant_id, turn.role) == (crowd[3].id, TurnRole.ANSWER)
        with pytest.raises(Conflict):
            turns.defend(crowd[1].actor, exchange.id)
        write_all(crowd)
        with pytest.raises(Conflict):
            turns.defend(crowd[1].actor, exchange.id)

    def test_an_idea_that_its_respondents_talk_about_is_not_answered_yet(self):
        room, crowd, _ = made()
        start(room)
        [exchange] = db.session.scalars(select(Exchange)).all()

        with pytest.raises(NotFound):
            turns.defend(crowd[0].actor, exchange.id)


class TestHiddenAuthors:
    def test_an_idea_is_dealt_where_five_are_left(self):
        room, crowd, _ = made(Anonymity.FOR_GOOD, people=6)
        start(room)

        assert len(open_turns()) == 3
        assert crowd[0].id not in open_turns()

    def test_with_fewer_everybody_is_asked_and_the_author_s_words_are_the_answer(self, later):
        room, crowd, _ = made(Anonymity.FOR_GOOD, people=5)
        start(room)
        assert open_turns() == {}, "others may still come"

        later(seconds=21)
        turns.run_turns()

        assert set(open_turns()) == {person.id for person in crowd}
        said = write_all(crowd)
        assert {(person == crowd[0].id, role) for person, role, _ in said} == {
            (True, TurnRole.ANSWER),
            (False, TurnRole.RESPOND),
        }
        db.session.rollback()
        assert db.session.scalars(select(Argument.author_id).where(Argument.for_idea)).all() == [crowd[0].id]


class TestSecrecy:
    """Only the person learns what they were dealt."""

    def test_the_journal_and_the_acts_name_neither_people_nor_ideas_that_were_dealt(self):
        room, *_ = made(people=5, ideas=3)
        start(room)
        db.session.rollback()

        bodies = [
            json.loads(body)
            for body in db.session.scalars(select(JournalEntry.body).where(JournalEntry.kind.in_(("deal", "turns"))))
        ]
        assert bodies
        for body in bodies:
            assert body.keys() - {"kind", "round"} in ({"salt"}, {"entries", "seconds"})

    def test_only_the_lanes_of_those_who_are_dealt_something_hear_of_it(self):
        room, crowd, _ = made(people=5)
        start(room)
        held = open_turns()
        before = db.session.scalar(select(func.max(StreamItem.seq)))

        person, turn = next(iter(held.items()))
        turns.pass_turn(by_id(crowd)[person].actor, turn.id)

        (instead,) = open_turns().keys() - held.keys()
        of_turns = select(StreamItem.lane).where(StreamItem.handle == "turns", StreamItem.seq > before)
        assert set(db.session.scalars(of_turns)) == {f"participant-{person}", f"participant-{instead}"}


def test_guests_who_sign_in_keep_their_turns():
    room, crowd, _ = made(people=5)
    start(room)
    guest, turn = next(iter(open_turns().items()))
    staying = next(person for person in crowd if person.id not in open_turns() and person.id != crowd[0].id)
    turns.write_turn(by_id(crowd)[guest].actor, turn.id, "As a guest", factories.op())

    with write() as transaction:
        move_turns(transaction.session, by_id(crowd)[guest].row, staying.row)

    assert [row.participant_id for row in rows(state=TurnState.DONE)] == [staying.id]
    assert guest not in set(db.session.scalars(select(Seat.participant_id)))


def test_what_was_said_in_a_turn_can_be_mended_within_its_minutes(later):
    room, crowd, _ = made()
    start(room)
    person, turn = next(iter(open_turns().items()))
    said = turns.write_turn(by_id(crowd)[person].actor, turn.id, "It is to dear", factories.op())

    arguments.edit_argument(by_id(crowd)[person].actor, said, "It is too dear")

    assert db.session.get(Argument, said).text == "It is too dear"
    later(minutes=11)
    with pytest.raises(EditTimeOver):
        arguments.edit_argument(by_id(crowd)[person].actor, said, "It is dear")
    rounds.step_to_phase(room.owner, room.round_id, 2)
    with pytest.raises(PhaseForbids):
        arguments.withdraw_argument(by_id(crowd)[person].actor, said)


class TestPagesThatWait:
    """The lanes of people without a turn are touched when their page changes, and not with every turn of others."""

    def number(self, person):
        db.session.rollback()
        items = select(StreamItem.seq).filter_by(lane=person.row.lane)
        return max(db.session.scalars(items), default=0)

    def test_everybody_at_the_table_is_told_of_the_start(self):
        room, crowd, _ = made()
        before = self.number(crowd[0])

        start(room)

        assert crowd[0].id not in open_turns()
        assert self.number(crowd[0]) > before

    def test_who_waits_is_told_that_an_idea_waits_for_an_answer_and_that_all_is_discussed(self):
        room, crowd, _ = made(people=5)
        known = by_id(crowd)
        start(room)
        turns.leave_table(room.id, [crowd[0].id])
        first, *_ = held = open_turns()
        told = [self.number(known[first])]
        for person in held:
            turns.write_turn(known[person].actor, held[person].id, "Words", factories.op())
            told.append(self.number(known[first]))
        exchange = db.session.scalars(select(Exchange.id)).one()
        (defender,) = known.keys() - held.keys() - {crowd[0].id}
        turns.defend(known[defender].actor, exchange)
        told.append(self.number(known[first]))
        turns.write_turn(known[defender].actor, open_turns()[defender].id, "It is cheap", factories.op())
        told.append(self.number(known[first]))

        start_, own, second, third, defended, over = told
        assert start_ < own == second < third
        assert third == defended < over

    def test_a_hall_is_not_called_as_a_whole_for_one_answer(self, monkeypatch):
        monkeypatch.setattr("ideas.turns.CALLED_MAX", 2)
        room, crowd, _ = made(people=8)
        known = by_id(crowd)
        start(room)
        turns.leave_table(room.id, [crowd[0].id])
        *others, last = held = open_turns()
        for person in others:
            turns.write_turn(known[person].actor, held[person].id, "Words", factories.op())
        waiting = known.keys() - {crowd[0].id, last}
        before = {person: self.number(known[person]) for person in waiting}

        turns.write_turn(known[last].actor, held[last].id, "Words", factories.op())

        assert sum(self.number(known[person]) > before[person] for person in waiting) == 2
