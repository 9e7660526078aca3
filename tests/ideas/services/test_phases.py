"""Planning what has not begun; what has begun stays."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ideas import clock
from ideas.blueprints import CHOICES, CLOSED, PhasePlan, plan_of
from ideas.database import db
from ideas.errors import Invalid, PhaseForbids, RoundIsClosed
from ideas.models import Activity, Phase
from ideas.services import ideas, phases, rounds
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
    def test_what_has_not_begun_is_added_dropped_put_in_order_and_timed(self, room, recorded):
        plan(
            room, VOTE, replace(BUILD, seconds=90, advances=True), PhasePlan("Break", ()), replace(DEBATE, name="Talk")
        )

        assert names(room) == ["write", "vote", "build", "Break", "Talk", CLOSED]
        assert (room.round.phases[2].seconds, room.round.phases[2].advances) == (90, True)
        place = (f"round-{room.round_id}",)
        assert factories.told(recorded) == [("room", place), ("facilitators", place)]
        assert factories.journal_holds() == []

    def test_what_has_begun_stays_as_it_is(self, room):
        factories.step(room, "debate")

        plan(room, VOTE, VOTE, begun=3)

        assert names(room) == ["write", "build", "debate", "vote", "vote", CLOSED]
        assert [p.started_at is None for p in room.round.phases] == [False, True, False, True, True, True]

    def test_what_one_stepped_back_from_has_begun_too(self, room):
        factories.step(room, "debate")
        factories.step(room, "write")

        plan(room, BUILD, begun=phases.begun_of(room.round))

        assert names(room) == ["write", "build", "debate", "build", CLOSED]
        assert room.round.position == 0

    def test_what_began_under_the_planners_eyes_falls_out_of_the_plan(self, room):
        plans = (BUILD, replace(DEBATE, seconds=60), VOTE)
        factories.step(room, "build")  # meanwhile, or by the clock

        plan(room, *plans, begun=1)

        assert names(room) == ["write", "build", "debate", "vote", CLOSED]
        assert [p.seconds for p in room.round.phases] == [None, None, 60, None, None]

    @pytest.mark.parametrize(
        ("plans", "places", "then"),
        [
            ((DEBATE, VOTE), (2, 3), ["write", "build", "debate", "vote", CLOSED]),  # dropped it
            ((VOTE, BUILD, DEBATE), (3, 1, 2), ["write", "build", "vote", "debate", CLOSED]),  # put it later
            ((DEBATE, BUILD, VOTE), (None, 1, 3), ["write", "build", "debate", "vote", CLOSED]),  # put one before it
        ],
    )
    def test_what_began_costs_no_other_phase_whatever_the_planner_did_with_it(self, room, plans, places, then):
        factories.step(room, "build")  # meanwhile, or by the clock

        phases.plan_phases(room.owner, room.round_id, plans, places=places)

        assert names(room) == then

    def test_all_that_comes_may_be_dropped_and_the_round_still_closes(self, room):
        plan(room)

        assert names(room) == ["write", CLOSED]
        factories.close(room)
        assert room.round.phase.name == CLOSED

    def test_the_close_of_another_hand_wins(self, room):
        factories.close(room)

        with pytest.raises(RoundIsClosed):
            plan(room, BUILD)

    def test_a_draft_has_nothing_begun(self, app, noise):
        draft = factories.draft(phases=factories.ALONE_FIRST)

        phases.plan_phases(draft.owner, draft.round_id, (DEBATE, VOTE), places=(None, None))

        assert names(draft) == ["debate", "vote", CLOSED]
        with pytest.raises(Invalid):
            phases.plan_phases(draft.owner, draft.round_id, (), places=())

    def test_words_that_are_not_cast_stay_and_the_new_phase_permits_what_it_says(self, room):
        author = factories.participant(room)
        idea = factories.idea(room, author)
        plan(room, DEBATE, ALONE, VOTE)
        factories.step(room, "debate")

        with pytest.raises(PhaseForbids):
            ideas.edit_idea(author.actor, idea, ideas.IdeaForm("x"))
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
    def test_each_field_says_what_is_wrong_with_it(self, room, changed, problem):
        with pytest.raises(Invalid) as refusal:
            plan(room, replace(DEBATE, **changed))

        assert refusal.value.problems == problem
        assert names(room) == ["write", "build", "debate", "vote", CLOSED]

    def test_dates_follow_each_other(self, room):
        soon = clock.now() + timedelta(days=1)

        with pytest.raises(Invalid) as refusal:
            plan(room, replace(BUILD, ends_at=soon), DEBATE, replace(VOTE, ends_at=soon))

        assert refusal.value.problems == {"phase-2-ends_at": "out_of_order"}

    @pytest.mark.parametrize(("count", "fits"), [(11, True), (12, False)])
    def test_no_more_than_twelve(self, room, count, fits):
        if fits:
            plan(room, *[BUILD] * count)
            assert len(names(room)) == 13
            return
        with pytest.raises(Invalid):
            plan(room, *[BUILD] * count)

    def test_what_never_ends_does_not_go_on_by_itself(self):
        [tidy] = phases.checked_plans((replace(VOTE, advances=True),))

        assert not tidy.advances

    def test_a_length_goes_before_a_date(self):
        [tidy] = phases.checked_plans((replace(VOTE, seconds=60, ends_at=clock.now() + timedelta(days=1)),))

        assert (tidy.seconds, tidy.ends_at) == (60, None)


@pytest.mark.parametrize("name", list(CHOICES))
def test_every_blueprint_is_a_plan_that_holds(app, name):
    room = factories.room(blueprint=name)

    plans = tuple(plan_of(p) for p in room.round.phases[:-1])

    assert plans == CHOICES[name].plans
    assert phases.checked_plans(plans) == plans
    assert any(Activity.VOTE in p.activities for p in plans)
