"""The news of orders: what each side reads, where it leads, and the mails that do not wait."""

from ideas.database import db
from ideas.models import Account
from ideas.services import orders
from tests import factories
from tests.orders import WORK, apply, delivered, on_application, published


def named(actor, language):
    db.session.get_one(Account, actor.account_id).language = language
    db.session.commit()


def test_an_offer_is_told_by_mail_at_once_and_leads_to_the_order(browser_of, outbox):
    job = on_application()
    order_id, by = apply(job)
    named(by, "de")
    orders.offer_place(job.owner, order_id)

    page = browser_of(by).get("/news").get_data(as_text=True)
    mails = [each for each in outbox if each["To"] == db.session.get_one(Account, by.account_id).email]
    [mail] = [each for each in mails if "48 Stunden" in each.get_body(("plain",)).get_content()]

    assert "A text of 300 words" in page
    assert "A text of 300 words" in mail["Subject"]
    assert f"/orders/{order_id}" in mail.get_body(("plain",)).get_content()


def test_the_news_of_an_order_tell_its_present_state_once(browser_of):
    job = published()
    order_id, by = delivered(job)
    owner = browser_of(job.owner)
    assert "waits for your decision" in owner.get("/news").get_data(as_text=True)
    orders.accept_delivery(job.owner, order_id, 1)

    page = browser_of(by).get("/news").get_data(as_text=True)

    assert page.count("A text of 300 words") == 1
    assert "Your delivery is accepted" in page
    assert "waits for your decision" not in owner.get("/news").get_data(as_text=True)


def test_a_click_marks_the_news_as_read_and_leads_to_the_order(browser_of):
    job = published()
    order_id, _ = delivered(job)
    owner = browser_of(job.owner)
    [key] = db.session.scalars(db.text("SELECT id FROM notification")).all()

    moved = owner.post(f"/news/{key}")

    assert moved.location.endswith(f"/orders/{order_id}")
    assert WORK.text not in owner.get("/news").get_data(as_text=True)
    assert browser_of(factories.account()).post(f"/news/{key}").location.endswith("/news")
