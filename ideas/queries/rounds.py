"""Rounds: the current round of a challenge, and a round by its id."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from ideas.errors import NotFound
from ideas.models import Round


def current_round(session: Session, challenge_id: int) -> Round:
    """The latest round of a challenge, with its phases and questions in one statement.

    :raise NotFound: if there is none.
    """
    return _whole(session, select(Round).filter_by(challenge_id=challenge_id).order_by(Round.n.desc()).limit(1))


def round_by_id(session: Session, round_id: int) -> Round:
    """The round with this id, loaded like `current_round`. :raise NotFound: if there is none."""
    return _whole(session, select(Round).filter_by(id=round_id))


def _whole(session: Session, query: Select[tuple[Round]]) -> Round:
    # Callers nearly always need the phases and questions; both are few.
    found = session.scalars(query.options(joinedload(Round.phases), joinedload(Round.questions))).unique().first()
    if found is None:
        raise NotFound
    return found
