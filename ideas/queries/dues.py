"""What is owed and paid: the ledger of orders with its sums, and what is overdue."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas import clock
from ideas.dues import Balance, DueKind, DueLine, balance_of, noted_cents
from ideas.models import DueEntry, Job, WorkOrder


@dataclass(frozen=True)
class DueRow:
    """An entry of the ledger as pages show it. `noted`: its cents with corrections. `answer`: what the worker said to a
    payment.
    """

    id: int
    kind: DueKind
    cents: int
    currency: str
    at: datetime
    about_id: int | None
    paid_on: date | None
    reference: str
    noted: int
    answer: DueKind | None = None


@dataclass(frozen=True)
class Ledger:
    """The entries of an order in their order, with the sums."""

    rows: tuple[DueRow, ...]
    sums: Balance


def ledgers(session: Session, order_ids: Collection[int]) -> dict[int, Ledger]:
    """`{order: its ledger}`, of those that have one; one statement for any number."""
    found: defaultdict[int, list[DueEntry]] = defaultdict(list)
    query = select(DueEntry).where(DueEntry.order_id.in_(order_ids)).order_by(DueEntry.id)
    for entry in session.scalars(query) if order_ids else ():
        found[entry.order_id].append(entry)
    return {order_id: _ledger(entries) for order_id, entries in found.items()}


def _ledger(entries: list[DueEntry]) -> Ledger:
    answers = {e.about_id: e.kind for e in entries if e.kind in (DueKind.CONFIRMED, DueKind.CONTESTED)}
    lines = [DueLine(e.id, e.kind, e.cents, e.currency, e.about_id) for e in entries]
    noted = {line.id: noted_cents(lines, line) for line in lines}
    rows = tuple(
        DueRow(
            e.id, e.kind, e.cents, e.currency, e.at, e.about_id, e.paid_on, e.reference, noted[e.id], answers.get(e.id)
        )
        for e in entries
    )
    return Ledger(rows, balance_of(lines))


def unsettled_orders(session: Session, organisation_id: int) -> int:
    """The number of orders of an organisation on which money is open, overdue or not."""
    query = select(func.count()).select_from(WorkOrder).join(Job, Job.id == WorkOrder.job_id)
    return session.scalar(query.where(Job.organisation_id == organisation_id, WorkOrder.pay_by.is_not(None))) or 0


def overdue_orders(session: Session, organisation_id: int) -> int:
    """The number of orders of an organisation of which a payment is overdue now, whether or not the clock ran."""
    query = select(func.count()).select_from(WorkOrder).join(Job, Job.id == WorkOrder.job_id)
    query = query.where(Job.organisation_id == organisation_id, WorkOrder.pay_by < clock.now())
    return session.scalar(query) or 0
