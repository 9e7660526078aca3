"""A phone with a slow line and a photo, and a server that fails: what waits, why, and what does not have to wait.

The clock of the page is wound forward, so that half a minute takes no time.
"""

import io
import os

from PIL import Image as Pillow
from playwright.sync_api import expect

from ideas.database import db
from ideas.models import Image
from tests.journeys.conftest import PHONE, wait_until, write_idea
from tests.journeys.silent import enter
from tests.journeys.test_room_outbox import SUBMIT, UNSENT, stored

SHARE = ".outbox progress"
KILOBYTE = 1024


def photo():
    """An upload of about 1.4 MB, as a phone takes it."""
    size = (860, 640)
    out = io.BytesIO()
    Pillow.frombytes("RGB", size, os.urandom(3 * size[0] * size[1])).save(out, "JPEG", quality=92)
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def enter_with_clock(visit, code):
    page = visit(**PHONE)
    page.clock.install()
    enter(page, code)
    return page


def write_with_photo(page, title):
    page.locator("input[type=file]").set_input_files(photo())
    write_idea(page, title)


def posts_of(page):
    """The ideas that the page posts from now on, as requests."""
    found = []
    page.on("request", lambda request: SUBMIT.search(request.url) and found.append(request))
    return found


def slow_down(page, bytes_per_second):
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
    line.send("Network.emulateNetworkConditions", conditions)
    return line


def test_a_photo_on_a_slow_line_arrives_at_the_first_attempt_and_holds_up_no_text(visit, a_room):
    room, code = a_room()
    page = enter_with_clock(visit, code)
    posts = posts_of(page)
    slow_down(page, 75 * KILOBYTE)

    write_with_photo(page, "With a photo")
    share = page.locator(SHARE)
    expect(share).to_be_visible()
    write_idea(page, "Only text")
    expect(page.locator("#ideas")).to_contain_text("Only text")
    expect(page.locator(UNSENT)).to_have_count(1)
    expect(page.locator(UNSENT)).to_contain_text("Sending:")
    for _ in range(3):  # a minute, in which bytes move
        page.clock.fast_forward(20_000)
        before = share.evaluate("(progress) => progress.value")
        wait_until(page, lambda: share.evaluate("(progress) => progress.value") > before)  # noqa: B023
    slow_down(page, -1)

    expect(page.locator(UNSENT)).to_have_count(0)
    expect(page.locator("#ideas")).to_contain_text("With a photo")
    assert len(posts) == 2
    assert stored(room) == 2
    assert db.session.scalars(db.select(Image.id)).all()


def test_a_silent_line_is_given_up_after_half_a_minute_and_tried_again(visit, a_room):
    room, code = a_room()
    page = enter_with_clock(visit, code)
    held = []
    page.route(SUBMIT, lambda route: held.append(route), times=1)
    write_idea(page, "Into the void")
    expect(page.locator(UNSENT)).to_contain_text("Saving")
    wait_until(page, lambda: held)

    page.clock.fast_forward(29_000)
    expect(page.locator(UNSENT)).to_contain_text("Saving")
    page.clock.fast_forward(2_000)
    expect(page.locator(UNSENT)).to_contain_text("Not saved yet. It will be sent when you are online again.")
    page.clock.fast_forward(2_000)

    expect(page.locator("#ideas")).to_contain_text("Into the void")
    expect(page.locator(UNSENT)).to_have_count(0)
    assert stored(room) == 1


def test_after_ten_server_errors_a_text_waits_for_its_author_and_the_others_are_sent(visit, a_room):
    room, code = a_room()
    page = enter_with_clock(visit, code)
    posts = posts_of(page)
    answers = [{"status": 503, "headers": {"Retry-After": "90"}}, *[{"status": 500}] * 9]

    def fail(route):
        if "Unlucky" in (route.request.post_data or ""):
            route.fulfill(**answers.pop(0))
        else:
            route.fallback()

    page.route(SUBMIT, fail)
    write_idea(page, "Unlucky", "Why me")
    card = page.locator(UNSENT)
    expect(card).to_contain_text("Attempt 1 of 10 failed; the next one comes automatically.")
    write_idea(page, "Lucky")
    expect(page.locator("#ideas")).to_contain_text("Lucky")
    page.clock.fast_forward(80_000)
    expect(card).to_contain_text("Attempt 1 of 10 failed")
    assert len(posts) == 2
    for n in range(2, 10):
        page.clock.fast_forward(121_000)
        expect(card).to_contain_text(f"Attempt {n} of 10 failed")
    page.clock.fast_forward(121_000)
    expect(card).to_contain_text("Not saved: the server had an error 10 times. Your text is kept here.")
    page.reload()
    expect(card).to_contain_text("the server had an error 10 times")
    assert answers == []
    page.unroute_all()

    card.get_by_role("button", name="Put back into the field").click()
    expect(page.get_by_label("How it works (optional)")).to_have_value("Why me")
    expect(card).to_have_count(0)
    page.route(SUBMIT, lambda route: route.fulfill(status=500))
    page.get_by_role("button", name="Submit").click()
    for n in range(1, 10):
        expect(card).to_contain_text(f"Attempt {n} of 10 failed")
        page.clock.fast_forward(121_000)
    expect(card).to_contain_text("the server had an error 10 times")
    page.unroute_all()
    card.get_by_role("button", name="Send again").click()

    expect(page.locator("#ideas")).to_contain_text("Unlucky")
    expect(card).to_have_count(0)
    assert stored(room) == 2


def test_what_a_network_answers_in_place_of_the_server_stores_nothing(visit, a_room):
    room, code = a_room()
    page = enter_with_clock(visit, code)
    page.route(SUBMIT, lambda route: route.fulfill(status=200, body="Welcome to our hotel"), times=1)
    write_idea(page, "In the lobby")
    expect(page.locator(UNSENT)).to_contain_text("Not saved yet")
    assert stored(room) == 0

    page.clock.fast_forward(2_000)

    expect(page.locator("#ideas")).to_contain_text("In the lobby")
    assert stored(room) == 1
