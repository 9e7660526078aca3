"""Orders as pages show them: those of a worker, those of a company, and one with everything that was handed in."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from ideas import clock, policy
from ideas.actor import Actor
from ideas.database import require
from ideas.dues import Balance
from ideas.errors import NotFound
from ideas.models import (
    OWNING,
    READING,
    STEERING,
    Account,
    Delivery,
    Job,
    Member,
    Objection,
    OrderDraft,
    Person,
    Review,
    ReviewDecision,
    Role,
    WorkOrder,
)
from ideas.orders import OPEN_WORK, UNANSWERED, By, OrderAct, OrderState, acts_in, stopped_since
from ideas.queries.blocking import CLOCK_STANDS, blocking_spans
from ideas.queries.dues import Ledger, ledgers
from ideas.queries.records import WorkerRecord, worker_records

# The states in which the company has something to decide.
TO_DECIDE = frozenset(
    {OrderState.APPLIED, OrderState.DELIVERED, OrderState.EXTRA, OrderState.OBJECTED, OrderState.SECOND}
)

# The company has no right in the work: it keeps the digest and its decision, and loses the words.
WITHOUT_RIGHTS = frozenset({OrderState.UPHELD, OrderState.PASSED_OVER})

# Acts of the company that only an owner does.
OF_OWNERS = frozenset({OrderAct.CANCEL})

LISTED_MAX = 200


@dataclass(frozen=True)
class OrderRow:
    """An order in a list. `versions` were handed in; `record` is the worker's, for who chooses among applications."""

    order: WorkOrder
    sums: Balance
    versions: int = 0
    record: WorkerRecord | None = None

    @property
    def waits_for_company(self) -> bool:
        return self.order.state in TO_DECIDE or self.order.clock_stands


@dataclass(frozen=True)
class DeliveryRow:
    """A version with the decision on it. `minutes` and the words are for those who may see them, else None and ""."""

    n: int
    text: str
    link: str
    note: str
    words: int
    minutes: int | None
    digest: str
    delivered_at: datetime
    is_late: bool
    review: Review | None


@dataclass(frozen=True)
class OrderView:
    """An order for its worker or for its company: what they may do, and what they may see.

    `stands_since`: since when the clock of the work stands, and `may_leave_at` when its worker may leave; else None.
    """

    order: WorkOrder
    is_worker: bool
    role: Role | None
    acts: tuple[OrderAct, ...]
    versions: tuple[DeliveryRow, ...]  # the newest first
    draft: OrderDraft | None
    objection: Objection | None
    ledger: Ledger
    rounds_left: int
    may_be_second: bool = False
    stands_since: datetime | None = None

    @property
    def may_leave_at(self) -> datetime | None:
        return self.stands_since + UNANSWERED if self.stands_since else None


def own_orders(session: Session, actor: Actor) -> list[OrderRow]:
    """The actor's orders, the latest first."""
    query = select(WorkOrder).filter_by(person_id=actor.person_id or 0)
    return _rows(session, query.order_by(WorkOrder.since.desc(), WorkOrder.id.desc()))


def holding_orders(session: Session, actor: Actor) -> list[OrderRow]:
    """The actor's orders that keep their account from being deleted: work that is agreed and not decided, and dues."""
    query = select(WorkOrder).filter_by(person_id=actor.person_id or 0)
    holds = or_(WorkOrder.state.in_(OPEN_WORK), WorkOrder.pay_by.is_not(None))
    return _rows(session, query.where(holds).order_by(WorkOrder.id))


def orders_of_organisation(
    session: Session, actor: Actor, organisation_id: int, *, waiting: bool = False
) -> list[OrderRow]:
    """The orders of an organisation, first those whose time ends first; with `waiting` those that it has to act on.

    :raise NotFound: for others than its members.
    """
    policy.require_role(session, actor, organisation_id, READING)
    query = select(WorkOrder).join(Job, Job.id == WorkOrder.job_id).where(Job.organisation_id == organisation_id)
    if waiting:
        query = query.where(or_(WorkOrder.state.in_(TO_DECIDE), CLOCK_STANDS))
    in_order = query.order_by(WorkOrder.until.is_(None), WorkOrder.until, WorkOrder.id.desc())
    return _rows(session, in_order, with_records=True)


def orders_of_job(session: Session, actor: Actor, job_id: int) -> list[OrderRow]:
    """The orders of a job, for the members of its organisation. :raise NotFound: for others."""
    policy.require_role(session, actor, require(session, Job, job_id).organisation_id, READING)
    query = select(WorkOrder).filter_by(job_id=job_id).order_by(WorkOrder.applied_at, WorkOrder.id)
    return _rows(session, query, with_records=True)


def _rows(session: Session, query: Select[tuple[WorkOrder]], *, with_records: bool = False) -> list[OrderRow]:
    loaded = query.options(joinedload(WorkOrder.job).joinedload(Job.organisation), joinedload(WorkOrder.terms))
    orders = session.scalars(loaded.limit(LISTED_MAX)).all()
    ids = [order.id for order in orders]
    sums = ledgers(session, ids)
    counted = select(Delivery.order_id, func.count()).where(Delivery.order_id.in_(ids)).group_by(Delivery.order_id)
    versions = dict(session.execute(counted).tuples().all()) if ids else {}
    people = {order.person_id for order in orders if order.state == OrderState.APPLIED} if with_records else set[int]()
    records = worker_records(session, people) if people else {}
    nothing = Balance()
    return [
        OrderRow(
            order,
            sums[order.id].sums if order.id in sums else nothing,
            versions.get(order.id, 0),
            records.get(order.person_id) if order.state == OrderState.APPLIED else None,
        )
        for order in orders
    ]


def order_view(session: Session, actor: Actor, order_id: int) -> OrderView:
    """An order with everything that the actor may see of it.

    The company sees neither the draft nor the reported minutes, and after a decline that stands no words of the work.

    :raise NotFound: for others than the worker, the members of the company, and an operator who has to decide.
    """
    order = require(session, WorkOrder, order_id)
    is_worker = actor.person_id is not None and order.person_id == actor.person_id
    role = policy.role_in(session, actor, order.job.organisation_id)
    second = order.state == OrderState.SECOND and not is_worker and is_second_person(session, actor, order)
    if not (is_worker or role in READING or second):
        raise NotFound
    deliveries = session.scalars(select(Delivery).filter_by(order_id=order_id).order_by(Delivery.n.desc())).all()
    query = select(Review).where(Review.delivery_id.in_([each.id for each in deliveries])).order_by(Review.id)
    reviews = {review.delivery_id: review for review in session.scalars(query)} if deliveries else {}
    hides = not is_worker and order.state in WITHOUT_RIGHTS
    versions = tuple(_version(each, reviews.get(each.id), is_worker=is_worker, hides=hides) for each in deliveries)
    asked = sum(review.decision == ReviewDecision.CHANGES for review in reviews.values())
    empty = Ledger((), Balance())
    stands_since = _stands_since(session, order)
    acts = _acts(order, role, is_worker=is_worker, second=second)
    if stands_since is None or clock.now() < stands_since + UNANSWERED:
        acts = tuple(act for act in acts if act != OrderAct.LEAVE)
    return OrderView(
        order=order,
        is_worker=is_worker,
        role=role,
        acts=acts,
        versions=versions,
        draft=session.get(OrderDraft, order_id) if is_worker else None,
        objection=session.scalar(select(Objection).filter_by(order_id=order_id)),
        ledger=ledgers(session, [order_id]).get(order_id, empty),
        rounds_left=max(0, order.terms.revisions - asked),
        may_be_second=second,
        stands_since=stands_since,
    )


def _stands_since(session: Session, order: WorkOrder) -> datetime | None:
    if not order.clock_stands or order.begun_at is None:
        return None
    return stopped_since(blocking_spans(session, order), order.begun_at)


def _version(delivery: Delivery, review: Review | None, *, is_worker: bool, hides: bool) -> DeliveryRow:
    text, link, note = ("", "", "") if hides else (delivery.text, delivery.link, delivery.note)
    minutes = delivery.minutes if is_worker else None
    return DeliveryRow(
        delivery.n,
        text,
        link,
        note,
        delivery.words,
        minutes,
        delivery.digest,
        delivery.delivered_at,
        delivery.is_late,
        review,
    )


def _acts(order: WorkOrder, role: Role | None, *, is_worker: bool, second: bool) -> tuple[OrderAct, ...]:
    if is_worker:
        return tuple(acts_in(order.state, By.WORKER))
    if second:
        return tuple(acts_in(order.state, By.SECOND))
    if role not in STEERING:
        return ()
    return tuple(act for act in acts_in(order.state, By.COMPANY) if role in OWNING or act not in OF_OWNERS)


def is_second_person(session: Session, actor: Actor, order: WorkOrder) -> bool:
    """Whether the actor may decide after the company stayed with its decline: a member of the company who neither
    worked, declined nor answered, and an operator where there is no such member. A disabled account is nobody.
    """
    if actor.account_id is None:
        return False
    declined = select(Review.account_id).join(Delivery).where(Delivery.order_id == order.id)
    involved = set(session.scalars(declined.where(Review.decision == ReviewDecision.DECLINE)))
    involved |= set(session.scalars(select(Objection.answered_by).filter_by(order_id=order.id)))
    involved |= set(session.scalars(select(Person.account_id).filter_by(id=order.person_id)))
    members = select(Member.account_id).join(Account, Account.id == Member.account_id)
    members = members.where(Member.role.in_(STEERING), Account.disabled_at.is_(None))
    others = set(session.scalars(members.filter(Member.organisation_id == order.job.organisation_id))) - involved
    if actor.account_id in others:
        return True
    return not others and actor.account_id not in involved and policy.operates(session, actor)
