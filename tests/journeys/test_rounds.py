"""A contest in two rounds, in real browsers: collect, vote, shortlist, vote again, and an answer for all."""

import pytest
from playwright.sync_api import expect

from ideas.database import db
from ideas.queries.outcomes import waiting_in
from ideas.queries.rounds import current_round
from tests import factories
from tests.journeys.conftest import LAPTOP, PHONE
from tests.servers import storage_of


@pytest.fixture
def as_(served):
    return lambda actor: storage_of(served.app, actor.person_id)


def answer(laptop, decision, *titles, everything=False):
    """Answer the ideas with these titles, or all that wait."""
    for title in titles:
        laptop.get_by_role("checkbox", name=title).check()
    laptop.locator(".chip", has_text=decision).click()
    laptop.get_by_label("In your own words").fill(f"Why: {decision}")
    if everything:
        laptop.get_by_label("Answer all").check()
    laptop.get_by_role("button", name="Send the answer").click()


def test_a_contest_runs_from_collecting_to_an_answer_for_all(visit, domain, as_):
    room = factories.listed_room()
    author, voter = (factories.participant(room) for _ in range(2))
    ideas = [factories.idea(room, author, title) for title in ("Boxes", "Cups", "Bags")]
    factories.mark(room, voter, {ideas[0]: 1, ideas[1]: 1, ideas[2]: -1})
    factories.close(room)
    laptop = visit(f"{room.path}/result", storage_state=as_(room.owner), **LAPTOP)
    expect(laptop.locator("main")).to_contain_text("The authors of 3 ideas still wait for an answer.")

    laptop.get_by_role("link", name="Answer them").click()
    answer(laptop, "Taken further", "Boxes", "Cups")
    expect(laptop.locator("main")).to_contain_text("The author of 1 idea still waits")
    answer(laptop, "Not taken", "Bags")
    expect(laptop.locator("main")).to_contain_text("This round is finished.")

    laptop.goto(f"{room.path}/next-round")
    laptop.get_by_text("The shortlist").click()
    laptop.get_by_role("button", name="Begin round 2").click()
    expect(laptop.locator("body")).to_contain_text("in its lobby")
    phone = visit(room.path, storage_state=as_(voter.actor), **PHONE)
    expect(phone.locator("main")).to_contain_text("This is round 2.")
    db.session.rollback()
    second = current_round(db.session(), room.id)
    laptop.get_by_role("button", name="Start").first.click()
    expect(phone.locator("main")).not_to_contain_text("It has not started yet")
    factories.rounds.step_to_phase(room.owner, second.id, 1)
    phone.goto(f"{room.path}/ballot")
    phone.get_by_role("button", name="Yes").first.tap()
    expect(phone.locator("#vote")).to_contain_text("1 of 2 who joined have voted.")
    factories.rounds.close_round(room.owner, second.id)

    laptop.goto(f"{room.path}/outcomes")
    answer(laptop, "Chosen", everything=True)
    expect(laptop.locator("main")).to_contain_text("This round is finished.")
    reader = visit(f"{room.path}/result", storage_state=as_(voter.actor), **PHONE)
    expect(reader.locator("main")).to_contain_text("The organisation chose")
    reader.get_by_role("link", name="Round 1", exact=True).tap()
    expect(reader.locator("main")).to_contain_text("Bags")
    expect(reader.locator(".rank")).to_contain_text("Not taken")
    db.session.rollback()
    assert waiting_in(db.session(), [room.id]) == {}
