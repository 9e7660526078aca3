"""Layout rules: nothing sticks out, a page has one loud button at most, and a control is large enough for a thumb."""

import re

import pytest
from playwright.sync_api import expect

from tests.doubles import partly_here
from tests.journeys import axe
from tests.journeys.conftest import DRAWN, LAPTOP, NARROW, PHONE, write_idea
from tests.journeys.places import ERRORS, PLACES, VARIANTS
from tests.journeys.silent import enter

THUMB = 44

MEASURES = """() => {
  const wide = (words) => {
    const range = document.createRange();
    range.selectNode(words);
    return range.getBoundingClientRect().width;
  };
  const width = document.documentElement.clientWidth;
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  const isClipped = (e) => e.closest(".mine__list, .scroller, .table-frame, .tabs, .visually-hidden, [popover]");
  return {
    sticksOut: [...document.querySelectorAll("body *")]
      .filter((e) => e.getBoundingClientRect().right > width + 1 && e.checkVisibility() && !isClipped(e))
      .map((e) => `${e.tagName} ${e.getAttribute("class")}`),
    twice: ids.filter((id, n) => ids.indexOf(id) !== n),
    spills: [...document.querySelectorAll(".console__tabs a")]
      .filter((e) => e.checkVisibility())
      .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && wide(n) > e.clientWidth + 1))
      .map((e) => e.innerText),
    // The next step is the one loud button; one that is switched off is not loud.
    loud: [...document.querySelectorAll(".button--go:enabled, a.button--go")]
      .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest("[inert], [aria-disabled=true]"))
      .map((e) => e.innerText)
      .slice(1),
    scrolls: document.documentElement.scrollWidth > width,
  };
}"""

# Pages that together have nearly every component. `make acceptance` looks at them in dark, and at every page in light.
IN_DARK = {
    *(
        "home",
        "sign-in",
        "join",
        "room",
        "room, silent",
        "room, grouped",
        "idea",
        "own idea",
        "me",
        "news",
        "result card",
    ),
    *(
        "ballot",
        "ballot, pairs",
        "ballot, points",
        "ballot, grades",
        "ballot, stars",
        "ballot, ranked",
        "ballot, marks",
    ),
    *("dashboard", "form", "form, jury", "console", "console, voting", "queue", "groups", "acts", "outcomes", "jury"),
    *("result", "result, jury", "winners", "report", "certificate", "lobby", "share", "preview", "account"),
}

CONTROLS = ".ballot button, .ballot a, .composer button, .composer textarea, .composer .stance, .vote button"


NOTHING_AMISS = {"sticksOut": [], "twice": [], "spills": [], "loud": [], "scrolls": False}


def test_every_place_has_a_name_of_its_own():
    assert len(PLACES) == len(set(PLACES))
    assert set(PLACES) >= VARIANTS | IN_DARK
    assert set(CHECKED_HERE) <= IN_DARK


# Pages at which `make test` looks with axe and in dark, one of each kind; it measures the others.
CHECKED_HERE = (
    *("home", "sign-in", "me", "room", "room, silent", "idea", "ballot", "result", "report"),
    *("dashboard", "form", "lobby", "console", "queue", "outcomes", "jury"),
)
MEASURED_HERE = [place for place in PLACES if place not in {*CHECKED_HERE, *VARIANTS}]


@pytest.mark.parametrize("place", MEASURED_HERE)
def test_a_page_fits_the_smallest_phone(look, places, place):
    """The cheap half of the next test, for pages that it visits in `make acceptance` only."""
    page = look(*places[place])
    assert page.locator(".error__title").count() == (place in ERRORS)

    assert page.evaluate(MEASURES) == NOTHING_AMISS


@pytest.mark.parametrize("place", partly_here(PLACES, *CHECKED_HERE))
def test_a_page_fits_the_smallest_phone_and_axe_finds_no_violation(look, places, place):
    """One visit for both checks: first at the smallest width, then on an ordinary phone."""
    page = look(*places[place])
    assert page.locator(".error__title").count() == (place in ERRORS)
    measures = page.evaluate(MEASURES)
    page.set_viewport_size(PHONE["viewport"])

    assert measures == NOTHING_AMISS
    assert axe.violations_in_both_schemes(page, has_dark=place in IN_DARK) == axe.NONE


@pytest.mark.parametrize(
    "place", partly_here(["ballot", "room", "idea", "room, silent", "room, steered"], "idea", "room")
)
def test_every_control_is_large_enough_for_a_thumb(visit, places, place):
    address, storage = places[place]
    page = visit(address, storage_state=storage, **PHONE)

    heights = page.locator(CONTROLS).evaluate_all(
        "all => all.filter(e => e.checkVisibility()).map(e => [e.innerText, e.getBoundingClientRect().height])"
    )

    assert heights
    assert [(text, height) for text, height in heights if height < THUMB] == []


LINES = """(element) => {
  const range = document.createRange();
  range.selectNodeContents([...element.childNodes].find((n) => n.nodeType === Node.TEXT_NODE && n.textContent.trim()));
  return range.getClientRects().length;
}"""


@pytest.mark.parametrize(
    ("place", "words", "size"),
    [
        ("ballot, grades", ".grades__one", NARROW),
        pytest.param("ballot, grades", ".grades__one", PHONE, marks=pytest.mark.acceptance),
        pytest.param("ballot, grades", ".grades__one", LAPTOP, marks=pytest.mark.acceptance),
        ("dashboard", ".dashboard__cols span span", LAPTOP),
        ("idea", ".stance span", NARROW),
        pytest.param("idea", ".stance span", PHONE, marks=pytest.mark.acceptance),
    ],
)
@pytest.mark.parametrize("locale", ["de-DE", pytest.param("en-GB", marks=pytest.mark.acceptance)])
def test_no_word_on_a_button_or_above_a_column_is_broken(visit, places, place, words, size, locale):
    address, storage = places[place]
    page = visit(address, storage_state=storage, locale=locale, **size)
    page.evaluate(DRAWN)

    lines = {word.inner_text(): word.evaluate(LINES) for word in page.locator(words).all()}

    assert len(lines) >= 3
    assert set(lines.values()) == {1}, lines


# The narrowest gap between the names of two neighbouring phases, in pixels.
GAP_OF_PHASES = """() => {
  const boxes = [...document.querySelectorAll(".phases bdi")].filter((e) => e.checkVisibility()).map((e) => {
    const range = document.createRange();
    range.selectNodeContents(e);
    return range.getBoundingClientRect();
  });
  return Math.min(...boxes.slice(1).map((box, n) => box.left - boxes[n].right));
}"""


@pytest.mark.parametrize("place", partly_here(["brainstorm", "lobby, console"], "brainstorm"))
def test_the_names_of_five_phases_do_not_touch_on_the_smallest_phone(visit, places, place):
    address, storage = places[place]
    page = visit(address, storage_state=storage, locale="de-DE", **NARROW)
    page.evaluate(DRAWN)

    assert page.evaluate(GAP_OF_PHASES) >= 4
    assert not page.locator(".phases__now").first.is_visible()  # the names already say it


def test_the_console_of_an_empty_lobby_has_no_place_for_dots(visit, places):
    lines = {}
    for place in ("lobby, console", "lobby, console, nobody"):
        address, storage = places[place]
        page = visit(address, storage_state=storage, **PHONE)
        figures = page.locator(".console__more").evaluate("(e) => getComputedStyle(e).borderTopStyle")
        lines[place] = (page.locator("#dots").is_visible(), figures)

    assert lines == {"lobby, console": (True, "dotted"), "lobby, console, nobody": (False, "none")}


def test_parts_without_content_leave_no_gap_in_the_room(visit, places):
    address, storage = places["room"]
    page = visit(address, storage_state=storage, **PHONE)

    task, own = page.locator("#now").bounding_box(), page.locator("#mine").bounding_box()

    assert own["y"] - task["y"] - task["height"] < 40


def test_the_lead_of_a_page_follows_its_heading_on_a_phone(visit, places):
    address, storage = places["share"]
    page = visit(address, storage_state=storage, **PHONE)

    lead, act = (page.locator(f".page__head {part}").bounding_box() for part in (".page__lead", ".button"))

    assert lead["y"] < act["y"]


def test_the_argument_form_is_hidden_if_the_phase_forbids_arguments(visit, places):
    address, storage = places["idea, writing"]
    page = visit(address, storage_state=storage, **PHONE)

    expect(page.get_by_text("No objection yet.")).to_be_visible()
    expect(page.get_by_text("What could go wrong?").first).to_be_hidden()


def test_the_actions_of_the_author_are_above_the_debate(visit, places):
    address, storage = places["own idea"]
    page = visit(address, storage_state=storage, **PHONE)

    edit = page.get_by_role("link", name="Edit").bounding_box()
    dispute = page.locator(".sides").bounding_box()

    assert edit["y"] < dispute["y"]


def test_the_menu_of_the_room_leads_to_ones_own_page(visit, places):
    address, storage = places["room"]
    page = visit(address, storage_state=storage, **PHONE)

    page.get_by_role("button", name="Menu").click()
    page.locator("#room-menu a").first.click()

    expect(page).to_have_url(re.compile(r"/challenges/[^/]+/me$"))


def test_the_menu_of_the_console_leads_to_the_room(visit, places):
    address, storage = places["console"]
    page = visit(address, storage_state=storage, **LAPTOP)

    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Go to the room").click()

    expect(page).to_have_url(re.compile(r"/challenges/[^/]+$"))
    expect(page.get_by_role("button", name="Menu")).to_be_visible()


def test_an_error_removes_the_earlier_message_that_an_idea_is_saved(visit, a_room):
    _, code = a_room()
    page = visit(**PHONE)
    enter(page, code)
    write_idea(page, "First")
    expect(page.locator(".live-form__status")).to_have_text("Your idea is saved.")

    broken = {"name": "broken.png", "mimeType": "image/png", "buffer": b"no picture"}
    page.locator("input[type=file]").set_input_files(broken)
    write_idea(page, "Second")

    expect(page.locator(".field__error").first).to_be_visible()
    expect(page.locator(".live-form__status")).to_be_hidden()
    expect(page.get_by_label("Your idea in one sentence")).to_have_value("Second")
