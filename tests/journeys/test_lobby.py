"""A challenge that is published in the morning and starts at noon: the lobby on phone, console and big screen."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from ideas import clock
from ideas.blueprints import LIVE_BRAINSTORM
from ideas.database import db
from ideas.models import Round
from ideas.services import challenges
from tests import factories
from tests.journeys.axe import violations
from tests.journeys.conftest import LAPTOP, PHONE, arrive, wait_until
from tests.servers import cookie_of

FIVE_MINUTES = 300


def test_a_challenge_is_published_in_the_morning_and_started_at_noon(visit, served, domain):
    room = factories.lobby(phases=LIVE_BRAINSTORM.plans, seed_ideas="Zucchini bread")
    morning = clock.now() - timedelta(hours=3)
    challenge = room.round.challenge
    challenge.published_at = morning
    db.session.commit()
    boss = cookie_of(served.app, room.owner.person_id)
    screen = visit(f"/challenges/{room.id}/screen", boss, viewport={"width": 1280, "height": 720})
    expect(screen.locator(".screen-join__code")).to_be_visible()
    expect(screen.locator("people-dots circle")).to_have_count(0)

    ada, bo = visit(**PHONE), visit(**PHONE)
    arrive(ada, room.code, "Ada")
    expect(ada.locator("#now")).to_contain_text("It has not started yet.")
    expect(ada.locator("#now")).to_contain_text("It is dark and sour.")
    expect(ada.locator("#way-ahead")).to_contain_text("Write")
    assert "Zucchini" not in ada.content()
    assert violations(ada) == []
    expect(screen.locator("people-dots circle")).to_have_count(1)
    arrive(bo, room.code, "Bo")
    expect(ada.locator('[data-figure="people"]').first).to_have_text("2")
    expect(ada.locator("#waiting-names")).to_contain_text("Bo")
    expect(screen.locator("people-dots circle")).to_have_count(2)

    console = visit(f"/challenges/{room.id}/edit", boss, **LAPTOP)
    console.get_by_label("What is it about?").fill("It is for Sundays.")
    console.get_by_role("button", name="Save").click()
    expect(ada.locator("#now")).to_contain_text("Changed since you joined: the description.")
    expect(ada.locator("#now")).to_contain_text("It is for Sundays.")

    console.goto(f"/challenges/{room.id}/console")
    console.get_by_role("button", name="Start: Write").click()
    for phone in (ada, bo):
        expect(phone.get_by_label("Your idea in one sentence")).to_be_visible()
        expect(phone.locator("main")).not_to_contain_text("It has not started yet.")
        assert "Zucchini" not in phone.content(), "the first phase hides ideas"
    expect(screen.locator("#stage")).to_have_attribute("data-state", "silent")
    db.session.rollback()
    left = (room.round.phase.ends_at - clock.now()).total_seconds()
    assert FIVE_MINUTES - 60 < left <= FIVE_MINUTES, "the morning has cost no time"


@pytest.mark.acceptance
def test_the_clock_starts_a_round_in_front_of_those_who_wait(visit, domain):
    room = factories.lobby(phases=LIVE_BRAINSTORM.plans)
    phone = visit(**PHONE)
    arrive(phone, room.code, "Ada")
    expect(phone.locator("#now")).to_contain_text("It has not started yet.")

    soon = clock.now() + timedelta(seconds=3)
    form = factories.form(starts_at=soon, starts_at_once=False)
    challenges.revise_challenge(room.owner, room.id, form)

    expect(phone.locator("#now .timer__left")).to_be_visible()
    expect(phone.get_by_label("Your idea in one sentence")).to_be_visible()
    wait_until(phone, lambda: _position(room.round_id) == 0)


def _position(round_id):
    db.session.rollback()
    return db.session.get_one(Round, round_id).position
