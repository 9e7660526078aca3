"""Personal invitations with the state of their mails, and the people who moderate one challenge without membership."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from ideas import clock
from ideas.models import Facilitation, InvitationKind, Mail, MailState, Participant, PersonalInvitation, Role


@dataclass(frozen=True)
class InvitationRow:
    """An invitation. `state`: `accepted`, `over`, `link` (no mail), `waits`, `late` (the mail server did not take it
    yet), `sent` or `refused`. `error` is what the mail server's refusal is called.
    """

    id: int
    kind: InvitationKind
    email: str
    name: str
    role: Role | None
    nonce: str
    created_at: datetime
    expires_at: datetime
    state: str
    error: str

    @property
    def is_open(self) -> bool:
        return self.state not in ("accepted", "over")


def invitation_rows(
    session: Session, kind: InvitationKind, organisation_id: int, challenge_id: int | None = None
) -> list[InvitationRow]:
    """All invitations of a kind, those with a refused mail first, then the latest."""
    query = (
        select(PersonalInvitation, Mail.state, Mail.attempts, Mail.error)
        .outerjoin(Mail, Mail.id == PersonalInvitation.mail_id)
        .where(PersonalInvitation.kind == kind, PersonalInvitation.organisation_id == organisation_id)
        .where(PersonalInvitation.challenge_id == challenge_id)
        .order_by(PersonalInvitation.id.desc())
    )
    rows = [
        InvitationRow(
            found.id,
            found.kind,
            found.email,
            found.name,
            found.role,
            found.nonce,
            found.created_at,
            found.expires_at,
            _state(found, state, attempts or 0),
            error or "",
        )
        for found, state, attempts, error in session.execute(query)
    ]
    return sorted(rows, key=lambda row: row.state != "refused")


def _state(found: PersonalInvitation, mail: MailState | None, attempts: int) -> str:
    if found.accepted_at is not None:
        return "accepted"
    if found.expires_at <= clock.now():
        return "over"
    if mail is None:
        return "link"
    if mail == MailState.FAILED:
        return "refused"
    if mail == MailState.SENT:
        return "sent"
    return "late" if attempts else "waits"


@dataclass(frozen=True)
class ModeratorRow:
    """A person who moderates one challenge because the moderation was given to them. `by_invitation`: not in the
    console, as a participant.
    """

    person_id: int
    name: str
    since: datetime
    by_invitation: bool


def moderators_of(session: Session, challenge_id: int) -> list[ModeratorRow]:
    """The earliest first."""
    own = and_(Participant.challenge_id == challenge_id, Participant.person_id == Facilitation.person_id)
    query = (
        select(Facilitation.person_id, Facilitation.name, Participant.name, Facilitation.since)
        .outerjoin(Participant, and_(own, Participant.merged_into.is_(None)))
        .where(Facilitation.challenge_id == challenge_id)
        .order_by(Facilitation.since)
    )
    return [
        ModeratorRow(person, name or taken or "", since, bool(name))
        for person, name, taken, since in session.execute(query)
    ]
