"""Words that change while a moderator decides, and a cookie that is lost."""

import os
from pathlib import Path

from playwright.sync_api import expect

from ideas.database import db
from ideas.models import Entry, EntryStatus
from ideas.services import ideas
from ideas.services.ideas import IdeaForm
from tests.journeys.conftest import LAPTOP, PHONE, wait_until
from tests.servers import storage_of


def look(page, name):
    if folder := os.environ.get("LOOK"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_moderator_is_asked_again_if_the_words_changed_under_the_finger(visit, a_room, served, domain):
    room, _ = a_room(approval=True)
    idea = room.submit(room.people[0], "Rye bread")
    storage = storage_of(served.app, room.facilitator.person_id)
    page = visit(f"/challenges/{room.challenge_id}/console", storage_state=storage, **LAPTOP)
    edited = []

    def change_first(route):
        if route.request.method == "POST" and not edited:
            edited.append(idea)
            with served.app.app_context():
                ideas.edit_idea(room.people[0], idea, IdeaForm("Stone bread"))
        route.continue_()

    page.route("**/approval", change_first)
    page.get_by_role("button", name="Approve").click()

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Rye bread")
    expect(dialog).to_contain_text("Stone bread")
    look(page, "approve-conflict")
    assert status_of(idea) == EntryStatus.PENDING
    dialog.get_by_role("button", name="Approve").click()
    wait_until(page, lambda: status_of(idea) == EntryStatus.VISIBLE)


def status_of(idea_id):
    db.session.rollback()
    return db.session.scalars(db.select(Entry.status).filter_by(idea_id=idea_id)).one()


def test_a_lost_cookie_costs_one_press(visit, a_room):
    _, code = a_room()
    page = visit(f"/join/{code}", **PHONE)
    page.get_by_label("Your name here").fill("Badger 8")
    page.context.clear_cookies()

    page.locator("#join button:not([type=button])").last.click()

    expect(page.get_by_role("heading", name="Your browser sent no cookie")).to_be_visible()
    expect(page.get_by_text("Badger 8")).to_be_visible()
    look(page, "kept-390")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="dark")
    look(page, "kept-1440-dark")
    page.get_by_role("button", name="Send again").click()
    page.wait_for_url("**/challenges/*")
