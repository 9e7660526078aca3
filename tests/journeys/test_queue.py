"""Two moderators clear the queue, one by thumb on a phone and one by keys; what one decides, the other sees."""

import re

import pytest
from playwright.sync_api import expect

from ideas.database import db
from ideas.models import Entry, EntryStatus
from ideas.services.ideas import IdeaForm, edit_idea
from ideas.services.moderation import hide_idea
from tests import factories
from tests.journeys.conftest import LAPTOP, PHONE
from tests.servers import cookie_of

IDEAS = 100
OPEN = "() => document.querySelector('moderation-queue').dataset.open"


@pytest.fixture
def room(served, domain):
    return factories.room(approval=True)


@pytest.fixture
def author(room):
    return factories.participant(room)


@pytest.fixture
def moderate(served, room, visit):
    """Open the queue as the owner, or as another member."""

    def visit_queue(who=None, query="", **options):
        cookie = cookie_of(served.app, (who or room.owner).person_id)
        return visit(f"/challenges/{room.id}/queue{query}", cookie=cookie, **options)

    return visit_queue


def open_text(page) -> str:
    return page.evaluate(OPEN)


def act_on(page, act) -> None:
    """Act once, and wait for the next text."""
    before = open_text(page)
    act()
    page.wait_for_function(f"before => ({OPEN})() !== before && !document.querySelector('[aria-busy]')", arg=before)


def count(room, status) -> int:
    db.session.rollback()
    query = db.select(db.func.count()).select_from(Entry).filter_by(round_id=room.round_id, status=status)
    return db.session.scalar(query)


@pytest.mark.acceptance
def test_two_moderators_clear_a_hundred_ideas_with_one_tap_or_key_each(room, author, moderate):
    factories.many_pending(room, author, IDEAS)
    colleague = factories.member(room.organisation_id, room.owner)
    phone, laptop = moderate(**PHONE), moderate(colleague, **LAPTOP)
    expect(laptop.locator("#queue-list")).to_contain_text("is looking at it")
    approve, taps, keys = phone.locator("#approve button"), 0, 0

    while taps + keys < IDEAS - 1:
        act_on(phone, approve.tap)
        for _ in range(2):
            act_on(laptop, lambda: laptop.keyboard.press("a"))
        taps, keys = taps + 1, keys + 2

    assert count(room, EntryStatus.VISIBLE) == taps + keys  # nothing was pressed in vain
    assert open_text(phone) == open_text(laptop)  # the last one
    laptop.keyboard.press("a")
    expect(laptop.get_by_text("All done")).to_be_visible()
    expect(phone.get_by_text(re.compile("Approved by .*@"))).to_be_visible()  # of what lies open there
    expect(phone.locator("#queue-count")).to_have_text("0")
    assert count(room, EntryStatus.PENDING) == 0


def test_a_double_tap_decides_about_one_text(room, author, moderate):
    factories.many_pending(room, author, 5)
    phone = moderate(**PHONE)

    button = phone.locator("#approve button").bounding_box()
    for _ in range(2):
        phone.touchscreen.tap(button["x"] + 20, button["y"] + 20)

    expect(phone.locator("#queue-count")).to_have_text("4")
    phone.wait_for_function("() => !document.querySelector('[data-resting], [aria-busy]')")
    assert count(room, EntryStatus.VISIBLE) == 1


def test_reject_correct_and_undo_by_keys(room, author, moderate):
    factories.idea(room, author, "Alpha")
    factories.idea(room, author, "Beta")
    page = moderate(**LAPTOP)
    title = page.locator("#open-title")
    expect(title).to_have_text("Alpha")

    page.keyboard.press("e")
    expect(page.locator("#correct-title")).to_be_focused()
    page.keyboard.type("Alfa n")  # keys are letters while somebody types
    page.locator("#correct-title").fill("Alfa")
    page.keyboard.press("Enter")
    expect(title).to_have_text("Alfa")
    expect(title).to_be_focused()
    expect(page.locator("#queue-done")).to_contain_text("The author’s version is kept.")

    page.keyboard.press("r")
    page.keyboard.press("5")
    expect(title).to_have_text("Beta")
    assert count(room, EntryStatus.HIDDEN) == 1
    page.keyboard.press("u")
    expect(title).to_have_text("Alfa")
    expect(page.locator("#queue-count")).to_have_text("2")
    page.keyboard.press("n")
    expect(title).to_have_text("Beta")
    page.keyboard.press("k")
    expect(title).to_have_text("Alfa")

    page.get_by_text("Choose all 2 shown").click()
    third = factories.idea(room, author, "Gamma")
    expect(page.locator(f"#row-idea-{third}")).to_be_visible()  # the list was drawn anew
    expect(page.locator(f"#row-idea-{third} input")).not_to_be_checked()
    page.get_by_role("button", name="Approve chosen").click()
    expect(page.get_by_text("2 approved.")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("#queue-count")).to_have_text("3")


def test_what_happens_meanwhile_is_seen_and_keeps_what_was_typed(room, author, moderate):
    first = factories.idea(room, author, "Alpha")
    page = moderate(**LAPTOP)
    page.keyboard.press("r")
    words = page.locator("#words-reject")
    words.fill("Too short")

    edit_idea(author.actor, first, IdeaForm("Alpha, better"))
    expect(page.locator("#open-title")).to_have_text("Alpha, better")
    expect(words).to_have_value("Too short")

    factories.idea(room, author, "Beta")
    expect(page.locator("#queue-count")).to_have_text("2")
    hide_idea(room.owner, first, "Advertising")
    expect(page.locator("#queue-item")).to_contain_text("Rejected by")
    page.keyboard.press("n")
    expect(page.locator("#open-title")).to_have_text("Beta")


def test_without_a_network_the_decision_waits_and_arrives(room, author, moderate):
    factories.many_pending(room, author, 2)
    page = moderate(**PHONE)

    page.context.set_offline(True)
    page.locator("#approve button").tap()
    expect(page.locator("#queue-done")).to_contain_text("Not saved yet")
    page.context.set_offline(False)

    expect(page.locator("#queue-count")).to_have_text("1")
    assert count(room, EntryStatus.VISIBLE) == 1


@pytest.mark.acceptance
def test_it_works_without_a_script(room, author, moderate):
    factories.many_pending(room, author, 3)
    page = moderate(java_script_enabled=False, **PHONE)

    page.get_by_role("button", name="Approve", exact=True).tap()
    expect(page.get_by_text("Approved.")).to_be_visible()
    page.locator(".triage__reject > summary").tap()
    page.get_by_role("button", name="Advertising").first.tap()
    expect(page.get_by_text("Rejected.")).to_be_visible()
    page.get_by_role("button", name="Undo").tap()
    page.get_by_role("link", name="Later").tap()
    page.get_by_role("link", name="List").tap()
    page.get_by_role("link", name="Choose all 2 shown").tap()
    page.get_by_role("button", name="Approve chosen").tap()

    expect(page.get_by_text("All done")).to_be_visible()
    assert count(room, EntryStatus.VISIBLE) == 3
