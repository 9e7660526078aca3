"""A plan moves the end of the current phase to a date."""

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
    row = db.session.query(JournalEntry).filter_by(chain_id=room.chain_id).order_by(JournalEntry.seq.desc()).first()
    return json.loads(row.body)


def test_a_moved_end_is_stored_and_journalled(contest):
    end = later(days=30)

    plan(contest, running=RunningEnd(0, end, True))

    assert (contest.round.phase.ends_at, contest.round.phase.advances) == (end, True)
    assert plan_of(contest.round.phase).ends_at == end
    assert last_body(contest)["now"] == [["write", "debate"], 1, None, clock.to_ms(end), 1]
    assert factories.journal_holds() == []


def test_an_unchanged_end_is_kept_and_not_journalled(contest):
    before = contest.round.phase.ends_at

    plan(contest)

    assert (contest.round.phase.ends_at, contest.round.phase.seconds) == (before, 14 * 24 * 3600)
    assert "now" not in last_body(contest)


def test_a_phase_without_an_end_does_not_advance_by_itself(contest):
    plan(contest, running=RunningEnd(0, None, True))

    assert (contest.round.phase.ends_at, contest.round.phase.advances) == (None, False)


def test_advancing_can_be_changed_while_the_end_stays(contest):
    before = contest.round.phase.ends_at

    plan(contest, running=RunningEnd(0, before, False))

    assert (contest.round.phase.ends_at, contest.round.phase.advances) == (before, False)
    assert contest.round.phase.seconds == 14 * 24 * 3600


def test_an_end_in_the_past_is_refused_together_with_its_plan(contest):
    with pytest.raises(Invalid) as refused:
        plan(contest, plans=(), running=RunningEnd(0, later(minutes=-1), False))

    assert refused.value.problems == {"running-ends_at": "past"}
    db.session.rollback()
    assert len(contest.round.phases) == 3


def test_a_later_phase_must_not_end_before_the_current_one(contest):
    vote = PhasePlan("vote", (Activity.VOTE,), ends_at=later(days=3))
    with pytest.raises(Invalid) as refused:
        plan(contest, (vote,))
    assert refused.value.problems == {"phase-0-ends_at": "out_of_order"}

    plan(contest, (vote,), RunningEnd(0, later(days=2), True))

    assert [p.ends_at for p in contest.round.phases[:2]] == [later(days=2), vote.ends_at]


def test_the_end_stays_if_the_round_advanced_meanwhile(contest):
    before = contest.round.phase.ends_at
    rounds.step_to_phase(contest.owner, contest.round_id, 1)

    plan(contest, running=RunningEnd(0, later(days=40), False))

    assert contest.round.phases[0].ends_at == before
    assert [p.name for p in contest.round.phases] == ["collect", "vote", "closed"]


def test_the_end_of_a_paused_phase_cannot_be_moved(contest):
    steering.pause_phase(contest.owner, contest.round_id)

    with pytest.raises(Conflict):
        plan(contest, running=RunningEnd(0, later(days=40), False))


def test_a_draft_has_no_current_phase(app):
    draft = factories.draft(blueprint="idea_contest")

    plan(draft, (VOTE,), RunningEnd(0, later(days=40), False), begun=0)

    assert [p.ends_at for p in draft.round.phases] == [None, None]
