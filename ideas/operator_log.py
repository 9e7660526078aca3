"""Mechanics of the operators' log. Every service by which an operator acts writes one line, in the same transaction."""

from ideas import clock
from ideas.actor import Actor
from ideas.database import Transaction
from ideas.models import OperatorAct


def note_act(
    transaction: Transaction, actor: Actor, kind: str, concerns: int | None = None, **details: str | int
) -> None:
    """Add an act to the log. `concerns` is the account that it is about."""
    transaction.session.add(
        OperatorAct(
            account_id=actor.account_id,
            is_command=actor.is_operator,
            kind=kind,
            concerns=concerns,
            details=details,
            at=clock.now(),
        )
    )
