"""Planning phases in a real browser: on a phone and a laptop, by keyboard, without scripts, in another time zone."""

import re

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.doubles import partly_here
from tests.journeys.conftest import LAPTOP, PHONE, wait_until
from tests.servers import cookie_of

NAME = re.compile(r"Name of phase \d+")


@pytest.fixture(scope="module")
def company(running_server):
    with running_server.app.app_context():
        return factories.company(name="Mill & Oven")


@pytest.fixture
def as_owner(visit, served, company, domain):
    """Open a page as the owner of the company."""
    cookie = cookie_of(served.app, company.owner.person_id)
    return lambda path, **options: visit(path, cookie=cookie, **options)


@pytest.fixture
def new_form(as_owner, company):
    return lambda **options: as_owner(f"/organisations/{company.id}/challenges/new", **options)


def question_of(page):
    return page.get_by_role("textbox", name="The challenge")


def expect_names(page, *wanted):
    expect(page.get_by_label(NAME)).to_have_count(len(wanted))
    for n, name in enumerate(wanted):
        expect(page.get_by_label(NAME).nth(n)).to_have_value(name)


def stored(page, domain):
    """The phases of the draft that the page has just saved."""
    from ideas.addresses import challenge_at
    from ideas.database import db
    from ideas.models import AddressKind
    from ideas.queries.rounds import current_round

    db.session.rollback()
    slug = re.search(r"/challenges/([\w-]+)/", page.url).group(1)
    challenge_id = challenge_at(db.session(), AddressKind.SLUG, slug).id
    return [(p.name, p.seconds, p.others_visible) for p in current_round(db.session(), challenge_id).phases[:-1]]


@pytest.mark.parametrize("screen", partly_here([PHONE, LAPTOP], PHONE), ids=["phone", "laptop"])
def test_a_blueprint_fills_the_editor_and_phases_are_edited_on_one_page(new_form, domain, screen):
    page = new_form(**screen)
    question_of(page).fill("What shall we bake?")
    page.evaluate("window.isTheSamePage = true")

    page.get_by_text("Pick a name", exact=True).click()
    expect_names(page, "Write", "Vote")
    expect(page.get_by_label("Maximum length of a title")).to_have_value("60")
    page.get_by_role("button", name="Add a phase").click()
    expect(page.get_by_label("Name of phase 3")).to_be_focused()
    page.keyboard.type("Talk it over")
    page.get_by_role("group", name="Phase 3").get_by_text("Discuss", exact=True).click()
    page.get_by_role("group", name="Phase 3").get_by_text("by hand").click()
    page.get_by_role("button", name="Move phase 3 up").click()
    expect_names(page, "Write", "Talk it over", "Vote")
    expect(page.get_by_role("button", name="Move phase 2 up")).to_be_focused()
    page.get_by_role("button", name="Delete phase 1").click()
    expect_names(page, "Talk it over", "Vote")

    page.get_by_text("Idea contest", exact=True).click()
    expect_names(page, "Write and discuss", "Vote")
    expect(page.locator("#announcer")).to_have_text("Replaced by the phases of “Idea contest”.")
    page.get_by_role("button", name="Undo").click()
    expect_names(page, "Talk it over", "Vote")
    expect(page.get_by_label("Name of phase 1")).to_be_focused()
    expect(page.get_by_role("radio", name="Pick a name")).to_be_checked()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)

    expect(question_of(page)).to_have_value("What shall we bake?")
    assert page.evaluate("window.isTheSamePage")
    page.get_by_role("button", name="Continue to the preview").click()
    page.wait_for_url("**/preview")
    assert stored(page, domain) == [("Talk it over", None, True), ("vote", 300, True)]


def test_the_preview_beside_the_form_follows_the_form(new_form):
    page = new_form(**LAPTOP)

    page.get_by_text("Idea contest", exact=True).click()
    expect(page.locator("#sketch")).to_contain_text("Write and discuss → Vote")
    page.get_by_label("Name of phase 1").fill("Everything at once")

    expect(page.locator("#sketch")).to_contain_text("Everything at once → Vote")


def test_a_blueprint_chosen_before_the_script_has_loaded_is_applied(new_form):
    page = new_form(**LAPTOP)
    held = []
    page.route("**/joined/desk.js", lambda route: held.append(route))
    page.reload()

    page.get_by_text("Idea contest", exact=True).click()
    wait_until(page, lambda: held)
    expect_names(page, "Write", "Read and add", "Discuss", "Vote")
    held.pop().continue_()

    expect_names(page, "Write and discuss", "Vote")
    expect(page.locator("#sketch")).to_contain_text("Write and discuss → Vote")


def test_planning_works_by_keyboard_alone(new_form, domain):
    page = new_form(**LAPTOP)
    press = page.keyboard.press
    question_of(page).focus()
    page.keyboard.type("By keyboard?")

    page.get_by_role("radio", name="Live brainstorm").focus()
    press("ArrowDown")
    expect(page.get_by_role("radio", name="Idea contest")).to_be_focused()
    expect_names(page, "Write and discuss", "Vote")
    page.get_by_role("button", name="Move phase 2 up").focus()
    press("Enter")
    expect_names(page, "Vote", "Write and discuss")
    expect(page.get_by_role("button", name="Move phase 1 down")).to_be_focused()
    press("Enter")
    expect_names(page, "Write and discuss", "Vote")
    expect(page.get_by_role("button", name="Move phase 2 up")).to_be_focused()
    press("Tab")  # a button that can't move its phase is no tab stop
    press("Enter")
    expect_names(page, "Write and discuss")
    expect(page.get_by_label("Name of phase 1")).to_be_focused()
    page.get_by_label("Name of phase 1").fill("All of it")
    press("Enter")  # stores the draft, as in every field

    page.wait_for_url("**/edit")
    assert stored(page, domain) == [("All of it", 14 * 24 * 3600, True)]


@pytest.mark.acceptance
def test_planning_works_without_a_script(new_form, domain):
    page = new_form(java_script_enabled=False, **PHONE)
    page.get_by_text("Pick a name", exact=True).click()
    page.get_by_role("button", name="Use this blueprint").click()  # the challenge is still empty
    expect_names(page, "Write", "Vote")

    question_of(page).fill("Without a script?")
    page.get_by_role("button", name="Add a phase").click()
    page.get_by_label("Name of phase 3").fill("Farewell")
    page.get_by_label("Name of phase 3").locator("xpath=ancestor::fieldset").get_by_label("Length").fill("90")
    page.get_by_role("button", name="Move phase 2 down").click()
    expect_names(page, "Write", "Farewell", "Vote")
    page.get_by_text("Idea contest", exact=True).click()
    page.get_by_role("button", name="Use this blueprint").click()
    expect_names(page, "Write and discuss", "Vote")
    page.get_by_role("button", name="Undo").click()
    expect_names(page, "Write", "Farewell", "Vote")
    page.get_by_role("button", name="Delete phase 1").click()
    expect(question_of(page)).to_have_value("Without a script?")
    page.get_by_role("button", name="Save the draft").click()

    page.wait_for_url("**/edit")
    assert stored(page, domain) == [("Farewell", 5400, True), ("vote", 300, True)]


def test_an_error_leads_to_its_field_and_keeps_everything_typed(new_form):
    page = new_form(**PHONE)
    question_of(page).fill("With a mistake?")
    page.get_by_label("Name of phase 2").fill(" ")
    page.get_by_label("Length").nth(2).fill("soon")

    page.get_by_role("button", name="Save the draft").click()

    expect(page.get_by_role("alert")).to_contain_text("Please type a whole number.")
    page.get_by_role("alert").get_by_text("Please type a whole number.").click()
    expect(page.get_by_label("Length").nth(2)).to_be_in_viewport()
    expect(page.get_by_label("Length").nth(2)).to_have_value("soon")
    expect(question_of(page)).to_have_value("With a mistake?")


def test_a_lost_connection_loses_nothing_typed(new_form):
    page = new_form(**LAPTOP)
    page.get_by_label("Name of phase 1").fill("Typed before the tunnel")

    page.context.set_offline(True)
    page.get_by_role("button", name="Add a phase").click()
    expect(page.locator("#announcer")).to_have_text("That did not work, but nothing is lost. Please try again.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Add a phase").click()

    expect_names(page, "Typed before the tunnel", "Read and add", "Discuss", "Vote", "")


def test_dates_are_typed_and_shown_in_the_time_zone_of_the_browser(as_owner, company, served, domain):
    from ideas.database import db

    room = factories.room(company, blueprint="idea_contest")
    page = as_owner(f"/challenges/{room.id}/phases", timezone_id="Asia/Tokyo", **LAPTOP)
    expect(page.locator(".plan__date .field__note").first).to_have_text("Asia/Tokyo")

    page.locator("#field-running-ends_at").fill("2099-07-01T18:00")
    page.get_by_role("group", name="Phase 2").get_by_text("on a date").click()
    page.locator("#field-phase-0-ends_at").fill("2099-07-08T18:00")
    page.get_by_role("button", name="Add a phase").click()
    expect(page.locator("#field-phase-0-ends_at")).to_have_value("2099-07-08T18:00")
    expect(page.locator("#field-running-ends_at")).to_have_value("2099-07-01T18:00")
    page.get_by_role("button", name="Delete phase 3").click()
    expect_names(page, "Vote")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/console")

    db.session.rollback()
    assert [p.ends_at.isoformat() for p in room.round.phases[:2]] == [
        "2099-07-01T09:00:00+00:00",
        "2099-07-08T09:00:00+00:00",
    ]
    again = as_owner(f"/challenges/{room.id}/phases", timezone_id="America/New_York", **LAPTOP)
    expect(again.locator("#field-running-ends_at")).to_have_value("2099-07-01T05:00")


def saved_end(page, room, typed):
    """The instant that the server stores for a typed time, and what the field shows then."""
    from ideas.database import db

    page.goto(f"/challenges/{room.id}/phases")
    field = page.locator("#field-running-ends_at")
    if typed is not None:
        field.fill(typed)
        field.blur()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/console")
    db.session.rollback()
    page.goto(f"/challenges/{room.id}/phases")
    return room.round.phases[0].ends_at.isoformat(), field.input_value()


def test_times_at_the_change_to_summer_time_stay_what_was_typed(as_owner, company, served, domain):
    from ideas import clock
    from ideas.database import write
    from ideas.models import Phase

    room = factories.room(company, blueprint="idea_contest")
    page = as_owner(f"/challenges/{room.id}/phases", timezone_id="Europe/Berlin", **LAPTOP)

    assert saved_end(page, room, "2099-03-29T01:59") == ("2099-03-29T00:59:00+00:00", "2099-03-29T01:59")
    assert saved_end(page, room, "2099-03-29T03:00") == ("2099-03-29T01:00:00+00:00", "2099-03-29T03:00")
    # An hour that does not exist: the field shows the time that is stored.
    assert saved_end(page, room, "2099-03-29T02:30") == ("2099-03-29T01:30:00+00:00", "2099-03-29T03:30")
    # An hour that comes twice: the first one is meant, and a stored second one stays.
    assert saved_end(page, room, "2099-10-25T02:30") == ("2099-10-25T00:30:00+00:00", "2099-10-25T02:30")
    with write() as transaction:
        second = clock.from_ms(4_096_575_000_000)
        assert second.isoformat() == "2099-10-25T01:30:00+00:00"
        transaction.session.get_one(Phase, room.round.phases[0].id).ends_at = second
    assert saved_end(page, room, None) == ("2099-10-25T01:30:00+00:00", "2099-10-25T02:30")


def test_a_phase_shows_only_the_fields_of_its_chosen_end(new_form):
    page = new_form(**PHONE)
    phase = page.get_by_role("group", name="Phase 1", exact=True)

    expect(phase.get_by_label("Length")).to_be_visible()
    expect(phase.get_by_label("Date and time")).to_be_hidden()
    phase.get_by_text("on a date").click()
    expect(phase.get_by_label("Length")).to_be_hidden()
    expect(phase.get_by_label("Date and time")).to_be_visible()
    phase.get_by_text("by hand").click()
    expect(phase.get_by_label("Date and time")).to_be_hidden()
    expect(phase.get_by_label("Continues automatically")).to_be_hidden()
