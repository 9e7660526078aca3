"""What both sides of an order said after its end, as far as it is shown."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from ideas import clock
from ideas.database import alias_of
from ideas.models import Feedback, Job, WorkOrder
from ideas.queries.records import DECIDED, REACH

# After the end of an order each side sees what the other said, even if it said nothing itself.
HIDDEN_FOR = timedelta(days=14)


def is_shown(order: WorkOrder, said: int, now: datetime) -> bool:
    """Whether each side sees what the other said: both did, or the time is over. Then nobody changes it."""
    return said == 2 or now >= order.since + HIDDEN_FOR


@dataclass(frozen=True)
class FeedbackView:
    """An order's feedback for one of its sides. `theirs` is None until it is shown, or if they said nothing."""

    may_give: bool
    own: Feedback | None = None
    theirs: Feedback | None = None


def feedback_view(session: Session, order: WorkOrder, *, is_worker: bool) -> FeedbackView | None:
    """None before the end of the order."""
    if order.state not in DECIDED:
        return None
    said = {row.by_worker: row for row in session.scalars(select(Feedback).filter_by(order_id=order.id))}
    shown = is_shown(order, len(said), clock.now())
    return FeedbackView(not shown, said.get(is_worker), said.get(not is_worker) if shown else None)


@dataclass(frozen=True)
class FeedbackCounts:
    """How many of `all` workers said each of the three of an organisation."""

    clear: int = 0
    answered: int = 0
    again: int = 0
    all: int = 0


def feedback_of(session: Session, organisation_id: int) -> FeedbackCounts:
    """The counts of an organisation."""
    return feedback_counts(session, [organisation_id]).get(organisation_id, FeedbackCounts())


def feedback_counts(session: Session, organisation_ids: Collection[int]) -> dict[int, FeedbackCounts]:
    """`{organisation: what its workers said in the last twelve months}`, without what is not shown yet."""
    now, other = clock.now(), alias_of(Feedback, "other")
    is_answered = exists().where(other.order_id == Feedback.order_id, ~other.by_worker)
    said = select(Job.organisation_id, Feedback.clear, Feedback.answered, Feedback.again, func.count())
    said = said.join(WorkOrder, WorkOrder.id == Feedback.order_id).join(Job, Job.id == WorkOrder.job_id)
    said = said.where(Job.organisation_id.in_(organisation_ids), Feedback.by_worker, Feedback.at > now - REACH)
    said = said.where(or_(is_answered, WorkOrder.since <= now - HIDDEN_FOR))
    groups = said.group_by(Job.organisation_id, Feedback.clear, Feedback.answered, Feedback.again)
    found: dict[int, FeedbackCounts] = {}
    for of, clear, answered, again, n in session.execute(groups).tuples():
        so_far = found.get(of, FeedbackCounts())
        found[of] = FeedbackCounts(
            so_far.clear + n * clear, so_far.answered + n * answered, so_far.again + n * again, so_far.all + n
        )
    return found
