"""Displays that differ from the usual: forced colours, text at 200 %, little height, keyboards of another script, and a
browser with an odd locale.
"""

import pytest
from sqlalchemy import select

from ideas.database import db
from ideas.models import Entry, Stance
from ideas.services import steering
from tests import crowds, factories
from tests.journeys.conftest import PHONE
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
        ("grades", '.grades__one[aria-pressed="true"]', '.grades__one[aria-pressed="false"]'),
        ("stars", ".stars__one :checked + span", ".stars__one :not(:checked) + span"),
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

    assert is_selected(page, 'ready-button [aria-pressed="true"]')
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


BOX = """(element) => {
  const { top, bottom, height } = element.getBoundingClientRect();
  return { height, isInside: top >= 0 && bottom <= innerHeight + 1 };
}"""


def box(page, selector: str) -> dict[str, object]:
    return page.locator(selector).first.evaluate(BOX)


def double_text(page) -> None:
    """Set the size of the text in the browser's settings to 200 %."""
    session = page.context.new_cdp_session(page)
    session.send("Page.enable")
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})


def test_the_room_stays_readable_at_twice_the_text_size(served, domain, visit):
    room = factories.room()
    me = factories.participant(room)
    idea = factories.idea(room, factories.participant(room), "Lebensmittelverpackungsverzicht", "Weil es geht")
    page = browser(visit, served, room, me.actor)
    double_text(page)

    composers = ((f"/challenges/{room.id}", "#composer", "#field-title"), (f"/ideas/{idea}", "#argue", "#argue-text"))
    for path, form, field in composers:
        page.goto(path)
        page.wait_for_function("() => getComputedStyle(document.documentElement).fontSize === '32px'")
        height = PHONE["viewport"]["height"]

        assert box(page, form)["height"] < 0.25 * height
        assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]

        page.locator(field).focus()
        assert box(page, f"{form} .button--go")["isInside"]
        page.locator(field).fill("Eine Idee, die mehr als eine Zeile braucht,\nweil sie lang ist\nund länger wird")
        assert box(page, f"{form} .button--go")["isInside"]
        assert box(page, form)["height"] < 0.6 * height


def test_a_keyboard_in_landscape_leaves_submit_in_view(served, domain, visit):
    room = factories.room()
    me = factories.participant(room)
    idea = factories.idea(room, factories.participant(room))
    factories.argument(idea, factories.participant(room), stance=Stance.QUESTION)
    page = browser(visit, served, room, me.actor, viewport={"width": 844, "height": 170})

    for field in ("#field-title", "#field-text"):
        page.locator(field).fill("Erste Zeile\nzweite Zeile\ndritte Zeile\nvierte Zeile")
        page.locator(field).focus()
        assert box(page, "#composer .button--go")["isInside"], field

    page.goto(f"/ideas/{idea}")
    page.locator("#argue-text").fill("Weil\nes\nso\nist")
    assert box(page, "#argue .button--go")["isInside"]
    assert box(page, "#argue .stance--for")["isInside"]


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
