"""Published jobs and orders in each state, made through the services."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from ideas import clock
from ideas.actor import Actor
from ideas.database import db, require, write
from ideas.job_terms import JobForm
from ideas.models import Taking, WorkOrder
from ideas.services import jobs, orders
from ideas.services.orders import ApplicationForm, Fault, WorkForm
from tests import factories
from tests.jobs import worker

FORM = JobForm(
    title="A text of 300 words",
    brief="Describe the new bread.",
    example="The crust sings.",
    criteria=("It has 300 words", "It names the grain"),
    cents=1200,
    minutes=30,
    licence_use="Our web page",
    taking=Taking.FIRST_COME,
)

REASON = "It names no grain at all, in no sentence of the three."
FAULT = Fault(1, REASON)
WORK = WorkForm("The crust sings of rye.", ticked=frozenset({0, 1}), minutes=40)


@dataclass(frozen=True)
class PublishedJob:
    """A published job with its organisation and an owner of it."""

    id: int
    organisation_id: int
    owner: Actor


def published(of: factories.Company | None = None, **fields: Any) -> PublishedJob:
    """A job that gives places to whoever comes first; `fields` override its terms."""
    of = of or factories.company()
    job_id = jobs.begin_job(of.owner, of.id, replace(FORM, **fields))
    jobs.publish_job(of.owner, job_id, seen="1.0")
    return PublishedJob(job_id, of.id, of.owner)


def working(job: PublishedJob, by: Actor | None = None) -> tuple[int, Actor]:
    """An order of a first-come job. :return: its id and its worker."""
    by = by or worker()
    return orders.take_place(by, job.id, 1, ApplicationForm("Kim")), by


def delivered(job: PublishedJob, by: Actor | None = None) -> tuple[int, Actor]:
    order_id, by = working(job, by)
    orders.deliver(by, order_id, WORK)
    return order_id, by


def declined(job: PublishedJob, decliner: Actor | None = None) -> tuple[int, Actor]:
    order_id, by = delivered(job)
    orders.decline_delivery(decliner or job.owner, order_id, 1, FAULT)
    return order_id, by


def accepted(job: PublishedJob, by: Actor | None = None) -> tuple[int, Actor]:
    order_id, by = delivered(job, by)
    orders.accept_delivery(job.owner, order_id, 1)
    return order_id, by


def order(order_id: int) -> WorkOrder:
    """The order as it is stored now."""
    db.session.rollback()
    return db.session.get_one(WorkOrder, order_id)


def apply(job: PublishedJob, by: Actor | None = None, name: str = "Kim") -> tuple[int, Actor]:
    by = by or worker()
    return orders.apply_for_job(by, job.id, ApplicationForm(name, "I bake.")), by


on_application = partial(published, taking=Taking.APPLY)


def below_floor(of: factories.Company | None = None) -> PublishedJob:
    """A job that pays 14.00 EUR an hour by its estimate: five people needed 34 minutes, and three were accepted."""
    job = published(of, cents=350, minutes=15, places=6)
    for n, minutes in enumerate((20, 30, 34, 40, 60)):
        order_id, by = working(job)
        with write() as transaction:
            require(transaction.session, WorkOrder, order_id).begun_at = clock.now() - timedelta(hours=2)
        orders.deliver(by, order_id, replace(WORK, minutes=minutes))
        if n < 3:
            orders.accept_delivery(job.owner, order_id, 1)
    return job
