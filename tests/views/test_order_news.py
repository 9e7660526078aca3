"""The news of jobs and orders: what each side reads, where it leads, and the mails that do not wait."""

from ideas import clock
from ideas.database import db
from ideas.models import Account, SeenBy
from ideas.services import dues, jobs, order_clock, orders
from tests import factories
from tests import jobs as made
from tests.ideas.conftest import frozen_clock
from tests.orders import WORK, accepted, apply, delivered, on_application, published

__all__ = ["frozen_clock"]


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


def test_the_news_of_a_payment_say_whether_it_is_overdue_or_did_not_come(browser_of, frozen_clock):
    job = published()
    order_id, by = accepted(job)
    dues.contest_payment(by, dues.note_payment(job.owner, order_id, 1200, clock.now().date()))
    assert "says that a payment did not come" in browser_of(job.owner).get("/news").get_data(as_text=True)

    frozen_clock.advance(14 * clock.DAY_SECONDS + 1)
    order_clock.run_order_clock()

    page = browser_of(job.owner).get("/news").get_data(as_text=True)
    assert page.count("A payment is overdue") == 1
    assert "did not come" not in page


def news(browser_of, actor):
    return browser_of(actor).get("/news").get_data(as_text=True)


def test_a_question_is_told_to_the_company_until_it_is_answered_and_the_answer_to_who_asked(browser_of):
    job, curious = published(), factories.account()
    question = jobs.ask_about_job(curious, job.id, "Which oven?")

    assert "asked about this job" in news(browser_of, job.owner)
    assert "is answered" not in news(browser_of, curious)
    jobs.answer_about_job(job.owner, job.id, question, "The deck oven.")
    assert "asked about this job" not in news(browser_of, job.owner)
    assert "Your question about this job is answered" in news(browser_of, curious)
    assert "is answered" not in news(browser_of, job.owner)

    operator = made.operator()
    jobs.hide_job(operator, job.id, "It asks for identity papers.")
    assert "An operator hid this job" in news(browser_of, job.owner)
    assert "is answered" not in news(browser_of, curious), "they see the job no more"
    jobs.restore_job(operator, job.id)
    assert "An operator hid this job" not in news(browser_of, job.owner)


def test_an_invitation_to_a_job_is_told_once_to_the_account_with_the_confirmed_address(browser_of, outbox):
    job, guest, other = published(seen_by=SeenBy.INVITED), made.worker(), made.worker()
    email = db.session.get_one(Account, guest.account_id).email
    jobs.invite_to_job(job.owner, job.id, [email])
    jobs.invite_to_job(job.owner, job.id, ["nobody@example.org"])

    assert news(browser_of, guest).count("You are invited to this paid job") == 1
    assert "invited" not in news(browser_of, other)
    [mail] = [each for each in outbox if each["To"] == email]
    assert "You are invited to this paid job" in mail.get_body(("plain",)).get_content()
