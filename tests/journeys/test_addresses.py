"""An address that somebody copied from the address bar, in real browsers, and a new code."""

import re

from playwright.sync_api import expect

from ideas.database import db
from ideas.models import Challenge
from tests.journeys.conftest import LAPTOP, PHONE
from tests.journeys.silent import enter
from tests.servers import storage_of


def test_a_copied_address_leads_through_the_door_until_there_is_a_new_code(visit, served, domain, a_room):
    room, code = a_room(brief="What we throw away every day, and why. " * 80)
    member, stranger, late = visit(**PHONE), visit(**PHONE), visit(**PHONE)
    enter(member, code)
    member.goto(f"/challenges/{room.challenge_id}/me")
    expect(member).to_have_url(re.compile(r"/challenges/[a-z][\w-]*/me$"))
    copied = member.url

    stranger.goto(copied)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("Enter the code")
    field = stranger.get_by_label("Your code")
    field.fill("".join(chr(ord(c) + 0xFEE0) for c in code))
    stranger.get_by_role("button", name="Continue").click()
    expect(stranger.get_by_role("button", name="Join")).to_be_in_viewport()  # before the long brief
    stranger.get_by_role("button", name="Join").click()
    expect(stranger).to_have_url(copied)

    member.go_back()
    moderator = visit(
        f"/challenges/{room.challenge_id}/share",
        storage_state=storage_of(served.app, room.facilitator.person_id),
        **LAPTOP,
    )
    moderator.get_by_text("Has the code reached the wrong people?").click()
    moderator.get_by_role("button", name="Make a new code").click()
    expect(moderator.get_by_text("The room has a new code.")).to_be_visible()

    db.session.rollback()
    new = db.session.get_one(Challenge, room.challenge_id).code
    assert new != code
    expect(member.locator("#room-code").first).to_contain_text(" ".join(new))
    late.goto(f"{copied}?code={code}")
    expect(late.get_by_role("heading", level=1)).to_have_text("There is no open room with this code")
    late.get_by_label("Your code").fill(f"{served.url}/join/{new}?utm_source=chat")
    late.get_by_role("button", name="Try again").click()
    late.get_by_role("button", name="Join").click()
    expect(late).to_have_url(copied)
