"""Two people in one room: an act of one appears on the other's screen, and a reload shows the same."""

import pytest
from playwright.sync_api import expect

from ideas.services import rounds
from tests import factories
from tests.journeys.conftest import LAPTOP, PHONE, arrive, join, wait_until, write_idea
from tests.journeys.silent import enter, settle


def shown(page):
    """The ideas on a page: handles, order and text."""
    return page.locator("#ideas > li").evaluate_all("all => all.map(e => [e.id, e.innerText.trim()])")


def test_ideas_arrive_without_a_reload_and_equal_a_fresh_page(visit, a_room):
    _, code = a_room()
    a, b = visit(**PHONE), visit(**LAPTOP)
    for page in (a, b):
        join(page, code)
        settle(page)

    for n in range(3):
        write_idea(a, f"Idea {n}")
        expect(b.locator("#ideas > li").first).to_contain_text(f"Idea {n}")
    expect(a.locator("#composer textarea").first).to_have_value("")
    expect(a.locator("#ideas > li.is-mine")).to_have_count(3)
    expect(b.locator("#ideas > li.is-mine")).to_have_count(0)
    live = shown(b)
    b.reload()

    assert shown(b) == live


def test_enter_in_the_sentence_goes_on_and_sends_where_nothing_follows(visit, a_room):
    _room, code = a_room()
    _titles, titles_code = a_room(blueprint="pick_a_name")
    page, names = visit(**LAPTOP), visit(**LAPTOP)
    enter(page, code)
    enter(names, titles_code)
    sentence, title = page.get_by_label("Your idea in one sentence"), names.get_by_label("Your idea in one sentence")

    sentence.fill("Rye")
    sentence.press("Enter")
    title.fill("Crumb")
    title.press("Enter")

    expect(page.get_by_label("How it works (optional)")).to_be_focused()
    expect(sentence).to_have_value("Rye")
    expect(names.get_by_role("region", name="Your ideas")).to_contain_text("Crumb")
    expect(title).to_have_value("")


def test_half_typed_text_survives_the_updates_of_others(visit, a_room):
    _room, code = a_room()
    a, b = visit(**PHONE), visit(**LAPTOP)
    enter(a, code)
    enter(b, code)
    field = b.get_by_label("Your idea in one sentence")
    field.fill("Half a thou")

    write_idea(a, "Another one")
    expect(b.locator("#ideas")).to_contain_text("Another one")

    expect(field).to_have_value("Half a thou")
    expect(field).to_be_focused()
    b.reload()
    expect(b.get_by_label("Your idea in one sentence")).to_have_value("Half a thou")


def test_text_typed_before_the_scripts_have_loaded_is_kept(visit, a_room):
    _room, code = a_room()
    page = visit(**PHONE)
    arrive(page, code)
    late = []
    page.route("**/joined/room.js", lambda route: late.append(route))
    page.reload(wait_until="domcontentloaded")
    page.get_by_label("Your idea in one sentence").fill("Fast fingers")
    wait_until(page, lambda: late)
    for route in late:
        route.continue_()
    page.wait_for_function("() => customElements.get('draft-keeper')")
    page.unroute_all()

    page.reload()

    expect(page.get_by_label("Your idea in one sentence")).to_have_value("Fast fingers")


def test_a_change_of_phase_in_another_process_arrives(visit, a_room):
    room, code = a_room(phases=factories.STEPS)
    a = visit(**PHONE)
    enter(a, code)
    expect(a.locator("#composer")).to_be_visible()

    rounds.step_to_phase(room.facilitator, room.round_id, 2)

    expect(a.locator("#composer")).to_have_count(0)
    expect(a.locator("#now")).to_contain_text("Vote now.")


def test_a_page_that_was_offline_catches_up(visit, a_room):
    _room, code = a_room()
    a, b = visit(**PHONE), visit(**LAPTOP)
    enter(a, code)
    enter(b, code)
    b.context.set_offline(True)
    b.evaluate("() => document.querySelector('live-room').socket.io.engine.close()")

    write_idea(a, "While you were away")
    expect(a.locator("#ideas")).to_contain_text("While you were away")
    expect(b.locator("#connection")).to_contain_text("You are offline")
    b.context.set_offline(False)

    expect(b.locator("#ideas")).to_contain_text("While you were away")
    live = shown(b)
    b.reload()
    assert shown(b) == live


@pytest.mark.acceptance
def test_a_page_without_a_socket_polls(visit, a_room):
    _, code = a_room()
    a, b = visit(**PHONE), visit(**LAPTOP)
    b.route_web_socket("**/socket.io/**", lambda socket: socket.close())
    enter(a, code)
    arrive(b, code)

    write_idea(a, "Heard by asking")

    expect(b.locator("#ideas")).to_contain_text("Heard by asking")


def test_a_hidden_idea_leaves_the_screens_of_others(visit, a_room):
    from ideas.services import moderation

    room, code = a_room()
    idea = room.submit(room.people[0], "Spam, spam")
    a = visit(**PHONE)
    enter(a, code)
    expect(a.locator("#ideas")).to_contain_text("Spam, spam")

    moderation.hide_idea(room.facilitator, idea, "spam")

    expect(a.locator("#ideas > li")).to_have_count(0)


def test_signing_out_ends_the_open_socket_of_another_tab(visit, a_room):
    _, code = a_room()
    tab = visit(**LAPTOP)
    enter(tab, code)
    other = tab.context.new_page()
    other.goto("/")

    other.evaluate(
        """async () => {
          const token = document.querySelector('meta[name="csrf"]').content;
          const body = new URLSearchParams({ op: crypto.randomUUID() });
          await fetch("/sign-out", {method: "POST", headers: {"X-CSRFToken": token}, body});
        }"""
    )

    tab.wait_for_function("() => !document.querySelector('live-room').socket.connected")


def test_the_same_browser_is_the_same_participant(visit, a_room):
    _, code = a_room()
    page = visit(**PHONE)
    join(page, code, "Dachs 4")
    first = page.url

    page.goto(f"/join/{code}")

    assert page.url == first
    page.goto(first + "/me")
    link = page.locator("input[readonly]").first.input_value()
    other = visit(link, **LAPTOP)
    other.get_by_role("button", name="Continue here").click()
    expect(other).not_to_have_url(link)
    other.goto(first + "/me")
    expect(other.get_by_label("Your name here")).to_have_value("Dachs 4")


def test_a_guest_joins_writes_argues_and_votes_without_scripts(visit, a_room):
    room, code = a_room()
    idea = room.submit(room.people[0], "Tap water")
    page = visit(java_script_enabled=False, **PHONE)
    join(page, code, "Igel 7")

    write_idea(page, "Deposit on boxes")
    expect(page.locator("#ideas")).to_contain_text("Deposit on boxes")
    page.goto(f"/ideas/{idea}")
    page.get_by_label("For", exact=True).check(force=True)
    page.get_by_role("textbox", name="Your argument").fill("It is free")
    page.locator("#argue button.button").click()
    expect(page.locator(".argument--for")).to_contain_text("It is free")
    page.goto(f"/challenges/{room.challenge_id}/ballot")
    page.get_by_role("button", name="Yes").click()

    expect(page.locator("body")).to_contain_text("Your vote is saved.")
    expect(page.locator("main")).to_contain_text("You have voted on the only idea")
