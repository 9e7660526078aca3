"""The clock of orders as a loop: it does what silence leads to, reminds, and marks what is overdue.

Each order is looked at again in its own transaction, so any number of processes may run this, and a restart repeats
nothing. What was due while no server ran is done at the next start, dated to the moment that was due.
"""

from sqlalchemy import Select, func, select, union_all

from ideas import clock
from ideas.attempts import attempt
from ideas.database import db, require, write
from ideas.events import DueOverdue, OrderReminded
from ideas.job_lock import locked_job
from ideas.models import WorkOrder
from ideas.order_steps import LockedOrder, catch_up, open_cents
from ideas.orders import is_overdue, next_reminder

# Orders of one run; more wait for the next one a moment later.
PIECE = 200


def next_order_step() -> Select[tuple[int | None]]:
    """The moment at which the clock of orders has work next."""
    waiting = union_all(
        select(func.min(WorkOrder.until).label("at")),
        select(func.min(WorkOrder.remind_at).label("at")),
        select(func.min(WorkOrder.pay_by).label("at")).where(WorkOrder.overdue_at.is_(None)),
    ).subquery()
    return select(func.min(waiting.c.at))


def run_order_clock() -> int:
    """Do everything that is due now. :return: the number of orders that changed."""
    return sum(attempt(_tick, order_id, "the clock failed for order") or 0 for order_id in _due())


def _due() -> list[int]:
    now = clock.now()
    is_due = (
        (WorkOrder.until <= now)
        | (WorkOrder.remind_at <= now)
        | ((WorkOrder.pay_by < now) & WorkOrder.overdue_at.is_(None))
    )
    found = list(
        db.session.scalars(select(WorkOrder.id).where(is_due).order_by(WorkOrder.until, WorkOrder.id).limit(PIECE))
    )
    db.session.rollback()
    return found


def _tick(order_id: int) -> bool:
    with write() as transaction:
        session = transaction.session
        chain = locked_job(transaction, require(session, WorkOrder, order_id).job_id)
        found = LockedOrder(chain, require(session, WorkOrder, order_id), clock.now())
        # Each of them looks whether it is still to be done.
        return any([catch_up(found), _remind(found), _mark_overdue(found)])


def _remind(found: LockedOrder) -> bool:
    order = found.order
    if order.remind_at is None or order.remind_at > found.now or order.until is None:
        return False
    order.remind_at = next_reminder(order.since, order.until, found.now)
    happened = OrderReminded(found.job.id, found.job.organisation_id, order.id, order.person_id)
    found.chain.transaction.record(happened)
    return True


def _mark_overdue(found: LockedOrder) -> bool:
    order = found.order
    if order.overdue_at is not None or not is_overdue(order.pay_by, found.now):
        return False
    assert open_cents(found.session, order.id) > 0, "what is settled has no day to pay by"
    order.overdue_at = order.pay_by
    seq = found.chain.append("due", {"order": order.id, "entry": "overdue"})
    found.chain.touch_job(seq, order.handle)
    happened = DueOverdue(found.job.id, found.job.organisation_id, order.id, order.person_id)
    found.chain.transaction.record(happened)
    return True
