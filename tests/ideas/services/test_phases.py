"""Planning: future phases can be changed, started phases stay."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ideas import clock
from ideas.blueprints import CHOICES, CLOSED, PhasePlan, plan_of
from ideas.database import db
from ideas.errors import Invalid, PhaseForbids, RoundIsClosed
from ideas.models import Activity, Phase
from ideas.services import phases, rounds
from tests import factories

ALONE, BUILD, DEBATE, VOTE = factories.ALONE_FIRST


@pytest.fixture
def room(app, noise):
    return factories.room(phases=factories.ALONE_FIRST)


def names(room: factories.Room) -> list[str]:
    db.session.rollback()
    found = db.session.scalars(db.select(Phase).filter_by(round_id=room.round_id).order_by(Phase.position)).all()
    assert [p.position for p in found] == list(range(len(found)))
    return [p.name for p in found]


def plan(room: factories.Room, *plans: PhasePlan, begun: int = 1) -> None:
    phases.plan_phases(room.owner, room.round_id, plans, places=range(begun, begun + len(plans)))


class TestPlanning:
    def test_future_phases_can_be_added_dropped_ordered_and_timed(self, room, recorded):
        plan(
            room, VOTE, replace(BUILD, seconds=90, advances=True), PhasePlan("Break", ()), replace(DEBATE, name="Talk")
        )

        assert names(room) == ["write", "vote", "build", "Break", "Talk", CLOSED]
        assert (room.round.phases[2].seconds, room.round.phases[2].advances) == (90, True)
        place = (f"round-{room.round_id}",)
        assert factories.lane_updates(recorded) == [("room", place), ("facilitators", place)]
        assert factories.journal_holds() == []

    def test_started_phases_stay_unchanged(self, room):
        factories.step(room, "debate")

        plan(room, VOTE, VOTE, begun=3)

        assert names(room) == ["write", "build", "debate", "vote", "vote", CLOSED]
        assert [p.started_at is None for p in room.round.phases] == [False, True, False, True, True, True]

    def test_phases_before_a_step_back_count_as_started(self, room):
        factories.step(room, "debate")
        factories.step(room, "write")

        plan(room, BUILD, begun=phases.begun_of(room.round))

        assert names(room) == ["write", "build", "debate", "build", CLOSED]
        assert room.round.position == 0

    def test_a_phase_that_starts_during_planning_leaves_the_plan(self, room):
        plans = (BUILD, replace(DEBATE, seconds=60), VOTE)
        factories.step(room, "build")  # meanwhile, or by the clock

        plan(room, *plans, begun=1)

        assert names(room) == ["write", "build", "debate", "vote", CLOSED]
        assert [p.seconds for p in room.round.phases] == [None, None, 60, None, None]

    @pytest.mark.parametrize(
        ("plans", "places", "then"),
        [
            ((DEBATE, VOTE), (2, 3), ["write", "build", "debate", "vote", CLOSED]),  # the plan dropped it
            # the plan moved it to a later position
            ((VOTE, BUILD, DEBATE), (3, 1, 2), ["write", "build", "vote", "debate", CLOSED]),
            # the plan put a new phase before it
            ((DEBATE, BUILD, VOTE), (None, 1, 3), ["write", "build", "debate", "vote", CLOSED]),
        ],
    )
    def test_a_phase_that_starts_during_planning_replaces_no_other_phase(self, room, plans, places, then):
        factories.step(room, "build")  # meanwhile, or by the clock

        phases.plan_phases(room.owner, room.round_id, plans, places=places)

        assert names(room) == then

    def test_every_future_phase_may_be_dropped_and_the_round_still_closes(self, room):
        plan(room)

        assert names(room) == ["write", CLOSED]
        factories.close(room)
        assert room.round.phase.name == CLOSED

    def test_planning_a_closed_round_is_refused(self, room):
        factories.close(room)

        with pytest.raises(RoundIsClosed):
            plan(room, BUILD)

    def test_a_draft_has_no_started_phase(self, app, noise):
        draft = factories.draft(phases=factories.ALONE_FIRST)

        phases.plan_phases(draft.owner, draft.round_id, (DEBATE, VOTE), places=(None, None))

        assert names(draft) == ["debate", "vote", CLOSED]
        with pytest.raises(Invalid):
            phases.plan_phases(draft.owner, draft.round_id, (), places=())

    def test_ideas_survive_a_new_plan_and_the_new_phase_sets_the_permissions(self, room):
        author = factories.participant(room)
        idea = factories.idea(room, author)
        plan(room, DEBATE, ALONE, VOTE)
        factories.step(room, "debate")

        with pytest.raises(PhaseForbids):
            factories.idea(room, author)
        factories.argument(idea, author)
        rounds.step_to_phase(room.owner, room.round_id, 2)

        later = factories.idea(room, author)
        assert [factories.shown(i) for i in (idea, later)] == [True, False]


class TestChecks:
    @pytest.mark.parametrize(
        ("changed", "problem"),
        [
            ({"name": ""}, {"phase-0-name": "missing"}),
            ({"name": "x" * 61}, {"phase-0-name": "too_long"}),
            ({"seconds": 0}, {"phase-0-seconds": "out_of_range"}),
            ({"seconds": 366 * 24 * 3600 + 1}, {"phase-0-seconds": "out_of_range"}),
            ({"others_visible": False}, {"phase-0-activities": "hidden_permits_writing_only"}),
            ({"ends_at": clock.now() - timedelta(seconds=1)}, {"phase-0-ends_at": "past"}),
        ],
    )
    def test_each_field_reports_its_own_problem(self, room, changed, problem):
        with pytest.raises(Invalid) as refusal:
            plan(room, replace(DEBATE, **changed))

        assert refusal.value.problems == problem
        assert names(room) == ["write", "build", "debate", "vote", CLOSED]

    def test_end_dates_must_be_in_order(self, room):
        soon = clock.now() + timedelta(days=1)

        with pytest.raises(Invalid) as refusal:
            plan(room, replace(BUILD, ends_at=soon), DEBATE, replace(VOTE, ends_at=soon))

        assert refusal.value.problems == {"phase-2-ends_at": "out_of_order"}

    @pytest.mark.parametrize(("count", "fits"), [(11, True), (12, False)])
    def test_a_round_has_at_most_twelve_phases(self, room, count, fits):
        if fits:
            plan(room, *[BUILD] * count)
            assert len(names(room)) == 13
            return
        with pytest.raises(Invalid):
            plan(room, *[BUILD] * count)

    def test_a_phase_without_an_end_does_not_advance_by_itself(self):
        [tidy] = phases.checked_plans((replace(VOTE, advances=True),))

        assert not tidy.advances

    def test_a_length_overrides_an_end_date(self):
        [tidy] = phases.checked_plans((replace(VOTE, seconds=60, ends_at=clock.now() + timedelta(days=1)),))

        assert (tidy.seconds, tidy.ends_at) == (60, None)


@pytest.mark.parametrize("name", list(CHOICES))
def test_the_plan_of_every_blueprint_is_valid(app, name):
    room = factories.room(blueprint=name)

    plans = tuple(plan_of(p) for p in room.round.phases[:-1])

    assert plans == CHOICES[name].plans
    assert phases.checked_plans(plans) == plans
    assert any(Activity.VOTE in p.activities for p in plans)
