"""The countdown in a real browser follows the clock of the server, not of the device."""

import time
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from ideas import clock
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.models import Activity, Round
from ideas.services import rounds, steering
from tests.doubles import partly_here
from tests.journeys.conftest import LAPTOP, PHONE, arrive, wait_until

OFF_BY = """
(() => {
  const Real = Date, off = %d;
  globalThis.Date = class extends Real {
    constructor(...args) { super(...(args.length ? args : [Real.now() + off])); }
    static now() { return Real.now() + off; }
  };
})();
"""
KEEP_MARKS = """
document.addEventListener("clock-mark", ({ detail }) => (globalThis.marks ??= []).push([detail.left, detail.position]));
"""
WRITE = (Activity.WRITE,)


def plans(**times):
    return (PhasePlan("write", WRITE, **times), PhasePlan("debate", (Activity.DEBATE,), seconds=300))


def seconds(words):
    total = 0
    for part in words.split(":"):
        total = total * 60 + int(part)
    return total


def left_of(room):
    db.session.rollback()
    phase = db.session.get_one(Round, room.round_id).phase
    return (phase.ends_at - clock.now()).total_seconds()


@pytest.mark.parametrize("hours", partly_here([-2, 2], 2))
def test_a_wrong_clock_on_the_device_does_not_matter(visit, a_room, hours):
    room, code = a_room(phases=plans(seconds=400))
    page = visit(**PHONE)
    heard = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(frame)))
    page.add_init_script(OFF_BY % (hours * 3_600_000))
    arrive(page, code)

    believed = page.evaluate("Date.now()") / 1000 - time.time()
    assert abs(believed - hours * 3600) < 30, "the phone's clock is wrong indeed"
    expect(page.locator("#clock .timer__left")).to_be_visible()
    shows_what_is_left(page, room)
    wait_until(page, lambda: any("beat" in str(frame) for frame in heard))  # a heartbeat brings another sample
    shows_what_is_left(page, room)


def test_the_countdown_follows_the_facilitator_and_announces_the_last_minute(visit, a_room):
    room, code = a_room(phases=plans(seconds=120))
    page = visit(**LAPTOP)
    page.add_init_script(KEEP_MARKS)
    arrive(page, code)
    timer = page.locator("#clock phase-clock")
    expect(timer).to_have_attribute("data-state", "running")

    steering.pause_phase(room.facilitator, room.round_id)
    expect(timer).to_have_attribute("data-state", "paused")
    expect(timer.locator(".timer__paused")).to_be_visible()
    page.wait_for_timeout(1000)  # the part that the server drew has replaced the page's own
    stands = timer.locator(".timer__left").inner_text()
    page.wait_for_timeout(1500)
    assert timer.locator(".timer__left").inner_text() == stands

    steering.resume_phase(room.facilitator, room.round_id)
    expect(timer).to_have_attribute("data-state", "running")
    end_in(room, 15.6)  # the page hears of it before ten seconds are left, on a slow machine too
    wait_for_mark(page, [10, 0])
    end_in(room, 1.5)
    expect(timer).to_have_attribute("data-state", "up")
    expect(timer.locator(".timer__up")).to_be_visible()
    assert page.evaluate("globalThis.marks") == [[10, 0], [0, 0]]

    rounds.step_to_phase(room.facilitator, room.round_id, 1)
    expect(timer).to_have_attribute("data-state", "running")
    shows_what_is_left(page, room)


def shows_what_is_left(page, room):
    before = left_of(room)
    shown = seconds(page.locator("#clock .timer__left").inner_text())
    assert left_of(room) - 1.5 <= shown <= before + 1.5


def wait_for_mark(page, mark):
    wait_until(page, lambda: mark in page.evaluate("globalThis.marks ?? []"))


def end_in(room, left):
    """Move the end of the phase to `left` seconds from now, as a facilitator who takes time away does."""
    gone = round(left - left_of(room))
    steering.shift_end(room.facilitator, room.round_id, gone)


def test_a_page_opened_in_the_last_minute_announces_no_minute(visit, a_room):
    _, code = a_room(phases=plans(seconds=40))
    page = visit(**LAPTOP)
    page.add_init_script(KEEP_MARKS)
    arrive(page, code)
    page.wait_for_timeout(2500)

    assert page.evaluate("globalThis.marks ?? null") is None


def test_a_distant_end_is_shown_in_the_time_zone_of_the_viewer(visit, a_room):
    ends = clock.now().replace(hour=18, minute=30, second=0, microsecond=0) + timedelta(days=12)
    _, code = a_room(phases=(PhasePlan("write", WRITE, ends_at=ends),))
    page = visit(**LAPTOP, timezone_id="Asia/Kathmandu")
    arrive(page, code)
    timer = page.locator("#clock phase-clock")

    expect(timer).to_have_attribute("data-state", "until")
    local = ends + timedelta(hours=5, minutes=45)  # a quarter past midnight, one day later
    assert timer.inner_text() == f"until {local.day} {local:%B} at 00:15"


@pytest.mark.acceptance
def test_the_end_is_shown_without_a_script(visit, a_room):
    room, code = a_room(phases=plans(seconds=400))
    page = visit(**LAPTOP, java_script_enabled=False)
    arrive(page, code)
    timer = page.locator("#clock phase-clock")

    expect(timer.locator(".timer__until")).to_be_visible()
    expect(timer.locator(".timer__left")).to_be_hidden()
    assert "UTC" in timer.inner_text()
    written = timer.locator("time").get_attribute("datetime")
    phase = db.session.get_one(Round, room.round_id).phase
    assert abs((datetime.fromisoformat(written) - phase.ends_at).total_seconds()) < 1

    steering.pause_phase(room.facilitator, room.round_id)
    page.reload()
    expect(timer.locator(".timer__paused")).to_be_visible()
    assert abs(seconds(timer.locator(".timer__left").inner_text()) - 400) < 60
