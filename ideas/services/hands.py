"""Counting a show of hands: a facilitator enters the number, and nobody can verify it."""

from ideas import policy
from ideas.actor import Actor
from ideas.database import write
from ideas.errors import Invalid, NotFound
from ideas.hand_counts import HANDS, store_hands, stored_hands
from ideas.models import Activity, Entry, Question
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
        before = stored_hands(chain, question, entry, value)
        if n == before:
            return
        seq = store_hands(chain, round, actor, question, entry, (value, n))
        chain.act(HANDS, entry.idea.handle, actor, "", seq, before=f"{question_id} {value} {before} {n}")
