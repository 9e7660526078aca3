"""Typed text is kept when its idea, its session, its phase or its tab is gone, and offered for copying or sending."""

from urllib.parse import urlsplit

from playwright.sync_api import expect

from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.models import Argument, Idea, IdeaVersion
from ideas.services import moderation
from tests import factories
from tests.journeys import axe
from tests.journeys.conftest import LAPTOP, PHONE, wait_until, write_idea
from tests.journeys.silent import BRAINSTORM, enter, go_to, settle
from tests.journeys.test_ballots import Table
from tests.journeys.test_room_outbox import SUBMIT, UNSENT, stored

TITLE = "Your idea in one sentence"


def is_post(route):
    return route.request.method == "POST"


def another_tab(page):
    tab = page.context.new_page()
    tab.goto(page.url)
    settle(tab)
    return tab


def test_a_chosen_picture_stays_over_a_reload_until_it_is_dropped_or_sent(visit, a_room):
    room, code = a_room()
    page = visit(**PHONE)
    enter(page, code)
    chosen, alert = page.locator(".image-field__shown"), page.locator("image-field [role=alert]")
    picture = {"name": "mug.png", "mimeType": "image/png", "buffer": factories.picture().getvalue()}

    page.locator("input[type=file]").set_input_files(picture)
    expect(chosen).to_be_visible()
    page.reload()
    settle(page)
    expect(chosen).to_be_visible()
    page.locator("image-field [data-drop]").click()
    page.reload()
    settle(page)
    expect(chosen).to_be_hidden()
    expect(alert).to_have_text("")

    page.locator("input[type=file]").set_input_files(picture)
    page.get_by_label(TITLE).fill("With a mug")
    page.reload()
    settle(page)
    expect(chosen).to_be_visible()
    expect(page.get_by_label(TITLE)).to_have_value("With a mug")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#ideas li .icon[aria-label='with a picture']")).to_have_count(1)
    expect(chosen).to_be_hidden()
    page.reload()
    settle(page)
    expect(chosen).to_be_hidden()
    assert stored(room) == 1


def test_two_tabs_keep_a_text_each_and_the_last_one_offers_both(visit, a_room):
    room, code = a_room()
    one = visit(**LAPTOP)
    enter(one, code)
    one.get_by_label(TITLE).fill("First thought")
    two = another_tab(one)
    expect(two.get_by_label(TITLE)).to_have_value("First thought")
    expect(one.get_by_label(TITLE)).to_have_value("First thought")
    two.get_by_label(TITLE).fill("Second thought")
    for tab, text in ((one, "First thought"), (two, "Second thought")):
        tab.reload()
        settle(tab)
        expect(tab.get_by_label(TITLE)).to_have_value(text)
    expect(one.locator(UNSENT)).to_contain_text("Second thought")
    two.close()

    one.locator(UNSENT).get_by_role("button", name="Put back into the field").click()

    expect(one.get_by_label(TITLE)).to_have_value("Second thought")
    expect(one.locator(UNSENT)).to_contain_text("First thought")
    one.get_by_role("button", name="Submit").click()
    expect(one.locator("#ideas")).to_contain_text("Second thought")
    one.locator(UNSENT).get_by_role("button", name="Put back into the field").click()
    one.get_by_role("button", name="Submit").click()
    expect(one.locator("#ideas > li.is-mine")).to_have_count(2)
    expect(one.locator(UNSENT)).to_have_count(0)
    one.reload()
    settle(one)
    expect(one.get_by_label(TITLE)).to_have_value("")
    assert stored(room) == 2


def test_a_text_that_another_tab_has_sent_leaves_the_field(visit, a_room):
    room, code = a_room()
    one = visit(**LAPTOP)
    enter(one, code)
    one.get_by_label(TITLE).fill("The same thought")
    two = another_tab(one)
    expect(two.get_by_label(TITLE)).to_have_value("The same thought")

    two.get_by_role("button", name="Submit").click()

    expect(two.locator("#ideas")).to_contain_text("The same thought")
    expect(one.get_by_label(TITLE)).to_have_value("")
    expect(one.locator(UNSENT)).to_have_count(0)
    assert stored(room) == 1


def test_an_argument_is_kept_when_its_idea_is_hidden_while_somebody_types(visit, a_room):
    room, code = a_room(phases=BRAINSTORM)
    tap, jug = (room.submit(room.people[0], title) for title in ("Tap water", "Jugs"))
    page = visit(**PHONE)
    enter(page, code)
    go_to(room, "debate")
    for idea, words in ((jug, "They break"), (tap, "Who pays?")):
        page.goto(f"/ideas/{idea}")
        settle(page)
        page.locator("label.stance--against").click()
        page.get_by_role("textbox", name="Your argument").fill(words)

    moderation.hide_idea(room.facilitator, tap, "Advertising")

    card = page.locator(UNSENT).filter(has_text="Who pays?")
    expect(page.locator(".pane__removed")).to_be_visible()
    expect(card).to_contain_text("“Tap water” is no longer visible. Your text is kept here.")
    expect(card.get_by_role("button", name="Copy")).to_be_visible()
    expect(page.locator("#argue")).not_to_be_visible()
    assert axe.violations_in_both_schemes(page) == axe.NONE
    page.get_by_role("link", name="Back to the room").click()
    settle(page)
    expect(card).to_contain_text("“Tap water” is no longer visible.")
    expect(card.get_by_role("link", name="Go to its page")).not_to_be_visible()
    card.get_by_role("button", name="Discard").click()
    expect(card).to_have_count(0)
    go_to(room, "vote")
    other = page.locator(UNSENT).filter(has_text="They break")
    expect(other).to_contain_text("On “Jugs”: you started this but did not submit it.")
    other.get_by_role("link", name="Go to its page").click()
    settle(page)
    expect(page.locator(UNSENT)).to_contain_text("They break")
    assert stored(room, Argument) == 0


def test_an_argument_that_arrives_after_its_idea_was_hidden_is_kept(visit, a_room):
    room, code = a_room()
    tap = room.submit(room.people[0], "Tap water")
    page = visit(**PHONE)
    enter(page, code)
    page.goto(f"/ideas/{tap}")
    settle(page)
    page.route("**/arguments", lambda route: route.abort())
    page.locator("label.stance--against").click()
    page.get_by_role("textbox", name="Your argument").fill("Who pays?")
    page.locator("#argue button.button").click()
    expect(page.locator(UNSENT)).to_contain_text("Not saved yet")
    moderation.hide_idea(room.facilitator, tap, "Advertising")
    page.unroute_all()

    expect(page.locator(UNSENT)).to_contain_text("Who pays?")
    expect(page.locator(UNSENT)).to_contain_text("no longer visible. Your text is kept here.")
    page.goto(f"/challenges/{room.challenge_id}")
    settle(page)
    expect(page.locator(UNSENT)).to_contain_text("Who pays?")
    assert stored(room, Argument) == 0


def test_a_text_waits_for_the_cookie_of_its_author_and_is_sent_when_they_are_back(visit, a_room):
    room, code = a_room()
    page = visit(**PHONE)
    enter(page, code, "Lea")
    way_back = page.context.new_page()
    way_back.goto(f"/challenges/{room.challenge_id}/me")
    link = way_back.get_by_label("Your private return link").input_value()
    for one in (page, way_back):
        one.wait_for_load_state("networkidle")  # an answer that is under way would set the cookie again
    page.context.clear_cookies()

    write_idea(page, "After the cookie")
    card = page.locator(UNSENT)
    expect(card).to_contain_text("Not saved yet: this browser is signed out, or belongs to someone else now.")
    expect(card.get_by_role("link", name="Join again")).to_be_visible()
    assert axe.violations_in_both_schemes(page) == axe.NONE
    assert stored(room) == 0
    way_back.goto(urlsplit(link).path)
    way_back.locator("main button").first.click()
    way_back.wait_for_url("**/challenges/*")
    way_back.close()
    page.evaluate("() => dispatchEvent(new Event('online'))")

    expect(page.locator("#ideas")).to_contain_text("After the cookie")
    expect(card).to_have_count(0)
    assert stored(room) == 1


def test_a_guest_whose_cookie_is_lost_gets_the_texts_back_under_the_new_name(visit, a_room):
    room, code = a_room()
    tap = room.submit(room.people[0], "Tap water")
    page = visit(**PHONE)
    enter(page, code, "Lea")
    page.route(SUBMIT, lambda route: route.abort())
    write_idea(page, "Almost sent")
    expect(page.locator(UNSENT)).to_contain_text("Not saved yet")
    page.get_by_label(TITLE).fill("Half a thought")
    page.goto(f"/ideas/{tap}")
    settle(page)
    page.get_by_role("textbox", name="Your argument").fill("Who pays?")
    page.goto("about:blank")
    page.context.clear_cookies()
    page.unroute_all()
    enter(page, code, "Lea again")
    expect(page.get_by_label(TITLE)).to_have_value("")
    cards = page.locator(UNSENT)
    expect(cards).to_have_count(3)
    expect(cards.first).to_contain_text("Written in this browser before it was signed out.")

    for words in ("Almost sent", "Half a thought"):
        cards.filter(has_text=words).get_by_role("button", name="Put back into the field").click()
        expect(page.get_by_label(TITLE)).to_have_value(words)
        page.get_by_role("button", name="Submit").click()
        expect(page.locator("#ideas")).to_contain_text(words)
    expect(cards).to_have_count(1)
    cards.get_by_role("link", name="Go to its page").click()
    settle(page)
    cards.get_by_role("button", name="Put back into the field").click()
    expect(page.get_by_role("textbox", name="Your argument")).to_have_value("Who pays?")
    expect(cards).to_have_count(0)
    of_room = db.select(IdeaVersion.title).join(Idea, Idea.id == IdeaVersion.idea_id)
    titles = db.session.scalars(of_room.where(Idea.challenge_id == room.challenge_id))
    assert sorted(titles) == ["Almost sent", "Half a thought", "Tap water"]


def test_votes_that_the_server_fails_to_take_are_told_and_sent_from_any_page(served, visit, domain):
    table = Table(served, visit, QuestionPlan("approval"))
    page = table.open(**PHONE)
    page.clock.install()
    page.route_web_socket("**/socket.io/**", lambda socket: socket.close())
    page.route("**/ballot", lambda route: route.fulfill(status=500) if is_post(route) else route.fallback())
    page.reload()
    page.wait_for_selector("[data-scripted]")
    page.get_by_role("button", name="Yes").click()
    card = page.locator(UNSENT)
    expect(card).to_contain_text("Votes on their way: 1")
    for n in range(1, 10):
        expect(card).to_contain_text(f"Attempt {n} of 10 failed")
        page.clock.fast_forward(121_000)
    expect(card).to_contain_text("Not saved: the server had an error 10 times. Your votes are kept here.")
    assert axe.violations_in_both_schemes(page) == axe.NONE
    page.goto(f"/challenges/{table.room.id}")
    expect(card).to_contain_text("Your votes are kept here.")
    page.unroute_all()

    card.get_by_role("button", name="Send again").click()

    wait_until(page, lambda: len(table.own()) == 1)
    expect(card).to_have_count(0)
