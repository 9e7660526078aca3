"""A company that has never seen it comes from the start page and posts a challenge on a phone."""

import re

from playwright.sync_api import expect

from tests.factories import picture
from tests.journeys.conftest import PHONE

SCREENS_MAX = {"way": 2, "people": 2, "conditions": 2}
SECONDS_MAX = 180

# How long people take: 36 words a minute on a phone's keyboard (Palin et al. 2019, "How do people type on mobile
# devices?"), 450 words a minute to skim (Carver 1990, "Reading Rate"), and 1.1 s to point and 1.35 s to decide for each
# tap (Card, Moran and Newell 1983, the keystroke-level model). To read every word would take a minute more.
SECONDS_PER_LETTER = 60 / (36 * 5)
SECONDS_PER_WORD = 60 / 450
SECONDS_PER_TAP = 1.1 + 1.35

# The number of words on the first screen of a page, all of which somebody skims who sees it for the first time.
WORDS_SEEN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
  let words = 0;
  while (walker.nextNode()) {
    range.selectNodeContents(walker.currentNode);
    const { top, bottom, width } = range.getBoundingClientRect();
    const isSeen = walker.currentNode.parentElement.checkVisibility() && width > 1 && bottom > 0 && top < innerHeight;
    if (isSeen) words += walker.currentNode.data.trim().split(/\\s+/).filter(Boolean).length;
  }
  return words;
}"""


class Hands:
    """Types, taps and skims on a page, and counts the fields, the taps and the seconds that people need for it."""

    def __init__(self, page):
        self.page, self.fields, self.taps, self.seconds = page, 0, 0, 0.0

    def arrive(self, address):
        """Wait for a page, and skim its first screen."""
        expect(self.page).to_have_url(re.compile(address))
        self.seconds += self.page.evaluate(WORDS_SEEN) * SECONDS_PER_WORD

    def type(self, label, text):
        self.page.get_by_role("textbox", name=label).fill(text)
        self.fields += 1
        self.seconds += SECONDS_PER_TAP + len(text) * SECONDS_PER_LETTER

    def tap(self, role, name):
        self.page.get_by_role(role, name=name).first.tap()
        self.taps += 1
        self.seconds += SECONDS_PER_TAP


def see_preview(page):
    """Open the preview of a phone, which stands below the form, and come back to what was typed."""
    preview = page.get_by_role("complementary", name="Preview")
    expect(preview).to_be_hidden()
    page.get_by_role("link", name="Preview").tap()
    expect(preview).to_be_in_viewport()
    expect(preview).to_contain_text("How do we halve our packaging waste?")
    expect(preview.locator(".challenge-picture--chosen")).to_have_attribute("src", re.compile("^blob:"))
    page.get_by_role("link", name="Back to the form").tap()
    expect(preview).to_be_hidden()


def test_a_new_company_posts_in_three_minutes_with_four_fields_besides_its_account(visit):
    page = visit("/", **PHONE)
    hands = Hands(page)
    hands.tap("link", "Post a challenge")
    page.get_by_role("link", name="Create an account").tap()
    page.get_by_label("E-mail").fill("posting@example.org")
    page.get_by_label("Password", exact=True).fill("a short sentence")
    page.get_by_role("button", name="Create an account").tap()

    hands.arrive("/organisations/new")
    hands.type("Name", "Bakery Kornblum of the posting")
    hands.tap("button", "Continue to the challenge")
    hands.arrive("/challenges/begin$")
    hands.type("The challenge", "How do we halve our packaging waste?")
    hands.type("What is it about?", "We throw 240 cups away every day.")
    page.reload()  # by a slip of the thumb
    expect(page.get_by_label("What is it about?")).to_have_value("We throw 240 cups away every day.")
    file = {"name": "cups.png", "mimeType": "image/png", "buffer": picture(size=(64, 48)).getvalue()}
    page.get_by_label("Choose a picture").set_input_files(file)
    hands.fields += 1
    hands.taps += 2  # the button, and the picture in the list of the phone
    hands.seconds += 2 * SECONDS_PER_TAP
    see_preview(page)
    hands.tap("button", "Continue")
    for step in ("way", "people", "conditions"):
        hands.arrive(f"/steps/{step}$")
        height = page.evaluate("document.documentElement.scrollHeight")
        assert height <= SCREENS_MAX[step] * PHONE["viewport"]["height"], (step, height)
        hands.tap("button", "Continue")
    hands.arrive("/steps/check$")
    hands.tap("button", "Publish")

    expect(page).to_have_url(re.compile("/share"))
    expect(page.locator(".poster .challenge-picture")).to_be_visible()
    assert hands.fields <= 4
    assert hands.taps <= 9
    assert 30 < hands.seconds < SECONDS_MAX
