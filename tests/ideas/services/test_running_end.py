"""The end of the phase that runs: moved with the plan, by a date."""

import json
from datetime import timedelta

import pytest

from ideas import clock
from ideas.blueprints import PhasePlan, plan_of
from ideas.database import db
from ideas.errors import Conflict, Invalid
from ideas.models import Activity, JournalEntry
from ideas.services import phases, rounds, steering
from ideas.services.phases import RunningEnd
from tests import factories

VOTE = PhasePlan("vote", (Activity.VOTE,))


@pytest.fixture
def contest(app, noise):
    return factories.room(blueprint="idea_contest")


def later(**distance: float):
    return (clock.now() + timedelta(**distance)).replace(microsecond=0)


def plan(room, plans=(VOTE,), running=None, begun=1):
    phases.plan_phases(room.owner, room.round_id, plans, places=range(begun, begun + len(plans)), running=running)
    db.session.rollback()


def last_body(room):
    row = db.session.query(JournalEntry).filter_by(challenge_id=room.id).order_by(JournalEntry.seq.desc()).first()
    return json.loads(row.body)


def test_it_is_moved_and_the_journal_tells(contest):
    end = later(days=30)

    plan(contest, running=RunningEnd(0, end, True))

    assert (contest.round.phase.ends_at, contest.round.phase.advances) == (end, True)
    assert plan_of(contest.round.phase).ends_at == end
    assert last_body(contest)["now"] == [["write", "debate"], 1, None, clock.to_ms(end), 1]
    assert factories.journal_holds() == []


def test_left_alone_it_stays_and_the_journal_says_nothing_of_it(contest):
    before = contest.round.phase.ends_at

    plan(contest)

    assert (contest.round.phase.ends_at, contest.round.phase.seconds) == (before, 14 * 24 * 3600)
    assert "now" not in last_body(contest)


def test_without_an_end_it_goes_on_by_hand_alone(contest):
    plan(contest, running=RunningEnd(0, None, True))

    assert (contest.round.phase.ends_at, contest.round.phase.advances) == (None, False)


def test_only_whether_it_goes_on_by_itself_may_change(contest):
    before = contest.round.phase.ends_at

    plan(contest, running=RunningEnd(0, before, False))

    assert (contest.round.phase.ends_at, contest.round.phase.advances) == (before, False)
    assert contest.round.phase.seconds == 14 * 24 * 3600


def test_it_never_lies_in_the_past_and_nothing_is_planned_with_it(contest):
    with pytest.raises(Invalid) as refused:
        plan(contest, plans=(), running=RunningEnd(0, later(minutes=-1), False))

    assert refused.value.problems == {"running-ends_at": "past"}
    db.session.rollback()
    assert len(contest.round.phases) == 3


def test_what_comes_later_does_not_end_before_it(contest):
    vote = PhasePlan("vote", (Activity.VOTE,), ends_at=later(days=3))
    with pytest.raises(Invalid) as refused:
        plan(contest, (vote,))
    assert refused.value.problems == {"phase-0-ends_at": "out_of_order"}

    plan(contest, (vote,), RunningEnd(0, later(days=2), True))

    assert [p.ends_at for p in contest.round.phases[:2]] == [later(days=2), vote.ends_at]


def test_where_the_round_went_on_meanwhile_nothing_is_moved(contest):
    before = contest.round.phase.ends_at
    rounds.step_to_phase(contest.owner, contest.round_id, 1)

    plan(contest, running=RunningEnd(0, later(days=40), False))

    assert contest.round.phases[0].ends_at == before
    assert [p.name for p in contest.round.phases] == ["collect", "vote", "closed"]


def test_while_the_clock_stands_still_its_end_is_nobodys_to_move(contest):
    steering.pause_phase(contest.owner, contest.round_id)

    with pytest.raises(Conflict):
        plan(contest, running=RunningEnd(0, later(days=40), False))


def test_a_draft_has_no_running_phase(app):
    draft = factories.draft(blueprint="idea_contest")

    plan(draft, (VOTE,), RunningEnd(0, later(days=40), False), begun=0)

    assert [p.ends_at for p in draft.round.phases] == [None, None]
