"""The console in real browsers: two facilitators steer one room, one loses the connection, and no page reloads."""

import re

import pytest
from playwright.sync_api import expect

from app.pages.console import CHECK
from ideas.database import db
from ideas.models import Challenge
from ideas.services import facilitations, participants, rounds, steering
from tests import factories
from tests.journeys.conftest import LAPTOP, PHONE, wait_until
from tests.journeys.silent import enter
from tests.servers import cookie_of, storage_of

ROOM = re.compile(r"/challenges/[\w-]+$")


@pytest.fixture
def at_the_console(served, domain, visit):
    """Open the console of a room as a facilitator; the page is marked so that a reload would be noticed."""

    def open_console(room, actor, **options):
        storage = storage_of(served.app, actor.person_id)
        page = visit(f"/challenges/{room.challenge_id}/console", storage_state=storage, **options)
        expect(page.locator("#connection")).to_have_text("Live")
        page.evaluate("() => { window.isTheSame = true; }")
        return page

    return open_console


# The second click of a double click, which arrives when the next step is already shown.
SECOND_CLICK = """() => document.addEventListener("live-applied", function again({ detail }) {
  if (detail.phase?.position !== 1) return;
  document.removeEventListener("live-applied", again);
  document.querySelector(".console__steer .button-form--wide button").click();
})"""


SETTLED_OPACITY = """async element => {
  await Promise.all(element.getAnimations().map(({ finished }) => finished));
  return getComputedStyle(element).opacity;
}"""


def never_loaded_again(page):
    return page.evaluate("() => window.isTheSame === true")


def colleague(room):
    organisation_id = db.session.get_one(Challenge, room.challenge_id).organisation_id
    return factories.member(organisation_id, room.facilitator)


def test_one_facilitator_loses_the_connection_and_the_other_continues(a_room, at_the_console):
    room, _ = a_room(blueprint="live_brainstorm")
    first = at_the_console(room, room.facilitator, **LAPTOP)
    second = at_the_console(room, colleague(room), **PHONE)
    room.submit(room.people[0], "Tap water")
    helm = second.locator("#phase-steering")

    expect(second.locator('[data-figure="sealed"]').first).to_have_text("1")
    first.get_by_role("button", name="Pause the clock").click()
    expect(helm).to_contain_text("paused")
    first.get_by_role("button", name="One minute more").click()
    expect(helm).to_contain_text(re.compile(r"5:\d\d"))
    first.context.close()

    second.get_by_role("button", name="Resume the clock").click()
    expect(helm.get_by_role("button", name="Pause the clock")).to_be_visible()
    expect(helm).to_contain_text("This can’t be undone.")
    expect(second.locator("#console-visible > li")).to_have_count(0)
    steps = []
    second.on("request", lambda request: steps.append(request) if request.url.endswith("/phase") else None)
    second.evaluate(SECOND_CLICK)
    second.get_by_role("button", name="Continue to Read and add").click()
    expect(helm).to_contain_text("Now: Read and add")
    expect(second.locator("#console-visible")).to_contain_text("Tap water")

    second.get_by_role("button", name="Continue to Discuss").click()
    second.get_by_role("button", name="Continue to Vote").click()
    expect(helm).to_contain_text("Now: Vote")
    assert len(steps) == 3, "a double click steps once"
    expect(second.locator(".console__tabs [aria-current]")).to_have_text("Steering")
    second.get_by_role("link", name="Close the round").click()
    second.get_by_role("dialog").get_by_role("button", name="Close the round").click()
    expect(helm).to_contain_text("See the result")
    assert never_loaded_again(second)


@pytest.mark.acceptance
def test_a_late_step_is_refused_politely_and_the_header_is_updated(a_room, at_the_console):
    room, _ = a_room(phases=factories.STEPS)
    page = at_the_console(room, room.facilitator, **LAPTOP)
    held = []
    page.route(re.compile(r"/console/parts"), lambda route: held.append(route))

    rounds.step_to_phase(room.facilitator, room.round_id, 1)
    page.get_by_role("button", name="Continue to Discuss").click()
    # A step to the current phase is no conflict.
    expect(page.locator(".console__controls > [role=status]")).to_have_text("")
    rounds.step_to_phase(room.facilitator, room.round_id, 2)
    page.get_by_role("button", name="Continue to Discuss").click()
    expect(page.locator(".console__controls > [role=status]")).to_contain_text("Someone else was faster")
    expect(page.locator("#phase-steering")).to_contain_text("Now: Write")

    wait_until(page, lambda: held)
    for route in held:
        route.continue_()
    page.unroute_all()
    expect(page.locator("#phase-steering")).to_contain_text("Now: Vote")
    assert never_loaded_again(page)


@pytest.mark.acceptance
def test_notice_lock_and_spotlight_are_shown_on_the_other_console_too(a_room, at_the_console):
    room, _ = a_room()
    idea = room.submit(room.people[0], "Tap water")
    first = at_the_console(room, room.facilitator, **LAPTOP)
    second = at_the_console(room, colleague(room), **LAPTOP)
    field = second.get_by_label("Message to everyone")
    second.locator("#say > summary").click()
    second.locator("#hall > summary").click()
    called = second.get_by_label("Idea from the hall")
    called.fill("From row sev")
    field.fill("Half a sen")

    first.get_by_role("button", name="Pause", exact=True).click()
    expect(second.locator("#room-steering")).to_contain_text("Writing is paused")
    expect(field).to_have_value("Half a sen")
    expect(field).to_be_focused()
    expect(called).to_have_value("From row sev")
    expect(second.get_by_role("button", name="Submit for the hall")).to_be_disabled()
    expect(first.locator("#hall")).to_be_hidden()
    first.locator(f"#idea-{idea}").get_by_role("button", name="Spotlight").click()
    expect(second.locator(f"#idea-{idea}")).to_contain_text("in the spotlight")
    expect(second.locator(f"#idea-{idea}")).to_have_css("content", "none", pseudo="after")  # it says so once
    field.fill("Half a sentence, and the rest")
    second.get_by_role("button", name="Show to everyone").click()
    expect(first.locator("#say > summary")).to_contain_text("Half a sentence, and the rest")

    second.locator(f"#idea-{idea}").get_by_role("button", name="End spotlight").click()
    expect(first.locator(f"#idea-{idea}")).not_to_contain_text("in the spotlight")
    second.get_by_role("button", name="Remove the message").click()
    expect(first.locator("#say > summary")).to_contain_text("none")
    assert never_loaded_again(first)
    assert never_loaded_again(second)


def test_a_hall_enters_ideas_and_hand_counts(a_room, at_the_console, visit):
    room, code = a_room()
    room.submit(room.people[0], "Tap water")
    first = at_the_console(room, room.facilitator, **PHONE)
    second = at_the_console(room, colleague(room), **LAPTOP)
    phone = visit(**PHONE)
    enter(phone, code, "Dachs 4")

    first.locator("#hall > summary").click()
    first.get_by_label("Idea from the hall").fill("Called from row seven")
    first.reload()
    expect(first.locator("#connection")).to_have_text("Live")
    first.evaluate("() => { window.isTheSame = true; }")
    first.locator("#hall > summary").click()
    expect(first.get_by_label("Idea from the hall")).to_have_value("Called from row seven")
    first.route("**/hall", lambda route: route.abort())
    first.get_by_role("button", name="Submit for the hall").click()
    expect(first.locator(".outbox [data-title]")).to_have_text("Called from row seven")
    first.unroute("**/hall")
    expect(first.locator("#hall")).to_contain_text("Saved. The idea is in the room.")
    expect(first.get_by_label("Idea from the hall")).to_have_value("")
    expect(phone.locator("#ideas")).to_contain_text("Called from row seven")

    for page in (first, second):
        page.locator('.console__tabs a[href="#hands-panel"]').click()
    yes, same = (
        page.get_by_role("form", name="Tap water").get_by_role("spinbutton", name="Yes") for page in (first, second)
    )
    yes.fill("40")
    yes.blur()
    expect(same).to_have_value("40")
    expect(yes).to_have_value("40")
    same.fill("41")
    same.press("Enter")
    expect(yes).to_have_value("41")
    expect(first.get_by_role("img", name="saved")).to_be_visible()
    assert "41" not in phone.locator("#ideas").inner_text()
    assert never_loaded_again(first)
    assert never_loaded_again(second)


def test_facilitation_is_shared_with_a_participant(a_room, at_the_console, served):
    room, _ = a_room()
    page = at_the_console(room, room.facilitator, **PHONE)
    page.locator('.console__tabs a[href="#people-panel"]').click()
    person = page.locator("#console-participants > li").first

    person.get_by_role("button", name="Actions for").click()
    page.get_by_role("link", name="Make moderator").click()
    page.get_by_role("dialog").get_by_role("button", name="Make moderator").click()
    expect(person).to_contain_text("moderates")
    person.get_by_role("button", name="Actions for").click()
    page.get_by_role("link", name="Remove as moderator").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove as moderator").click()

    expect(person).not_to_contain_text("moderates")
    assert never_loaded_again(page)


def test_a_participant_who_lost_facilitation_is_redirected_to_the_room(a_room, at_the_console):
    room, code = a_room()
    guide = factories.account()
    joined = participants.join_challenge(guide, code, "Otter 3")
    facilitations.share_facilitation(room.facilitator, room.challenge_id, joined.participant_id)
    owner = at_the_console(room, room.facilitator, **LAPTOP)
    other = at_the_console(room, guide, **LAPTOP)
    owner.locator('.console__tabs a[href="#people-panel"]').click()
    otter = owner.locator(f"#participant-{joined.participant_id}")

    otter.get_by_role("button", name="Actions for").click()
    owner.get_by_role("link", name="Remove as moderator").click()
    owner.get_by_role("dialog").get_by_role("button", name="Remove as moderator").click()

    expect(other).to_have_url(ROOM)
    expect(otter).not_to_contain_text("moderates")


def test_a_participant_who_lost_facilitation_leaves_the_moderation_queue_for_the_room(served, a_room, visit):
    room, code = a_room()
    guide = factories.account()
    joined = participants.join_challenge(guide, code, "Otter 3")
    facilitations.share_facilitation(room.facilitator, room.challenge_id, joined.participant_id)
    page = visit(
        f"/challenges/{room.challenge_id}/queue", storage_state=storage_of(served.app, guide.person_id), **PHONE
    )
    expect(page.locator("#connection")).to_have_text("Live")

    facilitations.end_facilitation(room.facilitator, room.challenge_id, joined.participant_id)

    expect(page).to_have_url(ROOM)


def test_a_facilitator_who_hands_over_is_redirected_to_the_room(a_room, at_the_console):
    room, code = a_room()
    guide = factories.account()
    joined = participants.join_challenge(guide, code, "Otter 3")
    facilitations.share_facilitation(room.facilitator, room.challenge_id, joined.participant_id)
    page = at_the_console(room, guide, **PHONE)
    page.locator('.console__tabs a[href="#people-panel"]').click()
    heir = page.locator("#console-participants > li", has_text="Bee 1")

    heir.get_by_role("button", name="Actions for").click()
    page.get_by_role("link", name="Hand over moderation").click()
    page.get_by_role("dialog").get_by_role("button", name="Hand over moderation").click()

    expect(page).to_have_url(ROOM)


def test_the_names_of_people_who_have_not_voted_are_shown_on_demand(a_room, at_the_console):
    room, _ = a_room()
    page = at_the_console(room, room.facilitator, **LAPTOP)

    page.get_by_role("link", name="Who?").click()

    expect(page.get_by_role("dialog")).to_contain_text("Bee 1")
    page.get_by_role("dialog").get_by_role("link", name="Back").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert never_loaded_again(page)


def test_a_step_to_the_vote_shows_at_once_how_many_have_not_voted(a_room, at_the_console):
    room, _ = a_room(phases=factories.STEPS)
    rounds.step_to_phase(room.facilitator, room.round_id, 1)
    page = at_the_console(room, room.facilitator, **LAPTOP)
    expect(page.get_by_role("link", name="Who?")).to_have_count(0)

    page.get_by_role("button", name="Continue to Vote").click()

    expect(page.locator("#crowd")).to_contain_text(f"{len(room.people)} have not voted yet.")
    expect(page.get_by_role("link", name="Who?")).to_be_visible()
    assert never_loaded_again(page)


def test_a_long_queue_moves_up_and_a_search_finds_later_entries(a_room, at_the_console):
    room, _ = a_room(phases=factories.STEPS, approval=True)
    waiting = [room.submit(room.people[0], f"Number {n}") for n in range(CHECK + 2)]
    page = at_the_console(room, room.facilitator, **PHONE)
    page.locator('.console__tabs a[href="#check"]').click()
    queue, badge = page.locator("#console-pending > li"), page.locator("#check .badge")

    page.locator(f"#idea-{waiting[0]}").get_by_role("button", name="Approve").click()
    expect(page.locator(f"#idea-{waiting[CHECK]}")).to_be_visible()  # the next idea moved up
    expect(queue).to_have_count(CHECK)
    expect(badge).to_have_text(str(CHECK + 1))
    later = room.submit(room.people[0], "At the very end")
    expect(badge).to_have_text(str(CHECK + 2))
    expect(queue).to_have_count(CHECK)

    page.get_by_role("navigation", name="Pages").get_by_role("link", name="More").press("Enter")
    expect(queue).to_have_count(2)
    expect(page.get_by_role("link", name="Back")).not_to_be_focused()  # a second press must not lead back
    expect(page.locator(f"#idea-{later}")).to_be_visible()
    page.get_by_role("searchbox", name="Search waiting ideas").fill("number 7")
    page.keyboard.press("Enter")
    expect(queue).to_have_count(1)
    page.locator(f"#idea-{waiting[7]}").get_by_role("button", name="Approve").click()
    expect(page.locator("#check")).to_contain_text("No matches. Try other words.")
    expect(badge).to_have_text(str(CHECK + 1))
    page.get_by_role("link", name="Show all").click()
    expect(queue).to_have_count(CHECK)
    assert never_loaded_again(page)


def test_the_console_shows_the_presence_that_the_sockets_report(a_room, at_the_console):
    room, _ = a_room(phases=factories.STEPS)
    page = at_the_console(room, room.facilitator, **LAPTOP)
    rows = page.locator("#console-participants > li")
    page.route("**/live?*", lambda route: route.abort())  # no other update arrives meanwhile
    handles = rows.evaluate_all("rows => rows.map((row) => row.id)")
    tell = """told => {
      document.querySelector('live-room').socket.disconnect();
      document.dispatchEvent(new CustomEvent('presence', { detail: told }));
    }"""

    people = {handles[0]: "ready", handles[1]: "writing"}
    page.evaluate(tell, {"here": 3, "asked": 3, "writing": 1, "ready": 2, "facilitators": 2, "people": people})

    board = page.locator("room-presence")
    expect(board).to_contain_text("2 of 3")
    expect(board).to_contain_text("2 people are moderating now")
    expect(board.locator("circle.ready")).to_have_count(2)
    expect(page.locator(".console__all-ready")).to_be_hidden()
    page.locator('.console__tabs a[href="#people-panel"]').click()
    expect(rows.nth(0).locator(".people__state--ready")).to_be_visible()
    expect(rows.nth(1).locator(".people__state--writing")).to_be_visible()
    expect(rows.nth(2).locator(".people__state--here")).to_be_hidden()

    page.evaluate(tell, {"here": 4, "asked": 3, "writing": 0, "ready": 3, "facilitators": 1, "people": {}})

    expect(board).to_contain_text("3 of 3")  # the fourth one facilitates
    expect(page.locator(".console__all-ready")).to_be_visible()
    expect(board).to_contain_text("Only you are moderating now.")
    expect(rows.nth(0).locator(".people__state--ready")).to_be_hidden()

    page.evaluate(tell, {"here": 2, "asked": 2, "writing": 0, "ready": 0, "facilitators": 1, "people": {}})

    assert board.locator("circle.away").evaluate(SETTLED_OPACITY) == "1"  # joined, but absent


@pytest.mark.acceptance
def test_steering_works_without_a_script(a_room, served, domain, visit):
    room, _ = a_room(phases=factories.STEPS)
    cookie = cookie_of(served.app, room.facilitator.person_id)
    page = visit(f"/challenges/{room.challenge_id}/console", cookie=cookie, java_script_enabled=False, **PHONE)

    for act in ("^5 min$", "One minute more", "^Continue to Discuss$", "^Pause$"):
        with page.expect_navigation():  # else the next click would stop it
            page.get_by_role("button", name=re.compile(act)).click()

    expect(page.locator("#phase-steering")).to_contain_text("Now: Discuss")
    expect(page.locator("#phase-steering")).to_contain_text("writing is paused")
    steering.unlock_writing(room.facilitator, room.round_id)


def test_a_flood_is_hidden_and_shown_again_in_one_act_and_empty_queues_are_not_listed(a_room, at_the_console):
    room, _ = a_room()
    page = at_the_console(room, room.facilitator, **PHONE)
    tabs = page.locator(".console__tabs")
    expect(tabs.get_by_role("link")).to_have_text(["Steering", "Ideas", "Hands", "People"])
    expect(page.locator("#check")).to_be_hidden()
    first, *_ = [room.submit(room.people[0], f"Buy gold {n}") for n in range(3)]
    kept = room.submit(room.people[1], "Tap water")
    expect(page.locator("#console-visible > li")).to_have_count(4)
    tabs.get_by_role("link", name="Ideas").click()
    gone = page.get_by_role("heading", name="Hidden, merged and withdrawn")
    expect(gone).to_be_hidden()

    page.locator(f"#idea-{first}").get_by_role("link", name="Hide").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Advertising").click()
    dialog.get_by_label("Also hide all 2 other texts by").check()
    dialog.get_by_role("button", name="Hide").click()
    expect(page.locator("#console-visible > li")).to_have_count(1)
    expect(page.locator("#console-visible > li")).to_have_attribute("id", f"idea-{kept}")
    expect(gone).to_be_visible()

    page.locator(f"#idea-{first}").get_by_role("link", name="Show again").click()
    dialog.get_by_label("Also show the 2 other texts by").check()
    dialog.get_by_role("button", name="Show again").click()
    expect(page.locator("#console-visible > li")).to_have_count(4)
    expect(gone).to_be_hidden()
    assert never_loaded_again(page)
