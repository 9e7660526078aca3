"""Steering on the screen of a participant; announcements, shortcuts, sound, and phones."""

import itertools
import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from ideas.services import steering
from tests.doubles import partly_here
from tests.journeys.conftest import LAPTOP, PHONE, write_idea
from tests.journeys.silent import BRAINSTORM, enter, go_to, settle


@pytest.fixture
def long_list(a_room):
    room, code = a_room()
    return room, code, [room.submit(room.people[n % 3], f"Idea number {n}") for n in range(14)]


class TestSpotlight:
    def test_the_spotlight_scrolls_the_screen_and_keeps_the_focus(self, visit, long_list):
        room, code, ideas = long_list
        page = visit(reduced_motion="reduce", **PHONE)
        enter(page, code)
        field = page.get_by_label("Your idea in one sentence")
        field.press_sequentially("Half a ")
        card = page.locator(f"#idea-{ideas[2]}")
        expect(card).not_to_be_in_viewport()

        steering.spotlight_idea(room.facilitator, room.round_id, ideas[2])

        expect(card).to_be_in_viewport()
        expect(card).to_have_attribute("data-spotlight", "In the spotlight")
        page.keyboard.type("thought")
        expect(field).to_be_focused()
        expect(field).to_have_value("Half a thought")
        steering.spotlight_idea(room.facilitator, room.round_id, ideas[9])
        expect(page.locator("[data-spotlight]")).to_have_attribute("id", f"idea-{ideas[9]}")
        steering.end_spotlight(room.facilitator, room.round_id)
        expect(page.locator("[data-spotlight]")).to_have_count(0)

    def test_a_newly_opened_page_scrolls_to_the_spotlight(self, visit, long_list):
        room, code, ideas = long_list
        steering.spotlight_idea(room.facilitator, room.round_id, ideas[1])
        page = visit(**PHONE)
        enter(page, code)

        expect(page.locator(f"#idea-{ideas[1]}")).to_be_in_viewport()
        expect(page.locator(f"#idea-{ideas[1]}")).to_have_attribute("data-spotlight", "In the spotlight")

    def test_another_page_links_to_the_spotlight(self, visit, long_list):
        room, code, ideas = long_list
        page = visit(**PHONE)
        enter(page, code)
        page.goto(f"/ideas/{ideas[0]}")
        settle(page)

        steering.spotlight_idea(room.facilitator, room.round_id, ideas[5])

        page.locator("#room-notices").get_by_role("link", name="Idea number 5").click()
        expect(page.locator(f"#detail-{ideas[5]}")).to_have_attribute("data-spotlight", "In the spotlight")
        expect(page.locator("#room-notices .spotlight-link")).to_be_hidden()

    def test_spotlight_and_notice_end_with_the_phase_on_open_and_fresh_pages(self, visit, a_room):
        room, code = a_room(phases=BRAINSTORM)
        idea = room.submit(room.people[0], "A bench under the lime tree")
        go_to(room, "debate")
        page = visit(**PHONE)
        enter(page, code)
        steering.spotlight_idea(room.facilitator, room.round_id, idea)
        steering.announce(room.facilitator, room.round_id, "Read this one")
        expect(page.locator("[data-spotlight]")).to_have_count(1)
        expect(page.locator("#room-notices .notice")).to_contain_text("Read this one")

        go_to(room, "vote")

        expect(page.locator("[data-spotlight]")).to_have_count(0)
        expect(page.locator("#room-notices > *")).to_have_count(0)
        page.goto(f"/ideas/{idea}")
        settle(page)
        expect(page.locator("[data-spotlight]")).to_have_count(0)


def test_a_notice_stays_on_top_until_it_is_dismissed(visit, a_room):
    room, code = a_room()
    page = visit(**PHONE)
    enter(page, code)
    notice = page.locator("#room-notices .notice")

    steering.announce(room.facilitator, room.round_id, "Two minutes left")
    expect(notice).to_contain_text("Two minutes left")
    expect(page.locator("#announcer")).to_contain_text("From the moderators: Two minutes left")
    page.get_by_role("button", name="Close this message").click()
    expect(notice).to_be_hidden()
    steering.lock_writing(room.facilitator, room.round_id)
    expect(page.locator("#composer")).to_contain_text("Writing is paused.")
    expect(notice).to_be_hidden()
    page.reload()
    settle(page)
    expect(notice).to_be_hidden()

    steering.announce(room.facilitator, room.round_id, "One minute left")
    expect(notice).to_contain_text("One minute left")
    expect(notice).to_be_visible()
    steering.announce(room.facilitator, room.round_id, "")
    expect(notice).to_have_count(0)


def test_a_paused_clock_is_announced(visit, a_room):
    room, code = a_room(phases=(replace(BRAINSTORM[0], seconds=600), *BRAINSTORM[1:]))
    page = visit(**PHONE)
    enter(page, code)

    steering.pause_phase(room.facilitator, room.round_id)

    expect(page.locator("#now phase-clock")).to_contain_text("paused")
    expect(page.locator("#announcer")).to_contain_text("The clock is paused.")


def test_a_page_announces_the_end_of_the_time_and_keeps_typed_text(visit, a_room):
    room, code = a_room()
    page = visit(**PHONE)
    enter(page, code)
    field = page.get_by_label("Your idea in one sentence")
    field.fill("Nearly")
    steering.shift_end(room.facilitator, room.round_id, 8)
    expect(page.locator("phase-clock").first).to_be_visible()
    expect(field).to_be_editable()

    expect(page.locator("#composer")).to_contain_text("Time is up.")
    expect(field).to_have_value("Nearly")
    expect(field).not_to_be_editable()


class TestAnnouncements:
    def test_events_are_announced_in_a_digest(self, visit, a_room):
        room, code = a_room(phases=BRAINSTORM)
        for person in room.people:
            room.submit(person)
        page = visit(**PHONE)
        enter(page, code)
        page.evaluate(
            """() => {
              window.said = [];
              const line = document.getElementById("announcer");
              new MutationObserver(() => window.said.push(performance.now())).observe(line, { childList: true });
            }"""
        )

        go_to(room, "build")
        expect(page.locator("#announcer")).to_contain_text("Now: Read and add.")
        expect(page.locator("#announcer")).to_contain_text("The ideas are revealed. Ideas: 3.")
        for n in range(3):
            room.submit(room.people[0], f"Later {n}")
        expect(page.locator("#announcer")).to_have_text("New ideas: 3.")

        times = page.evaluate("window.said")
        assert len(times) >= 2
        assert all(later - earlier > 3500 for earlier, later in itertools.pairwise(times))

    def test_the_clock_announces_the_last_minute(self, visit, a_room):
        _, code = a_room()
        page = visit(**PHONE)
        enter(page, code)

        page.evaluate("document.dispatchEvent(new CustomEvent('clock-mark', { detail: { left: 60 } }))")

        expect(page.locator("#announcer")).to_have_text("One minute left.")


class TestShortcuts:
    def test_single_keys_act_except_while_a_person_types(self, visit, long_list):
        _, code, ideas = long_list
        page = visit(**LAPTOP)
        enter(page, code)
        page.wait_for_function("() => customElements.get('key-shortcuts') && customElements.get('ready-button')")

        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(page.locator(f"#idea-{ideas[-2]} .card__cover")).to_be_focused()
        page.keyboard.press("k")
        expect(page.locator(f"#idea-{ideas[-1]} .card__cover")).to_be_focused()
        page.keyboard.press("r")
        expect(page.get_by_role("button", name="I’ve finished")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("n")
        field = page.get_by_label("Your idea in one sentence")
        expect(field).to_be_focused()
        page.keyboard.type("jrn?")

        expect(field).to_have_value("jrn?")
        expect(page.locator("#shortcuts")).to_be_hidden()
        expect(page.get_by_role("button", name="I’ve finished")).to_have_attribute("aria-pressed", "true")

    def test_the_list_of_shortcuts_opens_and_shortcuts_can_be_switched_off(self, visit, a_room):
        _, code = a_room()
        page = visit(**LAPTOP)
        enter(page, code)
        page.wait_for_function("() => customElements.get('key-shortcuts')")
        page.keyboard.press("?")
        expect(page.locator("#shortcuts")).to_be_visible()
        page.get_by_label("Single letters work as shortcuts").uncheck()
        page.get_by_role("button", name="Close").click()

        page.keyboard.press("?")
        page.keyboard.press("n")

        expect(page.locator("#shortcuts")).to_be_hidden()
        expect(page.get_by_label("Your idea in one sentence")).not_to_be_focused()
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("button", name="Keyboard shortcuts").click()
        expect(page.locator("#shortcuts")).to_be_visible()
        expect(page.get_by_label("Single letters work as shortcuts")).not_to_be_checked()


def test_a_sound_is_played_only_after_it_was_switched_on(visit, a_room):
    room, code = a_room(phases=BRAINSTORM)
    page = visit(**PHONE)
    enter(page, code)
    page.wait_for_function("() => customElements.get('chime-switch')")
    end = "document.dispatchEvent(new CustomEvent('clock-mark', { detail: { left: 0 } }))"
    page.evaluate(end)
    rang = "() => Number(document.querySelector('chime-switch').dataset.rang ?? 0)"
    assert page.evaluate(rang) == 0

    page.get_by_role("button", name="Menu").click()
    switch = page.get_by_role("switch", name="Sound at the end of a phase")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    page.wait_for_function(f"() => ({rang})() === 1")  # the chosen sound is played once
    page.evaluate(end)

    page.wait_for_function(f"() => ({rang})() === 2")
    count = "({ detail }) => { globalThis.steps = (globalThis.steps ?? 0) + (detail.phase ? 1 : 0); }"
    page.evaluate(f"() => document.addEventListener('live-applied', {count})")
    go_to(room, "build")
    page.wait_for_function("() => globalThis.steps === 1")
    assert page.evaluate(rang) == 2, "the clock rang for this end before"
    go_to(room, "debate")
    page.wait_for_function(f"() => ({rang})() === 3")
    page.reload()
    settle(page)
    page.get_by_role("button", name="Menu").click()
    expect(switch).to_have_attribute("aria-checked", "true")


class TestPhone:
    def test_a_phone_from_before_2024_has_colours_a_menu_and_live_updates(self, visit, a_room):
        """Simulate Safari 16: no light-dark(), no popover, no checkVisibility."""
        room, code = a_room()
        idea = room.submit(room.people[0], "Tap water")
        page = visit("/nothing", **PHONE)
        page.add_init_script("delete Element.prototype.checkVisibility; delete HTMLElement.prototype.popover;")

        def age(route):
            response = route.fetch()
            newer = {"light-dark(": "not-yet(", "selector(:popover-open)": "selector(:not-yet)", '" popover ': '" '}
            body = response.text()
            for words, unknown in newer.items():
                body = body.replace(words, unknown)
            route.fulfill(response=response, body=body)

        # Chromium does not know where the changed page comes from, and asks before it connects to this machine.
        page.context.grant_permissions(["local-network-access"])
        page.route(re.compile(r"/joined-main\.css$|/challenges/[\w-]+$"), age)
        enter(page, code)
        panel = page.locator(".menu__panel").first
        expect(panel).to_be_hidden()
        expect(page.locator("body")).to_have_css("background-color", "rgb(238, 243, 240)")

        page.get_by_role("button", name="Menu").click()
        expect(panel).to_be_visible()
        page.locator("h1").click()
        expect(panel).to_be_hidden()
        steering.spotlight_idea(room.facilitator, room.round_id, idea)
        expect(page.locator(f"#idea-{idea}[data-spotlight]")).to_be_visible()
        steering.announce(room.facilitator, room.round_id, "Heard")
        expect(page.locator("#room-notices")).to_contain_text("Heard")
        page.unroute_all(behavior="wait")  # the last requests may arrive after the test

    def test_a_guest_writes_the_first_idea_three_taps_after_the_code(self, visit, a_room):
        _, code = a_room(phases=BRAINSTORM)
        taps = []

        def tap(locator):
            taps.append(locator)
            expect(locator).to_be_in_viewport()
            locator.tap()

        page = visit(f"/join/{code}", **PHONE)
        tap(page.get_by_role("button", name="Join"))
        settle(page)
        tap(page.get_by_label("Your idea in one sentence"))
        page.keyboard.type("In ten seconds")
        tap(page.get_by_role("button", name="Submit"))

        expect(page.locator("#mine")).to_contain_text("In ten seconds")
        assert len(taps) == 3

    @pytest.mark.parametrize("width", partly_here([320, 390], 320))
    def test_the_composer_stays_at_the_lower_edge(self, visit, a_room, width):
        _, code = a_room(phases=BRAINSTORM)
        page = visit(**{**PHONE, "viewport": {"width": width, "height": 700}})
        enter(page, code)
        write_idea(page, "One that fills the page")
        expect(page.locator("#mine li")).to_have_count(1)

        box = page.locator("#foot").bounding_box()

        assert abs(box["y"] + box["height"] - 700) < 1
        heights = page.locator("#foot button, #foot label.button, .silent button").evaluate_all(
            "all => all.filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect().height)"
        )
        assert heights
        assert min(heights) >= 44

    def test_an_on_screen_keyboard_does_not_cover_the_composer(self, visit, a_room):
        _, code = a_room()
        page = visit(**PHONE)
        page.add_init_script(
            """
            const view = Object.assign(new EventTarget(), { height: 844, offsetTop: 0, scale: 1 });
            Object.defineProperty(window, "visualViewport", { value: view });
            """
        )
        enter(page, code)
        bottom = "() => document.getElementById('foot').getBoundingClientRect().bottom"
        assert page.evaluate(bottom) == 844

        page.evaluate("Object.assign(visualViewport, { height: 508 }).dispatchEvent(new Event('resize'))")

        assert page.evaluate(bottom) == 508
        page.evaluate("Object.assign(visualViewport, { height: 844 }).dispatchEvent(new Event('resize'))")
        assert page.evaluate(bottom) == 844
