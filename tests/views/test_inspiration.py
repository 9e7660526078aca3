"""Inspire me: ideas far from one's own, drawn by lot, and questions that can be switched off."""

import re

import pytest

from ideas.blueprints import IdeaRules, PhasePlan
from ideas.models import Activity
from ideas.queries.likeness import FAR
from ideas.services import arguments, moderation
from tests import factories
from tests.views.test_statements import cost_of

ALONE = (
    PhasePlan("alone", (Activity.WRITE,), others_visible=False),
    PhasePlan("together", (Activity.WRITE, Activity.DEBATE)),
    PhasePlan("vote", (Activity.VOTE,)),
)


@pytest.fixture
def room(app):
    return factories.room()


def page_of(browser, room):
    return browser.get(f"{room.path}/inspiration").get_data(as_text=True)


def listed(page):
    return [int(key) for key in re.findall(r'id="far-(\d+)"', page)]


def test_the_ideas_are_far_from_ones_own_and_from_each_other(room, browser_of):
    author, other = factories.participant(room), factories.participant(room)
    factories.idea(room, author, "Bread with seeds of the sunflower")
    near = {factories.idea(room, other, f"Bread with seeds of the pumpkin {n}") for n in range(4)}
    twins = {factories.idea(room, other, f"A bench in the shade of the lime tree {n}") for n in range(2)}
    far = {factories.idea(room, other, words) for words in ("Free swimming lessons", "Trams at night")}

    for _ in range(5):
        found = listed(page_of(browser_of(author), room))
        assert len(found) == FAR
        assert not near & {*found}
        assert len(twins & {*found}) == 1
        assert far <= {*found}


def test_the_lot_knows_no_marks_and_shows_nothing_hidden(room, browser_of):
    author, other = factories.participant(room), factories.participant(room)
    ideas = [factories.idea(room, author, words) for words in ("Trams", "Bread", "Benches", "Swimming", "Owls", "Rye")]
    viewer = browser_of(other)
    seen = {key for _ in range(12) for key in listed(page_of(viewer, room))}
    assert seen == {*ideas}

    argument = factories.argument(ideas[0], author)
    arguments.toggle_good_point(other.actor, argument)
    factories.mark(room, other, {ideas[0]: 1, ideas[1]: -1})
    moderation.hide_idea(room.owner, ideas[5], "")

    seen = {key for _ in range(12) for key in listed(page_of(viewer, room))}
    assert seen == {*ideas[:5]}


def test_while_everybody_writes_alone_there_are_questions_only(app, browser_of):
    room = factories.room(phases=ALONE)
    author, other = factories.participant(room), factories.participant(room)
    factories.idea(room, other, "Trams at night")
    browser = browser_of(author)

    page = page_of(browser, room)

    assert page.count("inspire__prompt") == 2
    assert "Trams at night" not in page
    factories.step(room, "together")
    assert "Trams at night" in page_of(browser, room)


@pytest.mark.parametrize("prompts", [True, False])
def test_a_company_switches_the_questions_off(app, browser_of, prompts):
    room = factories.room(phases=ALONE, ideas=IdeaRules(prompts=prompts))
    browser = browser_of(factories.participant(room))

    assert ("inspire__prompt" in page_of(browser, room)) is prompts
    page = browser.get(room.path, follow_redirects=True).get_data(as_text=True)
    assert ("/inspiration" in page) is prompts
    factories.step(room, "together")
    assert "/inspiration" in browser.get(room.path, follow_redirects=True).get_data(as_text=True)


def test_the_page_is_there_while_people_write(app, browser_of):
    room = factories.room(phases=factories.STEPS)
    browser = browser_of(factories.participant(room))
    assert browser.get(f"{room.path}/inspiration").status_code == 200

    factories.step(room, "vote")

    assert browser.get(f"{room.path}/inspiration").status_code == 409
    assert "/inspiration" not in browser.get(room.path, follow_redirects=True).get_data(as_text=True)
    assert browser_of(room.owner).get(f"{room.path}/inspiration").status_code == 403


@pytest.mark.parametrize("ideas", [2, 40])
def test_the_page_costs_few_statements(room, browser_of, ideas):
    author, other = factories.participant(room), factories.participant(room)
    for n in range(ideas):
        factories.idea(room, (author, other)[n % 2], f"Idea {n}")
    browser = browser_of(author)
    browser.get(f"{room.path}/inspiration")

    found = cost_of(browser, f"{room.path}/inspiration")

    assert len(found.all) <= 15, found.all
