"""Jobs where it is hard, in a browser: hostile names and files, and pages that are read aloud on a narrow phone."""

import re

import pytest
from playwright.sync_api import expect

from ideas.database import db
from ideas.file_store import MEGABYTE
from ideas.models import Job
from ideas.services import orders
from tests import factories
from tests import jobs as made
from tests.journeys.axe import violations
from tests.journeys.conftest import NARROW, PHONE
from tests.orders import WORK, on_application
from tests.servers import cookie_of

FORMULA = '=HYPERLINK("http://x")'
HOSTILE = b"<script>parent.document.title = 'taken over'; alert(1)</script>"


def test_hostile_names_and_files_are_text_and_attachments(visit, served, domain, tmp_path):
    """Case 24."""
    company, worker = factories.company(name="Mill & Oven of hard cases"), made.worker()
    terms = {"kind": "other", "delivery": "file", "files_max": 3}
    job = made.opened(company, title="A page", taking="first_come", **terms)
    page = visit(f"/jobs/{job.code}/place", cookie_of(served.app, worker.person_id), **PHONE)
    page.get_by_label("Your name").fill(FORMULA)
    page.get_by_role("button", name="Confirm terms 1 and take the place").tap()

    large = tmp_path / "film.mp4"
    with large.open("wb") as file:
        file.truncate(1024 * MEGABYTE)
    page.get_by_label("File", exact=True).set_input_files(large)
    page.get_by_role("button", name="Add the file").tap()
    expect(page.get_by_role("alert").or_(page.get_by_role("heading", name="Too large"))).to_be_visible()
    page.goto(page.url.removesuffix("/files"))
    picture = factories.picture().read()
    for name, content in (("../../x.html", HOSTILE), ("logo.png", picture)):
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        page.get_by_label("File", exact=True).set_input_files(file)
        page.get_by_role("button", name="Add the file").tap()
        expect(page.get_by_role("link", name=name.removeprefix("../../"))).to_be_visible()
    for criterion in page.get_by_role("checkbox").all():
        criterion.check()
    page.get_by_role("button", name="Hand in").tap()
    expect(page.get_by_role("heading", name="Version 1")).to_be_visible()

    review = visit(page.url, cookie_of(served.app, company.owner.person_id), **PHONE)
    review.on("dialog", lambda dialog: pytest.fail(dialog.message))
    title = review.title()
    expect(review.get_by_text(FORMULA).first).to_be_visible()
    preview = review.get_by_role("img", name="Preview of logo.png")
    preview.scroll_into_view_if_needed()
    expect(preview).to_have_js_property("naturalWidth", 40)
    assert review.locator("img[src*=preview]").count() == 1, "of the picture alone"
    assert violations(review) == []
    with review.expect_download() as found:
        review.get_by_role("link", name="x.html").tap()
    assert found.value.suggested_filename == "x.html"
    assert found.value.path().read_bytes() == HOSTILE
    assert (review.url, review.title()) == (page.url, title), "it is saved and never opened"


def at_each_stage(company):
    """A job with an order at work, one to be decided and an accepted one. :return: its code, `[(order, worker)]`"""
    job = on_application(company, title="A text about rye bread and sourdough", places=3)
    workers = [made.worker() for _ in range(3)]
    made_orders = []
    for n, worker in enumerate(workers):
        order_id = orders.apply_for_job(worker, job.id, orders.ApplicationForm("Kim"))
        orders.offer_place(company.owner, order_id)
        orders.confirm_terms(worker, order_id, 1)
        if n:
            orders.deliver(worker, order_id, WORK)
        made_orders.append(order_id)
    orders.accept_delivery(company.owner, made_orders[2], 1)
    return code_of(job), list(zip(made_orders, workers, strict=True))


def code_of(job):
    return db.session.get_one(Job, job.id).code


# What is read aloud of each stage, as patterns of the accessibility tree: state, clock, money.
READ = {
    "en-GB": [
        ("At work", "delivery is due:", "€12.00"),
        ("Handed in", "it is accepted by itself:", "€12.00"),
        ("Accepted", "Open:", "€12.00"),
    ],
    "de-DE": [
        ("In Arbeit", "Lieferung ist fällig:", "12,00"),
        ("Abgegeben", "von selbst", "12,00"),
        ("Angenommen", "Offen:", "12,00"),
    ],
}


def test_state_clock_and_money_are_read_aloud_on_the_smallest_phone_in_two_languages(visit, served, domain):
    """Case 25."""
    company = factories.company(name="Mill & Oven read aloud")
    code, made_orders = at_each_stage(company)
    for locale, stages in READ.items():
        theirs = visit(cookie=cookie_of(served.app, company.owner.person_id), locale=locale, **NARROW)
        for (order_id, worker), said in zip(made_orders, stages, strict=True):
            own = visit(cookie=cookie_of(served.app, worker.person_id), locale=locale, **NARROW)
            for page in (own, theirs):
                page.goto(f"/orders/{order_id}")
                tree = page.get_by_role("main").aria_snapshot()
                assert [words for words in said if words not in tree] == [], tree
                assert re.search(r"time: .*\d", tree), "the moment itself, in words"
                assert page.evaluate("document.scrollingElement.scrollWidth") <= 320, page.url
            own.context.close()
        for path in (f"/jobs/{code}", f"/jobs/{code}/orders", f"/organisations/{company.id}/dues"):
            theirs.goto(path)
            tree = theirs.get_by_role("main").aria_snapshot()
            wanted = r"time: .*\d" if path.endswith("/orders") else r"12[.,]00"
            assert re.search(wanted, tree), tree
            assert theirs.evaluate("document.scrollingElement.scrollWidth") <= 320, path
