"""The page of the money that an organisation owes and has paid."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.pages.orders import DUE_KINDS
from app.platform.rendering import money
from ideas import clock
from ideas.dues import OBLIGATIONS, DueKind
from ideas.installation import day_of_books
from ideas.models import WorkOrder
from ideas.orders import is_overdue
from ideas.queries.company_dues import OwedOrder, orders_with_dues, years_of
from ideas.queries.dues import DueRow, Ledger, ledgers


@dataclass(frozen=True)
class DueLineSaid:
    """An entry of the ledger in words. `can_raise`, `can_correct`: what an owner may do with it."""

    row: DueRow
    name: Any
    amount: str
    can_raise: bool
    can_correct: bool


def _said(row: DueRow) -> DueLineSaid:
    return DueLineSaid(
        row,
        DUE_KINDS[row.kind],
        money(row.cents, row.currency),
        can_raise=row.kind in OBLIGATIONS,
        can_correct=row.kind == DueKind.PAID and row.answer is None,
    )


@dataclass(frozen=True)
class CurrencySums:
    """The sums of one currency, as written."""

    currency: str
    open: str
    overdue: str
    unconfirmed: str
    contested: str
    paid: str


@dataclass(frozen=True)
class OwedRow:
    """An order with money in a list; `open` is "" if nothing is."""

    owed: OwedOrder
    ledger: Ledger
    open: str
    unconfirmed: str
    contested: str
    is_overdue: bool
    lines: list[DueLineSaid]

    @property
    def order(self) -> WorkOrder:
        return self.owed.order


@dataclass(frozen=True)
class CompanyDues:
    """Everything that an organisation owes or has paid: what is overdue first, then what is open, then the newest."""

    sums: list[CurrencySums]
    rows: list[OwedRow]
    years: list[int]
    today: date


def company_dues(session: Session, organisation_id: int) -> CompanyDues:
    """The dues of an organisation, in three statements. The caller checks the permission."""
    now, owed = clock.now(), orders_with_dues(session, organisation_id)
    of = ledgers(session, [row.order.id for row in owed])
    rows = [_owed(row, of[row.order.id], now) for row in owed if row.order.id in of]
    rows.sort(key=lambda row: (not row.is_overdue, not row.open, row.order.pay_by or now, -row.order.id))
    currencies = sorted({row.ledger.rows[0].currency for row in rows})
    return CompanyDues(
        [_sums(code, rows) for code in currencies], rows, years_of(session, organisation_id), day_of_books(now)
    )


def _owed(row: OwedOrder, ledger: Ledger, now: datetime) -> OwedRow:
    sums, currency = ledger.sums, ledger.rows[0].currency
    open, unconfirmed, contested = (
        money(cents, currency) if cents else "" for cents in (sums.open, sums.unconfirmed, sums.contested)
    )
    return OwedRow(
        row,
        ledger,
        open,
        unconfirmed,
        contested,
        bool(open) and is_overdue(row.order.pay_by, now),
        [_said(each) for each in ledger.rows],
    )


def _sums(currency: str, rows: list[OwedRow]) -> CurrencySums:
    mine = [row for row in rows if row.ledger.rows[0].currency == currency]
    of = [row.ledger.sums for row in mine]
    overdue = sum(row.ledger.sums.open for row in mine if row.is_overdue)
    cents = (
        *(sum(s.open for s in of), overdue, sum(s.unconfirmed for s in of)),
        *(sum(s.contested for s in of), sum(s.paid for s in of)),
    )
    return CurrencySums(currency, *(money(n, currency) for n in cents))
