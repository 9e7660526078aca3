"""The main pages under axe, on a phone, light and dark, in whatever state of the room: no violation."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.journeys.conftest import LAPTOP, PHONE, write_idea
from tests.journeys.places import PLACES
from tests.journeys.silent import settle


@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing(visit, places, place):
    path, storage = places[place]
    page = visit(path, reduced_motion="reduce", storage_state=storage, **PHONE)
    axe = Axe()

    light = axe.run(page, options={"resultTypes": ["violations"]})
    page.emulate_media(color_scheme="dark")
    dark = axe.run(page, options={"runOnly": ["color-contrast"], "resultTypes": ["violations"]})

    assert violations(light) == []
    assert violations(dark) == []


def test_axe_finds_nothing_in_the_shortcuts_and_in_what_is_not_saved_yet(visit, places):
    path, storage = places["room"]
    page = visit(path, reduced_motion="reduce", storage_state=storage, **PHONE)
    settle(page)
    page.route("**/ideas", lambda route: route.abort())
    write_idea(page, "Not sent", "Yet")
    expect(page.locator(".outbox li")).to_contain_text("Not saved yet")
    axe = Axe()

    assert violations(axe.run(page, options={"resultTypes": ["violations"]})) == []
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.emulate_media(color_scheme="dark")
    assert violations(axe.run(page, options={"resultTypes": ["violations"]})) == []


def violations(found):
    return [(v["id"], [node["html"][:120] for node in v["nodes"]]) for v in found.response["violations"]]


def test_who_approves_by_keyboard_goes_on_with_the_next(visit, places):
    path, storage = places["console"]
    page = visit(path, storage_state=storage, **LAPTOP)
    expect(page.locator("#connection").first).to_have_text("Live")
    waiting = page.locator(".queue__item--pending")
    last, before = waiting.nth(2), waiting.nth(1)
    handle = before.get_attribute("id")

    last.get_by_role("button", name="Approve").focus()
    page.keyboard.press("Enter")

    expect(waiting).to_have_count(2)
    expect(page.locator(f"#{handle} a").first).to_be_focused()


def test_the_keyboard_comes_to_the_idea_before_the_list_beside_it(visit, places):
    path, storage = places["idea"]
    page = visit(path, storage_state=storage, **LAPTOP)

    assert page.evaluate(
        """() => {
          const [idea, list] = [document.querySelector("h1"), document.querySelector("#ideas")];
          return Boolean(idea.compareDocumentPosition(list) & Node.DOCUMENT_POSITION_FOLLOWING);
        }"""
    )
