"""Mechanics of anonymising a closed challenge: texts, counts and the result stay; who took part goes.

The functions open no transaction: the caller holds the lock of the challenge.
"""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ideas import clock, journal, policy
from ideas.erasing import forget_claims, forget_consents, forget_name
from ideas.events import FacilitationChanged
from ideas.forgetting import forget_ballots
from ideas.jurors import delete_juror
from ideas.models import (
    Act,
    Facilitation,
    Flag,
    HandCount,
    Juror,
    JurorInvitation,
    Notification,
    Participant,
    PersonalInvitation,
    Question,
    Reveal,
    Round,
    SwitchedOff,
    Tier,
    TimeReport,
)
from ideas.people import new_person
from ideas.queries.ideas import VisibleHandles, visible_handles_of
from ideas.removal import forget_guest


def anonymise_challenge(chain: journal.Chain, round: Round) -> bool:
    """Take all names away, and all links to persons and ballots of all rounds; `round` is the latest one.

    :return: False if it was done before.
    """
    challenge, session = chain.challenge, chain.transaction.session
    if challenge.anonymised_at is not None:
        return False
    challenge.anonymised_at = clock.now()
    for each in session.scalars(select(Round).filter_by(challenge_id=challenge.id).order_by(Round.n)).all():
        forget_ballots(chain, each)
    _forget_facilitators(chain)
    rounds = select(Round.id).where(Round.challenge_id == challenge.id)
    session.execute(delete(Flag).where(Flag.round_id.in_(rounds)))
    before = _cut_from_persons(session, challenge.id)
    seq = chain.append("anonymise", {}, round)
    shown = policy.sees_authors(challenge.anonymity, round.is_closed)
    written = visible_handles_of(session, round) if shown else VisibleHandles([], [])
    chain.touch(seq, [round.handle, "figures", *written.room], [journal.ROOM])
    chain.touch(seq, [round.handle, "figures", *written.facilitators], [journal.FACILITATORS])
    for person_id in sorted(before):
        forget_guest(chain.transaction, person_id)
    return True


def _cut_from_persons(session: Session, challenge_id: int) -> set[int]:
    """Give every participant a person of their own whom nobody is, and delete the jurors.

    :return: the persons before.
    """
    before = set[int]()
    jurors = select(Juror).join(Round, Round.id == Juror.round_id).where(Round.challenge_id == challenge_id)
    for juror in session.scalars(jurors).all():
        before.add(juror.person_id)
        delete_juror(session, juror)
    people = session.scalars(select(Participant).filter_by(challenge_id=challenge_id)).all()
    for participant in people:
        if participant.tier in (Tier.COMPANY, Tier.HALL):
            continue  # they are no persons
        before.add(participant.person_id)
        participant.person_id = new_person(session).id
        forget_name(participant)
    forget_claims(session, people)
    reports = update(TimeReport).filter_by(challenge_id=challenge_id)
    session.execute(reports.values(participant_id=None))  # the line that they make stays
    forget_consents(session, people)
    session.flush()
    return before


_FORGOTTEN = {"account_id": None, "person_id": None, "reason": "", "before": ""}


def _forget_facilitators(chain: journal.Chain) -> None:
    """Take everybody out of the acts; the acts stay, without their reasons in words."""
    session, challenge_id = chain.transaction.session, chain.challenge.id
    chain.challenge.created_by = None
    rounds = select(Round.id).where(Round.challenge_id == challenge_id)
    questions = select(Question.id).where(Question.round_id.in_(rounds))
    session.execute(update(Act).filter_by(chain_id=chain.end.id).values(_FORGOTTEN))
    nobody = {"account_id": None, "person_id": None}
    session.execute(update(Reveal).where(Reveal.round_id.in_(rounds)).values(nobody))
    session.execute(update(HandCount).where(HandCount.question_id.in_(questions)).values(account_id=None))
    for given in session.scalars(select(Facilitation).filter_by(challenge_id=challenge_id)).all():
        chain.transaction.record(FacilitationChanged(challenge_id, given.person_id))
        session.delete(given)
    session.execute(delete(JurorInvitation).where(JurorInvitation.round_id.in_(rounds)))
    session.execute(delete(PersonalInvitation).filter_by(challenge_id=challenge_id))
    session.execute(delete(Notification).filter_by(challenge_id=challenge_id))
    session.execute(delete(SwitchedOff).filter_by(challenge_id=challenge_id))
    session.flush()
