"""Building on ideas: from a card to the form, with a second idea, to the family on the page of an idea."""

import pytest
from playwright.sync_api import expect

from ideas.blueprints import PhasePlan
from ideas.models import Activity
from ideas.services import grouping
from realtime.fragments import RECORDS_MAX
from tests.journeys.conftest import LAPTOP, PHONE, write_idea
from tests.journeys.silent import BRAINSTORM, enter, go_to, settle
from tests.servers import cookie_of

# Another text comes into a field while the focus is elsewhere.
TYPED = """(field, text) => {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}"""

OPEN = (PhasePlan("build", (Activity.WRITE,)), PhasePlan("vote", (Activity.VOTE,)))


def test_two_people_grow_an_idea_from_two(visit, a_room):
    _, code = a_room(phases=OPEN)
    ann, ben = visit(**PHONE), visit(**LAPTOP)
    enter(ann, code, "Ann")
    enter(ben, code, "Ben")
    write_idea(ann, "Bread with oats")
    write_idea(ann, "Bread with rye")

    # From a card to the form; the words typed before stay.
    ben.get_by_label("Your idea in one sentence").fill("Oats and rye together")
    ben.locator("#ideas > li", has_text="Bread with oats").get_by_role("link", name="Build on this").click()
    expect(ben.locator(".parents__title")).to_have_text("Bread with oats")
    expect(ben.get_by_label("Your idea in one sentence")).to_have_value("Oats and rye together")

    # A second one is added, removed and added again.
    for _ in range(2):
        ben.get_by_role("link", name="Add another idea").click()
        ben.get_by_role("link", name="Bread with rye").click()
        expect(ben.locator(".parents__title")).to_have_count(2)
        if _ == 0:
            ben.get_by_role("link", name="Remove “Bread with rye”").click()
            expect(ben.locator(".parents__title")).to_have_count(1)
    ben.get_by_role("button", name="Submit").click()

    # The form is empty again, and the next idea stands alone.
    expect(ben.locator("#ideas > li")).to_have_count(3)
    expect(ben.locator(".parents__title")).to_have_count(0)
    assert "build" not in ben.url
    ann.get_by_role("link", name="Bread with rye", exact=True).click()
    family = ann.get_by_role("region", name="Family tree")
    expect(family.get_by_role("listitem")).to_have_count(3)
    expect(family.get_by_role("listitem").last).to_contain_text("grew from: Bread with oats, Bread with rye")

    # The picture follows what others write.
    ben.locator("#ideas > li", has_text="together").get_by_role("link", name="Build on this").click()
    write_idea(ben, "And with honey")
    expect(family.get_by_role("listitem")).to_have_count(4)


def test_a_similar_idea_is_offered_while_somebody_types(visit, a_room):
    _, code = a_room(phases=OPEN)
    ann, ben = visit(**PHONE), visit(**LAPTOP)
    enter(ann, code, "Ann")
    enter(ben, code, "Ben")
    write_idea(ann, "Fahrradwege durch die ganze Stadt")
    expect(ben.locator("#ideas > li")).to_have_count(1)
    field, hint = ben.get_by_label("Your idea in one sentence"), ben.locator("similar-ideas")

    field.press_sequentially("Ein Radweg durch die Stadt")
    expect(hint).to_contain_text("Fahrradwege durch die ganze Stadt")
    expect(hint).to_have_attribute("aria-live", "polite")

    # The same hint stays as it is: it is not read aloud again, and a link in it keeps the focus.
    hint.locator(".similar").evaluate("hint => (hint.isSame = true)")
    with ben.expect_response("**/similar"):
        field.press_sequentially("!")
    hint.get_by_role("button").focus()
    with ben.expect_response("**/similar"):
        field.evaluate(TYPED, "Ein Radweg durch die Stadt?")
    expect(hint.get_by_role("button")).to_be_focused()
    assert hint.locator(".similar").evaluate("hint => hint.isSame")

    # Dismissed by keyboard it is silent until the text was sent; the focus goes back to the field.
    hint.get_by_role("button").focus()
    ben.keyboard.press("Enter")
    expect(hint).to_be_empty()
    expect(field).to_be_focused()
    with ben.expect_response("**/ideas"):
        ben.get_by_role("button", name="Submit").click()

    field.fill("Noch ein Radweg durch die Stadt")
    hint.get_by_role("listitem").filter(has_text="Fahrradwege").get_by_role("link", name="Build on it").click()
    expect(ben.locator(".parents__title")).to_have_text("Fahrradwege durch die ganze Stadt")
    expect(field).to_have_value("Noch ein Radweg durch die Stadt")


@pytest.mark.acceptance
def test_a_moderator_groups_ideas_with_two_taps(visit, a_room, served):
    room, code = a_room(phases=OPEN)
    ann, moderator = visit(**LAPTOP), visit(cookie=cookie_of(served.app, room.facilitator.person_id), **PHONE)
    enter(ann, code, "Ann")
    for title in ("Bread with oats", "Tea for everybody", "Longer opening hours"):
        write_idea(ann, title)
    expect(ann.locator("#ideas > li")).to_have_count(3)
    moderator.goto(f"/challenges/{room.challenge_id}/groups")
    settle(moderator)

    moderator.get_by_text("Bread with oats").click()
    moderator.get_by_text("Tea for everybody").click()

    expect(moderator.locator("[data-group]")).to_have_count(1)
    card = ann.locator("#groups > li")
    expect(card).to_contain_text("2 similar ideas")
    expect(ann.locator("#ideas > li:visible")).to_have_count(1)
    card.locator("summary").click()
    expect(card.get_by_role("link", name="Tea for everybody")).to_be_visible()

    # By keyboard: choose the third one, add it, then end the group.
    moderator.get_by_role("checkbox", name="Longer opening hours").focus()
    moderator.keyboard.press("Space")
    moderator.locator(".grouping__choices").get_by_role("button").press("Enter")
    expect(card).to_contain_text("3 similar ideas")
    expect(moderator.locator(".grouping__member")).to_have_count(3)
    moderator.get_by_role("button", name="Ungroup").press("Enter")
    expect(card).to_have_count(0)
    expect(ann.locator("#ideas > li:visible")).to_have_count(3)


@pytest.mark.acceptance
def test_all_groups_leave_a_silent_phase_and_come_back_after_it(visit, a_room):
    room, code = a_room(phases=BRAINSTORM)
    go_to(room, "build")
    ideas = [room.submit(room.people[n % 3], f"Idea {n}") for n in range(RECORDS_MAX + 2)]  # a frame lists none of them
    for first in range(0, len(ideas), 34):
        grouping.group_ideas(room.facilitator, room.round_id, ideas[first : first + 34])
    page = visit(**LAPTOP)
    enter(page, code)
    cards = page.locator("#groups > li")
    expect(cards).to_have_count(3)

    go_to(room, "write")
    expect(cards).to_have_count(0)

    go_to(room, "build")
    expect(cards).to_have_count(3)
