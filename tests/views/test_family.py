"""Build on an idea, combine ideas, and see their family."""

import re

import pytest

from ideas.database import db
from ideas.models import Idea, IdeaEdge
from ideas.services import moderation
from ideas.services.ideas import IdeaForm, submit_idea
from tests import factories
from tests.factories import op


@pytest.fixture
def room(app):
    return factories.room(factories.company(), phases=factories.STEPS)


@pytest.fixture
def author(room):
    return factories.participant(room)


@pytest.fixture
def other(room):
    return factories.participant(room)


def post(browser, room, title, parents):
    page = browser.get(room.path).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    data = {"title": title, "parents": parents, "op": op(), "csrf_token": token}
    return browser.post(f"/challenges/{room.id}/ideas", data=data)


def test_a_person_builds_on_an_idea_from_its_page(room, author, other, browser_of):
    parent = factories.idea(room, other, "Oats")
    browser = browser_of(author.actor)
    page = browser.get(factories.idea_path(parent)).text
    assert f"{room.path}?build={parent}#composer" in page

    form = browser.get(f"{room.path}?build={parent}").text
    answer = post(browser, room, "Oats with honey", str(parent))

    assert f'name="parents" value="{parent}"' in form
    assert answer.status_code == 303
    [edge] = db.session.query(IdeaEdge).all()
    assert edge.parent_id == parent
    family = browser.get(factories.idea_path(parent)).text
    assert "Oats with honey" in family
    assert 'class="family__lines"' in family


def test_the_second_idea_is_chosen_from_a_list(room, author, other, browser_of):
    oats, rye = factories.idea(room, other, "Oats"), factories.idea(room, other, "Rye")

    page = browser_of(author.actor).get(f"{factories.idea_path(oats)}/combine").text

    assert f"?build={oats},{rye}#composer" in page.replace("%2C", ",")
    assert f"build={oats},{oats}" not in page.replace("%2C", ",")


def test_the_most_similar_ideas_to_combine_come_first(room, author, other, browser_of):
    oats, alike, late = (factories.idea(room, other, title) for title in ("Oat rolls", "Rolls of oats", "Rye"))

    page = browser_of(author.actor).get(f"{factories.idea_path(oats)}/combine").text.replace("%2C", ",")

    top, _, rest = page.partition("All others, newest first")
    assert f"build={oats},{alike}" in top
    assert f"build={oats},{alike}" not in rest
    assert f"build={oats},{late}" in rest


def test_the_list_to_combine_is_closed_where_nobody_writes(room, author, other, browser_of):
    idea = factories.idea(room, other)
    factories.step(room, "debate")
    browser = browser_of(author.actor)

    assert browser.get(f"{factories.idea_path(idea)}/combine").status_code == 409
    assert "?build=" not in re.sub(r'<a class="idea__build".*?</a>', "", browser.get(factories.idea_path(idea)).text)


def test_a_parent_that_was_hidden_meanwhile_gives_the_text_back(room, author, other, browser_of):
    gone, kept = factories.idea(room, other, "Gone oats"), factories.idea(room, other, "Kept rye")
    moderation.hide_idea(room.owner, gone, "")

    answer = post(browser_of(author.actor), room, "My words", f"{gone},{kept}")

    assert answer.status_code == 400
    assert "My words" in answer.text
    assert f'name="parents" value="{kept}"' in answer.text
    assert "Gone oats" not in answer.text
    assert db.session.query(Idea).filter_by(challenge_id=room.id).count() == 2


def test_a_hidden_parent_is_never_named(room, author, other, browser_of):
    parent = factories.idea(room, other, "Secret oats")
    one = submit_idea(author.actor, room.id, IdeaForm("One", parents=(parent,)), op())
    submit_idea(author.actor, room.id, IdeaForm("Two", parents=(parent,)), op())
    browser = browser_of(author.actor)
    assert "Secret oats" in browser.get(factories.idea_path(one)).text
    moderation.hide_idea(room.owner, parent, "")

    page = browser.get(factories.idea_path(one)).text

    assert "Secret oats" not in page
    assert f"idea-{parent}" not in page
    assert "An idea that is not visible" in page
    assert "Two" in page


def test_the_result_shows_families_to_everybody_inside(room, author, other, browser_of):
    parent = factories.idea(room, other, "Oats")
    submit_idea(author.actor, room.id, IdeaForm("Oats with honey", parents=(parent,)), op())
    factories.close(room)

    page = browser_of(author.actor).get(f"{room.path}/result").text

    assert "How ideas grew from one another" in page
    assert re.search(r"grew from:.*<bdi>Oats</bdi>", page)
