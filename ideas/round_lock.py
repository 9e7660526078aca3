"""A round under the lock of its challenge, for the services that steer it."""

from ideas import journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, require
from ideas.errors import Conflict
from ideas.models import Round
from ideas.queries.rounds import current_round

SHARED_LANES = (journal.ROOM, journal.FACILITATORS)


def facilitated_round(transaction: Transaction, actor: Actor, round_id: int) -> tuple[journal.Chain, Round]:
    """Lock an open, published round for a facilitator.

    :raise NotFound: :raise Forbidden: :raise RoundIsClosed: :raise Conflict: if the challenge is a draft.
    """
    chain, round = locked_round(transaction, round_id)
    policy.require_facilitator(transaction.session, actor, round.challenge_id)
    policy.require_open(round)
    if chain.challenge.published_at is None:
        raise Conflict
    return chain, round


def facilitated_current_round(transaction: Transaction, actor: Actor, challenge_id: int) -> tuple[journal.Chain, Round]:
    """Lock a challenge for a facilitator, and take its current round, which must be open.

    :raise NotFound: :raise Forbidden: :raise RoundIsClosed:
    """
    session = transaction.session
    chain = journal.locked(transaction, challenge_id)
    policy.require_facilitator(session, actor, challenge_id)
    round = current_round(session, challenge_id)
    policy.require_open(round)
    return chain, round


def require_same_phase(round: Round, since: int | None) -> None:
    """Require that the round is in the phase `since`, in which the actor decided. None accepts any phase.

    :raise Conflict: if a person or the clock left that phase.
    """
    if since is not None and since != round.position:
        raise Conflict


def locked_round(transaction: Transaction, round_id: int) -> tuple[journal.Chain, Round]:
    """:raise NotFound:"""
    session = transaction.session
    round = require(session, Round, round_id)
    chain = journal.locked(transaction, round.challenge_id)
    session.refresh(round)
    return chain, round
