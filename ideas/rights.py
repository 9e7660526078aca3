"""Mechanics of the words on rights: their versions, and the consent that comes with the first idea.

The functions open no transaction: the caller holds the lock of the challenge.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas import clock
from ideas.errors import Invalid
from ideas.models import Challenge, Participant, Rights, RightsConsent, RightsText


def present_text(session: Session, challenge: Challenge) -> RightsText | None:
    """The version that a new idea is given under; None while the rights stay with the author."""
    if challenge.rights == Rights.STAY:
        return None
    return _latest(session, challenge)


def renew_text(session: Session, challenge: Challenge) -> None:
    """Store the words on rights as a new version if they are new. Ideas stay under the version that they have."""
    if challenge.rights == Rights.STAY:
        return
    before = _latest(session, challenge)
    if before and (before.rights, before.words) == (challenge.rights, challenge.rights_words):
        return
    text = RightsText(challenge_id=challenge.id, n=before.n + 1 if before else 1, since=clock.now())
    text.rights, text.words = challenge.rights, challenge.rights_words
    session.add(text)
    session.flush()


def consent(session: Session, participant: Participant, text: RightsText, ticked: int | None) -> None:
    """Store the participant's consent to a version, unless it is stored; `ticked` is the version on the form.

    :raise Invalid: `{"rights": "consent"}` if they did not consent to this version.
    """
    if session.get(RightsConsent, (participant.id, text.id)) is not None:
        return
    if ticked != text.n:
        raise Invalid(rights="consent")
    session.add(RightsConsent(participant_id=participant.id, rights_text_id=text.id, at=clock.now()))


def _latest(session: Session, challenge: Challenge) -> RightsText | None:
    query = select(RightsText).filter_by(challenge_id=challenge.id).order_by(RightsText.n.desc())
    return session.scalar(query.limit(1))
