"""The ballot through the door."""

import re

import pytest
from sqlalchemy import select

from app.views import ballots as view
from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.models import Mark, Round
from ideas.queries.rooms import ballot_order
from ideas.services import moderation, participants
from tests import factories

JSON = {"Accept": "application/json"}


@pytest.fixture
def room(app):
    return factories.room()


@pytest.fixture
def author(room):
    return factories.participant(room, "Author 1")


@pytest.fixture
def voter(room):
    return factories.participant(room, "Voter 2")


@pytest.fixture
def ideas(room, author):
    return [factories.idea(room, author, f"Idea {letter}") for letter in "ABCD"]


@pytest.fixture
def browser(voter, browser_of):
    return browser_of(voter)


def text_of(response):
    return response.get_data(as_text=True)


def ballot(browser, room, **query):
    return text_of(browser.get(f"/challenges/{room.id}/ballot", query_string=query))


def hidden_fields(page):
    form = re.search(r'<form class="ballot".*?</form>', page, re.S).group(0)
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def press(browser, room, page, value):
    return browser.post(f"/challenges/{room.id}/ballot", data={**hidden_fields(page), "value": value})


def marks():
    db.session.rollback()
    return {m.subject: m.value for m in db.session.scalars(select(Mark))}


def shown(page):
    """The card that lies on top."""
    return int(re.search(r'data-card="\d+" data-idea="(\d+)" data-n="\d+"(?: data-mark="-?\d")?>', page).group(1))


def test_one_goes_through_all_ideas_with_plain_forms(room, ideas, voter, browser):
    order = ballot_order(db.session(), room.round, voter.row)
    seen = []
    for n, value in enumerate(("1", "-1", "0", "1"), start=1):
        page = ballot(browser, room)
        assert f"data-at>{n}</span>" in page
        seen.append(shown(page))
        assert press(browser, room, page, value).location == f"/challenges/{room.id}/ballot"

    end = ballot(browser, room)

    assert seen == order
    assert [marks()[factories.entry_id(i)] for i in order] == [1, -1, 0, 1]
    assert "You have judged all 4 ideas." in end
    assert "You can change votes until the close." in end
    assert all(f"ballot?idea={i}" in end for i in ideas)


def test_a_stored_vote_is_told_with_its_receipt(room, ideas, browser):
    press(browser, room, ballot(browser, room), "1")

    assert re.search(r"Your vote is stored. Receipt \S+", ballot(browser, room))


def test_going_back_shows_the_mark_and_changes_it(room, ideas, browser):
    page = ballot(browser, room)
    first = shown(page)
    press(browser, room, page, "1")

    back = re.search(r'data-back href="([^"]+)"', ballot(browser, room)).group(1)
    page = text_of(browser.get(back))
    assert shown(page) == first
    assert re.search(r'value="1" aria-pressed="true"', page)
    press(browser, room, page, "-1")

    assert marks() == {factories.entry_id(first): -1}
    assert db.session.get_one(Round, room.round_id).turnout == 1


def test_a_vote_on_an_ideas_page_comes_back_there(room, ideas, browser):
    page = text_of(browser.get(f"/ideas/{ideas[0]}"))
    form = re.search(r'<form class="vote".*?</form>', page, re.S).group(0)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))

    answer = browser.post(f"/challenges/{room.id}/ballot", data={**fields, "value": "1"})

    assert answer.location == f"/ideas/{ideas[0]}"
    assert marks() == {factories.entry_id(ideas[0]): 1}


def test_the_same_command_twice_counts_once_and_says_so(room, ideas, browser):
    page = ballot(browser, room)
    command = {**hidden_fields(page), "value": "1"}

    first, again = (browser.post(f"/challenges/{room.id}/ballot", data=command, headers=JSON).json for _ in range(2))

    assert first["ok"]
    assert again["ok"]
    assert "dup" not in first
    assert again == {**first, "dup": True}
    assert len(marks()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": "2"},
        {"value": "1.0"},
        {"value": ""},
        {"value": "true"},
        {"entry": "0"},
        {"entry": "x"},
        {"n": "-1"},
        {"op": "x"},
        {"client": ""},
    ],
)
def test_a_malformed_mark_is_refused_and_the_ballot_is_still_there(room, ideas, browser, wrong):
    command = {**hidden_fields(ballot(browser, room)), "value": "1"} | wrong

    script = browser.post(f"/challenges/{room.id}/ballot", data=command, headers=JSON)
    person = browser.post(f"/challenges/{room.id}/ballot", data=command)

    assert (script.status_code, script.json) == (400, {"ok": False, "error": "invalid"})
    assert person.status_code == 400
    assert 'class="ballot"' in text_of(person)
    assert marks() == {}


def test_own_hidden_and_foreign_ideas_are_not_on_the_ballot(room, author, ideas, voter, browser, noise):
    own = factories.idea(room, voter, "My own")
    moderation.hide_idea(room.owner, ideas[0], "")
    command = {**hidden_fields(ballot(browser, room)), "value": "1"}

    page = ballot(browser, room)
    answers = {
        idea: browser.post(
            f"/challenges/{room.id}/ballot",
            data={**command, "op": factories.op(), "entry": factories.entry_id(idea)},
            headers=JSON,
        ).json["error"]
        for idea in (own, ideas[0], noise.ideas[0])
    }

    assert "My own" not in page
    assert "Idea A" not in page
    assert "Noise" not in page
    assert answers == {own: "invalid", ideas[0]: "not_found", noise.ideas[0]: "not_found"}


def test_nobody_votes_for_others_or_from_outside(room, ideas, browser, client, browser_of):
    command = {**hidden_fields(ballot(browser, room)), "value": "1"}
    barred = factories.participant(room)
    participants.bar_participant(room.owner, room.id, barred.id, "")

    for somebody, status in ((client, 404), (browser_of(room.owner), 403), (browser_of(barred), 403)):
        assert somebody.post(f"/challenges/{room.id}/ballot", data=command, headers=JSON).status_code == status
    assert marks() == {}


def test_outside_the_vote_the_ballot_leads_back_to_the_room(app, browser_of):
    room = factories.room(phases=factories.STEPS)
    author, voter = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author)
    browser = browser_of(voter)
    assert browser.get(f"/challenges/{room.id}/ballot").location == f"/challenges/{room.id}"
    factories.step(room, "vote")
    command = {**hidden_fields(ballot(browser, room)), "value": "1"}
    assert command["entry"] == str(factories.entry_id(idea))

    factories.close(room)

    late = browser.post(f"/challenges/{room.id}/ballot", data=command, headers=JSON)
    assert (late.status_code, late.json) == (409, {"ok": False, "error": "closed"})
    assert browser.post(f"/challenges/{room.id}/ballot", data=command).status_code == 409
    assert browser.get(f"/challenges/{room.id}/ballot").location == f"/challenges/{room.id}/result"
    assert marks() == {}


def test_a_facilitator_who_has_not_joined_has_no_ballot(room, ideas, browser_of):
    assert browser_of(room.owner).get(f"/challenges/{room.id}/ballot").location == f"/challenges/{room.id}"


def test_nothing_to_vote_on_is_said(room, browser):
    assert "Nothing to vote on yet" in ballot(browser, room)


def test_a_page_brings_a_deck_along_and_no_more(room, ideas, browser, monkeypatch):
    monkeypatch.setattr(view, "DECK_MAX", 3)

    page = ballot(browser, room)

    assert len(re.findall(r"data-card=", page)) == 3
    assert 'data-total="4"' in page


def test_cards_carry_an_argument_of_each_side_and_the_way_to_the_rest(room, author, ideas, browser):
    for stance in ("for", "against", "question"):
        for n in (1, 2):
            factories.argument(ideas[0], author, f"{stance} {n}", stance)

    page = ballot(browser, room, idea=ideas[0])

    for words in ("for 2", "against 2"):
        assert f">{words}</p>" in page
    assert ">for 1<" not in page
    assert "Read all 6 arguments" in page


def test_the_turnout_is_told_and_no_count(room, ideas, voter, browser):
    factories.mark(room, voter, dict.fromkeys(ideas[:3], 1))

    page = ballot(browser, room)

    assert re.search(r'<b data-figure="voted">1</b> of <b data-figure="people">2</b> have voted', page)


def test_an_unknown_idea_in_the_address_shows_the_first_unmarked(room, ideas, voter, browser):
    order = ballot_order(db.session(), room.round, voter.row)

    assert shown(ballot(browser, room, idea=999)) == order[0]


class TestOtherRules:
    """The door takes what every rule needs; the pages for it come from there."""

    @pytest.fixture
    def hall(self, app, browser_of):
        def make(rule, **options):
            room = factories.room(questions=(QuestionPlan(rule, "", options),))
            author, voter = factories.participant(room), factories.participant(room)
            entries = [factories.entry_id(factories.idea(room, author)) for _ in range(3)]
            return room, entries, browser_of(voter)

        return make

    def send(self, browser, room, **fields):
        command = {"op": factories.op(), "client": factories.op(), "n": "1"}
        return browser.post(f"/challenges/{room.id}/ballot", data=command | fields, headers=JSON)

    def own(self, browser, room):
        return browser.get(f"/challenges/{room.id}/mine").json["ballots"][str(room.question_id)]

    def test_a_pair_names_its_other_half(self, hall):
        room, (one, two, _), browser = hall("pairs")

        answer = self.send(browser, room, entry=one, versus=two, value="-1")

        assert answer.json["ok"]
        assert self.own(browser, room) == {
            "marks": {f"{one}-{two}": -1},
            "done": False,
            "receipt": answer.json["receipt"],
        }
        assert self.send(browser, room, entry=two, versus=one, value="1").json["error"] == "invalid"
        assert self.send(browser, room, entry=one, versus="x", value="1").json["error"] == "invalid"

    def test_a_whole_ballot_comes_at_once_and_an_empty_field_takes_back(self, hall):
        room, (one, two, three), browser = hall("points", budget=5)

        assert self.send(browser, room, **{f"mark-{one}": "3", f"mark-{two}": "2", f"mark-{three}": ""}).json["ok"]
        assert self.own(browser, room)["marks"] == {str(one): 3, str(two): 2}
        assert self.send(browser, room, **{f"mark-{one}": "", f"mark-{two}": "2", f"mark-{three}": "3"}).json["ok"]

        assert self.own(browser, room)["marks"] == {str(two): 2, str(three): 3}
        assert len(marks()) == 3, "what was taken back is a mark, what never stood is none"

    def test_too_much_is_said_and_nothing_of_it_stored(self, hall):
        room, (one, two, _), browser = hall("points", budget=5)

        answer = self.send(browser, room, **{f"mark-{one}": "3", f"mark-{two}": "3"})

        assert (answer.status_code, answer.json) == (409, {"ok": False, "error": "budget"})
        assert self.own(browser, room)["marks"] == {}

    @pytest.mark.parametrize("typed", ["x", "1.5", "99999", "1001", "--1"])
    def test_what_is_no_mark_is_refused(self, hall, typed):
        room, (one, *_), browser = hall("points")

        assert self.send(browser, room, **{f"mark-{one}": "1"}).json["ok"]
        assert self.send(browser, room, **{f"mark-{one}": typed}).json["error"] == "invalid"
        assert self.send(browser, room, entry=one, value=typed).json["error"] == "invalid"

    def test_of_two_questions_one_is_named(self, app, browser_of):
        room = factories.room(questions=(QuestionPlan("approval", "Wow?"), QuestionPlan("grades", "Doable?")))
        entry = factories.entry_id(factories.idea(room, factories.participant(room)))
        browser = browser_of(factories.participant(room))
        second = room.round.questions[1].id

        assert self.send(browser, room, entry=entry, value="1").json["error"] == "invalid"
        assert self.send(browser, room, entry=entry, value="5", question=second).json["ok"]
        assert self.send(browser, room, entry=entry, value="5", question="x").json["error"] == "invalid"
