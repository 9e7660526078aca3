"""What stays of orders when an account, an organisation or a challenge is deleted: the dues, under a number.

As long as work is agreed and not decided, or money is owed, nothing is deleted (`require_settled`). After that, names
and texts go; the ledger stays with the number of its order, since both sides have to keep their vouchers.

The functions open no transaction.
"""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, Delete, Select, Update, delete, or_, select, update
from sqlalchemy.orm import Session

from ideas import clock
from ideas.actor import Actor
from ideas.database import Base, Transaction
from ideas.errors import WorkOpen
from ideas.job_lock import JobChain, locked_job
from ideas.models import (
    ENDED_JOBS,
    Act,
    ChainEnd,
    Delivery,
    DueEntry,
    Entry,
    Job,
    JobInvitation,
    JobQuestion,
    JobState,
    JournalEntry,
    KeptHead,
    Notification,
    Objection,
    OrderDraft,
    Organisation,
    Payee,
    Review,
    Round,
    StreamItem,
    Terms,
    WorkOrder,
)
from ideas.order_files import ORDER
from ideas.order_steps import LockedOrder, move, require_step
from ideas.orders import OPEN_WORK, By, OrderAct, OrderState
from ideas.stored_files import drop_files

Ids = Select[tuple[int]]
Statement = TypeVar("Statement", Update, Delete)


# What must be settled first


def person_is_settled(session: Session, person_id: int) -> bool:
    """Whether a person has no running order, and nobody owes them anything."""
    return not _has_open(session, WorkOrder.person_id == person_id)


def organisation_is_settled(session: Session, organisation_id: int) -> bool:
    """Whether an organisation has no running order and owes nothing."""
    return not _has_open(session, WorkOrder.job_id.in_(select(Job.id).filter_by(organisation_id=organisation_id)))


def challenge_is_settled(session: Session, challenge_id: int) -> bool:
    """Whether no job that grew from a challenge, or is for its people, has a running order or an open due."""
    entries = select(Entry.id).join(Round, Round.id == Entry.round_id).where(Round.challenge_id == challenge_id)
    rooms = select(Terms.job_id).filter_by(room_id=challenge_id)
    jobs = select(Job.id).where(or_(Job.from_entry_id.in_(entries), Job.id.in_(rooms)))
    return not _has_open(session, WorkOrder.job_id.in_(jobs))


def require_settled(*, is_settled: bool) -> None:
    """:raise WorkOpen: if it is not."""
    if not is_settled:
        raise WorkOpen


def _has_open(session: Session, which: ColumnElement[bool]) -> bool:
    """Something is owed for an order exactly as long as it has a day to pay by."""
    is_open = or_(WorkOrder.state.in_(OPEN_WORK), WorkOrder.pay_by.is_not(None))
    return session.scalar(select(WorkOrder.id).where(which, is_open).limit(1)) is not None


# A worker goes


def forget_worker(transaction: Transaction, actor: Actor) -> None:
    """Take applications back, and empty everything that a person wrote for orders and statements; the dues stay."""
    session = transaction.session
    mine = select(WorkOrder.id).filter_by(person_id=actor.person_id)
    waiting = select(WorkOrder.job_id, WorkOrder.id).filter_by(person_id=actor.person_id, state=OrderState.APPLIED)
    for job_id, order_id in session.execute(waiting.order_by(WorkOrder.job_id, WorkOrder.id)).tuples().all():
        found = LockedOrder(locked_job(transaction, job_id), session.get_one(WorkOrder, order_id), clock.now())
        move(found, require_step(found, OrderAct.WITHDRAW, By.WORKER), actor)
    session.flush()
    _empty_orders(session, mine)
    session.execute(delete(Payee).filter_by(person_id=actor.person_id or 0))
    session.execute(_quietly(update(JobQuestion).filter_by(person_id=actor.person_id).values(person_id=None)))


def _empty_orders(session: Session, orders: Ids) -> None:
    """Erase the words of orders. Digests, states and dues stay."""
    ids = list(session.scalars(orders))
    session.execute(_quietly(update(WorkOrder).where(WorkOrder.id.in_(ids)).values(name="", sentence="")))
    session.execute(_quietly(delete(OrderDraft).where(OrderDraft.order_id.in_(ids))))
    drop_files(session, ORDER, ids)
    texts = {"text": "", "link": "", "note": "", "emptied_at": clock.now()}
    session.execute(_quietly(update(Delivery).where(Delivery.order_id.in_(ids)).values(**texts)))
    said = {"text": "", "answer_text": "", "second_text": ""}
    session.execute(_quietly(update(Objection).where(Objection.order_id.in_(ids)).values(**said)))
    deliveries = select(Delivery.id).where(Delivery.order_id.in_(ids))
    session.execute(_quietly(update(Review).where(Review.delivery_id.in_(deliveries)).values(faults=[])))


def forget_account_in_orders(session: Session, account_id: int) -> None:
    """Take an account out of what it did for a company; the decisions stay."""
    for column in (
        *(Review.account_id, Objection.answered_by, Objection.second_by, DueEntry.account_id),
        *(Job.created_by, Terms.estimate_account_id, JobQuestion.answered_by),
    ):
        nobody = update(column.class_).where(column == account_id).values({column.key: None})
        session.execute(_quietly(nobody))


# A company goes


def remove_jobs(transaction: Transaction, organisation_id: int) -> bool:
    """Delete the jobs of an organisation. :return: whether some stay, emptied, because they have dues."""
    session = transaction.session
    jobs = list(session.scalars(select(Job.id).filter_by(organisation_id=organisation_id).order_by(Job.id)))
    kept = False
    for job_id in jobs:
        chain = locked_job(transaction, job_id)
        session.execute(_quietly(delete(Notification).filter_by(job_id=job_id)))
        for table in (JobQuestion, JobInvitation):
            session.execute(_quietly(delete(table).filter_by(job_id=job_id)))
        if not _has_dues(session, job_id):
            _drop_orders(session, session.scalars(select(WorkOrder.id).filter_by(job_id=job_id)).all())
            _drop_job(session, chain)
        else:
            _empty_job(session, chain)
            kept = True
    return kept


def empty_organisation(organisation: Organisation) -> None:
    """Leave nothing of an organisation but its number, to which the dues of its jobs refer."""
    organisation.name = organisation.reasons = organisation.refusals = organisation.colour = ""
    organisation.logo_id = None


# The years are over


def remove_dues(transaction: Transaction, job_id: int, orders: Sequence[int]) -> None:
    """Delete the ledgers of these orders of a job, the names and addresses that no due needs any more, and what was
    left of a deleted organisation for them.
    """
    session, chain = transaction.session, locked_job(transaction, job_id)
    organisation = chain.job.organisation
    people = set(session.scalars(select(WorkOrder.person_id).where(WorkOrder.id.in_(orders))))
    session.execute(_quietly(delete(DueEntry).where(DueEntry.order_id.in_(orders))))
    for order_id in orders:
        chain.append("dues-removed", {"order": order_id})
    owed = select(WorkOrder.person_id).join(DueEntry, DueEntry.order_id == WorkOrder.id)
    session.execute(_quietly(delete(Payee).where(Payee.person_id.in_(people), Payee.person_id.not_in(owed))))
    if organisation.name:
        return
    organisation_id = organisation.id
    if not _has_dues(session, job_id):
        _drop_orders(session, session.scalars(select(WorkOrder.id).filter_by(job_id=job_id)).all())
        _drop_job(session, chain)
    if session.scalar(select(Job.id).filter_by(organisation_id=organisation_id).limit(1)) is None:
        session.execute(delete(Organisation).filter_by(id=organisation_id))


def _has_dues(session: Session, job_id: int) -> bool:
    dues = select(DueEntry.id).join(WorkOrder, WorkOrder.id == DueEntry.order_id)
    return session.scalar(dues.where(WorkOrder.job_id == job_id).limit(1)) is not None


def _drop_orders(session: Session, ids: Sequence[int]) -> None:
    drop_files(session, ORDER, ids)
    deliveries = select(Delivery.id).where(Delivery.order_id.in_(ids))
    session.execute(_quietly(delete(Review).where(Review.delivery_id.in_(deliveries))))
    for table in (Delivery, Objection, OrderDraft):
        session.execute(_quietly(delete(table).where(table.order_id.in_(ids))))
    session.execute(_quietly(delete(WorkOrder).where(WorkOrder.id.in_(ids))))


def _drop_job(session: Session, chain: JobChain) -> None:
    job_id, chain_id = chain.job.id, chain.end.id
    session.flush()
    session.expunge_all()
    of_chain: tuple[type[Base], ...] = (JournalEntry, KeptHead, StreamItem, Act)
    for table in of_chain:
        session.execute(delete(table).filter_by(chain_id=chain_id))
    session.execute(delete(Terms).filter_by(job_id=job_id))
    session.execute(update(Job).filter_by(copied_from=job_id).values(copied_from=None))
    session.execute(delete(Job).filter_by(id=job_id))
    session.execute(delete(ChainEnd).filter_by(id=chain_id))


def _empty_job(session: Session, chain: JobChain) -> None:
    """The kind of work and the pay stay for the statements. Nobody sees the job but the people who worked on it."""
    job = chain.job
    if not job.is_hidden:
        job.hidden_at = clock.now()
        chain.append("job-hide", {"job": job.id})
    if job.state not in ENDED_JOBS:
        job.state, job.ended_at = JobState.CLOSED, clock.now()
        chain.append("job-close", {"job": job.id})
    job.hidden_reason = ""
    _empty_orders(session, select(WorkOrder.id).filter_by(job_id=job.id))
    words = dict.fromkeys(("title", "brief", "example", "source", "costs", "licence_use"), "")
    terms = update(Terms).filter_by(job_id=job.id)
    session.execute(_quietly(terms.values(**words, criteria=[], also={})))


def _quietly(statement: Statement) -> Statement:
    """A statement that does not look at loaded rows."""
    return statement.execution_options(synchronize_session=False)
