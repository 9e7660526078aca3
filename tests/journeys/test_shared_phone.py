"""Several people share one phone in a real browser: its tabs, drafts, the ballot, and the way back."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import LAPTOP, PHONE, join, write_idea
from tests.journeys.silent import enter, settle


def participant_on(page):
    return page.locator("live-room").get_attribute("data-lanes").split()[-1]


def hand_over(page, name):
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Hand over to the next person").click()
    page.get_by_label("Name of the next person").fill(name)
    page.get_by_role("button", name="Hand over").click()
    page.wait_for_url("**/challenges/*")


def test_a_phone_is_handed_over_and_back(visit, a_room):
    room, code = a_room()
    watcher = visit(**LAPTOP)
    enter(watcher, code, "Watcher")
    phone = visit(**PHONE)
    join(phone, code, "Lea")
    settle(phone)
    write_idea(phone, "Lea's idea")
    expect(phone.locator("#ideas > li.is-mine")).to_have_count(1)
    expect(watcher.locator('[data-figure="here"]').first).to_have_text("2")
    field = phone.get_by_label("Your idea in one sentence")
    field.fill("Lea's half sentence")
    lea = participant_on(phone)

    left_open = phone.context.new_page()
    left_open.goto(f"/challenges/{room.challenge_id}")
    settle(left_open)
    left_open.get_by_label("Your idea in one sentence").fill("Lea's other tab")
    left_open.get_by_label("Your idea in one sentence").fill("Lea's half sentence")
    hand_over(phone, "Tom")

    tom = participant_on(phone)
    assert tom != lea
    expect(field).to_have_value("")
    expect(phone.locator(".outbox li")).to_have_count(0)
    expect(phone.locator("#ideas > li.is-mine")).to_have_count(0)
    expect(left_open.locator(f'live-room[data-lanes~="{tom}"]')).to_have_count(1)
    expect(left_open.get_by_label("Your idea in one sentence")).to_have_value("")
    expect(watcher.locator('[data-figure="here"]').first).to_have_text("2")

    write_idea(phone, "Tom's idea")
    expect(phone.locator("#ideas > li.is-mine")).to_have_count(1)
    expect(phone.locator("#ideas > li.is-mine")).to_contain_text("Tom's idea")
    expect(watcher.locator("#ideas")).to_contain_text("Tom")

    phone.get_by_role("button", name="Menu").click()
    phone.get_by_role("link", name="Hand over to the next person").click()
    phone.get_by_role("button", name="Continue as Lea").click()
    phone.wait_for_url("**/challenges/*")

    assert participant_on(phone) == lea
    expect(field).to_have_value("Lea's half sentence")
    expect(phone.locator("#ideas > li.is-mine")).to_contain_text("Lea's idea")


@pytest.mark.acceptance
def test_a_handover_works_without_a_script(visit, a_room):
    _, code = a_room()
    phone = visit(**PHONE, java_script_enabled=False)
    join(phone, code, "Lea")
    lea = participant_on(phone)

    phone.goto(phone.url + "/handover")
    phone.get_by_label("Name of the next person").fill("Tom")
    phone.get_by_role("button", name="Hand over").click()
    phone.wait_for_url("**/challenges/*")
    assert participant_on(phone) != lea

    phone.goto(phone.url + "/handover")
    phone.get_by_role("button", name="Continue as Lea").click()
    phone.wait_for_url("**/challenges/*")
    assert participant_on(phone) == lea
