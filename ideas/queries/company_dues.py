"""What an organisation owes and has paid: its orders with money."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from ideas.installation import day_of_books
from ideas.models import DueEntry, Job, WorkOrder


@dataclass(frozen=True)
class OwedOrder:
    """An order that has a ledger, with its own terms."""

    order: WorkOrder
    job_code: str


def orders_with_dues(session: Session, organisation_id: int) -> list[OwedOrder]:
    """The orders of an organisation for which something was ever owed."""
    has_dues = select(DueEntry.id).where(DueEntry.order_id == WorkOrder.id).exists()
    query = (
        select(WorkOrder, Job.code)
        .join(Job, Job.id == WorkOrder.job_id)
        .options(joinedload(WorkOrder.terms))
        .where(Job.organisation_id == organisation_id, has_dues)
    )
    return [OwedOrder(*row) for row in session.execute(query.order_by(WorkOrder.id)).tuples()]


def years_of(session: Session, organisation_id: int) -> list[int]:
    """The years of the statements of an organisation, from its first entry to its last one, the latest first."""
    return _years(session, Job.organisation_id == organisation_id)


def years_of_worker(session: Session, person_id: int | None) -> list[int]:
    """The years of the statements of a person, the latest first."""
    return _years(session, WorkOrder.person_id == (person_id or 0))


def _years(session: Session, which: ColumnElement[bool]) -> list[int]:
    query = select(func.min(DueEntry.at), func.max(DueEntry.at)).join(WorkOrder, WorkOrder.id == DueEntry.order_id)
    query = query.join(Job, Job.id == WorkOrder.job_id).where(which)
    first, last = session.execute(query).tuples().one()
    years = [day_of_books(at).year for at in (first, last) if at]
    return list(range(years[-1], years[0] - 1, -1)) if years else []
