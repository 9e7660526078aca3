"""An activity that this suite adds: a record, a presenter and templates. The pages take it from there."""

import pytest
from flask_babel import lazy_gettext
from jinja2 import ChoiceLoader, DictLoader

from app.activities import PRESENTERS
from app.activities.presenter import Part, Presenter, ScreenLine
from ideas import policy
from ideas.activities import ACTIVITIES, ActivityRules
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.errors import Invalid, PhaseForbids
from ideas.services import rounds, steering
from ideas.services.phases import checked_plans
from tests import factories

SORT = "sort"

TEMPLATES = {
    f"activities/{SORT}/hint.html": '<p class="pane__hint">Now ideas are sorted.</p>',
    f"activities/{SORT}/action.html": '<a href="#sort">Sort the ideas of {{ challenge.title }}</a>',
    f"activities/{SORT}/console.html": '<p id="sorting">{{ figures.ideas }} to sort</p>',
    f"activities/{SORT}/screen.html": '<p id="sorting">{{ figures.people }} people sort</p>',
    f"activities/{SORT}/rail.html": '<p id="rail">Sorting</p>',
}


@pytest.fixture
def sort(app, monkeypatch):
    monkeypatch.setitem(ACTIVITIES, SORT, ActivityRules(SORT, is_lockable=True))
    presenter = Presenter(
        name=SORT,
        label=lazy_gettext("Sort ideas"),
        deed=lazy_gettext("sort ideas"),
        parts=frozenset(Part),
        words={SORT: ScreenLine(lazy_gettext("Sort the ideas on your phone."), icon="list")},
    )
    monkeypatch.setitem(PRESENTERS, SORT, presenter)
    monkeypatch.setattr(app.jinja_env, "loader", ChoiceLoader([DictLoader(TEMPLATES), app.jinja_env.loader]))


@pytest.fixture
def room(sort):
    """A room whose first phase is for writing and whose second is for sorting."""
    plans = (PhasePlan("Collect", ("write",)), PhasePlan("Sort them", (SORT,)))
    return factories.room(phases=plans)


@pytest.fixture
def sorting(room):
    rounds.step_to_phase(room.owner, room.round_id, 1)
    return room


def text(response):
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_the_phase_editor_offers_the_added_activity(room, browser_of):
    page = text(browser_of(room.owner).get(f"/challenges/{room.id}/phases"))

    assert f'value="{SORT}" checked' in page
    assert "Sort ideas" in page


def test_the_phase_editor_stores_the_added_activity(sorting, browser_of):
    form = {
        "phases": "1",
        "phase-0-name": "Sort and vote",
        "phase-0-activities": [SORT, "vote"],
        "phase-0-until": "open",
    }

    answer = browser_of(sorting.owner).post(f"/challenges/{sorting.id}/phases", data=form)
    db.session.rollback()

    assert answer.status_code == 302
    assert sorting.round.phases[2].name == "Sort and vote"
    assert set(sorting.round.phases[2].activities) == {SORT, "vote"}


def test_a_silent_phase_does_not_permit_the_added_activity(sort):
    with pytest.raises(Invalid) as refused:
        checked_plans((PhasePlan("Sort alone", (SORT,), others_visible=False),))

    assert refused.value.problems == {"phase-0-activities": "hidden_permits_writing_only"}


def test_the_room_shows_its_hint_and_its_action(sorting, browser_of):
    page = text(browser_of(factories.participant(sorting)).get(f"/challenges/{sorting.id}"))

    assert "Now ideas are sorted." in page
    assert f"Sort the ideas of {sorting.round.challenge.title}" in page
    assert "There is nothing to do" not in page
    assert "ready-button" in page


def test_the_room_of_another_phase_does_not_show_it(room, browser_of):
    page = text(browser_of(factories.participant(room)).get(f"/challenges/{room.id}"))

    assert "Write your ideas now." in page
    assert "sorted" not in page
    assert "#sort" not in page


def test_the_list_of_phases_names_the_phase(sorting, browser_of):
    page = text(browser_of(factories.participant(sorting)).get(f"/challenges/{sorting.id}"))

    assert '<li class="is-now" aria-current="step"><bdi>Sort them' in page


def test_the_console_announces_it_and_shows_its_part(room, browser_of):
    page = text(browser_of(room.owner).get(f"/challenges/{room.id}/console"))

    assert "Then people can sort ideas." in page
    assert '<p id="sorting">0 to sort</p>' in page


def test_the_lock_stops_it_as_its_record_says(sorting):
    policy.require_permits(sorting.round, SORT)
    steering.lock_writing(sorting.owner, sorting.round_id)
    db.session.rollback()

    with pytest.raises(PhaseForbids):
        policy.require_permits(sorting.round, SORT)


def test_the_big_screen_shows_it(sorting, browser_of):
    page = text(browser_of(sorting.owner).get(f"/challenges/{sorting.id}/screen"))

    assert f'data-state="{SORT}"' in page
    assert '<p id="sorting">0 people sort</p>' in page
    assert "Sort the ideas on your phone." in page


def test_the_big_screen_shows_its_rail_beside_the_ideas_of_a_mixed_phase(sort, browser_of):
    room = factories.room(phases=(PhasePlan("All", ("write", SORT)),))
    factories.idea(room, factories.participant(room))

    page = text(browser_of(room.owner).get(f"/challenges/{room.id}/screen"))

    assert 'data-state="wall"' in page
    assert '<p id="rail">Sorting</p>' in page
