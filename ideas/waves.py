"""Mechanics of waves: noting how people arrive, and forgetting it."""

from datetime import timedelta

from sqlalchemy import BigInteger, Select, delete, func, or_, select, type_coerce, update
from sqlalchemy.orm import Session

from ideas import clock, journal
from ideas.database import db, write
from ideas.models import Arrival, ExcludedBallot, ExcludedMark, Participant, Wave

WAVE_PEOPLE = 10  # people who join from one network …
WAVE_TIME = timedelta(minutes=2)  # … within this time

# How somebody came, as long as all of it is kept.
_IS_KEPT = or_(Arrival.wave_id.is_(None), Arrival.network.is_not(None))


def note_arrival(chain: journal.Chain, participant: Participant, network: str) -> None:
    """Note a participant who joined from a network, by its digest, and the wave that they are part of."""
    session, challenge_id = chain.transaction.session, participant.challenge_id
    session.add(
        Arrival(participant_id=participant.id, challenge_id=challenge_id, network=network, at=participant.joined_at)
    )
    session.flush()
    recent = (
        Arrival.challenge_id == challenge_id,
        Arrival.network == network,
        Arrival.at >= participant.joined_at - WAVE_TIME,
    )
    people, wave_id = session.execute(select(func.count(), func.max(Arrival.wave_id)).where(*recent)).one()
    if people < WAVE_PEOPLE:
        return
    if wave_id is None:
        wave = Wave(challenge_id=challenge_id)
        session.add(wave)
        session.flush()
        wave_id = wave.id
    session.execute(
        update(Arrival)
        .where(*recent, Arrival.wave_id.is_(None))
        .values(wave_id=wave_id)
        .execution_options(synchronize_session=False)
    )


def is_left_out(session: Session, participant_id: int) -> bool:
    """Whether a participant is part of a wave that is left out."""
    query = select(Wave.excluded_at).join(Arrival, Arrival.wave_id == Wave.id)
    return session.scalar(query.where(Arrival.participant_id == participant_id)) is not None


def next_forgetting() -> Select[tuple[int]]:
    """The query for the moment at which something is forgotten next."""
    oldest = select(type_coerce(func.min(Arrival.at), BigInteger) + int(1000 * WAVE_TIME.total_seconds()) + 1)
    return oldest.where(_IS_KEPT)


def forget_networks() -> None:
    """Drop the digests that no wave needs any more, and how people came who are in no wave. Without any, nothing is
    written.
    """
    old = Arrival.at < clock.now() - WAVE_TIME
    due = select(Arrival.participant_id).where(old, _IS_KEPT)
    is_due = db.session.scalar(due.limit(1)) is not None
    db.session.rollback()
    if not is_due:
        return
    with write() as transaction:
        session = transaction.session
        session.execute(delete(Arrival).where(old, Arrival.wave_id.is_(None)))
        session.execute(update(Arrival).where(old, Arrival.network.is_not(None)).values(network=None))


def end_waves(session: Session, challenge_id: int) -> None:
    """Forget at the close how people came, and the marks that stay left out. Waves that are left out are kept as a
    number.
    """
    people = select(Participant.id).filter_by(challenge_id=challenge_id)
    for table in (ExcludedMark, ExcludedBallot):
        session.execute(
            delete(table).where(table.participant_id.in_(people)).execution_options(synchronize_session=False)
        )
    session.execute(delete(Arrival).filter_by(challenge_id=challenge_id))
    session.execute(delete(Wave).where(Wave.challenge_id == challenge_id, Wave.excluded_at.is_(None)))
