"""The contents of a mail: subject, text and HTML from the templates of its kind, in the receiver's language."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import urlsplit

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
    message = EmailMessage(policy=SMTP)
    message["From"] = current_app.config["MAIL_SENDER"]
    message["To"] = sendable(mail.address)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{mail.message_id}@{_domain()}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.language
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


def _domain() -> str:
    """The right half of a Message-ID: ours, so that nobody else makes the same one."""
    _name, sender = parseaddr(current_app.config["MAIL_SENDER"])
    return urlsplit(current_app.config["PUBLIC_URL"]).hostname or sender.rpartition("@")[2] or "localhost"
