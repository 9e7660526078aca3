"""A next round through its pages: the form, the tie at the cut, and where the rounds are linked."""

import pytest

from ideas import journal
from ideas.actor import Actor
from ideas.anonymising import anonymise_challenge
from ideas.database import db, write
from ideas.models import Anonymity, Participant
from ideas.queries.rounds import current_round
from ideas.services import moderation, rounds
from tests import factories


def text(response, status=200):
    assert response.status_code == status, response.get_data(as_text=True)
    return response.get_data(as_text=True)


def form(**fields):
    plan = {
        "phases": 1,
        "phase-0-name": "Final",
        "phase-0-activities": ["vote"],
        "phase-0-until": "open",
        "q1_rule": "approval",
        "q1_prompt": "The winner?",
    }
    return {"how": "top", "top": 1} | plan | fields


@pytest.fixture
def of(app):
    """A listed, closed room with three ideas, the first two of which share the first place."""
    of = factories.listed_room()
    author = factories.participant(of, "Biene 12")
    ideas = [factories.idea(of, author, title) for title in ("Boxes", "Cups", "Bags")]
    voter = factories.participant(of, "Igel 3")
    factories.mark(of, voter, {ideas[0]: 1, ideas[1]: 1, ideas[2]: -1})
    factories.close(of)
    return of, author, ideas


def latest(room):
    db.session.rollback()
    return current_round(db.session(), room.id)


def test_the_form_asks_about_a_tie_and_begins_then(of, browser_of):
    room, _, _ = of
    owner, address = browser_of(room.owner), f"{room.path}/next-round"
    page = text(owner.get(address))
    assert "Boxes" in page
    assert "As in the blueprint" not in page

    page = text(owner.post(address, data=form()))
    assert "2 ideas share place 1" in page
    assert 'value="The winner?"' in page
    assert latest(room).n == 1

    no_reason = form(tie_way="choose", tie_top=1, tie=[factories.entry_id(of[2][1])])
    page = text(owner.post(address, data=no_reason), 400)
    assert "2 ideas share place 1" in page

    done = owner.post(address, data=no_reason | {"reason": "Cups are cheaper"})
    assert done.status_code == 303
    assert "in its lobby" in text(owner.get(done.location))
    round = latest(room)
    assert (round.n, round.is_in_lobby, round.phases[0].name) == (2, True, "Final")
    assert round.questions[0].prompt == "The winner?"


def test_mistakes_keep_the_form_and_a_second_moderator_is_led_to_the_round(of, browser_of):
    room, _, _ = of
    owner, address = browser_of(room.owner), f"{room.path}/next-round"
    for wrong in ({"how": "some"}, {"top": "0"}, {"top": "x"}, {"how": "shortlist"}, {"how": "chosen"}, {"phases": 0}):
        page = text(owner.post(address, data=form(tie_way="all", tie_top=1, **wrong)), 400)
        assert 'value="The winner?"' in page
    assert "phase-1-name" in text(owner.post(address, data=form(phase_act="add")))
    assert latest(room).n == 1

    assert owner.post(address, data=form(top=3)).status_code == 303
    again = owner.post(address, data=form(top=3))
    assert "has begun already" in text(owner.get(again.location))
    assert latest(room).n == 2


def test_the_result_of_the_first_round_stays_and_both_are_linked(of, browser_of, client):
    room, author, ideas = of
    owner, writer = browser_of(room.owner), browser_of(author)
    plain = f"{room.path}/result"
    before = text(client.get(plain))
    assert owner.post(f"{room.path}/next-round", data=form(tie_way="all", tie_top=1)).status_code == 303

    for address in (plain, f"{plain}?round=1"):
        page = text(client.get(address))
        assert "Bags" in page
        assert "Round 2 is running" in page
    assert "Bags" in before
    assert text(client.get(f"{plain}?round=2"), 409)
    room_page = text(writer.get(room.path))
    assert "Round 2" in room_page
    assert "Bags" not in room_page
    assert "result?round=1" in room_page
    gone = writer.get(f"{room.path}/ideas/{ideas[2]}")
    assert gone.location.endswith(f"result?round=1&all=1#idea-{ideas[2]}")
    assert text(writer.get(f"{room.path}/ideas/{ideas[0]}"))
    assert "Round 2" in text(owner.get(f"/organisations/{room.organisation_id}"))
    assert "Round 2 begins" in text(writer.get("/news"))
    assert text(owner.get(f"{room.path}/share"))
    assert text(owner.get(f"{room.path}/result.json?round=1")).count('"entry"') > 3
    moderation.redact_idea(room.owner, ideas[2], "Private")
    assert "Bags" not in text(client.get(plain))


def test_each_round_has_its_own_result_and_files(of, browser_of, client):
    room, _, _ = of
    owner, plain = browser_of(room.owner), f"{room.path}/result"
    owner.post(f"{room.path}/next-round", data=form(tie_way="all", tie_top=1))
    second = latest(room).id
    rounds.step_to_phase(room.owner, second, 0, since=-1)
    newcomer = browser_of(factories.participant(room))
    ballot = text(newcomer.get(f"{room.path}/ballot"))
    assert "Boxes" in ballot or "Cups" in ballot
    rounds.close_round(room.owner, second)

    assert "Bags" not in text(client.get(plain))
    assert "Bags" in text(client.get(f"{plain}?round=1"))
    assert "explanation?question=1&amp;round=1" in text(client.get(f"{plain}?round=1"))
    files = [owner.get(f"{room.path}/result.csv{query}") for query in ("", "?round=1")]
    assert ["Bags" in text(file) for file in files] == [False, True]
    assert "round-2" in files[0].headers["Content-Disposition"]


def test_strangers_are_led_to_the_door_while_the_next_round_runs(of, browser_of, client):
    room, _, _ = of
    assert client.get(room.path).location == f"{room.path}/result"
    browser_of(room.owner).post(f"{room.path}/next-round", data=form(tie_way="all", tie_top=1))

    assert client.get(room.path).location.startswith("/join/")
    assert f'href="{room.path}">Round 2 is running</a>' in text(client.get(f"{room.path}/result"))


def test_the_answers_and_the_files_of_each_round_name_it(of, browser_of):
    room, _, _ = of
    owner = browser_of(room.owner)
    owner.post(f"{room.path}/next-round", data=form(tie_way="all", tie_top=1))
    rounds.step_to_phase(room.owner, latest(room).id, 0, since=-1)
    assert "round-2-interim" in owner.get(f"{room.path}/ideas.csv").headers["Content-Disposition"]
    rounds.close_round(room.owner, latest(room).id)

    for n in (1, 2):
        page = text(owner.get(f"{room.path}/outcomes?round={n}"))
        assert f'aria-current="page">Round {n}</a>' in page
        assert f'href="{room.path}/result?round={n}"' in page


def test_ones_own_votes_of_the_first_round_can_still_be_read(of, browser_of):
    room, _, _ = of
    first = room.question_id
    owner = browser_of(room.owner)
    owner.post(f"{room.path}/next-round", data=form(tie_way="all", tie_top=1))
    db.session.rollback()
    igel = db.session.scalars(db.select(Participant).filter_by(name="Igel 3")).one()
    browser = owner.application.test_client()
    factories.sign_in(browser, Actor(igel.person_id))

    page = text(browser.get(f"{room.path}/ballot/marks?question={first}"))

    assert "Boxes" in page


def test_a_round_whose_people_are_forgotten_says_so(app, browser_of):
    room = factories.room(anonymity=Anonymity.NAMED)
    factories.idea(room, factories.participant(room))
    factories.close(room)
    with write() as transaction:
        anonymise_challenge(journal.locked(transaction, room.id), room.round)

    page = browser_of(room.owner).post(f"{room.path}/next-round", data=form())

    assert "bring them to a new challenge" in text(page, 409)
