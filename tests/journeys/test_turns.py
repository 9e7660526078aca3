"""A discussion in turns in real browsers: five people on phones, one of them by keyboard only, and their moderator."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from ideas import clock
from ideas.blueprints import PhasePlan
from ideas.database import db, write
from ideas.models import Activity, Turn, TurnState
from ideas.services import participants, rounds, turns
from tests import factories
from tests.journeys.conftest import LAPTOP, PHONE
from tests.journeys.silent import settle
from tests.servers import cookie_of

PHASES = (
    PhasePlan("write", (Activity.WRITE,)),
    PhasePlan("turns", (Activity.TURNS,)),
    PhasePlan("vote", (Activity.VOTE,)),
)


@pytest.fixture
def table(served, domain, visit):
    """A room in its phase for turns, with an idea of the first of five people; `pages` are their phones, by person."""

    class Table:
        def __init__(self):
            self.room = factories.room(phases=PHASES, title="How do we speak in turns?")
            self.people = [factories.participant(self.room) for _ in range(5)]
            self.idea = factories.idea(self.room, self.people[0], "Boxes with a deposit")
            rounds.step_to_phase(self.room.owner, self.room.round_id, 1)
            self.path = f"/challenges/{self.room.id}/turns"
            self.pages = {somebody.id: self.open(somebody.actor, self.path, **PHONE) for somebody in self.people}

        def open(self, actor, path, **options):
            page = self.watch(actor, path, **options)
            settle(page)
            return page

        def watch(self, actor, path, **options):
            return visit(path, cookie=cookie_of(served.app, actor.person_id), **options)

        @property
        def held(self):
            """`{person: their open turn}`"""
            db.session.rollback()
            rows = db.session.execute(
                select(Turn.participant_id, Turn.id).filter_by(round_id=self.room.round_id, state=TurnState.OPEN)
            )
            return dict(rows.tuples().all())

        def run_out(self, turn):
            with write() as transaction:
                past = clock.now() - timedelta(minutes=1)
                transaction.session.execute(update(Turn).where(Turn.id == turn).values(ends_at=past))
            turns.run_turns()

    return Table()


def tab_to(page, element, most=60):
    """Go forward from element to element, as people do without a mouse."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if element.evaluate("e => e === document.activeElement"):
            return
    raise AssertionError("the keyboard does not get there")


def test_five_people_discuss_an_idea_in_turns(table):
    author, *others = table.pages
    pages, room = table.pages, table.room
    task = re.compile("What (is the strongest objection to|speaks most strongly for) this idea")
    expect(pages[author].locator("main")).to_contain_text("It is about to begin")

    moderator = table.open(room.owner, f"/challenges/{room.id}/console", **LAPTOP)
    moderator.get_by_role("button", name="Start the discussion").click()
    expect(moderator.locator(".turns-list")).to_contain_text("0 of 1 idea is discussed.")
    typist, late, leaver = table.held
    (spare,) = set(others) - {typist, late, leaver}
    for person in (typist, late, leaver):
        expect(pages[person].get_by_role("heading", name=task)).to_be_visible()
    expect(pages[spare].locator("main")).to_contain_text("Nothing for you at the moment")

    names = {person.id: person.name for person in table.people}
    screen = table.watch(room.owner, f"{room.path}/screen", **LAPTOP)
    expect(screen.locator(".screen-turns__who")).to_contain_text(names[leaver])
    expect(screen.locator("#connection")).to_have_attribute("data-state", "online")

    # One goes; nobody has to wait for them.
    pages[leaver].close()

    # The moderator steps back and on: what somebody is about to say stays.
    words = pages[typist].get_by_label("Your words")
    tab_to(pages[typist], words)
    pages[typist].keyboard.type("They get lost")
    pages[late].get_by_label("Your words").fill("Half a thought")
    rounds.step_to_phase(room.owner, room.round_id, 0)
    here = (author, typist, late, spare)
    for person in here:
        pages[person].wait_for_url("**" + room.path)
    expect(pages[typist].locator(".outbox")).to_contain_text("They get lost")
    rounds.step_to_phase(room.owner, room.round_id, 1)
    tab_to(pages[typist], pages[typist].get_by_role("link", name="Go to your turn").first)
    pages[typist].keyboard.press("Enter")
    expect(words).to_have_value("They get lost")
    settle(pages[typist])
    tab_to(pages[typist], words)
    pages[typist].keyboard.press("End")
    pages[typist].keyboard.type(" on trains.")
    pages[typist].keyboard.press("Tab")
    pages[typist].keyboard.press("Enter")
    expect(pages[typist].locator("main")).to_contain_text("Nothing for you at the moment")
    expect(pages[typist].locator(".outbox li")).to_have_count(0)

    # The time of one ends: their words stand in the out-box.
    pages[late].get_by_role("link", name="Go to your turn").first.tap()
    expect(pages[late].get_by_label("Your words")).to_have_value("Half a thought")
    settle(pages[late])
    table.run_out(table.held[late])
    expect(pages[late].locator("main")).to_contain_text("Your time was up")
    expect(pages[late].locator(".outbox")).to_contain_text("Half a thought")
    pages[late].get_by_role("button", name="I’m here").tap()
    expect(pages[late].locator("main")).to_contain_text("Nothing for you at the moment")
    expect(pages[late].locator(".outbox")).to_contain_text("Half a thought")

    # Another one speaks in place of the one who went, and nobody else is left: the author answers.
    pages[spare].get_by_role("link", name="Go to your turn").first.tap()
    expect(pages[spare].get_by_role("heading", name=task)).to_be_visible()
    expect(screen.locator(".screen-turns__who")).to_have_text(f"At turn: {names[spare]}")
    pages[spare].get_by_label("Your words").fill("They pay for themselves.")
    pages[spare].get_by_role("button", name="Submit").tap()
    expect(pages[author].locator(".spotlight-link")).to_contain_text("It is your turn in the discussion")
    pages[author].get_by_role("link", name="Go to your turn").first.tap()
    answer = pages[author].get_by_label("Your answer")
    expect(answer).to_be_visible()
    expect(pages[author].locator(".turn__said li")).to_have_count(2)
    answer.fill("Each has a number.")
    pages[author].get_by_role("button", name="Submit").tap()
    for person in here:
        expect(pages[person].locator("main")).to_contain_text("Every idea was discussed")
    expect(moderator.locator(".turns-list")).to_contain_text("1 of 1 idea is discussed.")
    expect(screen.locator(".screen-argument")).to_contain_text("Answer for the idea")
    expect(screen.locator(".screen-turns__who")).to_have_count(0)

    # Whoever is removed has no turn to wait for.
    participants.bar_participant(room.owner, room.id, spare, "Advertising")
    expect(pages[spare].locator("#connection")).to_contain_text("removed you")
    expect(pages[spare].locator(".turn__wait")).to_be_hidden()

    # Afterwards a second version.
    pages[author].get_by_role("link", name="Publish a new version").tap()
    pages[author].get_by_label("Your idea in one sentence").fill("Numbered boxes with a deposit")
    pages[author].get_by_role("button", name="Save").tap()
    pages[typist].goto(factories.idea_path(table.idea))
    expect(pages[typist].locator("main")).to_contain_text("Numbered boxes with a deposit")
    expect(pages[typist].locator("main")).to_contain_text("Each has a number.")
    assert factories.journal_holds(room.id) == []
