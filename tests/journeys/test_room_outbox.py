"""No typed text is lost and none is stored twice: reloads, lost connections, refusals, two tabs."""

import re

import pytest
from playwright.sync_api import expect

from ideas.database import db
from ideas.models import Argument, Idea, IdeaVersion, Image
from ideas.services import rounds, steering
from tests import factories
from tests.doubles import partly_here
from tests.journeys.conftest import LAPTOP, PHONE, write_idea
from tests.journeys.silent import BRAINSTORM, enter, go_to, settle

UNSENT = ".outbox li"
SUBMIT = re.compile(r"/challenges/\d+/ideas$")


def stored(room, model=Idea):
    db.session.rollback()
    query = db.select(model)
    if model is Idea:
        query = query.filter_by(challenge_id=room.challenge_id)
    else:
        query = query.join(Idea).where(Idea.challenge_id == room.challenge_id)
    return len(db.session.scalars(query).all())


def cut(page):
    page.context.set_offline(True)
    page.evaluate("() => document.querySelector('live-room').socket.io.engine?.close()")


def test_an_idea_submitted_offline_is_sent_when_the_network_is_back(visit, a_room):
    room, code = a_room()
    page = visit(**PHONE)
    enter(page, code)
    cut(page)

    write_idea(page, "On the train")
    expect(page.locator(UNSENT)).to_contain_text("On the train")
    expect(page.locator(UNSENT)).to_contain_text("Not saved yet")
    expect(page.locator("#connection")).to_contain_text("You are offline. Your texts and votes stay here")
    expect(page.get_by_label("Your idea in one sentence")).to_have_value("")
    write_idea(page, "In the tunnel")
    expect(page.locator(UNSENT)).to_have_count(2)
    assert stored(room) == 0
    page.context.set_offline(False)

    expect(page.locator(UNSENT)).to_have_count(0)
    expect(page.locator("#ideas > li.is-mine")).to_have_count(2)
    assert stored(room) == 2
    expect(page.locator("#connection")).to_have_text("Live")


def test_an_edit_stays_in_its_field_until_the_server_has_stored_it(visit, a_room):
    room, code = a_room()
    page = visit(**PHONE)
    enter(page, code)
    write_idea(page, "On the train")
    page.goto(page.locator("#ideas > li.is-mine a").first.get_attribute("href"))
    page.get_by_role("link", name="Edit").click()
    page.wait_for_function("() => customElements.get('live-form') && customElements.get('draft-keeper')")
    page.context.set_offline(True)
    page.get_by_label("Your idea in one sentence").fill("On the night train")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Not saved yet.")
    assert stored(room, IdeaVersion) == 1

    page.context.set_offline(False)

    expect(page.locator("h1")).to_have_text("On the night train")
    assert stored(room, IdeaVersion) == 2
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Your idea in one sentence")).to_have_value("On the night train")
    assert page.evaluate("() => Object.keys(localStorage).filter((key) => key.startsWith('draft:'))") == []


def test_an_idea_whose_answer_was_lost_is_stored_once_even_after_a_reload(visit, a_room):
    room, code = a_room()
    page = visit(**PHONE)
    enter(page, code)
    sent = []

    def swallow(route):
        sent.append(route.request.post_data_buffer)
        route.fetch()
        route.abort()

    page.route(SUBMIT, swallow)
    write_idea(page, "Once")
    expect(page.locator(UNSENT)).to_contain_text("Not saved yet")
    assert stored(room) == 1
    page.unroute_all()

    page.reload()

    expect(page.locator(UNSENT)).to_have_count(0)
    expect(page.locator("#ideas > li.is-mine")).to_have_count(1)
    assert sent
    assert stored(room) == 1
    page.reload()
    expect(page.locator("#ideas > li.is-mine")).to_have_count(1)
    assert stored(room) == 1


def test_an_unsent_idea_is_sent_automatically_after_a_reload(visit, a_room):
    room, code = a_room()
    page = visit(**PHONE)
    enter(page, code)
    page.route(SUBMIT, lambda route: route.fulfill(status=429))
    write_idea(page, "Asleep", "In the pocket")
    expect(page.locator(UNSENT)).to_contain_text("In the pocket")
    expect(page.locator(UNSENT)).to_contain_text("you sent a lot in one minute. It will be sent automatically")
    page.reload()
    expect(page.locator(UNSENT)).to_contain_text("Asleep")
    assert stored(room) == 0

    page.unroute_all()

    expect(page.locator("#ideas > li.is-mine")).to_have_count(1)
    expect(page.locator(UNSENT)).to_have_count(0)
    assert stored(room) == 1


def test_a_picture_stays_with_its_unsent_idea(visit, a_room):
    room, code = a_room()
    page = visit(**PHONE)
    enter(page, code)
    page.route(SUBMIT, lambda route: route.abort())
    picture = {"name": "mug.png", "mimeType": "image/png", "buffer": factories.picture().getvalue()}
    page.locator("input[type=file]").set_input_files(picture)
    write_idea(page, "With a picture")
    expect(page.locator(UNSENT)).to_have_count(1)
    page.unroute_all()

    page.reload()

    expect(page.locator("#ideas li .icon[aria-label='with a picture']")).to_have_count(1)
    assert stored(room) == 1
    assert db.session.scalars(db.select(Image.id)).all()


def test_a_picture_that_the_browser_lost_is_asked_for_again(visit, a_room):
    room, code = a_room()
    page = visit(**PHONE)
    enter(page, code)
    page.route(SUBMIT, lambda route: route.abort())
    picture = {"name": "mug.png", "mimeType": "image/png", "buffer": factories.picture().getvalue()}
    page.locator("input[type=file]").set_input_files(picture)
    write_idea(page, "With a picture")
    expect(page.locator(UNSENT)).to_have_count(1)
    page.evaluate("() => new Promise((done) => { indexedDB.deleteDatabase('waiting').onsuccess = done; })")

    page.reload()

    expect(page.get_by_label("Your idea in one sentence")).to_have_value("With a picture")
    expect(page.locator(".pane__foot")).to_contain_text("Please choose the picture again.")
    expect(page.locator(UNSENT)).to_have_count(0)
    assert stored(room) == 0


def test_a_refused_idea_returns_to_its_field_with_the_reason(visit, a_room):
    room, code = a_room(phases=BRAINSTORM)
    page = visit(**PHONE)
    enter(page, code)
    page.route("**/challenges/*/live*", lambda route: route.abort())
    page.route_web_socket("**/socket.io/**", lambda socket: socket.close())
    page.evaluate("() => document.querySelector('live-room').socket.io.engine.close()")
    steering.lock_writing(room.facilitator, room.round_id)

    write_idea(page, "A second too late")

    reason = page.locator(".field__error, .live-form__status")
    expect(reason.filter(has_text="This is not possible in the current phase. Wait for the next one.")).to_have_count(1)
    expect(page.get_by_label("Your idea in one sentence")).to_have_value("A second too late")
    expect(page.locator(UNSENT)).to_have_count(0)
    assert stored(room) == 0


def test_an_idea_sent_after_its_phase_is_shown_with_the_reason_to_copy(visit, a_room):
    room, code = a_room(phases=BRAINSTORM)
    page = visit(**PHONE)
    enter(page, code)
    page.route(SUBMIT, lambda route: route.abort())
    write_idea(page, "Far too late")
    expect(page.locator(UNSENT)).to_have_count(1)
    go_to(room, "debate")
    expect(page.locator("#composer")).to_have_count(0)
    page.unroute_all()

    card = page.locator(UNSENT)
    expect(card).to_contain_text("This is not possible in the current phase. Wait for the next one.")
    expect(card).to_contain_text("Far too late")
    expect(card.get_by_role("button", name="Copy")).to_be_visible()
    page.reload()
    expect(card).to_contain_text("Far too late")
    card.get_by_role("button", name="Discard").click()

    expect(card).to_have_count(0)
    assert stored(room) == 0


def test_a_draft_survives_the_end_of_its_phase(visit, a_room):
    room, code = a_room(phases=BRAINSTORM)
    page = visit(**PHONE)
    enter(page, code)
    page.get_by_label("Your idea in one sentence").fill("Half a thought")

    go_to(room, "debate")
    expect(page.locator(UNSENT)).to_contain_text("Half a thought")
    expect(page.locator(UNSENT)).to_contain_text("did not submit it")
    go_to(room, "build")

    expect(page.get_by_label("Your idea in one sentence")).to_have_value("Half a thought")
    expect(page.locator(UNSENT)).to_have_count(0)


def test_locked_writing_is_announced_and_typed_text_is_kept(visit, a_room):
    room, code = a_room()
    page = visit(**PHONE)
    enter(page, code)
    field = page.get_by_label("Your idea in one sentence")
    field.fill("In the middle of")

    steering.lock_writing(room.facilitator, room.round_id)

    expect(page.locator("#composer")).to_contain_text("Writing is paused.")
    expect(field).to_have_value("In the middle of")
    expect(field).not_to_be_editable()
    expect(page.get_by_role("button", name="Submit")).to_be_disabled()
    steering.unlock_writing(room.facilitator, room.round_id)
    expect(field).to_be_editable()
    expect(field).to_have_value("In the middle of")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#ideas")).to_contain_text("In the middle of")


def test_locked_arguing_is_announced_too(visit, a_room):
    room, code = a_room()
    idea = room.submit(room.people[0], "Tap water")
    steering.lock_writing(room.facilitator, room.round_id)
    page = visit(**PHONE)
    enter(page, code)
    page.goto(f"/ideas/{idea}")

    expect(page.locator("#argue")).to_contain_text("Writing is paused.")
    expect(page.locator("#argue textarea")).not_to_be_editable()


def test_an_unsent_argument_is_kept_and_sent_once(visit, a_room):
    room, code = a_room()
    idea = room.submit(room.people[0], "Tap water")
    page = visit(**PHONE)
    enter(page, code)
    page.goto(f"/ideas/{idea}")
    settle(page)
    cut(page)
    page.locator("label.stance--against").click()
    page.get_by_role("textbox", name="Your argument").fill("Who pays?")
    page.locator("#argue button.button").click()
    expect(page.locator(UNSENT)).to_contain_text("Who pays?")

    page.context.set_offline(False)

    expect(page.locator(".argument--against")).to_contain_text("Who pays?")
    expect(page.locator(UNSENT)).to_have_count(0)
    assert stored(room, Argument) == 1


def test_two_tabs_send_an_idea_once_and_show_it_once(visit, a_room):
    room, code = a_room()
    one = visit(**LAPTOP)
    enter(one, code)
    two = one.context.new_page()
    two.goto(one.url)
    one.context.route(SUBMIT, lambda route: route.abort())
    write_idea(one, "Only once")
    expect(one.locator(UNSENT)).to_have_count(1)
    expect(two.locator(UNSENT)).to_have_count(1)

    one.context.unroute_all()

    for tab in (one, two):
        expect(tab.locator(UNSENT)).to_have_count(0)
        expect(tab.locator("#ideas > li.is-mine")).to_have_count(1)
        expect(tab.locator("#ideas > li")).to_have_count(1)
    assert stored(room) == 1


def test_an_unsent_idea_survives_in_memory_without_browser_storage(visit, a_room):
    room, code = a_room()
    page = visit(**PHONE)
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }")
    enter(page, code)
    page.route(SUBMIT, lambda route: route.abort())
    write_idea(page, "In memory")
    expect(page.locator(UNSENT)).to_contain_text("In memory")

    page.unroute_all()

    expect(page.locator("#ideas")).to_contain_text("In memory")
    assert stored(room) == 1


@pytest.mark.parametrize("where", partly_here(["room", "idea"], "room"))
def test_a_draft_belongs_to_the_person_who_wrote_it(visit, a_room, where):
    room, code = a_room()
    idea = room.submit(room.people[0], "Tap water")
    page = visit(**PHONE)
    enter(page, code)
    field = page.locator("#composer [name=title], #argue [name=text]")
    if where == "idea":
        page.goto(f"/ideas/{idea}")
        settle(page)
    field.fill("Only for me")
    page.reload()
    expect(field).to_have_value("Only for me")

    address = page.url
    page.goto("about:blank")  # no pending request restores the cookie
    page.context.clear_cookies()
    enter(page, code)
    page.goto(address)
    settle(page)

    expect(field).to_have_value("")


def test_an_unsent_idea_is_returned_after_the_close(visit, a_room):
    room, code = a_room(phases=BRAINSTORM)
    page = visit(**PHONE)
    enter(page, code)
    page.route(SUBMIT, lambda route: route.abort())
    write_idea(page, "After the close")
    expect(page.locator(UNSENT)).to_have_count(1)
    rounds.close_round(room.facilitator, room.round_id)
    expect(page.locator("#composer")).to_have_count(0)

    page.unroute_all()

    expect(page.locator(UNSENT)).to_contain_text("This round is closed.")
    expect(page.locator(UNSENT)).to_contain_text("After the close")
