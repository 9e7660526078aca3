"""A discussion on a phone, live: arguments and replies come in while somebody reads, marks and answers."""

import pytest
from playwright.sync_api import expect

from ideas.models import Stance
from ideas.services import arguments
from tests import factories
from tests.journeys.conftest import PHONE
from tests.servers import cookie_of

pytestmark = pytest.mark.acceptance


def test_a_reader_marks_and_answers_while_the_discussion_goes_on(served, domain, visit):
    room = factories.room(title="How do we discuss packaging?")
    author, critic, reader = (factories.participant(room) for _ in range(3))
    idea = factories.idea(room, author, "Boxes with a deposit")
    dark = factories.argument(idea, critic, "They get lost.", Stance.AGAINST)
    for n in range(3):
        factories.argument(idea, critic, f"They last {n} years.", Stance.FOR)
    phone = visit(factories.idea_path(idea), cookie=cookie_of(served.app, reader.actor.person_id), **PHONE)
    listed, remark = phone.locator(f"#arguments-{idea} > li"), phone.locator(f"#argument-{dark}")
    expect(listed).to_have_count(4)

    mark = remark.get_by_role("button", name="Good point")
    expect(mark).to_have_attribute("aria-pressed", "false")
    mark.focus()
    phone.keyboard.press("Enter")
    expect(mark).to_have_attribute("aria-pressed", "true")
    factories.argument(idea, author, "They cost a lot.", Stance.AGAINST)

    expect(listed).to_have_count(5)
    expect(phone.locator(".debate__side--against .num")).to_have_text("2")
    stances = [item.get_attribute("data-stance") for item in listed.all()]
    assert stances[:4] in (["for", "against"] * 2, ["against", "for"] * 2)
    expect(mark).to_be_focused()
    expect(mark).to_have_attribute("aria-pressed", "true")

    arguments.reply(author.actor, dark, "Each has a number.", factories.op())
    expect(remark.locator(".reply")).to_contain_text("Each has a number.")
    remark.get_by_role("link", name="Reply").tap()
    words = remark.get_by_label("Your words")
    expect(words).to_be_focused()
    words.fill("Then it")
    phone.keyboard.press("Escape")
    expect(words).to_have_count(0)
    remark.get_by_role("link", name="Reply").press("Enter")
    expect(words).to_have_value("Then it")
    phone.reload()
    expect(words).to_have_value("Then it")
    words.fill("Then it works.")
    arguments.edit_argument(critic.actor, dark, "They do get lost.")
    expect(remark).to_contain_text("They do get lost.")
    expect(words).to_have_value("Then it works.")
    remark.get_by_role("button", name="Reply").tap()
    expect(remark.locator(".reply")).to_have_count(2)
    expect(remark.locator(".reply.is-mine")).to_contain_text("Then it works.")
    expect(words).to_have_count(0)
    for n in range(2):
        arguments.reply(author.actor, dark, f"And {n}.", factories.op())
    expect(remark.locator(".reply")).to_have_count(4)
    phone.reload()
    expect(remark.get_by_text("And 1.")).to_be_hidden()
    expect(remark.get_by_text("Then it works.")).to_be_visible()
    remark.get_by_text("All 4 replies").tap()
    expect(remark.get_by_text("And 1.")).to_be_visible()

    mark.tap()
    expect(mark).to_have_attribute("aria-pressed", "false")
    assert factories.journal_holds() == []
