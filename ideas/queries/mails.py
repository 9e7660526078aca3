"""The mail queue as the operator sees it: kinds and states, no receivers and no texts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.models import Mail, MailKind, MailState


@dataclass(frozen=True)
class QueuedMail:
    id: int
    kind: MailKind
    state: MailState
    attempts: int
    created_at: datetime
    next_at: datetime
    error: str | None


def queued_mails(session: Session) -> list[QueuedMail]:
    """The mails that are not sent, the oldest first: those that wait and those that failed for good."""
    query = select(Mail).where(Mail.state != MailState.SENT).order_by(Mail.created_at, Mail.id)
    return [
        QueuedMail(mail.id, mail.kind, mail.state, mail.attempts, mail.created_at, mail.next_at, mail.error)
        for mail in session.scalars(query)
    ]
