"""The ledger of dues: note payments, answer them, pay a bonus, put an entry right. Entries are only ever added."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from ideas import clock, policy
from ideas.actor import Actor
from ideas.database import Transaction, require, write
from ideas.dues import OBLIGATIONS, REFERENCE_MAX, DueKind, noted_cents, waivers
from ideas.errors import Changed, Forbidden, Invalid, NotFound, OrderMoved
from ideas.job_access import present_terms
from ideas.job_lock import locked_for
from ideas.models import OWNING, DueEntry, Job, WorkOrder
from ideas.order_steps import LockedOrder, add_due, due_lines, locked_order, open_cents
from ideas.orders import CONTESTABLE, OrderState
from ideas.queries.job_pay import job_pay
from ideas.queries.top_ups import top_up_of
from ideas.texts import one_line

BONUS_ORDERS_MAX = 200

# A bonus is for somebody who had a place.
WITHOUT_BONUS = frozenset(
    {OrderState.APPLIED, OrderState.OFFERED, OrderState.REFUSED, OrderState.WITHDRAWN, OrderState.EXPIRED}
)


def note_payment(actor: Actor, order_id: int, cents: int, paid_on: date, reference: str = "") -> int:
    """Note that so much was paid for an order outside of the product, as an owner. :return: the entry's id.

    :raise NotFound: :raise Forbidden: for others. :raise Invalid: `cents` amount or negative (more than is open);
        `paid_on` future or past (before the order began); `reference` too_long.
    """
    with write() as transaction:
        found = _paying(transaction, actor, order_id)
        _require_day(found, paid_on)
        reference = one_line("reference", reference, REFERENCE_MAX)
        return add_due(found, DueKind.PAID, cents, actor, paid_on=paid_on, reference=reference)


def note_payments(actor: Actor, order_ids: Sequence[int], paid_on: date, reference: str = "") -> int:
    """Note that everything that is open for these orders was paid. :return: how many payments were noted.

    :raise NotFound: :raise Forbidden: :raise Invalid: as `note_payment`.
    """
    with write() as transaction:
        reference = one_line("reference", reference, REFERENCE_MAX)
        noted = 0
        for order_id in _in_order(transaction.session, order_ids):
            found = _paying(transaction, actor, order_id)
            _require_day(found, paid_on)
            cents = open_cents(found.session, order_id)
            if cents:
                add_due(found, DueKind.PAID, cents, actor, paid_on=paid_on, reference=reference)
                noted += 1
        return noted


def add_bonus(actor: Actor, order_ids: Sequence[int], cents: int, reference: str = "") -> list[int]:
    """Promise a bonus, or a top-up, for each of these orders, as an owner: one act, one entry for each.

    :return: the ids of the entries.
    :raise NotFound: :raise Forbidden: for others. :raise OrderMoved: for an order without work. :raise Invalid: `cents`
        amount; `orders` missing or out_of_range; `reference` too_long.
    """
    with write() as transaction:
        if not order_ids or len(order_ids) > BONUS_ORDERS_MAX:
            raise Invalid(orders="out_of_range" if order_ids else "missing")
        reference = one_line("reference", reference, REFERENCE_MAX)
        entries = []
        for order_id in _in_order(transaction.session, order_ids):
            found = _paying(transaction, actor, order_id)
            if found.order.state in WITHOUT_BONUS:
                raise OrderMoved(found.order.state)
            entries.append(add_due(found, DueKind.BONUS, cents, actor, reference=reference))
        return entries


def top_up_orders(actor: Actor, job_id: int, cents: int) -> int:
    """Promise each accepted order of a job below the floor what its time is short of, as an owner: one act.

    :param cents: the sum of all, as the actor read it.
    :return: how many orders were topped up.
    :raise NotFound: :raise Forbidden: for others. :raise Changed: if by now another sum is missing, or none.
    """
    with write() as transaction:
        session, job = transaction.session, locked_for(transaction, actor, job_id, OWNING).job
        short = top_up_of(session, job, job_pay(session, job, present_terms(session, job)))
        if short is None or not short.missing or short.total != cents:
            raise Changed
        for order_id in _in_order(session, list(short.missing)):
            add_due(_paying(transaction, actor, order_id), DueKind.BONUS, short.missing[order_id], actor)
        return len(short.missing)


def raise_due(actor: Actor, entry_id: int, cents: int, reference: str = "") -> int:
    """Raise what is owed by an entry, as an owner. :return: the id of the correction.

    :raise NotFound: :raise Forbidden: :raise Invalid: `cents` amount, unless it is more than nothing.
    """
    with write() as transaction:
        order, entry = _entry(transaction, entry_id)
        found = _paying(transaction, actor, order.id)
        _require_kind(entry, OBLIGATIONS)
        if cents <= 0:
            raise Invalid(cents="amount")
        return _correct(found, actor, entry_id, cents, reference)


def correct_payment(actor: Actor, entry_id: int, cents: int, reference: str = "") -> int:
    """Put one's note of a payment right by so many cents, up or down, as an owner, until the worker answered it.

    :return: the id of the correction.
    :raise NotFound: :raise Forbidden: :raise Invalid: `cents` amount or negative; `about` answered.
    """
    with write() as transaction:
        order, entry = _entry(transaction, entry_id)
        found = _paying(transaction, actor, order.id)
        _require_kind(entry, {DueKind.PAID})
        return _correct(found, actor, entry_id, cents, reference)


def waive_due(actor: Actor, entry_id: int, cents: int, reference: str = "") -> int:
    """Give up so many cents of what is owed by an entry, as the worker: nobody else lowers it.

    :return: the id of the correction.
    :raise NotFound: :raise Invalid: `cents` amount or negative (more than is open).
    """
    with write() as transaction:
        order, entry = _entry(transaction, entry_id)
        found = _earning(transaction, actor, order)
        _require_kind(entry, OBLIGATIONS)
        if cents <= 0:
            raise Invalid(cents="amount")
        return _correct(found, actor, entry_id, -cents, reference)


def waive_open(actor: Actor, order_id: int, cents: int) -> None:
    """Give up everything that is open for one's own order: by one act, with a correction of each entry that is not paid
    in full.

    :param cents: what the worker read that they give up.
    :raise NotFound: for the orders of others. :raise Changed: if something else is open by now.
    """
    with write() as transaction:
        found = _earning(transaction, actor, require(transaction.session, WorkOrder, order_id))
        if not cents or open_cents(found.session, order_id) != cents:
            raise Changed
        for entry_id, part in waivers(due_lines(found.session, order_id)):
            add_due(found, DueKind.CORRECTION, -part, actor, about_id=entry_id)


def confirm_payment(actor: Actor, entry_id: int, seen: int | None = None) -> int:
    """Confirm that a payment came, as the worker. :return: the id of the entry.

    :param seen: the cents that the worker read, with corrections.
    :raise NotFound: :raise Changed: if they are others by now. :raise Invalid: `about` answered.
    """
    return _answer(actor, entry_id, DueKind.CONFIRMED, seen)


def contest_payment(actor: Actor, entry_id: int, seen: int | None = None) -> int:
    """Say that a noted payment did not come, as the worker: it is open again. :return: the id of the entry.

    :raise NotFound: :raise Changed: as `confirm_payment`. :raise Invalid: `about` answered, or too_late after six
        months.
    """
    return _answer(actor, entry_id, DueKind.CONTESTED, seen)


def _answer(actor: Actor, entry_id: int, kind: DueKind, seen: int | None) -> int:
    with write() as transaction:
        order, entry = _entry(transaction, entry_id)
        found = _earning(transaction, actor, order)
        _require_kind(entry, {DueKind.PAID})
        lines = due_lines(found.session, order.id)
        paid = next(line for line in lines if line.id == entry_id)
        if kind == DueKind.CONTESTED and paid.at is not None and clock.now() > paid.at + CONTESTABLE:
            raise Invalid(about="too_late")
        cents = noted_cents(lines, paid)
        if seen not in (None, cents):
            raise Changed
        return add_due(found, kind, cents, actor, about_id=entry_id)


def _require_day(found: LockedOrder, paid_on: date) -> None:
    """A day on which an order can have been paid: the year 26, typed for 2026, would be in no statement."""
    day = timedelta(days=1)
    if paid_on > (found.now + day).date():  # it may be tomorrow where the company is
        raise Invalid(paid_on="future")
    if paid_on < (found.order.applied_at - day).date():
        raise Invalid(paid_on="past")


def _correct(found: LockedOrder, actor: Actor, entry_id: int, cents: int, reference: str) -> int:
    reference = one_line("reference", reference, REFERENCE_MAX)
    return add_due(found, DueKind.CORRECTION, cents, actor, about_id=entry_id, reference=reference)


def _entry(transaction: Transaction, entry_id: int) -> tuple[WorkOrder, DueEntry]:
    entry = require(transaction.session, DueEntry, entry_id)
    return entry.order, entry


def _require_kind(entry: DueEntry, kinds: frozenset[DueKind] | set[DueKind]) -> None:
    if entry.kind not in kinds:
        raise Invalid(about="unknown")


def _paying(transaction: Transaction, actor: Actor, order_id: int) -> LockedOrder:
    """Lock an order as an owner of its company. :raise NotFound: :raise Forbidden:"""
    job = require(transaction.session, Job, require(transaction.session, WorkOrder, order_id).job_id)
    policy.require_role(transaction.session, actor, job.organisation_id, OWNING)
    found = locked_order(transaction, order_id)
    if actor.person_id is not None and actor.person_id == found.order.person_id:
        raise Forbidden
    return found


def _earning(transaction: Transaction, actor: Actor, order: WorkOrder) -> LockedOrder:
    """Lock the actor's own order. :raise NotFound: for those of others."""
    if actor.person_id is None or order.person_id != actor.person_id:
        raise NotFound
    return locked_order(transaction, order.id)


def _in_order(session: Session, order_ids: Sequence[int]) -> list[int]:
    """Orders by their jobs, so that two acts on many orders lock the jobs in the same order.

    :raise NotFound: if one of them does not exist.
    """
    jobs = {order_id: require(session, WorkOrder, order_id).job_id for order_id in order_ids}
    return sorted(jobs, key=lambda order_id: (jobs[order_id], order_id))
