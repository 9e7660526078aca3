"""Waves as facilitators see them, and how many people a result leaves out with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideas.models import Arrival, Participant, Round, Wave

NAMES_SHOWN = 30


@dataclass(frozen=True)
class WaveRow:
    """A wave: `people` joined from one network between `first_at` and `last_at`."""

    id: int
    challenge_id: int
    people: int
    first_at: datetime
    last_at: datetime
    is_excluded: bool


def waves_of(session: Session, challenge_id: int) -> list[WaveRow]:
    """The waves of an open round, the latest first."""
    rows = session.execute(
        select(Wave, func.count(), func.min(Arrival.at), func.max(Arrival.at))
        .join(Arrival, Arrival.wave_id == Wave.id)
        .where(Wave.challenge_id == challenge_id)
        .group_by(Wave.id)
        .order_by(Wave.id.desc())
    )
    return [
        WaveRow(wave.id, challenge_id, people, first, last, wave.excluded_at is not None)
        for wave, people, first, last in rows
    ]


def names_in(session: Session, wave_id: int) -> Sequence[str]:
    """The names of the people in a wave, the first `NAMES_SHOWN` who joined."""
    query = select(Participant.name).join(Arrival, Arrival.participant_id == Participant.id)
    return session.scalars(query.where(Arrival.wave_id == wave_id).order_by(Participant.id).limit(NAMES_SHOWN)).all()


def excluded_of(session: Session, round: Round) -> int:
    """The number of people who are left out of a round with a wave."""
    query = select(func.coalesce(func.sum(Wave.people), 0)).where(Wave.round_id == round.id)
    return session.scalar(query.where(Wave.excluded_at.is_not(None))) or 0
