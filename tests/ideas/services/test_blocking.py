"""Questions that block the work: the clock of an order stands until the answer, and after three days one may leave."""

import json
from datetime import timedelta

import pytest

from ideas import audit, clock
from ideas.database import db
from ideas.errors import Conflict, OrderMoved
from ideas.models import Delivery, DueEntry, JournalEntry, Notification
from ideas.order_steps import open_cents
from ideas.orders import OrderState
from ideas.queries.orders import order_view
from ideas.queries.records import worker_records
from ideas.services import jobs, order_clock, orders
from tests.jobs import worker
from tests.orders import WORK, order, published, working

HOUR, DAY = 3600, 24 * 3600
TIME = timedelta(hours=72)


@pytest.fixture(autouse=True)
def still(app, frozen_clock):
    return frozen_clock


def ask(job, by, text="Rye or wheat?") -> int:
    return jobs.ask_about_job(by, job.id, text, is_blocking=True)


def run_clock(still, seconds: float) -> None:
    still.advance(seconds)
    order_clock.run_order_clock()
    assert order_clock.run_order_clock() == 0


def reasons_of(order_id, person) -> list[str]:
    rows = db.session.query(Notification).filter_by(subject=f"order-{order_id}", person_id=person.person_id)
    return [row.reason for row in rows]


def test_the_deadline_moves_by_the_time_that_the_answer_took(still):
    job = published(places=2)
    (order_id, by), (other, _) = working(job), working(job)
    begun = clock.now()
    still.advance(10 * HOUR)
    first = ask(job, by)
    still.advance(10 * HOUR)
    second = ask(job, by, "Which grain?")
    still.advance(20 * HOUR)
    jobs.answer_about_job(job.owner, job.id, first, "Rye.")
    assert order(order_id).clock_stands, "the second one is still open"
    run_clock(still, 10 * DAY)
    assert order(order_id).state == OrderState.WORKING
    assert order(other).state == OrderState.LAPSED, "the clock of nobody else stands"

    jobs.answer_about_job(job.owner, job.id, second, "Rye.")
    jobs.answer_about_job(job.owner, job.id, second, "Rye, rye.")

    stood = timedelta(hours=30, days=10)
    row = order(order_id)
    assert (row.until, row.deadline) == (begun + TIME + stood,) * 2
    assert row.remind_at > clock.now()
    run_clock(still, 61 * HOUR)
    assert order(order_id).state == OrderState.WORKING
    run_clock(still, HOUR)
    assert order(order_id).state == OrderState.LATE
    assert "order_moved" in reasons_of(order_id, by)


def test_work_is_in_time_while_the_clock_stands(still):
    job = published()
    order_id, by = working(job)
    ask(job, by)
    still.advance(30 * DAY)

    orders.deliver(by, order_id, WORK)

    assert db.session.scalars(db.select(Delivery)).one().is_late is False


def test_after_three_days_without_an_answer_the_worker_leaves_with_a_part_and_no_mark(still):
    job = published()
    order_id, by = working(job)
    still.advance(HOUR)
    ask(job, by)
    still.advance(3 * DAY - 1)
    with pytest.raises(Conflict):
        orders.leave_order(by, order_id)
    assert "leave" not in order_view(db.session(), by, order_id).acts
    still.advance(1)
    assert "leave" in order_view(db.session(), by, order_id).acts

    assert orders.leave_order(by, order_id) == 360

    [due] = db.session.scalars(db.select(DueEntry)).all()
    assert (due.kind, due.cents, open_cents(db.session(), order_id)) == ("part", 360, 360)
    row = order(order_id)
    assert (row.state, row.place, row.until, row.pay_by) == (
        *(OrderState.LEFT, None, None),
        clock.now() + timedelta(days=14),
    )
    record = worker_records(db.session(), {by.person_id})[by.person_id]
    assert (record.accepted, record.declined, record.delivered) == (0, 0, 0)
    assert reasons_of(order_id, job.owner)[-1] == "order_waits"
    assert list(audit.check(db.session())) == []
    working(job)  # the place is free


def test_an_answer_ends_the_right_to_leave(still):
    job = published()
    order_id, by = working(job)
    question = ask(job, by)
    still.advance(4 * DAY)
    jobs.answer_about_job(job.owner, job.id, question, "Rye.")

    with pytest.raises(Conflict):
        orders.leave_order(by, order_id)


def test_only_who_is_at_work_and_in_time_blocks(still):
    job = published()
    order_id, by = working(job)
    with pytest.raises(OrderMoved):
        ask(job, worker())
    still.advance(72 * HOUR)

    with pytest.raises(OrderMoved):
        ask(job, by)  # although the loop did not run

    order_clock.run_order_clock()
    assert order(order_id).state == OrderState.LATE


def test_a_running_order_may_ask_after_the_job_was_closed():
    job = published()
    order_id, by = working(job)
    jobs.close_job(job.owner, job.id)

    ask(job, by)

    assert order(order_id).clock_stands
    with pytest.raises(Conflict):
        jobs.ask_about_job(worker(), job.id, "Is it over?")


def test_the_journal_names_order_and_question_by_number_only(still):
    job = published()
    order_id, by = working(job)
    question = ask(job, by, "Unmistakable?")
    jobs.answer_about_job(job.owner, job.id, question, "Indeed.")

    bodies = [json.loads(body) for body in db.session.scalars(db.select(JournalEntry.body).order_by(JournalEntry.seq))]
    moved = [body for body in bodies if body["kind"] == "order-clock"]
    assert [(body["order"], body["question"], body["clock"]) for body in moved] == [
        (order_id, question, "stands"),
        (order_id, question, "runs"),
    ]
    assert not any(word in str(bodies) for word in ("Unmistakable", "Indeed"))
