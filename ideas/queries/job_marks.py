"""Marks of job pages: a short word that changes whenever a reload would show an actor something else."""

import hashlib

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas.actor import Actor
from ideas.job_access import JobAccess, job_access
from ideas.models import ChainEnd, Delivery, DueEntry, Feedback, Job, JobQuestion, Review, WorkOrder
from ideas.queries.jobs import places_taken


def job_mark(session: Session, actor: Actor, job_id: int) -> str:
    """The mark of a job's pages for an actor, 16 hex digits.

    For its organisation it changes with every entry of the job's journal. Everybody else's changes with what they see:
    state, terms, free places, questions, and their own orders. So nobody can tell from it when others apply.

    :raise NotFound: if the actor may not see the job.
    """
    return mark_of(session, actor, job_access(session, actor, job_id))


def mark_of(session: Session, actor: Actor, access: JobAccess) -> str:
    """The same for an actor whose access was asked."""
    facts: list[object] = [access.job.epoch, access.job.seq]
    if access.is_outside and not access.operates:
        facts = [*_seen_by_all(session, access), *_own_orders(session, actor, access.job.id)]
    return hashlib.blake2b(repr(facts).encode(), digest_size=8).hexdigest()


def _seen_by_all(session: Session, access: JobAccess) -> list[object]:
    job, terms = access.job, access.terms
    left = max(0, terms.places - places_taken(session, [job.id]).get(job.id, 0))
    asked = select(JobQuestion.id, JobQuestion.text, JobQuestion.answer).filter_by(job_id=job.id)
    questions = [tuple(row) for row in session.execute(asked.order_by(JobQuestion.id))]
    return [str(job.state), job.is_hidden, job.terms_n, left, questions]


def _own_orders(session: Session, actor: Actor, job_id: int) -> list[object]:
    query = select(WorkOrder).filter_by(job_id=job_id, person_id=actor.person_id or 0).order_by(WorkOrder.id)
    orders = session.scalars(query).all()
    ids = [order.id for order in orders]
    if not ids:
        return []
    dues = select(func.max(DueEntry.id)).where(DueEntry.order_id.in_(ids))
    reviews = select(func.max(Review.id)).join(Delivery).where(Delivery.order_id.in_(ids))
    versions = select(func.max(Delivery.id)).where(Delivery.order_id.in_(ids))
    said = select(func.max(Feedback.at)).where(Feedback.order_id.in_(ids))
    latest = tuple(session.execute(select(*(each.scalar_subquery() for each in (dues, reviews, versions, said)))).one())
    return [[(order.id, str(order.state), order.since, order.until, order.pay_by) for order in orders], latest]


def job_heads(session: Session, job_ids: list[int]) -> dict[int, tuple[str, int]]:
    """`{job: (epoch, number of the latest entry of its journal)}`."""
    query = select(Job.id, ChainEnd.epoch, ChainEnd.seq).join(ChainEnd, ChainEnd.id == Job.chain_id)
    return {key: (epoch, seq) for key, epoch, seq in session.execute(query.where(Job.id.in_(job_ids))).tuples()}
