"""Sharing the facilitation: give it to a participant, take it back, give it up, hand it over."""

from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, write
from ideas.errors import Conflict, NotFound
from ideas.models import PROXIES, STEERING, Facilitation, Participant
from ideas.people import record_facilitation, take_facilitation


def share_facilitation(actor: Actor, challenge_id: int, participant_id: int) -> None:
    """Let a participant facilitate this challenge, too; they remain a participant.

    :raise NotFound: :raise Forbidden: :raise Conflict: for a removed participant, or one who facilitates already.
    """
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        policy.require_facilitator(session, actor, challenge_id)
        _share(transaction, chain, actor, _present(session, challenge_id, participant_id))


def hand_over(actor: Actor, challenge_id: int, participant_id: int) -> None:
    """Let a participant facilitate. The actor gives up the facilitation if it was given to them.

    Members of the organisation continue to facilitate. The participant may facilitate already.

    :raise NotFound: :raise Forbidden: :raise Conflict: for a removed participant, or for the actor.
    """
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        challenge = policy.require_facilitator(session, actor, challenge_id)
        heir = _present(session, challenge_id, participant_id)
        if heir.person_id == actor.person_id:
            raise Conflict
        if session.get(Facilitation, (challenge_id, heir.person_id)) is None:
            _share(transaction, chain, actor, heir)
        own = session.get(Facilitation, (challenge_id, actor.person_id)) if actor.person_id else None
        if own is not None and not policy.has_role(session, actor, challenge.organisation_id, STEERING):
            session.delete(own)
            leaving = policy.participation(session, actor, challenge_id)
            if leaving is not None:
                record_facilitation(transaction, chain, actor, "unshare", leaving)


def end_facilitation(actor: Actor, challenge_id: int, participant_id: int) -> None:
    """Take the facilitation back, or give it up. Members of the organisation can't lose it here.

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


def _present(session: Session, challenge_id: int, participant_id: int) -> Participant:
    participant = session.get(Participant, participant_id)
    if participant is None or participant.challenge_id != challenge_id or participant.merged_into:
        raise NotFound
    if participant.tier in PROXIES:  # a proxy is no person who could facilitate
        raise NotFound
    return participant


def _share(transaction: Transaction, chain: journal.Chain, actor: Actor, participant: Participant) -> None:
    key = (participant.challenge_id, participant.person_id)
    is_given = transaction.session.get(Facilitation, key) is not None
    if is_given or not participant.is_here:
        raise Conflict
    transaction.session.add(Facilitation(challenge_id=key[0], person_id=key[1], since=clock.now()))
    record_facilitation(transaction, chain, actor, "share", participant)
