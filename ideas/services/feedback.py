"""What both sides of an order say after its end, with three taps each."""

from dataclasses import dataclass

from ideas import clock, policy
from ideas.actor import Actor
from ideas.database import require, write
from ideas.errors import Forbidden, NotFound, OrderMoved
from ideas.models import STEERING, Feedback, Job, WorkOrder
from ideas.order_steps import locked_order
from ideas.queries.feedback import is_shown
from ideas.queries.records import DECIDED


@dataclass(frozen=True)
class Taps:
    """Whether the brief (for the company: the work) was clear, the other side answered, and one would again."""

    clear: bool = False
    answered: bool = False
    again: bool = False


def give_feedback(actor: Actor, order_id: int, taps: Taps) -> None:
    """Say how an order was, as its worker or for its company. It can be changed until it is shown to the other side.

    :raise NotFound: for others. :raise Forbidden: for members who may not steer, and for a worker who became a member.
    :raise OrderMoved: before the end of the order, and once both sides or fourteen days have shown it.
    """
    with write() as transaction:
        session = transaction.session
        order = require(session, WorkOrder, order_id)
        organisation_id = require(session, Job, order.job_id).organisation_id
        by_worker = actor.person_id is not None and order.person_id == actor.person_id
        role = policy.role_in(session, actor, organisation_id)
        if not by_worker and role is None:
            raise NotFound
        if by_worker == (role is not None) or (role is not None and role not in STEERING):
            raise Forbidden
        found = locked_order(transaction, order_id)
        said = session.query(Feedback).filter_by(order_id=order_id).all()
        if found.order.state not in DECIDED or is_shown(found.order, len(said), found.now):
            raise OrderMoved
        row = next((each for each in said if each.by_worker == by_worker), None)
        if row is None:
            row = Feedback(order_id=order_id, by_worker=by_worker)
            session.add(row)
        row.clear, row.answered, row.again, row.at = taps.clear, taps.answered, taps.again, clock.now()
        side = "worker" if by_worker else "company"
        seq = found.chain.append("feedback", {"job": found.job.id, "order": order_id, "by": side})
        found.chain.touch_job(seq, found.order.handle)
