"""Displays that differ from the usual: forced colours, keyboards of another script, a browser with an odd locale."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from ideas.database import db
from ideas.models import Entry
from ideas.services import steering
from tests import crowds, factories
from tests.journeys.conftest import PHONE, wait_until
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
