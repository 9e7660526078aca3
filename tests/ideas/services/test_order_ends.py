"""What orders keep from being deleted, and what stays of them; what is overdue; and what reports do to the pay line."""

from datetime import date

import pytest

from ideas import audit, clock
from ideas.database import db
from ideas.errors import Changed, NotFound, PaymentOverdue, WorkOpen
from ideas.models import Account, Delivery, DueEntry, Job, Organisation, Person, Review, Terms, WorkOrder
from ideas.orders import OrderState
from ideas.queries.due_statements import statement_of_organisation, statement_of_worker
from ideas.queries.job_pay import job_pay, reported_minutes
from ideas.services import deleting, dues, orders
from ideas.services.leaving import Parting
from ideas.services.orders import WorkForm
from ideas.services.own_account import close_account
from tests import factories
from tests.jobs import worker
from tests.orders import WORK, accepted, apply, delivered, on_application, order, published, working

DAY = 24 * 3600


@pytest.fixture(autouse=True)
def still(app, frozen_clock):
    return frozen_clock


def ledger(order_id):
    db.session.rollback()
    rows = db.session.query(DueEntry).filter_by(order_id=order_id).order_by(DueEntry.id)
    return [(str(row.kind), row.cents) for row in rows]


def test_an_account_that_is_owed_money_is_deleted_after_the_payment_and_its_dues_stay():
    """Case 23."""
    job = published()
    order_id, by = accepted(job)
    with pytest.raises(WorkOpen):
        close_account(by, Parting.NOTHING)
    dues.note_payment(job.owner, order_id, 1200, date(2026, 3, 1))

    close_account(by, Parting.NOTHING)

    found = order(order_id)
    assert (found.name, found.state, ledger(order_id)) == ("", OrderState.ACCEPTED, [("owed", 1200), ("paid", 1200)])
    version = db.session.query(Delivery).one()
    assert (version.text, len(version.digest), version.emptied_at) == ("", 64, clock.now())
    assert db.session.get_one(Person, by.person_id).account_id is None


def test_a_due_can_be_waived_instead():
    """Case 23."""
    job = published()
    order_id, by = accepted(job)
    [owed] = db.session.scalars(db.select(DueEntry.id)).all()
    db.session.rollback()
    dues.waive_due(by, owed, 1200)

    close_account(by, Parting.NOTHING)

    assert ledger(order_id) == [("owed", 1200), ("correction", -1200)]


def test_a_waiver_gives_up_the_sum_that_was_read_and_both_statements_agree():
    """Case 23."""
    job = published()
    order_id, by = accepted(job)
    dues.note_payment(job.owner, order_id, 500, date(2026, 3, 1))
    dues.add_bonus(job.owner, [order_id], 300)
    for stranger in (job.owner, worker()):
        with pytest.raises(NotFound):
            dues.waive_open(stranger, order_id, 1000)
    with pytest.raises(Changed):
        dues.waive_open(by, order_id, 700)

    dues.waive_open(by, order_id, 1000)

    assert ledger(order_id)[3:] == [("correction", -300), ("correction", -700)]
    with pytest.raises(Changed):
        dues.waive_open(by, order_id, 0)
    mine = statement_of_worker(db.session(), by, 2026, "Europe/Berlin").sums
    theirs = statement_of_organisation(db.session(), job.owner, job.organisation_id, 2026, "Europe/Berlin").sums
    assert mine == theirs == {"EUR": (500, 500)}
    db.session.rollback()
    close_account(by, Parting.NOTHING)
    assert statement_of_organisation(db.session(), job.owner, job.organisation_id, 2026, "Europe/Berlin").sums == theirs


def test_an_account_with_a_running_order_stays_and_an_application_goes_with_it():
    job, wanted = published(), on_application()
    order_id, by = working(job)
    application, _ = apply(wanted, by)
    with pytest.raises(WorkOpen):
        close_account(by, Parting.NOTHING)
    orders.hand_back(by, order_id)

    close_account(by, Parting.NOTHING)

    assert (order(application).state, order(application).name, order(application).sentence) == ("withdrawn", "", "")


def test_a_member_who_decided_leaves_and_the_decision_stays():
    job = published()
    moderator = factories.member(job.organisation_id, job.owner)
    order_id, _ = delivered(job)
    orders.accept_delivery(moderator, order_id, 1)

    close_account(moderator, Parting.NOTHING)

    assert db.session.query(Review).one().account_id is None
    assert db.session.query(DueEntry).one().account_id is None
    assert db.session.get(Account, moderator.account_id) is None


def test_an_organisation_that_owes_something_is_not_deleted_and_its_dues_outlive_it():
    """Case 23."""
    job, empty = published(), published()
    order_id, by = accepted(job)
    with pytest.raises(WorkOpen):
        deleting.delete_organisation(job.owner, job.organisation_id, "Mill & Oven")
    dues.note_payment(job.owner, order_id, 1200, date(2026, 3, 1))
    db.session.rollback()

    deleting.delete_organisation(job.owner, job.organisation_id, "Mill & Oven")
    deleting.delete_organisation(empty.owner, empty.organisation_id, "Mill & Oven")

    assert ledger(order_id) == [("owed", 1200), ("paid", 1200)]
    assert db.session.get_one(Organisation, job.organisation_id).name == ""
    kept = db.session.get_one(Job, job.id)
    assert (kept.is_hidden, kept.state) == (True, "closed")
    assert [terms.title for terms in db.session.query(Terms)] == [""]
    assert db.session.get(Organisation, empty.organisation_id) is None
    assert db.session.get(Job, empty.id) is None
    assert list(audit.check(db.session())) == []
    dues.contest_payment(by, db.session.query(DueEntry).filter_by(kind="paid").one().id)


def test_a_challenge_whose_people_work_on_a_job_is_not_deleted():
    room = factories.room()
    title, of = room.round.challenge.title, factories.Company(room.organisation_id, room.owner)
    db.session.rollback()
    job = published(of, seen_by="room", room_id=room.id)
    person = worker()
    factories.participant(room, actor=person)
    order_id, _ = working(job, person)
    with pytest.raises(WorkOpen):
        deleting.delete_challenge(room.owner, room.id, title)
    orders.hand_back(person, order_id)

    deleting.delete_challenge(room.owner, room.id, title)

    assert order(order_id).state == OrderState.HANDED_BACK


def test_an_overdue_payment_stops_new_jobs_until_it_is_noted(still):
    """Case 9."""
    of = factories.company()
    order_id, _ = accepted(published(of))
    still.advance(14 * DAY + 1)
    with pytest.raises(PaymentOverdue):
        published(of)
    dues.note_payment(of.owner, order_id, 1200, clock.now().date())

    published(of)


@pytest.mark.parametrize(("passed", "kept"), [(29, None), (30, [30])])
def test_a_report_of_work_done_before_the_order_is_left_out_rather_than_shown_as_quick(still, passed, kept):
    """Clamped, it would show a rate above the company's own."""
    job = published()
    order_id, worker = working(job)
    still.advance(passed * 60)
    orders.deliver(worker, order_id, WorkForm("Rye", ticked=frozenset({0, 1}), minutes=95))

    assert db.session.query(Terms).filter_by(job_id=job.id).one().minutes == 30
    assert reported_minutes(db.session(), {job.id}).get(job.id) == kept


def test_minutes_that_cannot_be_are_clamped_and_all_versions_are_added(still):
    """Case 18."""
    job = published(places=3)
    first, by = working(job)
    second, other = working(job)
    third, silent = working(job)
    still.advance(3600)
    orders.deliver(by, first, WorkForm("Rye", ticked=frozenset({0, 1}), minutes=9999))
    orders.deliver(other, second, WorkForm("Rye", ticked=frozenset({0, 1}), minutes=-7))
    orders.deliver(silent, third, WorkForm("Rye", ticked=frozenset({0, 1})))

    assert reported_minutes(db.session(), {job.id}) == {job.id: [60, 1]}
    terms = db.session.query(Terms).filter_by(job_id=job.id).one()
    line = job_pay(db.session(), db.session.get_one(Job, job.id), terms).line
    assert (line.slow, line.fast) == (1200, 72000)
    assert WORK.minutes == 40
    assert db.session.query(WorkOrder).count() == 3
