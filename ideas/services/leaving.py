"""Leaving a room, and erasing what one wrote in it.

Where authors are hidden, a person goes at once and the texts go later: once a day, the texts of all who asked, in one
step. Otherwise whoever sees a text vanish with a person would know who wrote it.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.actor import Actor
from ideas.attempts import attempt
from ideas.database import Transaction, db, write
from ideas.erasing import erase_texts, forget_claims, forget_consents, forget_former_names, forget_name
from ideas.errors import Conflict
from ideas.events import ParticipantLeft
from ideas.models import Participant
from ideas.people import take_facilitation
from ideas.queries.ideas import VisibleHandles, visible_handles_of
from ideas.queries.rounds import current_round
from ideas.receivers import forget_mails

# The daily batch, in UTC. Nobody's texts go sooner after they asked than this, so that the one and the other never
# meet on a screen that somebody watches.
BATCH_HOUR = 3
SOONEST = timedelta(hours=6)


class Parting(StrEnum):
    """What a person takes along who leaves."""

    NOTHING = "keep"
    NAME = "name"
    TEXTS = "erase"  # and the name


def leave_challenge(actor: Actor, challenge_id: int, parting: Parting) -> None:
    """Leave a room: the person is a stranger to it until they join again, which brings back the same ballot.

    Marks stay counted. A name goes at once, and texts as `erase_own_texts` says.

    :raise NotFound: :raise Forbidden: if the actor does not take part.
    """
    with write() as transaction:
        chain = journal.locked(transaction, challenge_id)
        participant = policy.require_own(transaction.session, actor, challenge_id)
        leave(transaction, chain, actor, participant, parting)


def leave(
    transaction: Transaction, chain: journal.Chain, actor: Actor, participant: Participant, parting: Parting
) -> None:
    """Take a participant out of the room; the caller holds the lock."""
    session, round = transaction.session, current_round(transaction.session, chain.challenge.id)
    leaves = participant.left_at is None
    if leaves:
        participant.left_at = clock.now()
        take_facilitation(transaction, chain, actor, participant)
        transaction.record(ParticipantLeft(chain.challenge.id, participant.id))
    elif parting == Parting.NOTHING:
        return
    seq = chain.append("leave" if leaves else "rename", {"participant": participant.id})
    written = VisibleHandles([], [])
    if parting != Parting.NOTHING:
        merged = session.scalars(select(Participant).filter_by(merged_into=participant.id)).all()
        for own in (participant, *merged):
            forget_name(own)
        forget_claims(session, [participant, *merged])
        forget_consents(session, [participant, *merged])
        forget_former_names(session, [participant, *merged])
        _forget_address(session, participant)
        if policy.sees_authors(chain.challenge.anonymity, round.is_closed):
            written = visible_handles_of(session, round, participant.id)
    session.flush()
    chain.touch(seq, [participant.handle, "figures", *written.room], [journal.ROOM])
    chain.touch(seq, [participant.handle, "figures", *written.facilitators], [journal.FACILITATORS])
    if parting == Parting.TEXTS:
        _ask(chain, participant)


def _forget_address(session: Session, participant: Participant) -> None:
    """Forget the address of a guest who is in no other room."""
    here = select(Participant.id).where(Participant.person_id == participant.person_id, Participant.is_here)
    if session.scalar(here.where(Participant.id != participant.id).limit(1)) is None:
        forget_mails(session, [participant.person_id])


def erase_own_texts(actor: Actor, challenge_id: int) -> bool:
    """Erase everything that the actor wrote in a room until now: at once, or with the batch where authors are hidden.

    :return: whether it is done.
    :raise NotFound: :raise Forbidden: if the actor does not take part.
    """
    with write() as transaction:
        chain = journal.locked(transaction, challenge_id)
        return _ask(chain, policy.require_own(transaction.session, actor, challenge_id))


def keep_own_texts(actor: Actor, challenge_id: int) -> None:
    """Take back the request to erase one's texts, while it waits.

    :raise NotFound: :raise Forbidden: if the actor does not take part. :raise Conflict: if nothing waits.
    """
    with write() as transaction:
        journal.locked(transaction, challenge_id)
        participant = policy.require_own(transaction.session, actor, challenge_id)
        if participant.erasing_since is None:
            raise Conflict
        participant.erasing_since = None


def erases_at_once(session: Session, challenge_id: int) -> bool:
    """Whether texts are erased as soon as their author asks."""
    round = current_round(session, challenge_id)
    return policy.sees_authors(round.challenge.anonymity, round.is_closed)


def _ask(chain: journal.Chain, participant: Participant) -> bool:
    participant.erasing_since = clock.now()
    if not erases_at_once(chain.transaction.session, chain.challenge.id):
        return False
    erase_texts(chain, [participant])
    return True


def erase_asked_texts() -> int:
    """Erase the texts of all who asked before the latest batch. A further run finds nothing to do.

    :return: the number of challenges in which texts went.
    """
    asked_before = last_batch() - SOONEST
    erase = partial(_erase_in, asked_before=asked_before)
    due = _challenges_due(asked_before)
    return sum(bool(attempt(erase, challenge_id, "texts could not be erased in challenge")) for challenge_id in due)


def is_erasing_due() -> bool:
    """Whether texts wait for the latest batch."""
    return bool(_challenges_due(last_batch() - SOONEST))


def _challenges_due(asked_before: datetime) -> list[int]:
    due = select(Participant.challenge_id).where(Participant.erasing_since <= asked_before).distinct()
    found = list(db.session.scalars(due.order_by(Participant.challenge_id)))
    db.session.rollback()
    return found


def last_batch() -> datetime:
    """The instant of the latest daily batch."""
    return batch_of(clock.now() - SOONEST) - timedelta(days=1)


def batch_of(asked_at: datetime) -> datetime:
    """The batch in which the texts of a person go who asked at this instant."""
    soonest = asked_at + SOONEST
    that_day = soonest.replace(hour=BATCH_HOUR, minute=0, second=0, microsecond=0)
    return that_day if that_day >= soonest else that_day + timedelta(days=1)


def _erase_in(challenge_id: int, asked_before: datetime) -> bool:
    with write() as transaction:
        chain = journal.locked(transaction, challenge_id)
        authors = transaction.session.scalars(
            select(Participant)
            .where(Participant.challenge_id == challenge_id, Participant.erasing_since <= asked_before)
            .order_by(Participant.id)
        ).all()
        erase_texts(chain, authors)
    return bool(authors)
