"""Six people decide: a vote of a small group, from the last voter to the result, in real browsers."""

import pytest
from playwright.sync_api import expect

from ideas.database import db
from ideas.queries.counts import counted
from ideas.services.readiness import measure_readiness
from tests import crowds, factories
from tests.journeys.conftest import LAPTOP, PHONE
from tests.servers import storage_of


@pytest.fixture
def as_(served):
    return lambda actor: storage_of(served.app, actor.person_id)


def test_six_people_decide(visit, domain, as_):
    room, people = crowds.group("approval", voters=5)
    measure_readiness(room.round_id)
    last = people[5]
    laptop = visit(f"{room.path}/console", storage_state=as_(room.owner), **LAPTOP)
    expect(laptop.locator("#turnout")).to_contain_text("5 of 6")
    expect(laptop.locator("#readiness")).to_contain_text("Enough to decide. 1 person who joined has not voted.")
    expect(laptop.locator("#connection")).to_have_attribute("data-state", "online")
    phone = visit(f"{room.path}/ballot", storage_state=as_(last.actor), **PHONE)
    expect(phone.locator("#vote")).to_contain_text("5 of 6 who joined have voted.")

    phone.get_by_role("button", name="Yes").first.tap()

    expect(phone.locator("#vote")).to_contain_text("6 of 6 who joined have voted.")
    expect(laptop.locator("#turnout")).to_contain_text("6 of 6")
    entries = sorted(entry for entry, *_ in counted(db.session(), room.round)["entries"])
    crowds.cast(room, last, room.question_id, crowds.whole_ballot("approval", entries[:5]))
    measure_readiness(room.round_id)
    laptop.reload()
    expect(laptop.locator("#readiness")).to_contain_text("Enough. All six who joined have voted.")
    expect(laptop.locator("#readiness")).not_to_contain_text("more people")

    hall = visit(f"{room.path}/screen", storage_state=as_(room.owner), **LAPTOP)
    factories.close(room)
    expect(hall.locator(".screen__figures")).to_contain_text("6 of 6 who joined voted")
    for said in ("3", "Place 2", "Favourite"):
        hall.keyboard.press("ArrowRight")
        expect(hall.locator(".current-place__place")).to_contain_text(said)
    expect(hall.locator(".current-place__place")).to_contain_text("All six of you have voted.")

    phone.goto(f"{room.path}/result")
    expect(phone.locator(".winner__turnout")).to_have_text("All six of you have voted.")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Idea of person 1")
    expect(phone.locator(".winner")).to_contain_text("Favourite")
    expect(phone.locator(".winner__line")).to_contain_text("5 of 5 say yes.")
    expect(phone.locator(".rank__value").first).to_have_text("100%")
    expect(phone.locator(".rank__value").last).to_have_text("0%")
    for page in (phone, hall):
        words = page.locator("main").inner_text()
        assert [said for said in crowds.UNCERTAINTY if said in words] == []
    phone.get_by_role("link", name="How we know").tap()
    expect(phone.locator("#sure").locator("..")).to_contain_text("there is no sampling error")
