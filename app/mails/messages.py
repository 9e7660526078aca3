"""The contents of a mail: subject, text and HTML from the templates of its kind, in the receiver's language."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import urlsplit
from uuid import uuid4

from flask import current_app, render_template

from app.platform.addresses import link
from app.platform.email_addresses import sendable
from app.platform.i18n import in_language
from ideas import clock
from ideas.services.mails import ClaimedMail

# The target of the link in a mail, by the mail's template.
LINKS = {
    "confirm": "accounts.confirm",
    "jury": "jury.accept",
    "known": "accounts.reset",
    "move": "own_account.move",
    "moved": "own_account.move_back",
    "reset": "accounts.reset",
    "retention": "results.show",
    "seal": "rooms.show",
    "welcome": "accounts.reset",
}


def message_of(mail: ClaimedMail) -> EmailMessage:
    """The mail as it is sent."""
    values = {**mail.values, "link": link(LINKS[mail.template], **mail.target)}
    with current_app.test_request_context(), in_language(mail.language):
        subject, text, html = (
            render_template(f"mails/{mail.template}.{part}", **values) for part in ("subject.txt", "txt", "html")
        )
    message = _message(mail.address, " ".join(subject.split()), mail.message_id, mail.language)
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


def trial_message(address: str) -> EmailMessage:
    """The message of `mails test`, in English like the command line. It comes from no queue and leads nowhere."""
    message = _message(address, "Test of the mails of Schwarm", str(uuid4()), "en")
    origin = current_app.config["PUBLIC_URL"] or "a server without a public address"
    message.set_content(
        f"This is a test message from {origin}.\n\n"
        "An operator of the server sent it with the command `flask --app wsgi mails test`. You can read it, so mails\n"
        "of this server arrive here. There is nothing else to do.\n"
    )
    return message


def _message(address: str, subject: str, message_id: str, language: str) -> EmailMessage:
    """A message with its headers and without content. :raise EmailNotValidError: if there is no such address."""
    message = EmailMessage(policy=SMTP)
    message["From"] = current_app.config["MAIL_SENDER"]
    message["To"] = sendable(address)
    message["Subject"] = subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{message_id}@{_domain()}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = language
    return message


def _domain() -> str:
    """The right half of a Message-ID: ours, so that nobody else makes the same one."""
    _name, sender = parseaddr(current_app.config["MAIL_SENDER"])
    return urlsplit(current_app.config["PUBLIC_URL"]).hostname or sender.rpartition("@")[2] or "localhost"
