"""Sharing facilitation: give it to somebody in the room, take it back, give it up, hand it over."""

from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.database import Transaction, write
from ideas.errors import Conflict, NotFound
from ideas.models import PROXIES, Facilitation, Participant
from ideas.people import record_facilitation, take_facilitation


def share_facilitation(actor: Actor, challenge_id: int, participant_id: int) -> None:
    """Let a participant facilitate this challenge too; they keep their place in the room.

    :raise NotFound: :raise Forbidden: :raise Conflict: for somebody who was removed, or facilitates already.
    """
    with write() as transaction:
        session = transaction.session
        chain = journal.locked(transaction, challenge_id)
        policy.require_facilitator(session, actor, challenge_id)
        _share(transaction, chain, actor, _present(session, challenge_id, participant_id))


def hand_over(actor: Actor, challenge_id: int, participant_id: int) -> None:
    """Let a participant facilitate, and give it up oneself where one does so only because it was given.

    Members of the organisation go on facilitating. Somebody who facilitates already takes over all the same.

    :raise NotFound: :raise Forbidden: :raise Conflict: for somebody who was removed, or to oneself.
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
        if own is not None and policy.role_in(session, actor, challenge.organisation_id) is None:
            session.delete(own)
            leaving = policy.participation(session, actor, challenge_id)
            if leaving is not None:
                record_facilitation(transaction, chain, actor, "unshare", leaving)


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


def _present(session: Session, challenge_id: int, participant_id: int) -> Participant:
    participant = session.get(Participant, participant_id)
    if participant is None or participant.challenge_id != challenge_id or participant.merged_into:
        raise NotFound
    if participant.tier in PROXIES:  # nobody who could steer
        raise NotFound
    return participant


def _share(transaction: Transaction, chain: journal.Chain, actor: Actor, participant: Participant) -> None:
    key = (participant.challenge_id, participant.person_id)
    if participant.barred_at or transaction.session.get(Facilitation, key):
        raise Conflict
    transaction.session.add(Facilitation(challenge_id=key[0], person_id=key[1], since=clock.now()))
    record_facilitation(transaction, chain, actor, "share", participant)
