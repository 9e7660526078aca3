"""A company that has never seen it signs up and posts a challenge on a phone, with few fields and few taps."""

import re

from playwright.sync_api import expect

from tests.journeys.conftest import PHONE

SCREENS_MAX = {"way": 2, "people": 2, "conditions": 2}


class Hands:
    """Counts the fields that somebody types in and the buttons that they tap."""

    def __init__(self, page):
        self.page, self.typed, self.taps = page, 0, 0

    def type(self, label, text):
        self.page.get_by_label(label, exact=True).fill(text)
        self.typed += 1

    def tap(self, role, name):
        self.page.get_by_role(role, name=name).first.tap()
        self.taps += 1


def test_a_new_company_posts_on_a_phone_with_four_fields_besides_its_account(visit):
    page = visit("/", **PHONE)
    hands = Hands(page)
    hands.tap("link", "Post a challenge")
    page.goto("/sign-up?next=/challenges/new")
    page.get_by_label("E-mail").fill("posting@example.org")
    page.get_by_label("Password", exact=True).fill("a short sentence")
    page.get_by_role("button", name="Create an account").tap()
    expect(page).not_to_have_url(re.compile("/sign-up"))
    page.goto("/challenges/new")

    hands.type("Name", "Bakery Kornblum of the posting")
    hands.tap("button", "Continue to the challenge")
    page.get_by_role("textbox", name="The challenge").fill("How do we halve our packaging waste?")
    page.get_by_role("textbox", name="What is it about?").fill("We throw 240 cups away every day.")
    hands.typed += 2
    hands.tap("button", "Continue")
    for step in ("way", "people", "conditions"):
        expect(page).to_have_url(re.compile(f"/steps/{step}$"))
        height = page.evaluate("document.documentElement.scrollHeight")
        assert height <= SCREENS_MAX[step] * PHONE["viewport"]["height"], (step, height)
        hands.tap("button", "Continue")
    expect(page).to_have_url(re.compile("/steps/check$"))
    hands.tap("button", "Publish")

    expect(page).to_have_url(re.compile("/share"))
    assert hands.typed <= 4
    assert hands.taps <= 7
