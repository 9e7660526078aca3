"""Mechanics of shows of hands: store a count under the lock of its challenge.

The functions open no transaction: the caller holds the lock of the challenge.
"""

from ideas import clock, journal
from ideas.actor import Actor
from ideas.events import HandsCounted
from ideas.models import Entry, HandCount, Question, Round

# The kind of the act in the log.
HANDS = "hands"


def stored_hands(chain: journal.Chain, question: Question, entry: Entry, value: int) -> int:
    """The present count of a value; 0 if nobody counted."""
    present = chain.transaction.session.get(HandCount, (question.id, entry.id, value))
    return present.n if present else 0


def store_hands(
    chain: journal.Chain, round: Round, actor: Actor, question: Question, entry: Entry, counted: tuple[int, int]
) -> int:
    """Store a count in place of the one before. `counted` is the value and the number of hands; 0 takes it away.

    :return: the number of the entry in the journal.
    """
    session, (value, n) = chain.transaction.session, counted
    present = session.get(HandCount, (question.id, entry.id, value))
    if present is None:
        present = HandCount(question_id=question.id, entry_id=entry.id, value=value)
        session.add(present)
    present.n, present.account_id, present.at = n, actor.account_id, clock.now()
    if n == 0:
        session.delete(present)
    session.flush()
    seq = chain.append(HANDS, {"q": question.id, "entry": entry.id, "value": value, "n": n}, round)
    chain.touch(seq, [round.handle], [journal.FACILITATORS])
    chain.transaction.record(HandsCounted(round.challenge_id, round.id, question.id, entry.id, actor))
    return seq
