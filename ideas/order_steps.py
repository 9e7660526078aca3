"""Mechanics of orders: the step from one state to the next, the ledger, and the clock.

The functions open no transaction: the caller holds the chain of the job. Each step writes one entry of the journal,
with ids, words and cents only. Who of the company did it stands in `Act`, which can be erased.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas import clock, events, operations
from ideas.actor import NOBODY, Actor
from ideas.database import Transaction, add_recorder, require
from ideas.dues import DueKind, DueLine, checked_entry, oldest_open
from ideas.errors import OrderMoved
from ideas.installation import CANCEL_SHARE, value_of
from ideas.job_access import present_terms
from ideas.job_lock import JobChain, locked_job
from ideas.journal import FACILITATORS
from ideas.models import (
    RUNNING_JOBS,
    Delivery,
    DueEntry,
    Job,
    JobState,
    Objection,
    Refusing,
    Review,
    ReviewDecision,
    Terms,
    WorkOrder,
)
from ideas.orders import (
    CHANGES_LEAST,
    DONE,
    FREED_BY_SILENCE,
    LIVE,
    SILENCE,
    STEPS,
    TAKING_A_PLACE,
    By,
    Clocks,
    OrderAct,
    OrderState,
    OrderStep,
    cancellation_cents,
    next_reminder,
    step_of,
    time_stood,
)
from ideas.queries.blocking import blocking_spans


@dataclass
class LockedOrder:
    """An order in a transaction that holds the chain of its job. `now` is the one instant of the act."""

    chain: JobChain
    order: WorkOrder
    now: datetime

    @property
    def session(self) -> Session:
        return self.chain.transaction.session

    @property
    def job(self) -> Job:
        return self.order.job

    @property
    def terms(self) -> Terms:
        """Those that the order is bound to."""
        return self.order.terms

    @property
    def clocks(self) -> Clocks:
        return clocks_of(self.terms)


def clocks_of(terms: Terms) -> Clocks:
    """The clocks of terms."""
    return Clocks(
        deliver=timedelta(hours=terms.deliver_hours),
        review=timedelta(days=terms.review_days),
        pay=timedelta(days=terms.pay_days),
        apply_by=terms.apply_by,
    )


def locked_order(transaction: Transaction, order_id: int) -> LockedOrder:
    """Lock the job of an order, read the order under the lock, and do first what the clock would have done by now.

    So an act that comes after the time is over finds the state that silence led to, whether or not the loop ran.

    :raise NotFound:
    """
    session = transaction.session
    job_id = require(session, WorkOrder, order_id).job_id
    chain = locked_job(transaction, job_id)
    found = LockedOrder(chain, require(session, WorkOrder, order_id), clock.now())
    catch_up(found)
    return found


def require_step(found: LockedOrder, act: OrderAct, by: By) -> OrderStep:
    """The step of this act. :raise OrderMoved: if the order is in a state that it does not lead on from."""
    step = step_of(act, found.order.state, by)
    if step is None:
        raise OrderMoved(found.order.state)
    return step


def move(
    found: LockedOrder,
    step: OrderStep,
    actor: Actor = NOBODY,
    at: datetime | None = None,
    *,
    target: OrderState | None = None,
    changes: timedelta = CHANGES_LEAST,
    **more: object,
) -> int:
    """Do a step: the state with its clocks, the place, the journal and the event. :return: the number of the entry.

    :param at: when the state begins; now without it. :param target: where it is another one than that of the step.
    :param changes: the time that the company gives for a further version. :param more: goes into the journal.
    """
    order, before = found.order, found.order.state
    order.state, order.since = target or step.target, at or found.now
    order.until = found.clocks.until(order.state, order.since, changes)
    has_changes_ahead = order.state == OrderState.CHANGES and order.until is not None
    order.remind_at = next_reminder(order.since, order.until, found.now) if has_changes_ahead and order.until else None
    if order.state == OrderState.WORKING:
        order.begun_at = order.since
        _set_deadline(found)
    if order.state not in TAKING_A_PLACE:
        order.place = None
    if order.state not in LIVE | DONE:
        order.nth = None
    found.session.flush()
    body: dict[str, object] = {"order": order.id, "act": str(step.act), "by": str(step.by), "to": str(order.state)}
    seq = found.chain.append("order", body | more)
    if step.by in (By.COMPANY, By.SECOND):
        found.chain.act("order", order.handle, actor, "", seq)
    found.chain.touch_job(seq, order.handle)
    happened = events.OrderMovedOn(
        found.job.id, found.job.organisation_id, order.id, order.person_id, step.act, step.by, before, order.state
    )
    found.chain.transaction.record(happened)
    return seq


# Places


def release_places(chain: JobChain, now: datetime) -> None:
    """Do in a locked job what silence led to where it frees a place, or ends an application, whether or not the loop
    ran. So nobody is refused for an offer that is over.
    """
    freeing = FREED_BY_SILENCE | {OrderState.WORKING, OrderState.APPLIED}
    due = select(WorkOrder).where(WorkOrder.job_id == chain.job.id, WorkOrder.until <= now)
    due = due.where(WorkOrder.state.in_(freeing)).order_by(WorkOrder.until, WorkOrder.id)
    for order in chain.transaction.session.scalars(due).all():
        catch_up(LockedOrder(chain, order, now))


def free_place(session: Session, job: Job) -> int | None:
    """A place of a job that no order holds; None if it is full. New places follow the terms in force.

    After the terms were changed to fewer places, orders may hold places with higher numbers: they count, too.
    """
    held = set(session.scalars(select(WorkOrder.place).where(WorkOrder.job_id == job.id, WorkOrder.place.is_not(None))))
    places = range(1, present_terms(session, job).places + 1)
    if len(held) >= len(places):
        return None
    return next((place for place in places if place not in held), None)


def free_places(session: Session, job: Job) -> int:
    """How many places no order holds."""
    held = select(func.count()).select_from(WorkOrder)
    held = held.where(WorkOrder.job_id == job.id, WorkOrder.place.is_not(None))
    return max(0, present_terms(session, job).places - (session.scalar(held) or 0))


def free_nth(session: Session, job: Job, person_id: int) -> int | None:
    """A number for one more order of a person in a job; None if they have as many as the terms permit."""
    held = select(WorkOrder.nth).where(
        WorkOrder.job_id == job.id, WorkOrder.person_id == person_id, WorkOrder.nth.is_not(None)
    )
    taken = set(session.scalars(held))
    return next((n for n in range(1, present_terms(session, job).per_person + 1) if n not in taken), None)


def gives_places(job: Job) -> bool:
    """Whether somebody may get a place now."""
    return job.state == JobState.OPEN and not job.is_hidden


def take_back_place(found: LockedOrder) -> bool:
    """Give a lapsed order its place back if one is free, and the person has not taken another one since.

    :return: whether it has one.
    """
    order, job = found.order, found.job
    release_places(found.chain, found.now)
    place = free_place(found.session, job) if job.state in RUNNING_JOBS and not job.is_hidden else None
    nth = free_nth(found.session, job, order.person_id)
    if place is None or nth is None:
        return False
    order.place, order.nth = place, nth
    return True


# The ledger


def due_lines(session: Session, order_id: int) -> list[DueLine]:
    """The ledger of an order, as the rules of `ideas/dues.py` read it."""
    rows = session.scalars(select(DueEntry).filter_by(order_id=order_id).order_by(DueEntry.id))
    return [DueLine(row.id, row.kind, row.cents, row.currency, row.about_id, row.written_at) for row in rows]


def add_due(
    found: LockedOrder,
    kind: DueKind,
    cents: int,
    actor: Actor = NOBODY,
    at: datetime | None = None,
    *,
    currency: str = "",
    about_id: int | None = None,
    paid_on: date | None = None,
    reference: str = "",
) -> int:
    """Add an entry to the ledger of an order, with its entry of the journal. :return: its id.

    :raise Invalid: as `checked_entry`.
    """
    session, order = found.session, found.order
    lines = due_lines(session, order.id)
    currency = currency or found.terms.currency
    change = checked_entry(lines, DueLine(0, kind, cents, currency, about_id))
    entry = DueEntry(order_id=order.id, kind=kind, cents=cents, change=change, currency=currency, about_id=about_id)
    entry.at, entry.written_at, entry.account_id = at or found.now, found.now, actor.account_id
    entry.paid_on = paid_on
    entry.reference, entry.op = reference, operations.current_op()
    session.add(entry)
    session.flush()
    _set_day_to_pay_by(found, lines, DueLine(entry.id, kind, cents, currency, about_id, entry.written_at))
    body: dict[str, object] = {"order": order.id, "due": entry.id, "entry": str(kind), "cents": cents}
    body |= {"currency": currency} | ({"about": about_id} if about_id else {})
    seq = found.chain.append("due", body)
    if actor != NOBODY and actor.person_id != order.person_id:
        found.chain.act("due", order.handle, actor, "", seq)
    found.chain.touch(seq, [found.job.handle, order.handle], [FACILITATORS])
    told = events.DueEntered(found.job.id, found.job.organisation_id, order.id, order.person_id, entry.id, kind)
    found.chain.transaction.record(told)
    return entry.id


def _set_day_to_pay_by(found: LockedOrder, lines: list[DueLine], new: DueLine) -> None:
    """The day follows the oldest entry that is not paid. So a bonus has its own time, and a note of a payment that is
    contested or taken back gives the company no new time. What the clock dates back has its whole time from now on.
    """
    order, before, oldest = found.order, oldest_open(lines), oldest_open([*lines, new])
    if oldest is None:
        order.pay_by = order.overdue_at = None
    elif before is None or before.id != oldest.id:
        since = found.now if oldest.id == new.id or oldest.at is None else oldest.at
        order.pay_by, order.overdue_at = since + found.clocks.pay, None


def open_cents(session: Session, order_id: int) -> int:
    """What is still to be paid for an order."""
    return session.scalar(select(func.sum(DueEntry.change)).filter_by(order_id=order_id)) or 0


# What was handed in


def digest_of_version(version: Delivery) -> str:
    """The digest (SHA-256, 64 hex digits) of everything in a version, by which it is seen that it never changed."""
    content: list[object] = [version.order_id, version.n, version.text, version.link, version.note]
    if version.files:
        content.append([digest for _file_id, digest in version.files])
    return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()


def latest_delivery(session: Session, order_id: int) -> Delivery | None:
    return session.scalar(select(Delivery).filter_by(order_id=order_id).order_by(Delivery.n.desc()).limit(1))


def latest_review(session: Session, delivery: Delivery) -> Review | None:
    query = select(Review).filter_by(delivery_id=delivery.id).order_by(Review.id.desc())
    return session.scalar(query.limit(1))


def awaits_version(session: Session, order: WorkOrder) -> bool:
    """Whether the company asked for changes of the newest version; it may still come after its time."""
    delivery = latest_delivery(session, order.id)
    review = latest_review(session, delivery) if delivery else None
    return review is not None and review.decision == ReviewDecision.CHANGES


def note_review(
    found: LockedOrder,
    decision: ReviewDecision,
    actor: Actor = NOBODY,
    at: datetime | None = None,
    *,
    faults: list[list[int | str]] | None = None,
    until: datetime | None = None,
    by_clock: bool = False,
) -> None:
    """Store a decision on the newest version."""
    delivery = latest_delivery(found.session, found.order.id)
    assert delivery is not None, "what is reviewed was delivered"
    review = Review(delivery_id=delivery.id, decision=decision, by_clock=by_clock, account_id=actor.account_id)
    review.faults, review.decided_at, review.until = faults or [], at or found.now, until
    found.session.add(review)


# The time to deliver


def _set_deadline(found: LockedOrder) -> None:
    """Set the deadline of an order at work: the agreed time, and the time for which blocking questions of its worker
    were open. As long as one is open the clock stands: the order has no end, and nobody is reminded.

    Nothing else moves a deadline, so the loop and every act read the same one in the row.
    """
    order = found.order
    assert order.begun_at is not None, "who works has confirmed the terms"
    spans = blocking_spans(found.session, order)
    order.deadline = order.begun_at + found.clocks.deliver + time_stood(spans, order.begun_at, found.now)
    stands = any(answered is None for _, answered in spans)
    order.until = None if stands else order.deadline
    order.remind_at = None if stands else next_reminder(order.since, order.deadline, found.now)


def orders_at_work(chain: JobChain, person_id: int, now: datetime) -> list[LockedOrder]:
    """The orders at which a person works in a locked job, after everything that silence led to by now."""
    query = select(WorkOrder).filter_by(job_id=chain.job.id, person_id=person_id, state=OrderState.WORKING)
    rows = chain.transaction.session.scalars(query.order_by(WorkOrder.id)).all()
    found = [LockedOrder(chain, order, now) for order in rows]
    for each in found:
        catch_up(each)
    return [each for each in found if each.order.state == OrderState.WORKING]


def move_clock(found: LockedOrder, question_id: int) -> None:
    """Stop the clock of an order at work, or let it go on, after a blocking question was asked or answered."""
    _set_deadline(found)
    order = found.order
    clock_is = "stands" if order.clock_stands else "runs"
    seq = found.chain.append("order-clock", {"order": order.id, "question": question_id, "clock": clock_is})
    found.chain.touch_job(seq, order.handle)
    happened = events.OrderClockMoved(
        found.job.id, found.job.organisation_id, order.id, order.person_id, stands=order.clock_stands
    )
    found.chain.transaction.record(happened)


# The clock


def catch_up(found: LockedOrder) -> bool:
    """Do everything that silence led to by now, each step at the moment that was due. :return: whether it did any."""
    order, moved = found.order, False
    while order.until is not None and order.until <= found.now and order.state in SILENCE:
        _be_silent(found)
        moved = True
    return moved


def _be_silent(found: LockedOrder) -> None:
    order, step = found.order, SILENCE[found.order.state]
    assert order.until is not None, "the caller looked"
    at = found.clocks.after_silence(order.state, order.until, found.now)
    if step.act == OrderAct.PASS_OVER and take_back_place(found):
        # A place came free meanwhile: the delivery is no longer one too many.
        accept = step_of(OrderAct.ACCEPT, OrderState.DELIVERED, By.CLOCK)
        assert accept is not None
        step = accept
    if step.act == OrderAct.GIVE_IN:
        objection = found.session.scalars(select(Objection).filter_by(order_id=order.id)).one()
        objection.by_clock = True
    if step.act == OrderAct.ACCEPT:
        note_review(found, ReviewDecision.ACCEPT, at=at, by_clock=True)
    move(found, step, at=at)
    if step.act in (OrderAct.ACCEPT, OrderAct.GIVE_IN):
        add_due(found, DueKind.OWED, found.terms.cents or 0, at=at)


# Cancelling, and the end of a job


def cancel(found: LockedOrder, actor: Actor) -> int:
    """Cancel a locked order before its delivery. :return: the cents that are owed for it. :raise OrderMoved:"""
    order, pay = found.order, found.terms.cents or 0
    step = require_step(found, OrderAct.CANCEL, By.COMPANY)
    cents = cancellation_cents(pay, order.begun_at, order.deadline, found.now, value_of(CANCEL_SHARE))
    move(found, step, actor, cents=cents)
    if cents:
        add_due(found, DueKind.OWED if cents == pay else DueKind.PART, cents, actor)
    return cents


def _end_applications(transaction: Transaction, event: events.JobClosed | events.JobCancelled) -> None:
    """With the end of a job applications are declined; a cancelled one cancels its orders before a delivery, too."""
    session, chain = transaction.session, locked_job(transaction, event.job_id)
    orders = select(WorkOrder).filter_by(job_id=event.job_id).order_by(WorkOrder.id)
    for order in session.scalars(orders.where(WorkOrder.state.in_((OrderState.APPLIED, *CANCELLABLE)))).all():
        found = LockedOrder(chain, order, clock.now())
        catch_up(found)
        refuse = step_of(OrderAct.REFUSE, order.state, By.COMPANY)
        if refuse is not None:
            order.refusing = Refusing.ENDED
            move(found, refuse, event.by, reason=str(order.refusing))
        elif isinstance(event, events.JobCancelled) and order.state in CANCELLABLE:
            cancel(found, event.by)


CANCELLABLE = frozenset(state for step in STEPS if step.act == OrderAct.CANCEL for state in step.sources)

for kind in (events.JobClosed, events.JobCancelled):
    add_recorder(kind, _end_applications)
