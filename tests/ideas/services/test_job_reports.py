"""What public reports about other tools say goes wrong with places, people, payments and deliveries."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ideas import clock
from ideas.database import db, write
from ideas.errors import Forbidden, Invalid, JobFull, JobNotOpen, OrderExists, OrderMoved, OwnJob, PaymentOverdue
from ideas.job_terms import RANGES
from ideas.mailboxes import mailbox_of
from ideas.models import Member, Role, Ruling
from ideas.orders import OrderState
from ideas.queries.dues import overdue_orders
from ideas.queries.jobs import places_taken
from ideas.queries.orders import is_second_person
from ideas.services import dues, jobs, operators, orders
from ideas.services.order_clock import run_order_clock
from ideas.services.orders import WORK_MAX, ApplicationForm, Fault, WorkForm
from tests import factories
from tests.jobs import operator, worker
from tests.orders import (
    FORM,
    REASON,
    WORK,
    accepted,
    apply,
    declined,
    delivered,
    on_application,
    order,
    published,
    working,
)

DAY = 24 * 3600
TICKED = frozenset({0, 1})


@pytest.fixture(autouse=True)
def still(app, frozen_clock):
    return frozen_clock


def join(job, person):
    with write() as transaction:
        row = Member(organisation_id=job.organisation_id, account_id=person.account_id, role=Role.OWNER)
        row.joined_at = clock.now()
        transaction.session.add(row)


def change(job, **fields):
    """Publish terms 2."""
    seen = jobs.save_terms(job.owner, job.id, replace(FORM, **fields), seen="2.0")
    return jobs.publish_job(job.owner, job.id, seen=seen)


def overdue(job):
    db.session.rollback()
    return overdue_orders(db.session(), job.organisation_id)


# Places


def test_fewer_places_count_the_orders_that_hold_places_with_higher_numbers():
    job = published(places=3)
    (first, kim), (second, lee), _ = [working(job) for _ in range(3)]
    orders.hand_back(kim, first)
    orders.hand_back(lee, second)
    change(job, places=1)

    with pytest.raises(JobFull):
        orders.take_place(worker(), job.id, 2, ApplicationForm("Kim"))


def test_the_work_of_a_lapsed_order_is_one_too_many_if_its_worker_took_another_place(still):
    job = published(places=3)
    lapsed, by = working(job)
    still.advance(5 * DAY)
    run_order_clock()
    again, _ = delivered(job, by)
    orders.deliver(by, lapsed, WORK)
    still.advance(8 * DAY)
    run_order_clock()

    assert (order(lapsed).state, order(again).state) == (OrderState.PASSED_OVER, OrderState.ACCEPTED)


def test_no_place_is_taken_after_the_time_to_apply(still):
    job = published(apply_by=clock.now() + timedelta(days=1))
    still.advance(DAY)

    with pytest.raises(JobNotOpen):
        working(job)


def test_two_spellings_of_an_address_have_the_orders_of_one_person():
    job = published(places=3)
    working(job, worker("kim@gmail.com"))

    with pytest.raises(OrderExists):
        working(job, worker("k.im+two@googlemail.com"))
    working(job, worker("kim@example.org"))


def test_an_offer_that_is_over_holds_no_place_although_no_clock_ran(still):
    job = on_application()
    first, _ = apply(job)
    second, _ = apply(job)
    orders.offer_place(job.owner, first)
    with pytest.raises(JobFull):
        orders.offer_place(job.owner, second)
    db.session.rollback()
    still.advance(2 * DAY)

    assert places_taken(db.session(), [job.id]) == {}
    db.session.rollback()
    orders.offer_place(job.owner, second)

    assert (order(first).state, order(second).state) == (OrderState.EXPIRED, OrderState.OFFERED)


def test_lapsed_work_holds_no_place_and_a_day_of_grace_does(still):
    job = published()
    working(job)
    still.advance(3 * DAY + DAY - 1)
    with pytest.raises(JobFull):
        working(job)
    assert places_taken(db.session(), [job.id]) == {job.id: 1}
    db.session.rollback()
    still.advance(1)

    assert places_taken(db.session(), [job.id]) == {}
    db.session.rollback()
    working(job)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kim@gmail.com", "K.im+jobs@googlemail.com"),
        ("kim@müller.de", "kim@xn--mller-kva.de"),
        ("kim@example.org", "KIM@example.org"),
    ],
)
def test_spellings_of_one_mailbox_are_one(one, other):
    assert mailbox_of(one) == mailbox_of(other)
    assert mailbox_of("kim@strasse.de") != mailbox_of("kim@straße.de"), "these are two domains"


# People who change sides


def test_an_applicant_who_became_a_member_gets_no_place_and_decides_nothing_about_their_order():
    job = on_application(places=2)
    (applied, kim), (offered, lee) = apply(job), apply(job)
    orders.offer_place(job.owner, offered)
    join(job, kim)
    join(job, lee)

    with pytest.raises(OwnJob):
        orders.offer_place(job.owner, applied)
    with pytest.raises(OwnJob):
        orders.confirm_terms(lee, offered, 1)
    with pytest.raises(Forbidden):
        orders.cancel_order(lee, offered)  # it would owe them money
    assert orders.cancel_order(job.owner, offered) == 360


def test_a_worker_who_became_a_member_is_no_second_person_so_an_operator_decides():
    job = published()
    order_id, by = declined(job)
    orders.object_to_decline(by, order_id, "It names rye.")
    orders.answer_objection(job.owner, order_id, Ruling.STAY, "It does not.")
    join(job, by)

    orders.answer_objection(operator(), order_id, Ruling.STAY, "It does not.")

    assert order(order_id).state == OrderState.UPHELD


def test_a_disabled_member_is_no_second_person_so_an_operator_decides():
    job = published()
    colleague = factories.member(job.organisation_id, job.owner)
    order_id, by = declined(job)
    orders.object_to_decline(by, order_id, "It names rye.")
    orders.answer_objection(job.owner, order_id, Ruling.STAY, "It does not.")
    boss = operator()
    assert not is_second_person(db.session(), boss, order(order_id))
    db.session.rollback()

    operators.disable_account(boss, colleague.account_id, "Spam")

    assert is_second_person(db.session(), boss, order(order_id))
    assert not is_second_person(db.session(), colleague, order(order_id))


def test_an_applicant_whose_second_account_became_a_member_gets_no_place():
    """Case 19."""
    job = on_application(places=2)
    applied, _ = apply(job, worker("kim@gmail.com"))
    join(job, worker("k.im@googlemail.com"))

    with pytest.raises(OwnJob):
        orders.offer_place(job.owner, applied)


def test_nobody_begins_to_work_on_a_hidden_job():
    job = on_application()
    order_id, by = apply(job)
    orders.offer_place(job.owner, order_id)
    jobs.hide_job(operator(), job.id, "It asks for identity papers.")

    with pytest.raises(JobNotOpen):
        orders.confirm_terms(by, order_id, 1)


# Money


def test_a_note_that_is_contested_or_taken_back_gives_the_company_no_new_time(still):
    job = published()
    order_id, by = accepted(job)
    still.advance(15 * DAY)
    paid = dues.note_payment(job.owner, order_id, 1200, clock.now().date())
    assert not overdue(job)

    dues.contest_payment(by, paid)
    assert overdue(job)
    paid = dues.note_payment(job.owner, order_id, 1200, clock.now().date())
    dues.correct_payment(job.owner, paid, -1)
    assert overdue(job)


def test_a_bonus_has_its_own_time_and_what_was_owed_before_keeps_its_own(still):
    job = published()
    order_id, _ = accepted(job)
    still.advance(15 * DAY)
    dues.add_bonus(job.owner, [order_id], 300)
    dues.note_payment(job.owner, order_id, 1199, clock.now().date())
    assert overdue(job)

    dues.note_payment(job.owner, order_id, 1, clock.now().date())

    assert not overdue(job)
    still.advance(14 * DAY + 1)
    assert overdue(job)


def test_a_stopped_server_takes_no_time_to_pay_from_the_company(still):
    job = published()
    order_id, _ = delivered(job)
    accepted_at = clock.now() + timedelta(days=7)
    still.advance(60 * DAY)

    run_order_clock()

    assert (order(order_id).since, order(order_id).pay_by) == (accepted_at, clock.now() + timedelta(days=14))
    assert not overdue(job)


def test_an_overdue_payment_stops_more_places_and_no_other_change_of_terms(still):
    job = published()
    accepted(job)
    still.advance(15 * DAY)

    with pytest.raises(PaymentOverdue):
        change(job, places=500)
    jobs.discard_draft(job.owner, job.id)
    assert change(job, cents=1500) == 2


def test_a_payment_has_a_day_since_the_order_began():
    job = published()
    order_id, _ = accepted(job)

    with pytest.raises(Invalid) as refused:
        dues.note_payments(job.owner, [order_id], date(26, 3, 1))
    assert refused.value.problems == {"paid_on": "past"}


def test_of_two_members_who_accept_or_pay_one_counts():
    job = published()
    order_id, _ = accepted(job)
    dues.note_payment(job.owner, order_id, 1200, clock.now().date())

    with pytest.raises(OrderMoved):
        orders.accept_delivery(job.owner, order_id, 1)
    with pytest.raises(Invalid):
        dues.note_payment(job.owner, order_id, 1200, clock.now().date())


# What is handed in


def test_what_nobody_sees_or_can_open_is_not_handed_in():
    job = published()
    order_id, by = working(job)
    for text in ("\u2800", "\u3164\n\u3164"):
        with pytest.raises(Invalid):
            orders.deliver(by, order_id, WorkForm(text, ticked=TICKED))
    for link in ("https://", "https://a b.example", "https://[", "https://intranet"):
        with pytest.raises(Invalid) as refused:
            orders.deliver(by, order_id, WorkForm(link=link, ticked=TICKED))
        assert refused.value.problems == {"link": "not_https"}

    orders.deliver(by, order_id, WorkForm("👍", "https://bücher.example/a", ticked=TICKED))


def test_as_many_words_as_terms_may_ask_for_can_be_handed_in():
    most = RANGES["words_min"][1]
    assert RANGES["words_max"][1] == most
    assert len("seventy " * most) <= WORK_MAX


def test_thirty_points_are_no_reason():
    job = published()
    order_id, _ = delivered(job)
    for text in ("." * 30, "no " * 20, "👎" * 30):
        with pytest.raises(Invalid) as refused:
            orders.decline_delivery(job.owner, order_id, 1, Fault(1, text))
        assert refused.value.problems == {"reason": "missing"}

    orders.decline_delivery(job.owner, order_id, 1, Fault(1, REASON))
