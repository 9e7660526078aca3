"""Grouping in real browsers: a whole room of German ideas, drag and drop, the keyboard, and a large room."""

import csv
import time

import pytest
from playwright.sync_api import expect

from ideas import clock
from ideas.blueprints import PhasePlan
from ideas.database import db, write
from ideas.entries import new_idea
from ideas.models import Activity, Entry, EntryStatus, Participant
from tests import factories
from tests.journeys.conftest import LAPTOP, PHONE
from tests.journeys.silent import settle
from tests.servers import ROOT, storage_of

PHASES = (PhasePlan("write", (Activity.WRITE,)), PhasePlan("vote", (Activity.VOTE,)))
OTTENSEN = ROOT / "tests" / "data" / "ideas-de-ottensen" / "sixty.csv"


@pytest.fixture
def as_(served):
    return lambda actor: storage_of(served.app, actor.person_id)


@pytest.fixture
def room(domain):
    return factories.listed_room(phases=PHASES, language="de")


def fill(room, texts):
    """Ideas of one author, entered at once."""
    who = factories.participant(room)
    with write() as transaction:
        session = transaction.session
        author = session.get_one(Participant, who.id)
        for title, text in texts:
            idea, version = new_idea(author, title, text, None, clock.now())
            status = EntryStatus.VISIBLE
            session.add_all((idea, Entry(round_id=room.round_id, idea=idea, version=version, status=status)))


def german_ideas():
    with OTTENSEN.open(encoding="utf-8", newline="") as file:
        return [(row["title"], row["text"]) for row in csv.DictReader(file)]


def board(visit, room, actor, as_, **size):
    page = visit(f"{room.path}/groups", storage_state=as_(actor), **size)
    settle(page)
    return page


def groups_on(page):
    return page.locator("[data-group]").count()


def grouped_in(page):
    return page.locator(".grouping__member").count()


def test_a_room_groups_sixty_german_ideas_and_votes(visit, room, as_):
    fill(room, german_ideas())
    voters = [factories.participant(room) for _ in range(3)]
    phone_moderator = factories.member(room.organisation_id, room.owner)
    laptop = board(visit, room, room.owner, as_, **LAPTOP)
    phone = board(visit, room, phone_moderator, as_, **PHONE)
    seen = visit(room.path, storage_state=as_(voters[0].actor), **PHONE)
    acts, began = 0, time.monotonic()

    # The laptop takes the suggestions, the phone groups by two taps, and both follow each other.
    while (left := laptop.locator(".grouping__proposal").count()) and acts < 20:
        page = laptop
        page.locator(".grouping__proposal").first.get_by_role("button").click()
        expect(page.locator(".grouping__proposal")).not_to_have_count(left)
        acts += 1
    made = groups_on(laptop)
    expect(phone.locator("[data-group]")).to_have_count(made)
    boxes = phone.locator(".grouping__alone label")
    boxes.nth(0).tap()
    boxes.nth(1).tap()
    expect(phone.locator("[data-group]")).to_have_count(made + 1)
    phone.locator(".grouping__alone label").nth(0).tap()
    phone.locator(".grouping__choices button").first.tap()  # the third idea, without scrolling
    acts += 4
    expect(laptop.locator("[data-group]")).to_have_count(made + 1)
    expect(laptop.locator(".grouping__member")).to_have_count(grouped_in(phone))
    expect(seen.locator("#groups > li")).to_have_count(made + 1)
    seconds = time.monotonic() - began
    print(f"{made + 1} groups of {grouped_in(phone)} of 60 ideas in {acts} acts and {seconds:.1f} s")

    assert made >= 4
    assert acts <= 30
    assert seconds < 180
    factories.step(room, "vote")
    for n, who in enumerate(voters):
        ids = list(db.session.scalars(db.select(Entry.idea_id).filter_by(round_id=room.round_id)))
        factories.mark(room, who, {idea: 1 if (k + n) % 3 else -1 for k, idea in enumerate(ids)})
    factories.close(room)
    seen.goto(f"{room.path}/result")
    expect(seen.locator("main")).to_contain_text("Best place")


def test_ideas_are_dragged_onto_one_another_and_onto_a_group(visit, room, as_):
    fill(room, [("Tea", ""), ("Bread", ""), ("Longer hours", "")])
    page = board(visit, room, room.owner, as_, **LAPTOP)
    card = page.locator(".grouping__alone label")

    card.filter(has_text="Tea").drag_to(card.filter(has_text="Bread"))
    group = page.locator("[data-group]")
    expect(group.locator(".grouping__member")).to_have_count(2)
    card.filter(has_text="Longer").drag_to(group)

    expect(group.locator(".grouping__member")).to_have_count(3)
    expect(page.locator("[data-over]")).to_have_count(0)


def test_the_keyboard_goes_on_after_each_act(visit, room, as_):
    fill(room, [(word, "") for word in ("Tea", "Bread", "Longer hours", "Music", "Plants")])
    page = board(visit, room, room.owner, as_, **LAPTOP)
    page.get_by_role("checkbox", name="Plants").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("[data-group]")).to_have_count(1)
    expect(page.get_by_role("checkbox", name="Longer hours")).to_be_focused()

    page.keyboard.press("Space")
    page.locator(".grouping__choices button").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".grouping__member")).to_have_count(3)
    expect(page.locator("#alone :focus, [data-group] :focus")).to_have_count(1)

    page.locator("[id^=out-]").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".grouping__member")).to_have_count(2)
    expect(page.locator("[data-group] :focus")).to_have_count(1)


@pytest.mark.acceptance
def test_a_board_of_a_thousand_ideas_is_drawn_in_pages(visit, room, as_):
    titles = german_ideas()
    fill(room, [(f"{title} {n}", "") for n in range(17) for title, _ in titles])
    page = board(visit, room, room.owner, as_, **PHONE)

    expect(page.locator(".grouping__alone label")).to_have_count(60)
    page.get_by_label("Search ideas").fill(titles[40][0])
    page.get_by_label("Search ideas").press("Enter")
    expect(page.locator(".grouping__alone label").first).to_contain_text(titles[40][0])
    boxes = page.locator(".grouping__alone label")
    boxes.nth(0).tap()
    boxes.nth(1).tap()
    expect(page.locator("[data-group]")).to_have_count(1)
