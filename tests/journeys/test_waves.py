"""A wave of people from one network: a moderator leaves it out and takes it in again."""

import pytest
from playwright.sync_api import expect

from ideas.database import db
from ideas.models import Mark
from tests import factories
from tests.journeys.axe import violations
from tests.journeys.conftest import LAPTOP
from tests.servers import storage_of


def votes(room) -> int:
    db.session.rollback()
    return db.session.query(Mark).filter_by(question_id=room.question_id).count()


@pytest.mark.acceptance
def test_a_moderator_leaves_a_wave_out_and_takes_it_in_again(visit, domain, served):
    room = factories.room()
    idea = factories.idea(room, factories.participant(room))
    crowd = [factories.participant(room) for _ in range(10)]
    for person in crowd:
        factories.mark(room, person, {idea: 1})
    factories.wave(room, *crowd)
    page = visit(f"{room.path}/console", storage_state=storage_of(served.app, room.owner.person_id), **LAPTOP)
    people = page.locator("[data-figure='people']").first
    expect(people).to_have_text("11")
    expect(page.locator(".wave")).to_contain_text("10 people joined from one network at ")

    page.get_by_role("link", name="Leave out").click()
    expect(page.get_by_role("dialog")).to_contain_text("Their ideas and arguments stay.")
    assert violations(page) == []
    page.get_by_role("dialog").get_by_role("button", name="Leave out").click()

    expect(page.locator(".wave")).to_contain_text("They are left out, with their votes.")
    expect(people).to_have_text("1")
    assert votes(room) == 0

    page.get_by_role("link", name="Take in again").click()
    page.get_by_role("dialog").get_by_role("button", name="Take in again").click()

    expect(page.locator(".wave")).to_contain_text("In a hall this is normal.")
    expect(people).to_have_text("11")
    assert votes(room) == 10
    assert factories.journal_holds(room.id) == []
