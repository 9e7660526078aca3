"""A new version of an idea while people vote: its author on a laptop, and a voter on a phone who is told."""

import re

import pytest
from playwright.sync_api import expect

from ideas.blueprints import PhasePlan
from ideas.models import Activity
from tests import factories
from tests.journeys.conftest import LAPTOP, PHONE
from tests.journeys.silent import settle
from tests.servers import cookie_of

ALL_AT_ONCE = (PhasePlan("open", (Activity.WRITE, Activity.DEBATE, Activity.VOTE)),)


@pytest.fixture
def two(served, domain, visit):
    """`(room, page of the author, page of the voter)`; the author wrote an idea, and two others stand beside it."""
    room = factories.room(phases=ALL_AT_ONCE, title="What do we bake?")
    author, voter, other = (factories.participant(room) for _ in range(3))
    for title in ("Rolls", "Cake"):
        factories.idea(room, other, title)
    idea = factories.idea(room, author, "Bread", "With seeds.")
    writing, phone = (
        visit(path, cookie=cookie_of(served.app, somebody.actor.person_id), **options)
        for somebody, path, options in (
            (author, factories.idea_path(idea), LAPTOP),
            (voter, f"{room.path}/ballot?of={factories.entry_id(idea)}", PHONE),
        )
    )
    settle(phone)
    return room, writing, phone


def revise(page, title):
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Your idea in one sentence").fill(title)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()


def top_of(page):
    return page.locator("[data-card]:visible:not(.is-leaving) h1")


def test_a_voter_is_told_while_voting_and_keeps_or_changes_the_vote(two):
    room, writing, phone = two
    sign = phone.locator("#changed-votes")
    expect(top_of(phone)).to_have_text("Bread")
    phone.get_by_role("button", name="Yes").tap()
    expect(top_of(phone)).to_have_text(re.compile("Rolls|Cake"))
    before = top_of(phone).inner_text()
    expect(phone.locator("[data-saved]").first).to_contain_text("Saved.")
    expect(sign).to_be_empty()

    revise(writing, "Rye bread")

    # The open ballot says it at once, and the card that is being read stays.
    expect(sign).to_contain_text("One of your votes is on an idea that has changed since.")
    expect(phone.locator("news-bell")).to_contain_text("1")
    expect(top_of(phone)).to_have_text(before)
    phone.get_by_role("button", name="No", exact=True).tap()
    expect(top_of(phone)).not_to_have_text(before)

    # The room says it, too, although people write here; the vote is kept.
    phone.goto(room.path)
    sign.get_by_role("link", name="Your votes").tap()
    row = phone.locator(".marks li", has_text="Rye bread")
    row.get_by_role("link", name="See what changed").tap()
    expect(phone.locator(".changes.card")).to_contain_text("Rye")
    phone.go_back()
    row.get_by_role("button", name="Keep my vote").tap()
    expect(row).to_contain_text("Yes")
    expect(row).not_to_contain_text("Changed since you voted.")

    # Told a second time on the page of the votes, the voter changes the vote.
    settle(phone)
    revise(writing, "Stale bread")
    row = phone.locator(".marks li", has_text="Stale bread")
    expect(row).to_contain_text("Changed since you voted.")
    row.get_by_role("link", name=re.compile("^change")).tap()
    phone.get_by_role("button", name="No", exact=True).tap()
    phone.wait_for_url("**/ballot/marks*")
    expect(row).to_contain_text("No")
    expect(row).not_to_contain_text("Changed since you voted.")
