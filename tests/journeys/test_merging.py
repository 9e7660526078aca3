"""A moderator merges two ideas while people vote and separates them again; the voter's page shows the exact marks."""

import pytest
from playwright.sync_api import expect

from ideas.blueprints import QuestionPlan
from ideas.services.merging import merge_ideas, unmerge_idea
from tests.journeys.conftest import PHONE
from tests.journeys.test_ballots import Table, row, sent, stored
from tests.servers import cookie_of

POINTS = QuestionPlan("points", options={"budget": 6})


@pytest.fixture
def at(served, domain, visit):
    return Table(served, visit, POINTS)


def given(page) -> dict[str, str]:
    """The points of the voter as the page shows them, by title."""
    shown = page.locator("[data-row]")
    expect(shown.first).to_be_visible()
    names = shown.locator(".ballot-list__name").all_inner_texts()
    return dict(zip(names, [field.input_value() for field in shown.get_by_label("Points").all()], strict=True))


@pytest.mark.acceptance
def test_a_merge_and_its_end_on_two_phones(served, at, visit):
    at.cast({"Crates": 3, "Cloth bags": 2})
    moderator = visit(
        f"/ideas/{at.ideas['Cloth bags']}", cookie=cookie_of(served.app, at.room.owner.person_id), **PHONE
    )

    moderator.get_by_role("link", name="Merge with").tap()
    moderator.get_by_role("link", name="Crates").tap()
    expect(moderator.get_by_role("radio", checked=True)).to_have_value(str(at.ideas["Crates"]))
    moderator.get_by_role("button", name="Merge").tap()
    expect(moderator.get_by_role("heading", name="Crates")).to_be_visible()
    expect(moderator.locator(".merged")).to_contain_text("Cloth bags")

    voter = at.open(**PHONE)
    assert given(voter) == {"Crates": "3", "Deposit cups": "0", "Refill station": "0", "Smaller labels": "0"}
    expect(voter.locator("[data-points-left]")).to_have_text("3")
    more = row(voter, "Refill").get_by_role("button", name="One point more")
    for _ in range(3):
        more.tap()
    expect(voter.locator("[data-points-left]")).to_have_text("0")
    stored(voter)

    moderator.get_by_role("link", name="Separate again").tap()
    moderator.get_by_role("button", name="Separate again").tap()
    expect(moderator.get_by_role("heading", name="Cloth bags")).to_be_visible()

    again = at.open(**PHONE)
    assert given(again) == {
        "Crates": "3",
        "Cloth bags": "2",
        "Deposit cups": "0",
        "Refill station": "1",  # the points that were free for a while fell back
        "Smaller labels": "0",
    }
    expect(again.locator("[data-points-left]")).to_have_text("0")


def test_open_pages_follow_a_merge(served, domain, visit):
    """A reader of the merged idea is led on; the marks on the page of the other one, on a ballot and in the list of own
    votes are those that count.
    """
    at = Table(served, visit, QuestionPlan("grades"))
    at.cast({"Crates": 1})
    at.cast({"Cloth bags": 5})
    gone, stays = (f"/challenges/{at.room.id}/ideas/{at.ideas[title]}" for title in ("Cloth bags", "Crates"))
    reading, voting, listed = at.open(gone), at.open(stays), at.open(f"{at.path}/marks")
    ballot = at.open(f"{at.path}?of={at.entries['Crates']}")
    expect(voting.locator("mark-choice [aria-pressed=true]")).to_have_attribute("value", "1")
    expect(ballot.locator("[data-card]:visible")).to_have_attribute("data-mark", "1")

    merge_ideas(at.room.owner, at.ideas["Cloth bags"], at.ideas["Crates"])

    expect(reading.locator("h1", has_text="Crates")).to_be_visible()
    expect(voting.locator("mark-choice [aria-pressed=true]")).to_have_attribute("value", "5")
    expect(ballot.locator("[data-card]:visible")).to_have_attribute("data-mark", "5")
    expect(listed.locator(".marks li")).to_have_count(1)

    unmerge_idea(at.room.owner, at.ideas["Cloth bags"])

    expect(voting.locator("mark-choice [aria-pressed=true]")).to_have_attribute("value", "1")
    expect(ballot.locator("[data-card]:visible")).to_have_attribute("data-mark", "1")
    expect(listed.locator(".marks li")).to_have_count(2)


@pytest.mark.acceptance
def test_a_yes_before_a_merge_and_a_no_after_it_are_both_there_at_its_end(served, domain, visit):
    """Approval: the voter answers the merged idea anew; each idea has its own answer again when the merge ends."""
    at = Table(served, visit, QuestionPlan("approval"))
    at.cast({"Cloth bags": 1})
    bags, crates = (f"/challenges/{at.room.id}/ideas/{at.ideas[title]}" for title in ("Cloth bags", "Crates"))
    merge_ideas(at.room.owner, at.ideas["Cloth bags"], at.ideas["Crates"])
    voter = at.open(crates, **PHONE)
    chosen = voter.locator("mark-choice [aria-pressed=true]")
    expect(chosen).to_have_text("Yes")

    voter.locator("mark-choice").get_by_role("button", name="No").tap()
    expect(chosen).to_have_text("No")
    sent(voter)
    assert at.own() == {"Crates": -1}

    unmerge_idea(at.room.owner, at.ideas["Cloth bags"])

    expect(chosen).to_have_text("No")
    expect(at.open(bags, **PHONE).locator("mark-choice [aria-pressed=true]")).to_have_text("Yes")
    assert at.own() == {"Cloth bags": 1, "Crates": -1}
