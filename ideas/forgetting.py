"""Mechanics of forgetting: what links the ballots of a closed round to the people who cast them is destroyed.

The counts stay, and so do the marks in the journal under pseudonyms that nobody can make again. Not only the key of the
pseudonyms goes, but also everything that holds a participant beside a number of the journal or beside a time of voting.

The functions open no transaction: the caller holds the lock of the challenge.
"""

from sqlalchemy import delete, select, update

from ideas import journal, operations
from ideas.models import Ballot, Exposure, Mark, MergedMark, Participant, Round, StreamItem


def forget_ballots(chain: journal.Chain, round: Round) -> bool:
    """Destroy a closed round's key, the participants' secrets, and the rows of marks.

    :return: False if it was done before.
    """
    assert round.is_closed
    if round.is_forgotten:
        return False
    session, challenge_id = chain.transaction.session, chain.challenge.id
    questions = [question.id for question in round.questions]
    session.execute(delete(Mark).where(Mark.question_id.in_(questions)))
    session.execute(delete(MergedMark).where(MergedMark.question_id.in_(questions)))
    session.execute(delete(Exposure).where(Exposure.question_id.in_(questions)))
    # The order of these times is that of `done` in the journal.
    ended = update(Ballot).where(Ballot.question_id.in_(questions), Ballot.done_at.is_not(None))
    session.execute(ended.values(done_at=round.closed_at))
    session.execute(
        delete(StreamItem).filter_by(challenge_id=challenge_id).where(StreamItem.lane.like("participant-%"))
    )
    people = session.scalars(select(Participant.id).filter_by(challenge_id=challenge_id)).all()
    operations.forget_commands(session, people)
    session.execute(update(Participant).filter_by(challenge_id=challenge_id).values(secret=b""))
    round.key = b""
    seq = chain.append("forget", {}, round)
    chain.touch(seq, [round.handle], [journal.ROOM, journal.FACILITATORS])
    session.flush()
    return True
