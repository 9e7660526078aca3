"""What brings a job up to the floor after people reported their times: a higher pay, and a top-up for those it paid."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.dues import DueLine, promised_cents
from ideas.models import DueEntry, Job, Terms, WorkOrder
from ideas.orders import OrderState
from ideas.pay import Pay, judged_minutes, top_up
from ideas.queries.floors import FloorRow, floors, latest
from ideas.queries.job_pay import JobPay


@dataclass(frozen=True)
class TopUp:
    """A job below the floor. `cents` are what its `minutes` bring at the floor of now: what new terms have to pay.

    `missing`: `{accepted order: cents up to the floor that held when it began}`; `topped` others were brought up to it.
    """

    minutes: int
    floor: FloorRow
    cents: int
    missing: Mapping[int, int]
    topped: int = 0

    @property
    def total(self) -> int:
        return sum(self.missing.values())

    @property
    def each(self) -> int | None:
        """The cents of each order, if they are the same."""
        return next(iter(self.missing.values())) if len(set(self.missing.values())) == 1 else None


def top_up_of(session: Session, job: Job, pay: JobPay) -> TopUp | None:
    """None for a job that is not below the floor. Orders are topped up by reported times only, and by no estimate.

    :param pay: the pay line of its terms in force.
    """
    minutes = judged_minutes(pay.line)
    if not pay.line.is_below or pay.floor is None or minutes is None:
        return None
    up = TopUp(minutes, pay.floor, pay.line.cents + top_up(pay.line.cents, minutes, pay.floor.cents), {})
    if pay.line.kind != Pay.AVERAGE:
        return up
    missing, topped = _missing(session, job, minutes)
    return TopUp(minutes, pay.floor, up.cents, missing, topped)


def _missing(session: Session, job: Job, minutes: int) -> tuple[dict[int, int], int]:
    query = select(WorkOrder.id, WorkOrder.begun_at, Terms).join(Terms, Terms.id == WorkOrder.terms_id)
    query = query.where(WorkOrder.job_id == job.id, WorkOrder.state == OrderState.ACCEPTED).order_by(WorkOrder.id)
    accepted = session.execute(query).tuples().all()
    entries = select(DueEntry).join(WorkOrder, WorkOrder.id == DueEntry.order_id).where(WorkOrder.job_id == job.id)
    lines: defaultdict[int, list[DueLine]] = defaultdict(list)
    for entry in session.scalars(entries.order_by(DueEntry.id)):
        lines[entry.order_id].append(DueLine(entry.id, entry.kind, entry.cents, entry.currency, entry.about_id))
    rows, missing, topped = floors(session), dict[int, int](), 0
    for order_id, begun_at, terms in accepted:
        floor = latest(rows, terms.floor_country, begun_at) if begun_at else None
        if floor is None or floor.currency != terms.currency:
            continue
        if cents := top_up(promised_cents(lines[order_id]), minutes, floor.cents):
            missing[order_id] = cents
        elif top_up(terms.cents or 0, minutes, floor.cents):
            topped += 1
    return missing, topped
