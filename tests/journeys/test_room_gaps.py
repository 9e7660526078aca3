"""A page that was offline during a reveal and a change of phase shows the same as a fresh page afterwards."""

import uuid

import pytest
from playwright.sync_api import expect

from ideas.database import write
from ideas.models import Challenge
from ideas.services import moderation, rounds, steering
from tests import factories
from tests.doubles import partly_here
from tests.journeys.conftest import LAPTOP, PHONE, wait_until, write_idea
from tests.journeys.silent import BRAINSTORM, enter, go_to, settle, shown
from tests.servers import cookie_of


def go_offline(page):
    """Offline: no request, and the socket is closed."""
    page.context.set_offline(True)
    page.evaluate("() => document.querySelector('live-room').socket.io.engine?.close()")
    expect(page.locator("#connection")).to_contain_text("You are offline")


def change_the_room(room):
    """A reveal, more ideas, a hidden one, the next phase, a notice, a spotlight, and a writing lock."""
    go_to(room, "build")
    ideas = [room.submit(person, f"Built {n}") for n, person in enumerate(room.people)]
    moderation.hide_idea(room.facilitator, ideas[0], "Advertising")
    go_to(room, "debate")
    steering.announce(room.facilitator, room.round_id, "Listen")
    steering.spotlight_idea(room.facilitator, room.round_id, ideas[1])
    steering.lock_writing(room.facilitator, room.round_id)


FOLD = "() => document.querySelector('#about').removeAttribute('open')"  # a page opens it while there are no ideas


def equals_a_fresh_page(page):
    """Compare a page with a fresh one beside it. Some parts follow only every few seconds."""
    page.evaluate(FOLD)
    beside = page.context.new_page()
    beside.goto(page.url)
    settle(beside)
    beside.evaluate(FOLD)
    beside.wait_for_function("() => !document.querySelector('.is-new, .is-revealed')")
    fresh = shown(beside)
    beside.close()
    wait_until(page, lambda: shown(page) == fresh)
    return fresh


@pytest.mark.parametrize("how", partly_here(["offline", "killed"], "killed"))
def test_a_page_recovers_from_a_gap_over_a_reveal(visit, a_room, served, how):
    room, code = a_room(phases=BRAINSTORM)
    for n, person in enumerate(room.people):
        room.submit(person, f"Alone {n}")
    page = visit(**PHONE)
    enter(page, code)
    write_idea(page, "Mine")
    expect(page.locator("#mine li")).to_have_count(1)
    if how == "offline":
        go_offline(page)
        change_the_room(room)
        page.context.set_offline(False)
    else:
        served.kill()
        change_the_room(room)
        served.start()

    expect(page.locator("#ideas > li")).to_have_count(6)
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("#now")).to_contain_text("paused")
    expect(page.locator(".is-revealed, .is-new")).to_have_count(0)
    found = equals_a_fresh_page(page)

    assert [own for *_, own in found["ideas"]].count(True) == 1
    assert any("Listen" in words for _, words in found["parts"])


def test_a_page_reloads_after_a_restored_backup_and_keeps_typed_text(visit, a_room):
    room, code = a_room()
    page = visit(**LAPTOP)
    enter(page, code)
    page.evaluate("() => { window.isTheSame = true; }")
    field = page.get_by_label("Your idea in one sentence")
    field.fill("Half a thought")
    picture = {"name": "mug.png", "mimeType": "image/png", "buffer": factories.picture().getvalue()}
    page.locator("input[type=file]").set_input_files(picture)
    go_offline(page)
    with write() as transaction:
        transaction.session.get(Challenge, room.challenge_id).chain.epoch = uuid.uuid4().hex[:16]
    idea = room.submit(room.people[1], "Still there")
    steering.spotlight_idea(room.facilitator, room.round_id, idea)

    page.context.set_offline(False)

    expect(page.locator("#ideas > li")).to_have_count(1)
    expect(page.locator("#ideas > li")).to_have_attribute("data-spotlight", "In the spotlight")
    assert page.evaluate("window.isTheSame")
    expect(field).to_have_value("Half a thought")
    assert page.locator("input[type=file]").evaluate("e => e.files.length") == 1
    expect(page.locator("#connection")).to_have_text("Live")
    page.locator("input[type=file]").set_input_files([])
    equals_a_fresh_page(page)


def test_parts_that_could_not_be_fetched_are_fetched_later(visit, served, a_room):
    room, code = a_room(phases=BRAINSTORM)
    page = visit(**PHONE)
    enter(page, code)
    address = f"{served.url}/challenges/{room.challenge_id}/parts"
    refused = []

    def refuse(route):
        refused.append(route.request)
        route.fulfill(status=503)

    page.route(address, refuse)
    steering.announce(room.facilitator, room.round_id, "Heard late")
    wait_until(page, lambda: refused)
    expect(page.locator("#room-notices")).not_to_contain_text("Heard late")

    page.unroute_all()

    expect(page.locator("#room-notices")).to_contain_text("Heard late")


def test_polling_shows_the_reveal_and_the_number_of_ready_people(visit, a_room, served):
    room, code = a_room(phases=BRAINSTORM)
    room.submit(room.people[0], "Alone")
    page = visit(**PHONE)
    page.route_web_socket("**/socket.io/**", lambda socket: socket.close())
    page.goto(f"/join/{code}")
    page.get_by_role("button", name="Join").click()
    expect(page.locator("#now")).to_contain_text("Everyone writes alone now.")
    ready = page.get_by_role("button", name="I’ve finished")
    page.wait_for_function("() => customElements.get('ready-button')")
    ready.click()
    expect(page.locator('.stats [data-figure="ready"]')).to_have_text("1")
    expect(ready).to_have_attribute("aria-pressed", "true")
    console = visit(**LAPTOP)
    console.route_web_socket("**/socket.io/**", lambda socket: socket.close())
    name, value = cookie_of(served.app, room.facilitator.person_id).split("=", 1)
    console.context.add_cookies([{"name": name, "value": value, "url": served.url}])
    console.goto(f"{served.url}/challenges/{room.challenge_id}/console")
    expect(console.locator('#console-participants [data-presence="ready"]')).to_have_count(1)
    expect(console.locator("#people-panel [data-figure=people]")).to_have_text("4")

    rounds.step_to_phase(room.facilitator, room.round_id, 1)

    expect(page.locator("#ideas")).to_contain_text("Alone")
    expect(page.locator("#now")).to_contain_text("Write your ideas now")
    expect(ready).to_have_attribute("aria-pressed", "false")
    live = shown(page)
    page.reload()
    assert shown(page) == live
