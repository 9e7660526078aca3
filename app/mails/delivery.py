"""The loop that sends what is due. Any number of processes may run it: a lease lets one of them work at a time."""

import logging

from flask import current_app

from app.mails.messages import message_of
from app.mails.transport import HANDING_OVER_SECONDS, TRANSPORT, MailDelayed, MailRefused, MailTransport
from ideas import leases
from ideas.database import db
from ideas.loops import Loop
from ideas.services import mails

log = logging.getLogger(__name__)

LEASE = "mail"
# How late another process goes on with the queue after this one died.
LEASE_SECONDS = 60
# How soon a new mail is noticed.
PAUSE_SECONDS = 1
RETENTION_SECONDS = 3600


def deliver_due() -> int:
    """Send the mails that are due now, one after the other. :return: how many the mail server took."""
    if not _is_due():
        return 0
    sent = 0
    with leases.held(LEASE, LEASE_SECONDS) as lease:
        while lease and (mail := mails.claim_mail()):
            sent += _attempt(mail)
            if not lease.renew():
                break
    return sent


LOOPS = (
    Loop("mail", PAUSE_SECONDS, deliver_due, next_at=mails.next_due()),
    Loop("mail retention", RETENTION_SECONDS, mails.empty_old_mails, leased=True),
)


def _is_due() -> bool:
    try:
        return mails.is_due(db.session())
    finally:
        db.session.rollback()


def _attempt(mail: mails.ClaimedMail) -> bool:
    """:return: whether the mail was sent. A failure is kept in the queue, whatever it was."""
    transport: MailTransport = current_app.extensions[TRANSPORT]
    try:
        message = message_of(mail)
        transport.send(message, lambda: mails.is_claimed(mail, HANDING_OVER_SECONDS))
    except MailRefused as failure:
        log.warning("%s is refused: %s", _named(mail), failure.error)
        mails.keep_refused(mail, failure.error)
        return False
    except MailDelayed as failure:
        log.warning("%s waits: %s", _named(mail), failure.error)
        mails.try_later(mail, failure.error)
        return False
    except Exception as failure:
        log.exception("%s could not be sent", _named(mail))
        mails.try_later(mail, type(failure).__name__)
        return False
    mails.keep_sent(mail)
    log.info("%s is sent", _named(mail))
    return True


def _named(mail: mails.ClaimedMail) -> str:
    """A mail in the log. One about news has no number: with it, the time of the line would tell when something happened
    to the receiver.
    """
    return f"a mail ({mail.template})" if mail.news else f"mail {mail.id} ({mail.template})"
