"""Displays that differ from the usual: forced colours, large text, a phone held across, keyboards of another script, a
browser with an odd locale.
"""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from ideas.database import db
from ideas.models import Entry
from ideas.services import steering
from tests import crowds, factories
from tests.doubles import partly_here
from tests.journeys.conftest import DEFINED, DRAWN, PHONE, wait_until
from tests.servers import cookie_of

# The colours that the system gives to a selection, and the ground of an element as it is drawn.
GROUND = """(element) => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.cssText = "forced-color-adjust: none; background: Highlight";
  const selected = getComputedStyle(probe).backgroundColor;
  probe.remove();
  return getComputedStyle(element, element.matches(".phases li") ? "::before" : null).backgroundColor === selected;
}"""


def is_selected(page, selector: str) -> bool:
    return page.locator(selector).first.evaluate(GROUND)


def browser(visit, served, room, somebody, path="", **options):
    """Open a page of a room as one of its people, on a phone."""
    cookie = cookie_of(served.app, somebody.person_id)
    return visit(f"/challenges/{room.id}{path}", cookie=cookie, **{**PHONE, **options})


def entries_of(room: factories.Room) -> list[int]:
    return list(db.session.scalars(select(Entry.id).filter_by(round_id=room.round_id).order_by(Entry.id)))


def voter_of(room: factories.Room, rule: str) -> factories.Somebody:
    """A person who has voted on every idea of a room."""
    voter = factories.participant(room)
    entries = entries_of(room)
    crowds.cast(room, voter, room.question_id, crowds.ballot(rule, entries, 1))
    return voter


@pytest.mark.parametrize(
    ("rule", "chosen", "other"),
    [
        ("approval", '.ballot__choice[aria-pressed="true"]', '.ballot__choice[aria-pressed="false"]'),
        pytest.param(
            "grades",
            '.grades__one[aria-pressed="true"]',
            '.grades__one[aria-pressed="false"]',
            marks=pytest.mark.acceptance,
        ),
        pytest.param(
            "stars", ".stars__one :checked + span", ".stars__one :not(:checked) + span", marks=pytest.mark.acceptance
        ),
        ("points", ".has-points .points__value", ":not(.has-points) > * > .points__value"),
    ],
)
def test_a_mark_shows_in_forced_colours(served, domain, visit, rule, chosen, other):
    room = crowds.voted(rule, voters=1)
    voter = voter_of(room, rule)
    of = f"?of={entries_of(room)[0]}" if rule in ("approval", "grades") else ""

    page = browser(visit, served, room, voter.actor, f"/ballot{of}", forced_colors="active")
    page.wait_for_selector(chosen)

    assert is_selected(page, chosen)
    assert not is_selected(page, other)


def test_stances_ready_phases_and_tabs_show_in_forced_colours(served, domain, visit):
    room = factories.room(blueprint="live_brainstorm")
    me = factories.participant(room)
    page = browser(visit, served, room, me.actor, forced_colors="active")
    page.locator("ready-button button").click()

    expect(page.locator("ready-button button")).to_have_attribute("aria-pressed", "true")
    wait_until(page, lambda: is_selected(page, "ready-button button"))  # its colour changes in a moment
    assert is_selected(page, ".phases .is-now")
    assert not is_selected(page, ".phases .is-next")

    contest = factories.room()
    idea = factories.idea(contest, factories.participant(contest))
    page = browser(visit, served, contest, factories.participant(contest).actor, forced_colors="active")
    page.goto(f"/ideas/{idea}")
    page.locator(".stance--against").click()
    assert is_selected(page, ".stance--against span")
    assert not is_selected(page, ".stance--for span")

    console = browser(visit, served, contest, contest.owner, "/console", forced_colors="active")
    console.wait_for_selector(".console__tabs a[aria-current]")
    assert is_selected(console, ".console__tabs a[aria-current]")
    assert not is_selected(console, ".console__tabs a:not([aria-current])")


# Text at 200 %: the browser's own setting, which also counts in the queries for sizes.
DOUBLE = {"fontSizes": {"standard": 32, "fixed": 26}}

# What leaves the page or its card at the side, and names of phases that overlap.
SPILLS = """() => {
  const width = document.documentElement.clientWidth;
  const isClipped = (e) =>
    e.closest(".mine__list, .scroller, .tabs, .console__tabs, .table-frame, .visually-hidden, [popover], svg");
  const found = [];
  for (const e of document.querySelectorAll("body *")) {
    const box = e.getBoundingClientRect();
    if (!e.checkVisibility() || box.width <= 1 || isClipped(e)) continue;
    const name = `${e.tagName} ${e.getAttribute("class")} ${e.innerText?.slice(0, 20)}`;
    if (box.right > width + 1 || box.left < -1) found.push(`leaves the page: ${name}`);
    const around = e.parentElement.closest(".card, .button, .tag, .composer")?.getBoundingClientRect();
    if (around && (box.right > around.right + 1 || box.left < around.left - 1)) found.push(`leaves its card: ${name}`);
  }
  const names = [...document.querySelectorAll(".phases bdi")].map((e) => e.getBoundingClientRect());
  if (names.some((box, n) => n && box.width && box.left < names[n - 1].right)) found.push("phases overlap");
  if (document.documentElement.scrollWidth > width) found.push("the page scrolls");
  return [...new Set(found)];
}"""


def in_double_size(visit, places, place, **options):
    """Open a page with text at 200 %, in German, whose words are long."""
    address, storage = places[place]
    page = visit(storage_state=storage, locale="de-DE", **{**PHONE, **options})
    page.context.new_cdp_session(page).send("Page.setFontSizes", DOUBLE)
    page.goto(address)
    page.evaluate(DEFINED)
    page.evaluate(DRAWN)
    assert page.evaluate("() => getComputedStyle(document.documentElement).fontSize") == "32px"
    return page


@pytest.mark.parametrize(
    "place",
    [
        *("room", "idea", "ballot, grades", "ballot, points", "result", "console"),
        *(
            pytest.param(place, marks=pytest.mark.acceptance)
            for place in (
                *(
                    "home",
                    "join",
                    "ballot",
                    "phases",
                    "lobby",
                    "room, silent",
                    "room, steered",
                    "brainstorm",
                    "me",
                    "ballot, stars",
                    "ballot, ranked",
                ),
                *("ballot, pairs", "result, grades", "console, silent", "brainstorm, console", "share"),
            )
        ),
    ],
)
def test_text_in_double_size_fits_on_a_phone(visit, places, place):
    page = in_double_size(visit, places, place)

    assert page.evaluate(SPILLS) == []


@pytest.mark.parametrize("place", partly_here(["room", "room, silent", "brainstorm", "idea"], "room, silent"))
def test_the_composer_folds_at_double_size_and_unfolds_for_the_one_who_writes(visit, places, place):
    page = in_double_size(visit, places, place)
    composer, submit = page.locator(".composer--foot"), page.locator(".composer--foot [type=submit]")

    folded = composer.bounding_box()
    assert folded["height"] < 0.25 * 844
    assert folded["y"] + folded["height"] <= 844

    page.locator(".composer--foot textarea").first.click()
    page.keyboard.type("Deposit cups, shared with all neighbours of the street")
    assert_in_view(submit, 844)


def assert_in_view(element, height):
    """Assert that a whole element is between the upper edge of the window and its `height`."""
    box = element.bounding_box()
    assert box["y"] >= 0, box
    assert box["y"] + box["height"] <= height, box


ACROSS = {"viewport": {"width": 844, "height": 170}}  # a phone held across, above its keyboard


@pytest.mark.parametrize("place", partly_here(["room", "room, silent", "idea"], "idea"))
def test_submit_stays_in_view_above_the_keyboard_of_a_phone_held_across(visit, places, place):
    address, storage = places[place]
    page = visit(address, storage_state=storage, locale="de-DE", **{**PHONE, **ACROSS})
    field = page.locator(".composer--foot textarea").first

    field.focus()
    for words in ("Deposit cups", ", shared with all neighbours of the street, in every shop and at every market" * 2):
        page.keyboard.type(words)
        assert_in_view(page.locator(".composer--foot :is(.button--go, .button--round)"), 170)
        assert_in_view(page.locator(".composer--foot .composer__field").first, 170)


def test_the_answers_stand_in_one_row_on_a_phone_held_across(visit, places):
    address, storage = places["ballot"]
    page = visit(address, storage_state=storage, **{**PHONE, "viewport": {"width": 844, "height": 390}})
    page.evaluate(DRAWN)

    first, last = (page.locator(".ballot__choice").nth(n).bounding_box() for n in (0, 1))
    skip = page.locator(".ballot__choices .ballot__skip").bounding_box()

    assert first["x"] + first["width"] <= skip["x"]
    assert skip["x"] + skip["width"] <= last["x"]
    assert first["y"] == last["y"]
    assert first["y"] > 260  # two thirds of the height are the idea's
    assert first["y"] + first["height"] <= 386  # with the edge below a button


def test_the_grades_stand_in_one_row_on_a_phone_held_across(visit, places):
    address, storage = places["ballot, grades"]
    page = visit(address, storage_state=storage, **{**PHONE, "viewport": {"width": 844, "height": 390}})
    page.evaluate(DRAWN)

    tops = {grade.bounding_box()["y"] for grade in page.locator(".grades__one").all()}

    assert len(tops) == 1
    assert tops.pop() > 220


PRESS = """([key, code]) => document.body.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true }))"""

ODD = """Object.defineProperty(Navigator.prototype, "languages", { get: () => ["en-US@posix", "C"] });"""


def test_shortcuts_are_keys_and_not_letters_and_an_odd_locale_stops_nothing(served, domain, visit):
    room = factories.room()
    me = factories.participant(room)
    for n in range(2):
        factories.idea(room, factories.participant(room), f"Idea {n}")
    steering.announce(room.owner, room.round_id, "Welcome")
    page = browser(visit, served, room, me.actor)
    page.context.add_init_script(ODD)
    page.goto(f"/challenges/{room.id}")
    page.evaluate("() => document.activeElement.blur()")

    page.evaluate(PRESS, ["т", "KeyN"])  # the key of the "n" on a Russian keyboard
    assert page.evaluate("() => document.activeElement.id") == "field-title"

    page.evaluate("() => document.activeElement.blur()")
    page.evaluate(PRESS, ["ח", "KeyJ"])
    assert page.evaluate("() => document.activeElement.matches('#ideas .card__cover')")

    page.goto(page.locator("#ideas .card__cover").first.get_attribute("href"))
    assert "UTC" not in page.locator("time[data-local]").first.inner_text()


FADES = "addEventListener('pagereveal', (event) => (window.fades = event.viewTransition !== null));"


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_pages_fade_into_each_other_unless_somebody_wants_less_motion(visit, places, motion):
    address, storage = places["help"]
    page = visit(address, storage_state=storage, reduced_motion=motion)
    page.add_init_script(FADES)

    page.locator("main a[href^='/help/']").first.click()
    page.wait_for_url("**/help/*")

    assert page.evaluate("() => window.fades") == (motion == "no-preference")


def test_a_turn_shows_its_duty_its_field_and_its_buttons_at_first_sight(visit, places):
    address, storage = places["turn"]
    page = visit(address, storage_state=storage, **PHONE)
    page.evaluate(DRAWN)

    assert_in_view(page.locator(".turn__task"), 844)
    assert_in_view(page.locator(".turn__form textarea"), 844)
    assert_in_view(page.get_by_role("button", name="Submit"), 844)
    assert_in_view(page.get_by_role("button", name="I can’t say anything about this"), 844)
