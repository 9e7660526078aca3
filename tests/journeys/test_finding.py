"""Finding one's way among many ideas: search, filters, order and pages, while ideas come in live."""

from playwright.sync_api import expect

from ideas.models import Stance
from ideas.services import moderation
from ideas.services.arguments import ArgumentForm, argue
from tests import factories
from tests.journeys import axe
from tests.journeys.conftest import LAPTOP, PHONE, write_idea
from tests.journeys.silent import enter, settle, shown
from tests.journeys.test_room_outbox import cut

CARDS = "#ideas > li"
TOTAL = 'h2 [data-figure="ideas"]'


def test_a_participant_finds_ideas_among_seventy_while_others_come_in(visit, a_room):
    room, code = a_room(seed_ideas="\n".join(f"Idea number {n:02}" for n in range(70)))
    page = visit(**LAPTOP)
    enter(page, code)
    cards = page.locator(CARDS)
    expect(cards).to_have_count(60)
    expect(page.locator(TOTAL)).to_have_text("70")

    write_idea(page, "My own idea")
    expect(cards.first).to_contain_text("My own idea")
    expect(cards).to_have_count(60)
    expect(page.locator(TOTAL)).to_have_text("71")

    search = page.get_by_role("searchbox", name="Search ideas")
    search.fill("number 3")
    search.press("Enter")
    expect(cards).to_have_count(16)
    idea = room.submit(room.people[0], "Idea number 3 and a half")
    expect(page.locator(TOTAL)).to_have_text("72")
    expect(cards).to_have_count(16)
    search.press("Enter")
    expect(cards).to_have_count(17)
    argue(room.people[1], idea, ArgumentForm(Stance.QUESTION, "Why?"), factories.op())
    page.get_by_label("Show", exact=True).select_option(label="Unanswered question")
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("Idea number 3 and a half")
    moderation.hide_idea(room.facilitator, idea, "because")
    expect(cards).to_have_count(0)
    assert axe.violations_in_both_schemes(page) == axe.NONE

    page.get_by_role("link", name="Show all").click()
    expect(cards).to_have_count(60)
    expect(search).to_have_value("")
    page.get_by_label("Show", exact=True).select_option(label="My ideas")
    expect(cards).to_have_count(1)
    expect(page.locator(f"{CARDS}.is-mine")).to_have_count(1)
    page.get_by_label("Show", exact=True).select_option(label="All ideas")
    page.get_by_label("Order", exact=True).select_option(label="Mixed (fair)")
    expect(page.get_by_role("status").filter(has_text="1–60 of 71 found")).to_be_visible()
    page.get_by_role("link", name="More").click()
    expect(cards).to_have_count(11)
    page.reload()
    settle(page)
    expect(cards).to_have_count(11)


def test_a_page_of_the_list_catches_up_after_a_gap(visit, a_room):
    room, code = a_room(seed_ideas="\n".join(f"Idea number {n:02}" for n in range(59)))
    page = visit(**PHONE)
    enter(page, code)
    expect(page.locator(CARDS)).to_have_count(59)
    cut(page)
    added = [room.submit(room.people[0], f"In the gap {n}") for n in range(3)]
    moderation.hide_idea(room.facilitator, added[0], "because")
    page.context.set_offline(False)

    expect(page.locator(TOTAL)).to_have_text("61")
    expect(page.locator(CARDS)).to_have_count(60)
    expect(page.get_by_role("link", name="More")).to_be_visible()
    live = shown(page)
    page.reload()
    settle(page)
    assert shown(page) == live
