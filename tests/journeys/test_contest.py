"""A contest in two rounds with a jury and a prize, in real browsers: from the posting to certificates and an answer for
all.
"""

import re

import pytest
from playwright.sync_api import expect

from ideas.addresses import challenge_at
from ideas.database import db
from ideas.models import AddressKind
from ideas.queries.outcomes import waiting_in
from tests.journeys.conftest import LAPTOP, PHONE, write_idea
from tests.journeys.test_juries import grade


def post(company):
    """From the account to a published contest with a prize. :return: its path, and the link to join."""
    company.goto("/sign-up")
    company.get_by_label("E-mail").fill("contest@example.org")
    company.get_by_label("Password", exact=True).fill("a short sentence")
    company.get_by_role("button", name="Create an account").click()
    expect(company).not_to_have_url(re.compile("/sign-up"))
    company.goto("/challenges/new")
    company.get_by_label("Name").fill("Bakery Kornblum")
    company.get_by_role("button", name="Continue to the challenge").click()
    company.get_by_role("link", name="All settings on one page").click()
    company.get_by_role("textbox", name="The challenge").fill("How do we halve our packaging waste?")
    last = company.get_by_role("button", name="Delete phase 4")
    expect(last).to_be_visible()
    company.get_by_role("button", name="Delete phase 1").click()  # the phase in which people write alone
    expect(last).to_have_count(0)  # the server has drawn the phases anew: before that, the form would send all four
    company.get_by_text("Prizes with amounts").click()
    first = company.get_by_role("group", name="Prize 1")
    first.get_by_label("Name of prize 1").fill("The golden loaf")
    first.get_by_label("Amount").fill("1000")
    company.get_by_role("button", name="Continue to the preview").click()
    expect(company).to_have_url(re.compile("/preview$"))  # the preview beside the form names the prize, too
    expect(company.locator("main")).to_contain_text("The golden loaf")
    company.get_by_role("button", name="Publish").click()
    expect(company).to_have_url(re.compile("/share"))
    path = re.search(r"/challenges/[\w-]+", company.url)[0]
    return path, company.locator("#share-link").input_value()


def enter(page, name):
    """Join by the link that is open, after reading what can be won."""
    expect(page.locator("main")).to_contain_text("The golden loaf")
    page.get_by_label("Your name here").fill(name)
    page.get_by_role("button", name="Join").tap()
    expect(page.locator("#now")).to_be_visible()
    return page


def judge(visit, company, path, name, grades):
    """Invite a juror, who scores each idea by its title on a phone."""
    company.goto(f"{path}/jurors")
    company.get_by_role("button", name="Create a link").click()
    link = company.get_by_label("Link", exact=True).input_value()
    phone = visit(link, **PHONE)
    phone.get_by_label("Name").fill(name)
    phone.get_by_role("button", name="Join the jury").tap()
    for n in range(len(grades)):
        expect(phone.locator("main")).to_contain_text(f"{n} of {len(grades)} scored")
        grade(phone, "Doable?", grades[phone.locator(".idea-page h1").inner_text()])
        phone.get_by_role("button", name="Save and go on").tap()
    expect(phone.locator("main")).to_contain_text("You have scored all ideas. Thank you!")


def go_on(company, path, *steps):
    company.goto(f"{path}/console")
    for label in steps:
        company.get_by_role("button", name=label).click()


def close(company, path):
    company.goto(f"{path}/console")
    company.get_by_role("link", name="Close the round").click()
    company.get_by_role("dialog").get_by_role("button", name="Close the round").click()
    expect(company.get_by_role("link", name="See the result")).to_be_visible()


def answer(laptop, decision, *titles):
    """Answer the ideas with these titles."""
    for title in titles:
        laptop.get_by_role("checkbox", name=title).check()
    laptop.locator(".chip", has_text=decision).click()
    laptop.get_by_label("In your own words").fill(f"Why: {decision}")
    laptop.get_by_role("button", name="Send the answer").click()


def vote(phone, path, wanted):
    """Say yes or no to each idea of the ballot, as `wanted` says by title."""
    phone.goto(f"{path}/ballot")
    for _ in wanted:
        card = phone.locator(".ballot__card:visible").filter(has_text=re.compile("|".join(wanted)))
        (title,) = (title for title in wanted if title in card.inner_text())
        phone.get_by_role("button", name=wanted[title]).tap()
        expect(phone.locator(".ballot__card:visible", has_text=title)).to_have_count(0)
    expect(phone.locator("main")).to_contain_text("Receipt")


@pytest.mark.acceptance
def test_a_contest_of_two_rounds_with_a_jury_ends_with_certificates_and_an_answer_for_all(visit, domain):
    company = visit("/", **LAPTOP)
    path, link = post(company)
    bee, fox = enter(visit(link, **PHONE), "Biene 12"), enter(visit(link, **PHONE), "Fuchs 3")
    go_on(company, path, "Start: Read and add")
    write_idea(bee, "Boxes that come back")
    write_idea(fox, "Cups with a deposit")
    expect(bee.locator("#ideas")).to_contain_text("Cups with a deposit")
    write_idea(bee, "Paper only on request")
    expect(fox.locator("#ideas")).to_contain_text("Paper only on request")
    go_on(company, path, "Continue to Discuss", "Continue to Vote")
    for phone, others in ((bee, ["Cups with a deposit"]), (fox, ["Boxes that come back", "Paper only on request"])):
        vote(phone, path, {title: "No" if "Paper" in title else "Yes" for title in others})
    close(company, path)

    company.goto(f"{path}/outcomes")
    answer(company, "Taken further", "Boxes that come back", "Cups with a deposit")
    answer(company, "Not taken", "Paper only on request")
    company.goto(f"{path}/next-round")
    company.get_by_text("The shortlist").click()
    company.get_by_text("Let a jury decide, alone or together with the votes").click()
    company.locator("label", has_text="By weights that you set here.").click()
    company.get_by_label("Weight of the jury").fill("60")
    company.get_by_label("Criterion 1").fill("Doable?")
    company.get_by_role("button", name="Begin round 2").click()
    expect(company.locator("body")).to_contain_text("in its lobby")
    bee.goto(path)
    expect(bee.locator("main")).to_contain_text("This is round 2.")
    company.get_by_role("button", name="Start").first.click()
    go_on(company, path, "Continue to Vote")
    judge(visit, company, path, "Luchs", {"Boxes that come back": "Excellent", "Cups with a deposit": "Good"})
    judge(visit, company, path, "Dachs", {"Boxes that come back": "Good", "Cups with a deposit": "Poor"})
    vote(bee, path, {"Cups with a deposit": "Yes"})
    vote(fox, path, {"Boxes that come back": "Yes"})
    close(company, path)

    company.goto(f"{path}/result")
    expect(company.locator("h1")).to_contain_text("Boxes that come back")
    company.goto(f"{path}/outcomes")
    answer(company, "Chosen", "Boxes that come back")
    answer(company, "Not now", "Cups with a deposit")
    expect(company.locator("main")).to_contain_text("This round is finished.")
    company.goto(f"{path}/awards/giving")
    company.get_by_role("button", name="Give these prizes").click()
    expect(company.locator("main")).to_contain_text("€1,000.00")

    bee.goto(f"{path}/result")
    expect(bee.locator("main")).to_contain_text("The organisation chose")
    bee.get_by_role("link", name="Round 1", exact=True).tap()
    expect(bee.locator(".rank")).to_contain_text("Not taken")
    bee.goto(f"{path}/awards")
    expect(bee.locator("main")).to_contain_text("Biene 12")
    bee.get_by_role("link", name="Certificate").tap()
    certificate = bee.locator("body")
    for words in ("Biene 12", "Boxes that come back", "The golden loaf", "Bakery Kornblum"):
        expect(certificate).to_contain_text(words)
    fox.goto(f"{path}/my-result")
    expect(fox.locator("main")).to_contain_text("Not now")
    expect(fox.locator("main")).to_contain_text("Cups with a deposit")
    db.session.rollback()
    challenge = challenge_at(db.session(), AddressKind.SLUG, path.rpartition("/")[2])
    assert waiting_in(db.session(), [challenge.id]) == {}
