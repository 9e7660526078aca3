"""The page on which facilitators group ideas, and the card of a group in the room and in the result."""

import re

import pytest

from ideas.services import grouping
from tests import factories


@pytest.fixture
def room(app):
    return factories.room(phases=factories.STEPS)


@pytest.fixture
def found(room):
    author = factories.participant(room)
    return [factories.idea(room, author, f"Fahrradwege {word}") for word in ("eins", "zwei", "drei")]


def cards(page):
    """The names of the groups in the list of a room, with the ideas of each."""
    list_ = page.partition('id="groups"')[2].partition('id="ideas"')[0]
    return [re.findall(r'<span lang="\w+">([^<]*)</span>', card) for card in list_.split('class="card group"')[1:]]


def post(browser, page, address, **fields):
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    return browser.post(address, data={"csrf_token": token, "op": factories.op(), **fields})


def test_a_facilitator_takes_a_proposal_names_it_and_ends_it(room, found, browser_of):
    browser, board = browser_of(room.owner), f"{room.path}/groups"
    page = browser.get(board).text
    assert "Shared words:" in page
    base = f"/rounds/{room.round_id}/groups"

    assert post(browser, page, base, idea=found[:2]).status_code == 303

    page = browser.get(board).text
    group, seen = re.search(r'name="group" value="(\d+)-(\d+)"', page).groups()
    assert post(browser, page, f"{base}/name", group=group, seen=seen, name="Räder").status_code == 303
    assert post(browser, page, f"{base}/end", group=group, seen=seen).status_code == 409  # it has a name by now
    page = browser.get(board).text
    assert 'value="Räder"' in page
    seen = re.search(rf'name="group" value="{group}-(\d+)"', page)[1]
    assert post(browser, page, f"{base}/ideas", group=f"{group}-{seen}", idea=found[2]).status_code == 303
    seen = str(int(seen) + 1)
    assert post(browser, page, f"{base}/parting", group=group, seen=seen, idea=found[0]).status_code == 303
    seen = str(int(seen) + 1)
    assert post(browser, page, f"{base}/end", group=group, seen=seen).status_code == 303
    assert "data-group=" not in browser.get(board).text


def test_the_room_shows_a_group_as_one_card(room, found, browser_of):
    browser = browser_of(factories.participant(room).actor)
    assert cards(browser.get(room.path).text) == []

    grouping.group_ideas(room.owner, room.round_id, found[:2], "Räder")

    page = browser.get(room.path).text
    assert cards(page) == [["Fahrradwege eins", "Fahrradwege zwei"]]
    assert "Räder" in page
    assert page.count("idea--grouped") == 2
    assert cards(browser.get(f"{room.path}?find_ideas=eins").text) == []  # a search finds each idea for itself


def test_the_result_shows_the_best_place_of_a_group_and_no_sum(room, found, browser_of):
    grouping.group_ideas(room.owner, room.round_id, found[:2], "Räder")
    factories.step(room, "vote")
    for n in range(3):
        marks = {idea: 1 if n < 3 - place else -1 for place, idea in enumerate(found)}
        factories.mark(room, factories.participant(room), marks)
    factories.close(room)

    page = browser_of(room.owner).get(f"{room.path}/result").text

    section = page.partition("Groups of similar ideas")[2].partition("</section>")[0]
    assert "Räder" in section
    assert "Best place: 1" in section
    assert section.index("Fahrradwege eins") < section.index("Fahrradwege zwei")
