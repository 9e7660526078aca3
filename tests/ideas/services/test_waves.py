"""Waves: who is part of one, leaving it out, taking it in again."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from ideas import clock
from ideas.database import db
from ideas.errors import Barred, Conflict, Forbidden, NotFound, PartOfWave, RoundIsClosed
from ideas.exports.contents import contents_of
from ideas.exports.pack.recount import latest_marks
from ideas.journal import pseudonym
from ideas.models import Arrival, ExcludedMark, JournalEntry, Mark, Participant, Tally, Wave
from ideas.queries.counts import counted
from ideas.queries.rooms import figures_of
from ideas.queries.waves import names_in, waves_of
from ideas.services import guests, participants, waves
from ideas.waves import WAVE_PEOPLE, WAVE_TIME, forget_networks
from tests import factories


@pytest.fixture
def time(monkeypatch):
    """`pass_by(seconds)`: the clock of the domain stands still otherwise."""
    now = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: now[0])

    def pass_by(seconds):
        now[0] += timedelta(seconds=seconds)

    return pass_by


@pytest.fixture
def room(app):
    return factories.room()


def crowd(room, people=WAVE_PEOPLE, network="hall"):
    return [factories.participant(room, network=network) for _ in range(people)]


def members(wave_id):
    return set(db.session.scalars(select(Arrival.participant_id).filter_by(wave_id=wave_id)))


def ids(people):
    return {person.id for person in people}


class TestWho:
    def test_ten_people_from_one_network_within_two_minutes_are_a_wave(self, room, time):
        factories.participant(room, network="elsewhere")
        nine = crowd(room, 9)
        assert waves_of(db.session(), room.id) == []
        time(WAVE_TIME.seconds)
        tenth = factories.participant(room, network="hall")
        eleventh = factories.participant(room, network="hall")

        [wave] = waves_of(db.session(), room.id)

        assert (wave.people, members(wave.id)) == (11, ids([*nine, tenth, eleventh]))
        assert names_in(db.session(), wave.id)[0] == nine[0].name

    def test_people_who_come_one_after_the_other_are_none(self, room, time):
        for _ in range(20):
            factories.participant(room, network="hall")
            time(14)

        assert waves_of(db.session(), room.id) == []

    def test_rooms_and_networks_are_apart(self, room):
        other = factories.room()
        for n in range(9):
            factories.participant(room, network="hall")
            factories.participant(other, network="hall")
            factories.participant(room, network=f"street {n}")

        assert waves_of(db.session(), room.id) == waves_of(db.session(), other.id) == []

    def test_networks_are_forgotten_after_two_minutes_and_people_at_the_close(self, room, time):
        crowd(room)
        factories.participant(room, network="elsewhere")
        time(WAVE_TIME.seconds + 1)
        forget_networks()

        assert db.session.scalars(select(Arrival.network).where(Arrival.network.is_not(None))).all() == []
        assert db.session.scalar(select(func.count()).select_from(Arrival)) == WAVE_PEOPLE
        factories.close(room)
        assert db.session.scalar(select(func.count()).select_from(Arrival)) == 0
        assert db.session.scalar(select(func.count()).select_from(Wave)) == 0


@pytest.fixture
def voted(room):
    """A room in which a wave and two other people voted; one of the wave was removed before."""
    author, other = factories.participant(room), factories.participant(room)
    wave = crowd(room)
    idea, second = factories.idea(room, author), factories.idea(room, wave[0])
    for person in (other, *wave):
        factories.mark(room, person, {idea: 1})
    factories.mark(room, author, {second: -1})
    participants.bar_participant(room.owner, room.id, wave[1].id, "")
    return room, waves_of(db.session(), room.id)[0].id, wave, idea


def script_agrees(room):
    """Whether the script of the pack finds the stored marks in the journal."""
    rows = db.session.execute(
        select(JournalEntry.seq, JournalEntry.body).filter_by(chain_id=room.chain_id).order_by(JournalEntry.seq)
    )
    found = {key: value for key, (value, _) in latest_marks([(seq, json.loads(body)) for seq, body in rows]).items()}
    stored = db.session.execute(select(Participant.secret, Mark.question_id, Mark.subject, Mark.value).join(Mark)).all()
    return found == {(pseudonym(room.round.key, secret), q, subject): value for secret, q, subject, value in stored}


def state(room):
    """What counts."""
    db.session.rollback()
    rows = select(Tally.subject, Tally.value, Tally.n).where(Tally.n != 0).order_by(Tally.subject, Tally.value)
    marks = select(Mark.participant_id, Mark.subject, Mark.value, Mark.seq).order_by(Mark.participant_id, Mark.subject)
    barred = select(Participant.id).where(Participant.barred_at.is_not(None))
    return (
        db.session.execute(rows).all(),
        db.session.execute(marks).all(),
        room.round.turnout,
        set(db.session.scalars(barred)),
        {k: v for k, v in counted(db.session(), room.round).items() if k != "reads"},
    )


class TestLeavingOut:
    def test_its_people_are_removed_and_their_marks_left_out(self, voted):
        room, wave_id, wave, _idea = voted

        waves.exclude_wave(room.owner, wave_id)

        tallies, marks, turnout, barred, body = state(room)
        assert [(value, n) for _, value, n in tallies] == [(1, 1), (-1, 1)]
        assert not ids(wave) & {mark.participant_id for mark in marks}
        assert (turnout, barred) == (2, ids(wave))
        assert (body["electorate"]["people"], body["excluded"]) == (2, {"wave": 10})
        assert figures_of(db.session(), room.round).people == 2
        assert factories.journal_holds() == []
        assert script_agrees(room)
        with pytest.raises(Barred):
            factories.idea(room, wave[2])

    def test_one_entry_of_the_journal_says_so(self, voted):
        room, wave_id, _wave, _ = voted

        waves.exclude_wave(room.owner, wave_id)

        rows = db.session.scalars(select(JournalEntry.body).filter_by(chain_id=room.chain_id, kind="exclude"))
        bodies = [json.loads(body) for body in rows]
        assert [(body["reason"], len(body["p"])) for body in bodies] == [("wave", 10)]
        assert bodies[0]["p"] == sorted(bodies[0]["p"])

    def test_taking_it_in_again_restores_everything(self, voted):
        room, wave_id, _wave, _ = voted
        before = state(room)
        waves.exclude_wave(room.owner, wave_id)
        waves.restore_wave(room.owner, wave_id)

        assert state(room) == before
        assert factories.journal_holds() == []
        waves.exclude_wave(room.owner, wave_id)
        waves.restore_wave(room.owner, wave_id)
        assert state(room) == before
        assert factories.journal_holds() == []
        assert script_agrees(room)

    def test_it_is_in_full_or_not_at_all(self, voted):
        room, wave_id, wave, _ = voted
        waves.exclude_wave(room.owner, wave_id)

        with pytest.raises(PartOfWave):
            participants.readmit_participant(room.owner, room.id, wave[3].id)
        with pytest.raises(Conflict):
            waves.exclude_wave(room.owner, wave_id)
        waves.restore_wave(room.owner, wave_id)
        with pytest.raises(Conflict):
            waves.restore_wave(room.owner, wave_id)
        participants.readmit_participant(room.owner, room.id, wave[1].id)

    def test_newcomers_from_the_network_are_no_part_of_it(self, voted):
        room, wave_id, _wave, _ = voted
        waves.exclude_wave(room.owner, wave_id)

        late = factories.participant(room, network="hall")

        assert late.id not in members(wave_id)
        assert late.row.barred_at is None
        crowd(room, 9)
        assert [row.people for row in waves_of(db.session(), room.id)] == [10, 10]

    def test_after_the_close_it_stands_and_the_result_names_it(self, voted):
        room, wave_id, _wave, _ = voted
        waves.exclude_wave(room.owner, wave_id)
        factories.close(room)

        contents = contents_of(db.session(), room.round)

        assert (contents.excluded, contents.turnout) == (10, 2)
        assert db.session.scalar(select(func.count()).select_from(ExcludedMark)) == 0
        assert factories.journal_holds() == []
        for act in (waves.exclude_wave, waves.restore_wave):
            with pytest.raises(RoundIsClosed):
                act(room.owner, wave_id)

    def test_only_facilitators_do_it(self, voted):
        _room, wave_id, wave, _ = voted

        with pytest.raises(Forbidden):
            waves.exclude_wave(wave[0].actor, wave_id)
        with pytest.raises(NotFound):
            waves.exclude_wave(factories.company(name="Elsewhere").owner, wave_id)

    def test_a_guest_who_signs_in_meanwhile_votes_once(self, voted):
        room, wave_id, wave, idea = voted
        holder = factories.participant(room, actor=factories.account())
        factories.mark(room, holder, {idea: -1})
        waves.exclude_wave(room.owner, wave_id)
        guests.adopt_guest(wave[4].actor.person_id, holder.actor.account_id)
        assert db.session.get_one(Participant, holder.id).barred_at is not None

        waves.restore_wave(room.owner, wave_id)

        db.session.rollback()
        mine = db.session.scalars(select(Mark.value).where(Mark.participant_id.in_([holder.id, wave[4].id]))).all()
        assert mine == [-1]
        assert db.session.get_one(Participant, holder.id).barred_at is None
        assert factories.journal_holds() == []
        assert script_agrees(room)
