"""A job that falls below the floor by reported times: what it needs, and the top-up of those whom it paid."""

from datetime import UTC, datetime
from functools import partial

import pytest

from ideas import clock
from ideas.database import db, require
from ideas.errors import Changed, Forbidden
from ideas.job_access import present_terms
from ideas.models import Job, JobState
from ideas.queries.dues import ledgers
from ideas.queries.job_pay import job_pay
from ideas.queries.top_ups import TopUp, top_up_of
from ideas.services import dues, jobs, orders
from tests import factories
from tests.orders import WORK, PublishedJob, below_floor, published, working


@pytest.fixture
def job(app):
    return below_floor()


def needed(of: PublishedJob) -> TopUp | None:
    db.session.rollback()
    session, job = db.session(), require(db.session(), Job, of.id)
    return top_up_of(session, job, job_pay(session, job, present_terms(session, job)))


def entries(order_id: int) -> list[tuple[str, int]]:
    return [(str(row.kind), row.cents) for row in ledgers(db.session(), [order_id])[order_id].rows]


def test_a_job_below_the_floor_says_what_it_needs_and_tops_up_by_one_act(job):
    assert jobs.pause_jobs_below_floor() == 1
    up = needed(job)

    assert (up.minutes, up.cents, up.each, up.total) == (34, 788, 438, 3 * 438)
    with pytest.raises(Changed):
        dues.top_up_orders(job.owner, job.id, 438)
    with pytest.raises(Forbidden):
        dues.top_up_orders(factories.member(job.organisation_id, job.owner), job.id, up.total)
    assert dues.top_up_orders(job.owner, job.id, up.total) == 3

    assert [entries(each) for each in up.missing] == [[("owed", 350), ("bonus", 438)]] * 3
    after = needed(job)
    assert (dict(after.missing), after.topped) == ({}, 3)
    with pytest.raises(Changed):
        dues.top_up_orders(job.owner, job.id, up.total)
    assert require(db.session(), Job, job.id).state == JobState.PAUSED, "new places still need more pay"


def test_orders_are_topped_up_to_the_floor_of_their_time_and_only_for_what_is_missing(job, monkeypatch):
    first = min(needed(job).missing)
    dues.add_bonus(job.owner, [first], 100)
    monkeypatch.setattr(clock, "now", partial(lambda at: at, datetime(2027, 1, 2, tzinfo=UTC)))

    up = needed(job)

    assert (up.floor.cents, up.cents) == (1460, 828), "what new terms have to pay"
    assert sorted(up.missing.values()) == [338, 438, 438]
    assert up.each is None


def test_an_estimate_alone_tops_nobody_up(app, monkeypatch):
    job = published(cents=350, minutes=15)
    assert needed(job) is None
    order_id, by = working(job)
    orders.deliver(by, order_id, WORK)
    orders.accept_delivery(job.owner, order_id, 1)
    monkeypatch.setattr(clock, "now", partial(lambda at: at, datetime(2027, 1, 2, tzinfo=UTC)))

    assert (needed(job).cents, dict(needed(job).missing)) == (365, {})
