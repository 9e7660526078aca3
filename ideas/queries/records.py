"""The public records of both sides, in counts: no stars, and no percentages. They cover the last twelve months."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ideas import clock
from ideas.dues import DueLine, balance_of, was_paid_in_time
from ideas.models import Delivery, DueEntry, Job, Objection, Review, ReviewDecision, Terms, WorkKind, WorkOrder
from ideas.orders import DONE, OrderState

REACH = timedelta(days=365)

# Work that was decided; a decline to which somebody objects is not decided yet.
DECIDED = DONE | {OrderState.UPHELD}


@dataclass(frozen=True)
class CompanyRecord:
    """What a job shows of its organisation. `review_tenths`: the median of the days to a decision, in tenths; None
    without any. Of `decided` deliveries `paid` were paid for, with nothing open; a declined one never is. Of `to_pay`
    orders `paid_in_time` were paid by the day; `overdue` is now.
    """

    review_tenths: int | None = None
    accepted: int = 0
    decided: int = 0
    paid: int = 0
    paid_in_time: int = 0
    to_pay: int = 0
    overdue: int = 0
    objections_lost: int = 0


@dataclass(frozen=True)
class WorkerRecord:
    """What a company sees of an applicant. `declined` counts jobs: one job adds at most one."""

    accepted: int = 0
    changes_asked: int = 0
    declined: int = 0
    in_time: int = 0
    delivered: int = 0
    by_kind: Mapping[WorkKind, int] = field(default_factory=dict)


def company_record(session: Session, organisation_id: int) -> CompanyRecord:
    """The record of an organisation."""
    return company_records(session, [organisation_id])[organisation_id]


def company_records(session: Session, organisation_ids: Collection[int]) -> dict[int, CompanyRecord]:
    """The records of these organisations, in four statements for any number of them."""
    now = clock.now()
    states = select(Job.organisation_id, WorkOrder.state, Objection.id, WorkOrder.pay_by)
    states = states.join(Job, Job.id == WorkOrder.job_id).outerjoin(Objection, Objection.order_id == WorkOrder.id)
    recent = or_(WorkOrder.since > now - REACH, WorkOrder.pay_by.is_not(None))
    states = states.where(Job.organisation_id.in_(organisation_ids), recent)
    accepted, decided, overdue, lost = Counter[int](), Counter[int](), Counter[int](), Counter[int]()
    for of, state, objection, pay_by in session.execute(states).tuples():
        accepted[of] += state == OrderState.ACCEPTED
        decided[of] += state in DECIDED
        overdue[of] += pay_by is not None and pay_by < now
        lost[of] += objection is not None and state in DONE
    days, payments = _review_days(session, organisation_ids, now), _payments(session, organisation_ids, now)
    return {
        of: CompanyRecord(
            review_tenths=round(median(days[of]) * 10) if of in days else None,
            accepted=accepted[of],
            decided=decided[of],
            paid=payments[of].paid,
            paid_in_time=payments[of].in_time,
            to_pay=payments[of].to_pay,
            overdue=overdue[of],
            objections_lost=lost[of],
        )
        for of in organisation_ids
    }


def _review_days(session: Session, organisation_ids: Collection[int], now: datetime) -> dict[int, list[float]]:
    """`{organisation: the days from a version to the decision on it}`."""
    query = select(Job.organisation_id, Delivery.delivered_at, func.min(Review.decided_at))
    query = query.join(Delivery, Delivery.id == Review.delivery_id).join(WorkOrder, WorkOrder.id == Delivery.order_id)
    query = query.join(Job, Job.id == WorkOrder.job_id).where(Review.decided_at > now - REACH)
    query = query.where(Job.organisation_id.in_(organisation_ids))
    found: defaultdict[int, list[float]] = defaultdict(list)
    for of, at, decided_at in session.execute(query.group_by(Delivery.id, Job.organisation_id)).tuples():
        found[of].append((decided_at - at).total_seconds() / clock.DAY_SECONDS)
    return dict(found)


@dataclass
class _Payments:
    """Orders of an organisation: decided and paid for, paid in time, and those whose day is over or that are paid."""

    paid: int = 0
    in_time: int = 0
    to_pay: int = 0


def _payments(session: Session, organisation_ids: Collection[int], now: datetime) -> Mapping[int, _Payments]:
    """`{organisation: its payments}`, for all organisations."""
    query = select(Job.organisation_id, WorkOrder.id, WorkOrder.state, Terms.pay_days, DueEntry)
    query = query.join(WorkOrder, WorkOrder.id == DueEntry.order_id).join(Terms, Terms.id == WorkOrder.terms_id)
    query = query.join(Job, Job.id == WorkOrder.job_id).where(Job.organisation_id.in_(organisation_ids))
    query = query.where(WorkOrder.since > now - REACH).order_by(DueEntry.id)
    entries: defaultdict[tuple[int, int], list[DueLine]] = defaultdict(list)
    days, decided = dict[int, int](), set[int]()
    for of, order_id, state, pay_days, row in session.execute(query).tuples():
        entries[of, order_id].append(DueLine(row.id, row.kind, row.cents, row.currency, row.about_id, row.written_at))
        days[order_id] = pay_days
        if state in DECIDED:
            decided.add(order_id)
    found = defaultdict[int, _Payments](_Payments)
    for (of, order_id), lines in entries.items():
        sums, in_time = balance_of(lines), was_paid_in_time(lines, timedelta(days=days[order_id]), now)
        found[of].paid += order_id in decided and sums.paid > 0 and not sums.open
        if in_time is not None:
            found[of].in_time += in_time
            found[of].to_pay += 1
    return found


def worker_record(session: Session, person_id: int) -> WorkerRecord:
    """The record of a person."""
    return worker_records(session, [person_id])[person_id]


def worker_records(session: Session, person_ids: Collection[int]) -> dict[int, WorkerRecord]:
    """The records of these people, in three statements for any number of them."""
    since = clock.now() - REACH
    ended = select(WorkOrder.person_id, WorkOrder.state, WorkOrder.job_id, Terms.kind)
    ended = ended.join(Terms, Terms.id == WorkOrder.terms_id).where(WorkOrder.since > since)
    kinds: defaultdict[int, Counter[WorkKind]] = defaultdict(Counter)
    declined: defaultdict[int, set[int]] = defaultdict(set)
    ended = ended.where(WorkOrder.person_id.in_(person_ids), WorkOrder.state.in_(DECIDED))
    for person_id, state, job_id, kind in session.execute(ended).tuples():
        if state == OrderState.ACCEPTED:
            kinds[person_id][kind] += 1
        elif state == OrderState.UPHELD:
            declined[person_id].add(job_id)
    asked = select(WorkOrder.person_id, func.count()).join(Delivery, Delivery.order_id == WorkOrder.id)
    asked = asked.join(Review, Review.delivery_id == Delivery.id).where(WorkOrder.person_id.in_(person_ids))
    asked = asked.where(Review.decision == ReviewDecision.CHANGES, Review.decided_at > since)
    changes = dict(session.execute(asked.group_by(WorkOrder.person_id)).tuples().all())
    first = select(WorkOrder.person_id, Delivery.is_late).join(Delivery, Delivery.order_id == WorkOrder.id)
    first = first.where(WorkOrder.person_id.in_(person_ids), Delivery.n == 1, Delivery.delivered_at > since)
    late: defaultdict[int, list[bool]] = defaultdict(list)
    for person_id, is_late in session.execute(first).tuples():
        late[person_id].append(is_late)
    return {
        person_id: WorkerRecord(
            accepted=kinds[person_id].total(),
            changes_asked=changes.get(person_id, 0),
            declined=len(declined[person_id]),
            in_time=late[person_id].count(False),
            delivered=len(late[person_id]),
            by_kind=dict(kinds[person_id]),
        )
        for person_id in person_ids
    }
