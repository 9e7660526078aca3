"""A participant becomes a facilitator: they steer without an account and without a reload, until it ends."""

import re

from playwright.sync_api import expect

from ideas.database import db
from ideas.models import Participant
from ideas.services import facilitations
from tests import factories
from tests.journeys.conftest import PHONE
from tests.journeys.silent import enter


def test_a_guest_gets_facilitation_steers_and_loses_it(visit, a_room):
    room, code = a_room(phases=factories.STEPS)
    phone, other = visit(**PHONE), visit(**PHONE)
    enter(phone, code, "Guide")
    enter(other, code, "Other")
    db.session.rollback()
    guide = db.session.query(Participant).filter_by(challenge_id=room.challenge_id, name="Guide").one()
    link = phone.locator("#may-facilitate").get_by_role("link", name="Moderate")
    phone.get_by_role("button", name="Menu").click()
    expect(link).to_have_count(0)

    facilitations.share_facilitation(room.facilitator, room.challenge_id, guide.id)
    expect(link).to_be_visible()
    expect(phone.locator("#announcer")).to_contain_text("You moderate this challenge.")
    link.click()

    phone.wait_for_url("**/console")
    phone.get_by_role("button", name="Continue to Discuss").first.click()
    expect(other.locator("#now")).to_contain_text("Discuss the ideas now")
    other.goto(f"/challenges/{room.challenge_id}/console")
    expect(other).to_have_url(re.compile("/sign-in"))

    facilitations.end_facilitation(room.facilitator, room.challenge_id, guide.id)
    # The console redirects a former facilitator to the room and no longer opens for them.
    expect(phone).to_have_url(re.compile(r"/challenges/[\w-]+$"))
    phone.goto(f"/challenges/{room.challenge_id}/console")
    expect(phone).to_have_url(re.compile("/sign-in"))
