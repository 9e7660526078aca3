"""Counting a show of hands: a facilitator enters the number, and nobody can verify it."""

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.database import write
from ideas.errors import Invalid, NotFound
from ideas.events import HandsCounted
from ideas.models import Activity, Entry, HandCount, Question
from ideas.round_lock import facilitated_round

HANDS_MAX = 100_000


def count_hands(actor: Actor, question_id: int, entry_id: int, value: int, n: int) -> None:
    """Store that `n` hands went up for `value` on an entry; a new count replaces the previous one, zero removes it.

    Only facilitators see it before the close.

    :raise NotFound: for an entry that the room does not see. :raise Invalid: `{"value": …}` for a value that the rule
        does not ask a hall for, `{"n": "out_of_range"}`.
    :raise PhaseForbids: while the phase permits no votes. :raise RoundIsClosed: :raise Forbidden: :raise Conflict: in a
        draft.
    """
    if not 0 <= n <= HANDS_MAX:
        raise Invalid(n="out_of_range")
    with write() as transaction:
        session = transaction.session
        question = session.get(Question, question_id)
        if question is None:
            raise NotFound
        chain, round = facilitated_round(transaction, actor, question.round_id)
        if question not in round.questions:
            raise NotFound
        policy.require_permits(round, Activity.VOTE)
        if value not in question.ballot_rule.hand_values:
            raise Invalid(value="unknown")
        entry = session.get(Entry, entry_id)
        if entry is None or entry.round_id != round.id or not entry.shown:
            raise NotFound
        standing = session.get(HandCount, (question_id, entry_id, value))
        if n == (standing.n if standing else 0):
            return
        if standing is None:
            standing = HandCount(question_id=question_id, entry_id=entry_id, value=value)
            session.add(standing)
        standing.n, standing.account_id, standing.at = n, actor.account_id, clock.now()
        if n == 0:
            session.delete(standing)
        session.flush()
        seq = chain.append("hands", {"q": question_id, "entry": entry_id, "value": value, "n": n}, round)
        chain.act("hands", entry.idea.handle, actor, "", seq)
        chain.touch(seq, [round.handle], [journal.FACILITATORS])
        transaction.record(HandsCounted(round.challenge_id, round.id, question_id, entry_id, actor))
