"""A process that sends mails: the loop of the server, hastier, and with a fault if one is named. Not for use.

    python -m tests.reliability.mail_loop [slow-commit | careless]

`slow-commit` stalls between the mail server's answer and the commit. `careless` is the mutant of the reliability tests:
it looks for due mails and sends them without claiming them.
"""

import sys
import time

from app import create_app
from app.mails import delivery
from app.mails.messages import message_of
from ideas.database import db, write
from ideas.models import Mail, MailState
from ideas.services import mails

mails.CLAIM_SECONDS = 4
delivery.HANDING_OVER_SECONDS = 1
delivery.LEASE_SECONDS = 4
STALL_SECONDS = 600


def stall(mail: mails.ClaimedMail) -> None:
    print("taken", flush=True)
    time.sleep(STALL_SECONDS)


def send_carelessly() -> int:
    """Send what is due; note afterwards that it was sent."""
    due = [mail.id for mail in db.session.query(Mail).filter_by(state=MailState.WAITING)]
    db.session.rollback()
    for mail_id in due:
        with write() as transaction:
            row = transaction.session.get_one(Mail, mail_id)
            content = mails._CONTENT[row.kind](transaction, row)
            assert content is not None
            mail = mails.ClaimedMail(
                row.id, "", content.template, content.account.email, "en", row.message_id, {"token": "none"}, {}
            )
        app.extensions["schwarm-mail-transport"].send(message_of(mail), lambda: True)
        with write() as transaction:
            transaction.session.get_one(Mail, mail_id).state = MailState.SENT
    return len(due)


fault = sys.argv[1] if len(sys.argv) > 1 else ""
deliver = delivery.deliver_due
if fault == "slow-commit":
    mails.keep_sent = stall
elif fault == "careless":
    deliver = send_carelessly

app = create_app()
print("ready", flush=True)
with app.app_context():
    while True:
        deliver()
        time.sleep(0.05)
