"""Statements as files: CSV, as spreadsheets of a language open it, and JSON. Amounts are exact, in both."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import BinaryIO

from ideas.exports.cells import Cell
from ideas.exports.csv import PLAIN, Dialect, write_table
from ideas.prizes import CURRENCIES
from ideas.queries.due_statements import DueStatement, StatementRow

COLUMNS = (
    "date",
    "date_of_service",
    "order",
    "kind_of_work",
    "artistic",
    "job",
    "partner",
    "entry",
    "number",
    "about",
    "owed_net",
    "paid",
    "currency",
    "vat",
    "paid_on",
    "reference",
    "legal_name",
    "address",
)

# The pay is agreed without VAT; whether there is any, the invoice of the worker tells.
VAT = "plus VAT if charged"


def write_statement_csv(statement: DueStatement, out: BinaryIO, *, dialect: Dialect = PLAIN) -> None:
    """Write the entries of a statement, one a row."""
    write_table(COLUMNS, (_cells(row) for row in statement.rows), out, dialect)


def _cells(row: StatementRow) -> Sequence[Cell]:
    owed, paid = (_amount(cents, row.currency) if cents else None for cents in (row.owed, row.paid))
    return [
        *(row.on.isoformat(), _day(row.served_on), row.order, str(row.work), "yes" if row.artistic else "no"),
        *(row.title, row.partner, str(row.kind), row.entry, row.about),
        *(owed, paid, row.currency, VAT if row.owed else "", _day(row.paid_on), row.reference),
        *(row.payee.name, ", ".join(row.payee.address.splitlines())),
    ]


def write_statement_json(statement: DueStatement, out: BinaryIO) -> None:
    """Write a statement with its sums; amounts are whole cents (the smallest unit of the currency)."""
    document = {
        "year": statement.year,
        "sums": {
            currency: {"owed_cents": owed, "paid_cents": paid, "open_cents": owed - paid}
            for currency, (owed, paid) in sorted(statement.sums.items())
        },
        "entries": [_entry(row) for row in statement.rows],
    }
    out.write(json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n")


def _entry(row: StatementRow) -> dict[str, object]:
    return {
        "date": row.on.isoformat(),
        "date_of_service": _day(row.served_on) or None,
        "order": row.order,
        "kind_of_work": str(row.work),
        "artistic": row.artistic,
        "job": row.title,
        "partner": row.partner,
        "entry": str(row.kind),
        "number": row.entry,
        "about": row.about,
        "owed_net_cents": row.owed,
        "paid_cents": row.paid,
        "currency": row.currency,
        "vat": VAT if row.owed else "",
        "paid_on": _day(row.paid_on) or None,
        "reference": row.reference,
        "legal_name": row.payee.name,
        "address": row.payee.address,
    }


def _amount(cents: int, currency: str) -> Decimal:
    return Decimal(cents).scaleb(-CURRENCIES[currency])


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
