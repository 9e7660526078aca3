"""The tick for the rights in a real browser: once, and none of the ideas gets lost."""

from playwright.sync_api import expect

from ideas.conditions import Conditions
from ideas.database import db
from ideas.models import Idea, Rights
from tests import factories
from tests.journeys.conftest import PHONE
from tests.servers import storage_of


def test_one_tick_is_for_all_ideas(visit, domain, served):
    room = factories.room(conditions=Conditions(Rights.ON_AWARD, "A simple licence."))
    author = factories.participant(room)
    phone = visit(room.path, storage_state=storage_of(served.app, author.actor.person_id), **PHONE)
    title, submit = phone.get_by_placeholder("Your idea in one sentence"), phone.get_by_role("button", name="Submit")

    title.fill("Rye")
    submit.click()
    expect(title).to_have_value("Rye")  # the browser asks for the tick
    phone.get_by_label("I agree, for this and all my ideas here.").check()
    for words in ("Rye", "Oats"):
        title.fill(words)
        submit.click()
        expect(phone.locator(".idea__title", has_text=words).first).to_be_visible()

    expect(phone.locator("[data-consent]")).to_be_hidden()
    db.session.rollback()
    assert db.session.query(Idea).filter_by(challenge_id=room.id, rights_text_id=None).count() == 0
    assert db.session.query(Idea).filter_by(challenge_id=room.id).count() == 2
