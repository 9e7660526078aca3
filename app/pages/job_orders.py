"""The people of a job as its organisation sees them: what needs a decision first, applications, orders with clocks."""

from dataclasses import dataclass
from typing import Any

from flask_babel import format_number
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import work_kinds
from app.pages.orders import CLOCKS, StateTag, state_tag, waits_for_company
from ideas import clock
from ideas.actor import Actor
from ideas.models import WorkOrder
from ideas.orders import ENDED, OrderState
from ideas.queries.orders import OrderRow, orders_of_job
from ideas.queries.records import WorkerRecord


@dataclass(frozen=True)
class PersonRow:
    """An order in a list: its state, what the company has to do with it, the words before the moment at which its state
    ends, and the record of an applicant.
    """

    order: WorkOrder
    tag: StateTag
    waits: Any
    clock: Any
    record: str


@dataclass(frozen=True)
class JobPeople:
    """The people of a job: what needs a decision by its clock, applications by arrival, what runs, what has ended."""

    waiting: list[PersonRow]
    applied: list[PersonRow]
    running: list[PersonRow]
    ended: list[PersonRow]

    @property
    def is_empty(self) -> bool:
        return not (self.waiting or self.applied or self.running or self.ended)


def job_people(session: Session, actor: Actor, job_id: int) -> JobPeople:
    """The people of a job, at a fixed number of statements. :raise NotFound: for others than members."""
    groups: dict[str, list[PersonRow]] = {"waiting": [], "applied": [], "running": [], "ended": []}
    for found in orders_of_job(session, actor, job_id):
        state, record = found.order.state, record_said(found.record) if found.record else ""
        row = PersonRow(found.order, state_tag(found.order), waits_for_company(found), CLOCKS.get(state, ""), record)
        groups[_group_of(found)].append(row)
    for name in ("waiting", "running"):
        groups[name].sort(key=lambda row: (row.order.until or clock.now(), row.order.id))
    return JobPeople(**groups)


def _group_of(row: OrderRow) -> str:
    if row.order.state == OrderState.APPLIED:
        return "applied"
    if row.waits_for_company:
        return "waiting"
    return "ended" if row.order.state in ENDED else "running"


def record_said(record: WorkerRecord) -> str:
    """The record of a person in counts: no share, and no mark."""
    if not (record.delivered or record.accepted or record.declined):
        return _("New here: no delivery in the last twelve months.")
    said = [
        _("accepted: %(n)s", n=format_number(record.accepted)),
        _("changes asked for: %(n)s", n=format_number(record.changes_asked)),
        _("declined: %(n)s", n=format_number(record.declined)),
        _("on time: %(n)s of %(all)s", n=format_number(record.in_time), all=format_number(record.delivered)),
    ]
    kinds = ", ".join(f"{work_kinds.PRESENTERS[kind].name} {format_number(n)}" for kind, n in record.by_kind.items())
    return " · ".join(said + ([kinds] if kinds else []))
