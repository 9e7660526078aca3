"""The pages of a job, its people and an order follow while they are open, and typed text stays."""

import re

from playwright.sync_api import expect

from ideas.models import Taking
from ideas.services import jobs, orders
from tests import factories
from tests import jobs as made
from tests import orders as ordered
from tests.journeys.conftest import LAPTOP, PHONE
from tests.servers import cookie_of


def test_pages_of_a_job_follow_and_keep_what_is_typed(visit, served, domain):
    company = factories.company(name="Mill & Oven, live")
    job = ordered.published(company, taking=Taking.APPLY, places=2)
    path, worker = f"/jobs/{jobs.require(jobs.db.session(), jobs.Job, job.id).code}", made.worker()
    jobs.db.session.rollback()

    def open_as(actor, address, device):
        page = visit(cookie=cookie_of(served.app, actor.person_id), **device)
        page.goto(address)
        return page

    people = open_as(company.owner, f"{path}/orders", LAPTOP)
    asking = open_as(made.worker(), path, PHONE)
    expect(people.locator("main")).to_contain_text("Nobody has applied yet")
    asking.get_by_label("Your question").fill("Is there a second")

    order_id, _ = ordered.apply(job, worker, name="Ada")
    expect(people.locator("#people-main")).to_contain_text("Ada")

    working = open_as(worker, f"/orders/{order_id}", PHONE)
    orders.offer_place(company.owner, order_id)
    working.get_by_role("button", name="Confirm terms 1").wait_for()
    expect(asking.locator("#job-head")).to_contain_text("1 place is free")
    jobs.ask_about_job(factories.account(), job.id, "Which oven?")
    expect(asking.locator("#questions")).to_contain_text("Which oven?")
    expect(asking.get_by_label("Your question")).to_have_value("Is there a second")

    working.get_by_role("button", name="Confirm terms 1").tap()
    reviewing = open_as(company.owner, f"/orders/{order_id}", LAPTOP)
    working.get_by_label("Text", exact=True).fill("The crust sings of rye.")
    orders.deliver(worker, order_id, ordered.WORK)
    expect(reviewing.locator("#versions")).to_contain_text("The crust sings of rye.")
    expect(working.locator("#order-head")).to_contain_text("Handed in")
    expect(working.get_by_label("Text", exact=True)).to_have_value("The crust sings of rye.")

    failed = []

    def fail_once(route):
        failed.append(route.request.url)
        route.fulfill(status=503) if len(failed) == 1 else route.continue_()

    asking.route(re.compile(f"{path}$"), fail_once)
    with asking.expect_response(lambda response: response.status == 503):
        jobs.ask_about_job(factories.account(), job.id, "Which flour?")
    asking.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")  # it asks again, as every 20 seconds
    expect(asking.locator("#questions")).to_contain_text("Which flour?")
