"""The jury scores apart from the crowd: its criteria stand on no page of the crowd."""

import pytest

from ideas.blueprints import CriterionPlan
from ideas.database import db
from ideas.marks import Cast
from ideas.services.ballots import cast_ballot
from tests import factories
from tests.ideas.test_criteria import grade, seat

CRITERION = "Worth the money?"


@pytest.fixture
def room(app):
    return factories.room(criteria=(CriterionPlan(CRITERION, 2),), live_ranking=True)


@pytest.fixture
def voter(room):
    """A voter on an idea that a juror graded."""
    author, voter = factories.participant(room), factories.participant(room)
    entry = factories.entry_id(factories.idea(room, author))
    cast_ballot(Cast(voter.id, room.round_id, factories.op(), "tab", 1, {entry: 1}))
    grade(room, seat(room), room.round.criteria[0], {entry: 2})
    return voter


OF_CROWD = ("", "/ballot", "/ballot/marks", "/live-ranking", "/me")
OF_FACILITATORS = ("/console", "/screen", "/groups", "/phases")


def text(response):
    assert response.status_code == 200, response.status_code
    return response.get_data(as_text=True)


@pytest.mark.parametrize("part", OF_CROWD)
def test_a_page_of_the_crowd_shows_no_criterion(room, voter, browser_of, part):
    shown = text(browser_of(voter.actor).get(room.path + part))

    assert CRITERION not in shown
    db.session.rollback()
    criterion = room.round.criteria[0].id
    assert f'name="question" value="{criterion}"' not in shown


def test_a_criterion_has_no_ballot_in_the_room(room, voter, browser_of):
    criterion, browser = room.round.criteria[0].id, browser_of(voter.actor)

    assert browser.get(f"{room.path}/ballot?question={room.question_id}").status_code == 200
    assert browser.get(f"{room.path}/ballot?question={criterion}").status_code == 404


@pytest.mark.parametrize("part", OF_FACILITATORS)
def test_a_page_that_runs_the_room_shows_no_criterion(room, voter, browser_of, part):
    assert CRITERION not in text(browser_of(room.owner).get(room.path + part))


def test_the_ranking_of_the_result_is_that_of_the_room(room, voter, browser_of):
    factories.close(room)

    shown = text(browser_of(voter.actor).get(f"{room.path}/result"))

    assert CRITERION not in shown
