"""The status of an argument. A later round never changes what a closed one showed."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.models import Argument, ArgumentAtClose, Entry, EntryStatus, Round


def change_status(session: Session, argument: Argument, status: EntryStatus) -> None:
    """Hide, show or withdraw an argument. The closed rounds in which it stood keep the status that they showed.

    The caller holds the lock of the challenge.
    """
    known = select(ArgumentAtClose.round_id).filter_by(argument_id=argument.id)
    query = select(Round.id).join(Entry, Entry.round_id == Round.id).where(Entry.idea_id == argument.idea_id)
    query = query.where(Round.closed_at >= argument.written_at, Round.id.not_in(known))
    for round_id in session.scalars(query).all():
        session.add(ArgumentAtClose(round_id=round_id, argument_id=argument.id, status=argument.status))
    argument.status = status
    session.flush()
