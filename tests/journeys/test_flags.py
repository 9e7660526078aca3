"""A reader on a phone reports what they read; a moderator sees it at once, and decides."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.journeys.conftest import PHONE
from tests.servers import cookie_of


@pytest.fixture
def room(served, domain):
    return factories.room(title="How do we save packaging?")


@pytest.fixture
def author(room):
    return factories.participant(room)


@pytest.fixture
def reader(room):
    return factories.participant(room)


def test_reports_reach_the_console_live_and_their_author_hears_of_the_decision(served, room, author, reader, visit):
    idea = factories.idea(room, author, "Fire the whole kitchen")
    argument = factories.argument(idea, author, "The cook never washes his hands")
    cookies = {who: cookie_of(served.app, who.person_id) for who in (room.owner, reader.actor, author.actor)}
    console = visit(f"{room.path}/console", cookie=cookies[room.owner])
    expect(console.locator("#flow")).to_be_visible()
    assert console.locator(".flagged").count() == 0
    phone = visit(factories.idea_path(idea), cookie=cookies[reader.actor], **PHONE)

    phone.get_by_role("link", name="Report this idea").tap()
    phone.get_by_text("Insults someone").tap()
    phone.get_by_label("In your own words").fill("It is about my sister")
    phone.get_by_role("button", name="Report").tap()
    expect(phone.get_by_text("You reported this idea to the moderators.")).to_be_visible()
    phone.locator(f"#argument-{argument}").get_by_role("link", name="Report").tap()
    phone.get_by_text("Says private things about someone").tap()
    phone.get_by_role("button", name="Report").tap()
    expect(phone.get_by_text("You reported this argument:")).to_be_visible()

    expect(console.locator(".flagged")).to_contain_text("2 reported texts wait")
    own = visit(factories.idea_path(idea), cookie=cookies[author.actor], **PHONE)
    expect(own.get_by_role("heading", name="Fire the whole kitchen")).to_be_visible()
    expect(own.get_by_role("link", name="Report")).to_have_count(0)

    console.get_by_role("link", name="Look at them").click()
    expect(console.locator(".triage__text")).to_contain_text("The cook never washes his hands")
    console.locator(".triage__reject > summary").click()
    console.locator(".triage__reject").get_by_role("button", name="Insults someone").click()
    expect(console.locator(".triage__text")).to_contain_text("Fire the whole kitchen")
    expect(console.locator(".triage__reports")).to_contain_text("1 report: Insults someone")
    expect(console.locator(".triage__reports")).to_contain_text("It is about my sister")
    assert reader.name not in console.locator("main").inner_text()
    console.get_by_role("button", name="Keep").click()
    expect(console.locator(".triage__none")).to_be_visible()
    expect(phone.locator(f"#argument-{argument}")).to_have_count(0)
    expect(phone.get_by_text("You reported this argument:")).to_have_count(0)

    phone.goto(f"{served.url}/news")
    expect(phone.get_by_text("The moderators have looked at what you reported")).to_have_count(2)


@pytest.mark.acceptance
def test_a_report_needs_no_script(served, room, author, reader, visit):
    idea = factories.idea(room, author, "Fire the whole kitchen")
    cookie = cookie_of(served.app, reader.actor.person_id)
    page = visit(factories.idea_path(idea), cookie=cookie, java_script_enabled=False, **PHONE)

    page.get_by_role("link", name="Report this idea").tap()
    page.get_by_text("Off topic").tap()
    page.get_by_role("button", name="Report").tap()
    expect(page.get_by_text("They do not see who reported it.")).to_be_visible()
    page.get_by_role("button", name="Take back").tap()

    expect(page.get_by_text("You took your report back.")).to_be_visible()
    expect(page.get_by_role("link", name="Report this idea")).to_be_visible()
