"""Mechanics of forgetting: what links the ballots of a closed round to the people who cast them is destroyed.

The counts stay, and so do the marks in the journal under pseudonyms that nobody can make again. Not only the key of the
pseudonyms goes, but also everything that holds a participant beside a number of the journal or beside a time of voting.

The functions open no transaction: the caller holds the lock of the challenge.
"""

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from ideas import journal, operations
from ideas.models import (
    Ballot,
    Exposure,
    GoodPoint,
    JournalEntry,
    Mark,
    MergedMark,
    Notification,
    Participant,
    Round,
    Seat,
    StreamItem,
    Turn,
)
from ideas.reasons import OF_MARKS


def forget_ballots(chain: journal.Chain, round: Round) -> bool:
    """Destroy a closed round's key and the rows of marks, and with the last round the participants' secrets.

    :return: False if it was done before.
    """
    assert round.is_closed
    if round.is_forgotten:
        return False
    session, challenge_id = chain.transaction.session, chain.challenge.id
    questions = [question.id for question in round.asked]
    session.execute(delete(Mark).where(Mark.question_id.in_(questions)))
    session.execute(delete(MergedMark).where(MergedMark.question_id.in_(questions)))
    session.execute(delete(Exposure).where(Exposure.question_id.in_(questions)))
    session.execute(update(GoodPoint).filter_by(round_id=round.id).values(participant_id=None))
    for table in (Turn, Seat):
        session.execute(delete(table).filter_by(round_id=round.id))
    notices = delete(Notification).filter_by(challenge_id=challenge_id).where(Notification.reason.in_(OF_MARKS))
    session.execute(notices.where(Notification.created_at <= round.closed_at))
    # The order of these times is that of `done` in the journal.
    ended = update(Ballot).where(Ballot.question_id.in_(questions), Ballot.done_at.is_not(None))
    session.execute(ended.values(done_at=round.closed_at))
    round.key = b""
    session.flush()
    others = select(Round.id).where(Round.challenge_id == challenge_id, ~Round.is_forgotten)
    is_last = session.scalar(others.limit(1)) is None
    items = delete(StreamItem).filter_by(chain_id=chain.end.id).where(StreamItem.lane.like("participant-%"))
    session.execute(items if is_last else items.where(StreamItem.seq <= _number_of_close(session, round)))
    people = session.scalars(select(Participant.id).filter_by(challenge_id=challenge_id)).all()
    operations.forget_commands(session, people, None if is_last else round.closed_at)
    # Pseudonyms of another round need the secrets; those of this one need its key, which is gone.
    if is_last:
        session.execute(update(Participant).filter_by(challenge_id=challenge_id).values(secret=b""))
    seq = chain.append("forget", {}, round)
    chain.touch(seq, [round.handle], [journal.ROOM, journal.FACILITATORS])
    session.flush()
    return True


def _number_of_close(session: Session, round: Round) -> int:
    """The number of the journal entry that closed a round; 0 for an import, which has none."""
    return session.scalar(select(func.max(JournalEntry.seq)).filter_by(round_id=round.id, kind="close")) or 0
