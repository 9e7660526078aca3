"""The page that answers all ideas, and where an answer is shown: idea, room, result, news."""

import re

import pytest

from app.pages.outcomes import PER_PAGE
from ideas.database import db
from ideas.models import Decision
from ideas.queries.outcomes import outcomes_of
from ideas.services import grouping
from ideas.services.outcomes import set_outcomes
from tests import factories


@pytest.fixture
def of(app):
    """A listed, closed room with three ideas of one author."""
    of = factories.listed_room()
    author = factories.participant(of, "Biene 12")
    ideas = [factories.idea(of, author, title, "More words") for title in ("Boxes", "Cups", "Bags")]
    factories.mark(of, factories.participant(of, "Igel 3"), {ideas[0]: 1})
    factories.close(of)
    return of, author, ideas


def text(response, status=200):
    assert response.status_code == status, response.get_data(as_text=True)
    return response.get_data(as_text=True)


def entries(ideas):
    return [factories.entry_id(idea) for idea in ideas]


def seen(page: str) -> str:
    return re.search(r'name="seen" value="(\d+)"', page)[1]


def answers(room):
    db.session.rollback()
    return {row.entry_id: (row.decision, row.reason) for row in outcomes_of(db.session(), room.round_id).values()}


def test_ticked_ideas_get_an_answer_that_everybody_can_read(of, browser_of, client):
    room, author, ideas = of
    owner = browser_of(room.owner)
    page = text(owner.get(f"{room.path}/outcomes"))
    assert page.count('name="entry"') == 3

    done = owner.post(
        f"/rounds/{room.round_id}/outcomes",
        data={"seen": seen(page), "entry": entries(ideas[:2]), "decision": "chosen", "words": "We start in May."},
    )

    assert done.status_code == 303
    assert "2 ideas can read the answer now" in text(owner.get(done.location))
    idea_page, room_page = f"{room.path}/ideas/{ideas[0]}", room.path
    for browser, address in (
        (client, f"{room.path}/result"),
        (browser_of(author), idea_page),
        (browser_of(author), "/news"),
    ):
        found = text(browser.get(address))
        assert "Chosen" in found
        assert "We start in May." in found
    assert "Chosen" in text(browser_of(author).get(room_page))
    assert text(owner.get(f"{room.path}/outcomes")).count('name="entry"') == 1
    assert text(owner.get(f"{room.path}/outcomes?all=1")).count('name="entry"') == 3


def test_moderators_see_how_many_wait_and_nobody_else_does(of, browser_of, client):
    room, author, _ = of
    owner, company = browser_of(room.owner), f"/organisations/{room.organisation_id}"
    assert "The authors of 3 ideas still wait" in text(owner.get(f"{room.path}/result"))
    assert "3 ideas wait for an answer" in text(owner.get(company))
    for browser in (client, browser_of(author)):
        assert "still wait" not in text(browser.get(f"{room.path}/result"))

    set_outcomes(room.owner, room.round_id, None, Decision.NO, "It exists.", seen=0)

    assert "still wait" not in text(owner.get(f"{room.path}/result"))
    assert "wait for an answer" not in text(owner.get(company))


def test_a_form_without_a_reason_a_decision_or_an_idea_keeps_what_was_typed(of, browser_of):
    room, _, ideas = of
    owner = browser_of(room.owner)
    full = {"seen": 0, "entry": entries(ideas[:1]), "decision": "no", "words": "My typed reason"}
    for missing in ("entry", "decision", "words"):
        data = {name: value for name, value in full.items() if name != missing}
        page = text(owner.post(f"/rounds/{room.round_id}/outcomes", data=data), 400)
        assert "field__error" in page or "error-summary" in page
        assert ("My typed reason" in page) == (missing != "words")
        assert page.count(" checked") == sum(name in data for name in ("entry", "decision"))
    assert answers(room) == {}


def test_the_second_of_two_moderators_keeps_the_form_and_sees_what_changed(of, browser_of):
    room, _, ideas = of
    colleague = browser_of(factories.member(room.organisation_id, room.owner))
    before = seen(text(colleague.get(f"{room.path}/outcomes")))
    set_outcomes(room.owner, room.round_id, entries(ideas[:1]), Decision.CHOSEN, "We want it.", seen=0)
    data = {"seen": before, "entry": entries(ideas), "decision": "no", "words": "We do not want it."}

    page = text(colleague.post(f"/rounds/{room.round_id}/outcomes", data=data), 409)

    assert "We do not want it." in page
    assert "We want it." in page
    assert page.count("changed meanwhile") == 1
    assert len(re.findall(r'name="entry" value="\d+" checked', page)) == 3
    assert len(answers(room)) == 1
    done = colleague.post(f"/rounds/{room.round_id}/outcomes", data=data | {"seen": seen(page)})
    assert done.status_code == 303
    assert set(answers(room).values()) == {(Decision.NO, "We do not want it.")}


def test_all_that_wait_are_answered_with_one_press_also_on_other_pages(app, browser_of):
    room = factories.room()
    author = factories.participant(room)
    for n in range(PER_PAGE + 1):
        factories.idea(room, author, f"Idea {n}")
    factories.close(room)
    owner = browser_of(room.owner)
    assert text(owner.get(f"{room.path}/outcomes")).count('name="entry"') == PER_PAGE
    assert text(owner.get(f"{room.path}/outcomes?page=2")).count('name="entry"') == 1

    data = {"seen": 0, "waiting": "1", "decision": "not_now", "suggestion": "It already exists."}
    done = owner.post(f"/rounds/{room.round_id}/outcomes", data=data | {"page": 2, "all": 1})

    assert text(owner.get(done.location)).count('name="entry"') == 1  # the page from which it was sent
    assert "This round is finished" in text(owner.get(done.location))
    assert len(answers(room)) == PER_PAGE + 1


def test_a_whole_group_is_answered_with_one_tick(app, browser_of):
    room = factories.room()
    author = factories.participant(room)
    ideas = [factories.idea(room, author, f"Idea {n}") for n in range(3)]
    group = grouping.group_ideas(room.owner, room.round_id, ideas[:2], "Paper")
    factories.close(room)
    owner, address = browser_of(room.owner), f"/rounds/{room.round_id}/outcomes"
    page = text(owner.get(f"{room.path}/outcomes"))
    assert "Paper" in page
    assert "2 ideas wait for an answer" in page
    data = {"seen": seen(page), "group": group, "decision": "no"}

    assert f'name="group" value="{group}" checked' in text(owner.post(address, data=data), 400)
    assert owner.post(address, data=data | {"words": "It exists."}).status_code == 303

    assert set(answers(room)) == set(entries(ideas[:2]))
    assert 'name="group"' not in text(owner.get(f"{room.path}/outcomes"))


def test_a_decision_has_its_own_word_in_german(of, browser_of):
    room, _, ideas = of
    set_outcomes(room.owner, room.round_id, entries(ideas[:1]), Decision.CHOSEN, "We start in May.", seen=0)

    page = text(browser_of(room.owner).get(f"{room.path}/outcomes?all=1", headers={"Accept-Language": "de"}))

    assert "Ausgewählt" in page


def test_the_suggested_reasons_belong_to_the_organisation(of, browser_of):
    room, _, _ = of
    owner, address = browser_of(room.owner), f"/rounds/{room.round_id}/outcomes/reasons"
    assert "It already exists." in text(owner.get(f"{room.path}/outcomes"))

    assert owner.post(address, data={"was": "", "reasons": "Too dear\nToo late"}).status_code == 303
    page = text(owner.get(f"{room.path}/outcomes"))
    assert 'name="suggestion" value="Too dear"' in page
    assert "It already exists." not in page

    page = text(owner.post(address, data={"was": "", "reasons": "What I typed"}), 409)
    assert "What I typed" in page


def test_the_page_costs_the_same_for_any_number_of_ideas(app, browser_of):
    from tests.views.test_statements import cost_of

    costs = []
    for number in (2, 30):
        room = factories.room()
        author = factories.participant(room)
        for _ in range(number):
            factories.idea(room, author)
        factories.close(room)
        costs.append(len(cost_of(browser_of(room.owner), f"{room.path}/outcomes").all))
    assert costs[0] == costs[1] <= 20


def test_answers_cost_as_many_statements_for_any_number_of_ideas(app):
    from tests.statements import Statements

    costs = []
    for number in (2, 30):
        room = factories.room()
        for _ in range(number):
            factories.idea(room, factories.participant(room))
        factories.close(room)
        with Statements() as statements:
            assert set_outcomes(room.owner, room.round_id, None, Decision.NO, "It exists.", seen=0) == number
        costs.append(len(statements.all))
    assert costs[0] == costs[1]


def test_the_result_opens_with_the_decision_in_plain_words(of, client):
    room, _, ideas = of
    address = f"{room.path}/result"
    assert "The organisation chose" not in text(client.get(address))
    set_outcomes(room.owner, room.round_id, entries(ideas[:1]), Decision.CHOSEN, "We start in May.", seen=0)
    set_outcomes(room.owner, room.round_id, entries(ideas[1:]), Decision.TAKEN_FURTHER, "Later.", seen=0)

    page = re.sub(r"[\u2066-\u2069]", "", text(client.get(address)))

    chosen, further, place = (
        page.index(words) for words in ("chose “Boxes”.", "takes further: “Cups”, “Bags”.", 'class="ranking')
    )
    assert chosen < further < place
    assert "the first place is what the group decided" in page or "too few votes for a firm order" in page
