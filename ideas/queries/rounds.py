"""Rounds: which one of a challenge is current."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.errors import NotFound
from ideas.models import Round


def current_round(session: Session, challenge_id: int) -> Round:
    """The latest round of a challenge.

    :raise NotFound: if there is none.
    """
    found = session.scalar(select(Round).filter_by(challenge_id=challenge_id).order_by(Round.n.desc()).limit(1))
    if found is None:
        raise NotFound
    return found
