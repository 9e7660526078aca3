"""An idea wins and becomes two jobs: three people work, one late, one objecting; the statements agree to the cent."""

import csv
import io
import re
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from playwright.sync_api import expect
from sqlalchemy import select

from ideas import clock
from ideas.database import db, write
from ideas.exports.due_statements import write_statement_csv
from ideas.models import Delivery, Job, WorkOrder
from ideas.orders import OrderState
from ideas.queries.due_statements import statement_of_worker
from ideas.queries.news import news_of
from ideas.queries.records import company_record, worker_record
from ideas.services import dues, orders
from ideas.services.order_clock import run_order_clock
from ideas.services.orders import ApplicationForm, WorkForm
from tests import factories
from tests import jobs as made
from tests.journeys.conftest import LAPTOP, PHONE
from tests.servers import cookie_of

TEXT = "Rye dough binds water. " * 75
REASON = "It names one of the two mistakes, and only in the title."


def pass_time(order_id, **span):
    """Let so much time pass for an order, and do what the clock does then. The clock of the server itself stays."""
    with write() as transaction:
        order = transaction.session.get_one(WorkOrder, order_id)
        for name in ("begun_at", "deadline", "since", "until"):
            if at := getattr(order, name):
                setattr(order, name, at - timedelta(**span))
    run_order_clock()


def orders_by_name(*jobs):
    db.session.rollback()
    found = db.session.scalars(select(WorkOrder).where(WorkOrder.job_id.in_(jobs)))
    return {order.name: order for order in found}


def sums_in(table):
    """`{order: (owed, paid)}` in a statement as a spreadsheet reads it."""
    found = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for row in csv.DictReader(io.StringIO(table.decode("utf-8-sig"))):
        owed, paid = found[int(row["order"])]
        found[int(row["order"])] = owed + Decimal(row["owed_net"] or 0), paid + Decimal(row["paid"] or 0)
    return dict(found)


def downloaded(page):
    with page.expect_download() as download:
        page.get_by_role("link", name=f"Statement of {clock.now().year}", exact=True).click()
    return download.value.path().read_bytes()


def table_of(worker):
    out = io.BytesIO()
    write_statement_csv(statement_of_worker(db.session(), worker, clock.now().year, "Europe/Berlin"), out)
    db.session.rollback()
    return out.getvalue()


def publish_text(laptop, room):
    """From the answers to a published job with the words of the winner. :return: its path."""
    laptop.goto(f"{room.path}/outcomes")
    winner = laptop.locator(".answers__idea", has_text="Place 1")
    winner.get_by_role("link", name="Make it happen: offer a job").click()
    expect(laptop.get_by_role("textbox", name="Title")).to_have_value("A day of rye")
    brief = laptop.get_by_role("textbox", name="What is to be done?")
    expect(brief).to_have_value("Tell people why rye dough is sticky.")
    laptop.get_by_role("textbox", name="An example of good work").fill("https://example.org/a-good-text")
    laptop.get_by_role("textbox", name="Criteria").fill("It has 280 to 320 words.\nIt names two mistakes.")
    laptop.get_by_text("Set limits").click()
    laptop.get_by_label("Words at least").fill("280")
    laptop.get_by_label("Words at most").fill("320")
    laptop.get_by_label("Pay", exact=True).fill("12.35")
    laptop.get_by_label("Minutes", exact=True).fill("40")
    laptop.get_by_label("Places", exact=True).fill("2")
    laptop.get_by_role("textbox", name="For what is it used?").fill("Our website.")
    laptop.get_by_role("button", name="Save draft").click()
    laptop.get_by_role("button", name="Publish").click()
    expect(laptop).to_have_url(re.compile(r"/jobs/\w+$"))
    return laptop.evaluate("location.pathname")


def decline(laptop, order_id):
    laptop.goto(f"/orders/{order_id}")
    review = laptop.locator("#review")
    review.locator("summary", has_text="Decline").click()
    review.get_by_role("radio", name="It names two mistakes.").check()
    review.get_by_label("Why?").fill(REASON)
    review.get_by_role("button", name="Decline").click()
    expect(laptop.locator("main")).to_contain_text("An objection is possible until")


def test_a_winning_idea_becomes_two_jobs_and_the_statements_agree(visit, served, domain, monkeypatch):
    company = factories.company(name="Mill & Oven of the winner")
    room = factories.room(of=company)
    author, voter = (factories.participant(room) for _ in range(2))
    idea = factories.idea(room, author, "A day of rye", "Tell people why rye dough is sticky.")
    factories.mark(room, voter, {factories.idea(room, author): -1, idea: 1})
    factories.close(room)
    ada, ben, cem = (made.worker() for _ in range(3))

    # An idea becomes two jobs: the company types one of them.
    laptop = visit(cookie=cookie_of(served.app, company.owner.person_id), **LAPTOP)
    path = publish_text(laptop, room)
    db.session.rollback()
    text = db.session.scalars(select(Job.id).filter_by(organisation_id=company.id)).one()
    logo = {"kind": "picture", "delivery": "picture", "file_types": ("svg",), "words_min": None, "words_max": None}
    entry, form = (
        factories.entry_id(idea),
        made.terms(title="A logo for the day of rye", cents=4567, minutes=90, **logo),
    )
    drawing = made.jobs.begin_job(company.owner, company.id, form, from_entry_id=entry)
    made.publish(company.owner, drawing)
    grown = {row.job_code for row in news_of(db.session(), author.actor) if row.reason == "job_from_idea"}
    assert grown == set(db.session.scalars(select(Job.code).where(Job.id.in_((text, drawing)))))
    db.session.rollback()

    # Three people apply, one of them on a phone, and get their places.
    phone = visit(**PHONE)

    def open_as(worker, address):
        """The phone goes from hand to hand."""
        name, value = cookie_of(served.app, worker.person_id).split("=", 1)
        phone.context.clear_cookies()
        phone.context.add_cookies([{"name": name, "value": value, "url": served.url}])
        phone.goto(address)

    open_as(ada, path)
    phone.get_by_role("link", name="Apply").tap()
    phone.get_by_label("Your name").fill("Ada")
    phone.get_by_label("Why you").fill("I bake.")
    phone.get_by_role("button", name="Apply").tap()
    expect(phone.locator("main")).to_contain_text("Your application is there.")
    ben_order = orders.apply_for_job(ben, text, ApplicationForm("Ben"))
    cem_order = orders.apply_for_job(cem, drawing, ApplicationForm("Cem"))
    ada_order = orders_by_name(text)["Ada"].id
    laptop.reload()
    laptop.get_by_role("link", name="People and orders").click()
    for order_id in (ada_order, ben_order):
        laptop.locator(f"#order-{order_id}").get_by_role("button", name="Offer a place").click()
        expect(laptop.locator(f"#order-{order_id}")).to_have_count(0)
    orders.offer_place(company.owner, cem_order)
    for worker, order_id in ((ben, ben_order), (cem, cem_order)):
        orders.confirm_terms(worker, order_id, 1)
    phone.reload()
    phone.get_by_role("button", name="Confirm terms 1").tap()

    # The first is late, and loses nothing.
    phone.get_by_label("Text", exact=True).fill(TEXT)
    phone.get_by_role("button", name="Save draft").tap()
    expect(phone.get_by_text("The draft is saved.")).to_be_visible()
    expect(phone.locator("[data-said]")).to_contain_text("300 words")
    pass_time(ada_order, days=3, hours=2)
    phone.reload()
    expect(phone.locator("main")).to_contain_text("Nothing is lost: you can still hand it in.")
    expect(phone.get_by_label("Text", exact=True)).to_have_value(TEXT.strip())
    for criterion in phone.get_by_role("checkbox").all():
        criterion.check()
    phone.get_by_role("button", name="Hand in").tap()
    expect(phone.get_by_role("heading", name="Version 1")).to_contain_text("late")

    # The second is declined, objects, and nobody answers.
    orders.deliver(ben, ben_order, WorkForm(TEXT, ticked=frozenset({0, 1}), minutes=35))
    decline(laptop, ben_order)
    open_as(ben, f"/orders/{ben_order}")
    expect(phone.locator("#versions")).to_contain_text(REASON)
    phone.get_by_label("Why the criterion is met").fill("The second mistake stands in the last line.")
    phone.get_by_role("button", name="Object").tap()
    expect(phone.locator("#objection")).to_be_visible()
    pass_time(ben_order, days=7)

    # The third hands in a file.
    open_as(cem, f"/orders/{cem_order}")
    phone.get_by_label("File").set_input_files({"name": "rye.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"})
    phone.get_by_role("button", name="Add the file").tap()
    expect(phone.locator("#files")).to_contain_text("rye.svg")
    for criterion in phone.get_by_role("checkbox").all():
        criterion.check()
    phone.get_by_role("button", name="Hand in").tap()
    expect(phone.get_by_role("heading", name="Version 1")).not_to_contain_text("late")
    orders.accept_delivery(company.owner, cem_order, 1)

    # The company accepts and pays: everything, with a bonus, and a part.
    laptop.goto(f"/orders/{ada_order}")
    laptop.get_by_role("button", name="Accept").click()
    expect(laptop.get_by_label("Amount")).to_have_value("12.35")
    expect(laptop.get_by_label("Paid on")).to_have_value(clock.now().date().isoformat())
    laptop.get_by_role("button", name="Note the payment").click()
    expect(laptop.locator("#dues")).to_contain_text("Open: €0.00")
    dues.add_bonus(company.owner, [ben_order], 40)
    for worker, order_id, cents in ((ben, ben_order, 1275), (cem, cem_order, 2000)):
        paid = dues.note_payment(company.owner, order_id, cents, clock.now().date())
        dues.confirm_payment(worker, paid)
    open_as(ada, f"/orders/{ada_order}")
    phone.get_by_role("button", name="It came").tap()
    expect(phone.locator("#dues")).to_contain_text("Confirmed")

    # Both sides read the same.
    found = orders_by_name(text, drawing)
    assert {name: found[name].state for name in found} == dict.fromkeys(("Ada", "Ben", "Cem"), OrderState.ACCEPTED)
    of_them = Delivery.order_id.in_((ada_order, ben_order, cem_order))
    late = select(Delivery.is_late).where(of_them).order_by(Delivery.order_id)
    assert db.session.scalars(late).all() == [True, False, False]
    phone.goto("/me")
    laptop.goto(f"/organisations/{company.id}")
    of_company = sums_in(downloaded(laptop))
    assert of_company == {
        ada_order: (Decimal("12.35"), Decimal("12.35")),
        ben_order: (Decimal("12.75"), Decimal("12.75")),
        cem_order: (Decimal("45.67"), Decimal("20.00")),
    }
    assert sums_in(downloaded(phone)) | sums_in(table_of(ben)) | sums_in(table_of(cem)) == of_company

    # What everybody sees of the company and of the people, now and when the rest is overdue.
    phone.goto(path)
    for words in ("Accepted 3 of 3 deliveries.", "Paid 2 of 2 in time.", "Lost 1 objection."):
        expect(phone.locator("main")).to_contain_text(words)
    records = [worker_record(db.session(), worker.person_id) for worker in (ada, ben)]
    counts = [(each.accepted, each.declined, each.in_time, each.delivered) for each in records]
    assert counts == [(1, 0, 0, 1), (1, 0, 1, 1)]
    later = clock.now() + timedelta(days=15)
    monkeypatch.setattr(clock, "now", lambda: later)
    record = company_record(db.session(), company.id)
    assert (record.paid_in_time, record.to_pay, record.overdue) == (2, 3, 1)
