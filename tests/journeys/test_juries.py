"""A juror on a phone: from the invitation link to the last grade, while a moderator sees how many are done."""

import re

import pytest
from playwright.sync_api import expect

from tests import factories, juries
from tests.journeys.conftest import LAPTOP, PHONE
from tests.servers import storage_of


@pytest.fixture
def as_(served):
    return lambda actor: storage_of(served.app, actor.person_id)


def grade(phone, criterion, word):
    phone.get_by_role("group", name=criterion).get_by_text(word, exact=True).tap()


def test_a_juror_scores_on_a_phone_by_the_link_of_an_invitation(visit, domain, as_):
    room = juries.room()
    author = factories.participant(room)
    for title in ("Boxes", "Cups", "Bags"):
        factories.idea(room, author, title)
    laptop = visit(f"{room.path}/jurors", storage_state=as_(room.owner), **LAPTOP)
    laptop.get_by_role("button", name="Create a link").click()
    link = re.search(r"/jury/[\w-]+", laptop.get_by_label("Link", exact=True).input_value())[0]

    phone = visit(link, **PHONE)
    phone.get_by_label("Name").fill("Luchs")
    phone.get_by_role("button", name="Join the jury").tap()
    expect(phone.locator("main")).to_contain_text("0 of 3 scored")
    first = phone.locator(".idea-page h1").inner_text()
    grade(phone, "Useful?", "Good")
    phone.get_by_role("button", name="Save and go on").tap()
    expect(phone.get_by_role("alert")).to_contain_text("Choose a grade")
    grade(phone, "Doable?", "Can’t say")
    phone.get_by_label("Note for yourself").fill("Ask for the price")
    phone.get_by_role("button", name="Save and go on").tap()
    expect(phone.locator("main")).to_contain_text("1 of 3 scored")
    expect(phone.locator(".idea-page h1")).not_to_have_text(first)

    phone.get_by_text("I have a conflict of interest").tap()
    phone.get_by_role("button", name="Do not score this idea").tap()
    expect(phone.locator("main")).to_contain_text("1 of 2 scored")
    # by keyboard: an arrow chooses a grade, Enter sends the sheet
    for criterion in ("Useful?", "Doable?"):
        choices = phone.get_by_role("group", name=criterion).get_by_role("radio")
        choices.first.focus()
        phone.keyboard.press("ArrowRight")
        expect(choices.nth(1)).to_be_checked()
    phone.keyboard.press("Enter")
    expect(phone.locator("main")).to_contain_text("You have scored all ideas. Thank you!")
    expect(phone.locator("main")).to_contain_text("Ask for the price")

    laptop.reload()
    expect(laptop.locator("main")).to_contain_text("1 of 1 juror has scored every idea.")
    expect(laptop.locator("main")).to_contain_text("Luchs")
    phone.get_by_role("link", name=first).tap()
    grade(phone, "Useful?", "Poor")
    phone.get_by_role("button", name="Save and go on").tap()
    expect(phone.locator(".scores__row", has_text=first)).to_contain_text("Poor")
    factories.close(room)
    phone.reload()
    expect(phone.locator("main")).to_contain_text("This round is closed")
    phone.goto(link)
    expect(phone.locator("main")).to_contain_text("This round is closed")
