"""A worker on a phone takes a place of a job, writes, loses the network, hands in and is paid."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from ideas import clock
from ideas.services import dues
from tests import factories
from tests import jobs as made
from tests.journeys.conftest import PHONE
from tests.servers import cookie_of

TEXT = "Rye dough is sticky since its flour binds water differently."


def test_a_worker_writes_on_a_phone_and_is_paid(visit, served, domain):
    company, worker = factories.company(name="Mill & Oven of the journey"), made.worker()
    job = made.opened(company, title="A text about rye", taking="first_come", cents=1200, minutes=40)
    page = visit(f"/jobs/{job.code}", cookie_of(served.app, worker.person_id), timezone_id="Asia/Kolkata", **PHONE)

    expect(page.locator(".job-pay")).to_contain_text("€18.00/h")
    page.get_by_role("link", name="Take a place").tap()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Confirm terms 1 and take the place").tap()

    page.get_by_label("Text", exact=True).fill(TEXT)
    now = clock.now().astimezone(ZoneInfo("Asia/Kolkata"))
    times = "|".join(f"{now + timedelta(minutes=n):%H:%M}" for n in (0, 1))
    expect(page.locator("[data-said]")).to_have_text(re.compile(f"^Saved at ({times}) · 10 words$"))
    page.context.set_offline(True)
    page.get_by_label("Text", exact=True).fill(f"{TEXT} {TEXT}")
    expect(page.locator("[data-said]")).to_have_text("Not saved yet. It will be sent when you are online again.")
    page.get_by_label("Text", exact=True).fill(f"{TEXT} {TEXT} {TEXT}")
    page.get_by_role("button", name="Hand in").tap()
    closed = page
    page = closed.context.new_page()
    closed.close()  # the browser ends before the network is back
    page.context.set_offline(False)
    page.goto(closed.url)
    expect(page.locator("[data-said]")).to_have_text(re.compile("^Saved .* 30 words$"))
    page.reload()
    expect(page.get_by_label("Text", exact=True)).to_have_value(f"{TEXT} {TEXT} {TEXT}")

    page.get_by_role("button", name="Hand in").tap()
    expect(page.get_by_role("alert")).to_be_visible()
    for criterion in page.get_by_role("checkbox").all():
        criterion.check()
    page.get_by_label("How many minutes did it take?").fill("35")
    page.get_by_role("button", name="Hand in").tap()
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()

    order_id = int(page.url.rsplit("/", 1)[1].partition("#")[0])
    company_page = visit(f"/orders/{order_id}", cookie_of(served.app, company.owner.person_id), **PHONE)
    company_page.get_by_role("link", name="Decide on version 1").tap()
    expect(company_page.get_by_role("button", name="Accept")).to_be_in_viewport()
    company_page.get_by_role("button", name="Accept").tap()
    expect(company_page.locator("#order-head")).to_contain_text("Accepted")
    dues.note_payment(company.owner, order_id, 1200, clock.now().date(), "R 17")
    page.reload()
    page.get_by_role("button", name="It came").tap()
    expect(page.locator("#dues")).to_contain_text("Open: €0.00")
    page.goto("/me")
    expect(page.get_by_role("link", name="A text about rye")).to_be_visible()


def test_a_company_translates_a_job_and_each_reader_gets_their_language(visit, served, domain):
    company, reader = factories.company(name="Mill in two languages"), made.worker()
    job = made.opened(company, title="Words about oats", taking="first_come")
    page = visit(f"/jobs/{job.code}/edit", cookie_of(served.app, company.owner.person_id))

    page.get_by_text("Translate its words").click()
    second = page.get_by_role("region", name="Second language")
    second.get_by_label("Title").fill("Ein Text über Hafer")
    second.get_by_label("Criteria").fill("Er hat 280 bis 320 Wörter.")
    expect(page.locator("[data-said]")).to_have_text(re.compile("^Saved "))
    page.reload()
    expect(second.get_by_label("Title")).to_have_value("Ein Text über Hafer")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alert")).to_contain_text("Criteria (Deutsch) Please write as many lines")
    second.get_by_label("Criteria").fill("Er hat 280 bis 320 Wörter.\nEr nennt zwei Fehler.")
    for name in ("What is to be done?", "An example of good work", "For what is it used?"):
        second.get_by_label(name).fill(f"Deutsch: {name}")
    page.get_by_role("button", name="Publish").click()
    expect(page).to_have_url(re.compile(f"/jobs/{job.code}$"))

    page = visit(f"/jobs/{job.code}", cookie_of(served.app, reader.person_id), locale="de-DE", **PHONE)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Ein Text über"))
    expect(page.get_by_text("Er nennt zwei Fehler.")).to_be_visible()
    page.get_by_role("link", name="English").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Words about"))
    expect(page.get_by_text("It names two mistakes of beginners.")).to_be_visible()
