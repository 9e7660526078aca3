"""Commands that must take effect once: their number is stored with their answer, in the same transaction."""

import uuid

from sqlalchemy.orm import Session

from ideas.errors import Conflict, Invalid
from ideas.models import Operation, Participant


def checked_op(op: str) -> str:
    """:raise Invalid: if `op` is no UUID."""
    try:
        return str(uuid.UUID(op))
    except ValueError as error:
        raise Invalid(op="characters") from error


def answer_before(session: Session, participant: Participant, op: str, key: str) -> int | None:
    """The answer of the command's first run, or None if there was none.

    :raise Conflict: if the number belongs to another kind of command.
    """
    done = session.get(Operation, (participant.id, op))
    if done is None:
        return None
    if key not in done.answer:
        raise Conflict
    return int(str(done.answer[key]))


def remember(session: Session, participant: Participant, op: str, key: str, answer: int) -> None:
    """Store the answer for a repetition."""
    session.add(Operation(participant_id=participant.id, op=op, answer={key: answer}))
