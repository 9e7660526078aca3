"""The questions that stop the clock of an order."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.models import JobQuestion, WorkOrder
from ideas.orders import OrderState, Span

# The orders whose clock stands.
CLOCK_STANDS = (WorkOrder.state == OrderState.WORKING) & WorkOrder.until.is_(None)


def blocking_spans(session: Session, order: WorkOrder) -> list[Span]:
    """From when to when each blocking question of the worker of an order was open, in its job."""
    mine = select(JobQuestion.asked_at, JobQuestion.answered_at)
    mine = mine.filter_by(job_id=order.job_id, person_id=order.person_id, is_blocking=True)
    return list(session.execute(mine).tuples())


def awaited_of(session: Session, job_id: int, questions: Sequence[JobQuestion]) -> set[int]:
    """Of the questions about a job, those without whose answer somebody cannot go on now; at most one statement."""
    open_ones = [each for each in questions if each.is_blocking and each.answered_at is None]
    if not open_ones:
        return set()
    stopped = set(session.scalars(select(WorkOrder.person_id).where(WorkOrder.job_id == job_id, CLOCK_STANDS)))
    return {each.id for each in open_ones if each.person_id in stopped}
