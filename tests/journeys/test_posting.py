"""A company that has never seen it comes from the start page and posts a challenge on a phone."""

import re

from playwright.sync_api import expect

from tests import factories
from tests.factories import picture
from tests.journeys.conftest import PHONE
from tests.servers import storage_of

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


def test_what_is_typed_on_the_way_survives_a_reload(visit, served, domain):
    """Words, choices, and phases that the saved draft does not have; on the page with all settings too."""
    company = factories.company()
    draft = factories.draft(company)
    page = visit(f"/challenges/{draft.id}/steps/way", storage_state=storage_of(served.app, company.owner.person_id))
    page.get_by_text("Adjust phases and ideas").click()
    page.get_by_role("button", name="Add a phase").click()
    added = page.locator(".plan__name input").last
    expect(added).to_be_focused()
    added.fill("Taste together")
    page.get_by_label("Vote", exact=True).last.check()
    count = page.locator(".plan__phase").count()
    page.reload()

    expect(page.locator(".plan__name input").last).to_have_value("Taste together")
    expect(page.locator(".plan__phase")).to_have_count(count)
    expect(page.get_by_label("Vote", exact=True).last).to_be_checked()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/steps/people")
    page.goto(f"/challenges/{draft.id}/steps/way")
    expect(page.locator(".plan__name input").last).to_have_value("Taste together")

    page.goto(f"/challenges/{draft.id}/edit")
    page.locator("#field-prize").fill("A year of bread")
    page.locator("[name=visibility][value=listed]").check(force=True)
    page.reload()
    expect(page.locator("#field-prize")).to_have_value("A year of bread")
    expect(page.locator("[name=visibility][value=listed]")).to_be_checked()
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    expect(page.locator("#field-prize")).to_have_value("A year of bread")
