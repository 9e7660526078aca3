"""Prizes in a real browser: from the form of the challenge to the certificate of a winner."""

from playwright.sync_api import expect

from ideas.services.challenges import publish_challenge
from ideas.services.ideas import IdeaForm, submit_idea
from tests import factories
from tests.journeys.conftest import LAPTOP, PHONE
from tests.servers import storage_of


def test_a_contest_leads_from_prizes_in_the_form_to_certificates(visit, domain, served):
    draft = factories.draft()
    owner = storage_of(served.app, draft.owner.person_id)
    laptop = visit(f"{draft.path}/edit", storage_state=owner, **LAPTOP)

    laptop.get_by_text("Prizes with amounts").click()
    laptop.get_by_label("Name of prize 1").fill("Golden crate")
    laptop.get_by_role("group", name="Prize 1").get_by_label("Amount").fill("1.000,01")
    expect(laptop.locator("#sketch")).to_contain_text("Golden crate")
    laptop.get_by_role("button", name="Continue to the preview").click()
    expect(laptop.locator("#conditions")).to_contain_text("€1,000.01")

    publish_challenge(draft.owner, draft.id)
    author, parent, voter = (factories.participant(draft) for _ in range(3))
    old = factories.idea(draft, parent, "Crates for some")
    winner = submit_idea(author.actor, draft.id, IdeaForm("Crates for all", parents=(old,)), factories.op())
    factories.argument(winner, voter, "It pays for itself.")
    factories.mark(draft, voter, {winner: 1})
    factories.close(draft)

    laptop.goto(f"{draft.path}/result")
    laptop.get_by_role("link", name="Winners and prizes").click()
    laptop.get_by_role("link", name="Give the prizes").click()
    laptop.get_by_role("link", name="Choose decisive arguments").click()
    laptop.get_by_text("This was decisive").click()
    laptop.get_by_label("Why?").fill("The board was convinced.")
    laptop.get_by_role("button", name="Mark as decisive").click()
    expect(laptop.locator(".decisive__argument--marked")).to_contain_text("The board was convinced.")
    laptop.get_by_role("link", name="Prizes").click()
    # 30 % and 10 % of 1,000.01 in whole cents, and the rest for the idea
    expect(laptop.locator(".award__amount")).to_have_text(["€600.01", "€300.00", "€100.00"])
    laptop.get_by_role("button", name="Give these prizes").click()
    expect(laptop.locator("h1")).to_have_text("The winner")

    phone = visit("/news", storage_state=storage_of(served.app, parent.actor.person_id), **PHONE)
    phone.get_by_text("You won").click()
    mine = phone.locator(".award__part--mine")
    expect(mine).to_contain_text("€300.00")
    mine.get_by_role("link", name="Certificate").click()
    expect(phone.locator(".certificate")).to_contain_text("Crates for some")
    expect(phone.locator(".certificate__amount")).to_have_text("€300.00")
