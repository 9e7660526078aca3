"""Steering a round: step through its phases, and close it once and for all."""

import hashlib

from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, write
from ideas.errors import Conflict, NotFound
from ideas.models import Result, Round
from ideas.queries.counts import counted
from ideas.services.assessing import assess_after_close

LANES = (journal.ROOM, journal.FACILITATORS)

# Why a round closed by itself.
SETTLED = "settled"


def step_to_phase(actor: Actor, round_id: int, position: int) -> None:
    """Go to a phase of the round, forward or back, until it is closed. Marks and texts stay.

    :raise NotFound: for a phase that is not there; the closed one is reached by `close_round` alone.
    :raise RoundClosed: :raise Forbidden: :raise Conflict: if the challenge is a draft.
    """
    with write() as transaction:
        session = transaction.session
        chain, round = _facilitated(transaction, actor, round_id)
        policy.require_open(round)
        if chain.challenge.published_at is None:
            raise Conflict
        if not 0 <= position < len(round.phases) - 1:
            raise NotFound
        if position == round.position:
            return
        round.position = position
        round.phase.started_at = clock.now()
        seq = chain.append("phase", {"position": position}, round)
        chain.act("phase", round.handle, actor, "", seq)
        chain.touch(seq, [round.handle], LANES)
        session.flush()


def close_round(actor: Actor, round_id: int, why: str = "") -> None:
    """End the round and freeze its counts. Final: what was acknowledged before counts, nothing after it does.

    How sure the ranking is follows right after, outside of the transaction (`ideas.services.assessing`).

    :param why: a word for the journal where no facilitator decided it: `SETTLED`.

    :raise RoundClosed: if it is closed already. :raise Forbidden: :raise Conflict: if the challenge is a draft.
    """
    with write() as transaction:
        session = transaction.session
        chain, round = _facilitated(transaction, actor, round_id)
        policy.require_open(round)
        if chain.challenge.published_at is None:
            raise Conflict
        round.position = len(round.phases) - 1
        round.closed_at = round.phase.started_at = clock.now()
        seq = chain.append("close", {"why": why} if why else {}, round)
        chain.act("close", round.handle, actor, "", seq)
        result = _frozen(session, round)
        seq = chain.append("result", {"digest": result.digest}, round)
        chain.touch(seq, [round.handle, "figures"], LANES)
    assess_after_close(round_id)


def _frozen(session: Session, round: Round) -> Result:
    body = journal.canonical(counted(session, round))
    result = Result(round_id=round.id, body=body, digest=hashlib.sha256(body).hexdigest(), frozen_at=clock.now())
    session.add(result)
    return result


def _facilitated(transaction: Transaction, actor: Actor, round_id: int) -> tuple[journal.Chain, Round]:
    session = transaction.session
    round = session.get(Round, round_id)
    if round is None:
        raise NotFound
    chain = journal.locked(transaction, round.challenge_id)
    policy.require_facilitator(session, actor, round.challenge_id)
    session.refresh(round)
    return chain, round
