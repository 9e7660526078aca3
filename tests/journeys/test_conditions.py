"""The conditions in a real browser: adjusted by a company, agreed to with an idea, and judged after the close."""

import pytest
from playwright.sync_api import expect

from ideas.prizes import PrizePlan, PrizeRules
from ideas.services.challenges import publish_challenge
from tests import factories
from tests.journeys.conftest import PHONE
from tests.servers import storage_of


@pytest.mark.acceptance
def test_conditions_are_adjusted_agreed_to_and_judged(visit, domain, served):
    draft = factories.draft(title="Which crate comes back?", prizes=PrizeRules((PrizePlan("Main prize", 300_00),)))
    company = visit(
        f"/challenges/{draft.id}/steps/conditions",
        storage_state=storage_of(served.app, draft.owner.person_id),
        **PHONE,
    )
    company.get_by_text("Adjust the rights").tap()
    company.get_by_text("A licence on award only").tap()
    company.get_by_label("The rights in your words").fill("A simple licence for crates.")
    company.get_by_text("Adjust answer and time").tap()
    company.get_by_text("Days after the close").tap()
    company.get_by_label("Days until the answer").fill("14")
    company.get_by_label("How many people do you expect?").fill("40")
    company.get_by_label("Minutes for each of them").fill("60")
    company.get_by_role("button", name="Continue").tap()
    expect(company).to_have_url(f"{served.url}{draft.path}/steps/check")
    publish_challenge(draft.owner, draft.id)

    phone = visit(f"/join/{draft.code}", **PHONE)
    expect(phone.locator(".join-page__challenge")).to_contain_text("Below the minimum wage")
    expect(phone.locator("#conditions")).to_contain_text("€7.50/h")
    phone.get_by_role("button", name="Join").tap()
    tick = phone.get_by_label("I agree, for this and all my ideas here.")
    for n, title in enumerate(("Crates with a deposit", "Crates that fold"), 1):
        phone.get_by_label("Your idea in one sentence").fill(title)
        if n == 1:
            tick.check()
        phone.get_by_role("button", name="Submit", exact=True).tap()
        expect(phone.locator(".idea[id^=idea-]")).to_have_count(n)
        expect(tick).to_have_count(0)

    factories.close(draft)
    phone.goto(f"{served.url}{draft.path}/result")
    expect(phone.locator("#conditions")).to_contain_text("There were 2 ideas: on average €150.00 an idea.")
