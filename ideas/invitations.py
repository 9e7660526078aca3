"""Mechanics of personal invitations, shared by the services that make them, accept them, mail them and delete them."""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from ideas import clock
from ideas.database import db, write
from ideas.devices import digest_of
from ideas.errors import TokenSpent
from ideas.models import InvitationKind, OptOut, PersonalInvitation, Round

# The time for which a link can be used.
LIFETIME = timedelta(days=30)
# A participant's link is a way back to the room; it stays so long after the close, and then goes with the address.
AFTER_CLOSE = timedelta(days=14)


def invitation_by(session: Session, token: str, *kinds: InvitationKind) -> PersonalInvitation:
    """The invitation behind a link's secret. :raise TokenSpent: if it is too old, was withdrawn, or never existed."""
    found = session.scalar(select(PersonalInvitation).filter_by(digest=digest_of(token)))
    if found is None or found.kind not in kinds or (found.accepted_at is None and found.expires_at <= clock.now()):
        raise TokenSpent
    return found


def is_opted_out(session: Session, address: str) -> bool:
    """Whether the owner of an address, by its keyed digest, wants no invitations."""
    return bool(address) and session.get(OptOut, address) is not None


def note_membership(session: Session, digest: str) -> None:
    """Note that the link with this digest made somebody a member, if it is that of a personal invitation."""
    found = session.scalar(select(PersonalInvitation).filter_by(digest=digest))
    if found is not None:
        found.accepted_at = clock.now()


def prune_personal_invitations() -> None:
    """Delete the invitations whose time is over, with the addresses in them. Without any, nothing is written."""
    is_due = db.session.scalar(select(PersonalInvitation.id).where(_is_over()).limit(1)) is not None
    db.session.rollback()
    if is_due:
        with write() as transaction:
            over = delete(PersonalInvitation).where(_is_over())
            transaction.session.execute(over.execution_options(synchronize_session=False))


def _is_over() -> ColumnElement[bool]:
    """Open ones after their time, those of members and moderators as long after they were accepted, and all of a
    challenge some days after its last close.
    """
    now = clock.now()
    still_open = select(Round.challenge_id).where(Round.closed_at.is_(None))
    closed = select(Round.challenge_id).group_by(Round.challenge_id)
    closed = closed.having(func.max(Round.closed_at) < now - AFTER_CLOSE)
    return or_(
        PersonalInvitation.accepted_at.is_(None) & (PersonalInvitation.expires_at < now),
        (PersonalInvitation.kind != InvitationKind.PARTICIPANT) & (PersonalInvitation.accepted_at < now - LIFETIME),
        PersonalInvitation.challenge_id.in_(closed) & PersonalInvitation.challenge_id.not_in(still_open),
    )
