"""What waits for an organisation in the orders of its jobs, for its dashboard."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ideas import clock
from ideas.models import Job, Terms, WorkOrder
from ideas.orders import OrderState
from ideas.queries.blocking import CLOCK_STANDS
from ideas.queries.orders import TO_DECIDE


@dataclass(frozen=True)
class OrderBacklog:
    """So many orders of a job in one state wait for the organisation. `since` is when the oldest began to wait, `until`
    when silence ends the next one.
    """

    job_code: str
    title: str
    language: str
    state: OrderState
    n: int
    since: datetime
    until: datetime | None


def waiting_orders(session: Session, organisation_id: int) -> list[OrderBacklog]:
    """What waits in the jobs of an organisation, by job and state; in one statement for any number of jobs."""
    query = (
        select(Job.code, Terms.title, Terms.language, WorkOrder.state, func.count(), func.min(WorkOrder.since))
        .add_columns(func.min(WorkOrder.until))
        .select_from(WorkOrder)
        .join(Job, Job.id == WorkOrder.job_id)
        .join(Terms, (Terms.job_id == Job.id) & (Terms.n == Job.terms_n))
        .where(Job.organisation_id == organisation_id, or_(WorkOrder.state.in_(TO_DECIDE), CLOCK_STANDS))
        .group_by(Job.id, Job.code, Terms.title, Terms.language, WorkOrder.state)
    )
    return [OrderBacklog(*row) for row in session.execute(query.order_by(func.min(WorkOrder.until))).tuples()]


@dataclass(frozen=True)
class OverdueRow:
    """Orders of which a payment is overdue; the oldest since `since`."""

    n: int
    since: datetime


def overdue_since(session: Session, organisation_id: int) -> OverdueRow | None:
    """What an organisation has not paid in time, whether or not the clock ran; None if there is nothing."""
    query = select(func.count(), func.min(WorkOrder.pay_by)).join(Job, Job.id == WorkOrder.job_id)
    query = query.where(Job.organisation_id == organisation_id, WorkOrder.pay_by < clock.now())
    n, since = session.execute(query).tuples().one()
    return OverdueRow(n, since) if since else None
