"""Queue a mail inside the transaction of its act. `ideas.services.mails` sends it."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from ideas import clock
from ideas.locales import DEFAULT_LANGUAGE, UNKNOWN, Locale
from ideas.models import OF_NEWS, Mail, MailKind, MailState


def queue(session: Session, kind: MailKind, receiver: int | str, locale: Locale = UNKNOWN, **ids: int | str) -> Mail:
    """Add a mail to `receiver`, the id of an account or an e-mail address.

    `ids` name the records of the text. `locale` is the request's: it is used for an address, and for an account without
    a language.
    """
    at = clock.now()
    mail = Mail(
        kind=kind,
        account_id=receiver if isinstance(receiver, int) else None,
        address=receiver if isinstance(receiver, str) else None,
        ids=ids,
        language=locale.language or DEFAULT_LANGUAGE,
        state=MailState.WAITING,
        attempts=0,
        next_at=at,
        message_id=str(uuid.uuid4()),
        created_at=kept_moment(kind, at),
    )
    session.add(mail)
    return mail


def kept_moment(kind: MailKind, at: datetime) -> datetime:
    """The moment that the queue keeps of a mail: of one about news the day alone."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0) if kind in OF_NEWS else at
