"""The clock of a phase: more time, less time, pause and resume."""

from datetime import UTC, datetime, timedelta

import pytest

from ideas import clock
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.errors import Conflict, Invalid, PhaseForbids, RoundIsClosed
from ideas.locales import Locale
from ideas.models import Activity, Phase
from ideas.services import accounts, challenges, rounds, steering
from tests import factories

MINUTE = 60
TIMED = (
    PhasePlan("write", (Activity.WRITE,), seconds=5 * MINUTE, advances=True),
    PhasePlan("debate", (Activity.DEBATE,)),
    PhasePlan("vote", (Activity.VOTE,), seconds=5 * MINUTE),
)


@pytest.fixture
def room(app, noise, frozen_clock):
    return factories.room(phases=TIMED)


def phase(room: factories.Room) -> Phase:
    db.session.rollback()
    return room.round.phase


def left(room: factories.Room) -> float | None:
    """The seconds until the current phase ends."""
    found = phase(room)
    return None if found.ends_at is None else (found.ends_at - (found.paused_at or clock.now())).total_seconds()


def test_a_phase_lasts_from_its_start(room, frozen_clock):
    assert (phase(room).started_at, left(room)) == (frozen_clock.now, 5 * MINUTE)

    frozen_clock.advance(5 * MINUTE - 0.001)
    assert not phase(room).is_over(clock.now())
    factories.idea(room, factories.participant(room))
    frozen_clock.advance(0.001)

    assert phase(room).is_over(clock.now())
    with pytest.raises(PhaseForbids):
        factories.idea(room, factories.participant(room))


class TestShift:
    @pytest.mark.parametrize(("seconds", "then"), [(60, 6 * MINUTE), (-60, 4 * MINUTE), (-3600, 0)])
    def test_the_end_moves_by_the_given_seconds_and_never_into_the_past(self, room, seconds, then):
        steering.shift_end(room.owner, room.round_id, seconds)

        assert left(room) == then

    def test_both_lanes_learn_of_a_moved_end(self, room, recorded):
        steering.shift_end(room.owner, room.round_id, 60)

        place = (f"round-{room.round_id}",)
        assert factories.lane_updates(recorded) == [("room", place), ("facilitators", place)]
        assert factories.journal_holds() == []

    def test_more_time_for_a_phase_that_is_over_counts_from_now(self, room, frozen_clock):
        frozen_clock.advance(10 * MINUTE)

        steering.shift_end(room.owner, room.round_id, 60)

        assert left(room) == MINUTE
        factories.idea(room, factories.participant(room))
        assert rounds.advance_round(room.round_id) == 0

    def test_less_time_for_a_phase_that_is_over_changes_nothing(self, room, frozen_clock):
        frozen_clock.advance(10 * MINUTE)

        steering.shift_end(room.owner, room.round_id, -60)

        assert phase(room).is_over(clock.now())

    def test_a_phase_without_an_end_can_gain_one_but_not_lose_time(self, room, frozen_clock):
        factories.step(room, "debate")
        with pytest.raises(Conflict):
            steering.shift_end(room.owner, room.round_id, -60)

        steering.shift_end(room.owner, room.round_id, 90)

        assert left(room) == 90

    @pytest.mark.parametrize("seconds", [0, 3601, -3601])
    def test_a_shift_of_zero_or_of_more_than_an_hour_is_refused(self, room, seconds):
        with pytest.raises(Invalid):
            steering.shift_end(room.owner, room.round_id, seconds)

        assert left(room) == 5 * MINUTE

    def test_a_shift_of_a_paused_phase_changes_its_remaining_time(self, room, frozen_clock):
        frozen_clock.advance(MINUTE)
        steering.pause_phase(room.owner, room.round_id)
        frozen_clock.advance(60 * MINUTE)

        steering.shift_end(room.owner, room.round_id, 60)
        assert left(room) == 5 * MINUTE
        steering.shift_end(room.owner, room.round_id, -3600)
        assert left(room) == 0

        assert not phase(room).is_over(clock.now())
        steering.resume_phase(room.owner, room.round_id)
        assert phase(room).is_over(clock.now())


class TestPause:
    def test_a_pause_keeps_the_remaining_time(self, room, frozen_clock):
        frozen_clock.advance(MINUTE)
        steering.pause_phase(room.owner, room.round_id)
        frozen_clock.advance(60 * MINUTE)
        assert left(room) == 4 * MINUTE

        steering.resume_phase(room.owner, room.round_id)

        assert left(room) == 4 * MINUTE
        assert phase(room).paused_at is None

    def test_a_paused_phase_is_never_over_and_permits_its_activities(self, room, frozen_clock):
        steering.pause_phase(room.owner, room.round_id)

        frozen_clock.advance(24 * 3600)

        assert not phase(room).is_over(clock.now())
        factories.idea(room, factories.participant(room))
        assert rounds.due_rounds(db.session()) == []
        assert rounds.advance_round(room.round_id) == 0

    def test_only_a_running_phase_can_be_paused(self, room, frozen_clock):
        with pytest.raises(Conflict):
            steering.resume_phase(room.owner, room.round_id)
        steering.pause_phase(room.owner, room.round_id)
        with pytest.raises(Conflict):
            steering.pause_phase(room.owner, room.round_id)
        steering.resume_phase(room.owner, room.round_id)
        frozen_clock.advance(5 * MINUTE)
        with pytest.raises(Conflict):
            steering.pause_phase(room.owner, room.round_id)
        factories.step(room, "debate")
        with pytest.raises(Conflict):
            steering.pause_phase(room.owner, room.round_id)

    def test_a_step_ends_the_pause_and_a_return_restarts_the_phase(self, room, frozen_clock):
        steering.pause_phase(room.owner, room.round_id)
        factories.step(room, "debate")
        frozen_clock.advance(60 * MINUTE)
        assert all(p.paused_at is None for p in room.round.phases)

        factories.step(room, "write")

        assert (left(room), phase(room).paused_at) == (5 * MINUTE, None)

    def test_a_revision_keeps_the_end_date_and_the_pause(self, app, noise, frozen_clock):
        room = factories.room(closes_at=clock.now() + timedelta(days=1))
        steering.pause_phase(room.owner, room.round_id)
        before = phase(room).ends_at

        challenges.revise_challenge(room.owner, room.id, factories.form(title="Other"))

        assert (phase(room).paused_at is None, phase(room).ends_at) == (False, before)
        steering.resume_phase(room.owner, room.round_id)
        assert phase(room).paused_at is None


def test_a_phase_that_is_entered_again_has_time_left(room, frozen_clock):
    factories.step(room, "debate")
    steering.shift_end(room.owner, room.round_id, 60)
    frozen_clock.advance(2 * MINUTE)
    factories.step(room, "vote")

    factories.step(room, "debate")

    assert not phase(room).is_over(clock.now())
    assert left(room) is None


def test_a_closed_round_has_no_clock_to_change(room):
    factories.close(room)

    for act in (steering.pause_phase, steering.resume_phase, lambda who, which: steering.shift_end(who, which, 60)):
        with pytest.raises(RoundIsClosed):
            act(room.owner, room.round_id)


def test_a_phase_of_days_ends_at_the_same_hour_of_the_owners_zone(app, noise, frozen_clock):
    frozen_clock.now = datetime(2027, 3, 20, 17, 30, tzinfo=UTC)  # 18:30 in Berlin, eight days before summer time
    company = factories.company()
    accounts.change_locale(company.owner.account_id, Locale("de", "Europe/Berlin"))

    room = factories.room(company, phases=(PhasePlan("write", (Activity.WRITE,), seconds=14 * 24 * 60 * MINUTE),))

    assert phase(room).ends_at == datetime(2027, 4, 3, 16, 30, tzinfo=UTC), "18:30 in Berlin again"
