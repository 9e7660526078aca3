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
    assert '<span class="num quiet" data-figure="ideas">3</span>' in page
    assert re.findall(r'<li class="card card--press idea[^>]* id="([^"]+)"', page) == [f"idea-{found[2]}"]
    search = browser.get(f"{room.path}?find_ideas=eins").text
    assert cards(search) == []
    assert f'id="idea-{found[0]}"' in search  # a search finds each idea for itself


def test_grouped_ideas_take_no_place_on_the_pages_of_the_list(room, found, browser_of, monkeypatch):
    monkeypatch.setattr("app.inputs.lists.IDEAS_SHOWN", 2)
    author = factories.participant(room)
    older, newer = factories.idea(room, author, "Older"), factories.idea(room, author, "Newer")
    grouped = [factories.idea(room, author, f"Rye {n}") for n in range(3)]
    browser = browser_of(author.actor)

    def listed(number):
        return re.findall(r' id="idea-(\d+)" data-order', browser.get(f"{room.path}?ideas={number}").text)

    assert listed(1) == [str(idea) for idea in grouped[:0:-1]]
    grouping.group_ideas(room.owner, room.round_id, grouped)

    assert listed(1) == [str(newer), str(older)]
    assert listed(2) == [str(found[2]), str(found[1])]
    assert listed(3) == [str(found[0])]


def test_the_list_that_pages_fetch_after_many_changes_brings_the_groups(app, browser_of):
    room = factories.room(phases=factories.ALONE_FIRST)
    author = factories.participant(room)
    ideas = [factories.idea(room, author, title) for title in ("Oats", "More oats")]
    factories.step(room, "build")
    grouping.group_ideas(room.owner, room.round_id, ideas, "Breakfast")
    browser = browser_of(author.actor)

    def fetched():
        return cards(browser.get(f"/challenges/{room.id}/idea-list").text)

    assert fetched() == [["Oats", "More oats"]]
    factories.step(room, "write")
    assert fetched() == []
    factories.step(room, "build")
    assert fetched() == [["Oats", "More oats"]]


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
