"""The list of open jobs: the database judges the pay as the page of a job does."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from ideas import clock
from ideas.actor import NOBODY
from ideas.database import db, write
from ideas.installation import FloorRule
from ideas.job_access import is_in_force
from ideas.models import Delivery, Job, Taking, Terms, WorkOrder
from ideas.orders import OrderState
from ideas.queries.job_pay import is_below_floor, job_pay
from ideas.queries.jobs import JobOrder, JobQuery, open_jobs
from ideas.services import installation
from tests import factories, orders
from tests import jobs as made

FAIR = {"cents": 1200, "minutes": 40}  # 18.00 EUR an hour; twice the time is below the floor of 13.90


@pytest.fixture
def without_floor(app):
    """The operator permits pay below the floor."""
    rules = installation.JobRules(floor=FloorRule.WARN)
    installation.choose_job_rules(made.operator(), rules, seen=installation.job_rules())


def reported(of: orders.PublishedJob, *minutes: int) -> orders.PublishedJob:
    """Orders of a job whose workers needed so many minutes."""
    now, terms = clock.now(), db.session.scalars(select(Terms).filter_by(job_id=of.id)).one()
    people = [made.worker().person_id for _ in minutes]
    with write() as transaction:
        for n, each in enumerate(minutes):
            order = WorkOrder(job_id=of.id, terms_id=terms.id, person_id=people[n], state=OrderState.ACCEPTED, nth=1)
            order.applied_at, order.since, order.begun_at = now, now, now - timedelta(days=3)
            transaction.session.add(order)
            transaction.session.flush()
            version = Delivery(order_id=order.id, n=1, minutes=each, digest=f"{n}", delivered_at=now)
            transaction.session.add(version)
    return of


def test_the_database_judges_the_pay_as_the_page_does(without_floor):
    slow, other = factories.company(), factories.company()
    jobs = {
        "fair": orders.published(other, **FAIR),
        "cheap": orders.published(other, cents=1389, minutes=60),
        "at the floor": orders.published(other, cents=1390, minutes=60),
        "in a currency without a floor": orders.published(other, cents=10, minutes=60, currency="CHF"),
        "fair by few reports": reported(orders.published(other, **FAIR), 100, 100, 100, 100),
        "cheap by an average": reported(orders.published(other, **FAIR), *[100] * 5),
        "fair by an average": reported(orders.published(other, cents=1389, minutes=60), *[30] * 5),
        "fair, of a company that expects too little": orders.published(slow, **FAIR),
    }
    for _ in range(3):
        reported(orders.published(slow, **FAIR), *[80] * 5)
    below = select(Job, Terms, is_below_floor(db.session(), clock.now())).join(Terms, is_in_force())

    judged = {
        job.id: (bool(of), bool(job_pay(db.session(), job, terms).line.is_below))
        for job, terms, of in db.session.execute(below)
    }

    assert all(by_database == by_page for by_database, by_page in judged.values())
    cheap = {name for name, of in jobs.items() if judged[of.id][0]}
    assert cheap == {"cheap", "cheap by an average", "fair, of a company that expects too little"}


def test_a_page_of_the_list_leaves_out_what_is_taken_and_counts_the_rest(app):
    company = factories.company()
    ids = [orders.published(company, title=f"Rye number {n}", cents=2000 + n).id for n in range(5)]
    taken = orders.published(company, title="Rye, taken", taking=Taking.FIRST_COME)
    orders.working(taken)

    def found(**asked):
        page = open_jobs(db.session(), NOBODY, JobQuery(2, **asked))
        return [row.job.id for row in page.rows], page.number, page.found, page.all

    assert found(order=JobOrder.PAY) == (ids[:2:-1], 1, 5, 5)
    assert found(order=JobOrder.PAY, page=3) == (ids[:1], 3, 5, 5)
    assert found(page=9, search="RYE 1") == ([ids[1]], 1, 1, 5)
    assert found(page=9) == (ids[:1], 3, 5, 5)
    assert found(search="wheat") == ([], 1, 0, 5)
