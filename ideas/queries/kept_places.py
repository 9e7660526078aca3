"""Places that a job keeps for some people at first."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from ideas.database import alias_of
from ideas.installation import NEWCOMERS_SHARE, value_of
from ideas.models import Job, Terms, WorkOrder
from ideas.orders import OrderState

# From the publication of a job on; what nobody took by then is for everybody.
KEPT_FOR = timedelta(days=3)


def author_may_apply_first(job: Job, now: datetime) -> bool:
    """Whether nobody gets a place yet, since the author of the idea was asked first and has time to apply.

    It holds for all applicants, the author too: otherwise a refusal would tell who of them the author is.
    """
    return job.asks_author and job.published_at is not None and now < job.published_at + KEPT_FOR


def is_newcomer(session: Session, person_id: int) -> bool:
    """Whether no work of a person was accepted on this server yet."""
    accepted = select(WorkOrder.id).filter_by(person_id=person_id, state=OrderState.ACCEPTED)
    return session.scalar(accepted.limit(1)) is None


def places_kept(session: Session, job: Job, terms: Terms, now: datetime) -> int:
    """How many further places of a job are kept for newcomers now."""
    share = terms.places * value_of(NEWCOMERS_SHARE) // 100
    if not share or job.published_at is None or now >= job.published_at + KEPT_FOR:
        return 0
    held = select(func.count()).select_from(WorkOrder).where(WorkOrder.job_id == job.id, WorkOrder.place.is_not(None))
    return max(0, share - (session.scalar(held.where(~_was_experienced())) or 0))


def _was_experienced() -> ColumnElement[bool]:
    """Whether work of the person was accepted before they got the place. What is accepted later leaves it a newcomer's
    place, or else each acceptance would keep one more.
    """
    earlier, began = alias_of(WorkOrder, "earlier"), func.coalesce(WorkOrder.begun_at, WorkOrder.since)
    accepted = earlier.state == OrderState.ACCEPTED
    return exists().where(earlier.person_id == WorkOrder.person_id, accepted, earlier.since < began)
