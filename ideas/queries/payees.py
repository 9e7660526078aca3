"""The legal name and the address of people to whom something is or was owed."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.encryption import decrypted
from ideas.models import DueEntry, Payee, WorkOrder


@dataclass(frozen=True)
class PayeeDetails:
    """What a person typed for the statements; `name` and `address` are "" if nothing was, or if it is unreadable since
    the installation got another secret. `saves`: the version.
    """

    name: str = ""
    address: str = ""
    saves: int = 0
    is_unreadable: bool = False


def payee_of(session: Session, person_id: int | None) -> PayeeDetails:
    """The details of one person."""
    return payees_of(session, [person_id or 0]).get(person_id or 0, PayeeDetails())


def payees_of(session: Session, person_ids: Collection[int]) -> dict[int, PayeeDetails]:
    """`{person: their details}` of those who typed some; the caller checks who may read them."""
    rows = session.scalars(select(Payee).where(Payee.person_id.in_(person_ids))) if person_ids else ()
    return {row.person_id: _details(row) for row in rows}


def _details(row: Payee) -> PayeeDetails:
    text = decrypted(row.encrypted)
    if text is None:
        return PayeeDetails(saves=row.saves, is_unreadable=True)
    typed = json.loads(text)
    return PayeeDetails(typed["name"], typed["address"], row.saves)


def was_owed(session: Session, person_id: int | None) -> bool:
    """Whether something is or was owed to a person."""
    dues = select(DueEntry.id).join(WorkOrder, WorkOrder.id == DueEntry.order_id)
    return session.scalar(dues.where(WorkOrder.person_id == (person_id or 0)).limit(1)) is not None
