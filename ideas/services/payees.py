"""The legal name and the address that a person types at the first due. They stand in statements, and nowhere else."""

import json

from sqlalchemy import delete

from ideas import clock
from ideas.actor import Actor
from ideas.database import write
from ideas.encryption import encrypted
from ideas.errors import Changed, Conflict, Forbidden, Problems
from ideas.models import Payee
from ideas.queries.payees import was_owed
from ideas.texts import cleaned, one_line

LEGAL_NAME_MAX = 100
ADDRESS_MAX = 300


def keep_payee(actor: Actor, name: str, address: str, *, seen: int | None = None) -> None:
    """Store the actor's name and address, encrypted. No journal has an entry of it.

    :param seen: the version that the actor saw.
    :raise Forbidden: without an account. :raise Conflict: before the first due: nothing needs them. :raise Changed: if
        they were changed meanwhile. :raise Invalid: `legal_name` or `postal_address` missing or too_long.
    """
    if actor.account_id is None or actor.person_id is None:
        raise Forbidden
    with write() as transaction:
        session, problems = transaction.session, Problems()
        if not was_owed(session, actor.person_id):
            raise Conflict
        with problems.noted():
            name = one_line("legal_name", name, LEGAL_NAME_MAX, required=True)
        with problems.noted():
            address = cleaned("postal_address", address, ADDRESS_MAX, required=True)
        problems.refuse()
        row = session.get(Payee, actor.person_id, with_for_update=True)
        if seen not in (None, row.saves if row else 0):
            raise Changed
        if row is None:
            row = Payee(person_id=actor.person_id, saves=0)
            session.add(row)
        row.encrypted = encrypted(json.dumps({"name": name, "address": address}, ensure_ascii=False))
        row.saves, row.saved_at = row.saves + 1, clock.now()


def drop_payee(actor: Actor) -> None:
    """Remove the actor's name and address; later statements have none."""
    with write() as transaction:
        transaction.session.execute(delete(Payee).filter_by(person_id=actor.person_id or 0))
