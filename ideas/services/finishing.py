""" "I am done": a voter ends their ballot on a question, and may reopen it until the close."""

from datetime import datetime

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.database import require, write
from ideas.errors import Conflict, NotFound
from ideas.models import Ballot, Question, Round


def finish_ballot(actor: Actor, question_id: int) -> None:
    """End one's ballot: its marks count, and no further mark is taken until it is reopened.

    :raise Conflict: if it has no marks yet, or is ended already.
    :raise NotFound: :raise Forbidden: :raise Barred: :raise RoundIsClosed: :raise PhaseForbids:
    """
    _turn(actor, question_id, "done", clock.now())


def reopen_ballot(actor: Actor, question_id: int) -> None:
    """Reopen an ended ballot, so that it takes marks again.

    :raise Conflict: if it is not ended.
    :raise NotFound: :raise Forbidden: :raise Barred: :raise RoundIsClosed: :raise PhaseForbids:
    """
    _turn(actor, question_id, "reopen", None)


def _turn(actor: Actor, question_id: int, kind: str, done_at: datetime | None) -> None:
    with write() as transaction:
        session = transaction.session
        question = require(session, Question, question_id)
        round = session.get_one(Round, question.round_id)
        if question not in round.polled:
            raise NotFound
        chain = journal.locked(transaction, round.challenge_id)
        participant = policy.require_participant(session, actor, round.challenge_id)
        session.refresh(round)
        policy.require_permits(round, question.activity)
        ballot = session.get(Ballot, (question_id, participant.id))
        if ballot is None or (ballot.done_at is None) == (done_at is None):
            raise Conflict
        ballot.done_at = done_at
        body = {"p": journal.pseudonym(round.key, participant.secret), "q": question_id}
        seq = chain.append(kind, body, round)
        chain.touch(seq, [participant.handle], [participant.lane])
