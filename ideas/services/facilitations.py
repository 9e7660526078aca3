"""Sharing facilitation: give it to somebody in the room, take it back, give it up."""

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, write
from ideas.errors import Conflict, NotFound
from ideas.events import FacilitationChanged
from ideas.models import STAND_INS, Facilitation, Participant


def share_facilitation(actor: Actor, challenge_id: int, participant_id: int) -> None:
    """Let a participant facilitate this challenge too; they keep their place in the room.

    :raise NotFound: :raise Forbidden: :raise Conflict: for somebody who was removed, or facilitates already.
    """
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        policy.require_facilitator(session, actor, challenge_id)
        participant = session.get(Participant, participant_id)
        if participant is None or participant.challenge_id != challenge_id or participant.merged_into:
            raise NotFound
        if participant.tier in STAND_INS:  # nobody who could steer
            raise NotFound
        key = (challenge_id, participant.person_id)
        if participant.barred_at or session.get(Facilitation, key):
            raise Conflict
        session.add(Facilitation(challenge_id=challenge_id, person_id=participant.person_id, since=clock.now()))
        _tell(transaction, chain, actor, "share", participant)


def end_facilitation(actor: Actor, challenge_id: int, participant_id: int) -> None:
    """Take it back, or give it up. Members of the organisation facilitate by that and can't lose it here.

    :raise NotFound: if it was never given to them. :raise Forbidden:
    """
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        policy.require_facilitator(session, actor, challenge_id)
        participant = session.get(Participant, participant_id)
        if participant is None or participant.challenge_id != challenge_id:
            raise NotFound
        if not take_facilitation(transaction, chain, actor, participant):
            raise NotFound


def take_facilitation(transaction: Transaction, chain: journal.Chain, actor: Actor, participant: Participant) -> bool:
    """Take it from a participant, in a transaction that holds the lock. :return: whether they had it."""
    given = transaction.session.get(Facilitation, (participant.challenge_id, participant.person_id))
    if given is None:
        return False
    transaction.session.delete(given)
    _tell(transaction, chain, actor, "unshare", participant)
    return True


def _tell(transaction: Transaction, chain: journal.Chain, actor: Actor, kind: str, participant: Participant) -> None:
    seq = chain.append(kind, {"participant": participant.id})
    chain.act(kind, participant.handle, actor, "", seq)
    chain.touch(seq, [participant.handle], [journal.FACILITATORS])
    chain.touch(seq, [participant.handle], [participant.lane])
    transaction.record(FacilitationChanged(chain.challenge.id, participant.person_id))
