"""Results of every rule in a browser, and the live updates of the live ranking and of the readiness."""

import pytest
from playwright.sync_api import expect

from ideas.services.readiness import measure_readiness
from tests import crowds, factories
from tests.doubles import partly_here
from tests.journeys.conftest import LAPTOP, PHONE
from tests.servers import storage_of


@pytest.fixture
def as_(served):
    """The storage of a browser that is signed in."""
    return lambda actor: storage_of(served.app, actor.person_id)


@pytest.mark.acceptance
@pytest.mark.parametrize("rule", partly_here(crowds.RULES, "approval", "pairs"))
@pytest.mark.parametrize("screen", [PHONE, pytest.param(LAPTOP, marks=pytest.mark.acceptance)], ids=["phone", "laptop"])
def test_a_result_is_read_and_explained_without_a_script(visit, domain, as_, rule, screen):
    room = crowds.closed(rule)
    page = visit(f"/challenges/{room.id}/result", storage_state=as_(room.owner), java_script_enabled=False, **screen)
    rows = page.locator(".rank__item")
    expect(rows).to_have_count(5)
    expect(page.locator(".interval")).to_have_count(5)

    rows.nth(2).locator("summary").click()
    title = rows.nth(2).locator(".rank__name bdi").first.inner_text()
    rows.nth(2).get_by_role("link", name="How this was counted").click()

    expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.locator(".formula").first).to_be_visible()
    page.get_by_label("Idea", exact=True).select_option(index=0)
    page.get_by_role("button", name="Show the numbers").click()
    expect(page.get_by_role("heading", name=title)).to_be_hidden()
    page.get_by_role("link", name="Back to the result").click()
    expect(rows).to_have_count(5)


@pytest.mark.parametrize("rule", partly_here(["grades", "pairs"], "grades"))
def test_a_result_is_shown_in_german(visit, domain, as_, rule):
    room = crowds.closed(rule, language="de")
    page = visit(f"/challenges/{room.id}/result", storage_state=as_(room.owner), **PHONE)

    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Deutsch").or_(page.get_by_role("button", name="DE")).first.click()

    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("heading", name="Rangliste")).to_be_visible()
    expect(page.get_by_text("Platz 1").first).to_be_visible()


def test_live_ranking_and_readiness_follow_the_votes(visit, domain, as_):
    room = crowds.voted("approval", voters=6, live_ranking=True)
    measure_readiness(room.round_id)
    watcher = factories.participant(room)
    phone = visit(f"/challenges/{room.id}", storage_state=as_(watcher.actor), **PHONE)
    laptop = visit(f"/challenges/{room.id}/console", storage_state=as_(room.owner), **LAPTOP)
    expect(phone.locator("#live-ranking .ranking-list__row")).to_have_count(5)
    expect(phone.locator("#live-ranking")).to_contain_text("6 of 8 who joined voted.")
    expect(laptop.locator("#readiness")).to_contain_text("Enough to decide. 2 people who joined have not voted.")
    expect(phone.locator("#connection")).to_have_attribute("data-state", "online")
    expect(laptop.locator("#connection")).to_have_attribute("data-state", "online")

    first = factories.idea(room, watcher)
    for _ in range(5):
        factories.mark(room, factories.participant(room), {first: 1})
    measure_readiness(room.round_id)

    expect(phone.locator("#live-ranking")).to_contain_text("11 of 13 who joined voted.")
    expect(phone.locator("#live-ranking .ranking-list__row")).to_have_count(6)
    expect(laptop.locator("#readiness")).to_contain_text("11 of 13 who joined voted, 0 of them are done.")
    expect(laptop.locator("#readiness")).not_to_contain_text("more people must vote")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_on_paper_every_place_is_unfolded(visit, domain, as_, script):
    room = factories.room()
    author = factories.participant(room)
    ideas = [factories.idea(room, author, f"Numbered {n}", f"Words of {n}") for n in range(24)]
    voters = [factories.participant(room) for _ in range(2)]
    for n, voter in enumerate(voters):
        factories.mark(room, voter, dict.fromkeys(ideas[n:], 1))
    factories.close(room)
    page = visit(f"/challenges/{room.id}/result", storage_state=as_(room.owner), java_script_enabled=script, **LAPTOP)
    shown = "all => all.filter((e) => e.getClientRects().length && e.checkVisibility()).length"
    names = page.locator(".rank__name")
    if script:
        assert names.evaluate_all(shown) == 23
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("main details:not([open])").count() == 0
        assert names.evaluate_all(shown) == 24
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert names.evaluate_all(shown) == 23
    else:
        page.emulate_media(media="print")
        expect(page.get_by_text("Words of 23")).to_be_visible()
        expect(page.get_by_text("Words of 1", exact=True)).to_be_visible()
