"""Statements: what was owed and paid in a year, for an organisation or for a worker. They are no invoices."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from ideas import policy
from ideas.actor import Actor
from ideas.dues import OBLIGATIONS, DueKind
from ideas.errors import Forbidden
from ideas.models import OWNING, Delivery, DueEntry, Job, Organisation, Terms, WorkKind, WorkOrder
from ideas.queries.payees import PayeeDetails, payees_of


@dataclass(frozen=True)
class StatementRow:
    """An entry of the ledger in a statement. `owed` and `paid` are the cents that it adds to both sums; a contested
    payment takes its cents off again. `served_on` is the day of the latest delivery, None for an order without one.

    `partner` is the other side: the name that the worker chose, or the organisation. `payee` has the legal name and
    the address of the worker, empty if they typed none or their account is gone.
    """

    entry: int
    order: int
    kind: DueKind
    work: WorkKind
    artistic: bool
    title: str
    partner: str
    on: date
    served_on: date | None
    owed: int
    paid: int
    currency: str
    paid_on: date | None
    reference: str
    about: int | None
    payee: PayeeDetails


@dataclass(frozen=True)
class DueStatement:
    """The entries of a year in their order."""

    year: int
    rows: tuple[StatementRow, ...]

    @property
    def sums(self) -> dict[str, tuple[int, int]]:
        """`{currency: (owed, paid)}` in cents, of the entries of this year."""
        found: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for row in self.rows:
            owed, paid = found[row.currency]
            found[row.currency] = owed + row.owed, paid + row.paid
        return dict(found)


def statement_of_organisation(
    session: Session, actor: Actor, organisation_id: int, year: int, zone: str
) -> DueStatement:
    """What an organisation owed and paid in a year of a time zone, for its owners.

    :raise NotFound: :raise Forbidden: for others.
    """
    policy.require_role(session, actor, organisation_id, OWNING)
    return _statement(session, Job.organisation_id == organisation_id, year, zone, of_worker=False)


def statement_of_worker(session: Session, actor: Actor, year: int, zone: str) -> DueStatement:
    """What was owed and paid to the actor in a year of a time zone. :raise Forbidden: without a person."""
    if actor.person_id is None:
        raise Forbidden
    return _statement(session, WorkOrder.person_id == actor.person_id, year, zone, of_worker=True)


def _statement(session: Session, which: ColumnElement[bool], year: int, zone: str, *, of_worker: bool) -> DueStatement:
    begin, end = (datetime(each, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) for each in (year, year + 1))
    # An answer or a correction may speak of an entry of an earlier year, so the kinds of all entries are read.
    query = select(DueEntry, WorkOrder, Terms, Organisation).join(WorkOrder, WorkOrder.id == DueEntry.order_id)
    query = query.join(Terms, Terms.id == WorkOrder.terms_id).join(Job, Job.id == WorkOrder.job_id)
    query = query.join(Organisation, Organisation.id == Job.organisation_id).where(which).order_by(DueEntry.id)
    entries = session.execute(query).tuples().all()
    kinds = {entry.id: entry.kind for entry, *_ in entries}
    orders = {order.id for _, order, *_ in entries}
    served = select(Delivery.order_id, Delivery.delivered_at).where(Delivery.order_id.in_(orders)).order_by(Delivery.n)
    days = dict(session.execute(served).tuples().all()) if orders else {}
    payees = payees_of(session, {order.person_id for _, order, *_ in entries})
    local = ZoneInfo(zone)
    rows, nobody = [], PayeeDetails()
    for entry, order, terms, organisation in entries:
        if not begin <= entry.at < end:
            continue
        owed, paid = _sides(entry, kinds)
        rows.append(
            StatementRow(
                entry=entry.id,
                order=order.id,
                kind=entry.kind,
                work=terms.kind,
                artistic=terms.artistic,
                title=terms.title,
                partner=_name_of(organisation) if of_worker else order.name,
                on=entry.at.astimezone(local).date(),
                served_on=days[order.id].astimezone(local).date() if order.id in days else None,
                owed=owed,
                paid=paid,
                currency=entry.currency,
                paid_on=entry.paid_on,
                reference=entry.reference,
                about=entry.about_id,
                payee=payees.get(order.person_id, nobody),
            )
        )
    return DueStatement(year, tuple(rows))


def _name_of(organisation: Organisation) -> str:
    """A deleted organisation keeps its number, so the rows of two of them can be told apart."""
    return organisation.name or f"Deleted organisation no. {organisation.id}"


def _sides(entry: DueEntry, kinds: dict[int, DueKind]) -> tuple[int, int]:
    """The cents that an entry adds to what is owed and to what is paid."""
    if entry.kind in OBLIGATIONS:
        return entry.cents, 0
    if entry.kind == DueKind.PAID:
        return 0, entry.cents
    if entry.kind == DueKind.CONTESTED:
        return 0, -entry.cents
    if entry.kind == DueKind.CORRECTION:
        return (0, entry.cents) if kinds[entry.about_id or 0] == DueKind.PAID else (entry.cents, 0)
    return 0, 0
