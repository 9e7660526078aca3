"""Idea cards to cut out."""

import pytest

from ideas.models import Anonymity
from ideas.services import moderation
from tests import factories
from tests.views.test_statements import cost_of


def text_of(response):
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_the_ideas_that_the_room_sees_stand_on_sheets_of_eight(app, browser_of):
    room = factories.room()
    author = factories.participant(room, "Otter 7")
    for n in range(9):
        factories.idea(room, author, f"Idea {n + 1}", "Some words")
    hidden = factories.idea(room, author, "Rude words")
    moderation.hide_idea(room.owner, hidden, "Rude")

    page = text_of(browser_of(room.owner).get(f"{room.path}/idea-cards"))

    assert page.count("idea-cards__card") == 9
    assert page.count("idea-cards__sheet") == 2
    assert "Rude words" not in page
    assert page.index("Idea 1<") < page.index("Idea 9<")
    assert "Otter 7" in page


def test_cards_hold_nothing_sealed_and_no_hidden_author(app, browser_of):
    silent = factories.room(phases=factories.ALONE_FIRST)
    hiding = factories.room(anonymity=Anonymity.UNTIL_RESULT)
    factories.idea(silent, factories.participant(silent), "Written alone")
    factories.idea(hiding, factories.participant(hiding, "Otter 7"), "Without a name")

    sealed, nameless = (text_of(browser_of(r.owner).get(f"{r.path}/idea-cards")) for r in (silent, hiding))

    assert "Written alone" not in sealed
    assert "No idea can be printed yet" in sealed
    assert "Without a name" in nameless
    assert "Otter 7" not in nameless


@pytest.mark.parametrize("ideas", [2, 40])
def test_cards_cost_few_statements_at_any_number_of_ideas(app, browser_of, ideas):
    room = factories.room()
    author = factories.participant(room)
    for _ in range(ideas):
        factories.idea(room, author)
    browser, address = browser_of(room.owner), f"{room.path}/idea-cards"
    browser.get(address)

    found = cost_of(browser, address)

    assert len(found.all) <= 15, found.all
