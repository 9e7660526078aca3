"""A worker on a phone takes a place of a job, writes, loses the network, hands in and is paid."""

import re

from playwright.sync_api import expect

from ideas import clock
from ideas.services import dues, orders
from tests import factories
from tests import jobs as made
from tests.journeys.conftest import PHONE
from tests.servers import cookie_of

TEXT = "Rye dough is sticky since its flour binds water differently."


def test_a_worker_writes_on_a_phone_and_is_paid(visit, served, domain):
    company, worker = factories.company(name="Mill & Oven of the journey"), made.worker()
    job = made.opened(company, title="A text about rye", taking="first_come", cents=1200, minutes=40)
    page = visit(f"/jobs/{job.code}", cookie_of(served.app, worker.person_id), **PHONE)

    expect(page.locator(".job-pay")).to_contain_text("€18.00/h")
    page.get_by_role("link", name="Take a place").tap()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Confirm terms 1 and take the place").tap()

    page.get_by_label("Text", exact=True).fill(TEXT)
    expect(page.locator("[data-said]")).to_have_text(re.compile("^Saved .* · 10 words$"))
    page.context.set_offline(True)
    page.get_by_label("Text", exact=True).fill(f"{TEXT} {TEXT}")
    page.wait_for_timeout(1800)
    page.context.set_offline(False)
    expect(page.locator("[data-said]")).to_have_text(re.compile(" 20 words$"))
    page.reload()
    expect(page.get_by_label("Text", exact=True)).to_have_value(f"{TEXT} {TEXT}")

    page.get_by_role("button", name="Hand in").tap()
    expect(page.get_by_role("alert")).to_be_visible()
    for criterion in page.get_by_role("checkbox").all():
        criterion.check()
    page.get_by_label("How many minutes did it take?").fill("35")
    page.get_by_role("button", name="Hand in").tap()
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()

    order_id = int(page.url.rsplit("/", 1)[1].partition("#")[0])
    orders.accept_delivery(company.owner, order_id, 1)
    dues.note_payment(company.owner, order_id, 1200, clock.now().date(), "R 17")
    page.reload()
    page.get_by_role("button", name="It came").tap()
    expect(page.locator("#dues")).to_contain_text("Open: €0.00")
    page.goto("/me")
    expect(page.get_by_role("link", name="A text about rye")).to_be_visible()
