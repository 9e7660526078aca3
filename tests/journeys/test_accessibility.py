"""The keyboard, and axe in states that need an action first; `test_looks` checks every page as it opens."""

from playwright.sync_api import expect

from tests.journeys import axe
from tests.journeys.conftest import LAPTOP, PHONE, write_idea
from tests.journeys.silent import settle
from tests.servers import storage_of


def test_axe_finds_no_violation_in_the_shortcuts_and_the_outbox(visit, places):
    address, storage = places["room"]
    page = visit(address, reduced_motion="reduce", storage_state=storage, **PHONE)
    settle(page)
    page.route("**/ideas", lambda route: route.abort())
    write_idea(page, "Not sent", "Yet")
    expect(page.locator(".outbox li")).to_contain_text("Not saved yet")

    assert axe.violations(page) == []
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    assert axe.violations(page) == []


def test_approving_by_keyboard_moves_the_focus_to_the_next_idea(visit, served, a_room):
    room, _ = a_room(approval=True)
    for n in range(3):
        room.submit(room.people[n], f"Idea {n}")
    storage = storage_of(served.app, room.facilitator.person_id)
    page = visit(f"/challenges/{room.challenge_id}/console", storage_state=storage, **LAPTOP)
    expect(page.locator("#connection").first).to_have_text("Live")
    waiting = page.locator(".queue__item--pending")
    last, before = waiting.nth(2), waiting.nth(1)
    handle = before.get_attribute("id")

    last.get_by_role("button", name="Approve").focus()
    page.keyboard.press("Enter")

    expect(waiting).to_have_count(2)
    expect(page.locator(f"#{handle} a").first).to_be_focused()


def test_the_idea_comes_before_the_list_in_keyboard_order(visit, places):
    address, storage = places["idea"]
    page = visit(address, storage_state=storage, **LAPTOP)
    expect(page.locator("#ideas")).to_be_visible()

    assert page.evaluate(
        """() => {
          const [idea, list] = [document.querySelector("h1"), document.querySelector("#ideas")];
          return Boolean(idea.compareDocumentPosition(list) & Node.DOCUMENT_POSITION_FOLLOWING);
        }"""
    )
